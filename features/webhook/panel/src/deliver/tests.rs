use std::time::Duration;

use egress_spec::errors;
use names::OrganisationId;
use serde_json::Value;
use store::Statement;

use super::*;
use crate::attempt::Receiver;
use crate::rules::EditWebhook;
use crate::store::webhook::{Webhook, WebhookKey};
use crate::testing::{Bench, Reply};

/// What goes on beside the requests; ends with the test.
struct Running(tokio::task::JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn run(bench: &Bench) -> Running {
    Running(tokio::spawn(deliver(bench.state.clone())))
}

fn bodies(calls: &[egress_spec::Fetch]) -> Vec<Value> {
    calls.iter().map(|call| serde_json::from_slice(&call.body.0).unwrap()).collect()
}

fn names_of(calls: &[egress_spec::Fetch]) -> Vec<String> {
    bodies(calls).iter().map(|body| body["data"]["params"]["name"].as_str().unwrap().to_owned()).collect()
}

fn header(call: &egress_spec::Fetch, name: &str) -> String {
    call.headers.iter().find(|header| header.name == name).unwrap().value.clone()
}

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), crate::STATEMENTS).await;
}

#[tokio::test]
async fn events_arrive_signed_and_in_their_order() {
    let bench = Bench::new().await;
    let (webhook, key) = bench.webhook("hook", None).await;
    let _running = run(&bench);
    for n in 0..20 {
        bench.happened(Code::Ready, &format!("site{n}"), None).await;
    }
    let calls = bench.arrived("hook", 21).await;
    // the first is the webhook's own making
    let expected: Vec<String> =
        std::iter::once("hook".to_owned()).chain((0..20).map(|n| format!("site{n}"))).collect();
    assert_eq!(names_of(&calls), expected);
    for call in &calls {
        let body = String::from_utf8(call.body.0.clone()).unwrap();
        let signed = key.sign(&[&header(call, "webhook-id"), &header(call, "webhook-timestamp"), &body]);
        assert_eq!(header(call, "webhook-signature"), format!("v1,{signed}"));
    }
    let messages = bench.until(&webhook, |all| all.iter().all(|one| one.state == "delivered")).await;
    assert!(messages.iter().all(|one| one.attempts == 1 && one.last_status == Some(204)), "{messages:#?}");
}

#[tokio::test]
async fn what_was_under_way_when_the_panel_died_goes_again() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    bench.replies("hook", &[Reply::Late]);
    let running = run(&bench);
    bench.happened(Code::Ready, "a", None).await;
    let first = bench.arrived("hook", 1).await;
    drop(running);
    bench.happened(Code::Ready, "b", None).await;
    let _running = run(&bench);
    let calls = bench.arrived("hook", 3).await;
    assert_eq!(names_of(&calls), ["a", "a", "b"]);
    assert_eq!(header(&calls[1], "webhook-id"), header(&first[0], "webhook-id"), "a receiver knows it again");
    bench.until(&webhook, |all| all.len() == 2 && all.iter().all(|one| one.state == "delivered")).await;
}

#[tokio::test]
async fn a_receiver_that_is_slow_delays_no_other() {
    let bench = Bench::new().await;
    let (slow, _) = bench.webhook("slow", Some(&[Code::Ready])).await;
    bench.webhook("quick", Some(&[Code::Ready])).await;
    bench.replies("slow", &[Reply::Late]);
    let _running = run(&bench);
    for n in 0..5 {
        bench.happened(Code::Ready, &format!("site{n}"), None).await;
    }
    assert_eq!(bench.arrived("quick", 5).await.len(), 5);
    assert_eq!(bench.calls("slow").len(), 1, "one message at a time");
    bench.let_go();
    assert_eq!(names_of(&bench.arrived("slow", 5).await), ["site0", "site1", "site2", "site3", "site4"]);
    bench.until(&slow, |all| all.iter().all(|one| one.state == "delivered")).await;
}

