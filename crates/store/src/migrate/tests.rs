use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::open::Store;
use crate::testing::{Postgres, TestStore};
use crate::{StoreError, Value};

/// A database as this release leaves it, with a row in every table. See [`write_the_fixture_of_this_release`].
const FIXTURES: [&str; 1] = ["0.1.0.db"];

const PUT: Statement = Statement::new("INSERT INTO setting (name, value, updated_at) VALUES ($1, $2, 0)");
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM setting");

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// This release's migrations and one more.
fn with(sql: &'static str, outside_of_transaction: bool) -> Migrator {
    let mut migrations: Vec<Migration> = migrator(Backend::Sqlite).iter().cloned().collect();
    let version = newest() + 1;
    let next = Migration::new(
        version,
        "next".into(),
        MigrationType::Simple,
        sql.into_sql_str(),
        outside_of_transaction,
    );
    migrations.push(next);
    Migrator::with_migrations(migrations)
}

/// A closed store with one setting in it, and its path.
async fn stored() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holdfast.db");
    let store = Store::open(&path).await.unwrap();
    store.write(async |tx| tx.execute(PUT.bind("brand").bind("1")).await).await.unwrap();
    store.close().await;
    (folder, path)
}

async fn settings(store: &Store) -> i64 {
    store.read(async |tx| tx.one(COUNT).await).await.unwrap()
}

fn copy_of(path: &Path) -> PathBuf {
    beside(path, &format!(".before-{:04}", newest() + 1))
}

