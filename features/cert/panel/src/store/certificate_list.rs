//! Lists of certificates: which are shown, in which order, and how many there are.
//!
//! There is a statement for each order; the text that they share is written once.

use api_kit::{Order, Sorted};
use auth::TenantScope;
use desired::{Chosen, Match, Part};
use names::{AccountId, AccountName, CertName, CertificateId};
use store::{FromRow, RowError, Statement, StoreError, Tx};

use crate::store::certificate::Row;

/// Which certificates are shown: `$1` to `$5` as [`Chosen`] binds them. Names are stored as JSON, so a part is looked for between its signs;
/// whoever asks sees to it that it holds none of them ([`is_of_names`]). A certificate is as suspended as its account.
macro_rules! shown {
    () => {
        "a.id = c.account_id
         AND (c.names LIKE $1 ESCAPE '\\' OR CAST($1 AS TEXT) IS NULL)
         AND (c.condition IN ($2, $3) OR $2 IS NULL)
         AND ((SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) = $4 OR CAST($4 AS BIGINT) IS NULL)
         AND (a.organisation_id IN (SELECT up.organisation_id FROM organisation_above up WHERE up.above_id = $5) OR $5 IS NULL)"
    };
}

/// The rows of a page, which `$6` and `$7` say where it begins, and `$8` how many rows it has; `$9` and `$10` are the scope, `$11` the account.
macro_rules! page {
    ($place:literal, $than:literal, $descending:literal) => {
        concat!(
            "SELECT c.id, c.account_id, a.name AS account_name, c.site_id, c.source, c.key_kind, c.names, c.key_digest, c.shown, c.not_before,
                    c.not_after, c.created_at, c.updated_at,
                    c.generation, c.observed_generation, c.spec_digest, c.condition, c.reason, c.message, c.since, c.attempts,
                    c.next_attempt_at, c.deleted_at, c.expect_plan, c.overwrite, 0 AS holding
             FROM certificate c CROSS JOIN account a
             WHERE ", shown!(), "
               AND (", $place, ", c.id) ", $than, " ($6, $7)
               AND ($9 = 'all' OR c.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $9 AND permission = $10))
               AND (c.account_id = $11 OR $11 IS NULL)
             ORDER BY ", $place, $descending, ", c.id", $descending, " LIMIT $8"
        )
    };
}

const NAME: Statement = Statement::new(page!("c.names", ">", ""));
const NAME_DOWN: Statement = Statement::new(page!("c.names", "<", " DESC"));
const CREATED: Statement = Statement::new(page!("c.created_at", ">", ""));
const CREATED_DOWN: Statement = Statement::new(page!("c.created_at", "<", " DESC"));
// those that sign themselves come last: the agent makes them anew in time
const EXPIRES: Statement = Statement::new(page!("COALESCE(c.not_after, 9000000000000000000)", ">", ""));
const EXPIRES_DOWN: Statement =
    Statement::new(page!("COALESCE(c.not_after, 9000000000000000000)", "<", " DESC"));
const ACCOUNT: Statement = Statement::new(page!("a.name", ">", ""));
const ACCOUNT_DOWN: Statement = Statement::new(page!("a.name", "<", " DESC"));
const COUNT: Statement = Statement::new(concat!(
    "SELECT COUNT(*) AS value FROM certificate c CROSS JOIN account a
     WHERE ",
    shown!(),
    "
       AND ($6 = 'all' OR c.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $6 AND permission = $7))
       AND (c.account_id = $8 OR $8 IS NULL)"
));
// What was made for a site is found by the site.
const SEARCH: Statement = Statement::new(
    "SELECT c.id, c.names, a.name AS account_name FROM certificate c JOIN account a ON a.id = c.account_id
     WHERE c.site_id IS NULL AND c.names LIKE $1 ESCAPE '\\'
       AND ($2 = 'all' OR c.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $2 AND permission = $3))
     ORDER BY c.names, c.id LIMIT $4",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[NAME, NAME_DOWN, CREATED, CREATED_DOWN, EXPIRES, EXPIRES_DOWN, ACCOUNT, ACCOUNT_DOWN, COUNT, SEARCH];

/// An order of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Name,
    NameDown,
    Created,
    CreatedDown,
    Expires,
    ExpiresDown,
    Account,
    AccountDown,
}

