//! Tests of the whole crate.

use auth::Actor;
use names::AccountId;
use store::testing::{Postgres, TestStore};
use store::{Statement, Store, StoreError, Tx, WriteTx};

use super::*;

const ORGANISATION: Statement = Statement::new(
    "INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, $2, $3, 'reseller', 0)",
);
const ABOVE: Statement = Statement::new(
    "INSERT INTO organisation_above (organisation_id, above_id, depth)
     SELECT CAST($1 AS TEXT), above_id, depth + 1 FROM organisation_above WHERE organisation_id = $2
     UNION ALL SELECT CAST($1 AS TEXT), CAST($1 AS TEXT), 0",
);
const MOVE: Statement = Statement::new("UPDATE account SET organisation_id = $2 WHERE id = $1");
const LIMIT: Statement = Statement::new(
    "INSERT INTO organisation_limit (organisation_id, name, most, used) VALUES ($1, $2, $3, 0)
     ON CONFLICT (organisation_id, name) DO UPDATE SET most = excluded.most",
);
const ACCOUNT_LIMIT: Statement = Statement::new(
    "INSERT INTO account_limit (account_id, name, most, used) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account_id, name) DO UPDATE SET most = excluded.most, used = excluded.used",
);
const USED: Statement =
    Statement::new("SELECT used AS value FROM account_limit WHERE account_id = $1 AND name = 'sites'");
const USED_ABOVE: Statement = Statement::new(
    "SELECT used AS value FROM organisation_limit WHERE organisation_id = $1 AND name = 'sites'",
);
const OVERRIDE: Statement =
    Statement::new("INSERT INTO account_override (account_id, name, most) VALUES ($1, $2, $3)");
const OVERSELL: Statement = Statement::new("UPDATE organisation SET oversell = 1 WHERE id = $1");

const ROOT: &str = store::fixed::ROOT_ORGANISATION;
const ACME: &str = "00000000-0000-7000-8000-0000000000a1";

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), STATEMENTS).await;
}

/// Acme below the root, and two accounts in it.
async fn acme(store: &TestStore) -> (AccountId, AccountId) {
    let (_, alice) = store.add_account("alice").await;
    let (_, bob) = store.add_account("bob").await;
    let make = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        tx.execute(ORGANISATION.bind(ACME).bind(ROOT).bind("acme")).await?;
        tx.execute(ABOVE.bind(ACME).bind(ROOT)).await?;
        tx.execute(MOVE.bind(alice).bind(ACME)).await?;
        tx.execute(MOVE.bind(bob).bind(ACME)).await?;
        Ok(())
    };
    store.write(make).await.unwrap();
    (alice, bob)
}

async fn take_site(store: &Store, account: AccountId) -> Result<(), api_kit::ApiError> {
    let take = async |tx: &mut WriteTx| -> Result<(), api_kit::ApiError> {
        let _taken = take::<Sites>(tx, &Actor::root(), account).await?;
        Ok(())
    };
    store.write(take).await
}

async fn run(store: &Store, statement: store::Bound) {
    store.write(async |tx: &mut WriteTx| tx.execute(statement).await).await.unwrap();
}

async fn number(store: &Store, statement: store::Bound) -> i64 {
    store.read::<_, StoreError, _>(async |tx: &mut Tx| tx.one(statement).await).await.unwrap()
}

#[tokio::test]
async fn what_is_taken_is_counted_at_the_account_and_at_every_organisation_above() {
    let store = TestStore::new().await;
    let (alice, bob) = acme(&store).await;
    take_site(&store, alice).await.unwrap();
    take_site(&store, bob).await.unwrap();
    let used = [USED.bind(alice), USED.bind(bob), USED_ABOVE.bind(ACME), USED_ABOVE.bind(ROOT)];
    let mut found = Vec::new();
    for statement in used {
        found.push(number(&store, statement).await);
    }
    assert_eq!(found, [1, 1, 2, 2]);
    let give = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        let _given = give_back::<Sites>(tx, alice, 1).await?;
        Ok(())
    };
    store.write(give).await.unwrap();
    assert_eq!(number(&store, USED.bind(alice)).await, 0);
    assert_eq!(number(&store, USED_ABOVE.bind(ROOT)).await, 1);
}

