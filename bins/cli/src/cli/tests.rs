use std::fmt::Write as _;

use clap::{CommandFactory, Parser};

use super::Cli;
use crate::testing::{Answer, FakePanel, run, site};

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

/// Command lines that must be read, and how.
const GOOD: &[&str] = &[
    "account create alice --email alice@example.test --password-stdin",
    "account create alice --email a@example.test --ssh-key-file k.pub --memory 2G --cpu 150 --wait=60",
    "account edit alice --drop-ssh-key laptop --if-match \"g3\"",
    "site create alice www.example.test --php 8.4",
    "site create alice www.example.test --alias example.test --alias shop.example.test --index index.php,index.html --dry-run",
    "--json --dry-run site create alice shop.example.test",
    "site show www.example.test",
    "search shop example --limit 5",
    "site retry www.example.test --dry-run",
    "account list --sort -created --condition unwell --suspended=false --organisation acme --package basic --total",
    "node retry --wait=5",
    "--dry-run pool retry alice-8.4",
    "site list --account alice --query example --limit 10",
    "site delete www.example.test --yes --no-wait",
    "drift",
    "drift revert site 01935b2e-7a4d-7c3e-8f10-0123456789ab",
    "drift revert /etc/nginx/holdfast/http.conf --seen ba7816bf8f01",
    "drift pause webserver node --for 12h --reason later",
    "node edit --listen 0.0.0.0:80,[::]:80",
    "node edit --listen-tls 0.0.0.0:443,[::]:443 --tls-profile modern",
    "node edit --listen-tls none",
    "site create alice www.example.test --no-https",
    "site https www.example.test --on --force --hsts 31536000 --include-subdomains --preload",
    "site https www.example.test --certificate own --dry-run",
    "node metrics --last 7d --points 100",
    "node metrics --from 2026-03-01T00:00:00Z --to 2026-03-02T00:00:00Z",
    "node processes --sort cpu --limit 5",
    "node services",
    "notice list",
    "notice read --until 7 --dry-run",
    "package create basic --limit sites=3 --limit memory=512M --feature php=off",
    "package edit basic --limit sites=unlimited --dry-run",
    "account sell alice --package none --limit sites=usual --feature sftp=on",
    "organisation limits acme",
    "organisation limits acme --limit disk=500G --oversell yes",
    "limit recount --dry-run",
    "agent call GetHostMetrics",
    "api get /accounts?limit=1",
    "plan --json",
    "doctor --strict",
    "--url https://panel.example.test:8443 --token-file t me",
    "token create deploy --may site.view --may site.edit --account alice --expires 30d --save t",
    "token create watch --read-only --organisation acme --expires never --login alice",
    "token delete --all --person alice",
    "act-as alice --minutes 30 --reason ticket",
    "--as alice account list",
    "audit list --actor alice --action site.edit --outcome refused",
    "audit export --format csv --organisation acme",
    "audit verify --file audit.jsonl",
    "session consent --hours 2",
    "webhook create on-call https://hooks.example.test/a --kind object.failed --kind object.degraded",
    "webhook edit on-call --address https://hooks.example.test/b --all-kinds --enabled true",
    "webhook redeliver on-call 01935b2e-7a4d-7c3e-8f10-0123456789ab",
    "identity-provider create corp https://login.example.test --client-id panel --client-secret-stdin --groups-claim groups --map staff=developer@acme --makes-people",
    "identity-provider edit corp --enabled false --no-groups --map cn=staff,dc=example=read-only@root",
    "identity unlink 01935b2e-7a4d-7c3e-8f10-0123456789ab",
    "certificate list --account alice --query example --sort expires --limit 10",
    "certificate show 01935b2e-7a4d-7c3e-8f10-0123456789ab",
    "certificate bring alice --chain chain.pem --key key.pem --dry-run",
    "certificate create alice example.test www.example.test --no-wait",
    "certificate replace 01935b2e-7a4d-7c3e-8f10-0123456789ab --chain chain.pem --key key.pem --if-match \"g3\"",
    "certificate delete 01935b2e-7a4d-7c3e-8f10-0123456789ab --yes",
    "--dry-run certificate retry 01935b2e-7a4d-7c3e-8f10-0123456789ab",
    "completions bash",
];

