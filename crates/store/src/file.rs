//! SQLite's file as a whole: what a copy of it is made by, and what is told of one without changing it.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::migrate::Migrate;
use sqlx::{AnyConnection, Connection, Executor, Row as _};

use crate::error::{OpenError, StoreError};
use crate::migrate::{COPY, TABLE};
use crate::open::{Backend, Store, address, connect};

const COPYING: &str = "PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF;";
/// A reader of a file that a panel may have open; it cannot write.
const LOOK: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;";
const ANEW: &str = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";
const CHECK: &str = "PRAGMA integrity_check(20)";

/// What a database file is, by its own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The newest migration that was applied; 0: none.
    pub schema: i64,
    /// What SQLite's own check complains about; empty where the file is whole.
    pub faults: Vec<String>,
}

impl Store {
    /// Copies the database in `from` into the new file `to` (0600) as one consistent picture, while others go on writing. Synced
    /// when it returns.
    pub async fn copy_file(from: &Path, to: &Path) -> Result<(), OpenError> {
        let mut connection = open_there(from, COPYING).await?;
        copy_into(&mut connection, to).await?;
        Ok(connection.close().await?)
    }

    /// Walks a database file, and changes nothing.
    pub async fn look_at_file(path: &Path) -> Result<Look, OpenError> {
        let mut connection = open_there(path, LOOK).await?;
        let rows = connection.fetch_all(CHECK).await?;
        let faults = rows
            .iter()
            .map(|row| row.try_get::<String, _>(0))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .filter(|line| line != "ok")
            .collect();
        // a file without the table has no schema of ours
        let schema = match connection.list_applied_migrations(TABLE).await {
            Ok(applied) => applied.iter().map(|migration| migration.version).max().unwrap_or(0),
            Err(_) => 0,
        };
        connection.close().await?;
        Ok(Look { schema, faults })
    }

    /// Writes SQLite's file anew, so that nothing is left in it, or in its log, of what was changed or deleted. On PostgreSQL nothing: its
    /// own upkeep does that, at its own time.
    pub async fn forget_remains(&self) -> Result<(), StoreError> {
        if self.backend() == Backend::Sqlite {
            let mut connection = self.writer().acquire().await?;
            connection.execute(ANEW).await?;
        }
        Ok(())
    }

    /// Opens a file of any schema as it is, for reading.
    pub async fn open_as_is(path: &Path) -> Result<Self, OpenError> {
        Self::pools(&address(path)?, LOOK, LOOK).await
    }
}

/// Opens a file that must be there.
async fn open_there(path: &Path, prepare: &'static str) -> Result<AnyConnection, OpenError> {
    std::fs::metadata(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
    let mut connection = connect(&address(path)?).await?;
    connection.execute(prepare).await?;
    Ok(connection)
}

/// A whole copy in the new file `to`, whatever the write-ahead log still holds.
pub(crate) async fn copy_into(connection: &mut AnyConnection, to: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::File { path: to.to_owned(), source };
    let text = to.to_str().ok_or_else(|| OpenError::Path(to.to_owned()))?;
    // The copy holds what the database holds: nobody else reads it. An empty file is what VACUUM INTO may write to.
    std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(to).map_err(io)?;
    COPY.bind(text).query().execute(&mut *connection).await.map_err(StoreError::from)?;
    std::fs::File::open(to).and_then(|copy| copy.sync_all()).map_err(io)
}

#[cfg(test)]
mod tests;
