//! Lists of accounts: which are shown, in which order, and how many there are.
//!
//! A page is chosen first, by what it is sorted by, and its rows are read then. There is a statement for each order and for each scope, since
//! each goes by other indexes; the text that they share is written once. `CROSS JOIN` is where SQLite is told which comes first.

use api_kit::{Order, Sorted};
use auth::TenantScope;
use desired::Chosen;
use limits::PackageKey;
use store::{Bound, Statement, StoreError, Tx, Value};

use super::Row;

/// Which accounts are shown: `$1` to `$5` as [`Chosen`] binds them, `$6` the package's name or id.
macro_rules! shown {
    () => {
        "(a.name LIKE $1 ESCAPE '\\' OR $1 IS NULL)
         AND (a.condition IN ($2, $3) OR $2 IS NULL)
         AND (CAST($4 AS BIGINT) IS NULL
              OR (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) = $4)
         AND (a.organisation_id IN (SELECT up.organisation_id FROM organisation_above up WHERE up.above_id = $5) OR $5 IS NULL)
         AND (a.package_id IN (SELECT p.id FROM package p WHERE p.id = $6 OR p.name = $6) OR $6 IS NULL)"
    };
}

/// The rows of a page, which gives `id`, `place` and `tie`.
macro_rules! rows {
    ($page:expr, $descending:literal) => {
        concat!(
            "SELECT account.id, name,
                    (SELECT o.name FROM organisation o WHERE o.id = account.organisation_id) AS organisation,
                    (SELECT p.name FROM package p WHERE p.id = account.package_id) AS package,
                    (SELECT COUNT(*) FROM account_feature_off f WHERE f.account_id = account.id AND f.feature = 'sftp') AS sftp_off,
                    (SELECT u.note FROM account_usage u WHERE u.account_id = account.id AND u.disk_held = 0) AS disk_note,
                    (SELECT u.note FROM account_usage u WHERE u.account_id = account.id AND u.inodes_held = 0) AS inodes_note,
                    (SELECT t.suspended_above FROM account_state t WHERE t.account_id = account.id) AS suspended_above,
                    owner_person_id, uid, email, sftp_password_hash, ssh_keys, limits, suspended, suspended_reason,
                    created_at, updated_at, generation, observed_generation, spec_digest, condition, reason, message, since,
                    attempts, next_attempt_at, deleted_at, expect_plan, overwrite, 0 AS dependents
             FROM (", $page, ") page CROSS JOIN account
             WHERE account.id = page.id ORDER BY page.place", $descending, ", page.tie", $descending
        )
    };
}

/// A page: `$7` and `$8` where it begins, `$9` how many rows.
macro_rules! page {
    ($place:literal, $tie:literal, $from:literal, $where:literal, $after:literal, $descending:literal) => {
        rows!(
            concat!(
                "SELECT a.id AS id, ",
                $place,
                " AS place, ",
                $tie,
                " AS tie FROM ",
                $from,
                " WHERE ",
                $where,
                $after,
                " AND ",
                shown!(),
                " ORDER BY ",
                $place,
                $descending,
                ", ",
                $tie,
                $descending,
                " LIMIT $9"
            ),
            $descending
        )
    };
}

/// As [`page`], of accounts on which a right is held: `$10` by whom, `$11` which.
macro_rules! granted {
    ($place:literal, $tie:literal, $from:literal, $where:literal, $after:literal, $descending:literal) => {
        rows!(
            concat!(
                "SELECT a.id AS id, ", $place, " AS place, ", $tie, " AS tie
                 FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $10 AND permission = $11) g
                      CROSS JOIN ", $from,
                " WHERE a.id = g.account_id AND ", $where, $after, " AND ", shown!(),
                " ORDER BY ", $place, $descending, ", ", $tie, $descending, " LIMIT $9"
            ),
            $descending
        )
    };
}

const NAME: Statement =
    Statement::new(page!("a.name", "a.id", "account a", "", "(a.name, a.id) > ($7, $8)", ""));
