//! Counters against the rows that they count. They are written together, so a difference is a defect or somebody's hand in the database.

use std::collections::{BTreeMap, HashMap};

use names::{AccountId, OrganisationId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::limit::{Kind, Limit};
use crate::settle::given;
use crate::state::{Within, states};

const KEPT: Statement = Statement::new(
    "SELECT l.account_id AS id, l.name, l.used FROM account_limit l JOIN account a ON a.id = l.account_id
     WHERE a.deleted_at IS NULL",
);
const KEPT_ABOVE: Statement =
    Statement::new("SELECT organisation_id AS id, name, used FROM organisation_limit");
const ACCOUNTS: Statement = Statement::new(
    "SELECT organisation_id AS id, 'accounts' AS name, COUNT(*) AS used FROM account WHERE deleted_at IS NULL
     GROUP BY organisation_id",
);
const OF_ACCOUNTS: Statement =
    Statement::new("SELECT id, organisation_id AS above FROM account WHERE deleted_at IS NULL");
const ABOVE: Statement =
    Statement::new("SELECT organisation_id AS id, above_id AS above FROM organisation_above");
const SET: Statement = Statement::new(
    "INSERT INTO account_limit (account_id, name, most, used) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account_id, name) DO UPDATE SET used = excluded.used",
);
const SET_ABOVE: Statement = Statement::new(
    "INSERT INTO organisation_limit (organisation_id, name, most, used) VALUES ($1, $2, NULL, $3)
     ON CONFLICT (organisation_id, name) DO UPDATE SET used = excluded.used",
);

pub(crate) const STATEMENTS: &[Statement] = &[KEPT, KEPT_ABOVE, ACCOUNTS, OF_ACCOUNTS, ABOVE, SET, SET_ABOVE];

/// How a feature counts its rows: a statement that answers `id` (the account's), `name` (the limit's) and `used` for every account that has
/// any that are to stay.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// What is counted.
    pub limit: Limit,
    /// The statement.
    pub rows: Statement,
}

/// A counter that is not what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whether it is an account's; else an organisation's.
    pub of_account: bool,
    /// Its id.
    pub id: String,
    /// Which limit.
    pub limit: Limit,
    /// What the counter says.
    pub kept: i64,
    /// What there is.
    pub counted: i64,
}

struct Counter {
    id: String,
    limit: Option<Limit>,
    used: i64,
}

impl FromRow for Counter {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.text("id")?,
            limit: Limit::from_stored(&row.text("name")?),
            used: row.int("used")?,
        })
    }
}

struct Below {
    id: String,
    above: String,
}

impl FromRow for Below {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { id: row.text("id")?, above: row.text("above")? })
    }
}

type Counters = BTreeMap<(String, Limit), i64>;

fn counters(rows: Vec<Counter>) -> Counters {
    rows.into_iter().filter_map(|row| Some(((row.id, row.limit?), row.used))).collect()
}

/// All counters that are not what they count, those of accounts first.
pub async fn differences(tx: &mut Tx, counts: &[Count]) -> Result<Vec<Difference>, StoreError> {
    let mut counted = Counters::new();
    for count in counts {
        counted.extend(counters(tx.all(count.rows).await?));
    }
    let of_accounts: Vec<Below> = tx.all(OF_ACCOUNTS).await?;
    let home: HashMap<&str, &str> =
        of_accounts.iter().map(|row| (row.id.as_str(), row.above.as_str())).collect();
    let mut above: HashMap<String, Vec<String>> = HashMap::new();
    for row in tx.all::<Below>(ABOVE).await? {
        above.entry(row.id).or_default().push(row.above);
    }
    let mut parts = counters(tx.all(ACCOUNTS).await?);
    for ((account, limit), used) in &counted {
        if let Some(organisation) = home.get(account.as_str()) {
            *parts.entry(((*organisation).to_owned(), *limit)).or_default() += used;
        }
    }
    if let Ok(root) = store::fixed::ROOT_ORGANISATION.parse::<OrganisationId>() {
        for state in states(tx, Within::Organisation(root)).await? {
            for limit in Limit::of_accounts().filter(|limit| limit.kind() == Kind::Given) {
                let given = given(limit, state.most(limit));
                *parts.entry((state.organisation.to_string(), limit)).or_default() += given;
            }
        }
    }
    let mut counted_above = Counters::new();
    for ((organisation, limit), used) in parts {
        for above in above.get(&organisation).into_iter().flatten() {
            *counted_above.entry((above.clone(), limit)).or_default() += used;
        }
    }
    let mut kept = counters(tx.all(KEPT).await?);
    kept.retain(|(_, limit), _| limit.kind() == Kind::Counted);
    let mut all = compare(true, &kept, &counted);
    all.extend(compare(false, &counters(tx.all(KEPT_ABOVE).await?), &counted_above));
    Ok(all)
}

fn compare(of_account: bool, kept: &Counters, counted: &Counters) -> Vec<Difference> {
    let keys: std::collections::BTreeSet<_> = kept.keys().chain(counted.keys()).collect();
    let of = |all: &Counters, key| all.get(key).copied().unwrap_or(0);
    keys.into_iter()
        .filter(|key| of(kept, key) != of(counted, key))
        .map(|key| Difference {
            of_account,
            id: key.0.clone(),
            limit: key.1,
            kept: of(kept, key),
            counted: of(counted, key),
        })
        .collect()
}

/// Mends the counters; what was wrong.
pub async fn recount(tx: &mut WriteTx, counts: &[Count]) -> Result<Vec<Difference>, StoreError> {
    let wrong = differences(tx, counts).await?;
    for one in &wrong {
        let (name, counted) = (one.limit.as_str(), one.counted);
        let statement = match (one.of_account, one.id.parse::<AccountId>()) {
            (true, Ok(account)) => {
                SET.bind(account).bind(name).bind(one.limit.usual().stored()).bind(counted)
            }
            _ => SET_ABOVE.bind(&one.id).bind(name).bind(counted),
        };
        tx.execute(statement).await?;
    }
    Ok(wrong)
}
