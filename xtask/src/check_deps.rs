//! `cargo xtask check-deps`: which crate may depend on which.
//!
//! The privileges of the processes are only as small as what is linked into them, so the arrows between crates are a
//! matter of safety, checked from `cargo metadata` and not by eye. Test dependencies are not looked at: they are in no
//! process. [`graph`] reads the workspace, [`rules`] holds the rules; a violation is shown with the path that leads to it.

mod graph;
mod rules;

use anyhow::bail;
use cargo_metadata::MetadataCommand;

use graph::Graph;

/// Checks the workspace and fails if an arrow is forbidden.
pub(crate) fn run() -> anyhow::Result<()> {
    let metadata = MetadataCommand::new().other_options(platform()).exec()?;
    let graph = Graph::from_metadata(&metadata)?;
    let violations = rules::check(&graph);
    for violation in &violations {
        eprintln!("{violation}\n");
    }
    if !violations.is_empty() {
        bail!("{} forbidden dependencies", violations.len());
    }
    eprintln!("{} crates of ours, no forbidden dependency", graph.ours().count());
    Ok(())
}

/// What other systems would link says nothing: Holdfast runs on Linux.
fn platform() -> Vec<String> {
    vec!["--filter-platform".to_owned(), "x86_64-unknown-linux-gnu".to_owned()]
}

#[cfg(test)]
mod tests;
