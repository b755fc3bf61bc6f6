//! Acting as another through the whole panel.

use serde_json::{Value, json};

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_acts_as_another_works_with_their_rights_and_everyone_can_see_it() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    bench.site("alice", "www.example.test").await;
    let alice = bench.person("alice").await;
    let acting = bench.acting("admin", "alice").await.header("if-match", "*");
    let who = acting.get("/api/v1/me").await;
    assert_eq!((&who.json["login"], &who.json["acting"]), (&json!("alice"), &json!("admin")));
    acting.get("/api/v1/accounts/bob").await.refused(404, "not_found");
    acting.patch("/api/v1/sites/www.example.test", json!({ "body_size": "8M" })).await.is(202);
    let entries = alice.get("/api/v1/audit?action=site.edit").await;
    let entry = &entries.json["items"][0];
    assert_eq!((&entry["actor_name"], &entry["via"]), (&json!("alice by admin"), &json!("person")));
    let admin = bench.person("admin").await.get("/api/v1/me").await.json["person"].clone();
    assert_eq!(entry["via_id"], admin);
    let sessions = alice.get("/api/v1/sessions").await;
    let theirs: Vec<&Value> = sessions.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|session| session["acting"] == "admin")
        .collect();
    assert_eq!(theirs.len(), 1, "{}", sessions.text);
    let seen = |code: &'static str| {
        move |events: &Value| {
            let items = events["items"].as_array().unwrap();
            items.iter().any(|event| {
                event["code"] == code
                    && event["params"]["by"] == "admin"
                    && event["params"]["name"] == "alice"
            })
        }
    };
    let events = alice.get("/api/v1/events?limit=200").await;
    assert!(
        seen("person.acting_began")(&events.json) && !seen("person.acting_ended")(&events.json),
        "{}",
        events.text
    );
    // The person puts an end to it.
    alice.delete(&format!("/api/v1/sessions/{}", theirs[0]["id"].as_str().unwrap())).await.is(204);
    acting.get("/api/v1/me").await.refused(401, "unauthenticated");
    let events = alice.get("/api/v1/events?limit=200").await;
    assert!(seen("person.acting_ended")(&events.json), "{}", events.text);
    let acts = bench.count("SELECT COUNT(*) AS value FROM audit WHERE action IN ('act_as.create', 'act_as.begin', 'act_as.end')").await;
    assert_eq!(acts, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_neither_nested_nor_a_way_to_stay() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let acting = bench.acting("admin", "alice").await.header("if-match", "*");
    for (path, body) in [
        ("/api/v1/tokens", json!({ "name": "more", "read_only": true })),
        ("/api/v1/login-links", json!({ "login": "alice" })),
        ("/api/v1/act-as", json!({ "login": "alice" })),
        ("/api/v1/session/act-as-consent", json!({})),
    ] {
        acting.post(path, body).await.refused(403, "not_while_acting");
    }
    acting
        .put("/api/v1/password", json!({ "new": "correct horse battery" }))
        .await
        .refused(403, "not_while_acting");
    acting
        .patch("/api/v1/accounts/alice", json!({ "password": "correct horse battery" }))
        .await
        .refused(403, "not_while_acting");
    acting
        .patch("/api/v1/accounts/alice", json!({ "email": "mine@example.test" }))
        .await
        .refused(403, "not_while_acting");
    let own = bench.person("alice").await.get("/api/v1/me").await.json["session"].clone();
    acting
        .delete(&format!("/api/v1/sessions/{}", own.as_str().unwrap()))
        .await
        .refused(403, "not_while_acting");
    acting.delete("/api/v1/tokens").await.refused(403, "not_while_acting");
    acting.delete("/api/v1/session").await.is(204);
    acting.get("/api/v1/me").await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_organisation_asks_for_consent_the_person_gives_and_takes_it() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.execute("UPDATE organisation SET act_as_consent = 1").await;
    let (admin, alice) = (bench.person("admin").await, bench.person("alice").await);
    let ask = json!({ "login": "alice", "minutes": 5, "reason": "Ticket 17" });
    admin.post("/api/v1/act-as", ask.clone()).await.refused(403, "consent_needed");
    alice.post("/api/v1/session/act-as-consent", json!({ "hours": 2 })).await.is(200);
    assert!(!alice.get("/api/v1/me").await.json["act_as_consent_until"].is_null());
    let acting = bench.acting("admin", "alice").await;
    acting.get("/api/v1/me").await.is(200);
    alice.delete("/api/v1/session/act-as-consent").await.is(204);
    acting.get("/api/v1/me").await.is(401);
    admin.post("/api/v1/act-as", ask.clone()).await.refused(403, "consent_needed");
    bench.root().post("/api/v1/act-as", ask).await.is(201);
    let before = bench.count("SELECT COUNT(*) AS value FROM audit WHERE after_json LIKE '%Ticket 17%'").await;
    assert_eq!(before, 1, "why is in the audit");
    bench.root().post("/api/v1/session/act-as-consent", json!({})).await.refused(409, "no_person");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_as_whoever_may_more_is_suspended_or_is_oneself() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let (admin, alice) = (bench.person("admin").await, bench.person("alice").await);
    alice.post("/api/v1/act-as", json!({ "login": "admin" })).await.refused(404, "not_found");
    admin.post("/api/v1/act-as", json!({ "login": "admin" })).await.refused(409, "oneself");
    admin.post("/api/v1/act-as", json!({ "login": "nobody" })).await.refused(404, "not_found");
    admin.post("/api/v1/act-as", json!({ "login": "alice", "minutes": 61 })).await.is(422);
    bench.execute("UPDATE person SET suspended_at = 1 WHERE login = 'alice'").await;
    admin.post("/api/v1/act-as", json!({ "login": "alice" })).await.refused(409, "suspended");
}