#[tokio::test]
async fn only_what_is_asked_for_is_told_and_nothing_of_before() {
    let bench = Bench::new().await;
    bench.happened(Code::Failed, "before", None).await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Failed, Code::Degraded])).await;
    for &code in Code::ALL {
        bench.happened(code, code.as_str(), None).await;
    }
    bench.fill().await;
    let codes: Vec<String> = bench.messages(&webhook).await.into_iter().map(|one| one.code).collect();
    assert_eq!(codes, ["object.degraded", "object.failed"]);
}

#[tokio::test]
async fn an_event_that_repeats_is_one_message_that_waits() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Waiting])).await;
    for _ in 0..3 {
        bench.happened(Code::Waiting, "flapping", None).await;
        bench.fill().await;
    }
    let messages = bench.messages(&webhook).await;
    assert_eq!(messages.len(), 1, "{messages:#?}");
    assert_eq!(messages[0].body["data"]["count"], 3);
    let running = run(&bench);
    bench.until(&webhook, |all| all[0].state == "delivered").await;
    drop(running);
    for _ in 0..3 {
        bench.happened(Code::Waiting, "flapping", None).await;
        bench.fill().await;
    }
    let messages = bench.messages(&webhook).await;
    assert_eq!((messages.len(), &messages[1].body["data"]["count"]), (2, &Value::from(6)));
    let waits = messages[1].next_attempt_at.unwrap().since(Micros::now());
    assert!(waits > Duration::from_secs(50), "{waits:?}");
}

const BRANCH: &str = "00000000-0000-7000-8000-0000000000b1";

#[tokio::test]
async fn an_organisation_is_told_of_its_own_tree_alone() {
    let bench = Bench::new().await;
    let (_, own) = bench.store.add_account("own").await;
    let (_, below) = bench.store.add_account("below").await;
    let (_, other) = bench.store.add_account("other").await;
    let (webhook, _) = bench.webhook("hook", None).await;
    let set = [
        Statement::new("INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, '00000000-0000-7000-8000-000000000001', 'b1', 'reseller', 1)").bind(BRANCH),
        Statement::new("INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ('00000000-0000-7000-8000-0000000000b2', $1, 'b2', 'client', 1)").bind(BRANCH),
        Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0)").bind(BRANCH),
        Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ('00000000-0000-7000-8000-0000000000b2', $1, 1)").bind(BRANCH),
        Statement::new("UPDATE account SET organisation_id = $1 WHERE name = 'own'").bind(BRANCH),
        Statement::new("UPDATE account SET organisation_id = $1 WHERE name = 'below'").bind("00000000-0000-7000-8000-0000000000b2"),
        Statement::new("UPDATE webhook SET organisation_id = $1").bind(BRANCH.parse::<OrganisationId>().unwrap()),
    ];
    for statement in set {
        let write = async |tx: &mut WriteTx| tx.execute(statement.clone()).await;
        bench.store.write::<_, StoreError, _>(write).await.unwrap();
    }
    for (name, account) in
        [("own", Some(own)), ("other", Some(other)), ("below", Some(below)), ("nobody's", None)]
    {
        bench.happened(Code::Ready, name, account).await;
    }
    bench.fill().await;
    let told: Vec<Value> =
        bench.messages(&webhook).await.iter().map(|one| one.body["data"]["params"]["name"].clone()).collect();
    assert_eq!(told, ["own", "below"]);
}

