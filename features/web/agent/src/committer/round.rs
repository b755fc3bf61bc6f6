//! One round: from changes to files in place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use converge::{FileSeen, ManagedFile, Reason, StepError};
use hostd::{Host, HostError};
use hostfs::FileKind;
use names::Digest;

use super::look::is_taken_back;
use super::{CommitError, Committer, Request, held, is_serving, recover};
use crate::check::{Verdict, blamed, blamed_ours};
use crate::isolate::{Outcome, isolate};
use crate::layout::{DRIFT, TREE, TreeFile};
use crate::live::{LiveCache, LiveState};
use crate::record::{Owner, Want};
use crate::state::{Move, Round};
use crate::tree::{Preview, Tree};

/// What came of each request; none while it is open.
pub(super) type Answers = Vec<Option<Result<(), StepError>>>;

/// Files as they should be; none where a file should not be.
type Texts = BTreeMap<TreeFile, Option<Arc<str>>>;

/// The mirror during a test.
struct Stage<'a> {
    host: &'a Host,
    /// What is gone back to.
    before: Texts,
    /// What is there.
    now: Texts,
    /// Live files that somebody edited: the test sees them as nginx will.
    edited: BTreeMap<TreeFile, Arc<str>>,
}

impl Stage<'_> {
    /// Shows the mirror with these files changed, and all others as before.
    fn show(&mut self, files: &Texts) -> Result<(), HostError> {
        let mut writes = Vec::new();
        for (file, before) in &self.before {
            let edited = || self.edited.get(file).cloned();
            let text = files.get(file).cloned().unwrap_or_else(|| edited().or_else(|| before.clone()));
            if self.now.get(file) == Some(&text) {
                continue;
            }
            match &text {
                Some(text) => writes.push(ManagedFile::root(file.staged(), text.clone())),
                None => {
                    self.host.files().remove(&file.staged())?;
                }
            }
            self.now.insert(*file, text);
        }
        self.host.files().write_many(&writes.iter().collect::<Vec<_>>())
    }

    fn put_back(&mut self) -> Result<(), HostError> {
        self.edited.clear();
        self.show(&BTreeMap::new())
    }
}

impl Committer {
    pub(super) fn round(&self, host: &Host, requests: &[Request]) -> Vec<Result<(), StepError>> {
        match self.try_round(host, requests) {
            Ok(answers) => answers,
            Err(error) => {
                tracing::error!(error = error.text(), "a change of the nginx tree was not finished");
                // what is on the disk is read again before the next round
                *self.inner.write().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
                let failed = StepError { reason: error.reason(), ..StepError::failed(error.text()) };
                requests.iter().map(|_| Err(failed.clone())).collect()
            }
        }
    }

