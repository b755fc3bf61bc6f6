//! What can go wrong with the database, sorted by what the caller can do about it.

use std::path::PathBuf;

/// A statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process or a long transaction holds the database. The request may be repeated.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The disk that the database is on is full. Nothing of the transaction was kept.
    #[error("the database's disk is full")]
    Full(#[source] sqlx::Error),
    /// A value that must be unique is there already. Which one is found out by looking the row up: SQLite does not name it.
    #[error("a unique value is taken")]
    Taken(#[source] sqlx::Error),
    /// A row that is referred to is missing, or one that is still referred to was to be deleted.
    #[error("a row that others depend on")]
    Reference(#[source] sqlx::Error),
    /// [`Tx::one`](crate::Tx::one) found no row.
    #[error("no row where one must be")]
    Missing,
    /// A row does not hold what its type says.
    #[error("a row does not read as it should")]
    Row(#[from] RowError),
    /// Something that a transaction needs beside the database failed, such as the source of randomness.
    #[error("the transaction could not be completed")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else; a fault in a statement or a damaged file.
    #[error("the database refused the statement")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same request may succeed when repeated a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Full(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => return Self::Missing,
            sqlx::Error::PoolTimedOut => return Self::Busy(error),
            sqlx::Error::Database(database) => {
                if database.is_unique_violation() {
                    return Self::Taken(error);
                }
                if database.is_foreign_key_violation() {
                    return Self::Reference(error);
                }
                // SQLite's extended codes hold the primary code in the low byte: 5 BUSY, 6 LOCKED, 13 FULL.
                // PostgreSQL: 40001 serialisation failure, 55P03 lock not available, 53100 disk full.
                let code = database.code();
                let code = code.as_deref().unwrap_or_default();
                match code.parse::<u32>().map(|code| code & 0xff) {
                    Ok(5 | 6) if code.len() < 5 => return Self::Busy(error),
                    Ok(13) if code.len() < 5 => return Self::Full(error),
                    _ => {}
                }
                match code {
                    "40001" | "55P03" => return Self::Busy(error),
                    "53100" => return Self::Full(error),
                    _ => {}
                }
            }
            _ => {}
        }
        Self::Database(error)
    }
}

/// One column of a row does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct RowError {
    /// The column's name in the statement's result.
    pub column: String,
    /// What is wrong, without the value itself, which may be a secret.
    pub problem: String,
}

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder could not be used.
    #[error("{path}: the database's file cannot be used", path = path.display())]
    File {
        /// The file meant.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The path holds characters that a database address cannot.
    #[error("{path}: not a path for a database: it must be absolute and UTF-8", path = .0.display())]
    Path(PathBuf),
    /// The database was written by a newer release. It is left as it is.
    #[error(
        "the database has schema {found}, this release knows {known} at most: install the newer release again"
    )]
    Newer {
        /// The newest migration in the file.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// A migration failed. The file is as it was before.
    #[error("migrating the database failed; it was left as it was")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A migration failed and the copy made before could not be put back; it is at `copy`.
    #[error("migrating the database failed, and the copy in {copy} could not be put back", copy = copy.display())]
    Restore {
        /// The copy made before the migration.
        copy: PathBuf,
        /// Why it could not be put back.
        source: std::io::Error,
    },
    /// The database did not answer as it should.
    #[error("the database cannot be opened")]
    Database(#[from] StoreError),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}