#[tokio::test]
async fn a_refusal_says_whose_limit_it_is_and_takes_nothing_anywhere() {
    let store = TestStore::new().await;
    let (alice, bob) = acme(&store).await;
    run(&store, ACCOUNT_LIMIT.bind(alice).bind("sites").bind(1).bind(0)).await;
    run(&store, LIMIT.bind(ACME).bind("sites").bind(2)).await;
    take_site(&store, alice).await.unwrap();
    let own = take_site(&store, alice).await.unwrap_err();
    assert_eq!((own.status().as_u16(), own.code()), (409, "limit_reached"));
    assert!(own.problem().detail.starts_with("The account alice has 1 of its 1 sites."), "{own:?}");
    assert_eq!(number(&store, USED_ABOVE.bind(ACME)).await, 1);
    take_site(&store, bob).await.unwrap();
    let theirs = take_site(&store, bob).await.unwrap_err();
    assert_eq!(theirs.code(), "provider_limit_reached");
    assert!(theirs.problem().detail.starts_with("The organisation acme has 2 of its 2 sites"), "{theirs:?}");
    assert_eq!(number(&store, USED.bind(bob)).await, 1, "what the account's row took was taken back");
    run(&store, LIMIT.bind(ACME).bind("sites").bind(3)).await;
    run(&store, LIMIT.bind(ROOT).bind("sites").bind(2)).await;
    assert_eq!(take_site(&store, bob).await.unwrap_err().code(), "provider_limit_reached", "the root's");
}

#[tokio::test]
async fn a_limit_below_what_is_used_takes_nothing_away_and_gives_nothing_new() {
    let store = TestStore::new().await;
    let (alice, _) = acme(&store).await;
    for _ in 0..3 {
        take_site(&store, alice).await.unwrap();
    }
    run(&store, ACCOUNT_LIMIT.bind(alice).bind("sites").bind(1).bind(3)).await;
    let refused = take_site(&store, alice).await.unwrap_err();
    assert!(refused.problem().detail.contains("has 3 of its 1 sites"), "{refused:?}");
    assert_eq!(number(&store, USED.bind(alice)).await, 3);
}

/// The statements of two panels on one database, each with its own connection, take from one row.
#[tokio::test(flavor = "multi_thread")]
async fn two_connections_of_postgresql_cannot_both_take_the_last_one() {
    let Some(postgres) = Postgres::start() else { return };
    let (one, other) = (postgres.store().await, postgres.store().await);
    let account = AccountId::new();
    let make = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        const NODE: Statement = Statement::new(
            "INSERT INTO node (id, name, created_at, updated_at, since) VALUES ('n', 'node', 0, 0, 0)",
        );
        const UID: Statement = Statement::new(
            "INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES (20000, $1, 'alice', 0)",
        );
        const ACCOUNT: Statement = Statement::new(
            "INSERT INTO account (id, name, organisation_id, node_id, uid, email, created_at, updated_at, since)
             VALUES ($1, 'alice', $2, 'n', 20000, 'someone@example.test', 0, 0, 0)",
        );
        tx.execute(NODE).await?;
        tx.execute(UID.bind(account)).await?;
        tx.execute(ORGANISATION.bind(ACME).bind(ROOT).bind("acme")).await?;
        tx.execute(ABOVE.bind(ACME).bind(ROOT)).await?;
        tx.execute(ACCOUNT.bind(account).bind(ACME)).await?;
        tx.execute(ACCOUNT_LIMIT.bind(account).bind("sites").bind(50).bind(0)).await?;
        tx.execute(LIMIT.bind(ACME).bind("sites").bind(40)).await?;
        Ok(())
    };
    one.write(make).await.unwrap();
    let mut racing = Vec::new();
    for store in [one.clone(), other] {
        racing.push(tokio::spawn(async move {
            let mut taken = 0;
            for _ in 0..60 {
                match take_site(&store, account).await {
                    Ok(()) => taken += 1,
                    Err(error) => assert_eq!(error.code(), "provider_limit_reached", "{error:?}"),
                }
            }
            taken
        }));
    }
    let mut taken = 0;
    for one in racing {
        taken += one.await.unwrap();
    }
    assert_eq!(taken, 40);
    assert_eq!(number(&one, USED.bind(account)).await, 40, "what was refused above was not kept below");
    assert_eq!(number(&one, USED_ABOVE.bind(ACME)).await, 40);
    assert_eq!(number(&one, USED_ABOVE.bind(ROOT)).await, 40);
}

