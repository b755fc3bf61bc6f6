//! Reading a tree back from its own files, after a start.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::{Digest, DomainName, PoolName, SiteId};

use super::{Tree, bucket, index};
use crate::layout::{BaseFile, MapKind, TreeFile, shard_of};
use crate::record::SiteRecord;

/// A file of the mirror that is not as we write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: not a line of this map")]
pub struct TreeError {
    /// Which file.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
}

impl Tree {
    /// Reads a tree back from its files.
    pub fn from_files(files: impl IntoIterator<Item = (TreeFile, String)>) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut base: BTreeMap<BaseFile, Arc<str>> = BTreeMap::new();
        let mut pools: Vec<(SiteId, PoolName)> = Vec::new();
        let mut suspended: Vec<SiteId> = Vec::new();
        for (file, text) in files {
            let digest = Digest::of(&text);
            match file {
                TreeFile::Base(which) => {
                    base.insert(which, text.into());
                }
                TreeFile::Digest => {}
                TreeFile::Site(id) => {
                    tree.blocks[index(shard_of(&id.to_string()))].insert(id, digest);
                    continue;
                }
                TreeFile::Map(kind, shard) => {
                    for (at, line) in text.lines().enumerate() {
                        let known = line.is_empty()
                            || line.starts_with('#')
                            || tree.read_line(kind, shard, line, &mut pools, &mut suspended);
                        if !known {
                            return Err(TreeError { file: file.to_string(), line: at + 1 });
                        }
                    }
                }
            }
            tree.files.insert(file, digest);
        }
        for (id, pool) in pools {
            if let Some(record) = tree.record_mut(id) {
                record.pool = Some(pool);
            }
        }
        for id in suspended {
            if let Some(record) = tree.record_mut(id) {
                record.suspended = true;
            }
        }
        let names: Vec<(DomainName, SiteId)> =
            tree.hosts.iter().flatten().map(|(name, id)| (name.clone(), *id)).collect();
        for (name, id) in names {
            if let Some(record) = tree.record_mut(id) {
                record.names.push(name);
            }
        }
        tree.sites.iter_mut().flat_map(BTreeMap::values_mut).for_each(|record| record.names.sort_unstable());
        tree.buckets = tree.blocks.iter().map(bucket).collect();
        tree.base = BaseFile::ALL
            .into_iter()
            .map(|which| base.remove(&which))
            .collect::<Option<Vec<_>>>()
            .and_then(|texts| texts.try_into().ok());
        Ok(tree)
    }

    fn read_line(
        &mut self,
        kind: MapKind,
        shard: u8,
        line: &str,
        pools: &mut Vec<(SiteId, PoolName)>,
        suspended: &mut Vec<SiteId>,
    ) -> bool {
        let Some((key, value)) = line.strip_suffix(';').and_then(|l| l.split_once(' ')) else { return false };
        if kind == MapKind::Host {
            let (Ok(name), Ok(id)) = (DomainName::parse(key), SiteId::parse(value)) else { return false };
            self.hosts[index(shard)].insert(name, id);
            return true;
        }
        let Ok(id) = SiteId::parse(key) else { return false };
        match kind {
            MapKind::Root => {
                let record =
                    SiteRecord { names: Vec::new(), root: value.into(), pool: None, suspended: false };
                self.sites[index(shard)].insert(id, record);
                true
            }
            MapKind::Pool => PoolName::parse(value).map(|pool| pools.push((id, pool))).is_ok(),
            MapKind::State | MapKind::Host => {
                suspended.push(id);
                value == "suspended"
            }
        }
    }
}
