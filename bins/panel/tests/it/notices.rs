//! What calls for whom, and for how long.

use api_kit::testing::Client;
use desired::Key;
use desired::event::{self, Code, Event};
use names::{AccountId, Micros};
use serde_json::{Value, json};
use store::{StoreError, WriteTx};

use crate::bench::Bench;

async fn notices(client: &Client) -> Value {
    client.get("/api/v1/notices").await.is(200).json.clone()
}

/// Topic, code and the names of the objects of what calls for somebody.
async fn called(client: &Client) -> Vec<String> {
    let all = notices(client).await;
    let line = |one: &Value| {
        let names: Vec<&str> = one["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["name"].as_str().unwrap())
            .collect();
        format!("{} {}: {}", one["topic"].as_str().unwrap(), one["code"].as_str().unwrap(), names.join(" "))
    };
    all["items"].as_array().unwrap().iter().map(line).collect()
}

async fn unread(client: &Client) -> u64 {
    notices(client).await["unread"].as_u64().unwrap()
}

/// Something happens to a site of an account.
async fn happens(bench: &Bench, account: &Value, site: &str, code: Code, reason: Option<&str>) {
    let account: AccountId = account.as_str().unwrap().parse().unwrap();
    let event = Event::of(Key { kind: "site", id: site.to_owned() }, Some(account), code, site);
    let event = match reason {
        Some(reason) => event.with("reason", reason),
        None => event,
    };
    let now = Micros::now();
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> { event::note(tx, now, &event).await };
    bench.parts.panel.store().write(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_not_as_asked_calls_for_its_owner_until_it_is_and_for_nobody_elses() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    bench.site("alice", "a.example.test").await;
    let (alice, bob, admin) =
        (bench.person("alice").await, bench.person("bob").await, bench.person("admin").await);
    for client in [&alice, &bob, &admin, &bench.root()] {
        assert_eq!(called(client).await, Vec::<String>::new());
    }
    bench.agent.host.breaks("site", Some("a directive is unknown"));
    let path = "/api/v1/sites/a.example.test";
    bench.root().header("if-match", "*").patch(path, json!({ "body_size": "8M" })).await.is(202);
    bench.until(path, |answer| answer.json["condition"] == "degraded").await;
    let line = "objects object.degraded: a.example.test";
    for client in [&alice, &admin, &bench.root()] {
        assert_eq!(called(client).await, [line]);
    }
    assert_eq!(called(&bob).await, Vec::<String>::new());
    let notice = &notices(&alice).await["items"][0];
    assert_eq!(
        (&notice["severity"], &notice["read"], &notice["more"]),
        (&json!("warning"), &json!(false), &json!(0))
    );
    assert_eq!(notice["objects"][0]["kind"], "site");

    bench.agent.host.breaks("site", None);
    bench.root().header("if-match", "*").patch(path, json!({ "body_size": "9M" })).await.is(202);
    bench.until(path, |answer| answer.json["condition"] == "ready").await;
    for client in [&alice, &admin] {
        assert_eq!(called(client).await, Vec::<String>::new(), "it is well again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_is_no_notice_and_what_is_not_is_one_by_what_it_is_about() {
    let bench = Bench::at_rest().await;
    let account = bench_account(&bench).await;
    let root = bench.root();
    let happens = async |site: &str, code, reason| happens(&bench, &account, site, code, reason).await;
    happens("a", Code::Degraded, Some("config_refused")).await;
    happens("b", Code::Degraded, Some("edited")).await;
    happens("c", Code::Failed, None).await;
    happens("d", Code::Unknown, None).await;
    happens("e", Code::Degraded, None).await;
    // these call for nobody
    happens("f", Code::Waiting, Some("waits_for")).await;
    happens("g", Code::Created, None).await;
    assert_eq!(
        called(&root).await,
        [
            "objects object.degraded: e a",
            "unknown object.unknown: d",
            "objects object.failed: c",
            "drift object.degraded: b"
        ]
    );
    // from bad to worse: one of both
    happens("a", Code::Failed, None).await;
    assert_eq!(called(&root).await[..2], ["objects object.failed: a c", "objects object.degraded: e"]);
    for (site, code) in [
        ("a", Code::Ready),
        ("b", Code::Ready),
        ("c", Code::Removed),
        ("d", Code::Adopted),
        ("e", Code::Ready),
    ] {
        happens(site, code, None).await;
    }
    assert_eq!(called(&root).await, Vec::<String>::new());
    happens("e", Code::Degraded, None).await;
    assert_eq!(called(&root).await, ["objects object.degraded: e"], "again");
    bench.execute("UPDATE event SET last_at = last_at - 2678400000000").await;
    assert_eq!(called(&root).await, Vec::<String>::new(), "a month later nobody is called any more");
}

/// An account's row, whether or not it is on the server.
async fn bench_account(bench: &Bench) -> Value {
    let body = json!({ "name": "alice", "email": "alice@example.test" });
    bench.root().post("/api/v1/accounts", body).await.is(202).json["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_reads_for_themselves_and_never_back() {
    let bench = Bench::at_rest().await;
    let account = bench_account(&bench).await;
    let happens = async |site: &str| happens(&bench, &account, site, Code::Failed, None).await;
    happens("a").await;
    let (alice, admin) = (bench.person("alice").await, bench.person("admin").await);
    assert_eq!((unread(&alice).await, unread(&admin).await), (1, 1));
    let until = notices(&alice).await["until"].clone();
    // shown first, and held to what was shown
    let dry = alice.post("/api/v1/notices/read?dry_run=true", json!({ "until": until })).await;
    assert_eq!(dry.is(200).json["plan"]["objects"], json!([]));
    assert_eq!(unread(&alice).await, 1);
    let read = alice.post("/api/v1/notices/read", json!({ "until": until })).await;
    assert_eq!((&read.is(200).json["unread"], &read.json["items"][0]["read"]), (&json!(0), &json!(true)));
    assert_eq!((unread(&alice).await, unread(&admin).await), (0, 1), "the other has not");
    // what a token's person has read is read
    let token =
        bench.with_token(&bench.token("alice", json!({ "name": "ci", "permissions": ["event.view"] })).await);
    assert_eq!(unread(&token).await, 0);
    happens("b").await;
    assert_eq!((unread(&alice).await, unread(&token).await), (1, 1), "news about the same");
    // a mark of an older window does not bring back what was read, and one of the future reads nothing before it happens
    alice.post("/api/v1/notices/read", json!({ "until": "9223372036854775807" })).await.is(200);
    alice.post("/api/v1/notices/read", json!({ "until": until })).await.is(200);
    assert_eq!(unread(&alice).await, 0);
    happens("c").await;
    assert_eq!(unread(&alice).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_person_in_a_session_of_their_own_marks_what_was_read() {
    let bench = Bench::at_rest().await;
    bench_account(&bench).await;
    let read = async |client: &Client| {
        let answer = client.post("/api/v1/notices/read", json!({ "until": "1" })).await;
        (answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(read(&bench.root()).await, (409, "no_person".to_owned()));
    let token = bench.token("alice", json!({ "name": "ci", "permissions": ["event.view"] })).await;
    assert_eq!(read(&bench.with_token(&token)).await, (403, "not_by_token".to_owned()));
    assert_eq!(read(&bench.acting("admin", "alice").await).await, (403, "not_while_acting".to_owned()));
    assert_eq!(read(&bench.anonymous()).await.0, 401);
    let alice = bench.person("alice").await;
    for wrong in ["", "x", "-1", "+1", " 1", "99999999999999999999"] {
        let refused = alice.post("/api/v1/notices/read", json!({ "until": wrong })).await;
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.text);
        assert_eq!(refused.json["errors"][0]["pointer"], "/until");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_calls_for_its_owner_while_it_is_near() {
    let bench = Bench::at_rest().await;
    let account = bench_account(&bench).await;
    let id: AccountId = account.as_str().unwrap().parse().unwrap();
    let alice = bench.person("alice").await;
    let told = async |code, percent: i64, what: &str| {
        let key = Key { kind: "account", id: id.to_string() };
        let event = Event::of(key, Some(id), code, "alice").with("what", what).with("percent", percent);
        let now = Micros::now();
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> { event::note(tx, now, &event).await };
        bench.parts.panel.store().write(write).await.unwrap();
    };
    bench
        .execute(
            "INSERT INTO account_usage (account_id, disk_bytes, measured_by, as_of, disk_told)
             SELECT id, 1, 'quota', 1, 80 FROM account",
        )
        .await;
    told(Code::UsageHigh, 80, "disk_space").await;
    told(Code::UsageHigh, 80, "traffic").await;
    let all = notices(&alice).await;
    assert_eq!((&all["items"][0]["topic"], &all["items"][0]["count"]), (&json!("usage"), &json!(1)), "{all}");
    bench.execute("UPDATE account_usage SET disk_told = 100").await;
    told(Code::UsageFull, 100, "disk_space").await;
    assert_eq!(called(&alice).await, ["usage usage.full: alice"]);
    bench.execute("UPDATE account_usage SET disk_told = 0, traffic_told = 80").await;
    assert_eq!(called(&alice).await, ["usage usage.high: alice"], "the traffic still is");
    bench.execute("UPDATE account_usage SET traffic_told = 0").await;
    assert_eq!(called(&alice).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_is_called_for_all_below_and_nobody_beside() {
    let bench = Bench::at_rest().await;
    let root = bench.root();
    let made = async |path: &str, body: Value| {
        let answer = root.post(path, body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        answer.json
    };
    for organisation in ["acme", "other"] {
        made("/api/v1/organisations", json!({ "name": organisation, "kind": "reseller" })).await;
    }
    made("/api/v1/organisations/acme/members", json!({ "login": "rita", "role": "reseller", "new": true }))
        .await;
    made("/api/v1/organisations/other/members", json!({ "login": "otto", "role": "reseller", "new": true }))
        .await;
    for (name, organisation) in [("alice", "acme"), ("bob", "other")] {
        let body = json!({ "name": name, "email": "x@example.test", "organisation": organisation });
        let account = made("/api/v1/accounts", body).await["id"].clone();
        happens(&bench, &account, &format!("{name}.example.test"), Code::Failed, None).await;
    }
    made(
        "/api/v1/webhooks",
        json!({ "name": "hers", "organisation": "acme", "url": "https://hooks.example.test/" }),
    )
    .await;
    let hook = "INSERT INTO event (seq, at, last_at, scope_kind, scope_id, organisation_id, permission, severity, code, params, count)
                SELECT (SELECT MAX(seq) + 1 FROM event), e.at, e.at, 'webhook', w.id, w.organisation_id, 'webhook.manage', 'error',
                       'webhook.disabled', '{\"name\":\"hers\"}', 1
                FROM webhook w, (SELECT MAX(last_at) AS at FROM event) e";
    bench.execute(hook).await;
    bench.execute("UPDATE webhook SET enabled = 0, disabled_reason = 'unreachable'").await;
    let (rita, otto, bob) =
        (bench.person("rita").await, bench.person("otto").await, bench.person("bob").await);
    let hers = ["webhooks webhook.disabled: hers", "objects object.failed: alice.example.test"];
    assert_eq!(called(&rita).await, hers);
    for client in [&otto, &bob] {
        assert_eq!(called(client).await, ["objects object.failed: bob.example.test"]);
    }
    assert_eq!(called(&root).await.len(), 2);
    bench.execute("UPDATE webhook SET enabled = 1").await;
    assert_eq!(called(&rita).await, hers[1..]);
    // what one did oneself is no news
    let admin = bench.person("admin").await;
    bench.acting("admin", "alice").await;
    let acted = "people person.acting_began: alice";
    assert!(!called(&admin).await.contains(&acted.to_owned()));
    assert!(called(&bench.person("alice").await).await.contains(&acted.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_failed_calls_until_it_went_well() {
    let bench = Bench::at_rest().await;
    bench_account(&bench).await;
    let root = bench.root();
    bench
        .execute(
            "INSERT INTO event (seq, at, last_at, scope_kind, scope_id, permission, severity, code, params, count)
             SELECT MAX(seq) + 1, MAX(at), MAX(at), 'job', 'j1', 'event.view', 'error', 'job.failed', '{\"name\":\"alice\"}', 1 FROM event",
        )
        .await;
    assert_eq!(called(&root).await, ["jobs job.failed: alice"]);
    bench
        .execute(
            "INSERT INTO event (seq, at, last_at, scope_kind, scope_id, permission, severity, code, params, count)
             SELECT MAX(seq) + 1, MAX(at), MAX(at), 'job', 'j1', 'event.view', 'info', 'job.done', '{\"name\":\"alice\"}', 1 FROM event",
        )
        .await;
    assert_eq!(called(&root).await, Vec::<String>::new());
}
