use serde_json::json;

use super::*;

fn event(seq: i64, code: &str, id: &str, reason: Option<&str>) -> Logged {
    let code = desired::event::Code::find(code).unwrap();
    Logged {
        seq,
        at: Micros::new(seq * 10).unwrap(),
        last_at: Micros::new(seq * 10 + 5).unwrap(),
        scope_kind: "site".to_owned(),
        scope_id: id.to_owned(),
        account: None,
        severity: code.severity().to_owned(),
        code: code.as_str().to_owned(),
        params: json!({ "name": format!("{id}.example.test"), "reason": reason }),
        count: 2,
    }
}

#[test]
fn events_about_the_same_are_one_notice() {
    let events = [
        event(9, "object.degraded", "a", Some("edited")),
        event(8, "object.degraded", "b", Some("config_refused")),
        event(7, "object.failed", "c", None),
        event(6, "object.degraded", "d", Some("config_refused")),
        event(5, "object.degraded", "b", Some("config_refused")),
    ];
    let gathered = gather(&events);
    let told: Vec<_> =
        gathered.iter().map(|n| (n.topic, n.code.as_str(), n.severity.as_str(), n.count)).collect();
    assert_eq!(
        told,
        [
            ("drift", "object.degraded", "warning", 2),
            ("objects", "object.degraded", "warning", 6),
            ("objects", "object.failed", "error", 2),
        ]
    );
    let objects: Vec<_> = gathered[1].objects.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(objects, ["b.example.test", "d.example.test"], "each once, the newest first");
    assert_eq!(
        (gathered[1].first_at.as_micros(), gathered[1].last_at.as_micros(), gathered[1].newest),
        (50, 85, 8)
    );
}

#[test]
fn a_notice_names_twenty_objects_and_counts_the_rest() {
    let events: Vec<Logged> =
        (0..50).map(|n| event(100 - n, "object.failed", &format!("s{}", n % 45), None)).collect();
    let notice = gather(&events).remove(0);
    assert_eq!((notice.objects.len(), notice.more, notice.count), (20, 25, 100));
}

#[test]
fn every_loud_code_has_a_topic_of_its_own_or_is_about_an_object() {
    for code in desired::event::Code::ALL.iter().filter(|code| code.severity() != "info") {
        let topic = topic(&event(1, code.as_str(), "a", None));
        assert_eq!(
            topic == "objects",
            code.as_str().starts_with("object.") && code.as_str() != "object.unknown",
            "{code:?}"
        );
    }
}

/// However much happens that calls for nobody, it is not walked.
#[tokio::test]
async fn notices_are_found_by_indexes() {
    let store = store::testing::TestStore::new().await;
    for (statement, indexes) in [
        (ALL, &["event_loud", "event_scope"][..]),
        (GRANTED, &["event_loud_account", "event_loud_organisation", "event_scope"]),
    ] {
        let plan = store.plan(statement).await;
        let of_events: Vec<&String> = plan
            .iter()
            .filter(|step| step.starts_with("SCAN event") || step.starts_with("SCAN e "))
            .collect();
        assert!(of_events.iter().all(|step| step.contains("event_loud")), "{plan:#?}");
        for index in indexes {
            assert!(
                plan.iter().any(|step| format!("{step} ").contains(&format!("INDEX {index} "))),
                "{index}: {plan:#?}"
            );
        }
    }
}
