//! Commands that change something: shown first, held to a plan, waited for.
//!
//! The panel writes the wish down and answers at once; the server follows. A command is done when the server was observed to be as asked,
//! so it waits for that, 30 seconds unless told otherwise, and says how it stands when the time is over.

use std::time::Duration;

use clap::Args;
use hyper::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use crate::client::{Call, Reply, segment, with_query};
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::plan::PlanView;
use crate::progress::Line;
use crate::run::{Session, pauses};
use crate::screen::{Style, plain, span};

/// The panel itself waits no longer than this for one request.
const LONGEST_WAIT: u64 = 60;
/// Where a person looks on, the panel is asked to wait so long; after that the object is looked at again and again, and what it waits for
/// is told.
const FIRST_WAIT: u64 = 2;
/// How often an edit is made anew where somebody else changed the object meanwhile.
const EDITS: u32 = 5;

/// How long is waited, in seconds, where nothing is said.
const USUAL_WAIT: u64 = 30;

/// How a change is made
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Change")]
pub(crate) struct ChangeArgs {
    /// Wait at most so many seconds until the server is as asked [default: 30]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "30", value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: Option<u64>,
    /// Do not wait: done as soon as the change is written down
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Change nothing; show what the change would do on the server
    #[arg(long)]
    dry_run: bool,
    /// Make the change only if it would do exactly what the plan of this hash says
    #[arg(long, value_name = "HASH", conflicts_with = "dry_run")]
    expect_plan: Option<names::Digest>,
    /// Overwrite files that were edited by hand; a copy is kept
    #[arg(long)]
    overwrite: bool,
}

/// How something is tried again: as a change is made, but nothing can be overwritten
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Change")]
pub(crate) struct AgainArgs {
    /// Wait at most so many seconds until the server is as asked [default: 30]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "30", value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: Option<u64>,
    /// Do not wait: done as soon as it is to be tried
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Change nothing; show what would be done on the server
    #[arg(long)]
    dry_run: bool,
    /// Try only if that would do exactly what the plan of this hash says
    #[arg(long, value_name = "HASH", conflicts_with = "dry_run")]
    expect_plan: Option<names::Digest>,
}

impl AgainArgs {
    /// Has the object tried again, waits, and tells.
    pub(crate) async fn run(self, session: &mut Session, subject: Subject) -> Result<(), Failure> {
        let Self { wait, no_wait, dry_run, expect_plan } = self;
        let change = ChangeArgs { wait, no_wait, dry_run, expect_plan, overwrite: false };
        let again =
            Change::act(subject, "retry", Value::Object(serde_json::Map::new()), IfMatchArgs::default());
        change.run(session, again).await
    }

    /// What stood before the command's name counts as if it stood behind it.
    pub(crate) fn merge(&mut self, before: &ChangeArgs) {
        self.dry_run |= before.dry_run;
        self.no_wait |= before.no_wait;
        self.wait = self.wait.or(before.wait);
        self.expect_plan = self.expect_plan.or(before.expect_plan);
    }
}

