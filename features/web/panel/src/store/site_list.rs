//! Lists of sites: which are shown, in which order, and how many there are.
//!
//! A page is chosen first, by what it is sorted by, and its rows are read then. There is a statement for each order and for each scope, since
//! each goes by other indexes; the text that they share is written once. All sites are walked in their order, the sites of one or of a few
//! accounts are looked up by account and then sorted. `CROSS JOIN` is where SQLite is told which comes first.

use api_kit::{Order, Sorted};
use auth::TenantScope;
use desired::Chosen;
use names::AccountId;
use store::{Bound, Statement, StoreError, Tx};

use crate::store::site::Row;

/// Which sites are shown: `$1` to `$5` as [`Chosen`] binds them. A site is found by each of its names.
macro_rules! shown {
    () => {
        "n.site_id = s.id AND n.is_primary = 1
         AND (CAST($1 AS TEXT) IS NULL OR s.id IN (SELECT m.site_id FROM site_name m WHERE m.name LIKE $1 ESCAPE '\\'))
         AND (s.condition IN ($2, $3) OR $2 IS NULL)
         AND (CAST($4 AS BIGINT) IS NULL
              OR CASE WHEN s.suspended = 1 THEN 1
                      ELSE (SELECT t.suspended FROM account_state t WHERE t.account_id = s.account_id) END = $4)
         AND (s.account_id IN (SELECT b.id FROM organisation_above up JOIN account b ON b.organisation_id = up.organisation_id
                               WHERE up.above_id = $5)
              OR $5 IS NULL)"
    };
}