#[tokio::test]
async fn what_is_in_force_is_the_least_of_what_was_said_and_what_is_above() {
    let store = TestStore::new().await;
    let (alice, _) = acme(&store).await;
    run(&store, OVERRIDE.bind(alice).bind("memory_bytes").bind(4_i64 << 30)).await;
    run(&store, LIMIT.bind(ACME).bind("memory_bytes").bind(2_i64 << 30)).await;
    run(&store, LIMIT.bind(ACME).bind("sites").bind(10)).await;
    let settle = async |tx: &mut WriteTx| settle(tx, &Actor::root(), Within::Account(alice)).await;
    let state = store.write(settle).await.unwrap().remove(0);
    assert_eq!(state.limits[&Limit::MemoryBytes], (Amount::Of(2 << 30), From::Organisation));
    assert_eq!(state.limits[&Limit::Sites], (Amount::Of(10), From::Organisation));
    assert_eq!(state.limits[&Limit::Tasks], (Amount::Of(128), From::Usual));
    run(&store, LIMIT.bind(ACME).bind("memory_bytes").bind(None::<i64>)).await;
    let state = store.write(settle).await.unwrap().remove(0);
    assert_eq!(state.limits[&Limit::MemoryBytes], (Amount::Of(4 << 30), From::Own), "as it was said");
    assert_eq!(state.written[&Limit::MemoryBytes], Amount::Of(2 << 30), "until this was written");
}

#[tokio::test]
async fn an_organisation_gives_no_more_disk_space_than_it_has_unless_it_may_oversell() {
    let store = TestStore::new().await;
    let (alice, bob) = acme(&store).await;
    run(&store, LIMIT.bind(ACME).bind("disk_bytes").bind(100)).await;
    run(&store, OVERRIDE.bind(alice).bind("disk_bytes").bind(60)).await;
    run(&store, OVERRIDE.bind(bob).bind("disk_bytes").bind(60)).await;
    let give = async |account| {
        let settle = async |tx: &mut WriteTx| settle(tx, &Actor::root(), Within::Account(account)).await;
        store.write(settle).await
    };
    give(alice).await.unwrap();
    let refused = give(bob).await.unwrap_err();
    assert_eq!(refused.code(), "provider_limit_reached");
    assert!(refused.problem().detail.contains("has 60 bytes of its 100 bytes of disk space"), "{refused:?}");
    run(&store, OVERSELL.bind(ACME)).await;
    give(bob).await.unwrap();
    let wrong = store.read(async |tx: &mut Tx| differences(tx, &[]).await).await.unwrap();
    let wrong: Vec<_> = wrong.iter().filter(|one| one.limit == Limit::DiskBytes).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn counters_that_are_wrong_are_named_and_mended() {
    const SITES: Count = Count {
        limit: Limit::Sites,
        rows: Statement::new(
            "SELECT account_id AS id, 'sites' AS name, COUNT(*) AS used FROM site WHERE deleted_at IS NULL GROUP BY account_id",
        ),
    };
    let store = TestStore::new().await;
    let (alice, _) = acme(&store).await;
    take_site(&store, alice).await.unwrap(); // and no row was made
    let wrong = store.write(async |tx: &mut WriteTx| recount(tx, &[SITES]).await).await.unwrap();
    let sites: Vec<_> = wrong.iter().filter(|one| one.limit == Limit::Sites).collect();
    assert_eq!(sites.len(), 3, "the account's, acme's, the root's: {sites:?}");
    assert!(sites.iter().all(|one| (one.kept, one.counted) == (1, 0)));
    let again = store.read(async |tx: &mut Tx| differences(tx, &[SITES]).await).await.unwrap();
    assert_eq!(again, []);
}

#[test]
fn an_amount_is_a_number_or_a_word() {
    let read = |text: &str| serde_json::from_str::<Amount>(text).ok();
    assert_eq!(read("0"), Some(Amount::Of(0)));
    assert_eq!(read("\"unlimited\""), Some(Amount::Unlimited));
    for bad in ["-1", "1.5", "\"many\"", "true", "null", "9223372036854775808"] {
        assert_eq!(read(bad), None, "{bad}");
    }
    assert_eq!(serde_json::to_string(&[Amount::Of(7), Amount::Unlimited]).unwrap(), "[7,\"unlimited\"]");
    assert!(Amount::Of(i64::MAX) < Amount::Unlimited);
}