#[tokio::test]
async fn while_its_organisation_is_suspended_nothing_is_sent_and_then_all_of_it_in_order() {
    let bench = Bench::new().await;
    let (_, own) = bench.store.add_account("own").await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    bench.replies("hook", &[Reply::Status(500)]);
    let set = [
        Statement::new("INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, '00000000-0000-7000-8000-000000000001', 'b1', 'reseller', 1)").bind(BRANCH),
        Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0)").bind(BRANCH),
        Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, '00000000-0000-7000-8000-000000000001', 1)").bind(BRANCH),
        Statement::new("UPDATE account SET organisation_id = $1").bind(BRANCH),
        Statement::new("UPDATE webhook SET organisation_id = $1").bind(BRANCH),
    ];
    let execute = async |statement: store::Bound| {
        let write = async |tx: &mut WriteTx| tx.execute(statement.clone()).await;
        bench.store.write::<_, StoreError, _>(write).await.unwrap();
    };
    for statement in set {
        execute(statement).await;
    }
    // the first waits for another try when the organisation is suspended
    bench.happened(Code::Ready, "a", Some(own)).await;
    let running = run(&bench);
    bench.until(&webhook, |all| all.first().is_some_and(|one| one.attempts == 1)).await;
    drop(running);
    assert!(bench.now(&webhook).await.failing_since.is_some());
    execute(Statement::new("UPDATE organisation SET suspended = 1 WHERE id = $1").bind(BRANCH)).await;
    let due = "UPDATE webhook_delivery SET next_attempt_at = 1";
    execute(Statement::new(due).into()).await;
    let _running = run(&bench);
    for name in ["b", "c"] {
        bench.happened(Code::Ready, name, Some(own)).await;
    }
    // one that is not paused hears of it, so that the loop has passed by the one that is
    let (_, _) = bench.webhook("other", Some(&[Code::Ready])).await;
    bench.happened(Code::Ready, "d", Some(own)).await;
    bench.arrived("other", 1).await;
    let paused = bench.now(&webhook).await;
    assert!(paused.paused && paused.failing_since.is_none(), "who is paused is not away: {paused:?}");
    assert_eq!((bench.messages(&webhook).await.len(), bench.calls("hook").len()), (1, 1));
    execute(Statement::new("UPDATE organisation SET suspended = 0 WHERE id = $1").bind(BRANCH)).await;
    bench.state.panel.events_written();
    assert_eq!(names_of(&bench.arrived("hook", 5).await), ["a", "a", "b", "c", "d"]);
    bench.until(&webhook, |all| all.len() == 4 && all.iter().all(|one| one.state == "delivered")).await;
}

#[tokio::test]
async fn what_waits_for_one_webhook_is_bounded_and_the_oldest_are_given_up() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    for name in ["a", "b", "c", "d", "e"] {
        bench.happened(Code::Ready, name, None).await;
    }
    bench.fill().await;
    let bound = async |most: i64| {
        let write =
            async |tx: &mut WriteTx| delivery::unscoped::bound(tx, webhook.id, most, Micros::now()).await;
        bench.store.write(write).await.unwrap();
        let states = bench.messages(&webhook).await.into_iter().map(|one| one.state);
        states.collect::<Vec<_>>()
    };
    assert!(bound(5).await.iter().all(|state| state == "pending"));
    assert_eq!(bound(2).await, ["dead", "dead", "dead", "pending", "pending"]);
    let first = bench.messages(&webhook).await.remove(0);
    assert_eq!(first.last_error.as_deref(), Some("more than 2 messages waited"));
    assert!(first.ended_at.is_some() && first.next_attempt_at.is_none(), "{first:?}");
}

/// Sends the webhook's oldest message "now", by the panel's own way of writing down what came of it.
async fn attempt_at(bench: &Bench, webhook: &Webhook, outcome: &Outcome, now: Micros) -> bool {
    let write = async |tx: &mut WriteTx| -> Result<bool, StoreError> {
        let row = webhook::unscoped::find(tx, webhook.id).await?.unwrap();
        let message = delivery::unscoped::due(tx, webhook.id, now).await?.expect("a message that is due");
        Ok(record(tx, &row, &message, outcome, TRIES, now).await?.1)
    };
    bench.store.write(write).await.unwrap()
}

fn failed() -> Outcome {
    Outcome::Failed { status: Some(500), reason: "it answered 500".to_owned() }
}

