//! For the tests of this crate and of every panel crate: a store per test, and the check of statements on both databases.
//!
//! ```no_run
//! # use store::Statement;
//! # mod session { pub const STATEMENTS: &[store::Statement] = &[]; }
//! #[tokio::test]
//! async fn every_statement_prepares_on_both_databases() {
//!     store::testing::check(env!("CARGO_MANIFEST_DIR"), &[session::STATEMENTS]).await;
//! }
//! ```
#![expect(clippy::expect_used, clippy::panic, reason = "a test's support fails by panicking")]

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::{Executor, SqlSafeStr};

use names::{AccountId, NodeId};

use crate::error::StoreError;
use crate::open::Store;
use crate::statement::Statement;

/// Set to run the tests on a machine without PostgreSQL; what they then leave out is printed.
pub const WITHOUT_POSTGRES: &str = "HOLDFAST_TEST_WITHOUT_POSTGRES";

/// `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

const ADD_NODE: Statement = Statement::new(
    "INSERT INTO node (id, name, created_at, updated_at, since) VALUES ($1, 'node', 0, 0, 0) ON CONFLICT (name) DO NOTHING",
);
const NODE: Statement = Statement::new("SELECT id AS value FROM node WHERE name = 'node'");
const NEXT_UID: Statement = Statement::new("SELECT COALESCE(MAX(uid), 19999) + 1 AS value FROM used_uid");
const USE_UID: Statement =
    Statement::new("INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES ($1, $2, $3, 0)");
const ADD_ACCOUNT: Statement = Statement::new(
    "INSERT INTO account (id, name, organisation_id, node_id, uid, email, created_at, updated_at, since)
     VALUES ($1, $2, $3, $4, $5, 'someone@example.test', 0, 0, 0)",
);

/// A migrated SQLite store in a folder of its own, which goes with it.
pub struct TestStore {
    /// The store.
    pub store: Store,
    folder: tempfile::TempDir,
}

impl TestStore {
    /// A new, migrated store.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&folder.path().join("holdfast.db")).await.expect("a new store opens");
        Self { store, folder }
    }

    /// Adds a node named `node` and an account of this name on it, as bare rows; their ids. The uid is the next free one.
    pub async fn add_account(&self, name: &str) -> (NodeId, AccountId) {
        let account = AccountId::new();
        let node = self
            .store
            .write(async |tx| -> Result<NodeId, StoreError> {
                tx.execute(ADD_NODE.bind(NodeId::new())).await?;
                let node: String = tx.one(NODE).await?;
                let uid: i64 = tx.one(NEXT_UID).await?;
                tx.execute(USE_UID.bind(uid).bind(account).bind(name)).await?;
                let root = crate::fixed::ROOT_ORGANISATION;
                tx.execute(ADD_ACCOUNT.bind(account).bind(name).bind(root).bind(&node).bind(uid)).await?;
                Ok(node.parse().expect("an id"))
            })
            .await
            .expect("an account");
        (node, account)
    }

    /// How SQLite would run a statement, step by step: to see that it goes by an index.
    pub async fn plan(&self, statement: Statement) -> Vec<String> {
        let mut connection = self.store.any_connection().await.expect("a connection");
        // The text is a constant of a crate's.
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sql()));
        let rows = sqlx::raw_sql(sql).fetch_all(&mut *connection).await.expect("a plan");
        rows.iter().map(|row| sqlx::Row::get(row, "detail")).collect()
    }

    /// Where the database's file is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("holdfast.db")
    }
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// Checks the statements of a crate: that all of them are listed, and that each prepares on SQLite and on PostgreSQL.
///
/// `manifest_dir` is the crate's folder, whose sources are searched for statements that no list holds.
pub async fn check(manifest_dir: &str, modules: &[&[Statement]]) {
    let statements: Vec<Statement> = modules.concat();
    let written = written_below(&Path::new(manifest_dir).join("src"));
    assert_eq!(
        statements.len(),
        written,
        "the sources hold {written} statements, the lists {}: a statement that is not listed is not tested",
        statements.len()
    );
    let sqlite = TestStore::new().await;
    prepare_all(&sqlite, &statements).await;
    if let Some(postgres) = Postgres::start() {
        let store = postgres.store().await;
        prepare_all(&store, &statements).await;
        store.close().await;
    }
}

