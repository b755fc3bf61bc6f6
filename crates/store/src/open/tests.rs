use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::testing::{self, Postgres, TestStore};
use crate::{FromRow, Row, RowError, Statement, StoreError};

const PUT: Statement = Statement::new("INSERT INTO setting (name, value, updated_at) VALUES ($1, $2, $3)");
const FIND: Statement = Statement::new("SELECT value FROM setting WHERE name = $1");
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM setting");
const FILTER: Statement = Statement::new(
    "SELECT name AS value FROM setting WHERE (CAST($1 AS TEXT) IS NULL OR name = $1) ORDER BY name LIMIT $2",
);

const SNEAK: Statement = Statement::new("DELETE FROM setting RETURNING name AS value");

const LINK: Statement = Statement::new(
    "INSERT INTO login_link (token_hash, person_id, created_at, expires_at) VALUES ('a', 'b', 0, 0)",
);

async fn put(tx: &mut WriteTx, name: &str) -> Result<(), StoreError> {
    tx.execute(PUT.bind(name).bind("1").bind(7)).await?;
    Ok(())
}

async fn count(store: &Store) -> i64 {
    store.read(async |tx| tx.one::<i64>(COUNT).await).await.unwrap()
}

#[tokio::test]
async fn a_write_is_seen_by_readers_and_its_future_may_cross_threads() {
    let store = TestStore::new().await;
    let name = String::from("x");
    let task = tokio::spawn({
        let store = store.store.clone();
        async move {
            let name = name.as_str();
            store.write(async |tx| put(tx, name).await).await
        }
    });
    task.await.unwrap().unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn an_error_a_panic_and_a_drop_leave_nothing_behind() {
    let store = TestStore::new().await;
    let failed: Result<(), StoreError> = store
        .write(async |tx| {
            put(tx, "x").await?;
            Err(StoreError::Missing)
        })
        .await;
    failed.unwrap_err();
    let panicked = tokio::spawn({
        let store = store.store.clone();
        async move {
            store
                .write(async |tx| -> Result<(), StoreError> {
                    put(tx, "x").await?;
                    panic!("on purpose")
                })
                .await
        }
    });
    panicked.await.unwrap_err();
    let (reached, at_write) = tokio::sync::oneshot::channel();
    let dropped = tokio::spawn({
        let store = store.store.clone();
        async move {
            store
                .write(async |tx| -> Result<(), StoreError> {
                    put(tx, "x").await?;
                    reached.send(()).ok();
                    std::future::pending().await
                })
                .await
        }
    });
    at_write.await.unwrap();
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    assert_eq!(count(&store).await, 0);
    store.write(async |tx| put(tx, "x").await).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_rehearsal_runs_every_rule_and_keeps_nothing() {
    let store = TestStore::new().await;
    let change = async |tx: &mut WriteTx| -> Result<i64, StoreError> {
        put(tx, "x").await?;
        tx.one::<i64>(COUNT).await
    };
    assert_eq!(store.rehearse(change).await.unwrap(), 1);
    assert_eq!(count(&store).await, 0);
    assert_eq!(store.write(change).await.unwrap(), 1);
    assert!(matches!(store.rehearse(change).await, Err(StoreError::Taken(_))));
}

#[tokio::test]
async fn readers_do_not_wait_for_the_writer_and_cannot_write() {
    let store = TestStore::new().await;
    store
        .write(async |tx| -> Result<(), StoreError> {
            put(tx, "x").await?;
            assert_eq!(count(&store).await, 0, "an uncommitted row was seen");
            Ok(())
        })
        .await
        .unwrap();
    let refused = store.read(async |tx| tx.all::<String>(SNEAK).await).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn two_writers_wait_for_each_other() {
    let store = TestStore::new().await;
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let store = store.store.clone();
            tokio::spawn(async move { store.write(async |tx| put(tx, &format!("n{n}")).await).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(count(&store).await, 20);
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let store = TestStore::new().await;
    store.write(async |tx| put(tx, "x").await).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", store.path().display());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
}

#[tokio::test]
async fn a_path_with_odd_characters_opens_and_a_relative_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b?c#d%e.db");
    let store = Store::open(&path).await.unwrap();
    store.write(async |tx| put(tx, "x").await).await.unwrap();
    store.close().await;
    let again = Store::open(&path).await.unwrap();
    assert_eq!(count(&again).await, 1);
    assert!(matches!(address(Path::new("holdfast.db")), Err(OpenError::Path(_))));
}

#[tokio::test]
async fn references_are_kept() {
    let store = TestStore::new().await;
    let mut connection = store.any_connection().await.unwrap();
    let sql = "PRAGMA foreign_keys";
    let keys: i64 = sqlx::Row::get(&sqlx::query(sql).fetch_one(&mut *connection).await.unwrap(), 0);
    assert_eq!(keys, 1);
    drop(connection);
    let refused = store.write(async |tx| tx.execute(LINK).await).await;
    assert!(matches!(refused, Err(StoreError::Reference(_))), "{refused:?}");
}

struct Strict(u16);

impl FromRow for Strict {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self(row.parse("value")?))
    }
}

#[tokio::test]
async fn a_column_that_does_not_parse_is_named_without_its_value() {
    let store = TestStore::new().await;
    store.write(async |tx| tx.execute(PUT.bind("x").bind("secret").bind(0)).await).await.unwrap();
    let refused = store.read(async |tx| tx.one::<Strict>(FIND.bind("x")).await).await;
    let Err(StoreError::Row(error)) = refused.map(|strict| strict.0) else { panic!("read") };
    assert_eq!(error.column, "value");
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test]
async fn both_databases_answer_alike() {
    let postgres = Postgres::start();
    let sqlite = TestStore::new().await;
    let mut stores = vec![sqlite.store.clone()];
    if let Some(postgres) = &postgres {
        stores.push(postgres.store().await);
    }
    for store in &stores {
        for name in ["b", "a", "B", "ä"] {
            store.write(async |tx| put(tx, name).await).await.unwrap();
        }
        let all = store
            .read(async |tx| tx.all::<String>(FILTER.bind(None::<String>).bind(10)).await)
            .await
            .unwrap();
        assert_eq!(all, ["B", "a", "b", "ä"], "{:?}", store.backend());
        let one = store.read(async |tx| tx.all::<String>(FILTER.bind("a").bind(10)).await).await.unwrap();
        assert_eq!(one, ["a"]);
        let twice = store.write(async |tx| put(tx, "a").await).await;
        assert!(matches!(twice, Err(StoreError::Taken(_))), "{twice:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn statements_prepare_on_both_databases_and_a_wrong_column_does_not() {
    let postgres = Postgres::start();
    let sqlite = TestStore::new().await;
    let mut stores = vec![sqlite.store.clone()];
    if let Some(postgres) = &postgres {
        stores.push(postgres.store().await);
    }
    for store in stores {
        testing::prepare_all(&store, &[PUT, FIND, COUNT, FILTER]).await;
        let wrong = Statement::new("SELECT colour FROM setting");
        let task = tokio::spawn(async move { testing::prepare_all(&store, &[wrong]).await });
        assert!(task.await.unwrap_err().is_panic());
    }
}

struct Synchronous(i64);

impl FromRow for Synchronous {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self(row.int("synchronous")?))
    }
}

#[tokio::test]
async fn each_transaction_is_synced_as_it_asked() {
    const ASK: Statement = Statement::new("PRAGMA synchronous");
    let store = TestStore::new().await;
    let ask = async |tx: &mut WriteTx| tx.one::<Synchronous>(ASK).await;
    for _ in 0..2 {
        assert_eq!(store.write(ask).await.unwrap().0, 2, "FULL");
        assert_eq!(store.note(ask).await.unwrap().0, 1, "NORMAL");
    }
}
