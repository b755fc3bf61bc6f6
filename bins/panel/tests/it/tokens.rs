//! Tokens through the whole panel.

use serde_json::json;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_does_what_it_was_made_for() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let alice = bench.person("alice").await;
    let body = json!({ "name": "deploy", "permissions": ["site.view"], "accounts": ["alice"], "days": 30 });
    let made = alice.post("/api/v1/tokens", body).await;
    let token = made.is(201).json["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("hf_") && token.len() == 52, "{token}");
    assert_eq!(made.json["made"]["accounts"], json!(["alice"]));
    let program = bench.with_token(&token);
    program.get("/api/v1/sites/www.example.test").await.is(200);
    program
        .header("if-match", "*")
        .patch("/api/v1/sites/www.example.test", json!({ "body_size": "8M" }))
        .await
        .is(403);
    let who = bench.with_token(&token).get("/api/v1/me").await;
    assert_eq!(
        (&who.json["via"], &who.json["token"], &who.json["login"]),
        (&json!("token"), &json!("deploy"), &json!("alice"))
    );
    assert_eq!(who.json["expires_at"], made.json["made"]["expires_at"]);
    bench
        .until("/api/v1/persons/alice/tokens", |answer| !answer.json["items"][0]["last_used_at"].is_null())
        .await;
    let listed = alice.get("/api/v1/tokens").await;
    assert!(!listed.text.contains(&token), "{}", listed.text);
    assert_eq!(listed.json["items"][0]["last_origin"], "198.51.100.7");
    alice.delete("/api/v1/tokens/deploy").await.is(204);
    bench.with_token(&token).get("/api/v1/sites").await.refused(401, "unauthenticated");
    assert_eq!(
        bench
            .count(
                "SELECT COUNT(*) AS value FROM audit WHERE action LIKE 'token.%' AND before_json LIKE '%hf_%'"
            )
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_cannot_become_more_than_it_is() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let all =
        ["account.view", "account.edit", "account.manage", "person.manage", "person.act_as", "setting.edit"];
    let token = bench.token("admin", json!({ "name": "mighty", "permissions": all })).await;
    let program = bench.with_token(&token).header("if-match", "*");
    for (path, body) in [
        ("/api/v1/tokens", json!({ "name": "more", "read_only": true })),
        ("/api/v1/login-links", json!({})),
        ("/api/v1/login-links", json!({ "login": "alice" })),
        ("/api/v1/act-as", json!({ "login": "alice" })),
        ("/api/v1/session/act-as-consent", json!({})),
    ] {
        program.post(path, body).await.refused(403, "not_by_token");
    }
    program
        .put("/api/v1/password", json!({ "new": "correct horse battery" }))
        .await
        .refused(403, "not_by_token");
    program
        .patch("/api/v1/accounts/alice", json!({ "password": "correct horse battery" }))
        .await
        .refused(403, "not_by_token");
    program.patch("/api/v1/accounts/alice", json!({ "email": "new@example.test" })).await.is(202);
    let session = bench.person("admin").await.get("/api/v1/me").await.json["session"].clone();
    let path = format!("/api/v1/sessions/{}", session.as_str().unwrap());
    program.delete(&path).await.refused(403, "not_by_token");
    program.delete("/api/v1/persons/alice/tokens").await.refused(403, "not_by_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_whom_a_token_made_may_anything_that_it_held() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let role = json!({ "name": "helper", "permissions": ["account.view"] });
    bench.root().post("/api/v1/roles", role).await.is(201);
    let may = [
        "account.view",
        "account.edit",
        "account.manage",
        "person.manage",
        "member.view",
        "member.manage",
        "role.manage",
    ];
    let token = bench.token("admin", json!({ "name": "billing", "permissions": may })).await;
    let program = bench.with_token(&token).header("if-match", "*");
    let password = "correct horse battery";
    program.post("/api/v1/persons", json!({ "login": "mole", "password": password })).await.is(201);
    for place in ["accounts/alice", "organisations/root"] {
        let path = format!("/api/v1/{place}/members");
        for body in [
            json!({ "login": "mole", "role": "owner" }),
            json!({ "login": "other", "role": "owner", "new": true }),
            json!({ "login": "alice", "role": "helper" }),
        ] {
            program.post(&path, body).await.refused(403, "not_by_token");
        }
    }
    let wider = json!({ "permissions": ["account.view", "account.manage"] });
    program.patch("/api/v1/roles/helper", wider).await.refused(403, "not_by_token");
    // what a billing module does
    let sold =
        program.post("/api/v1/accounts", json!({ "name": "sold", "email": "sold@example.test" })).await;
    assert!([201, 202].contains(&sold.status.as_u16()), "{}", sold.text);
    let admin = bench.person("admin").await;
    admin.delete("/api/v1/tokens/billing").await.is(204);
    let signed_in =
        bench.anonymous().post("/api/v1/session", json!({ "login": "mole", "password": password })).await;
    let cookie = signed_in.is(201).header("set-cookie").to_owned();
    let mole = bench.with_token(cookie.split(['=', ';']).nth(1).unwrap());
    for path in ["/api/v1/accounts", "/api/v1/persons", "/api/v1/organisations"] {
        let seen = mole.get(path).await;
        let nothing = seen.status == 403 || seen.json["items"] == json!([]);
        assert!(nothing, "{path}: {}", seen.text);
    }
    assert_eq!(mole.get("/api/v1/accounts/alice").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_copied_badly_is_told_so_and_one_in_a_cookie_is_nobody() {
    let bench = Bench::new().await;
    let token = bench.token("admin", json!({ "name": "ci", "read_only": true })).await;
    bench.with_token(&token).get("/api/v1/accounts").await.is(200);
    for bad in [&token[..40], &format!("{token}x"), &token.replace("hf_", "hf_x")] {
        bench.with_token(bad).get("/api/v1/accounts").await.refused(401, "token_mistyped");
    }
    let other = bench.token("admin", json!({ "name": "gone", "read_only": true })).await;
    bench.person("admin").await.delete("/api/v1/tokens/gone").await.is(204);
    bench.with_token(&other).get("/api/v1/accounts").await.refused(401, "unauthenticated");
    let cookie = bench.anonymous().header("cookie", format!("__Host-holdfast={token}"));
    cookie.get("/api/v1/accounts").await.refused(401, "unauthenticated");
    // Neither a cookie nor an Origin is needed to change something.
    let writer = bench
        .token("admin", json!({ "name": "writer", "permissions": ["account.manage", "account.view"] }))
        .await;
    let body = json!({ "name": "dora", "email": "dora@example.test" });
    bench.with_token(&writer).post("/api/v1/accounts", body).await.is(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_named() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    let alice = bench.person("alice").await;
    for (body, pointer, code) in [
        (json!({ "name": "t1" }), "/permissions", "missing_field"),
        (
            json!({ "name": "t1", "permissions": ["site.view", "nonsense"] }),
            "/permissions/1",
            "permission_unknown",
        ),
        (
            json!({ "name": "t1", "permissions": ["site.view", "node.edit"] }),
            "/permissions/1",
            "permission_not_held",
        ),
        (
            json!({ "name": "t1", "permissions": ["site.view", "site.view"] }),
            "/permissions/1",
            "permission_twice",
        ),
        (json!({ "name": "t1", "read_only": true, "days": 0 }), "/days", "out_of_range"),
        (
            json!({ "name": "t1", "read_only": true, "days": 3, "never_expires": true }),
            "/days",
            "contradiction",
        ),
        (json!({ "name": "t1", "read_only": true, "login": "bob" }), "/login", "not_oneself"),
    ] {
        let answer = alice.post("/api/v1/tokens", body).await;
        let problem = answer.problem();
        assert_eq!(
            (problem.status, &*problem.errors[0].pointer, &*problem.errors[0].code),
            (422, pointer, code)
        );
    }
    let elsewhere = json!({ "name": "t1", "read_only": true, "accounts": ["bob"] });
    alice.post("/api/v1/tokens", elsewhere).await.refused(404, "not_found");
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM token").await, 0);
    let forever =
        alice.post("/api/v1/tokens", json!({ "name": "t1", "read_only": true, "never_expires": true })).await;
    assert!(forever.is(201).json["made"]["expires_at"].is_null());
    let again = alice.post("/api/v1/tokens", json!({ "name": "t1", "read_only": true })).await;
    assert_eq!(again.problem().errors[0].code, "name_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_manages_a_person_sees_and_ends_their_tokens_and_root_makes_them() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let root = bench.root();
    root.post("/api/v1/tokens", json!({ "name": "ci", "read_only": true })).await.refused(409, "no_person");
    let body = json!({ "name": "ci", "read_only": true, "login": "alice" });
    let token = root.post("/api/v1/tokens", body).await.is(201).json["token"].as_str().unwrap().to_owned();
    bench.with_token(&token).get("/api/v1/accounts/alice").await.is(200);
    let admin = bench.person("admin").await;
    let listed = admin.get("/api/v1/persons/alice/tokens").await;
    assert_eq!(listed.is(200).json["items"][0]["name"], "ci");
    bench.person("alice").await.get("/api/v1/persons/admin/tokens").await.refused(404, "not_found");
    admin.delete("/api/v1/persons/alice/tokens/ci").await.is(204);
    bench.with_token(&token).get("/api/v1/accounts/alice").await.is(401);
    for name in ["t1", "t2"] {
        bench.token("alice", json!({ "name": name, "read_only": true })).await;
    }
    let ended = admin.delete("/api/v1/persons/alice/tokens").await;
    assert_eq!(ended.is(200).json["count"], 2);
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM token").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_names_the_token_with_its_person() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let token =
        bench.token("alice", json!({ "name": "ci", "permissions": ["site.view", "site.edit"] })).await;
    let program = bench.with_token(&token).header("if-match", "*");
    program.patch("/api/v1/sites/www.example.test", json!({ "body_size": "8M" })).await.is(202);
    let id = bench.person("alice").await.get("/api/v1/tokens/ci").await.json["id"].clone();
    let path = format!("/api/v1/audit?actor={}", id.as_str().unwrap());
    let entries = bench.person("alice").await.get(&path).await;
    let entry = &entries.is(200).json["items"][0];
    assert_eq!(
        (&entry["actor_name"], &entry["via"], &entry["via_id"]),
        (&json!("alice by token ci"), &json!("token"), &id)
    );
    assert_eq!(entry["action"], "site.edit");
}
