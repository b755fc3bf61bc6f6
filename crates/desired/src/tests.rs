//! Tests of the whole crate.

use std::time::Duration;

use auth::TenantScope;
use converge::{Condition, Reason, Status};
use names::{Generation, Micros};
use store::StoreError;
use store::testing::TestStore;

use crate::event::{self, Code, Event};
use crate::{Block, Key};

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), crate::STATEMENTS).await;
}

fn degraded(message: Option<String>) -> Block {
    let generation = Generation::new(1).unwrap();
    Block {
        generation,
        observed_generation: Some(generation),
        spec_digest: None,
        condition: Condition::Degraded,
        reason: Some(Reason::ConfigRefused.as_str().to_owned()),
        message,
        since: Micros::now(),
        attempts: 1,
        next_attempt_at: None,
        deleted_at: None,
        expect_plan: None,
        overwrite: false,
    }
}

#[test]
fn a_long_message_that_was_clipped_is_no_news_when_it_comes_again() {
    let long = format!("{}{}{}", "a".repeat(1500), "b".repeat(1500), "c".repeat(1500));
    let block = degraded(Some(crate::block::clip(&long)));
    let status = |message: &str| Status::not_ready(Condition::Degraded, Reason::ConfigRefused, message);
    assert!(!block.differs(&status(&long)));
    assert!(block.differs(&status(&long.replace('c', "d"))));
}

#[tokio::test]
async fn event_numbers_go_on_after_all_was_forgotten() {
    let store = TestStore::new().await;
    let now = Micros::now();
    let note = async |id: &str| {
        let scope = Key { kind: "site", id: id.to_owned() };
        let event = Event::of(scope, None, Code::Created, id);
        store.write(async |tx| event::note(tx, now, &event).await).await.unwrap();
    };
    for id in ["a", "b", "c"] {
        note(id).await;
    }
    let later = now.plus(Duration::from_hours(1));
    assert_eq!(store.write(async |tx| event::prune(tx, later).await).await.unwrap(), 2);
    note("d").await;
    let read = async |tx: &mut store::Tx| -> Result<_, StoreError> {
        Ok((event::newest(tx).await?, event::after(tx, &TenantScope::All, 3, 10).await?))
    };
    let (newest, after) = store.read(read).await.unwrap();
    assert_eq!((newest, after.len()), (4, 1), "who has read up to 3 sees the next one");
}

#[tokio::test]
async fn a_page_of_events_reads_its_own_alone() {
    let store = TestStore::new().await;
    for statement in
        event::STATEMENTS.iter().filter(|statement| statement.sql().starts_with("SELECT seq, at"))
    {
        let plan = store.plan(*statement).await;
        let walks = |step: &String| step.starts_with("SCAN event") || step.starts_with("SCAN e");
        // The newest of all are read from the end of the table, and no further than the limit.
        let bounded = statement.sql().contains("ORDER BY seq DESC LIMIT $1")
            && !statement.sql().contains("account_id =");
        assert!(bounded || !plan.iter().any(walks), "{}: {plan:#?}", statement.sql());
    }
}
