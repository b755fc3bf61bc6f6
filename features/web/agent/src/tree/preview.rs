//! What a change would make of the tree.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use names::{Digest, DomainName, SiteId};

use super::{Tree, index, set};
use crate::layout::{BaseFile, MapKind, TreeFile, shard_of};
use crate::line;
use crate::record::{SiteRecord, Want};

/// The first line of every file that is written by hand and not from a template.
const HEADER: &str =
    "# Written by Holdfast. An edit by hand is noticed and held; change the site in the panel instead.\n";

/// What a change would make of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// Each file that would change, with its new text; none where it would go.
    pub files: BTreeMap<TreeFile, Option<Arc<str>>>,
    /// The digest of the tree with these files; none for a tree without a base.
    pub digest: Option<Digest>,
}

/// What becomes of the base.
#[derive(Default)]
pub(super) enum BaseLines {
    /// Nothing.
    #[default]
    Stay,
    /// It is to have these texts, or to go.
    Become(Option<[Arc<str>; 4]>),
}

/// The lines that a set of wants changes, by shard.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) hosts: BTreeMap<u8, BTreeMap<DomainName, Option<SiteId>>>,
    /// A line for each of `hosts`.
    pub(super) sent_on: BTreeMap<u8, BTreeMap<DomainName, Option<DomainName>>>,
    pub(super) sites: BTreeMap<u8, BTreeMap<SiteId, Option<SiteRecord>>>,
    pub(super) base: BaseLines,
    blocks: BTreeMap<SiteId, Option<Arc<str>>>,
}

impl Tree {
    /// What the tree would be with these wants; the later of two wins where both claim a name.
    pub fn preview(&self, wants: &[&Want]) -> Preview {
        let mut files = self.changed(wants);
        let base = wants.iter().rev().find_map(|want| match want {
            Want::Base(texts) => Some(texts.is_some()),
            Want::Site(..) => None,
        });
        let digest = base.unwrap_or(self.base.is_some()).then(|| {
            let digests =
                files.iter().map(|(file, text)| (*file, text.as_ref().map(|t| Digest::of(t.as_bytes()))));
            self.digest_with(&digests.collect())
        });
        let told = digest.map(digest_text);
        if self.file(TreeFile::Digest) != told.as_ref().map(|t| Digest::of(t.as_bytes())) {
            files.insert(TreeFile::Digest, told);
        }
        Preview { files, digest }
    }

