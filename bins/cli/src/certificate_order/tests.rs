//! How the getting of a certificate is told.

use serde_json::json;

use super::rows;
use crate::testing::{Answer, FakePanel};

const ID: &str = "01935b2e-7a4d-7c3e-8f10-0123456789ab";

#[test]
fn a_name_that_is_left_out_is_told_with_the_authoritys_words_and_the_remedy() {
    let left = json!({ "name": "b.example", "reason": "authority_dns", "detail": "no address", "remedy": "Add one.",
                       "retry_at": "2026-03-01T12:00:00.000000Z" });
    let certificate = json!({ "order": { "state": "issued", "authority": "letsencrypt", "job": null, "left_out": [left], "error": null,
                              "remedy": null, "failures": 0, "renew_at": "2026-03-01T12:00:00.000000Z", "renew_because": "names" } });
    let rows = rows(&certificate);
    let of =
        |title: &str| rows.iter().find(|(known, _)| *known == title).map(|(_, text)| text.clone()).unwrap();
    assert!(
        of("left out").starts_with("b.example: no address Add one. Asked for again 2026-03-01"),
        "{}",
        of("left out")
    );
    assert!(of("next order").ends_with(", for the names that it lacks"));
    assert_eq!((of("order").as_str(), of("failures in a row").as_str()), ("issued", ""));
}

#[test]
fn of_one_that_was_brought_there_is_nothing_to_tell() {
    assert!(rows(&json!({ "order": null })).iter().all(|(_, text)| text.is_empty()));
}

#[tokio::test]
async fn a_renewal_is_a_job() {
    let job = json!({ "id": ID, "kind": "certificate.order", "object": { "kind": "certificate", "id": ID, "name": "a.example" },
                      "state": "queued", "steps": [] });
    let panel =
        FakePanel::start([(format!("POST /certificates/{ID}/renew").as_str(), Answer::json(202, &job))]);
    let ran = panel.run(&["certificate", "renew", ID, "--no-follow", "--json"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("certificate.order"), "{}", ran.out);
}
