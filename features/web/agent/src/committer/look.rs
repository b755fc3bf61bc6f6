//! What is there and what would have to change, for observing and for plans. Reads only.

use std::net::IpAddr;
use std::sync::Arc;

use converge::{Claim, Edit, FileStep, ManagedFile, TakeBack};
use hostd::{Host, HostError, Unit};
use hostfs::FileKind;
use names::{Digest, ListenAddr, SiteId};

use super::{CommitError, Committer, Inner, Listen};
use crate::layout::{TREE, TreeFile};
use crate::live::{LiveCache, LiveState, MODE};
use crate::record::{SiteWant, Want};
use crate::state::Round;

/// Strangers in the tree that are shown at most.
const STRANGERS: usize = 20;

/// Own addresses that are asked at most, so that looking at them ends.
const ASKED: usize = 20;

/// What one object's part of the tree needs.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Steps for people: what the live files would become.
    pub(crate) steps: Vec<FileStep>,
    /// Hand edits.
    pub(crate) edits: Vec<Edit>,
    /// Live files to put back.
    pub(crate) repair: Vec<TreeFile>,
    /// The object's part of the tree is not as wanted.
    pub(crate) differs: bool,
    /// Nginx does not run, or was not seen to serve the tree.
    pub(crate) unseen: bool,
    /// Nginx serves something else than what it was seen to load.
    pub(crate) contradicted: bool,
}

impl Look {
    /// Whether anything is to be done.
    pub(crate) fn is_due(&self) -> bool {
        self.differs || self.unseen || self.contradicted || !self.repair.is_empty()
    }

    /// Adds what a file needs that should get this text. `ours` is what the mirror has.
    fn file(
        &mut self,
        host: &Host,
        state: LiveState,
        file: TreeFile,
        text: Option<Arc<str>>,
        ours: Option<Digest>,
        take_back: &TakeBack,
    ) -> Result<(), HostError> {
        let there = LiveCache::see(host, file)?;
        let claim = ours.map(Claim::on);
        let (before, seen) = (there.text().cloned(), there.digest());
        let edited = state == LiveState::Edited && !is_taken_back(file, seen, take_back);
        match text {
            Some(text) => {
                let want = ManagedFile { mode: MODE, ..ManagedFile::root(file.live(), text) };
                if edited {
                    self.edits.push(Edit::of(&want, &there, claim.as_ref()));
                } else if state == LiveState::Meta && ours == Some(want.digest()) {
                    self.steps.push(FileStep::SetMeta { file: want });
                } else {
                    self.steps.push(FileStep::Write { file: want, before, seen });
                }
            }
            None if edited => {
                self.edits.push(Edit::unwanted(&file.live(), &there, &claim.unwrap_or_default()));
            }
            None if before.is_some() => {
                self.steps.push(FileStep::Remove { path: file.live(), before, seen });
            }
            None => {}
        }
        Ok(())
    }
}

impl Committer {
    /// What a site needs. Nothing is read from the disk for a site that is as wanted, but for its own block.
    pub(crate) fn look_site(
        &self,
        host: &Host,
        id: SiteId,
        want: Option<&SiteWant>,
        take_back: &TakeBack,
    ) -> Result<Look, CommitError> {
        let file = TreeFile::Site(id);
        self.with(host, |inner| {
            let mut look = Look { unseen: inner.state.unseen.contains(&id), ..Look::default() };
            let block = want.and_then(|w| w.block.as_ref());
            let same = inner.tree.record(id) == want.map(|w| &w.record)
                && inner.tree.block(id) == block.map(|b| Digest::of(b.as_bytes()));
            if !same {
                look.differs = true;
                self.changes(host, inner, &Want::Site(id, want.cloned()), take_back, &mut look)?;
            } else if let Some(block) = block {
                self.unchanged(host, inner, file, Some(block.clone()), take_back, &mut look)?;
            }
            Ok(look)
        })?
    }

    /// What the base needs, with all files that the sites share.
    pub(crate) fn look_base(
        &self,
        host: &Host,
        want: &Want,
        listen: &Listen,
        take_back: &TakeBack,
    ) -> Result<Look, CommitError> {
        let (mut look, seen) = self.with(host, |inner| {
            let mut look = Look::default();
            let preview = inner.tree.preview(&[want]);
            let elsewhere = Listen::of(&inner.state) != *listen && !listen.http.is_empty();
            look.differs = !preview.files.is_empty() || elsewhere;
            self.changes(host, inner, want, take_back, &mut look)?;
            for (file, _) in inner.tree.shared_files() {
                if !preview.files.contains_key(&file) {
                    self.unchanged(host, inner, file, None, take_back, &mut look)?;
                }
            }
            strangers(host, inner, &mut look)?;
            let digest = inner.tree.digest();
            look.unseen = inner.state.removed || (digest.is_some() && inner.state.loaded != digest);
            Ok::<_, CommitError>((look, digest.map(|digest| (digest, Listen::of(&inner.state)))))
        })??;
        if let Some((digest, listen)) = seen {
            look.unseen |= !host.systemd().state(&Unit::Nginx)?.active.is_up();
            // somebody may have had nginx load something else since
            look.contradicted = !look.unseen
                && (listen.http.iter().any(|address| self.contradicts(host, *address, digest))
                    || listen.https.iter().any(|address| self.contradicts_by_tls(host, *address)));
        }
        Ok(look)
    }

