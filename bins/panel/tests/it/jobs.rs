//! Jobs over the API: asked for, followed, failed, tried again, cancelled; and whose they are.

use serde_json::{Value, json};

use crate::bench::Bench;

const INSTALL: &str = "/api/v1/node/roles/web/install";

/// What a run says that goes well.
const WELL: [&str; 10] = [
    "#step check",
    "nothing is in the way",
    "#step masks",
    "mask apache2.service",
    "#step packages",
    "0 upgraded, 1 newly installed, 0 to remove and 3 not upgraded.",
    "Unpacking nginx (1.26.3-3) ...",
    "Setting up nginx (1.26.3-3) ...",
    "#step web_server",
    "#done",
];

async fn installs(bench: &Bench) -> String {
    let answer = bench.root().post(INSTALL, json!(null)).await;
    answer.is(202).json["id"].as_str().unwrap().to_owned()
}

async fn ended(bench: &Bench, id: &str) -> Value {
    let is_ended = |job: &Value| matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled"));
    bench.until(&format!("/api/v1/jobs/{id}"), |answer| is_ended(&answer.json)).await.json
}

fn states(job: &Value) -> Vec<String> {
    let steps = job["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| format!("{}: {}", step["name"].as_str().unwrap(), step["state"].as_str().unwrap()))
        .collect()
}

/// A stream's messages: event, id, data.
fn messages(text: &str) -> Vec<(String, Option<i64>, Value)> {
    let message = |block: &str| {
        let field = |name: &str| {
            block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
        };
        let event = field("event")?.to_owned();
        Some((
            event,
            field("id").map(|id| id.parse().unwrap()),
            serde_json::from_str(field("data")?).unwrap(),
        ))
    };
    text.split("\n\n").filter_map(message).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_installed_step_by_step_and_followed() {
    let bench = Bench::new().await;
    bench.agent.role.lock().unwrap().says = WELL.to_vec();
    let before = bench.root().get("/api/v1/node/roles").await;
    assert_eq!(before.json["items"][0]["state"], "missing", "{}", before.text);
    let dry = bench.root().post(&format!("{INSTALL}?dry_run=true"), json!(null)).await;
    let steps = dry.is(200).json["plan"]["objects"][0]["steps"].clone();
    assert_eq!(steps[0]["summary"], "mask apache2.service");
    assert_eq!(steps[1]["code"], "packages.install");
    let wrong = format!("{INSTALL}?expect_plan={}", "0".repeat(64));
    assert_eq!(bench.root().post(&wrong, json!(null)).await.is(409).json["code"], "plan_changed");
    let right = format!("{INSTALL}?expect_plan={}", dry.json["plan"]["hash"].as_str().unwrap());
    let asked = bench.root().post(&right, json!(null)).await;
    let id = asked.is(202).json["id"].as_str().unwrap().to_owned();
    let followed =
        bench.root().header("accept", "text/event-stream").get(&format!("/api/v1/jobs/{id}/log")).await;
    let job = ended(&bench, &id).await;
    assert_eq!(
        (&job["state"], &job["attempts"], &job["percent"]),
        (&json!("done"), &json!(1), &json!(100)),
        "{job}"
    );
    assert!(states(&job).iter().all(|step| step.ends_with(": done")), "{job}");
    assert_eq!((&job["created_by"], &job["via"]), (&json!("root"), &json!("socket")));
    assert_eq!(job["object"], json!({ "kind": "node_role", "id": "web", "name": "web" }));

    let log = bench.root().get(&format!("/api/v1/jobs/{id}/log")).await.json;
    let lines = log["items"].as_array().unwrap();
    assert_eq!((log["ended"].clone(), log["next"].clone()), (json!(true), job["log_lines"].clone()));
    let texts: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert!(
        texts.contains(&"mask apache2.service") && texts.contains(&"the web server is ready"),
        "{texts:?}"
    );
    assert!(!texts.iter().any(|text| text.starts_with('#')), "marks are no lines: {texts:?}");

    let told = messages(&followed.text);
    let (last, _, shown) = told.last().unwrap();
    assert_eq!((last.as_str(), &shown["state"]), ("job", &json!("done")), "{}", followed.text);
    let of_stream: Vec<Value> =
        told.iter().filter(|(event, ..)| event == "line").map(|(_, _, data)| data.clone()).collect();
    assert_eq!(Value::from(of_stream), log["items"], "the stream tells what there is, once");
    for (_, number, data) in told.iter().filter(|(event, ..)| event == "line") {
        assert_eq!(Value::from(*number), data["seq"]);
    }
    // from the middle on, without a gap and without a line twice
    let client = bench.root().header("accept", "text/event-stream").header("last-event-id", "3");
    let rest = messages(&client.get(&format!("/api/v1/jobs/{id}/log")).await.text);
    let numbers: Vec<Option<i64>> =
        rest.iter().filter(|(event, ..)| event == "line").map(|(_, number, _)| *number).collect();
    assert_eq!(numbers, (4..=job["log_lines"].as_i64().unwrap()).map(Some).collect::<Vec<_>>());

    let after = bench.root().get("/api/v1/node/roles").await.json["items"][0].clone();
    assert_eq!((&after["state"], &after["job"]["id"]), (&json!("installed"), &json!(id)));
    let events = bench.root().get("/api/v1/events?limit=200").await.json;
    let codes: Vec<&str> =
        events["items"].as_array().unwrap().iter().filter_map(|event| event["code"].as_str()).collect();
    for code in ["job.queued", "job.started", "job.done"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_in_the_program_s_words_and_can_be_tried_again() {
    let bench = Bench::new().await;
    bench.agent.role.lock().unwrap().says = vec![
        "#step check",
        "#step masks",
        "#step packages",
        "E: Unable to locate package nginx",
        "#failed /usr/bin/apt-get ended with exit status: 100",
        "#remedy mend its sources",
    ];
    let id = installs(&bench).await;
    let job = ended(&bench, &id).await;
    assert_eq!(job["state"], "failed", "{job}");
    let problem = &job["problem"];
    assert_eq!(
        (&problem["code"], &problem["remedy"]),
        (&json!("packages_failed"), &json!("mend its sources"))
    );
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("exit status: 100") && detail.contains("E: Unable to locate package nginx"),
        "{detail}"
    );
    assert_eq!(states(&job)[2..], ["packages: failed", "web_server: pending", "verify: pending"]);
    assert_eq!((&job["may_retry"], &job["may_cancel"]), (&json!(true), &json!(false)));
    let cancel = bench.root().post(&format!("/api/v1/jobs/{id}/cancel"), json!(null)).await;
    assert_eq!(cancel.is(409).json["code"], "job_ended");

    bench.agent.role.lock().unwrap().says = WELL.to_vec();
    let path = format!("/api/v1/jobs/{id}/retry");
    bench.root().post(&format!("{path}?dry_run=true"), json!(null)).await.is(200);
    assert_eq!(bench.root().get(&format!("/api/v1/jobs/{id}")).await.json["state"], "failed");
    bench.root().post(&path, json!(null)).await.is(202);
    let job = bench.until(&format!("/api/v1/jobs/{id}"), |answer| answer.json["state"] == "done").await.json;
    assert_eq!((&job["attempts"], &job["problem"]), (&json!(2), &json!(null)));
    assert_eq!(bench.root().post(&path, json!(null)).await.is(409).json["code"], "job_not_failed");
    let log = bench.root().get(&format!("/api/v1/jobs/{id}/log")).await.json;
    let count =
        |text: &str| log["items"].as_array().unwrap().iter().filter(|line| line["text"] == text).count();
    assert_eq!(count("E: Unable to locate package nginx"), 1, "the first run is told once: {log}");
    assert_eq!(count("mask apache2.service"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_runs_is_one_and_is_cancelled_when_the_server_is_at_rest() {
    let bench = Bench::new().await;
    {
        let mut role = bench.agent.role.lock().unwrap();
        role.says = WELL[..7].to_vec();
        role.lasts = true;
    }
    let id = installs(&bench).await;
    assert_eq!(installs(&bench).await, id, "asked for twice it is one");
    bench.until(&format!("/api/v1/jobs/{id}"), |answer| states(&answer.json)[2] == "packages: running").await;
    assert_eq!(bench.root().get("/api/v1/node/roles").await.json["items"][0]["state"], "installing");
    let asked = bench.root().post(&format!("/api/v1/jobs/{id}/cancel"), json!(null)).await;
    assert_eq!(asked.is(202).json["may_cancel"], false);
    let job = ended(&bench, &id).await;
    assert_eq!(
        (&job["state"], bench.agent.role.lock().unwrap().running),
        (&json!("cancelled"), false),
        "{job}"
    );
    assert_eq!(states(&job)[2], "packages: cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_away_is_waited_for() {
    let bench = Bench::new().await;
    bench.agent.role.lock().unwrap().says = WELL.to_vec();
    bench.agent.stop().await;
    let id = installs(&bench).await;
    let path = format!("/api/v1/jobs/{id}");
    bench
        .until(&path, |answer| {
            answer.json["last_line"].as_str().is_some_and(|line| line.starts_with("waiting for the agent"))
        })
        .await;
    assert_eq!(bench.root().get("/api/v1/node/roles").await.json["items"][0]["state"], "installing");
    bench.agent.start();
    assert_eq!(ended(&bench, &id).await["state"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_seen_by_whose_matter_it_is() {
    const IDS: [&str; 2] = ["01935b2e-7a4d-7c3e-8f10-0000000000a3", "01935b2e-7a4d-7c3e-8f10-0000000000b3"];
    let bench = Bench::new().await;
    bench.agent.role.lock().unwrap().says = WELL.to_vec();
    for (account, id) in ["alice", "bob"].into_iter().zip(IDS) {
        bench.account(account).await;
        bench.job(account, id).await;
    }
    let installed = installs(&bench).await;
    ended(&bench, &installed).await;
    let seen = async |client: &api_kit::testing::Client, query: &str| -> Vec<String> {
        let list = client.get(&format!("/api/v1/jobs{query}")).await;
        let items = list.is(200).json["items"].as_array().unwrap().clone();
        items.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    };
    let (alice, admin) = (bench.person("alice").await, bench.person("admin").await);
    assert_eq!(seen(&alice, "").await, [IDS[0]]);
    assert_eq!(seen(&admin, "").await.len(), 3);
    assert_eq!(seen(&admin, "?state=failed&kind=test.fail").await, [IDS[1], IDS[0]], "the newest first");
    assert_eq!(seen(&admin, "?limit=1").await.len(), 1);
    admin.get("/api/v1/jobs?state=odd").await.is(422);
    for path in [format!("/api/v1/jobs/{}", IDS[1]), format!("/api/v1/jobs/{installed}/log")] {
        alice.get(&path).await.is(404);
        alice.clone().header("accept", "text/event-stream").get(&path).await.is(404);
        admin.get(&path).await.is(200);
    }
    alice.post(INSTALL, json!(null)).await.is(403);
    // who may only look does not cancel, and the stream of an ended job ends
    let token = bench.token("alice", json!({ "name": "ci", "read_only": true })).await;
    bench.with_token(&token).post(&format!("/api/v1/jobs/{}/retry", IDS[0]), json!(null)).await.is(403);
    let stream = bench.with_token(&token).header("accept", "text/event-stream");
    let told = messages(&stream.get(&format!("/api/v1/jobs/{}/log", IDS[0])).await.text);
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_is_open_until_it_is_done_or_there_is_an_account() {
    let bench = Bench::new().await;
    let path = "/api/v1/settings/panel.first_run";
    let value = async || bench.root().get(path).await.json["value"].clone();
    assert_eq!(value().await, "open");
    bench.root().put(path, json!({ "value": "closed" })).await.is(422);
    bench.account("alice").await;
    assert_eq!(value().await, "done", "an installation with an account has taken its first steps");
    bench.root().put(path, json!({ "value": "open" })).await.is(200);
    assert_eq!(value().await, "open", "what was set counts");
    bench.root().put(path, json!({ "value": "done" })).await.is(200);
    assert_eq!(value().await, "done");
}