#[tokio::test]
async fn eight_tries_make_a_dead_letter_that_can_be_sent_again_or_dropped() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    bench.happened(Code::Ready, "a", None).await;
    bench.fill().await;
    let mut now = Micros::now();
    for tries in 1..=8 {
        attempt_at(&bench, &webhook, &failed(), now).await;
        let message = bench.messages(&webhook).await.remove(0);
        assert_eq!(message.attempts, tries);
        assert_eq!(message.state, if tries == 8 { "dead" } else { "pending" });
        now = message.next_attempt_at.unwrap_or(now);
    }
    let message = bench.messages(&webhook).await.remove(0);
    assert_eq!((message.last_status, message.last_error.as_deref()), (Some(500), Some("it answered 500")));
    let managed = bench.managed(&webhook).await;
    let again = async |tx: &mut WriteTx| delivery::redeliver(tx, &managed, None, Micros::now()).await;
    assert_eq!(bench.store.write(again).await.unwrap(), 1);
    assert_eq!(bench.messages(&webhook).await[0].state, "pending");
    attempt_at(&bench, &webhook, &Outcome::Gone, Micros::now()).await;
    assert_eq!(bench.messages(&webhook).await[0].state, "dead", "gone for good needs no second try");
    let dropped = async |tx: &mut WriteTx| delivery::drop_dead(tx, &managed, None).await;
    assert_eq!(bench.store.write(dropped).await.unwrap(), 1);
    assert!(bench.messages(&webhook).await.is_empty());
}

#[tokio::test]
async fn when_a_receiver_is_back_all_that_waits_goes_at_once() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    for name in ["a", "b", "c", "d"] {
        bench.happened(Code::Ready, name, None).await;
    }
    bench.fill().await;
    let now = Micros::now();
    for _ in 0..3 {
        attempt_at(&bench, &webhook, &failed(), now).await;
    }
    assert_eq!(bench.now(&webhook).await.failures, 3);
    attempt_at(&bench, &webhook, &Outcome::Taken { status: 200, micros: 1 }, now).await;
    assert_eq!(bench.now(&webhook).await.failures, 0);
    let waiting = bench.messages(&webhook).await;
    assert!(
        waiting[..3].iter().all(|one| one.state == "pending" && one.next_attempt_at == Some(now)),
        "{waiting:#?}"
    );
    let _running = run(&bench);
    assert_eq!(names_of(&bench.arrived("hook", 3).await), ["a", "b", "c"]);
}

#[tokio::test]
async fn after_a_failure_nothing_is_sent_for_a_while_and_the_reason_is_kept() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    bench.replies("hook", &[Reply::Refused(errors::FORBIDDEN), Reply::Status(503)]);
    let _running = run(&bench);
    for name in ["a", "b"] {
        bench.happened(Code::Ready, name, None).await;
    }
    let messages = bench.until(&webhook, |all| all.len() == 2 && all[0].attempts == 1).await;
    assert_eq!(messages[0].last_error.as_deref(), Some("hook.example.test says no"));
    assert_eq!((messages[0].state.as_str(), messages[1].attempts), ("pending", 0));
    // the pause is over by itself; the second goes while the first waits for its own turn
    assert_eq!(names_of(&bench.arrived("hook", 2).await), ["a", "b"]);
    let messages = bench.until(&webhook, |all| all[1].attempts == 1).await;
    assert_eq!(
        (messages[1].last_status, messages[1].last_error.as_deref()),
        (Some(503), Some("it answered 503"))
    );
}