    /// Each file but `tree.conf` that these wants would change, with its new text; none where it would go.
    pub fn changed(&self, wants: &[&Want]) -> BTreeMap<TreeFile, Option<Arc<str>>> {
        let lines = self.lines_of(wants);
        let mut files: BTreeMap<TreeFile, Option<Arc<str>>> = BTreeMap::new();
        for (shard, names) in &lines.hosts {
            let mut all: BTreeMap<&DomainName, SiteId> =
                self.hosts[index(*shard)].iter().map(|(n, id)| (n, *id)).collect();
            for (name, id) in names {
                set(&mut all, name, *id);
            }
            files.insert(TreeFile::Map(MapKind::Host, *shard), map_text(all.iter()));
        }
        for (shard, names) in &lines.sent_on {
            let mut all: BTreeMap<&DomainName, &DomainName> = self.sent_on[index(*shard)].iter().collect();
            for (name, to) in names {
                set(&mut all, name, to.as_ref());
            }
            files.insert(TreeFile::Map(MapKind::SendOn, *shard), map_text(all.iter()));
        }
        for (shard, sites) in &lines.sites {
            let mut all: BTreeMap<&SiteId, &SiteRecord> = self.sites[index(*shard)].iter().collect();
            for (id, record) in sites {
                set(&mut all, id, record.as_ref());
            }
            let file = |kind| TreeFile::Map(kind, *shard);
            files.insert(file(MapKind::Root), map_text(all.iter().map(|(id, r)| (id, &r.root))));
            let pools = all.iter().filter_map(|(id, r)| Some((id, r.pool.as_ref()?)));
            files.insert(file(MapKind::Pool), map_text(pools));
            let states = all.iter().filter_map(|(id, r)| Some((id, line::state_word(&r.state)?)));
            files.insert(file(MapKind::State), map_text(states));
            let redirects =
                all.iter().filter_map(|(id, r)| Some((id, line::redirect_value(r.redirect.as_ref()?))));
            files.insert(file(MapKind::Redirect), map_text(redirects));
            let allowed = all.iter().flat_map(|(id, r)| r.state.allow().iter().map(|net| (**id, *net)));
            let allowed = allowed.map(|(id, network)| (line::allow_key(id, network), network));
            files.insert(file(MapKind::Allow), map_text(allowed));
            let by_https = || all.iter().filter_map(|(id, r)| Some((id, r.tls.as_ref()?)));
            let certificates = by_https().map(|(id, tls)| (id, tls.certificate));
            files.insert(file(MapKind::Certificate), map_text(certificates));
            let forced = by_https().filter(|(_, tls)| tls.force_https).map(|(id, _)| (id, line::FORCED));
            files.insert(file(MapKind::ForceHttps), map_text(forced));
            let told = by_https().filter_map(|(id, tls)| Some((id, line::hsts_value(tls.hsts?))));
            files.insert(file(MapKind::Hsts), map_text(told));
        }
        files.extend(lines.blocks.into_iter().map(|(id, block)| (TreeFile::Site(id), block)));
        if let BaseLines::Become(base) = &lines.base {
            for (at, which) in BaseFile::ALL.into_iter().enumerate() {
                files.insert(TreeFile::Base(which), base.as_ref().map(|texts| texts[at].clone()));
            }
        }
        files.retain(|file, text| self.file(*file) != text.as_ref().map(|t| Digest::of(t.as_bytes())));
        files
    }

    pub(super) fn lines_of(&self, wants: &[&Want]) -> Lines {
        let mut lines = Lines::default();
        for want in wants {
            match want {
                Want::Base(texts) => lines.base = BaseLines::Become(texts.clone()),
                Want::Site(id, site) => {
                    for (site, name) in site.iter().flat_map(|s| s.record.names.iter().map(move |n| (s, n))) {
                        let (shard, to) = (shard_of(name.as_str()), site.record.sent_on.get(name).cloned());
                        lines.hosts.entry(shard).or_default().insert(name.clone(), Some(*id));
                        lines.sent_on.entry(shard).or_default().insert(name.clone(), to);
                    }
                    let record = site.as_ref().map(|s| s.record.clone());
                    lines.sites.entry(shard_of(&id.to_string())).or_default().insert(*id, record);
                    let block = site.as_ref().and_then(|s| s.block.clone());
                    if block.is_some() || self.block(*id).is_some() {
                        lines.blocks.insert(*id, block);
                    }
                }
            }
        }
        for want in wants {
            let Want::Site(id, _) = want else { continue };
            // names that the site gives up, unless another of the wants took them
            for name in self.record(*id).iter().flat_map(|r| &r.names) {
                if self.holder(name) == Some(*id) {
                    let shard = shard_of(name.as_str());
                    lines.hosts.entry(shard).or_default().entry(name.clone()).or_insert(None);
                    lines.sent_on.entry(shard).or_default().entry(name.clone()).or_insert(None);
                }
            }
        }
        lines
    }
}

fn map_text<K: std::fmt::Display, V: std::fmt::Display>(
    lines: impl Iterator<Item = (K, V)>,
) -> Option<Arc<str>> {
    let mut text = String::from(HEADER);
    for (key, value) in lines {
        // every key and value is of a type whose text is one plain word in nginx, or made so by `line`
        let _ = writeln!(text, "{key} {value};");
    }
    (text.len() > HEADER.len()).then(|| text.into())
}

fn digest_text(digest: Digest) -> Arc<str> {
    format!("{HEADER}map $hf_site $hf_tree {{ default {digest}; }}\n").into()
}