/// Looking first, at what the panel is not asked for
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct DryRunArgs {
    /// Change nothing; show what the command would do on the server
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Looking first and then holding to that, where nothing is waited for
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct RehearsalArgs {
    /// Change nothing; show what the command would do on the server
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make the change only if it would do exactly what the plan of this hash says
    #[arg(long, value_name = "HASH", conflicts_with = "dry_run")]
    pub(crate) expect_plan: Option<names::Digest>,
}

impl RehearsalArgs {
    /// What it adds to a query.
    pub(crate) fn query(self) -> Vec<(&'static str, String)> {
        let dry_run = self.dry_run.then(|| ("dry_run", "true".to_owned()));
        let expect_plan = self.expect_plan.map(|hash| ("expect_plan", hash.to_string()));
        dry_run.into_iter().chain(expect_plan).collect()
    }

    /// The call that does it, or shows what it would do.
    pub(crate) fn call(self, method: Method, path: &str, body: Value) -> Call {
        let call = Call::new(method, with_query(path, &self.query())).body(body);
        if self.dry_run { call } else { call.once() }
    }

    /// What stood before the command's name counts as if it stood behind it.
    pub(crate) fn merge(&mut self, before: Self) {
        self.dry_run |= before.dry_run;
        self.expect_plan = self.expect_plan.or(before.expect_plan);
    }
}

/// Asking before something goes
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ConfirmArgs {
    /// Do not ask; nothing is asked either where standard input is no terminal
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl ConfirmArgs {
    /// Asks before something goes, where there is someone to ask. A dry run asks nothing.
    pub(crate) fn ask(self, session: &mut Session, dry_run: bool, question: &str) -> Result<(), Failure> {
        if self.yes || dry_run || !session.screen.asks {
            return Ok(());
        }
        session.screen.ask(&format!("{question} [y/N] "))?;
        let mut answer = Vec::new();
        let mut key = [0];
        while session.screen.input().read(&mut key)? == 1 && key[0] != b'\n' && answer.len() < 16 {
            answer.push(key[0].to_ascii_lowercase());
        }
        if matches!(answer.trim_ascii(), b"y" | b"yes") { Ok(()) } else { Err(Failure::Declined) }
    }
}

/// Holding a change to a version
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct IfMatchArgs {
    /// Make the change only at this version (the ETag, such as "g7"); without it, that which is there now
    #[arg(long, value_name = "ETAG")]
    pub(crate) if_match: Option<String>,
}

/// What is changed.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// `site`
    pub(crate) kind: &'static str,
    /// `www.example.test`
    pub(crate) name: String,
    /// `/sites/www.example.test`
    pub(crate) path: String,
}

impl Subject {
    /// An object of a collection, such as `/sites`, by its name or id.
    pub(crate) fn new(kind: &'static str, collection: &str, name: &str) -> Self {
        Self { kind, name: name.to_owned(), path: format!("{collection}/{}", segment(name)) }
    }

    /// Whether the object itself comes to be on the server; else what hangs on it does.
    fn converges(&self) -> bool {
        !matches!(self.kind, "package" | "organisation")
    }

    fn words(&self) -> String {
        if self.name.is_empty() { self.kind.to_owned() } else { format!("{} {}", self.kind, self.name) }
    }
}

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<String>,
    pub(crate) subject: Subject,
}

impl Change {
    /// Makes an object in a collection.
    pub(crate) fn create(subject: Subject, collection: &str, body: Value) -> Self {
        Self { method: Method::POST, path: collection.to_owned(), body: Some(body), if_match: None, subject }
    }

    /// As [`Change::create`], of an object that is known by its id alone, which the panel gives it.
    pub(crate) fn create_by_id(kind: &'static str, collection: &str, body: Value) -> Self {
        Self::create(Subject::new(kind, collection, ""), collection, body)
    }

    /// The change with the id that a new object was given.
    fn named(&self, reply: &Reply) -> Self {
        let mut change = self.clone();
        if change.subject.path.ends_with('/')
            && let Some(id) =
                reply.value().ok().as_ref().and_then(|made| made.get("id")).and_then(Value::as_str)
        {
            id.clone_into(&mut change.subject.name);
        }
        change
    }

    /// Does something with an object, such as `suspend`.
    pub(crate) fn act(subject: Subject, action: &str, body: Value, if_match: IfMatchArgs) -> Self {
        let path = format!("{}/{action}", subject.path);
        Self { method: Method::POST, path, body: Some(body), if_match: if_match.if_match, subject }
    }

    /// Removes an object.
    pub(crate) fn delete(subject: Subject, if_match: IfMatchArgs) -> Self {
        let path = subject.path.clone();
        Self { method: Method::DELETE, path, body: None, if_match: if_match.if_match, subject }
    }
}

impl ChangeArgs {
    fn seconds(&self) -> u64 {
        if self.no_wait || self.dry_run { 0 } else { self.wait.unwrap_or(USUAL_WAIT) }
    }

