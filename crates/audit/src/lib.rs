//! Who did what, when, from where: written in the transaction of the change, and chained so that a later edit shows.
//!
//! Each entry's hash covers all of its columns and the hash of the entry before. Whoever changes, removes or inserts one must make
//! all later ones anew; then the [`Head`] no longer fits the copies of it that the agent keeps in a log of its own, and
//! [`verify`] says so when it is given one of them.
//!
//! An entry never holds a secret: what a feature passes as `before` and `after` is its object as the API shows it. Input that was refused
//! leaves the field and the reason's code, never the value ([`Outcome::Refused`]).
//!
//! ```
//! # use audit::{Entry, Object, Outcome, Who};
//! # async fn example(tx: &mut store::WriteTx, actor: &auth::Actor, id: names::AccountId) -> Result<(), store::StoreError> {
//! let entry = Entry {
//!     who: Who::from(actor),
//!     request_id: "0198c0de-0000-7000-8000-000000000000",
//!     action: "account.suspend",
//!     object: Object::of_account("account", id, id),
//!     before: Some(serde_json::json!({"suspended": false})),
//!     after: Some(serde_json::json!({"suspended": true})),
//!     plan_hash: None,
//!     outcome: Outcome::Done,
//! };
//! audit::append(tx, &entry, names::Micros::now()).await?;
//! # Ok(())
//! # }
//! ```

mod append;
mod entry;
mod export;
mod list;
mod verify;

pub use append::{append, head};
pub use entry::{Entry, Head, Object, Outcome, RefusedField, Who};
pub use export::{Batch, FORMAT, after};
pub use list::{Filter, Of, Recorded, list};
pub use verify::{Verdict, verify};

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = &[append::STATEMENTS, list::STATEMENTS, verify::STATEMENTS];

#[cfg(test)]
mod tests;