const NAME_DOWN: Statement =
    Statement::new(page!("a.name", "a.id", "account a", "", "(a.name, a.id) < ($7, $8)", " DESC"));
const CREATED: Statement =
    Statement::new(page!("a.created_at", "a.id", "account a", "", "(a.created_at, a.id) > ($7, $8)", ""));
const CREATED_DOWN: Statement = Statement::new(page!(
    "a.created_at",
    "a.id",
    "account a",
    "",
    "(a.created_at, a.id) < ($7, $8)",
    " DESC"
));
// Organisations in their order, and within each its accounts in theirs: nothing is sorted.
const ORGANISATION: Statement = Statement::new(page!(
    "o.name",
    "a.name",
    "organisation o CROSS JOIN account a",
    "a.organisation_id = o.id AND ",
    "o.name >= $7 AND (o.name > $7 OR a.name > $8)",
    ""
));
const ORGANISATION_DOWN: Statement = Statement::new(page!(
    "o.name",
    "a.name",
    "organisation o CROSS JOIN account a",
    "a.organisation_id = o.id AND ",
    "o.name <= $7 AND (o.name < $7 OR a.name < $8)",
    " DESC"
));
const COUNT: Statement = Statement::new(concat!("SELECT COUNT(*) AS value FROM account a WHERE ", shown!()));
const GRANTED_NAME: Statement =
    Statement::new(granted!("a.name", "a.id", "account a", "", "(a.name, a.id) > ($7, $8)", ""));
const GRANTED_NAME_DOWN: Statement =
    Statement::new(granted!("a.name", "a.id", "account a", "", "(a.name, a.id) < ($7, $8)", " DESC"));
const GRANTED_CREATED: Statement =
    Statement::new(granted!("a.created_at", "a.id", "account a", "", "(a.created_at, a.id) > ($7, $8)", ""));
const GRANTED_CREATED_DOWN: Statement = Statement::new(granted!(
    "a.created_at",
    "a.id",
    "account a",
    "",
    "(a.created_at, a.id) < ($7, $8)",
    " DESC"
));
const GRANTED_ORGANISATION: Statement = Statement::new(granted!(
    "o.name",
    "a.name",
    "account a CROSS JOIN organisation o",
    "o.id = a.organisation_id AND ",
    "(o.name, a.name) > ($7, $8)",
    ""
));
const GRANTED_ORGANISATION_DOWN: Statement = Statement::new(granted!(
    "o.name",
    "a.name",
    "account a CROSS JOIN organisation o",
    "o.id = a.organisation_id AND ",
    "(o.name, a.name) < ($7, $8)",
    " DESC"
));
const GRANTED_COUNT: Statement = Statement::new(concat!(
    "SELECT COUNT(*) AS value
     FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $7 AND permission = $8) g
          CROSS JOIN account a
     WHERE a.id = g.account_id AND ",
    shown!()
));
// By name, where names alone are asked for: what tells the rights has the names, and no other row is looked at before the page is chosen.
const GRANTED_NAMES: Statement = Statement::new(rows!(
    "SELECT DISTINCT account_id AS id, account_name AS place, account_id AS tie FROM account_permission
     WHERE holder_id = $5 AND permission = $6 AND (account_name LIKE $1 ESCAPE '\\' OR $1 IS NULL)
       AND (account_name, account_id) > ($2, $3)
     ORDER BY account_name, account_id LIMIT $4",
    ""
));
const GRANTED_NAMES_DOWN: Statement = Statement::new(rows!(
    "SELECT DISTINCT account_id AS id, account_name AS place, account_id AS tie FROM account_permission
     WHERE holder_id = $5 AND permission = $6 AND (account_name LIKE $1 ESCAPE '\\' OR $1 IS NULL)
       AND (account_name, account_id) < ($2, $3)
     ORDER BY account_name DESC, account_id DESC LIMIT $4",
    " DESC"
));

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    NAME,
    NAME_DOWN,
    CREATED,
    CREATED_DOWN,
    ORGANISATION,
    ORGANISATION_DOWN,
    COUNT,
    GRANTED_NAME,
    GRANTED_NAME_DOWN,
    GRANTED_CREATED,
    GRANTED_CREATED_DOWN,
    GRANTED_ORGANISATION,
    GRANTED_ORGANISATION_DOWN,
    GRANTED_COUNT,
    GRANTED_NAMES,
    GRANTED_NAMES_DOWN,
];