impl Order for By {
    const ALL: &'static [(&'static str, Self)] = &[
        ("name", Self::Name),
        ("-name", Self::NameDown),
        ("created", Self::Created),
        ("-created", Self::CreatedDown),
        ("expires", Self::Expires),
        ("-expires", Self::ExpiresDown),
        ("account", Self::Account),
        ("-account", Self::AccountDown),
    ];

    fn is_of_numbers(self) -> bool {
        matches!(self, Self::Created | Self::CreatedDown | Self::Expires | Self::ExpiresDown)
    }
}

/// Where [`EXPIRES`] puts those that sign themselves.
const NEVER: i64 = 9_000_000_000_000_000_000;

impl By {
    /// A certificate's place in this order.
    pub(crate) fn place(self, row: &Row) -> (String, String) {
        let key = match self {
            // as it is stored
            Self::Name | Self::NameDown => serde_json::to_string(&row.names).unwrap_or_default(),
            Self::Created | Self::CreatedDown => row.created_at.as_micros().to_string(),
            Self::Expires | Self::ExpiresDown => {
                row.not_after.map_or(NEVER, names::Micros::as_micros).to_string()
            }
            Self::Account | Self::AccountDown => row.account_name.to_string(),
        };
        (key, row.id.to_string())
    }

    fn statement(self) -> Statement {
        match self {
            Self::Name => NAME,
            Self::NameDown => NAME_DOWN,
            Self::Created => CREATED,
            Self::CreatedDown => CREATED_DOWN,
            Self::Expires => EXPIRES,
            Self::ExpiresDown => EXPIRES_DOWN,
            Self::Account => ACCOUNT,
            Self::AccountDown => ACCOUNT_DOWN,
        }
    }
}

/// Which certificates a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which {
    /// An account on which the caller was found to see certificates; none: all that the scope shows.
    pub(crate) account: Option<AccountId>,
    pub(crate) chosen: Chosen,
}

/// Whether a pattern is of what names are made of, and of none of the signs between them.
pub(crate) fn is_of_names(pattern: &str) -> bool {
    !pattern.contains(['"', ',', '[', ']'])
}

/// A page of certificates.
pub(crate) async fn page(
    tx: &mut Tx,
    scope: &TenantScope,
    which: &Which,
    sorted: &Sorted<By>,
) -> Result<Vec<Row>, StoreError> {
    let (place, tie) = sorted.begin();
    let begin = which.chosen.bind(sorted.order().statement()).bind(place).bind(tie).bind(sorted.rows());
    tx.all(scope.bind(begin).bind(which.account)).await
}

/// How many certificates there are on all pages.
pub(crate) async fn count(tx: &mut Tx, scope: &TenantScope, which: &Which) -> Result<i64, StoreError> {
    tx.one(scope.bind(which.chosen.bind(COUNT)).bind(which.account)).await
}

/// A certificate that was found by one of its names.
#[derive(Debug, Clone)]
pub(crate) struct FoundRow {
    pub(crate) id: CertificateId,
    pub(crate) names: Vec<CertName>,
    pub(crate) account_name: AccountName,
}

impl FromRow for FoundRow {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { id: row.parse("id")?, names: row.json("names")?, account_name: row.parse("account_name")? })
    }
}

/// Certificates that were made for no site, by a part of a name, at most `limit` of those that the scope shows.
pub(crate) async fn named(
    tx: &mut Tx,
    scope: &TenantScope,
    (part, how): (&Part, Match),
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let pattern = part.like(how);
    if !is_of_names(&pattern) {
        return Ok(Vec::new());
    }
    let pattern = match how {
        Match::Within => pattern,
        Match::Beginning => format!("%\"{pattern}"),
        Match::Whole => format!("%\"{pattern}\"%"),
    };
    tx.all(scope.bind(SEARCH.bind(pattern)).bind(limit)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_with_a_sign_of_the_stored_list_finds_nothing() {
        assert!(is_of_names("%www.example\\_x.test%"));
        for odd in ["a\"", "a,b", "[", "]"] {
            assert!(!is_of_names(&Part::new(odd).unwrap().like(Match::Within)), "{odd}");
        }
    }
}
