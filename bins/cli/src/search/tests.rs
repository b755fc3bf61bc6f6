use serde_json::json;

use crate::testing::{Answer, FakePanel};

#[tokio::test]
async fn what_is_found_is_a_table_and_words_are_one_part() {
    let found = json!({ "items": [
        { "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "shop.example.test", "of": "alice" },
        { "kind": "role", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ac", "name": "shopkeeper", "of": null },
    ] });
    let panel = FakePanel::start([
        ("GET /search?q=a%20shop", Answer::json(200, &found)),
        ("GET /search?q=shop&limit=5", Answer::json(200, &json!({ "items": [] }))),
    ]);
    let ran = panel.run(&["search", "a", "shop"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("shop.example.test  alice"), "{}", ran.out);
    assert!(ran.out.contains("shopkeeper"), "{}", ran.out);
    let none = panel.run(&["search", "shop", "--limit", "5"]).await;
    assert_eq!((none.code, none.out.as_str()), (0, ""), "{}", none.err);
}