/// An order of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Name,
    NameDown,
    Created,
    CreatedDown,
    Organisation,
    OrganisationDown,
}

impl Order for By {
    const ALL: &'static [(&'static str, Self)] = &[
        ("name", Self::Name),
        ("-name", Self::NameDown),
        ("created", Self::Created),
        ("-created", Self::CreatedDown),
        ("organisation", Self::Organisation),
        ("-organisation", Self::OrganisationDown),
    ];

    fn is_of_numbers(self) -> bool {
        matches!(self, Self::Created | Self::CreatedDown)
    }
}

impl By {
    /// An account's place in this order.
    pub(crate) fn place(self, row: &Row) -> (String, String) {
        match self {
            Self::Name | Self::NameDown => (row.name.to_string(), row.id.to_string()),
            Self::Created | Self::CreatedDown => (row.created_at.as_micros().to_string(), row.id.to_string()),
            Self::Organisation | Self::OrganisationDown => {
                (row.organisation.to_string(), row.name.to_string())
            }
        }
    }

    fn statement(self) -> Statement {
        match self {
            Self::Name => NAME,
            Self::NameDown => NAME_DOWN,
            Self::Created => CREATED,
            Self::CreatedDown => CREATED_DOWN,
            Self::Organisation => ORGANISATION,
            Self::OrganisationDown => ORGANISATION_DOWN,
        }
    }

    fn granted(self) -> Statement {
        match self {
            Self::Name => GRANTED_NAME,
            Self::NameDown => GRANTED_NAME_DOWN,
            Self::Created => GRANTED_CREATED,
            Self::CreatedDown => GRANTED_CREATED_DOWN,
            Self::Organisation => GRANTED_ORGANISATION,
            Self::OrganisationDown => GRANTED_ORGANISATION_DOWN,
        }
    }
}

/// Which accounts a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which {
    pub(crate) chosen: Chosen,
    /// Only those of a package of this name or id.
    pub(crate) package: Option<PackageKey>,
}

impl Which {
    fn bind(&self, statement: Statement) -> Bound {
        let package = self.package.as_ref().map(|key| match key {
            PackageKey::Id(id) => id.to_string(),
            PackageKey::Name(name) => name.to_string(),
        });
        self.chosen.bind(statement).bind(package)
    }
}

/// A page of accounts.
pub(crate) async fn page(
    tx: &mut Tx,
    scope: &TenantScope,
    which: &Which,
    sorted: &Sorted<By>,
) -> Result<Vec<Row>, StoreError> {
    let by = sorted.order();
    let (place, tie) = sorted.begin();
    let begin = |bound: Bound| bound.bind(place.clone()).bind(tie.clone()).bind(sorted.rows());
    let quick = match by {
        By::Name => Some(GRANTED_NAMES),
        By::NameDown => Some(GRANTED_NAMES_DOWN),
        _ => None,
    };
    let quick = quick.filter(|_| which.package.is_none() && which.chosen.is_of_names_alone());
    let statement = match (scope, quick) {
        (TenantScope::All, _) => begin(which.bind(by.statement())),
        (TenantScope::Granted { .. }, Some(quick)) => {
            scope.bind(begin(quick.bind(Value::from(which.chosen.like()))))
        }
        (TenantScope::Granted { .. }, None) => scope.bind(begin(which.bind(by.granted()))),
    };
    tx.all(statement).await
}

/// How many accounts there are on all pages.
pub(crate) async fn count(tx: &mut Tx, scope: &TenantScope, which: &Which) -> Result<i64, StoreError> {
    tx.one(match scope {
        TenantScope::All => which.bind(COUNT),
        TenantScope::Granted { .. } => scope.bind(which.bind(GRANTED_COUNT)),
    })
    .await
}
