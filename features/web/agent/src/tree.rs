//! The tree in memory: who has which lines, and the digest of every file.
//!
//! A change is first looked at ([`Tree::preview`]): the texts of the few files that it touches, and the digest that the
//! tree would have. When these files are in place it is taken over ([`Tree::take`]). The cost of both is that of the
//! touched shards, whatever the number of sites.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::{Digest, DomainName, SiteId};

use crate::layout::{SHARDS, TreeFile, shard_of};
use crate::record::{SiteRecord, Want};

mod preview;
mod read;

pub use preview::Preview;
pub use read::TreeError;

/// See the module.
#[derive(Debug, Clone)]
pub struct Tree {
    base: Option<[Arc<str>; 4]>,
    hosts: Vec<BTreeMap<DomainName, SiteId>>,
    /// The names whose visitors are sent on, and where to; by the shard of the name.
    sent_on: Vec<BTreeMap<DomainName, DomainName>>,
    sites: Vec<BTreeMap<SiteId, SiteRecord>>,
    /// Digests of the base and of the shards, and of `tree.conf`.
    files: BTreeMap<TreeFile, Digest>,
    /// Digests of the sites' own blocks, by the site's shard.
    blocks: Vec<BTreeMap<SiteId, Digest>>,
    /// One digest over each of `blocks`.
    buckets: Vec<Digest>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            base: None,
            hosts: vec![BTreeMap::new(); SHARDS],
            sent_on: vec![BTreeMap::new(); SHARDS],
            sites: vec![BTreeMap::new(); SHARDS],
            files: BTreeMap::new(),
            blocks: vec![BTreeMap::new(); SHARDS],
            buckets: vec![bucket(&BTreeMap::new()); SHARDS],
        }
    }
}

fn bucket(blocks: &BTreeMap<SiteId, Digest>) -> Digest {
    let ids: Vec<String> = blocks.keys().map(SiteId::to_string).collect();
    Digest::of_parts(
        ids.iter()
            .zip(blocks.values())
            .flat_map(|(id, digest)| [id.as_bytes(), digest.as_bytes().as_slice()]),
    )
}

fn index(shard: u8) -> usize {
    usize::from(shard)
}

impl Tree {
    fn record_mut(&mut self, id: SiteId) -> Option<&mut SiteRecord> {
        self.sites[index(shard_of(&id.to_string()))].get_mut(&id)
    }

    /// What the tree holds of a site.
    pub fn record(&self, id: SiteId) -> Option<&SiteRecord> {
        self.sites[index(shard_of(&id.to_string()))].get(&id)
    }

    /// The digest of a site's own block.
    pub fn block(&self, id: SiteId) -> Option<Digest> {
        self.blocks[index(shard_of(&id.to_string()))].get(&id).copied()
    }

    /// The site that a name leads to.
    pub fn holder(&self, name: &DomainName) -> Option<SiteId> {
        self.hosts[index(shard_of(name.as_str()))].get(name).copied()
    }

    /// The texts of the base, if it is there.
    pub fn base(&self) -> Option<&[Arc<str>; 4]> {
        self.base.as_ref()
    }

    /// The sites, by shard.
    pub fn sites(&self) -> impl Iterator<Item = (SiteId, &SiteRecord)> {
        self.sites.iter().flatten().map(|(id, record)| (*id, record))
    }

    /// The digest of one file; none where the tree has no such file.
    pub fn file(&self, file: TreeFile) -> Option<Digest> {
        match file {
            TreeFile::Site(id) => self.block(id),
            other => self.files.get(&other).copied(),
        }
    }

    /// The files that all sites share, with their digests.
    pub fn shared_files(&self) -> impl Iterator<Item = (TreeFile, Digest)> {
        self.files.iter().map(|(file, digest)| (*file, *digest))
    }

    /// Every file.
    pub fn all_files(&self) -> impl Iterator<Item = (TreeFile, Digest)> {
        let blocks = self.blocks.iter().flatten().map(|(id, digest)| (TreeFile::Site(*id), *digest));
        self.shared_files().chain(blocks)
    }

    /// The digest of all files but `tree.conf`, which tells it; none for a tree without a base.
    pub fn digest(&self) -> Option<Digest> {
        self.base.as_ref().map(|_| self.digest_with(&BTreeMap::new()))
    }

    fn digest_with(&self, changed: &BTreeMap<TreeFile, Option<Digest>>) -> Digest {
        let mut files: BTreeMap<TreeFile, Digest> = self.files.clone();
        let mut blocks: BTreeMap<u8, BTreeMap<SiteId, Digest>> = BTreeMap::new();
        for (file, digest) in changed {
            if let TreeFile::Site(id) = file {
                let shard = shard_of(&id.to_string());
                let blocks = blocks.entry(shard).or_insert_with(|| self.blocks[index(shard)].clone());
                set(blocks, *id, *digest);
            } else {
                set(&mut files, *file, *digest);
            }
        }
        files.remove(&TreeFile::Digest);
        let mut parts: Vec<Vec<u8>> = Vec::with_capacity(files.len() * 2 + SHARDS);
        for (file, digest) in files {
            parts.push(file.to_string().into_bytes());
            parts.push(digest.as_bytes().to_vec());
        }
        for (shard, digest) in (0_u8..).zip(&self.buckets) {
            let digest = blocks.get(&shard).map_or(*digest, bucket);
            parts.push(digest.as_bytes().to_vec());
        }
        Digest::of_parts(parts)
    }

    /// Takes a change over whose files are in place.
    pub fn take(&mut self, wants: &[&Want], preview: &Preview) {
        let lines = self.lines_of(wants);
        for (shard, names) in lines.hosts {
            for (name, id) in names {
                let before = self.hosts[index(shard)].get(&name).copied();
                if let Some(before) = before.filter(|b| Some(*b) != id)
                    && let Some(record) = self.record_mut(before)
                {
                    record.keep_names(|n| *n != name);
                }
                set(&mut self.hosts[index(shard)], name, id);
            }
        }
        for (shard, names) in lines.sent_on {
            for (name, to) in names {
                set(&mut self.sent_on[index(shard)], name, to);
            }
        }
        for (shard, sites) in lines.sites {
            for (id, mut record) in sites {
                if let Some(record) = &mut record {
                    record.keep_names(|name| self.holder(name) == Some(id));
                }
                set(&mut self.sites[index(shard)], id, record);
            }
        }
        if let preview::BaseLines::Become(base) = lines.base {
            self.base = base;
        }
        for (file, text) in &preview.files {
            let digest = text.as_ref().map(|t| Digest::of(t.as_bytes()));
            if let TreeFile::Site(id) = file {
                let shard = index(shard_of(&id.to_string()));
                set(&mut self.blocks[shard], *id, digest);
                self.buckets[shard] = bucket(&self.blocks[shard]);
            } else {
                set(&mut self.files, *file, digest);
            }
        }
    }
}

fn set<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

#[cfg(test)]
mod tests;