/// Command lines that must be refused.
const BAD: &[&str] = &[
    "",
    "website list",
    "account create alice",
    "account create alice --email a --password secret",
    "account create alice --email a --memory lots",
    "account edit alice",
    "account show ''",
    "site edit www.example.test --wait=5",
    "site create alice www.example.test --dry-run --expect-plan ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "site create alice www.example.test --expect-plan abc",
    "site create alice www.example.test --wait=5 --no-wait",
    "site list --limit 0",
    "site retry www.example.test --overwrite",
    "site list --limit 201",
    "drift revert",
    "drift pause site x --for 31d",
    "drift pause site x --for 12",
    "node edit",
    "node edit --tls-profile old",
    "site create alice www.example.test --no-https --certificate own",
    "site https www.example.test",
    "site https www.example.test --on --off",
    "site https www.example.test --off --force",
    "site https www.example.test --force --no-force",
    "site https www.example.test --no-force --hsts 60",
    "site https www.example.test --hsts forever",
    "site https www.example.test --on --preload",
    "node metrics --last 101d",
    "node metrics --last 1d --from 2026-03-01T00:00:00Z",
    "node metrics --points 0",
    "node processes --sort name",
    "notice read --until x",
    "package edit basic",
    "account sell alice",
    "account sell alice --limit sites",
    "organisation limits acme --oversell maybe",
    "session create --save t",
    "session create --login alice --link-stdin --save t",
    "token create deploy",
    "token create deploy --may site.view --expires 30",
    "token delete",
    "token delete deploy --all",
    "act-as",
    "act-as alice --minutes 0",
    "audit list --account alice --organisation acme",
    "audit export --format xlsx",
    "session consent --hours 169",
    "api TRACE /x",
    "webhook edit on-call",
    "webhook edit on-call --kind object.ready --all-kinds",
    "webhook deliveries on-call --state lost",
    "identity-provider create corp https://login.example.test",
    "identity-provider edit corp",
    "identity-provider edit corp --map staff",
    "identity-provider edit corp --map staff=developer",
    "identity-provider edit corp --groups-claim groups --no-groups",
    "certificate bring alice --chain chain.pem",
    "certificate create alice",
    "certificate create alice example.test --key-kind dsa",
    "certificate replace 01935b2e-7a4d-7c3e-8f10-0123456789ab --key key.pem",
    "certificate show ''",
    "certificate retry 01935b2e-7a4d-7c3e-8f10-0123456789ab --overwrite",
    "completions csh",
];

fn words(line: &str) -> Vec<String> {
    let words =
        line.split_whitespace().map(|word| if word == "''" { String::new() } else { word.to_owned() });
    ["holdfast".to_owned()].into_iter().chain(words).collect()
}

#[test]
fn what_is_meant_is_read() {
    let mut read = String::new();
    for line in GOOD {
        let cli = Cli::try_parse_from(words(line)).unwrap_or_else(|error| panic!("`{line}`: {error}"));
        let _ = writeln!(read, "{line}\n    {:?}", cli.command);
    }
    insta::assert_snapshot!(read);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for line in BAD {
        let error = Cli::try_parse_from(words(line)).err().unwrap_or_else(|| panic!("`{line}` was read"));
        assert!(error.use_stderr() || line.is_empty(), "`{line}`");
    }
}

#[tokio::test]
async fn a_wrong_command_line_is_told_apart_by_its_code() {
    assert_eq!(run(&["website"], "", |_| ()).await.code, 2);
    assert_eq!(run(&["site", "show"], "", |_| ()).await.code, 2);
    assert_eq!(run(&["--url", "http://panel.example.test", "site", "list"], "", |_| ()).await.code, 2);
    assert_eq!(run(&["--version"], "", |_| ()).await.code, 0);
}

#[tokio::test]
async fn with_json_an_object_comes_as_the_api_wrote_it() {
    let document = "{\"name\":\"www.example.test\",  \"later\": {\"b\":1,\"a\":2}}";
    let panel = FakePanel::start([("GET /sites/www.example.test", Answer::text(200, document))]);
    let ran = panel.run(&["site", "show", "www.example.test", "--json"]).await;
    assert_eq!((ran.code, ran.out), (0, format!("{document}\n")));
}

#[tokio::test]
async fn a_site_is_shown() {
    for width in [60, 100] {
        let mut edited = site("degraded", 1, 2);
        edited["reason"] = "edited".into();
        edited["message"] = "/etc/nginx/holdfast/sites/x.conf was edited \u{1b}[31mby hand".into();
        edited["attempts"] = 3.into();
        let panel = FakePanel::start([("GET /sites/www.example.test", Answer::json(200, &edited))]);
        let ran = panel
            .run_with(&["site", "show", "www.example.test"], "", |screen| screen.width = Some(width))
            .await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        insta::assert_snapshot!(format!("site_at_{width}"), ran.out);
    }
}

#[tokio::test]
async fn a_site_that_is_as_asked_says_so_in_its_first_lines() {
    let panel = FakePanel::start([("GET /sites/www.example.test", Answer::json(200, &site("ready", 1, 1)))]);
    let ran = panel.run(&["site", "show", "www.example.test"]).await;
    assert!(ran.out.starts_with("www.example.test\ncondition: ready, generation 1/1\n"), "{}", ran.out);
}

