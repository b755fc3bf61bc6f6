//! Changes of what is in the panel alone: done as soon as they are written down, so nothing is waited for.

use clap::Args;
use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::change::{ConfirmArgs, IfMatchArgs, RehearsalArgs, Subject, show_plan};
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
    pub(crate) rehearsal: RehearsalArgs,
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

    fn call(self, rehearsal: RehearsalArgs) -> Call {
        let mut query = self.query;
        query.extend(rehearsal.query());
        let mut call = Call::new(self.method, with_query(&self.path, &query));
        if let Some(tag) = self.if_match {
            call = call.header("if-match", tag);
        }
        if let Some(body) = self.body {
            call = call.body(body);
        }
        if rehearsal.dry_run { call } else { call.once() }
    }

    /// Makes the change; what is there after it. None: it has gone, it was a dry run, or all was said already.
    pub(crate) async fn send(
        self,
        session: &mut Session,
        rehearsal: RehearsalArgs,
        doing: &str,
    ) -> Result<Option<Value>, Failure> {
        let reply = session.ask(doing, self.call(rehearsal)).await?;
        told(session, rehearsal, &reply)
    }
}

/// What is left to be said about an answer.
pub(crate) fn told(
    session: &mut Session,
    rehearsal: RehearsalArgs,
    reply: &Reply,
) -> Result<Option<Value>, Failure> {
    if reply.status == StatusCode::NO_CONTENT {
        return Ok(None);
    }
    if session.json {
        session.screen.json(&reply.body)?;
        return Ok(None);
    }
    if !rehearsal.dry_run {
        return Ok(Some(reply.value()?));
    }
    let plan = PlanView::read(&reply.value()?).ok_or_else(|| reply.not_understood("it is no plan"))?;
    if plan.is_empty() {
        session.screen.text("it could be done; nothing on the server hangs on it")?;
        return Ok(None);
    }
    show_plan(session, reply)?;
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
    if record.send(session, how.rehearsal, &doing).await?.is_some() {
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
    confirm.ask(session, how.rehearsal.dry_run, &question)?;
    let record = Record::new(Method::DELETE, &subject.path, None).if_match(&how.if_match);
    record.send(session, how.rehearsal, &format!("deleting {} {}", subject.kind, subject.name)).await?;
    if !how.rehearsal.dry_run && !session.json {
        said(session, subject, "gone")?;
    }
    Ok(())
}

/// One line: what became of it.
pub(crate) fn said(session: &mut Session, subject: &Subject, became: &str) -> Result<(), Failure> {
    let name = format!("{} {}: ", subject.kind, subject.name);
    Ok(session.screen.line(&[plain(name), span(Style::Good, became.to_owned())])?)
}