    fn try_round(
        &self,
        host: &Host,
        requests: &[Request],
    ) -> Result<Vec<Result<(), StepError>>, CommitError> {
        recover::make_stage(host)?;
        for dir in ["maps", "sites"] {
            recover::make_dir(host, &format!("{TREE}/{dir}"))?;
        }
        let serving: Vec<bool> = self
            .with(host, |inner| requests.iter().map(|r| is_serving(&inner.tree, r.want.owner())).collect())?;
        let mut answers: Answers = vec![None; requests.len()];
        self.settle_names(host, requests, &serving, &mut answers)?;
        while !self.put_in_place(host, requests, &serving, &mut answers)? {}
        self.activate(host, requests, &serving, &mut answers)?;
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Ok(()))).collect())
    }

    /// A name belongs to the site that has it until that site gives it up.
    fn settle_names(
        &self,
        host: &Host,
        requests: &[Request],
        serving: &[bool],
        answers: &mut Answers,
    ) -> Result<(), CommitError> {
        let mut released = self.released.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.with(host, |inner| {
            let tree = &inner.tree;
            released.retain(|(name, id)| tree.holder(name) == Some(*id));
            for request in requests {
                let Want::Site(id, want) = &request.want else { continue };
                let keeps = |name| want.as_ref().is_some_and(|w| w.record.names.contains(name));
                for name in tree.record(*id).iter().flat_map(|r| &r.names) {
                    if keeps(name) {
                        released.remove(&(name.clone(), *id));
                    } else {
                        released.insert((name.clone(), *id));
                    }
                }
            }
            let mut taken = BTreeMap::new();
            for (at, request) in requests.iter().enumerate() {
                let (Want::Site(id, Some(want)), None) = (&request.want, &answers[at]) else { continue };
                let holder = |name| {
                    let other = tree
                        .holder(name)
                        .filter(|h| h != id && !released.contains(&(Clone::clone(name), *h)));
                    other.or_else(|| taken.get(name).copied())
                };
                let message = match want.record.names.iter().find_map(|n| holder(n).map(|h| (n, h))) {
                    Some((name, holder)) => format!("{name} still leads to site {holder}"),
                    None if tree.base().is_none()
                        && !requests.iter().any(|r| matches!(r.want, Want::Base(Some(_)))) =>
                    {
                        "the web server's base is not there yet".to_owned()
                    }
                    None => {
                        taken.extend(want.record.names.iter().cloned().map(|n| (n, *id)));
                        continue;
                    }
                };
                answers[at] = Some(Err(held(request, serving[at], Reason::WaitsFor, message)));
            }
        })
    }

    /// Tests and switches the open requests; `false` where the set changed in the middle and it must be done again.
    fn put_in_place(
        &self,
        host: &Host,
        requests: &[Request],
        serving: &[bool],
        answers: &mut Answers,
    ) -> Result<bool, CommitError> {
        self.hold_edited(host, requests, serving, answers)?;
        let open: Vec<usize> = (0..requests.len()).filter(|at| answers[*at].is_none()).collect();
        if open.is_empty() {
            return Ok(true);
        }
        let (scan, touched) = self.with(host, |inner| {
            let touched =
                touched(&inner.tree, &open.iter().map(|at| &requests[*at].want).collect::<Vec<_>>());
            Ok::<_, HostError>((self.scan(host, &inner.tree)?, touched))
        })??;
        let mut good = open.clone();
        let mut stage = None;
        if !touched.is_empty() {
            let mut tested = self.stage(host, &touched, scan.edited)?;
            let outcome = self.isolate(host, requests, &open, &mut tested)?;
            match outcome {
                Outcome::Foreign(message) => {
                    self.give_up(host, &mut tested)?;
                    let place = blamed(&message).map(|file| format!("{file}: ")).unwrap_or_default();
                    for at in open {
                        let held = held(
                            &requests[at],
                            serving[at],
                            Reason::ForeignConfigBroken,
                            format!("{place}{message}"),
                        );
                        answers[at] = Some(Err(held));
                    }
                    return Ok(true);
                }
                Outcome::Split { good: fine, bad } => {
                    for (which, message) in bad {
                        let at = open[which];
                        answers[at] =
                            Some(Err(held(&requests[at], serving[at], Reason::ConfigRefused, message)));
                    }
                    good = fine.into_iter().map(|which| open[which]).collect();
                }
            }
            stage = Some(tested);
        }
        let wants: Vec<&Want> = good.iter().map(|at| &requests[*at].want).collect();
        let preview = self.with(host, |inner| inner.tree.preview(&wants))?;
        if let Some(stage) = &mut stage {
            stage.edited.clear();
            stage.show(&preview.files)?;
        }
        // somebody may have edited a file during the test
        let before = answers.iter().filter(|a| a.is_none()).count();
        self.hold_edited(host, requests, serving, answers)?;
        if answers.iter().filter(|a| a.is_none()).count() != before {
            if let Some(stage) = &mut stage {
                self.give_up(host, stage)?;
            }
            return Ok(false);
        }
        let repair: BTreeSet<TreeFile> =
            good.iter().flat_map(|at| requests[*at].repair.iter().copied()).chain(scan.missing).collect();
        self.switch(host, requests, &good, &wants, &preview, &repair)?;
        Ok(true)
    }

    /// Holds the requests that would replace a file which somebody edited.
    fn hold_edited(
        &self,
        host: &Host,
        requests: &[Request],
        serving: &[bool],
        answers: &mut Answers,
    ) -> Result<(), CommitError> {
        let mut overwritten = BTreeSet::new();
        let mut waiting: Vec<(usize, TreeFile)> = Vec::new();
        self.with(host, |inner| {
            for (at, request) in requests.iter().enumerate().filter(|(at, _)| answers[*at].is_none()) {
                for file in inner
                    .tree
                    .preview(&[&request.want])
                    .files
                    .into_keys()
                    .chain(request.repair.iter().copied())
                {
                    if self.compare(host, inner, file)? == LiveState::Edited {
                        let there = LiveCache::see(host, file)?.digest();
                        if is_taken_back(file, there, &request.take_back) {
                            overwritten.insert(file);
                        } else {
                            waiting.push((at, file));
                        }
                    }
                }
            }
            Ok::<_, HostError>(())
        })??;
        for (at, file) in waiting {
            if !overwritten.contains(&file) && answers[at].is_none() {
                let message = format!("{} was edited by hand", file.live());
                answers[at] = Some(Err(held(&requests[at], serving[at], Reason::Edited, message)));
            }
        }
        Ok(())
    }

    /// The files that all sites share: those that are gone, and those that somebody edited, with their texts.
    fn scan(&self, host: &Host, tree: &Tree) -> Result<Scan, HostError> {
        let mut scan = Scan::default();
        for (file, digest) in tree.shared_files() {
            match self.live.compare(host, file, Some(digest))? {
                LiveState::Same | LiveState::Meta => {}
                LiveState::Missing => scan.missing.push(file),
                LiveState::Edited => {
                    if let FileSeen::Present { text, .. } = LiveCache::see(host, file)? {
                        scan.edited.insert(file, text);
                    }
                }
            }
        }
        Ok(scan)
    }

    /// Notes the mirror's files as they are, before any of them is changed.
    fn stage<'a>(
        &self,
        host: &'a Host,
        touched: &BTreeSet<TreeFile>,
        mut edited: BTreeMap<TreeFile, Arc<str>>,
    ) -> Result<Stage<'a>, CommitError> {
        edited.retain(|file, _| !touched.contains(file));
        let mut before = BTreeMap::new();
        for file in touched.iter().chain(edited.keys()) {
            before.insert(*file, host.files().read_text(&file.staged())?.map(Arc::from));
        }
        let texts = before.iter().map(|(f, t)| (f.to_string(), t.as_ref().map(|t: &Arc<str>| t.to_string())));
        self.save_round(host, Round::Staging(texts.collect()))?;
        Ok(Stage { host, now: before.clone(), before, edited })
    }

    fn isolate(
        &self,
        host: &Host,
        requests: &[Request],
        open: &[usize],
        stage: &mut Stage<'_>,
    ) -> Result<Outcome, CommitError> {
        let test = |subset: &[usize]| -> Result<Verdict, CommitError> {
            let wants: Vec<&Want> = subset.iter().map(|which| &requests[open[*which]].want).collect();
            let preview = self.with(host, |inner| inner.tree.preview(&wants))?;
            stage.show(&preview.files)?;
            let verdict = self.check.check(host)?;
            if let Verdict::Refused(message) = &verdict {
                tracing::warn!(changes = subset.len(), message, "nginx refuses the staged tree");
            }
            Ok(verdict)
        };
        isolate(open.len(), test, |message| {
            let owner = match blamed_ours(message)? {
                TreeFile::Site(id) => Owner::Site(id),
                TreeFile::Base(_) => Owner::Base,
                TreeFile::Map(..) | TreeFile::Digest => return None,
            };
            open.iter().position(|at| requests[*at].want.owner() == owner)
        })
    }

    fn give_up(&self, host: &Host, stage: &mut Stage<'_>) -> Result<(), CommitError> {
        stage.put_back()?;
        self.save_round(host, Round::Idle)
    }

    /// Brings the live tree to what the mirror has by now.
    fn switch(
        &self,
        host: &Host,
        requests: &[Request],
        good: &[usize],
        wants: &[&Want],
        preview: &Preview,
        repair: &BTreeSet<TreeFile>,
    ) -> Result<(), CommitError> {
        let mut moves = BTreeMap::new();
        let (tree_files, mut state) = self.with(host, |inner| {
            let files: BTreeMap<TreeFile, Option<Digest>> =
                preview.files.keys().chain(repair).map(|file| (*file, inner.tree.file(*file))).collect();
            (files, inner.state.clone())
        })?;
        for (file, ours) in tree_files {
            let after = match preview.files.get(&file) {
                Some(text) => text.as_ref().map(|t| Digest::of(t.as_bytes())),
                None => ours,
            };
            if self.live.compare(host, file, ours)? == LiveState::Meta && after == ours {
                host.files().set_meta(&file.live(), crate::live::MODE, (0, 0))?;
                continue;
            }
            let before = LiveCache::see(host, file)?.digest();
            if before != ours {
                keep_copy(host, file)?;
            }
            moves.insert(file.to_string(), Move { before, after });
        }
        if good.iter().any(|at| requests[*at].reload) {
            state.loaded = None;
        }
        if !moves.is_empty() {
            if repair.iter().any(|file| moves.contains_key(&file.to_string())) {
                state.loaded = None;
            }
            for at in good {
                match &requests[*at].want {
                    Want::Site(id, _) => drop(state.unseen.insert(*id)),
                    Want::Base(base) => {
                        let listen = &requests[*at].listen;
                        state.listen.clone_from(&listen.http);
                        state.listen_tls.clone_from(&listen.https);
                        state.removed = base.is_none();
                    }
                }
            }
            state.round = Round::Switching(moves.clone());
            state.save(host)?;
            // from here on, whoever looks must take the new content for ours
            self.change(|inner| inner.state = state.clone());
            for file in recover::switch(host, &moves)? {
                tracing::warn!(%file, "edited by hand in this very moment; it is held");
            }
        }
        self.change(|inner| {
            inner.tree.take(wants, preview);
            inner.state = state;
        });
        Ok(())
    }

    pub(super) fn save_round(&self, host: &Host, round: Round) -> Result<(), CommitError> {
        let mut state = self.with(host, |inner| inner.state.clone())?;
        if state.round != round {
            state.round = round;
            state.save(host)?;
            self.change(|inner| inner.state = state);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Scan {
    missing: Vec<TreeFile>,
    edited: BTreeMap<TreeFile, Arc<str>>,
}

/// The files that any subset of these wants may change.
fn touched(tree: &Tree, wants: &[&Want]) -> BTreeSet<TreeFile> {
    let mut files: BTreeSet<TreeFile> = tree.changed(wants).into_keys().collect();
    for want in wants {
        files.extend(tree.changed(&[want]).into_keys());
    }
    if !files.is_empty() {
        files.insert(TreeFile::Digest);
    }
    files
}

/// Keeps a copy of a hand edit that is about to be written over. Where a link leads was kept before.
fn keep_copy(host: &Host, file: TreeFile) -> Result<(), HostError> {
    let meta = host.files().stat(&file.live())?;
    if meta.is_none_or(|meta| meta.kind != FileKind::File) {
        return Ok(());
    }
    let Some(bytes) = host.files().read(&file.live())? else { return Ok(()) };
    recover::make_dir(host, DRIFT)?;
    let name = file.to_string().replace('/', "-");
    let copy = format!("{DRIFT}/nginx-{name}-{}", Digest::of(&bytes).short());
    host.files().write(&copy, &bytes, 0o600, (0, 0))
}
