//! The panel's own life on a real server: a backup, a panel that is put back as it was days ago, what the server knows beyond it.
//!
//! Steps of a story that the tests hold and the demo may show.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::api::Api;
use crate::node::Node;

const LIMIT: Duration = Duration::from_secs(90);
/// Where the backup lies on the server.
pub const BACKUP: &str = "/root/panel.tar";
/// Sites that the server goes on serving, whatever the panel knows; with what is on their pages.
pub const SERVED: [(&str, &str); 3] =
    [("kept.example.test", "ann"), ("new.example.test", "ann"), ("ben.example.test", "ben")];

/// An account with a site, as it is before the backup: `ann`, with `kept.example.test` and `gone.example.test`.
pub fn before(node: &Node) -> Result<()> {
    let mut api = node.api()?;
    account(&mut api, "ann")?;
    site(&mut api, "ann", "kept.example.test")?;
    site(&mut api, "ann", "gone.example.test")
}

/// `holdfast backup-panel`
pub fn back_up(node: &Node) -> Result<()> {
    node.ok(&["backup-panel", "--replace", BACKUP]).map(drop)
}

/// Days go by: an edit, a deletion, a new site, a new account with a site.
pub fn days_go_by(node: &Node) -> Result<()> {
    let mut api = node.api()?;
    let headers = [("if-match", "*")];
    let edit = json!({ "body_size": "8M" });
    api.call_with("PATCH", "/sites/kept.example.test", &headers, Some(&edit))?.checked()?;
    api.wait_ready("/sites/kept.example.test", LIMIT)?;
    api.call("DELETE", "/sites/gone.example.test", None)?.checked()?;
    api.wait_gone("/sites/gone.example.test", LIMIT)?;
    site(&mut api, "ann", "new.example.test")?;
    account(&mut api, "ben")?;
    site(&mut api, "ben", "ben.example.test")
}

/// `holdfast restore-panel`; what it told.
pub fn put_back(node: &Node) -> Result<String> {
    Ok(node.holdfast(&["restore-panel", BACKUP]).deadline(Duration::from_mins(3)).check()?.text())
}

/// What waits for a decision: why, kind and name, sorted.
pub fn undecided(node: &Node) -> Result<Vec<String>> {
    let list = node.json(&["adopt", "list"])?;
    let items = list["items"].as_array().context("no items")?;
    let word = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<String> =
        items.iter().map(|item| ["why", "kind", "name"].map(|key| word(item, key)).join(" ")).collect();
    all.sort();
    Ok(all)
}

/// The server rules in everything: rows are made anew from what it holds.
pub fn the_server_rules(node: &Node) -> Result<()> {
    node.ok(&["adopt", "take-over", "--all", "--email", "ben@example.test"])?;
    node.ok(&["adopt", "host", "--all"])?;
    let left = undecided(node)?;
    ensure!(left.is_empty(), "still undecided: {left:?}");
    Ok(())
}

/// Every site that was there before the panel was put back is served.
pub fn all_are_served(node: &Node) -> Result<()> {
    for (site, text) in SERVED {
        for reply in [node.page(site, "/")?, node.page6(site, "/")?] {
            ensure!(
                reply.status == 200 && reply.text().contains(text),
                "{site}: {} {}",
                reply.status,
                reply.text()
            );
        }
    }
    Ok(())
}

fn account(api: &mut Api, name: &str) -> Result<()> {
    let email = format!("{name}@example.test");
    api.post(
        "/accounts",
        &json!({ "name": name, "email": email, "password": "correct horse battery staple" }),
    )?;
    api.wait_ready(&format!("/accounts/{name}"), LIMIT).map(drop)
}

fn site(api: &mut Api, account: &str, name: &str) -> Result<()> {
    api.post("/sites", &json!({ "account": account, "name": name }))?;
    api.wait_ready(&format!("/sites/{name}"), LIMIT).map(drop)
}
