//! Every act is in the audit, and the audit leaves the panel as a file that can be verified alone.

use std::collections::BTreeMap;

use http::Method;
use names::Digest;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::matrix;
use crate::schema::{Description, Operation};

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_changes_something_leaves_an_entry_done_or_refused() {
    let (mut asked, mut silent, mut outcomes) = (0, Vec::new(), BTreeMap::<String, String>::new());
    let bench = Bench::new().await;
    matrix::populate(&bench).await;
    let mut operations = Description::committed().operations();
    // A passkey is asked for by a question that is kept in memory alone; what comes of it is in the audit.
    let asks = ["passkey_ask", "session_ask_for_passkey", "session_ask_for_step_up"];
    operations.retain(|operation| operation.method != "GET" && !asks.contains(&operation.id.as_str()));
    // What takes something away comes last.
    operations.sort_by_key(|operation| (operation.id.contains("delete"), operation.id.clone()));
    for operation in &operations {
        let admin = bench.person("admin").await;
        let session = admin.get("/api/v1/me").await.json["session"].as_str().unwrap().to_owned();
        admin.delete("/api/v1/tokens").await.is(200);
        admin.post("/api/v1/tokens", json!({ "name": "own", "read_only": true })).await.is(201);
        let path = operation.path.replace("{token}", "own");
        let operation = &Operation { path, ..operation.clone() };
        let path = matrix::path(operation, matrix::Target::Alices, &matrix::Ids::all(&session));
        let path = path.split('?').next().unwrap();
        let body =
            operation.has_body().then(|| matrix::body(&operation.id, matrix::Target::Alices).to_string());
        let before = bench.count("SELECT COALESCE(MAX(seq), 0) AS value FROM audit").await;
        let client = bench.person("admin").await.header("if-match", "*");
        let answer = client
            .send(operation.method.parse::<Method>().unwrap(), path, body.map(String::into_bytes))
            .await;
        asked += 1;
        let entries = bench.root().get("/api/v1/audit?limit=50").await;
        let new: Vec<&Value> = entries.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["seq"].as_i64() > Some(before))
            .collect();
        let told = new
            .iter()
            .map(|entry| format!("{} {}", entry["action"], entry["outcome"]))
            .collect::<Vec<_>>()
            .join(", ");
        outcomes.insert(operation.id.clone(), format!("{} {told}", answer.status));
        let outcome = if answer.status.is_success() { "done" } else { "refused" };
        let fits = new.iter().any(|entry| entry["outcome"] == outcome);
        if !fits {
            silent.push(format!("{}: {} {}", operation.id, answer.status, answer.text));
        }
        // What was refused is named as it was asked for.
        for entry in new.iter().filter(|entry| entry["object_kind"] == "request") {
            if entry["object_id"].as_str().is_none_or(|asked| !asked.starts_with("/api/v1/")) {
                silent.push(format!("{}: refused of {}", operation.id, entry["object_id"]));
            }
        }
        // What there is before and after a change is told.
        for entry in new.iter().filter(|entry| entry["outcome"] == "done") {
            let action = entry["action"].as_str().unwrap();
            let has = (!entry["before"].is_null(), !entry["after"].is_null());
            let wanted = match action.rsplit_once('.').map(|(_, verb)| verb) {
                Some("edit" | "suspend" | "unsuspend" | "approve" | "delete_all") => (true, true),
                _ => continue,
            };
            if has != wanted {
                silent.push(format!("{}: {action} has before and after: {has:?}", operation.id));
            }
        }
    }
    for (operation, outcome) in &outcomes {
        println!("{operation}: {outcome}");
    }
    assert!(silent.is_empty(), "{asked} asked, without an entry:\n{}", silent.join("\n"));
    assert!(asked >= 60, "{asked}");
}