#[tokio::test]
async fn a_migration_that_succeeds_leaves_a_copy_of_before() {
    let (_folder, path) = stored().await;
    let more = with("INSERT INTO setting (name, value, updated_at) VALUES ('next', '1', 0);", false);
    let store = Store::open_with(&path, &more).await.unwrap();
    assert_eq!(settings(&store).await, 2);
    store.close().await;
    let copy = copy_of(&path);
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let before = Store::open(&copy).await.unwrap();
    assert_eq!(settings(&before).await, 1);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    // The second is the worse one: what it did before it failed is not rolled back by the database.
    let broken = "DELETE FROM setting; SELECT * FROM no_such_table;";
    for outside_of_transaction in [false, true] {
        let (_folder, path) = stored().await;
        let refused = Store::open_with(&path, &with(broken, outside_of_transaction)).await;
        assert!(matches!(refused, Err(OpenError::Migration(_))), "{refused:?}");
        let store = Store::open(&path).await.unwrap();
        assert_eq!(settings(&store).await, 1, "outside of a transaction: {outside_of_transaction}");
        store.close().await;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // And the next try, with a migration that is right, goes through.
        let store = Store::open_with(&path, &with("DELETE FROM setting;", false)).await.unwrap();
        assert_eq!(settings(&store).await, 0);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_left_alone() {
    let (_folder, path) = stored().await;
    Store::open_with(&path, &with("DELETE FROM setting WHERE 1 = 0;", false)).await.unwrap().close().await;
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(&path).await;
    assert!(matches!(refused, Err(OpenError::Newer { found, known }) if found == known + 1), "{refused:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn opening_again_migrates_nothing_and_copies_nothing() {
    let (folder, path) = stored().await;
    Store::open(&path).await.unwrap().close().await;
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["holdfast.db"]);
}

#[tokio::test]
async fn a_migration_that_was_edited_after_its_release_is_refused() {
    let (_folder, path) = stored().await;
    let mut all: Vec<Migration> = migrator(Backend::Sqlite).iter().cloned().collect();
    all[0] = Migration::new(1, "first".into(), MigrationType::Simple, "SELECT 1;".into_sql_str(), false);
    let refused = Store::open_with(&path, &Migrator::with_migrations(all)).await;
    assert!(matches!(refused, Err(OpenError::Migration(_))), "{refused:?}");
}

const TABLES: Statement = Statement::new(
    "SELECT name AS value FROM sqlite_master
     WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%' ORDER BY name",
);

/// The stored database of every release migrates, and keeps every row.
#[tokio::test]
async fn stored_databases_of_every_release_migrate() {
    for name in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holdfast.db");
        std::fs::copy(fixtures().join(name), &path).unwrap();
        sqlx::any::install_default_drivers();
        let mut then = AnyConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        let tables: Vec<String> =
            sqlx::query_scalar(TABLES.sql().into_sql_str()).fetch_all(&mut then).await.unwrap();
        then.close().await.unwrap();
        assert!(tables.len() >= 18, "{tables:?}");
        let store = match Store::open(&path).await {
            Ok(store) => store,
            Err(error) => panic!("{name}: {error:?}\n{BEFORE_A_RELEASE}"),
        };
        for table in tables {
            let mut connection = store.any_connection().await.unwrap();
            let count: Value = rows(&mut connection, &table).await;
            assert_ne!(count, Value::from(0), "{name}: {table} is empty");
        }
        store.close().await;
    }
}

const BEFORE_A_RELEASE: &str =
    "A migration that was released is never edited. Before the release, make the fixture anew:
    cargo test -p store -- --ignored write_the_fixture_of_this_release";

async fn rows(connection: &mut AnyConnection, table: &str) -> Value {
    // The names come from the schema itself.
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    Value::from(sqlx::query_scalar::<_, i64>(sql).fetch_one(connection).await.unwrap())
}

const SQLITE_SCHEMA: [Statement; 4] = [
    Statement::new(
        "SELECT m.name || '.' || c.name || ' ' || c.type || CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE '' END AS value
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '_sqlx%'",
    ),
    Statement::new(
        "SELECT m.name || CASE l.\"unique\" WHEN 1 THEN ' unique ' ELSE ' index ' END
             || (SELECT group_concat(i.name, ',') FROM pragma_index_info(l.name) i)
             || CASE l.partial WHEN 1 THEN ' partial' ELSE '' END AS value
         FROM sqlite_master m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND m.name NOT LIKE '_sqlx%'",
    ),
    Statement::new(
        "SELECT m.name || '.' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' ' || f.on_delete AS value
         FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    ),
    Statement::new("SELECT name AS value FROM sqlite_master WHERE type = 'view'"),
];

const POSTGRES_SCHEMA: [Statement; 4] = [
    Statement::new(
        "SELECT CAST(c.table_name AS TEXT) || '.' || CAST(c.column_name AS TEXT) || ' ' || upper(CAST(c.data_type AS TEXT))
             || CASE c.is_nullable WHEN 'NO' THEN ' not null' ELSE '' END AS value
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE '\\_sqlx%'",
    ),
    Statement::new(
        "SELECT CAST(t.relname AS TEXT) || CASE WHEN i.indisunique THEN ' unique ' ELSE ' index ' END
             || (SELECT string_agg(CAST(a.attname AS TEXT), ',' ORDER BY k.n)
                 FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum)
             || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END AS value
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
         WHERE s.nspname = 'public' AND t.relname NOT LIKE '\\_sqlx%'",
    ),
    Statement::new(
        "SELECT CAST(t.relname AS TEXT) || '.' || CAST(a.attname AS TEXT) || ' -> ' || CAST(o.relname AS TEXT) || '.'
             || CAST(b.attname AS TEXT) || ' '
             || CASE c.confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE '?' END
             AS value
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class o ON o.oid = c.confrelid
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
         JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = c.confkey[1]
         WHERE c.contype = 'f'",
    ),
    Statement::new("SELECT CAST(table_name AS TEXT) AS value FROM information_schema.views WHERE table_schema = 'public'"),
];

async fn schema(store: &Store, statements: [Statement; 4]) -> Vec<String> {
    let mut lines = Vec::new();
    for statement in statements {
        let found: Vec<String> = store.read(async |tx| tx.all(statement).await).await.unwrap();
        assert!(!found.is_empty(), "{}", statement.sql());
        lines.extend(found);
    }
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn both_databases_end_in_the_same_schema() {
    let Some(postgres) = Postgres::start() else { return };
    let sqlite = schema(&*TestStore::new().await, SQLITE_SCHEMA).await;
    let postgres = schema(&postgres.store().await, POSTGRES_SCHEMA).await;
    let missing: Vec<_> = sqlite.iter().filter(|line| !postgres.contains(line)).collect();
    let extra: Vec<_> = postgres.iter().filter(|line| !sqlite.contains(line)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "SQLite alone: {missing:#?}\nPostgreSQL alone: {extra:#?}"
    );
    assert_eq!(sqlite.len(), postgres.len());
}

/// Nothing but BIGINT and TEXT: the driver that speaks both databases knows no more.
#[tokio::test]
async fn columns_are_bigint_or_text() {
    const TYPES: Statement = Statement::new(
        "SELECT DISTINCT c.type AS value FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE '_sqlx%' ORDER BY 1",
    );
    let store = TestStore::new().await;
    let types: Vec<String> = store.read(async |tx| tx.all(TYPES).await).await.unwrap();
    assert_eq!(types, ["BIGINT", "TEXT"]);
}

/// Writes `fixtures/<this release>.db`; run by hand before a release, and never again for it.
#[tokio::test]
#[ignore = "writes into the sources"]
async fn write_the_fixture_of_this_release() {
    const ROWS: &str = include_str!("rows.sql");
    let store = TestStore::new().await;
    let (_, account) = store.add_account("alice").await;
    let mut connection = store.any_connection().await.unwrap();
    let sql = ROWS.replace("ALICE", &account.to_string());
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
    let target = fixtures().join(concat!(env!("CARGO_PKG_VERSION"), ".db"));
    std::fs::create_dir_all(fixtures()).unwrap();
    std::fs::remove_file(&target).ok();
    // Small pages: the file is mostly empty ones, and lies in the repository.
    sqlx::raw_sql("PRAGMA page_size = 512").execute(&mut *connection).await.unwrap();
    let written = COPY.bind(target.to_str().unwrap()).query().execute(&mut *connection).await;
    written.map_err(StoreError::from).unwrap();
}