    /// Compares a live file with the tree; the content that a round is just putting there is ours as well.
    pub(super) fn compare(&self, host: &Host, inner: &Inner, file: TreeFile) -> Result<LiveState, HostError> {
        let state = self.live.compare(host, file, inner.tree.file(file))?;
        if let (LiveState::Edited | LiveState::Missing, Round::Switching(moves)) = (state, &inner.state.round)
            && let Some(step) = moves.get(&file.to_string())
            && matches!(self.live.compare(host, file, step.after)?, LiveState::Same | LiveState::Meta)
        {
            return Ok(LiveState::Same);
        }
        Ok(state)
    }

    /// The sites of the tree, for whoever must wait for their end.
    pub(crate) fn first_site(&self, host: &Host) -> Result<Option<(SiteId, usize)>, CommitError> {
        self.with(host, |inner| {
            let mut sites = inner.tree.sites();
            sites.next().map(|(id, _)| (id, 1 + sites.count()))
        })
    }

    /// Those of this server's own addresses at which something else answers than our tree, though nginx listens for it at all
    /// of them: another server block that names an address takes it from a wildcard. At most the first twenty are asked.
    pub fn taken(&self, host: &Host, own: &[IpAddr]) -> Result<Vec<ListenAddr>, CommitError> {
        let (listen, loaded) = self.with(host, |inner| (Listen::of(&inner.state), inner.state.loaded))?;
        let Some(digest) = loaded else { return Ok(Vec::new()) };
        let at_own = |listen: &[ListenAddr]| -> Vec<ListenAddr> {
            let wildcards = listen.iter().filter(|listen| listen.ip().is_unspecified());
            let addresses = wildcards.flat_map(|listen| {
                let same = own.iter().filter(|ip| ip.is_ipv4() == listen.ip().is_ipv4());
                same.filter_map(|ip| ListenAddr::new(*ip, listen.port()).ok())
            });
            addresses.take(ASKED).collect()
        };
        let (mut http, mut https) = (at_own(&listen.http), at_own(&listen.https));
        http.retain(|address| self.contradicts(host, *address, digest));
        https.retain(|address| self.contradicts_by_tls(host, *address));
        Ok([http, https].concat())
    }

    fn changes(
        &self,
        host: &Host,
        inner: &Inner,
        want: &Want,
        take_back: &TakeBack,
        look: &mut Look,
    ) -> Result<(), CommitError> {
        // `tree.conf` is not among them: it changes with every change, and tells people nothing
        for (file, text) in inner.tree.changed(&[want]) {
            let ours = inner.tree.file(file);
            let state = self.compare(host, inner, file)?;
            look.file(host, state, file, text, ours, take_back)?;
        }
        Ok(())
    }

    /// A file whose content stays: is the live one still so? `text` is known or read from the mirror.
    fn unchanged(
        &self,
        host: &Host,
        inner: &Inner,
        file: TreeFile,
        text: Option<Arc<str>>,
        take_back: &TakeBack,
        look: &mut Look,
    ) -> Result<(), CommitError> {
        let ours = inner.tree.file(file);
        let state = self.compare(host, inner, file)?;
        if state == LiveState::Same {
            return Ok(());
        }
        let text = match text {
            Some(text) => Some(text),
            None => host.files().read_text(&file.staged())?.map(Arc::from),
        };
        let there = LiveCache::see(host, file)?.digest();
        if state != LiveState::Edited || is_taken_back(file, there, take_back) {
            look.repair.push(file);
        }
        look.file(host, state, file, text, ours, take_back)?;
        Ok(())
    }
}

/// Whether a hand edit is replaced: a person decided so, or it is one of the file that tells nothing but the digest.
pub(super) fn is_taken_back(file: TreeFile, there: Option<Digest>, take_back: &TakeBack) -> bool {
    file == TreeFile::Digest || there.is_some_and(|there| take_back.covers(&file.live(), &there))
}

/// Files in our tree that we did not put there. Nginx may load them; they are shown and stay.
fn strangers(host: &Host, inner: &Inner, look: &mut Look) -> Result<(), CommitError> {
    for dir in ["maps", "sites"] {
        for (name, kind) in host.files().list(&format!("{TREE}/{dir}"))? {
            let ours =
                TreeFile::parse(&format!("{dir}/{name}")).is_some_and(|f| inner.tree.file(f).is_some());
            if ours || name.starts_with('.') || kind == FileKind::Dir || look.edits.len() >= STRANGERS {
                continue;
            }
            let path = format!("{TREE}/{dir}/{name}");
            let seen = host.files().observe(&path)?;
            look.edits.push(Edit::unwanted(&path, &seen, &Claim::default()));
        }
    }
    Ok(())
}
