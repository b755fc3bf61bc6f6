//! Which names nobody gets, and which not without an administrator's word.

use api_kit::testing::{Answer, Client};
use serde_json::{Value, json};

use crate::bench::Bench;

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    bench
}

async fn asks(client: &Client, account: &str, name: &str) -> Answer {
    client.post("/api/v1/sites", json!({ "account": account, "name": name, "php": null })).await
}

fn code(answer: &Answer) -> Value {
    if answer.status == 202 { json!("taken") } else { answer.json["errors"][0]["code"].clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_below_or_above_another_account_s_is_refused() {
    let bench = bench().await;
    bench.site("bob", "example.org").await;
    bench.site("bob", "shop.example.com").await;
    let alice = bench.person("alice").await;
    for name in [
        "example.org",
        "www.example.org",
        "a.b.example.org",
        "shop.example.com",
        "x.shop.example.com",
        "example.com",
    ] {
        let refused = asks(&alice, "alice", name).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
        let wanted = if ["example.org", "shop.example.com"].contains(&name) {
            "name_taken"
        } else {
            "name_of_another"
        };
        assert_eq!(
            (code(&refused), &refused.json["errors"][0]["pointer"]),
            (json!(wanted), &json!("/name")),
            "{name}"
        );
    }
    // as a further name, too, and in an edit
    assert_eq!(asks(&alice, "alice", "alice.example.net").await.status, 202);
    let edit = alice
        .clone()
        .header("if-match", "*")
        .patch("/api/v1/sites/alice.example.net", json!({ "aliases": ["a.example.org"] }))
        .await;
    assert_eq!(
        (code(&edit), &edit.json["errors"][0]["pointer"]),
        (json!("name_of_another"), &json!("/aliases/0"))
    );
    // what stands beside another's is for an administrator to approve, as any other name
    for name in ["www.example.com", "example.org.example.net", "notexample.org"] {
        let asked = asks(&alice, "alice", name).await;
        assert_eq!(
            (asked.status.as_u16(), &asked.json["pending_names"]),
            (202, &json!([name])),
            "{}",
            asked.text
        );
    }
    // a pending name keeps nobody away
    assert_eq!(
        asks(&bench.person("bob").await, "bob", "below.alice.example.net").await.json["pending_names"],
        json!(["below.alice.example.net"])
    );
    // an administrator of both decides; and what lies nearest counts
    assert_eq!(asks(&bench.root(), "alice", "alice.example.org").await.status, 202);
    let below = asks(&alice, "alice", "blog.alice.example.org").await;
    assert_eq!((below.status.as_u16(), &below.json["pending_names"]), (202, &json!([])), "{}", below.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_of_panel_and_server_are_no_tenant_s() {
    let bench = bench().await;
    let set =
        bench.root().put("/api/v1/settings/panel.hostname", json!({ "value": "panel.hoster.example" })).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let alice = bench.person("alice").await;
    let reserved = [
        "panel.hoster.example",
        "www.panel.hoster.example",
        "hoster.example",
        "mail.hoster.example",
        "ns1.hoster.example",
        "autodiscover.hoster.example",
        "server1.example.test",
        "mail.server1.example.test",
        "ns2.example.test",
        "example.test",
    ];
    for name in reserved {
        assert_eq!(code(&asks(&alice, "alice", name).await), json!("name_reserved"), "{name}");
    }
    for name in ["mail.example.net", "ns1.example.net", "shop.hoster.example", "mail.shop.hoster.example.net"]
    {
        assert_eq!(code(&asks(&alice, "alice", name).await), json!("taken"), "{name}");
    }
    for name in ["panel.hoster.example", "server1.example.test"] {
        assert_eq!(code(&asks(&bench.root(), "alice", name).await), json!("name_reserved"), "{name}");
    }
    for name in ["hoster.example", "mail.hoster.example"] {
        assert_eq!(code(&asks(&bench.root(), "alice", name).await), json!("taken"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_under_which_others_register_theirs_are_no_site_s() {
    let bench = bench().await;
    for name in ["com", "co.uk", "github.io", "org", "xn--p1ai"] {
        let refused = asks(&bench.root(), "alice", name).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
        assert!(
            ["domain_public_suffix", "domain_single_label"].contains(&code(&refused).as_str().unwrap()),
            "{}",
            refused.text
        );
    }
    for name in ["alice.co.uk", "alice.github.io"] {
        assert_eq!(asks(&bench.root(), "alice", name).await.status, 202, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_given_up_a_moment_ago_is_nobody_s() {
    let bench = bench().await;
    bench.site("bob", "www.example.org").await;
    bench.site("bob", "old.example.net").await;
    let (alice, bob) = (bench.person("alice").await, bench.person("bob").await);
    let gone = bench.waiting().delete("/api/v1/sites/www.example.org").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    let renamed = bench
        .waiting()
        .header("if-match", "*")
        .patch("/api/v1/sites/old.example.net", json!({ "name": "new.example.net" }))
        .await;
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    for name in ["www.example.org", "old.example.net"] {
        let refused = asks(&alice, "alice", name).await;
        assert_eq!(
            (refused.status.as_u16(), code(&refused)),
            (422, json!("name_cooling")),
            "{name}: {}",
            refused.text
        );
    }
    // whoever had it may have it again
    assert_eq!(asks(&bob, "bob", "www.example.org").await.status, 202);
    // an administrator may pass; so may everybody when the time is over
    assert_eq!(asks(&bench.root(), "alice", "old.example.net").await.status, 202);
    bench.site("bob", "then.example.com").await;
    assert_eq!(bench.waiting().delete("/api/v1/sites/then.example.com").await.status, 204);
    assert_eq!(code(&asks(&alice, "alice", "then.example.com").await), json!("name_cooling"));
    bench.execute("UPDATE name_left SET left_at = left_at - 604800000000").await;
    assert_eq!(
        asks(&alice, "alice", "then.example.com").await.json["pending_names"],
        json!(["then.example.com"])
    );
    // and an installation may do without
    bench.site("bob", "quick.example.com").await;
    let set = bench.root().put("/api/v1/settings/names.cool_down_days", json!({ "value": 0 })).await;
    assert_eq!(set.status, 200, "{}", set.text);
    assert_eq!(bench.waiting().delete("/api/v1/sites/quick.example.com").await.status, 204);
    assert_eq!(asks(&alice, "alice", "quick.example.com").await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_never_approved_leaves_nothing_behind() {
    let bench = bench().await;
    let (alice, bob) = (bench.person("alice").await, bench.person("bob").await);
    let made = asks(&bob, "bob", "www.example.org").await;
    assert_eq!(made.status, 202, "{}", made.text);
    let gone = bob.clone().header("prefer", "wait=20").delete("/api/v1/sites/www.example.org").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(
        asks(&alice, "alice", "www.example.org").await.json["pending_names"],
        json!(["www.example.org"])
    );
}
