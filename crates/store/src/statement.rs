//! Statements and the values that travel beside them.

use names::{
    AccountName, CryptHash, Digest, DomainName, EmailAddress, Generation, Hostname, Id, Label, Micros,
    PhpVersion, PoolName, RelPath, WebUrl,
};
use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

/// One SQL text, in the part that SQLite and PostgreSQL share, with `$1`, `$2`, ... for its values.
///
/// - An optional filter is `(col = $3 OR $3 IS NULL)`, in this order: PostgreSQL takes the type of `$3` from its first use.
/// - `COUNT(*)` is a BIGINT; `SUM(..)` is not on PostgreSQL: write `CAST(SUM(..) AS BIGINT)`.
/// - Where a value may be taken: `ON CONFLICT DO NOTHING`, and look at the count.
///
/// Each module lists its statements in `STATEMENTS`, and one test passes the list to [`testing::check`](crate::testing::check).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    sql: &'static str,
}

impl Statement {
    /// A statement; the text is checked by the crate's test, not here.
    pub const fn new(sql: &'static str) -> Self {
        Self { sql }
    }

    /// The text.
    pub const fn sql(self) -> &'static str {
        self.sql
    }

    /// The statement with its first value.
    pub fn bind(self, value: impl Into<Value>) -> Bound {
        Bound::from(self).bind(value)
    }
}

/// A statement with the values bound so far, in the order of `$1`, `$2`, ...
#[derive(Debug, Clone)]
pub struct Bound {
    pub(crate) statement: Statement,
    values: Vec<Value>,
}

impl Bound {
    /// Adds the next value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(crate) fn query(self) -> Query<'static, Any, AnyArguments> {
        self.values.into_iter().fold(sqlx::query(self.statement.sql), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
        })
    }
}

impl From<Statement> for Bound {
    fn from(statement: Statement) -> Self {
        Self { statement, values: Vec::new() }
    }
}

/// A value for a statement. A `NULL` keeps its type, which PostgreSQL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// BIGINT
    Int(Option<i64>),
    /// TEXT
    Text(Option<String>),
}

impl Value {
    /// The text of anything that displays itself, such as an id or a name.
    pub fn text(value: impl std::fmt::Display) -> Self {
        Self::Text(Some(value.to_string()))
    }

    /// As [`Value::text`], or `NULL`.
    pub fn optional_text(value: Option<impl std::fmt::Display>) -> Self {
        Self::Text(value.map(|value| value.to_string()))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

/// Truth is 0 or 1: the driver that speaks both databases has no booleans.
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

/// BIGINT of microseconds.
impl From<Micros> for Value {
    fn from(value: Micros) -> Self {
        Self::Int(Some(value.as_micros()))
    }
}

impl From<Option<Micros>> for Value {
    fn from(value: Option<Micros>) -> Self {
        Self::Int(value.map(Micros::as_micros))
    }
}

impl From<Generation> for Value {
    fn from(value: Generation) -> Self {
        Self::Int(Some(value.as_i64()))
    }
}

impl<K> From<Id<K>> for Value {
    fn from(value: Id<K>) -> Self {
        Self::text(value)
    }
}

impl<K> From<Option<Id<K>>> for Value {
    fn from(value: Option<Id<K>>) -> Self {
        Self::optional_text(value)
    }
}

impl From<Digest> for Value {
    fn from(value: Digest) -> Self {
        Self::text(value)
    }
}

impl From<Option<Digest>> for Value {
    fn from(value: Option<Digest>) -> Self {
        Self::optional_text(value)
    }
}

// A macro of our own, so that the names' types do not differ here by accident.
macro_rules! as_text {
    ($($name:ident),+) => {
        $(
            impl From<&$name> for Value {
                fn from(value: &$name) -> Self {
                    Self::text(value)
                }
            }
        )+
    };
}

as_text!(AccountName, DomainName, EmailAddress, Hostname, Label, PhpVersion, PoolName, RelPath, WebUrl);

impl From<&CryptHash> for Value {
    fn from(value: &CryptHash) -> Self {
        Self::Text(Some(value.expose().to_owned()))
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Self::Text(Some(value.to_string()))
    }
}