    /// Whether anything of this was asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.dry_run || self.no_wait || self.overwrite || self.wait.is_some() || self.expect_plan.is_some()
    }

    /// Whether a dry run was asked for, and nothing else.
    pub(crate) fn is_dry_run_alone(&self) -> bool {
        let rest = Self { dry_run: false, ..self.clone() };
        self.dry_run && !rest.is_given()
    }

    /// Whether a dry run or a plan to be held to was asked for, and nothing else.
    pub(crate) fn is_rehearsal_alone(&self) -> bool {
        let rest = Self { dry_run: false, expect_plan: None, ..self.clone() };
        self.is_given() && !rest.is_given()
    }

    /// Whether something is to be overwritten.
    pub(crate) fn overwrites(&self) -> bool {
        self.overwrite
    }

    /// The part of it that every change knows.
    pub(crate) fn rehearsal(&self) -> RehearsalArgs {
        RehearsalArgs { dry_run: self.dry_run, expect_plan: self.expect_plan }
    }

    /// Whether nothing is to be changed.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// What stood before the command's name counts as if it stood behind it.
    pub(crate) fn merge(&mut self, before: &Self) {
        self.dry_run |= before.dry_run;
        self.no_wait |= before.no_wait;
        self.overwrite |= before.overwrite;
        self.wait = self.wait.or(before.wait);
        self.expect_plan = self.expect_plan.or(before.expect_plan);
    }

    fn call(&self, change: &Change, longest_wait: u64) -> Call {
        let mut query = self.rehearsal().query();
        if self.overwrite {
            query.push(("overwrite", "true".to_owned()));
        }
        let wait = Duration::from_secs(self.seconds().min(longest_wait));
        let mut call = Call::new(change.method.clone(), with_query(&change.path, &query)).wait(wait);
        if let Some(tag) = &change.if_match {
            call = call.header("if-match", tag.clone());
        }
        if let Some(body) = &change.body {
            call = call.body(body.clone());
        }
        if self.dry_run { call } else { call.once() }
    }

    /// Whether the server's end is waited for.
    pub(crate) fn waits(&self) -> bool {
        self.seconds() > 0
    }

    /// Makes the change and waits as long as the panel itself does.
    pub(crate) async fn ask(&self, session: &mut Session, change: &Change) -> Result<Reply, Failure> {
        let doing = if self.dry_run { "looking at the server for" } else { "waiting for" };
        session.ask(&format!("{doing} {}", change.subject.words()), self.call(change, LONGEST_WAIT)).await
    }

    /// Makes the change, waits, and tells.
    pub(crate) async fn run(&self, session: &mut Session, change: Change) -> Result<(), Failure> {
        let began = Instant::now();
        let reply = self.send(session, &change).await?;
        self.finish(session, &change, reply, began).await
    }

    /// Changes an object to what `body` makes of it as it is now; made anew where somebody else was faster, unless a version was named.
    pub(crate) async fn edit(
        &self,
        session: &mut Session,
        subject: Subject,
        if_match: &IfMatchArgs,
        body: impl Fn(&Value) -> Result<Value, Failure>,
    ) -> Result<(), Failure> {
        self.edit_below(session, subject, "", if_match, body).await
    }

    /// As [`ChangeArgs::edit`], of what lies at a path below the object's own and has its version.
    pub(crate) async fn edit_below(
        &self,
        session: &mut Session,
        subject: Subject,
        below: &str,
        if_match: &IfMatchArgs,
        body: impl Fn(&Value) -> Result<Value, Failure>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let read =
                session.ask(&format!("looking at {}", subject.words()), Call::get(&subject.path)).await?;
            let tag = read.etag()?;
            let change = Change {
                method: Method::PATCH,
                path: format!("{}{below}", subject.path),
                body: Some(body(&read.value()?)?),
                if_match: Some(if_match.if_match.clone().unwrap_or(tag)),
                subject: subject.clone(),
            };
            match self.send(session, &change).await {
                Err(Failure::Problem(problem))
                    if problem.status == 412 && if_match.if_match.is_none() && tries < EDITS => {}
                Err(failure) => return Err(failure),
                Ok(reply) => return self.finish(session, &change, reply, began).await,
            }
        }
    }

    /// Asks before something goes, where there is someone to ask. A dry run asks nothing.
    pub(crate) fn confirm(
        &self,
        session: &mut Session,
        confirm: ConfirmArgs,
        question: &str,
    ) -> Result<(), Failure> {
        confirm.ask(session, self.dry_run, question)
    }

    async fn send(&self, session: &mut Session, change: &Change) -> Result<Reply, Failure> {
        let doing = if self.dry_run { "looking at the server for" } else { "waiting for" };
        let follows = session.screen.moves && change.subject.converges();
        let longest_wait = if follows { FIRST_WAIT } else { LONGEST_WAIT };
        session.ask(&format!("{doing} {}", change.subject.words()), self.call(change, longest_wait)).await
    }

    async fn finish(
        &self,
        session: &mut Session,
        change: &Change,
        reply: Reply,
        began: Instant,
    ) -> Result<(), Failure> {
        if self.dry_run {
            return show_plan(session, &reply);
        }
        let change = &change.named(&reply);
        if !change.subject.converges() && reply.status != StatusCode::NO_CONTENT {
            return self.finish_many(session, change, &reply);
        }
        let reply = if reply.status == StatusCode::ACCEPTED && !self.no_wait {
            let until = began + Duration::from_secs(self.seconds());
            follow(session, change, reply, until).await?
        } else {
            Some(reply)
        };
        let subject = change.subject.words();
        let Some(reply) = reply.filter(|reply| reply.status != StatusCode::NO_CONTENT) else {
            if !session.json {
                session.screen.line(&[plain(subject), plain(": "), span(Style::Good, "gone")])?;
            }
            return Ok(());
        };
        let value = reply.value()?;
        let stands = Convergence::of(&value);
        if session.json {
            session.screen.json(&reply.body)?;
        }
        if self.no_wait || stands.is_ready() {
            if !session.json {
                let mut words = stands.words();
                // a suspended object is ready when it is shut: said, so that nobody reads it as open
                if value.get("suspended").and_then(Value::as_bool) == Some(true) {
                    words.push_str(", suspended");
                }
                session.screen.line(&[plain(subject), plain(": "), plain(words)])?;
            }
            return Ok(());
        }
        let show = format!("`holdfast {} show {}`", change.subject.kind, change.subject.name);
        let remedy = if stands.is_settled() {
            format!(
                "The wish stands, and what served before goes on where it can. {} tells more.",
                show.trim()
            )
        } else if stands.waits_for_person() {
            format!("The wish stands, and goes on once somebody has decided. {} tells more.", show.trim())
        } else {
            format!("The wish stands, and the server follows by itself; {} tells how far it is.", show.trim())
        };
        Err(Failure::NotReady { reason: format!("{subject}: {}", stands.words()), remedy })
    }

    /// Tells of a change that many objects follow, for which the panel itself waited.
    fn finish_many(&self, session: &mut Session, change: &Change, reply: &Reply) -> Result<(), Failure> {
        let subject = change.subject.words();
        if session.json {
            session.screen.json(&reply.body)?;
        }
        if reply.status == StatusCode::ACCEPTED && !self.no_wait {
            let remedy = "The wish stands, and the server follows by itself; `holdfast account list` tells how far it is.";
            let reason = format!("{subject}: its accounts are still to follow");
            return Err(Failure::NotReady { reason, remedy: remedy.to_owned() });
        }
        if !session.json {
            let words = if reply.status == StatusCode::ACCEPTED { ": written down" } else { ": done" };
            session.screen.line(&[plain(subject), plain(words)])?;
        }
        Ok(())
    }
}

