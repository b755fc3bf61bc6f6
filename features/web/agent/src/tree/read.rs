//! Reading a tree back from its own files, after a start.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::{CertificateId, Digest, DomainName, IpNetwork, PoolName, SiteId};
use web_spec::{Hsts, Redirect, SiteTls};

use super::{Tree, bucket, index};
use crate::layout::{BaseFile, MapKind, TreeFile, shard_of};
use crate::line;
use crate::record::{SiteRecord, SiteState};

/// A file of the mirror that is not as we write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: not a line of this map")]
pub struct TreeError {
    /// Which file.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
}

/// What maps say of sites besides their document roots; the maps come in any order.
#[derive(Default)]
struct Said {
    pools: Vec<(SiteId, PoolName)>,
    states: Vec<(SiteId, SiteState)>,
    redirects: Vec<(SiteId, Redirect)>,
    allowed: Vec<(SiteId, IpNetwork)>,
    certificates: Vec<(SiteId, CertificateId)>,
    forced: Vec<SiteId>,
    hsts: Vec<(SiteId, Hsts)>,
}

impl Said {
    /// Puts it where it belongs.
    fn settle(self, tree: &mut Tree) {
        for (id, pool) in self.pools {
            if let Some(record) = tree.record_mut(id) {
                record.pool = Some(pool);
            }
        }
        for (id, state) in self.states {
            if let Some(record) = tree.record_mut(id) {
                record.state = state;
            }
        }
        for (id, redirect) in self.redirects {
            if let Some(record) = tree.record_mut(id) {
                record.redirect = Some(redirect);
            }
        }
        for (id, network) in self.allowed {
            if let Some(SiteState::Maintenance(allow)) = tree.record_mut(id).map(|record| &mut record.state) {
                allow.push(network);
            }
        }
        for (id, certificate) in self.certificates {
            if let Some(record) = tree.record_mut(id) {
                record.tls = Some(SiteTls { certificate, force_https: false, hsts: None });
            }
        }
        for id in self.forced {
            if let Some(tls) = tree.record_mut(id).and_then(|record| record.tls.as_mut()) {
                tls.force_https = true;
            }
        }
        for (id, hsts) in self.hsts {
            if let Some(tls) = tree.record_mut(id).and_then(|record| record.tls.as_mut()) {
                tls.hsts = Some(hsts);
            }
        }
        let names: Vec<(DomainName, SiteId)> =
            tree.hosts.iter().flatten().map(|(name, id)| (name.clone(), *id)).collect();
        for (name, id) in names {
            let to = tree.sent_on[index(shard_of(name.as_str()))].get(&name).cloned();
            if let Some(record) = tree.record_mut(id) {
                record.sent_on.extend(to.map(|to| (name.clone(), to)));
                record.names.push(name);
            }
        }
        tree.sites.iter_mut().flat_map(BTreeMap::values_mut).for_each(|record| record.names.sort_unstable());
    }
}

impl Tree {
    /// Reads a tree back from its files.
    pub fn from_files(files: impl IntoIterator<Item = (TreeFile, String)>) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut base: BTreeMap<BaseFile, Arc<str>> = BTreeMap::new();
        let mut said = Said::default();
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
                            || tree.read_line(kind, shard, line, &mut said).is_some();
                        if !known {
                            return Err(TreeError { file: file.to_string(), line: at + 1 });
                        }
                    }
                }
            }
            tree.files.insert(file, digest);
        }
        said.settle(&mut tree);
        tree.buckets = tree.blocks.iter().map(bucket).collect();
        tree.base = BaseFile::ALL
            .into_iter()
            .map(|which| base.remove(&which))
            .collect::<Option<Vec<_>>>()
            .and_then(|texts| texts.try_into().ok());
        Ok(tree)
    }

    fn read_line(&mut self, kind: MapKind, shard: u8, line: &str, said: &mut Said) -> Option<()> {
        let line = line.strip_suffix(';')?;
        if kind == MapKind::Allow {
            said.allowed.push(line::allow_of(line)?);
            return Some(());
        }
        let (key, value) = line.split_once(' ')?;
        let id = || SiteId::parse(key).ok();
        match kind {
            MapKind::Host => {
                let (name, id) = (DomainName::parse(key).ok()?, SiteId::parse(value).ok()?);
                self.hosts[index(shard)].insert(name, id);
            }
            MapKind::SendOn => {
                let (name, to) = (DomainName::parse(key).ok()?, DomainName::parse(value).ok()?);
                self.sent_on[index(shard)].insert(name, to);
            }
            MapKind::Root => {
                let record = SiteRecord {
                    names: Vec::new(),
                    root: value.into(),
                    pool: None,
                    state: SiteState::Active,
                    sent_on: BTreeMap::new(),
                    redirect: None,
                    tls: None,
                };
                self.sites[index(shard)].insert(id()?, record);
            }
            MapKind::Pool => said.pools.push((id()?, PoolName::parse(value).ok()?)),
            MapKind::State => said.states.push((id()?, line::state_of(value)?)),
            MapKind::Redirect => said.redirects.push((id()?, line::redirect_of(value)?)),
            MapKind::Certificate => said.certificates.push((id()?, CertificateId::parse(value).ok()?)),
            MapKind::ForceHttps => said.forced.push((value == line::FORCED).then(id)??),
            MapKind::Hsts => said.hsts.push((id()?, line::hsts_of(value)?)),
            MapKind::Allow => return None,
        }
        Some(())
    }
}