/// The rows of a page, which `$6` and `$7` say where it begins, and `$8` how many rows it has.
macro_rules! rows {
    ($place:literal, $tie:literal, $from:literal, $where:expr, $after:literal, $descending:literal) => {
        concat!(
            "SELECT s.id, s.account_id, a.name AS account_name, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS account_suspended,
                    n.name AS name, s.docroot,
                    s.body_size, s.index_order, s.suspended, s.disabled, s.maintenance, s.redirect, s.created_at, s.updated_at, p.name AS pool_name, p.version AS php,
                    s.https, s.force_https, s.hsts, s.certificate_id, c.site_id AS certificate_site,
                    s.generation, s.observed_generation, s.spec_digest, s.condition, s.reason, s.message, s.since, s.attempts,
                    s.next_attempt_at, s.deleted_at, s.expect_plan, s.overwrite
             FROM (SELECT s.id AS id, ", $place, " AS place, ", $tie, " AS tie FROM ", $from,
            " WHERE ", $where, $after, " AND ", shown!(),
            " ORDER BY ", $place, $descending, ", ", $tie, $descending, " LIMIT $8) page
                  CROSS JOIN site s CROSS JOIN site_name n CROSS JOIN account a LEFT JOIN pool p ON p.id = s.pool_id
                  LEFT JOIN certificate c ON c.id = s.certificate_id
             WHERE s.id = page.id AND n.site_id = s.id AND n.is_primary = 1 AND a.id = s.account_id
             ORDER BY page.place", $descending, ", page.tie", $descending
        )
    };
}

/// A page of all sites.
macro_rules! page {
    ($place:literal, $tie:literal, $from:literal, $where:literal, $after:literal, $descending:literal) => {
        rows!($place, $tie, $from, $where, $after, $descending)
    };
}

/// As [`page`], of accounts on which a right is held: `$9` by whom, `$10` which.
macro_rules! granted {
    ($place:literal, $tie:literal, $from:literal, $where:literal, $after:literal, $descending:literal) => {
        rows!(
            $place,
            $tie,
            $from,
            concat!(
                $where,
                "s.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $9 AND permission = $10) AND "
            ),
            $after,
            $descending
        )
    };
}

/// As [`page`], of one account: `$9`.
macro_rules! of_account {
    ($place:literal, $tie:literal, $from:literal, $where:literal, $after:literal, $descending:literal) => {
        rows!($place, $tie, $from, concat!($where, "s.account_id = $9 AND "), $after, $descending)
    };
}

const NAME: Statement = Statement::new(page!(
    "n.name",
    "s.id",
    "site_name n CROSS JOIN site s",
    "",
    "(n.name, s.id) > ($6, $7)",
    ""
));
const NAME_DOWN: Statement = Statement::new(page!(
    "n.name",
    "s.id",
    "site_name n CROSS JOIN site s",
    "",
    "(n.name, s.id) < ($6, $7)",
    " DESC"
));
const CREATED: Statement = Statement::new(page!(
    "s.created_at",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(s.created_at, s.id) > ($6, $7)",
    ""
));
const CREATED_DOWN: Statement = Statement::new(page!(
    "s.created_at",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(s.created_at, s.id) < ($6, $7)",
    " DESC"
));
const ACCOUNT: Statement = Statement::new(page!(
    "a.name",
    "n.name",
    "account a CROSS JOIN site s CROSS JOIN site_name n",
    "s.account_id = a.id AND ",
    "a.name >= $6 AND (a.name > $6 OR n.name > $7)",
    ""
));
const ACCOUNT_DOWN: Statement = Statement::new(page!(
    "a.name",
    "n.name",
    "account a CROSS JOIN site s CROSS JOIN site_name n",
    "s.account_id = a.id AND ",
    "a.name <= $6 AND (a.name < $6 OR n.name < $7)",
    " DESC"
));
const GRANTED_NAME: Statement = Statement::new(granted!(
    "n.name",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(n.name, s.id) > ($6, $7)",
    ""
));
const GRANTED_NAME_DOWN: Statement = Statement::new(granted!(
    "n.name",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(n.name, s.id) < ($6, $7)",
    " DESC"
));
const GRANTED_CREATED: Statement = Statement::new(granted!(
    "s.created_at",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(s.created_at, s.id) > ($6, $7)",
    ""
));
const GRANTED_CREATED_DOWN: Statement = Statement::new(granted!(
    "s.created_at",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(s.created_at, s.id) < ($6, $7)",
    " DESC"
));
const GRANTED_ACCOUNT: Statement = Statement::new(granted!(
    "a.name",
    "n.name",
    "site s CROSS JOIN site_name n CROSS JOIN account a",
    "s.account_id = a.id AND ",
    "(a.name, n.name) > ($6, $7)",
    ""
));
const GRANTED_ACCOUNT_DOWN: Statement = Statement::new(granted!(
    "a.name",
    "n.name",
    "site s CROSS JOIN site_name n CROSS JOIN account a",
    "s.account_id = a.id AND ",
    "(a.name, n.name) < ($6, $7)",
    " DESC"
));
const OF_ACCOUNT_NAME: Statement = Statement::new(of_account!(
    "n.name",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(n.name, s.id) > ($6, $7)",
    ""
));
const OF_ACCOUNT_NAME_DOWN: Statement = Statement::new(of_account!(
    "n.name",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(n.name, s.id) < ($6, $7)",
    " DESC"
));
const OF_ACCOUNT_CREATED: Statement = Statement::new(of_account!(
    "s.created_at",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(s.created_at, s.id) > ($6, $7)",
    ""
));
const OF_ACCOUNT_CREATED_DOWN: Statement = Statement::new(of_account!(
    "s.created_at",
    "s.id",
    "site s CROSS JOIN site_name n",
    "",
    "(s.created_at, s.id) < ($6, $7)",
    " DESC"
));
const OF_ACCOUNT_ACCOUNT: Statement = Statement::new(of_account!(
    "a.name",
    "n.name",
    "site s CROSS JOIN site_name n CROSS JOIN account a",
    "s.account_id = a.id AND ",
    "(a.name, n.name) > ($6, $7)",
    ""
));
const OF_ACCOUNT_ACCOUNT_DOWN: Statement = Statement::new(of_account!(
    "a.name",
    "n.name",
    "site s CROSS JOIN site_name n CROSS JOIN account a",
    "s.account_id = a.id AND ",
    "(a.name, n.name) < ($6, $7)",
    " DESC"
));
const COUNT: Statement =
    Statement::new(concat!("SELECT COUNT(*) AS value FROM site s CROSS JOIN site_name n WHERE ", shown!()));
const GRANTED_COUNT: Statement = Statement::new(concat!(
    "SELECT COUNT(*) AS value FROM site s CROSS JOIN site_name n
     WHERE s.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $6 AND permission = $7) AND ",
    shown!()
));
const OF_ACCOUNT_COUNT: Statement = Statement::new(concat!(
    "SELECT COUNT(*) AS value FROM site s CROSS JOIN site_name n WHERE s.account_id = $6 AND ",
    shown!()
));

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    NAME,
    NAME_DOWN,
    CREATED,
    CREATED_DOWN,
    ACCOUNT,
    ACCOUNT_DOWN,
    GRANTED_NAME,
    GRANTED_NAME_DOWN,
    GRANTED_CREATED,
    GRANTED_CREATED_DOWN,
    GRANTED_ACCOUNT,
    GRANTED_ACCOUNT_DOWN,
    OF_ACCOUNT_NAME,
    OF_ACCOUNT_NAME_DOWN,
    OF_ACCOUNT_CREATED,
    OF_ACCOUNT_CREATED_DOWN,
    OF_ACCOUNT_ACCOUNT,
    OF_ACCOUNT_ACCOUNT_DOWN,
    COUNT,
    GRANTED_COUNT,
    OF_ACCOUNT_COUNT,
];