/// What a dry run answered, and how to do exactly that.
pub(crate) fn show_plan(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let plan = PlanView::read(&reply.value()?).ok_or_else(|| reply.not_understood("it is no plan"))?;
    plan.show(&mut session.screen)?;
    if !plan.is_empty() && !plan.hash.is_empty() {
        let command = again(&session.command_line, &plan.hash);
        session.screen.note(&[span(Style::Dim, "to do exactly this: "), plain(command)])?;
    }
    Ok(())
}

/// Looks again and again until the object is as asked, settled otherwise, gone, or the time is over. None: gone.
async fn follow(
    session: &Session,
    change: &Change,
    reply: Reply,
    until: Instant,
) -> Result<Option<Reply>, Failure> {
    let value = reply.value()?;
    // By its id: a change may have given it another name, and a new object of the same name is another one.
    let id = value.get("id").and_then(Value::as_str);
    let path = match (id, change.subject.path.rsplit_once('/')) {
        (Some(id), Some((collection, _))) if !collection.is_empty() => {
            format!("{collection}/{}", segment(id))
        }
        _ => change.subject.path.clone(),
    };
    let deleting = change.method == Method::DELETE;
    let mut last = reply;
    let line = Line::now(session.screen.moves, &change.subject.words());
    for pause in pauses() {
        let stands = Convergence::of(&last.value()?);
        let over = (stands.is_settled() && !deleting) || stands.waits_for_person();
        if over || Instant::now() + pause > until {
            return Ok(Some(last));
        }
        line.say(&format!("{}: {}", change.subject.words(), stands.words()));
        tokio::time::sleep(pause).await;
        match session.client.send(&Call::get(&path)).await {
            Ok(reply) => last = reply,
            Err(Failure::Problem(problem)) if problem.status == 404 && deleting => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Some(last))
}

/// The command line that makes the change of a dry run, held to its plan.
fn again(command_line: &[String], hash: &str) -> String {
    let kept = command_line.iter().filter(|word| *word != "--dry-run").map(|word| quoted(word));
    let mut words: Vec<String> = kept.collect();
    words.extend(["--expect-plan".to_owned(), hash.to_owned()]);
    words.join(" ")
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(simple) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
