//! `/audit/export`: the audit as a file.
//!
//! As JSON lines, whoever sees all of it gets the whole chain with its hashes, the oldest first, so that a stranger can verify the file alone
//! (`audit::after` tells how). Whoever sees a part, or asks for one, gets entries without hashes, the newest first: between the entries of
//! others a chain cannot be followed. As CSV it is for people, and never a chain. The first line says which of these it is, and the last that
//! nothing is missing at the end. The file is written as it is read, a few hundred entries at a time.

use std::fmt::Write;

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Query, QueryPart};
use audit::{FORMAT, Filter, Head, Of, Recorded};
use auth::{Actor, TenantScope, ViewAudit, session};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{OfAccount, OfAccountParams, Panel};
use futures_util::stream::{self, Stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use store::Tx;
use utoipa::IntoParams;

use super::{AuditView, Wanted, WantedParams};

/// Entries of one read.
const BATCH: i64 = 200;

/// How the file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Lines,
    Csv,
}

impl QueryPart for Format {
    const NAMES: &'static [&'static str] = &["format"];

    fn read(pairs: &mut Pairs) -> Self {
        match pairs.text("format") {
            None | Some("jsonl") => Self::Lines,
            Some("csv") => Self::Csv,
            Some(_) => {
                pairs.refuse("format", "format_unknown", "There is no such format.", "Send jsonl or csv.");
                Self::Lines
            }
        }
    }
}

/// How the parameter is described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct FormatParams {
    /// `jsonl`, which can be verified, or `csv`, for a spreadsheet; left out: `jsonl`.
    format: Option<String>,
}

/// The audit as a file: all that the caller sees.
#[utoipa::path(get, path = "/audit/export", tag = "audit", params(OfAccountParams, WantedParams, FormatParams),
    responses((status = 200, description = "The file",
               content((String = "application/x-ndjson"), (String = "text/csv"))), Problems))]
pub(super) async fn audit_export(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query((account, wanted, format)): Query<(OfAccount, Wanted, Format)>,
) -> Result<Response, ApiError> {
    let of = panel.store().read(async |tx: &mut Tx| wanted.of(tx, &actor, &account).await).await?;
    let is_whole =
        of == Of::Everyone && wanted.filter.is_open() && actor.scope::<ViewAudit>() == TenantScope::All;
    let (kind, name) = match format {
        Format::Lines => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    let begun = match format {
        Format::Lines => line(&json!({
            "format": FORMAT,
            "scope": if is_whole { "whole" } else { "part" },
            "exported_at": panel.now(),
            "by": actor.name(),
        })),
        Format::Csv => format!("{}\r\n", COLUMNS.join(",")),
    };
    let source = if is_whole && format == Format::Lines {
        Source::Chain { last: None }
    } else {
        Source::Part { of, filter: wanted.filter, before: None, count: 0 }
    };
    let export = Export { panel, actor, format, source, begun: Some(begun), is_done: false };
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pieces(export))).into_response())
}

/// What is left to be written.
struct Export {
    panel: Panel,
    actor: Actor,
    format: Format,
    source: Source,
    /// The first line, until it was written.
    begun: Option<String>,
    is_done: bool,
}

enum Source {
    Chain { last: Option<Head> },
    Part { of: Of, filter: Filter, before: Option<i64>, count: u64 },
}

/// The pieces of the file. An error breaks the connection: a file that was cut short has no last line.
fn pieces(export: Export) -> impl Stream<Item = Result<String, std::io::Error>> {
    stream::try_unfold(export, |mut export| async move {
        if let Some(begun) = export.begun.take() {
            return Ok(Some((begun, export)));
        }
        if export.is_done {
            return Ok(None);
        }
        match export.next().await {
            Ok(piece) => Ok(Some((piece, export))),
            Err(error) => {
                tracing::warn!(error = %error.problem().detail, "an export of the audit was cut short");
                Err(std::io::Error::other("the export was cut short"))
            }
        }
    })
}

impl Export {
    async fn next(&mut self) -> Result<String, ApiError> {
        let Self { panel, actor, format, source, is_done, .. } = self;
        let now = panel.now();
        match source {
            Source::Chain { last } => {
                // The rights that it began with may be gone meanwhile.
                let still = async |tx: &mut Tx| session::still_valid(tx, actor, now).await;
                let still = panel.store().read(still).await?.ok_or_else(ApiError::unauthenticated)?;
                still.everywhere::<ViewAudit>()?;
                if let Some(batch) = audit::after(panel.store(), last.map_or(0, |head| head.seq)).await? {
                    *last = Some(batch.head);
                    return Ok(batch.lines);
                }
                *is_done = true;
                let entries = last.map_or(0, |head| head.seq);
                Ok(line(&json!({ "end": true, "entries": entries, "head": last.map(|head| head.hash) })))
            }
            Source::Part { of, filter, before, count } => {
                let read = async |tx: &mut Tx| -> Result<_, ApiError> {
                    let still = session::still_valid(tx, actor, now).await?;
                    let still = still.ok_or_else(ApiError::unauthenticated)?;
                    let scope = still.scope::<ViewAudit>();
                    match of {
                        Of::Account(account) if !still.may::<ViewAudit>(tx, *account).await? => {
                            Err(ApiError::not_found("account"))
                        }
                        Of::Organisation(id) => {
                            auth::organisation::<ViewAudit>(tx, &still, &auth::OrganisationKey::Id(*id))
                                .await?;
                            Ok(audit::list(tx, &scope, of, filter, (*before, BATCH)).await?)
                        }
                        _ => Ok(audit::list(tx, &scope, of, filter, (*before, BATCH)).await?),
                    }
                };
                let rows = panel.store().read(read).await?;
                let Some(last) = rows.last() else {
                    *is_done = true;
                    return Ok(match format {
                        Format::Lines => line(&json!({ "end": true, "entries": *count })),
                        Format::Csv => String::new(),
                    });
                };
                *before = Some(last.seq);
                *count += rows.len() as u64;
                let mut text = String::new();
                for row in rows {
                    match format {
                        Format::Lines => {
                            let view =
                                serde_json::to_value(AuditView::from(row)).map_err(ApiError::internal)?;
                            text.push_str(&line(&view));
                        }
                        Format::Csv => csv_row(&mut text, &row),
                    }
                }
                Ok(text)
            }
        }
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "who",
    "via",
    "from",
    "action",
    "object_kind",
    "object_id",
    "account",
    "organisation",
    "outcome",
    "before",
    "after",
    "request",
];

fn csv_row(text: &mut String, row: &Recorded) {
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    let fields = [
        row.seq.to_string(),
        row.at.to_string(),
        row.actor_name.clone(),
        or_empty(&row.via),
        row.origin.clone(),
        row.action.clone(),
        row.object_kind.clone(),
        or_empty(&row.object_id),
        or_empty(&row.account_id),
        or_empty(&row.organisation_id),
        row.outcome.clone(),
        json(&row.before).unwrap_or_default(),
        json(&row.after).unwrap_or_default(),
        row.request_id.clone(),
    ];
    let fields: Vec<String> = fields.iter().map(|field| csv_field(field)).collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "{}\r\n", fields.join(","));
}

/// RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe, which makes it text; that is so behind white space, too.
fn csv_field(field: &str) -> String {
    let begins =
        field.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let begins = begins || field.starts_with(['\t', '\r', '\n']);
    let guard = if begins { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