/// An order of sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Name,
    NameDown,
    Created,
    CreatedDown,
    Account,
    AccountDown,
}

impl Order for By {
    const ALL: &'static [(&'static str, Self)] = &[
        ("name", Self::Name),
        ("-name", Self::NameDown),
        ("created", Self::Created),
        ("-created", Self::CreatedDown),
        ("account", Self::Account),
        ("-account", Self::AccountDown),
    ];

    fn is_of_numbers(self) -> bool {
        matches!(self, Self::Created | Self::CreatedDown)
    }
}

impl By {
    /// A site's place in this order.
    pub(crate) fn place(self, row: &Row) -> (String, String) {
        match self {
            Self::Name | Self::NameDown => (row.name.to_string(), row.id.to_string()),
            Self::Created | Self::CreatedDown => (row.created_at.as_micros().to_string(), row.id.to_string()),
            Self::Account | Self::AccountDown => (row.account_name.to_string(), row.name.to_string()),
        }
    }

    fn statement(self) -> Statement {
        match self {
            Self::Name => NAME,
            Self::NameDown => NAME_DOWN,
            Self::Created => CREATED,
            Self::CreatedDown => CREATED_DOWN,
            Self::Account => ACCOUNT,
            Self::AccountDown => ACCOUNT_DOWN,
        }
    }

    fn granted(self) -> Statement {
        match self {
            Self::Name => GRANTED_NAME,
            Self::NameDown => GRANTED_NAME_DOWN,
            Self::Created => GRANTED_CREATED,
            Self::CreatedDown => GRANTED_CREATED_DOWN,
            Self::Account => GRANTED_ACCOUNT,
            Self::AccountDown => GRANTED_ACCOUNT_DOWN,
        }
    }

    fn of_account(self) -> Statement {
        match self {
            Self::Name => OF_ACCOUNT_NAME,
            Self::NameDown => OF_ACCOUNT_NAME_DOWN,
            Self::Created => OF_ACCOUNT_CREATED,
            Self::CreatedDown => OF_ACCOUNT_CREATED_DOWN,
            Self::Account => OF_ACCOUNT_ACCOUNT,
            Self::AccountDown => OF_ACCOUNT_ACCOUNT_DOWN,
        }
    }
}

/// Which sites a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which {
    /// An account on which the caller was found to see sites; none: all that the scope shows.
    pub(crate) account: Option<AccountId>,
    pub(crate) chosen: Chosen,
}

/// A page of sites.
pub(crate) async fn page(
    tx: &mut Tx,
    scope: &TenantScope,
    which: &Which,
    sorted: &Sorted<By>,
) -> Result<Vec<Row>, StoreError> {
    let by = sorted.order();
    let (place, tie) = sorted.begin();
    let begin = |statement: Statement| which.chosen.bind(statement).bind(place).bind(tie).bind(sorted.rows());
    tx.all(match (which.account, scope) {
        (Some(account), _) => begin(by.of_account()).bind(account),
        (None, TenantScope::All) => begin(by.statement()),
        (None, TenantScope::Granted { .. }) => scope.bind(begin(by.granted())),
    })
    .await
}

/// How many sites there are on all pages.
pub(crate) async fn count(tx: &mut Tx, scope: &TenantScope, which: &Which) -> Result<i64, StoreError> {
    let count: Bound = match (which.account, scope) {
        (Some(account), _) => which.chosen.bind(OF_ACCOUNT_COUNT).bind(account),
        (None, TenantScope::All) => which.chosen.bind(COUNT),
        (None, TenantScope::Granted { .. }) => scope.bind(which.chosen.bind(GRANTED_COUNT)),
    };
    tx.one(count).await
}
