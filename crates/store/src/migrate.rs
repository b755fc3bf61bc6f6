//! Migrations: embedded, forward only, never edited after a release.
//!
//! The SQLite file is copied before the first statement of a migration runs, and put back when one fails, so that an upgrade that
//! goes wrong leaves the panel of before with its database of before.

use std::path::{Path, PathBuf};

use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection, SqlSafeStr};

use crate::error::OpenError;
use crate::open::Backend;
use crate::statement::Statement;

/// (version, what it does, SQLite's text, PostgreSQL's text); one change of the schema each, in order.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "first",
        include_str!("../migrations/sqlite/0001_first.sql"),
        include_str!("../migrations/postgres/0001_first.sql"),
    ),
    (
        2,
        "event last",
        include_str!("../migrations/sqlite/0002_event_last.sql"),
        include_str!("../migrations/postgres/0002_event_last.sql"),
    ),
    (
        3,
        "people",
        include_str!("../migrations/sqlite/0003_people.sql"),
        include_str!("../migrations/postgres/0003_people.sql"),
    ),
    (
        4,
        "packages",
        include_str!("../migrations/sqlite/0004_packages.sql"),
        include_str!("../migrations/postgres/0004_packages.sql"),
    ),
    (
        5,
        "sign in",
        include_str!("../migrations/sqlite/0005_sign_in.sql"),
        include_str!("../migrations/postgres/0005_sign_in.sql"),
    ),
    (
        6,
        "acting",
        include_str!("../migrations/sqlite/0006_acting.sql"),
        include_str!("../migrations/postgres/0006_acting.sql"),
    ),
    (
        7,
        "webhook",
        include_str!("../migrations/sqlite/0007_webhook.sql"),
        include_str!("../migrations/postgres/0007_webhook.sql"),
    ),
    (
        8,
        "usage",
        include_str!("../migrations/sqlite/0008_usage.sql"),
        include_str!("../migrations/postgres/0008_usage.sql"),
    ),
    (
        9,
        "adoption",
        include_str!("../migrations/sqlite/0009_adoption.sql"),
        include_str!("../migrations/postgres/0009_adoption.sql"),
    ),
    (
        10,
        "members",
        include_str!("../migrations/sqlite/0010_members.sql"),
        include_str!("../migrations/postgres/0010_members.sql"),
    ),
    (
        11,
        "identity",
        include_str!("../migrations/sqlite/0011_identity.sql"),
        include_str!("../migrations/postgres/0011_identity.sql"),
    ),
    (
        12,
        "lists",
        include_str!("../migrations/sqlite/0012_lists.sql"),
        include_str!("../migrations/postgres/0012_lists.sql"),
    ),
    (
        13,
        "told",
        include_str!("../migrations/sqlite/0013_told.sql"),
        include_str!("../migrations/postgres/0013_told.sql"),
    ),
    (
        14,
        "job",
        include_str!("../migrations/sqlite/0014_job.sql"),
        include_str!("../migrations/postgres/0014_job.sql"),
    ),
    (
        15,
        "metric",
        include_str!("../migrations/sqlite/0015_metric.sql"),
        include_str!("../migrations/postgres/0015_metric.sql"),
    ),
    (
        16,
        "notice",
        include_str!("../migrations/sqlite/0016_notice.sql"),
        include_str!("../migrations/postgres/0016_notice.sql"),
    ),
    (
        17,
        "site serving",
        include_str!("../migrations/sqlite/0017_site_serving.sql"),
        include_str!("../migrations/postgres/0017_site_serving.sql"),
    ),
    (
        18,
        "traffic",
        include_str!("../migrations/sqlite/0018_traffic.sql"),
        include_str!("../migrations/postgres/0018_traffic.sql"),
    ),
    (
        19,
        "certificate",
        include_str!("../migrations/sqlite/0019_certificate.sql"),
        include_str!("../migrations/postgres/0019_certificate.sql"),
    ),
    (
        20,
        "certificate order",
        include_str!("../migrations/sqlite/0020_certificate_order.sql"),
        include_str!("../migrations/postgres/0020_certificate_order.sql"),
    ),
];

/// A whole copy in one file, whatever the write-ahead log still holds.
pub(crate) const COPY: Statement = Statement::new("VACUUM INTO $1");

pub(crate) const TABLE: &str = "_sqlx_migrations";

/// The newest schema that this program knows.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.0)
}

pub(crate) fn migrator(backend: Backend) -> Migrator {
    let migrations = MIGRATIONS.iter().map(|&(version, what, sqlite, postgres)| {
        let sql = match backend {
            Backend::Sqlite => sqlite,
            Backend::Postgres => postgres,
        };
        Migration::new(version, what.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// Brings the database of `connection` to the newest schema. `file` is SQLite's file.
pub(crate) async fn run(
    mut connection: AnyConnection,
    backend: Backend,
    file: Option<&Path>,
    migrator: &Migrator,
) -> Result<(), OpenError> {
    connection.ensure_migrations_table(TABLE).await.map_err(OpenError::Migration)?;
    let applied = connection.list_applied_migrations(TABLE).await.map_err(OpenError::Migration)?;
    let found = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let copy = match (backend, file) {
        (Backend::Sqlite, Some(file)) if found != 0 && found < known => {
            Some((file, copy_before(&mut connection, file, known).await?))
        }
        _ => None,
    };
    let outcome = migrator.run_direct(None, &mut connection, false).await;
    connection.close().await?;
    let Err(error) = outcome else {
        tracing::info!(from = found, to = known, "database schema is current");
        return Ok(());
    };
    if let Some((file, copy)) = copy {
        put_back(file, &copy).map_err(|source| OpenError::Restore { copy, source })?;
    }
    Err(OpenError::Migration(error))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

async fn copy_before(connection: &mut AnyConnection, file: &Path, known: i64) -> Result<PathBuf, OpenError> {
    let copy = beside(file, &format!(".before-{known:04}"));
    let io = |source| OpenError::File { path: copy.clone(), source };
    match std::fs::remove_file(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    crate::file::copy_into(connection, &copy).await?;
    Ok(copy)
}

/// The copy takes the file's place; what the write-ahead log held of the failed migration is dropped first.
fn put_back(file: &Path, copy: &Path) -> std::io::Result<()> {
    for suffix in ["-wal", "-shm"] {
        match std::fs::remove_file(beside(file, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::copy(copy, beside(file, ".restoring"))?;
    std::fs::File::open(beside(file, ".restoring"))?.sync_all()?;
    std::fs::rename(beside(file, ".restoring"), file)?;
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
