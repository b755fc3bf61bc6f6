//! The store: one writing connection, a few reading ones.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Executor};

use crate::error::{OpenError, StoreError};
use crate::migrate;
use crate::tx::{Tx, WriteTx};

/// How long a request waits for its turn before it is told that the database is busy.
const TURN: Duration = Duration::from_secs(10);
/// Reading connections. More would not help: readers are bound by the processor.
const READERS: u32 = 4;

// `secure_delete=FAST`: what was changed or deleted is overwritten where its page is written anyhow.
// `synchronous=FULL`: with the write-ahead log, NORMAL may lose acknowledged commits in a power cut.
const SQLITE_WRITER: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA busy_timeout = 5000;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = FAST;
    PRAGMA journal_size_limit = 16777216;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000;
    PRAGMA query_only = ON;
    PRAGMA trusted_schema = OFF;";

/// Which database is behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Embedded, the default.
    Sqlite,
    /// A server; for now used by the tests, which hold every statement to both.
    Postgres,
}

/// When a commit is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// Before it is acknowledged.
    Disk,
    /// With the next one that is synced, or when the log is folded into the file.
    Memory,
}

/// The panel's database. Clones share the same pools.
#[derive(Debug, Clone)]
pub struct Store {
    writer: AnyPool,
    reader: AnyPool,
}

impl Store {
    /// Opens the SQLite database in `path`, an absolute path, making the file (0600) and its tables where missing, and migrates it.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, &migrate::migrator(Backend::Sqlite)).await
    }

    pub(crate) async fn open_with(
        path: &Path,
        migrator: &sqlx::migrate::Migrator,
    ) -> Result<Self, OpenError> {
        // SQLite would make the file with the process's umask; its log and index files take the mode of this one.
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        let options = address(path)?;
        let mut connection = connect(&options).await?;
        connection.execute(SQLITE_WRITER).await?;
        migrate::run(connection, Backend::Sqlite, Some(path), migrator).await?;
        Self::pools(&options, SQLITE_WRITER, SQLITE_READER).await
    }

    pub(crate) async fn pools(
        options: &AnyConnectOptions,
        writer: &'static str,
        reader: &'static str,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            writer: pool(1, writer).connect_with(options.clone()).await?,
            reader: pool(READERS, reader).connect_with(options.clone()).await?,
        })
    }

    #[cfg(feature = "testing")]
    pub(crate) async fn open_postgres(url: &str) -> Result<Self, OpenError> {
        drivers();
        let options: AnyConnectOptions = url.parse().map_err(StoreError::Database)?;
        let connection = connect(&options).await?;
        migrate::run(connection, Backend::Postgres, None, &migrate::migrator(Backend::Postgres)).await?;
        let reader = "SET default_transaction_read_only = on";
        Ok(Self {
            writer: pool(1, "SELECT 1").connect_with(options.clone()).await?,
            reader: pool(2, reader).connect_with(options).await?,
        })
    }

    /// Runs `work` on one consistent picture of the database.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx) -> Result<T, E>,
        E: From<StoreError>,
    {
        let mut tx = Tx::new(self.reader.begin().await.map_err(StoreError::from)?);
        let value = work(&mut tx).await?;
        tx.rollback().await?;
        Ok(value)
    }

    /// Runs `work` in the one writing transaction, and commits when it succeeds. An error rolls everything back.
    ///
    /// `work` must not wait for anything but the database: every other writer waits for it.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut WriteTx) -> Result<T, E>,
        E: From<StoreError>,
    {
        let mut tx = self.begin_write(Durability::Disk).await?;
        let value = work(&mut tx).await?;
        tx.commit().await?;
        Ok(value)
    }

    /// As [`Store::write`], for what was observed and can be observed again: the state of an object, when a session was last used. A
    /// power cut may lose the last of these (never half of one, and never one that a later [`Store::write`] has followed); a crash of
    /// the panel loses none. It takes a tenth of the time.
    ///
    /// Nothing that a client was told is done is written in this way.
    pub async fn note<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut WriteTx) -> Result<T, E>,
        E: From<StoreError>,
    {
        let mut tx = self.begin_write(Durability::Memory).await?;
        let value = work(&mut tx).await?;
        tx.commit().await?;
        Ok(value)
    }

    /// Runs `work` as [`Store::write`] does, with every rule and constraint, and rolls it back in any case.
    pub async fn rehearse<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut WriteTx) -> Result<T, E>,
        E: From<StoreError>,
    {
        let mut tx = self.begin_write(Durability::Memory).await?;
        let value = work(&mut tx).await?;
        tx.rollback().await?;
        Ok(value)
    }

    async fn begin_write(&self, durability: Durability) -> Result<WriteTx, StoreError> {
        // A plain BEGIN would take the write lock at the first write, when another may hold it: then SQLite fails at once.
        // How a commit is synced is set with each BEGIN, in one go, so that no transaction begins with another's choice.
        let tx = match (self.backend(), durability) {
            (Backend::Sqlite, Durability::Disk) => {
                self.writer.begin_with("PRAGMA synchronous = FULL; BEGIN IMMEDIATE").await?
            }
            (Backend::Sqlite, Durability::Memory) => {
                self.writer.begin_with("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE").await?
            }
            (Backend::Postgres, _) => self.writer.begin().await?,
        };
        Ok(WriteTx::new(tx))
    }

    /// Which database is behind.
    pub fn backend(&self) -> Backend {
        match self.writer.connect_options().database_url.scheme() {
            "sqlite" => Backend::Sqlite,
            _ => Backend::Postgres,
        }
    }

    /// The newest schema that this program knows.
    pub fn newest_schema() -> i64 {
        migrate::newest()
    }

    /// Closes every connection, after their transactions have ended.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// The one connection that writes.
    pub(crate) fn writer(&self) -> &AnyPool {
        &self.writer
    }

    #[cfg(feature = "testing")]
    pub(crate) async fn any_connection(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Any>, StoreError> {
        Ok(self.writer.acquire().await?)
    }
}

fn drivers() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}

pub(crate) fn address(path: &Path) -> Result<AnyConnectOptions, OpenError> {
    drivers();
    let text =
        path.to_str().filter(|_| path.is_absolute()).ok_or_else(|| OpenError::Path(path.to_owned()))?;
    let mut url = String::from("sqlite://");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => url.push(char::from(byte)),
            _ => url.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    Ok(url.parse::<AnyConnectOptions>().map_err(StoreError::Database)?.disable_statement_logging())
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or('0')
}

pub(crate) async fn connect(options: &AnyConnectOptions) -> Result<AnyConnection, OpenError> {
    Ok(options.connect().await?)
}

fn pool(size: u32, prepare: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .min_connections(1)
        .acquire_timeout(TURN)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(prepare).await?;
                Ok(())
            })
        })
}

#[cfg(test)]
mod tests;
