//! `/changes`: pages and filters go to the agent as they were asked for, and names come from the database.

use serde_json::json;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn changes_come_in_pages_with_who_made_them_and_one_comes_with_its_differences() {
    let bench = Bench::new().await;
    let list = async |query: &str| {
        let answer = bench.root().get(&format!("/api/v1/changes{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let seqs = answer.json["items"].as_array().unwrap().iter().map(|item| item["seq"].as_u64().unwrap());
        (seqs.collect::<Vec<_>>(), answer.json)
    };
    let (all, page) = list("").await;
    assert_eq!(all, [3, 2, 1]);
    let by: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["by"].clone()).collect();
    assert_eq!(by, ["outside", "agent", "panel"]);
    let asked = &page["items"][2];
    assert_eq!((&asked["actor"], &asked["request_id"]), (&json!("anna"), &json!("r1")));
    let (first, page) = list("?limit=2").await;
    assert_eq!(first, [3, 2]);
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(list(&format!("?limit=2&cursor={next}")).await.0, [1]);
    assert_eq!(list("?by=agent").await.0, [2]);
    assert_eq!(list("?path=maps/3").await.0, [3]);
    assert_eq!(list("?actor=anna&kind=site").await.0, [1]);
    assert_eq!(list("?until=2026-01-01T00:00:00.000002Z").await.0, [1]);
    let one = bench.root().get("/api/v1/changes/1").await;
    assert_eq!(one.json["steps"][0]["diff"], "+line\n", "{}", one.text);
    assert_eq!(bench.root().get("/api/v1/changes/9").await.status, 404);
    for (query, pointer) in [("?by=me", "?by"), ("?since=yesterday", "?since"), ("?kind=", "?kind")] {
        let refused = bench.root().get(&format!("/api/v1/changes{query}")).await;
        assert_eq!((refused.status.as_u16(), &refused.json["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_gone_keeps_its_name_in_what_was_done() {
    let bench = Bench::new().await;
    bench
        .execute(
            "INSERT INTO event (seq, at, last_at, scope_kind, scope_id, account_id, organisation_id, permission, severity, code, params, count)
             SELECT MAX(seq) + 1, 1, 1, 'site', '01935b2e-7a4d-7c3e-8f10-0123456789ab', NULL, NULL, 'event.view', 'info', 'object.removed',
                    '{\"name\":\"gone.example.test\"}', 1 FROM event",
        )
        .await;
    let answer = bench.root().get("/api/v1/changes").await;
    assert_eq!(answer.json["items"][0]["name"], "gone.example.test", "{}", answer.text);
}
