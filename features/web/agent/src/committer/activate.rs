//! Making nginx load the tree, and seeing that it does.

use std::thread;
use std::time::{Duration, Instant};

use converge::Reason;
use hostd::{Host, HostError, JobResult, Unit, UnitState};
use names::{Digest, DomainName, ListenAddr, SiteId};
use web_spec::{ProbeHttp, ProbePath};

use super::round::Answers;
use super::{CommitError, Committer, Listen, Request, held};
use crate::probe::reachable;
use crate::record::Want;
use crate::state::{Round, State};
use crate::workers;

/// How long nginx may take until its new workers answer.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// Between two looks: a look costs a millisecond, and a person waits for it.
const LONGEST_PAUSE: Duration = Duration::from_millis(16);
/// How long one question to the probe may take.
pub(super) const QUESTION: Duration = Duration::from_secs(2);

/// How many names are looked at after one round. A tree that answers with its digest answers for all names of its maps;
/// asking by name finds foreign blocks that take a name away.
const NAMES: usize = 64;

impl Committer {
    /// Makes nginx serve the tree, and answers every open request by what was seen.
    pub(super) fn activate(
        &self,
        host: &Host,
        requests: &[Request],
        serving: &[bool],
        answers: &mut Answers,
    ) -> Result<(), CommitError> {
        let open: Vec<usize> = (0..requests.len()).filter(|at| answers[*at].is_none()).collect();
        let (digest, mut state) = self.with(host, |inner| (inner.tree.digest(), inner.state.clone()))?;
        if open.is_empty() {
            return self.save(host, State { round: Round::Idle, ..state });
        }
        let nginx = host.systemd().state(&Unit::Nginx)?;
        let up = nginx.active.is_up();
        if state.loaded != digest || state.removed || (digest.is_some() && !up) {
            state.loaded = None;
            if let Err(why) = self.load(host, &nginx, digest, &Listen::of(&state))? {
                for at in open {
                    answers[at] =
                        Some(Err(held(&requests[at], serving[at], Reason::StepFailed, why.clone())));
                }
                return self.save(host, State { round: Round::Idle, ..state });
            }
            state.loaded = digest;
            state.removed = false;
        }
        let mut left = NAMES;
        for aliases in [false, true] {
            for at in &open {
                let Want::Site(id, Some(want)) = &requests[*at].want else { continue };
                let names = want.record.names.iter().enumerate().filter(|(n, _)| (*n > 0) == aliases);
                for (_, name) in names.take(left) {
                    left -= 1;
                    let led = self.leads_to(host, &state, name, *id).and_then(|()| {
                        want.record.tls.as_ref().map_or(Ok(()), |tls| self.shows(host, &state, name, tls))
                    });
                    if let Err(why) = led {
                        answers[*at] = Some(Err(held(&requests[*at], serving[*at], Reason::StepFailed, why)));
                    }
                }
            }
        }
        for at in open {
            if let (Want::Site(id, _), None) = (&requests[at].want, &answers[at]) {
                state.unseen.remove(id);
            }
        }
        self.save(host, State { round: Round::Idle, ..state })
    }

    /// Starts or reloads nginx and waits until the tree answers, and nothing older does. The inner error is for people.
    fn load(
        &self,
        host: &Host,
        nginx: &UnitState,
        digest: Option<Digest>,
        listen: &Listen,
    ) -> Result<Result<(), String>, HostError> {
        let unit = Unit::Nginx;
        let old = workers::accepting(host, nginx)?;
        let (verb, result) = match (nginx.active.is_up(), digest) {
            (true, _) => ("reload", host.systemd().reload(&unit)?),
            (false, Some(_)) => {
                host.systemd().reset_failed(&unit)?;
                ("start", host.systemd().start(&unit)?)
            }
            (false, None) => return Ok(Ok(())),
        };
        if result != JobResult::Done {
            return Ok(Err(format!("{verb} nginx.service: {result}; see journalctl -u nginx.service")));
        }
        tracing::info!(verb, "nginx loads the tree");
        let Some(digest) = digest else { return Ok(Ok(())) };
        let until = Instant::now() + TAKE_OVER;
        let mut pause = Duration::from_millis(4);
        loop {
            let left = || old.iter().find(|pid| workers::accepts(host, **pid));
            let still = || left().map(|pid| format!("the old worker {pid} of nginx still takes connections"));
            // the list of processes first: it costs less than a question to the probe
            let missing =
                || listen.http.iter().find_map(|address| self.answers(host, *address, digest).err());
            let other = || listen.https.iter().find_map(|address| self.secures(host, *address).err());
            match still().or_else(missing).or_else(other) {
                None => return Ok(Ok(())),
                Some(why) if Instant::now() + pause >= until => {
                    return Ok(Err(format!(
                        "{why} {} s after the {verb}; nginx's error log says more",
                        TAKE_OVER.as_secs()
                    )));
                }
                Some(_) => {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "nginx starts its workers meanwhile; the wait is bounded"
                    )]
                    thread::sleep(pause);
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Does nginx serve this tree at this address?
    fn answers(&self, host: &Host, address: ListenAddr, digest: Digest) -> Result<(), String> {
        let question = ProbeHttp { address: reachable(address), host: None, path: ProbePath::Identity };
        let reply = self.probe.ask(host, &question, QUESTION)?;
        match reply.tree {
            Some(tree) if tree == digest => Ok(()),
            Some(tree) => Err(format!(
                "nginx still serves tree {} at {address} instead of {}",
                tree.short(),
                digest.short()
            )),
            None => Err(format!("what answers at {address} is not our nginx tree (HTTP {})", reply.status)),
        }
    }

    /// Does something else answer there? A probe that is away contradicts nothing.
    pub(super) fn contradicts(&self, host: &Host, address: ListenAddr, digest: Digest) -> bool {
        let question = ProbeHttp { address: reachable(address), host: None, path: ProbePath::Identity };
        self.probe.ask(host, &question, QUESTION).is_ok_and(|reply| reply.tree != Some(digest))
    }

    fn leads_to(&self, host: &Host, state: &State, name: &DomainName, site: SiteId) -> Result<(), String> {
        let Some(address) = state.listen.first() else { return Ok(()) };
        let question =
            ProbeHttp { address: reachable(*address), host: Some(name.clone()), path: ProbePath::Identity };
        let reply = self.probe.ask(host, &question, QUESTION)?;
        if reply.site == Some(site) {
            return Ok(());
        }
        Err(match reply.site {
            Some(other) => format!("{name} leads to site {other}"),
            None => {
                format!("{name} does not lead to the site: another server block of this nginx takes the name")
            }
        })
    }

    fn save(&self, host: &Host, state: State) -> Result<(), CommitError> {
        if self.with(host, |inner| inner.state != state)? {
            state.save(host)?;
            self.change(|inner| inner.state = state);
        }
        Ok(())
    }
}
