//! Transactions, and what may be done within one.

use std::ops::{Deref, DerefMut};

use sqlx::{Any, Transaction};

use crate::error::StoreError;
use crate::row::{FromRow, Row};
use crate::statement::Bound;

/// A transaction that reads: one consistent picture, from its first statement to its last.
///
/// Functions that only read take `&mut Tx`; a [`WriteTx`] passes for one.
pub struct Tx {
    inner: Transaction<'static, Any>,
}

impl Tx {
    pub(crate) fn new(inner: Transaction<'static, Any>) -> Self {
        Self { inner }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.inner.rollback().await?)
    }

    /// The row, which must be there.
    pub async fn one<T: FromRow>(&mut self, statement: impl Into<Bound>) -> Result<T, StoreError> {
        self.optional(statement).await?.ok_or(StoreError::Missing)
    }

    /// The first row, if there is one.
    pub async fn optional<T: FromRow>(
        &mut self,
        statement: impl Into<Bound>,
    ) -> Result<Option<T>, StoreError> {
        let row = statement.into().query().fetch_optional(&mut *self.inner).await?;
        Ok(row.map(|row| T::from_row(&Row(row))).transpose()?)
    }

    /// All rows, in the statement's order. A statement that may find many has a `LIMIT`.
    pub async fn all<T: FromRow>(&mut self, statement: impl Into<Bound>) -> Result<Vec<T>, StoreError> {
        let rows = statement.into().query().fetch_all(&mut *self.inner).await?;
        Ok(rows.into_iter().map(|row| T::from_row(&Row(row))).collect::<Result<_, _>>()?)
    }
}

/// A transaction that writes. It is the only one while it lasts, so it must not wait for anything but the database.
///
/// After a statement failed, nothing more may be asked of the transaction (PostgreSQL refuses it). Where a value may be taken,
/// write `INSERT ... ON CONFLICT DO NOTHING` and look at the count.
pub struct WriteTx(Tx);

impl WriteTx {
    pub(crate) fn new(inner: Transaction<'static, Any>) -> Self {
        Self(Tx::new(inner))
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.0.commit().await
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        self.0.rollback().await
    }

    /// Runs a statement that changes rows; how many.
    pub async fn execute(&mut self, statement: impl Into<Bound>) -> Result<u64, StoreError> {
        let done = statement.into().query().execute(&mut *self.0.inner).await?;
        Ok(done.rows_affected())
    }
}

impl Deref for WriteTx {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.0
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.0
    }
}