#[tokio::test]
async fn hostile_text_of_the_panel_never_reaches_the_terminal() {
    let hostile = "\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}";
    let mut bad = site("degraded", 1, 1);
    for field in ["name", "account", "reason", "message", "docroot", "pool", "php", "created_at", "since"] {
        bad[field] = hostile.into();
    }
    bad["aliases"] = serde_json::json!([hostile]);
    let acts = |text: &str| text.replace('\n', "").chars().any(crate::visible::acts);
    let page = serde_json::json!({ "items": [bad], "next_cursor": null });
    let events = serde_json::json!({ "items": [{ "code": hostile, "kind": hostile, "params": { hostile: hostile }, "cursor": hostile }] });
    let findings = serde_json::json!({ "findings": [{ "code": hostile, "subject": hostile, "severity": hostile, "message": hostile, "remedy": hostile }] });
    let drift = serde_json::json!({ "items": [{ "kind": hostile, "id": hostile, "path": hostile, "diff": hostile, "waiting": hostile, "changed_at": hostile, "actions": [hostile, "revert"] }] });
    let plan = serde_json::json!({ "plan": { "hash": hostile, "objects": [{ "kind": hostile, "name": hostile, "steps": [
        { "summary": hostile, "diff": hostile, "unknown": hostile }] }] }, "waiting": [{ "kind": hostile, "name": hostile, "condition": hostile, "reason": hostile }] });
    let settings = serde_json::json!({ "items": [{ "key": hostile, "value": hostile, "what": hostile }] });
    let audit = serde_json::json!({ "items": [{ "seq": 1, "actor_name": hostile, "action": hostile, "after": { "name": hostile }, "outcome": hostile }] });
    let processes = serde_json::json!({ "count": 1, "items": [{ "command": hostile, "user": hostile, "account": hostile, "unit": hostile, "started_at": hostile }] });
    let services = serde_json::json!({ "items": [{ "unit": hostile, "what": hostile, "active": hostile, "sub": hostile }], "pools_failed": [hostile] });
    let notices = serde_json::json!({ "items": [{ "topic": hostile, "code": hostile, "last_at": hostile, "objects": [{ "kind": hostile, "name": hostile }] }] });
    let cases: [(&[&str], &str, &serde_json::Value); 12] = [
        (&["site", "show", "x"], "GET /sites/x", &bad),
        (&["site", "list"], "GET /sites?limit=200", &page),
        (&["event", "list"], "GET /events?limit=50", &events),
        (&["doctor"], "GET /doctor", &findings),
        (&["drift", "list", "--known"], "GET /drift", &drift),
        (&["plan"], "GET /plan", &plan),
        (&["setting", "list"], "GET /settings", &settings),
        (&["audit", "list"], "GET /audit?limit=200", &audit),
        (&["node", "show"], "GET /node", &bad),
        (&["node", "processes"], "GET /node/processes?sort=memory&limit=20", &processes),
        (&["node", "services"], "GET /node/services", &services),
        (&["notice", "list"], "GET /notices", &notices),
    ];
    for (args, line, answer) in cases {
        for json in [false, true] {
            let panel = FakePanel::start([(line, Answer::json(200, answer))]);
            let args: Vec<&str> = json.then_some("--json").into_iter().chain(args.iter().copied()).collect();
            let ran = panel.run_with(&args, "", |screen| screen.width = Some(100)).await;
            assert!(!acts(&ran.out) && !acts(&ran.err), "{args:?}: {:?} {:?}", ran.out, ran.err);
            assert!(ran.out.contains("pwned"), "{args:?} shows nothing: {:?}", ran.out);
        }
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let page = |names: &[&str], next: serde_json::Value| {
        let items: Vec<_> =
            names.iter().map(|name| serde_json::json!({ "name": name, "condition": "ready" })).collect();
        Answer::json(200, &serde_json::json!({ "items": items, "next_cursor": next }))
    };
    let script = || {
        [
            ("GET /sites?limit=200&account=alice", page(&["a.test", "b.test"], "x=1".into())),
            ("GET /sites?limit=200&account=alice&cursor=x%3D1", page(&["c.test"], serde_json::Value::Null)),
        ]
    };
    let panel = FakePanel::start(script());
    let ran = panel.run(&["site", "list", "--account", "alice"]).await;
    assert_eq!(ran.out.lines().count(), 4, "{}", ran.out);
    let panel = FakePanel::start(script());
    let ran = panel.run(&["site", "list", "--account", "alice", "--json"]).await;
    let all: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn one_page_comes_as_it_is() {
    let page = serde_json::json!({ "items": [{ "name": "a.test" }], "next_cursor": "abc" });
    let panel = FakePanel::start([
        ("GET /sites?limit=1", Answer::json(200, &page)),
        ("GET /sites?limit=1", Answer::json(200, &page)),
    ]);
    let ran = panel.run(&["site", "list", "--limit", "1", "--json"]).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&ran.out).unwrap(), page);
    let ran = panel.run(&["site", "list", "--limit", "1"]).await;
    assert_eq!(ran.err, "there are more: --cursor abc\n");
}
