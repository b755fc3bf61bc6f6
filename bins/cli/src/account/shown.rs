//! How an account, its limits and what it takes are shown.

use serde_json::Value;

use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{self, bytes, moment, text};
use crate::run::Session;
use crate::screen::plain;
use crate::sold;
use crate::table::{self, Cell};

pub(super) async fn show(session: &mut Session, name: &str) -> Result<(), Failure> {
    let reply =
        session.ask("looking at the account", Call::get(format!("/accounts/{}", segment(name)))).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let account = reply.value()?;
    let limits = account.get("limits").cloned().unwrap_or_default();
    let suffixed = |text: String, unit: &str| if text.is_empty() { text } else { format!("{text}{unit}") };
    let rows = [
        ("organisation", text(&account, "organisation")),
        ("package", text(&account, "package")),
        ("email", text(&account, "email")),
        ("uid", text(&account, "uid")),
        ("password", text(&account, "has_password")),
        ("suspended", text(&account, "suspended")),
        ("why", text(&account, "suspended_reason")),
        ("processor", suffixed(text(&limits, "cpu_percent"), " % of one")),
        ("memory", fields::size(&limits, "memory_bytes")),
        ("tasks", text(&limits, "tasks")),
        ("io weight", text(&limits, "io_weight")),
        ("disk", fields::size(&limits, "disk_bytes")),
        ("inodes", text(&limits, "inodes")),
        ("not held", text(&account, "limits_note")),
        ("made", moment(&account, "created_at")),
        ("changed", moment(&account, "updated_at")),
        ("id", text(&account, "id")),
    ];
    let screen = &mut session.screen;
    fields::show_object(screen, &text(&account, "name"), &account, &rows)?;
    let keys = account.get("ssh_keys").and_then(Value::as_array).cloned().unwrap_or_default();
    if !keys.is_empty() {
        screen.text("")?;
        screen.text("public keys:")?;
    }
    for key in keys.iter().filter_map(Value::as_str) {
        let width = screen.width.map_or(usize::MAX, |width| width.saturating_sub(2));
        screen.line(&[plain("  "), plain(crate::screen::cut(key, width))])?;
    }
    Ok(())
}

pub(super) async fn usage(session: &mut Session, name: &str) -> Result<(), Failure> {
    let call = Call::get(format!("/accounts/{}/usage", segment(name))).patient();
    let reply = session.ask("counting", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let usage = reply.value()?;
    let sold = limits_of(session, name).await?.value()?;
    let count = usage.get("bytes").and_then(Value::as_u64).unwrap_or(0);
    let truncated = usage.get("truncated").and_then(Value::as_bool).unwrap_or(false);
    let at_least = if truncated { "at least " } else { "" };
    let files = match text(&usage, "entries") {
        none if none.is_empty() => "not counted by this file system".to_owned(),
        some => format!("{at_least}{some}"),
    };
    let by = match text(&usage, "measured_by").as_str() {
        "quota" => "by the file system".to_owned(),
        _ => "file by file".to_owned(),
    };
    let rows = [
        ("space", format!("{at_least}{}", bytes(count))),
        ("files", files),
        ("counted", format!("{}, {by}", moment(&usage, "as_of"))),
        ("limits", text(&usage, "note")),
    ];
    fields::show(&mut session.screen, &rows)?;
    session.screen.text("")?;
    tell_limits(session, &sold)
}

pub(super) async fn history(session: &mut Session, name: &str, days: u32) -> Result<(), Failure> {
    let call = Call::get(format!("/accounts/{}/usage/history?days={days}", segment(name)));
    let reply = session.ask("reading the history", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        session.screen.note(&[plain("nothing was noted yet")])?;
        return Ok(());
    }
    let row = |day: &Value| {
        vec![
            Cell::plain(text(day, "day")),
            Cell::plain(fields::size(day, "bytes")),
            Cell::plain(text(day, "entries")),
            Cell::plain(fields::size(day, "traffic_bytes")),
            Cell::plain(text(day, "requests")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["day", "space", "files", "sent", "requests"], &rows)?)
}

async fn limits_of(session: &mut Session, name: &str) -> Result<crate::client::Reply, Failure> {
    session.ask("looking at the limits", Call::get(format!("/accounts/{}/limits", segment(name)))).await
}

pub(super) async fn limits(session: &mut Session, name: &str) -> Result<(), Failure> {
    let reply = limits_of(session, name).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let account = reply.value()?;
    session.screen.line(&[crate::screen::span(crate::screen::Style::Bold, text(&account, "account"))])?;
    tell_limits(session, &account)
}

fn tell_limits(session: &mut Session, account: &Value) -> Result<(), Failure> {
    let package = Some(text(account, "package")).filter(|package| !package.is_empty());
    let rows = [
        ("package", package.unwrap_or_else(|| "none".to_owned())),
        ("features", sold::features(account, true)),
        ("has not", sold::features(account, false)),
    ];
    fields::show(&mut session.screen, &rows)?;
    session.screen.text("")?;
    let limits = account.get("limits").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<_> = limits.iter().map(sold::row).collect();
    Ok(table::write(&mut session.screen, &sold::TITLES, &rows)?)
}