#[tokio::test]
async fn a_receiver_that_is_away_for_days_is_given_up_and_an_event_says_so() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    for name in ["a", "b"] {
        bench.happened(Code::Ready, name, None).await;
    }
    bench.fill().await;
    let now = Micros::now();
    assert!(!attempt_at(&bench, &webhook, &failed(), now).await);
    assert!(bench.now(&webhook).await.enabled);
    assert!(attempt_at(&bench, &webhook, &failed(), now.plus(schedule::GIVEN_UP)).await);
    let given_up = bench.now(&webhook).await;
    assert_eq!((given_up.enabled, given_up.disabled_reason.as_deref()), (false, Some("unreachable")));
    let away = async |tx: &mut Tx| crate::away(tx, Micros::now()).await;
    assert_eq!(bench.store.read(away).await.unwrap(), ["hook"], "the doctor names it");
    let last = async |tx: &mut Tx| event::latest(tx, &auth::TenantScope::All, 1).await;
    let last = bench.store.read(last).await.unwrap().remove(0);
    assert_eq!((last.code.as_str(), last.severity.as_str()), ("webhook.disabled", "error"));
    // one that is enabled again is told of what happens from then on
    bench.happened(Code::Ready, "meanwhile", None).await;
    let edit = EditWebhook { enabled: Some(true), ..EditWebhook::default() };
    let key = WebhookKey::Id(webhook.id);
    let write = async |tx: &mut WriteTx| bench.act().edit(tx, &key, &edit).await;
    let again = bench.store.write(write).await.unwrap();
    assert_eq!((again.enabled, again.failures, again.disabled_reason), (true, 0, None));
    bench.happened(Code::Ready, "after", None).await;
    bench.fill().await;
    let told: Vec<Value> =
        bench.messages(&webhook).await.iter().map(|one| one.body["data"]["params"]["name"].clone()).collect();
    assert_eq!(told, ["a", "b", "after"]);
}

#[tokio::test]
async fn without_egress_no_try_is_counted() {
    let bench = Bench::new().await;
    let (webhook, key) = bench.webhook("hook", Some(&[Code::Ready])).await;
    bench.happened(Code::Ready, "a", None).await;
    bench.fill().await;
    let egress = wire::Peer::new("/nowhere");
    let to = Receiver { url: webhook.url.clone(), keys: vec![key] };
    let outcome = attempt::send(&egress, &to, names::DeliveryId::new(), "{}", Micros::now()).await;
    assert!(matches!(outcome, Outcome::NoEgress(_)), "{outcome:?}");
    attempt_at(&bench, &webhook, &outcome, Micros::now()).await;
    assert_eq!(bench.messages(&webhook).await[0].attempts, 0);
    assert_eq!(bench.now(&webhook).await.failures, 0);
}

#[tokio::test]
async fn nothing_is_sent_without_a_signature() {
    let bench = Bench::new().await;
    let (webhook, _) = bench.webhook("hook", Some(&[Code::Ready])).await;
    let spoil = Statement::new("UPDATE webhook SET secret = 'spoilt'");
    bench.store.write::<_, StoreError, _>(async |tx: &mut WriteTx| tx.execute(spoil).await).await.unwrap();
    bench.happened(Code::Ready, "a", None).await;
    let _running = run(&bench);
    let messages = bench.until(&webhook, |all| all.first().is_some_and(|one| one.attempts == 1)).await;
    assert_eq!(messages[0].last_error.as_deref(), Some("its secret cannot be read: make a new one"));
    assert!(bench.calls("hook").is_empty());
}

#[tokio::test]
async fn both_keys_sign_for_a_day_after_a_rotation() {
    let bench = Bench::new().await;
    let (webhook, old) = bench.webhook("hook", None).await;
    let new = crate::secret::Key::generate().unwrap();
    let key = WebhookKey::Id(webhook.id);
    let write = async |tx: &mut WriteTx| bench.act().rotate(tx, &key, &new).await;
    bench.store.write(write).await.unwrap();
    let read = async |tx: &mut Tx| webhook::unscoped::find(tx, webhook.id).await;
    let row = bench.store.read::<_, StoreError, _>(read).await.unwrap().unwrap();
    let signs = |at: Micros| {
        row.receiver(&bench.state.seal, at).keys.iter().map(|key| key.sign(&[&"x"])).collect::<Vec<_>>()
    };
    assert_eq!(signs(Micros::now()), [new.sign(&[&"x"]), old.sign(&[&"x"])]);
    assert_eq!(signs(Micros::now().plus(schedule::OLD_KEY)), [new.sign(&[&"x"])]);
}
