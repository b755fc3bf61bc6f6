//! The panel's database: pools, migrations, transactions and statements.
//!
//! SQLite is embedded now; every statement is written in the part of SQL that SQLite and PostgreSQL share, and is prepared on both
//! by a test, so that several panels can later share one PostgreSQL.
//!
//! # What it guarantees
//!
//! - **One writer.** [`Store::write`] holds the only writing connection, and its transaction takes the write lock when it begins, so
//!   two writers wait for each other instead of failing half way.
//! - **An answer means disk.** A commit is synced to the disk before it is acknowledged. [`Store::note`] is for what can be observed again.
//! - **All or nothing.** A closure that fails, panics or is dropped leaves nothing behind.
//! - **A rehearsal leaves nothing behind.** [`Store::rehearse`] runs the same closure and always rolls back. It is how a dry run is made.
//! - **No statement is made of pieces.** A [`Statement`] is a `'static` text; values travel beside it.
//!
//! Nothing may wait for anything but the database inside a transaction: the agent is asked before or after, never within.
//!
//! # How a feature uses it
//!
//! ```
//! use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};
//!
//! const FIND: Statement = Statement::new("SELECT value FROM setting WHERE name = $1");
//! const PUT: Statement = Statement::new(
//!     "INSERT INTO setting (name, value, updated_at) VALUES ($1, $2, $3)
//!      ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
//! );
//!
//! /// Every statement of this module. A test passes it to `store::testing::check`.
//! pub const STATEMENTS: &[Statement] = &[FIND, PUT];
//!
//! struct Setting(String);
//!
//! impl FromRow for Setting {
//!     fn from_row(row: &Row) -> Result<Self, RowError> {
//!         Ok(Setting(row.text("value")?))
//!     }
//! }
//!
//! async fn find(tx: &mut Tx, name: &str) -> Result<Option<Setting>, StoreError> {
//!     tx.optional(FIND.bind(name)).await
//! }
//!
//! async fn put(tx: &mut WriteTx, name: &str, value: &str, now: i64) -> Result<(), StoreError> {
//!     tx.execute(PUT.bind(name).bind(value).bind(now)).await?;
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("store-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let store = Store::open(&folder.join("holdfast.db")).await?;
//! store.write(async |tx| put(tx, "brand", "\"Holdfast\"", 0).await).await?;
//! let brand = store.read(async |tx| find(tx, "brand").await).await?;
//! assert_eq!(brand.map(|setting| setting.0).as_deref(), Some("\"Holdfast\""));
//! # store.close().await;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```

mod error;
mod file;
mod migrate;
mod open;
mod row;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use error::{OpenError, RowError, StoreError};
pub use file::Look;
pub use open::{Backend, Store};
pub use row::{FromRow, Row};
/// What the database driver says; the cause within a [`StoreError`].
pub use sqlx::Error as DriverError;
pub use statement::{Bound, Statement, Value};
pub use tx::{Tx, WriteTx};

/// Ids of the rows that the first migration makes.
pub mod fixed {
    /// The organisation at the root of the tree.
    pub const ROOT_ORGANISATION: &str = "00000000-0000-7000-8000-000000000001";
    /// The built-in role that may do everything.
    pub const ADMINISTRATOR_ROLE: &str = "00000000-0000-7000-8000-000000000011";
    /// The built-in role of an account's owner.
    pub const OWNER_ROLE: &str = "00000000-0000-7000-8000-000000000012";
    /// The built-in role of who sells hosting on: a branch of the tree, with its accounts, packages, people.
    pub const RESELLER_ROLE: &str = "00000000-0000-7000-8000-000000000013";
    /// The built-in role of who builds sites.
    pub const DEVELOPER_ROLE: &str = "00000000-0000-7000-8000-000000000014";
    /// The built-in role of who looks after mail.
    pub const MAIL_MANAGER_ROLE: &str = "00000000-0000-7000-8000-000000000015";
    /// The built-in role of who bills: sees what is used, suspends and lets go on.
    pub const BILLING_ROLE: &str = "00000000-0000-7000-8000-000000000016";
    /// The built-in role of who looks, and changes nothing.
    pub const READ_ONLY_ROLE: &str = "00000000-0000-7000-8000-000000000017";
}
