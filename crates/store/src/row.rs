//! Rows, read column by column into types that prove themselves.

use std::fmt::Display;
use std::str::FromStr;

use names::Micros;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::RowError;

/// A type that is read from one row.
pub trait FromRow: Sized {
    /// Reads the row, column by column.
    fn from_row(row: &Row) -> Result<Self, RowError>;
}

/// One row of a result. Every method names the column it failed on, never the value.
pub struct Row(pub(crate) AnyRow);

impl Row {
    /// A BIGINT.
    pub fn int(&self, column: &str) -> Result<i64, RowError> {
        self.opt_int(column)?.ok_or_else(|| null(column))
    }

    /// A BIGINT or NULL.
    pub fn opt_int(&self, column: &str) -> Result<Option<i64>, RowError> {
        self.0.try_get(column).map_err(|error| problem(column, error))
    }

    /// A truth value, kept as 0 or 1.
    pub fn flag(&self, column: &str) -> Result<bool, RowError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(problem(column, "neither 0 nor 1")),
        }
    }

    /// A BIGINT as a smaller or unsigned number, or as a type made of one.
    pub fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, RowError> {
        T::try_from(self.int(column)?).map_err(|_| problem(column, "out of range"))
    }

    /// As [`Row::number`], or NULL.
    pub fn opt_number<T: TryFrom<i64>>(&self, column: &str) -> Result<Option<T>, RowError> {
        self.opt_int(column)?
            .map(|value| T::try_from(value).map_err(|_| problem(column, "out of range")))
            .transpose()
    }

    /// A BIGINT of microseconds.
    pub fn time(&self, column: &str) -> Result<Micros, RowError> {
        Micros::new(self.int(column)?).map_err(|error| problem(column, error))
    }

    /// A BIGINT of microseconds or NULL.
    pub fn opt_time(&self, column: &str) -> Result<Option<Micros>, RowError> {
        self.opt_int(column)?
            .map(|micros| Micros::new(micros).map_err(|error| problem(column, error)))
            .transpose()
    }

    /// A TEXT.
    pub fn text(&self, column: &str) -> Result<String, RowError> {
        self.opt_text(column)?.ok_or_else(|| null(column))
    }

    /// A TEXT or NULL.
    pub fn opt_text(&self, column: &str) -> Result<Option<String>, RowError> {
        self.0.try_get(column).map_err(|error| problem(column, error))
    }

    /// A TEXT, parsed.
    pub fn parse<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, RowError> {
        self.text(column)?.parse().map_err(|error| problem(column, error))
    }

    /// A TEXT or NULL, parsed.
    pub fn opt_parse<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>, RowError> {
        self.opt_text(column)?.map(|text| text.parse().map_err(|error| problem(column, error))).transpose()
    }

    /// A TEXT that holds JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, RowError> {
        serde_json::from_str(&self.text(column)?).map_err(|error| problem(column, json_problem(&error)))
    }

    /// A TEXT that holds JSON, or NULL.
    pub fn opt_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, RowError> {
        self.opt_text(column)?
            .map(|text| serde_json::from_str(&text).map_err(|error| problem(column, json_problem(&error))))
            .transpose()
    }
}

fn null(column: &str) -> RowError {
    problem(column, "is NULL")
}

/// serde's own message may quote the value; the category and place never do.
fn json_problem(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

fn problem(column: &str, problem: impl Display) -> RowError {
    RowError { column: column.to_owned(), problem: problem.to_string() }
}

impl FromRow for i64 {
    /// The only column of a statement that names it `value`.
    fn from_row(row: &Row) -> Result<Self, RowError> {
        row.int("value")
    }
}

impl FromRow for String {
    /// The only column of a statement that names it `value`.
    fn from_row(row: &Row) -> Result<Self, RowError> {
        row.text("value")
    }
}
