//! `holdfast site names` and `holdfast site check`: whose names are, and whether they lead here.

use clap::Args;
use hyper::Method;
use serde_json::{Value, json};

use super::NameArgs;
use crate::change::{RehearsalArgs, show_plan};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::run::Session;
use crate::screen::{Style, plain, span};

/// Which name
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The name, such as www.example.test
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// The site that has it: another of its names, or its id
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: Option<String>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Shows all names of a site.
pub(super) async fn list(session: &mut Session, args: &NameArgs) -> Result<(), Failure> {
    let call = Call::get(format!("/sites/{}/names", segment(&args.site)));
    let reply = session.ask("looking at the names", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let names = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            session.screen.line(&[])?;
        }
        show(session, name)?;
    }
    Ok(())
}

impl CheckArgs {
    /// Has the name looked at now, and tells what was seen.
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let site = self.site.as_ref().unwrap_or(&self.name);
        let path = format!("/sites/{}/names/{}/check", segment(site), segment(&self.name));
        let call = self.rehearsal.call(Method::POST, &path, json!(null));
        let reply = session.ask("asking the DNS, and port 80", call).await?;
        if self.rehearsal.dry_run {
            return show_plan(session, &reply);
        }
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        show(session, &reply.value()?)
    }
}

/// One name: how it stands, what was seen, and what is to be done.
fn show(session: &mut Session, name: &Value) -> Result<(), Failure> {
    let state = text(name, "state");
    let style = match state.as_str() {
        "good" => Style::Good,
        "trouble" => Style::Bad,
        _ => Style::Warn,
    };
    let line = [span(Style::Bold, text(name, "name")), plain("  "), span(style, state_words(&state))];
    session.screen.line(&line)?;
    let ownership = name.get("ownership").cloned().unwrap_or_default();
    let check = name.get("check").cloned().unwrap_or_default();
    let mut rows = vec![("ownership", ownership_words(&ownership))];
    if let Some(record) = ownership.get("record").filter(|record| !record.is_null()) {
        rows.push(("to prove it", record_words(record)));
        rows.push(("seen there", seen_words(&text(&ownership, "record_seen")).to_owned()));
    }
    rows.extend([
        ("leads", leads_words(&text(&check, "leads")).to_owned()),
        ("addresses", places(&check)),
        ("another word for", text(&check, "alias")),
        ("name servers", text(&check, "name_servers")),
        ("may issue", text(&check, "caa")),
        ("not looked", text(&check, "not_looked")),
        ("seen", moment(&check, "checked_at")),
        ("next look", moment(&check, "next_at")),
    ]);
    fields::show(&mut session.screen, &rows)?;
    let troubles = check.get("troubles").and_then(Value::as_array).cloned().unwrap_or_default();
    for trouble in &troubles {
        session.screen.line(&[span(Style::Bad, text(trouble, "detail"))])?;
        session.screen.line(&[plain(text(trouble, "remedy"))])?;
        let records = trouble.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        for record in &records {
            session.screen.line(&[plain("    "), plain(record_words(record))])?;
        }
    }
    Ok(())
}

fn state_words(state: &str) -> &str {
    match state {
        "good" => "leads here, and was seen to answer",
        "trouble" => "something is to be done",
        "unknown" => "could not be found out",
        "not_served" => "leads here, and is not served yet",
        "unseen" => "nobody has looked yet",
        other => other,
    }
}

fn ownership_words(ownership: &Value) -> String {
    match (text(ownership, "state").as_str(), text(ownership, "proof").as_str()) {
        ("proven", "dns") => format!("proven by a record in the DNS, {}", moment(ownership, "proven_at")),
        ("proven", "pointing") => format!("proven by leading here, {}", moment(ownership, "proven_at")),
        ("pending", _) => match text(ownership, "accepted").as_str() {
            "" => "pending: an administrator approves it".to_owned(),
            accepted => format!("pending: proven by {accepted}, or approved by an administrator"),
        },
        (state, _) => state.to_owned(),
    }
}

/// As it is entered: name, kind, value.
fn record_words(record: &Value) -> String {
    format!("{} {} {}", text(record, "name"), text(record, "kind"), text(record, "value"))
}

fn seen_words(seen: &str) -> &str {
    match seen {
        "found" => "the record",
        "another" => "a record with another value",
        "missing" => "no record yet",
        "unknown" => "that could not be found out",
        other => other,
    }
}

fn leads_words(leads: &str) -> &str {
    match leads {
        "here" => "to this server",
        "forwarded" => "to another address that answers with this server's proof: a proxy stands in front",
        "partly" => "to this server, and elsewhere",
        "elsewhere" => "to another server",
        "nowhere" => "to no address",
        "unknown" => "that could not be found out",
        other => other,
    }
}

fn places(check: &Value) -> String {
    let place = |place: &Value| {
        let whose = if place["of_server"] == true { "this server" } else { "another" };
        let answers = match text(place, "answers").as_str() {
            "yes" => ", answers with our proof",
            "no" => ", answers otherwise",
            "silent" => ", does not answer",
            "redirects" => ", sends visitors on",
            "unknown" => ", could not be asked",
            _ => "",
        };
        format!("{} ({whose}{answers})", text(place, "address"))
    };
    let all = check.get("places").and_then(Value::as_array).into_iter().flatten();
    all.map(place).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