/// Prepares each statement on the database behind `store`, and names all that fail.
pub async fn prepare_all(store: &Store, statements: &[Statement]) {
    let mut connection = store.any_connection().await.expect("a connection");
    let mut refused = Vec::new();
    for statement in statements {
        if let Err(error) = connection.prepare(statement.sql().into_sql_str()).await {
            refused.push(format!("{:?}: {error}\n{}", store.backend(), statement.sql()));
        }
    }
    assert!(refused.is_empty(), "statements that do not prepare:\n{}", refused.join("\n\n"));
}

/// How many statements the sources hold, tests and comments left out.
fn written_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("the crate's sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .map(|path| {
            if path.is_dir() {
                return written_below(&path);
            }
            if path.file_name().is_some_and(|name| name == "tests.rs")
                || path.extension().is_none_or(|kind| kind != "rs")
            {
                return 0;
            }
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            code.map(|line| line.matches("Statement::new(").count()).sum()
        })
        .sum()
}

/// A PostgreSQL server of its own, on a unix socket alone, gone when dropped.
pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// Starts a server from Debian's package. `None` only where [`WITHOUT_POSTGRES`] is set; else a missing package fails the test.
    pub fn start() -> Option<Self> {
        let Some(programs) = newest_programs() else {
            assert!(
                std::env::var_os(WITHOUT_POSTGRES).is_some(),
                "no PostgreSQL in /usr/lib/postgresql: install the package postgresql, or set {WITHOUT_POSTGRES}=1"
            );
            return None;
        };
        let folder =
            tempfile::Builder::new().prefix("store-postgres-").tempdir().expect("a temporary folder");
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("chown");
        }
        let server = Self { folder, programs };
        server.run(
            "initdb",
            &["--no-sync", "--auth=trust", "--username=holdfast", "--encoding=UTF8", "--locale=C"],
        );
        let socket = server.folder.path().display();
        let options =
            format!("-F -k {socket} -c listen_addresses='' -c max_connections=20 -c shared_buffers=16MB");
        let log = server.folder.path().join("log");
        server.run(
            "pg_ctl",
            &["--wait", "--options", &options, "--log", log.to_str().expect("UTF-8"), "start"],
        );
        Some(server)
    }

    /// A migrated store in this server.
    pub async fn store(&self) -> Store {
        let url = format!("postgres://holdfast@localhost/postgres?host={}", self.folder.path().display());
        Store::open_postgres(&url).await.expect("a store in PostgreSQL")
    }

    fn command(&self, program: &str) -> Command {
        #[expect(clippy::disallowed_methods, reason = "a database server for tests")]
        let mut command = Command::new(self.programs.join(program));
        command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").current_dir("/");
        command.arg("--pgdata").arg(self.folder.path().join("data"));
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        // The server keeps what it inherits: without its own output, it would hold the test's.
        let output = tempfile::NamedTempFile::new().expect("a file for output");
        let file = || output.as_file().try_clone().expect("a descriptor");
        let status = self.command(program).args(arguments).stdout(file()).stderr(file()).status();
        if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
            let text = std::fs::read_to_string(output.path()).unwrap_or_default();
            panic!("{program}: {status:?}\n{text}");
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["--mode", "immediate", "stop"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        drop(stop.status());
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// `/usr/lib/postgresql/<version>/bin` of the newest version.
fn newest_programs() -> Option<PathBuf> {
    let entries = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs.join("initdb").is_file().then_some((version, programs))
    });
    versions.max().map(|(_, programs)| programs)
}
