//! Changes of what is in the panel alone: done as soon as they are written down, so nothing is waited for.

use clap::Args;
use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::change::{ConfirmArgs, DryRunArgs, IfMatchArgs, Subject};
use crate::client::{Call, Reply, with_query};
use crate::failure::Failure;
use crate::plan::PlanView;
use crate::run::Session;
use crate::screen::{Style, plain, span};

/// How such a change is made
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) if_match: IfMatchArgs,
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}

/// One change of one thing.
pub(crate) struct Record {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<String>,
}

impl Record {
    pub(crate) fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body, if_match: None }
    }

    pub(crate) fn if_match(mut self, if_match: &IfMatchArgs) -> Self {
        self.if_match.clone_from(&if_match.if_match);
        self
    }

    fn call(self, dry_run: DryRunArgs) -> Call {
        let mut query = self.query;
        if dry_run.dry_run {
            query.push(("dry_run", "true".to_owned()));
        }
        let mut call = Call::new(self.method, with_query(&self.path, &query));
        if let Some(tag) = self.if_match {
            call = call.header("if-match", tag);
        }
        if let Some(body) = self.body {
            call = call.body(body);
        }
        if dry_run.dry_run { call } else { call.once() }
    }

    /// Makes the change; what is there after it. None: it has gone, it was a dry run, or all was said already.
    pub(crate) async fn send(
        self,
        session: &mut Session,
        dry_run: DryRunArgs,
        doing: &str,
    ) -> Result<Option<Value>, Failure> {
        let reply = session.ask(doing, self.call(dry_run)).await?;
        told(session, dry_run, &reply)
    }
}

/// What is left to be said about an answer.
pub(crate) fn told(
    session: &mut Session,
    dry_run: DryRunArgs,
    reply: &Reply,
) -> Result<Option<Value>, Failure> {
    if reply.status == StatusCode::NO_CONTENT {
        return Ok(None);
    }
    if session.json {
        session.screen.json(&reply.body)?;
        return Ok(None);
    }
    if !dry_run.dry_run {
        return Ok(Some(reply.value()?));
    }
    let plan = PlanView::read(&reply.value()?).ok_or_else(|| reply.not_understood("it is no plan"))?;
    if plan.is_empty() {
        session.screen.text("it could be done; nothing on the server hangs on it")?;
    } else {
        plan.show(&mut session.screen)?;
    }
    Ok(None)
}

/// Changes what is there, at the version that is there now unless one was named.
pub(crate) async fn edit(
    session: &mut Session,
    subject: &Subject,
    how: &RecordArgs,
    body: Value,
) -> Result<(), Failure> {
    let doing = format!("changing {} {}", subject.kind, subject.name);
    let tag = match &how.if_match.if_match {
        Some(tag) => tag.clone(),
        None => session.ask(&doing, Call::get(&subject.path)).await?.etag()?,
    };
    let mut record = Record::new(Method::PATCH, &subject.path, Some(body));
    record.if_match = Some(tag);
    if record.send(session, how.dry_run, &doing).await?.is_some() {
        said(session, subject, "changed")?;
    }
    Ok(())
}

/// Deletes it, after asking where there is someone to ask.
pub(crate) async fn delete(
    session: &mut Session,
    subject: &Subject,
    how: &RecordArgs,
    confirm: ConfirmArgs,
) -> Result<(), Failure> {
    let question = format!("Delete {} {}?", subject.kind, subject.name);
    confirm.ask(session, how.dry_run.dry_run, &question)?;
    let record = Record::new(Method::DELETE, &subject.path, None).if_match(&how.if_match);
    record.send(session, how.dry_run, &format!("deleting {} {}", subject.kind, subject.name)).await?;
    if !how.dry_run.dry_run && !session.json {
        said(session, subject, "gone")?;
    }
    Ok(())
}

/// One line: what became of it.
pub(crate) fn said(session: &mut Session, subject: &Subject, became: &str) -> Result<(), Failure> {
    let name = format!("{} {}: ", subject.kind, subject.name);
    Ok(session.screen.line(&[plain(name), span(Style::Good, became.to_owned())])?)
}