/// As a stranger would: by the words of the guide, and none of our code but SHA-256.
fn stranger_verifies(file: &str) -> Result<i64, String> {
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [first, entries @ .., last] = lines.as_slice() else { return Err("too short".to_owned()) };
    if first["format"] != "holdfast-audit-1" || first["scope"] != "whole" {
        return Err(format!("not a whole audit: {first}"));
    }
    let mut previous = "0".repeat(64);
    for (index, entry) in entries.iter().enumerate() {
        let at: names::Micros = entry["at"].as_str().unwrap().parse().unwrap();
        let mut parts = vec![
            previous.clone(),
            entry["seq"].to_string(),
            entry["id"].as_str().unwrap().to_owned(),
            at.as_micros().to_string(),
        ];
        let part = |name: &str| entry[name].as_str().map_or("-".to_owned(), |text| format!("+{text}"));
        for name in [
            "actor_kind",
            "actor_id",
            "actor_name",
            "origin",
            "request_id",
            "action",
            "object_kind",
            "object_id",
            "account_id",
            "before",
            "after",
            "plan_hash",
            "outcome",
        ] {
            parts.push(part(name));
        }
        let more = ["organisation_id", "via", "via_id"];
        if more.iter().any(|name| !entry[*name].is_null()) {
            parts.extend(more.iter().map(|name| part(name)));
        }
        let hash = Digest::of_parts(parts).to_string();
        if entry["seq"] != index + 1
            || entry["prev_hash"] != previous.as_str()
            || entry["hash"] != hash.as_str()
        {
            return Err(format!("entry {} does not fit", entry["seq"]));
        }
        previous = hash;
    }
    if last["end"] != true || last["entries"] != entries.len() || last["head"] != previous.as_str() {
        return Err("the end is missing".to_owned());
    }
    Ok(i64::try_from(entries.len()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_audit_is_verified_by_a_stranger_who_has_the_file_alone() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let token =
        bench.token("alice", json!({ "name": "ci", "permissions": ["account.edit", "account.view"] })).await;
    let program = bench.with_token(&token).header("if-match", "*");
    for number in 0..230 {
        program
            .patch("/api/v1/accounts/alice", json!({ "email": format!("m{number}@example.test") }))
            .await
            .is(202);
    }
    let file = bench.person("admin").await.get("/api/v1/audit/export").await;
    assert_eq!(file.is(200).header("content-type"), "application/x-ndjson");
    let count = stranger_verifies(&file.text).unwrap();
    assert!(count > 230 && count == bench.count("SELECT COUNT(*) AS value FROM audit").await, "{count}");
    let edited = file.text.replacen("m7@example.test", "m8@example.test", 1);
    assert_ne!(edited, file.text);
    assert!(stranger_verifies(&edited).unwrap_err().ends_with("does not fit"));
    let lines: Vec<&str> = file.text.split_inclusive('\n').collect();
    let cut = lines[..50].concat();
    assert_eq!(stranger_verifies(&cut).unwrap_err(), "the end is missing");
    let removed = [&lines[..9], &lines[10..]].concat().concat();
    assert!(stranger_verifies(&removed).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_a_part_exports_a_part_and_is_told_so() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    let file = bench.person("alice").await.get("/api/v1/audit/export").await;
    let lines: Vec<Value> =
        file.is(200).text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["scope"], "part");
    assert_eq!(lines.last().unwrap()["entries"], lines.len() - 2);
    assert!(
        lines.len() > 2 && !file.text.contains("bob") && !file.text.contains("\"hash\""),
        "{}",
        file.text
    );
    let filtered = bench.person("admin").await.get("/api/v1/audit/export?action=account.create").await;
    assert!(filtered.text.starts_with('{') && filtered.text.contains("\"part\""), "{}", filtered.text);
    assert_eq!(filtered.text.lines().count(), 4, "{}", filtered.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_gets_no_formulas() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let reason = json!({ "reason": "=HYPERLINK(\"https://example.test\")" });
    bench.root().header("if-match", "*").post("/api/v1/accounts/alice/suspend", reason).await.is(202);
    let file = bench.person("admin").await.get("/api/v1/audit/export?format=csv").await;
    assert_eq!(file.is(200).header("content-type"), "text/csv; charset=utf-8");
    assert!(file.text.starts_with("seq,at,who,"), "{}", file.text);
    assert!(file.text.contains("HYPERLINK"), "{}", file.text);
    for field in file.text.lines().skip(1).flat_map(|line| line.split("\",\"")) {
        assert!(!field.trim_start_matches('"').starts_with(['=', '+', '-', '@']), "{field}");
    }
    bench.root().get("/api/v1/audit/export?format=xlsx").await.is(422);
}
