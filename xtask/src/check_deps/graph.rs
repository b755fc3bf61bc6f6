//! The crates of the workspace and what they link, as a graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DependencyKind, Metadata, PackageId};

/// Where a crate is, which decides what it may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// `crates/<name>`.
    Crate,
    /// `features/<feature>/<part>`.
    Feature { feature: String, part: String },
    /// `bins/<name>`.
    Bin(String),
    /// `xtask`.
    Xtask,
    /// Not ours.
    Foreign,
}

/// A crate.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) links: Vec<Link>,
}

/// An arrow from a crate to one that it links.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) to: usize,
    /// The cargo features that the arrow asks for by name.
    pub(crate) features: Vec<String>,
}

/// All crates; a number stands for a crate.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    pub(crate) fn from_metadata(metadata: &Metadata) -> anyhow::Result<Self> {
        let resolve = metadata.resolve.as_ref().context("cargo metadata gave no resolved dependencies")?;
        let root = metadata.workspace_root.as_std_path();
        let mut numbers: BTreeMap<&PackageId, usize> = BTreeMap::new();
        let mut graph = Self::default();
        for package in &metadata.packages {
            let place = match package.source {
                Some(_) => Place::Foreign,
                None => place_of(package.manifest_path.as_std_path().strip_prefix(root).unwrap_or(root)),
            };
            numbers.insert(&package.id, graph.add(package.name.as_str(), place));
        }
        for node in &resolve.nodes {
            let from = numbers[&node.id];
            for dep in &node.deps {
                if !dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal) {
                    continue;
                }
                let to = numbers[&dep.pkg];
                let declared = metadata[&node.id].dependencies.iter().filter(|declared| {
                    declared.kind == DependencyKind::Normal && declared.name == graph.nodes[to].name
                });
                let features = declared.flat_map(|declared| declared.features.clone()).collect();
                graph.nodes[from].links.push(Link { to, features });
            }
        }
        Ok(graph)
    }

    pub(crate) fn add(&mut self, name: &str, place: Place) -> usize {
        self.nodes.push(Node { name: name.to_owned(), place, links: Vec::new() });
        self.nodes.len() - 1
    }

    #[cfg(test)]
    pub(crate) fn link(&mut self, from: usize, to: usize, features: &[&str]) {
        let features = features.iter().map(|&feature| feature.to_owned()).collect();
        self.nodes[from].links.push(Link { to, features });
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// The crates of this workspace.
    pub(crate) fn ours(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|&number| self.nodes[number].place != Place::Foreign)
    }

    /// A shortest path from a crate to each crate it reaches, itself first. Nothing behind a crate that `beyond` refuses
    /// is looked at.
    pub(crate) fn paths(&self, from: usize, beyond: impl Fn(&Node) -> bool) -> Vec<Vec<usize>> {
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([vec![from]]);
        let mut paths = Vec::new();
        while let Some(path) = queue.pop_front() {
            let last = path[path.len() - 1];
            for link in &self.nodes[last].links {
                if !seen.insert(link.to) {
                    continue;
                }
                let mut longer = path.clone();
                longer.push(link.to);
                if beyond(&self.nodes[link.to]) {
                    queue.push_back(longer.clone());
                }
                paths.push(longer);
            }
        }
        paths
    }

    /// A path in words.
    pub(crate) fn words(&self, path: &[usize]) -> String {
        path.iter().map(|&number| self.nodes[number].name.as_str()).collect::<Vec<_>>().join(" -> ")
    }
}

/// The place of a manifest by its path in the workspace.
fn place_of(manifest: &Path) -> Place {
    let parts: Vec<&str> = manifest.iter().filter_map(|part| part.to_str()).collect();
    match parts[..] {
        ["features", feature, part, "Cargo.toml"] => {
            Place::Feature { feature: feature.to_owned(), part: part.to_owned() }
        }
        ["bins", name, "Cargo.toml"] => Place::Bin(name.to_owned()),
        ["xtask", "Cargo.toml"] => Place::Xtask,
        _ => Place::Crate,
    }
}
