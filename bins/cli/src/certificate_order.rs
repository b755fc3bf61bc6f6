//! `holdfast certificate renew`, and how the getting of a certificate is shown.

use clap::Args;
use hyper::Method;
use serde_json::{Value, json};

use crate::change::{RehearsalArgs, show_plan};
use crate::client::segment;
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::job;
use crate::run::Session;

/// Which certificate
#[derive(Debug, Args)]
pub(crate) struct RenewArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    certificate: String,
    /// Do not follow it: done as soon as it is asked for
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

impl RenewArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let path = format!("/certificates/{}/renew", segment(&self.certificate));
        let reply = session.ask("asking", self.rehearsal.call(Method::POST, &path, json!(null))).await?;
        if self.rehearsal.dry_run {
            return show_plan(session, &reply);
        }
        if self.no_follow {
            return job::show(session, &reply);
        }
        let id = text(&reply.value()?, "id");
        job::follow(session, &id, 0).await
    }
}

/// Lines about the getting of a certificate, for `certificate show`; empty ones of a certificate that was brought.
pub(crate) fn rows(certificate: &Value) -> Vec<(&'static str, String)> {
    let order = certificate.get("order").cloned().unwrap_or_default();
    let failures = text(&order, "failures");
    let mut rows = vec![
        ("order", state(&order)),
        ("ordered at", text(&order, "authority")),
        ("job", text(&order, "job")),
        ("last order failed", text(&order, "error")),
        ("what to do", text(&order, "remedy")),
        ("failures in a row", if failures == "0" { String::new() } else { failures }),
        ("next order", next(&order)),
        ("issued", moment(&order, "issued_at")),
    ];
    let left_out = order.get("left_out").and_then(Value::as_array).into_iter().flatten();
    rows.extend(left_out.map(|left| ("left out", left_out_words(left))));
    rows
}

fn state(order: &Value) -> String {
    match text(order, "state").as_str() {
        "none" => "none: there is no authority to order at (`holdfast authority create`)".to_owned(),
        state => state.to_owned(),
    }
}

/// When it is ordered next, and why then.
fn next(order: &Value) -> String {
    let at = moment(order, "renew_at");
    if at.is_empty() {
        return String::new();
    }
    let why = match text(order, "renew_because").as_str() {
        "authority" => ", when the authority would have it renewed",
        "age" => ", when two thirds of its life are over",
        "names" => ", for the names that it lacks",
        "failed" => ", since the last order failed",
        "asked" => ", since somebody asked",
        _ => "",
    };
    format!("{at}{why}")
}

fn left_out_words(left: &Value) -> String {
    let again = moment(left, "retry_at");
    let again = if again.is_empty() { String::new() } else { format!(" Asked for again {again}.") };
    format!("{}: {} {}{again}", text(left, "name"), text(left, "detail"), text(left, "remedy"))
}

#[cfg(test)]
mod tests;
