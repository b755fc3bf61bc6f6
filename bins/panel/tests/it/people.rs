//! Organisations, roles, people and members, through the whole panel.

use std::sync::Arc;

use api_kit::testing::{Answer, Client};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::bench::Bench;

async fn made(client: &Client, path: &str, body: Value) -> Answer {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    answer
}

async fn organisation(client: &Client, name: &str, parent: &str, kind: &str) -> Answer {
    let body = json!({ "name": name, "parent": parent, "kind": kind });
    made(client, "/api/v1/organisations", body).await
}

async fn member(client: &Client, place: &str, login: &str, role: &str) -> Answer {
    let body = json!({ "login": login, "role": role, "new": true });
    made(client, &format!("/api/v1/{place}/members"), body).await
}

fn code(answer: &Answer) -> (u16, &str) {
    let code = answer.json["errors"][0]["code"].as_str().or(answer.json["code"].as_str());
    (answer.status.as_u16(), code.unwrap_or_default())
}

/// Signs in by the token of a link.
async fn by_link(bench: &Bench, token: &Value) -> Answer {
    bench.anonymous().post("/api/v1/session/link", json!({ "token": token })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_are_a_tree_that_grows_and_is_taken_down_in_order() {
    let bench = Bench::new().await;
    let root = bench.root();
    organisation(&root, "acme", "root", "reseller").await;
    organisation(&root, "shop", "acme", "client").await;
    let body = json!({ "name": "below", "parent": "shop" });
    let refused = root.post("/api/v1/organisations", body).await;
    assert_eq!(code(&refused), (422, "organisation_is_client"), "{}", refused.text);
    let twice = root.post("/api/v1/organisations", json!({ "name": "shop" })).await;
    assert_eq!(code(&twice), (422, "name_taken"));
    let mut parent = "acme".to_owned();
    for depth in 3..=8 {
        let name = format!("deep{depth}");
        organisation(&root, &name, &parent, "reseller").await;
        parent = name;
    }
    let body = json!({ "name": "deeper", "parent": parent });
    assert_eq!(code(&root.post("/api/v1/organisations", body).await), (422, "organisation_too_deep"));
    let shown = root.get("/api/v1/organisations/acme").await;
    assert_eq!(shown.json["below"]["organisations"], 7, "{}", shown.text);
    assert_eq!(shown.json["parent"], "root");

    let path = "/api/v1/organisations/acme";
    assert_eq!(root.patch(path, json!({ "name": "acme2" })).await.status, 428);
    let stale = root.clone().header("if-match", "\"g9\"").patch(path, json!({ "name": "acme2" })).await;
    assert_eq!(stale.status, 412);
    let tagged = root.clone().header("if-match", shown.header("etag"));
    let renamed = tagged.patch(path, json!({ "name": "acme2" })).await;
    assert_eq!((renamed.status.as_u16(), renamed.header("etag")), (200, "\"g2\""), "{}", renamed.text);
    for name in ["root", "acme2"] {
        let refused = root.delete(&format!("/api/v1/organisations/{name}")).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
    }
    bench.account_in("shop", "alice").await;
    let refused = root.delete("/api/v1/organisations/shop").await;
    assert_eq!(code(&refused), (409, "organisation_not_empty"));
    for words in ["1 account", "1 person"] {
        assert!(refused.json["detail"].as_str().unwrap().contains(words), "{}", refused.text);
    }
    assert_eq!(root.delete("/api/v1/organisations/deep8?dry_run=true").await.status, 200);
    assert_eq!(root.delete("/api/v1/organisations/deep8").await.status, 204);
    assert_eq!(root.get("/api/v1/organisations/deep8").await.status, 404);
    organisation(&root, "deep8", "deep7", "client").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_takes_its_accounts_along_and_gives_them_back_as_they_were() {
    let bench = Bench::new().await;
    let root = bench.waiting();
    organisation(&root, "acme", "root", "reseller").await;
    organisation(&root, "shop", "acme", "client").await;
    for (name, of) in [("alice", "shop"), ("carl", "acme"), ("bob", "root")] {
        bench.account_in(of, name).await;
    }
    bench.site("alice", "a.example.test").await;
    member(&root, "organisations/acme", "rita", "reseller").await;
    member(&root, "accounts/alice", "dave", "developer").await;
    assert_eq!(root.post("/api/v1/accounts/carl/suspend", json!({ "reason": "unpaid" })).await.status, 200);
    let state = async || {
        let mut all = Vec::new();
        for path in
            ["accounts/alice", "accounts/carl", "accounts/bob", "pools/alice-8.4", "sites/a.example.test"]
        {
            let shown = bench.root().get(&format!("/api/v1/{path}")).await.json;
            all.push((
                shown["suspended"].clone(),
                shown["suspended_by"].clone(),
                shown["generation"].as_u64().unwrap(),
            ));
        }
        all
    };
    let rights = async || {
        let mut all = Vec::new();
        for place in ["organisations/acme", "accounts/alice", "accounts/carl"] {
            all.push(bench.root().get(&format!("/api/v1/{place}/members")).await.json["items"].clone());
        }
        for login in ["rita", "alice", "dave", "carl"] {
            all.push(bench.person(login).await.get("/api/v1/me").await.json["roles"].clone());
            all.push(
                bench.person(login).await.get("/api/v1/accounts").await.json["items"][0]["name"].clone(),
            );
        }
        all
    };
    let (before, rights_before) = (state().await, rights().await);
    let rita = bench.person("rita").await;
    let refused = rita.post("/api/v1/organisations/acme/suspend", json!({})).await;
    assert_eq!(refused.status, 403, "from above alone: {}", refused.text);

    // Without its accounts: rights alone.
    let path = "/api/v1/organisations/acme/suspend";
    let suspended = root.post(path, json!({})).await;
    assert_eq!(
        (suspended.status.as_u16(), &suspended.json["suspended"]),
        (200, &json!(true)),
        "{}",
        suspended.text
    );
    assert_eq!(state().await, before, "the accounts are untouched");
    assert_eq!(rita.get("/api/v1/me").await.status, 401, "rita's session has ended");
    assert_eq!(bench.person("alice").await.get("/api/v1/accounts/alice").await.status, 404);

    // With them.
    let dry = root.post(&format!("{path}?dry_run=true"), json!({ "accounts": true })).await;
    assert_eq!(
        dry.json["plan"]["objects"].as_array().unwrap().len(),
        3,
        "alice, her pool, her site: {}",
        dry.text
    );
    let suspended = root.post(path, json!({ "accounts": true, "reason": "unpaid" })).await;
    assert_eq!(
        (suspended.status.as_u16(), &suspended.json["below"]["settling"]),
        (200, &json!(0)),
        "{}",
        suspended.text
    );
    let off = state().await;
    assert_eq!((&off[0].0, &off[0].1), (&json!(true), &json!(["organisation"])));
    assert_eq!((&off[1].0, &off[1].1), (&json!(true), &json!(["account", "organisation"])));
    assert_eq!((&off[3].0, &off[4].0), (&json!(true), &json!(true)));
    assert_eq!(off[1].2, before[1].2, "carl was off, and is");
    assert_eq!(off[2], before[2], "bob is not below acme");
    let id = bench.root().get("/api/v1/accounts/alice").await.json["id"].clone();
    let wished = bench.agent.host.object("account", id.as_str().unwrap()).unwrap();
    assert_eq!(wished["suspended"], true, "{wished}");

    let on = root.post("/api/v1/organisations/acme/unsuspend", json!({})).await;
    assert_eq!((on.status.as_u16(), &on.json["suspended"]), (200, &json!(false)), "{}", on.text);
    let after = state().await;
    let flags =
        |all: &[(Value, Value, u64)]| all.iter().map(|(a, b, _)| (a.clone(), b.clone())).collect::<Vec<_>>();
    assert_eq!(flags(&after), flags(&before));
    assert_eq!(rights().await, rights_before, "exactly the rights of before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_holds_no_more_than_whoever_makes_it_and_is_given_in_its_tree_alone() {
    let bench = Bench::new().await;
    let root = bench.root();
    organisation(&root, "acme", "root", "reseller").await;
    organisation(&root, "other", "root", "reseller").await;
    bench.account_in("acme", "alice").await;
    bench.account_in("other", "bob").await;
    member(&root, "organisations/acme", "rita", "reseller").await;
    let rita = bench.person("rita").await;
    let create = async |permissions: Value| {
        rita.post("/api/v1/roles", json!({ "name": "editor", "permissions": permissions })).await
    };
    assert_eq!(code(&create(json!(["node.view"])).await), (422, "permission_out_of_reach"));
    assert_eq!(code(&create(json!(["nothing.at_all"])).await), (422, "permission_unknown"));
    let editor = create(json!(["account.view", "site.view", "site.edit"])).await;
    assert_eq!(
        (editor.status.as_u16(), &editor.json["organisation"]),
        (201, &json!("acme")),
        "{}",
        editor.text
    );
    let taken = rita.post("/api/v1/roles", json!({ "name": "developer", "permissions": [] })).await;
    assert_eq!(code(&taken), (422, "name_taken"), "a built-in role's name");

    // Whoever manages roles and holds less cannot put more into one, nor take more out of one.
    let keeper = json!({ "name": "keeper", "permissions": ["role.manage", "member.view", "member.manage", "site.view"] });
    made(&rita, "/api/v1/roles", keeper).await;
    member(&rita, "organisations/acme", "kim", "keeper").await;
    let kim = bench.person("kim").await.header("if-match", "*");
    let more = kim.post("/api/v1/roles", json!({ "name": "more", "permissions": ["account.manage"] })).await;
    assert_eq!(code(&more), (403, "forbidden"), "{}", more.text);
    let less = kim.patch("/api/v1/roles/editor", json!({ "permissions": ["site.view"] })).await;
    assert_eq!(code(&less), (403, "forbidden"), "{}", less.text);
    let give = kim.post("/api/v1/accounts/alice/members", json!({ "login": "alice", "role": "owner" })).await;
    assert_eq!(code(&give), (403, "forbidden"), "{}", give.text);

    let body = json!({ "login": "bob", "role": "editor" });
    let elsewhere = root.post("/api/v1/accounts/bob/members", body).await;
    assert_eq!(code(&elsewhere), (422, "role_unknown"), "{}", elsewhere.text);
    let dora = member(&rita, "accounts/alice", "dora", "editor").await;
    assert_eq!(dora.json["permissions"], json!(["account.view", "site.view", "site.edit"]), "{}", dora.text);
    let in_use = rita.delete("/api/v1/roles/editor").await;
    assert_eq!(code(&in_use), (409, "role_in_use"), "{}", in_use.text);

    // What the role holds is what its people hold, at once.
    let dora = bench.person("dora").await;
    let site = json!({ "account": "alice", "name": "d.example.test", "php": null });
    assert_eq!(dora.post("/api/v1/sites?dry_run=true", site.clone()).await.status, 200);
    let edit = rita.clone().header("if-match", "*");
    let edited =
        edit.patch("/api/v1/roles/editor", json!({ "permissions": ["account.view", "site.view"] })).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    assert_eq!(dora.post("/api/v1/sites?dry_run=true", site).await.status, 403);
    assert_eq!(rita.delete("/api/v1/accounts/alice/members/dora?role=editor").await.status, 204);
    assert_eq!(rita.delete("/api/v1/roles/editor").await.status, 204);
    assert_eq!(rita.delete("/api/v1/roles/owner").await.status, 409, "built in");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_administrator_is_always_left_whoever_asks_and_however_many_at_once() {
    let bench = Bench::new().await;
    let root = bench.root();
    for (method, path) in [
        ("POST", "persons/admin/suspend"),
        ("DELETE", "persons/admin"),
        ("DELETE", "organisations/root/members/admin"),
    ] {
        let path = format!("/api/v1/{path}");
        let refused = match method {
            "POST" => root.post(&path, json!({})).await,
            _ => root.delete(&path).await,
        };
        assert_eq!(code(&refused), (409, "last_administrator"), "{path}: {}", refused.text);
    }
    member(&root, "organisations/root", "second", "administrator").await;
    // Each of the two removes the other, at the same moment, again and again.
    for _ in 0..5 {
        let barrier = Arc::new(Barrier::new(2));
        let tasks: Vec<_> = ["admin", "second"]
            .map(|login| {
                let (root, barrier) = (bench.root(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    root.post(&format!("/api/v1/persons/{login}/suspend"), json!({})).await.status.as_u16()
                })
            })
            .into();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        for login in ["admin", "second"] {
            let path = format!("/api/v1/persons/{login}/unsuspend");
            assert_eq!(root.post(&path, json!({})).await.status, 200);
        }
    }
    assert_eq!(root.delete("/api/v1/organisations/root/members/second").await.status, 204);
    assert_eq!(root.get("/api/v1/persons/second").await.json["roles"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_manages_people_touches_nobody_who_may_more() {
    let bench = Bench::new().await;
    let root = bench.root();
    organisation(&root, "acme", "root", "reseller").await;
    bench.account_in("root", "bob").await;
    member(&root, "organisations/acme", "rita", "reseller").await;
    made(&root, "/api/v1/persons", json!({ "login": "mary", "organisation": "acme" })).await;
    let rita = bench.person("rita").await.header("if-match", "*");
    assert_eq!(rita.patch("/api/v1/persons/mary", json!({ "email": "m@example.test" })).await.status, 200);
    // One right elsewhere, and rita neither sees it nor touches mary.
    assert_eq!(
        root.post("/api/v1/accounts/bob/members", json!({ "login": "mary", "role": "read-only" }))
            .await
            .status,
        201
    );
    assert_eq!(rita.get("/api/v1/persons/mary").await.json["roles"], json!([]));
    let edit = rita.patch("/api/v1/persons/mary", json!({ "password": "correct horse battery" })).await;
    let (suspend, delete) = (
        rita.post("/api/v1/persons/mary/suspend", json!({})).await,
        rita.delete("/api/v1/persons/mary").await,
    );
    for refused in [edit, suspend, delete] {
        assert_eq!(code(&refused), (403, "forbidden"), "{}", refused.text);
    }
    assert_eq!(rita.get("/api/v1/persons/admin").await.status, 404);
    assert_eq!(rita.get("/api/v1/persons/nobody").await.status, 404);
    let list = rita.get("/api/v1/persons").await.json;
    let logins: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|p| p["login"].as_str().unwrap()).collect();
    assert_eq!(logins, ["mary", "rita"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_used_again_inherits_nothing() {
    const TOKEN: store::Statement = store::Statement::new(
        "INSERT INTO token (id, person_id, name, token_hash, created_at)
         SELECT '01935b2e-7a4d-7c3e-8f10-0123456789ab', id, 'x', 'x', 0 FROM person WHERE login = 'mary'",
    );
    let bench = Bench::new().await;
    let root = bench.root();
    organisation(&root, "acme", "root", "reseller").await;
    bench.account_in("root", "bob").await;
    bench.account_in("acme", "alice").await;
    let first = made(&root, "/api/v1/persons", json!({ "login": "mary" })).await;
    member(&root, "organisations/acme", "rita", "reseller").await;
    assert_eq!(
        root.post("/api/v1/accounts/bob/members", json!({ "login": "mary", "role": "developer" }))
            .await
            .status,
        201
    );
    // alice, who does not know mary, invites her
    let invited = bench
        .person("alice")
        .await
        .post("/api/v1/accounts/alice/members", json!({ "login": "mary", "role": "developer" }))
        .await;
    assert_eq!(invited.json["state"], "invited", "{}", invited.text);
    let session = bench.person("mary").await;
    let link = made(&root, "/api/v1/login-links", json!({ "login": "mary" })).await.json["token"].clone();
    bench.parts.panel.store().write(async |tx: &mut store::WriteTx| tx.execute(TOKEN).await).await.unwrap();
    assert_eq!(root.delete("/api/v1/persons/mary").await.status, 204);
    assert_eq!(session.get("/api/v1/me").await.status, 401);

    let second = made(&root, "/api/v1/persons", json!({ "login": "mary" })).await;
    assert_ne!(first.json["id"], second.json["id"]);
    assert_eq!(session.get("/api/v1/me").await.status, 401, "the old session");
    for old in [&link, &first.json["link"]["token"]] {
        assert_eq!(by_link(&bench, old).await.status, 401, "the old links");
    }
    let mary = bench.person("mary").await;
    assert_eq!(mary.get("/api/v1/me").await.json["roles"], json!([]));
    assert_eq!(mary.get("/api/v1/accounts").await.json["items"], json!([]));
    assert_eq!(mary.get("/api/v1/invitations").await.json["items"], json!([]), "the old invitation");
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM token").await, 0, "the old token");
    // An account's people go with it, so the next account of this name finds nobody.
    let dev = bench.person("alice").await;
    member(&dev, "accounts/alice", "dev", "developer").await;
    assert_eq!(root.get("/api/v1/persons/dev@alice").await.status, 200);
    let gone = bench.waiting().delete("/api/v1/accounts/alice").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(root.get("/api/v1/persons/dev@alice").await.status, 404);
    assert_eq!(root.get("/api/v1/persons/alice").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_invites_without_learning_who_there_is() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    let alice = bench.person("alice").await;
    let path = "/api/v1/accounts/alice/members";
    let invite =
        async |login: &str, role: &str| alice.post(path, json!({ "login": login, "role": role })).await;
    let (there, not_there) = (invite("bob", "developer").await, invite("nobody", "developer").await);
    let without = |answer: &Answer, login: &str| {
        let mut json = answer.json.clone();
        for field in ["since", "invited_until"] {
            json[field] = Value::Null;
        }
        (answer.status.as_u16(), json.to_string().replace(login, "LOGIN"))
    };
    assert_eq!(without(&there, "bob"), without(&not_there, "nobody"));
    assert_eq!((there.status.as_u16(), &there.json["state"]), (201, &json!("invited")), "{}", there.text);
    let billing = invite("bob", "billing").await;
    assert_eq!(code(&billing), (403, "forbidden"), "more than an owner holds: {}", billing.text);

    // bob sees it, and takes it; nobody else can.
    let bob = bench.person("bob").await;
    assert_eq!(bob.get("/api/v1/accounts/alice").await.status, 404, "not before");
    let list = bob.get("/api/v1/invitations").await.json;
    let (id, by) = (list["items"][0]["id"].as_str().unwrap(), &list["items"][0]["invited_by"]);
    assert_eq!(by, "alice");
    let accept = format!("/api/v1/invitations/{id}/accept");
    assert_eq!(alice.post(&accept, json!({})).await.status, 404);
    assert_eq!(bob.post(&accept, json!({})).await.status, 200);
    assert_eq!(bob.post(&accept, json!({})).await.status, 404, "once");
    assert_eq!(bob.get("/api/v1/accounts/alice").await.status, 200);
    assert_eq!(bob.get(path).await.status, 403, "a developer sees no members");

    // What is offered by somebody who lost the right to give it is void.
    assert_eq!(invite("bob", "mail-manager").await.status, 201, "bob is known here now");
    bench.account("carl").await;
    assert_eq!(invite("carl", "owner").await.json["state"], "invited");
    let carl = bench.person("carl").await;
    let list = carl.get("/api/v1/invitations").await.json;
    let accept = format!("/api/v1/invitations/{}/accept", list["items"][0]["id"].as_str().unwrap());
    assert_eq!(bench.root().post("/api/v1/accounts/alice/suspend", json!({})).await.status, 202);
    assert_eq!(code(&carl.post(&accept, json!({})).await), (409, "invitation_void"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_comes_in_by_a_link_once_and_goes_with_the_role() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let alice = bench.person("alice").await;
    let path = "/api/v1/accounts/alice/members";
    let foreign = alice.post(path, json!({ "login": "dev@bob", "role": "developer", "new": true })).await;
    assert_eq!(code(&foreign), (422, "login_foreign"), "{}", foreign.text);
    let dev = member(&alice, "accounts/alice", "dev", "developer").await;
    assert_eq!(
        (&dev.json["login"], &dev.json["state"]),
        (&json!("dev@alice"), &json!("new")),
        "{}",
        dev.text
    );
    let token = &dev.json["link"]["token"];
    assert_eq!(by_link(&bench, token).await.status, 201);
    assert_eq!(by_link(&bench, token).await.status, 401, "once");
    let signed_in = bench.person("dev@alice").await;
    assert_eq!(signed_in.get("/api/v1/accounts/alice").await.status, 200);
    assert_eq!(signed_in.post(path, json!({ "login": "another", "role": "developer" })).await.status, 403);
    assert_eq!(signed_in.delete(&format!("{path}/alice")).await.status, 403);

    let last = alice.delete(&format!("{path}/alice")).await;
    assert_eq!(code(&last), (409, "last_owner"), "{}", last.text);
    assert_eq!(alice.delete(&format!("{path}/nobody")).await.status, 404);
    assert_eq!(alice.delete(&format!("{path}/dev@alice")).await.status, 204);
    assert_eq!(signed_in.get("/api/v1/me").await.status, 401, "gone, with the person");
    assert_eq!(bench.root().get("/api/v1/persons/dev@alice").await.status, 404);
    // A link that was not used is revoked with its person.
    let late = member(&alice, "accounts/alice", "late", "developer").await;
    assert_eq!(alice.delete(&format!("{path}/late@alice")).await.status, 204);
    assert_eq!(by_link(&bench, &late.json["link"]["token"]).await.status, 401);
    // Whoever rules over accounts may leave one without an owner.
    assert_eq!(bench.root().delete(&format!("{path}/alice")).await.status, 204);
}

/// A page is chosen from what tells the rights: each account once, however many roles reach it, in the order of names, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_accounts_shows_each_once_in_order_page_by_page() {
    let bench = Bench::new().await;
    let root = bench.root();
    organisation(&root, "acme", "root", "reseller").await;
    organisation(&root, "shop", "acme", "client").await;
    organisation(&root, "other", "root", "client").await;
    for (organisation, account) in
        [("shop", "dora"), ("acme", "bert"), ("other", "anna"), ("shop", "cleo"), ("other", "emil")]
    {
        bench.account_in(organisation, account).await;
    }
    member(&root, "organisations/acme", "rita", "reseller").await;
    for (place, role) in
        [("organisations/shop", "read-only"), ("accounts/dora", "developer"), ("accounts/emil", "developer")]
    {
        let body = json!({ "login": "rita", "role": role });
        made(&root, &format!("/api/v1/{place}/members"), body).await;
    }
    let names = |answer: &Answer| -> Vec<String> {
        let items = answer.json["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let token = bench.token("rita", json!({ "name": "look", "read_only": true })).await;
    let bound =
        bench.token("rita", json!({ "name": "shop", "read_only": true, "organisations": ["shop"] })).await;
    for (client, wanted) in [
        (bench.root(), vec!["anna", "bert", "cleo", "dora", "emil"]),
        (bench.person("rita").await, vec!["bert", "cleo", "dora", "emil"]),
        (bench.with_token(&token), vec!["bert", "cleo", "dora", "emil"]),
        (bench.with_token(&bound), vec!["cleo", "dora"]),
        (bench.person("anna").await, vec!["anna"]),
    ] {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = client.get(&format!("/api/v1/accounts?limit=2{after}")).await;
            all.extend(names(&page));
            match page.json["next_cursor"].as_str() {
                Some(next) => after = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, wanted);
        let part = client.get("/api/v1/accounts?q=e").await;
        let with_e: Vec<_> = wanted.iter().filter(|name| name.contains('e')).copied().collect();
        assert_eq!(names(&part), with_e, "{}", part.text);
    }
    let suspended =
        bench.waiting().post("/api/v1/organisations/acme/suspend", json!({ "accounts": true })).await;
    assert_eq!(suspended.status, 200, "{}", suspended.text);
    assert_eq!(names(&bench.person("rita").await.get("/api/v1/accounts").await), ["emil"]);
}
