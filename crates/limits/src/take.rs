//! Taking what is counted, and giving it back.
//!
//! Rows are taken in one order, the account's and then the organisations' upwards, and what somebody takes of several limits in the order of
//! [`Limit::ALL`]: so two who take at once on PostgreSQL wait for each other and never in a circle.

use std::marker::PhantomData;

use api_kit::ApiError;
use auth::{Actor, Key, ManageAccounts, ViewOrganisations};
use names::{AccountId, OrganisationId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::amount::Amount;
use crate::limit::Limit;

const ABOVE: Statement = Statement::new(
    "SELECT above_id AS value FROM organisation_above WHERE organisation_id = $1 ORDER BY depth",
);
const ABOVE_ACCOUNT: Statement = Statement::new(
    "SELECT up.above_id AS value FROM account a JOIN organisation_above up ON up.organisation_id = a.organisation_id
     WHERE a.id = $1 ORDER BY up.depth",
);
const TAKE: Statement = Statement::new(
    "UPDATE account_limit SET used = used + $3
     WHERE account_id = $1 AND name = $2 AND (most IS NULL OR used + $3 <= most)",
);
const ADD: Statement = Statement::new(
    "INSERT INTO account_limit (account_id, name, most, used) VALUES ($1, $2, $3, 0) ON CONFLICT (account_id, name) DO NOTHING",
);
const TAKE_ABOVE: Statement = Statement::new(
    "UPDATE organisation_limit SET used = used + $3
     WHERE organisation_id = $1 AND name = $2 AND (most IS NULL OR used + $3 <= most)",
);
const ADD_ABOVE: Statement = Statement::new(
    "INSERT INTO organisation_limit (organisation_id, name, most, used) VALUES ($1, $2, NULL, 0)
     ON CONFLICT (organisation_id, name) DO NOTHING",
);
const GIVE: Statement = Statement::new(
    "UPDATE account_limit SET used = CASE WHEN used > $3 THEN used - $3 ELSE 0 END WHERE account_id = $1 AND name = $2",
);
const GIVE_ABOVE: Statement = Statement::new(
    "UPDATE organisation_limit SET used = CASE WHEN used > $3 THEN used - $3 ELSE 0 END
     WHERE organisation_id = $1 AND name = $2",
);
const STANDS: Statement = Statement::new(
    "SELECT l.most, l.used, a.name FROM account_limit l JOIN account a ON a.id = l.account_id
     WHERE l.account_id = $1 AND l.name = $2",
);
const STANDS_ABOVE: Statement = Statement::new(
    "SELECT l.most, l.used, o.name FROM organisation_limit l JOIN organisation o ON o.id = l.organisation_id
     WHERE l.organisation_id = $1 AND l.name = $2",
);

pub(crate) const STATEMENTS: &[Statement] =
    &[ABOVE, ABOVE_ACCOUNT, TAKE, ADD, TAKE_ABOVE, ADD_ABOVE, GIVE, GIVE_ABOVE, STANDS, STANDS_ABOVE];

/// A limit as a type.
pub trait Counted: Send + Sync + 'static {
    /// The limit as a value.
    const LIMIT: Limit;
}

macro_rules! counted {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl Counted for $name {
                const LIMIT: Limit = Limit::$name;
            }
        )+
    };
}

counted! {
    /// [`Limit::Accounts`]
    Accounts;
    /// [`Limit::Sites`]
    Sites;
    /// [`Limit::Names`]
    Names;
}

/// Proof that one of `L` was taken: what inserts a row of that kind asks for it, and uses it up. Nothing outside this module makes one.
#[must_use = "one was taken, and nothing is made of it"]
#[derive(Debug)]
pub struct Taken<L> {
    limit: PhantomData<L>,
}

/// Proof that one of `L` was given back: what marks a row of that kind as deleted asks for it.
#[must_use = "one was given back, and nothing is deleted"]
#[derive(Debug)]
pub struct Given<L> {
    limit: PhantomData<L>,
}

#[derive(Debug)]
struct Stands {
    most: Option<i64>,
    used: i64,
    name: String,
}

impl FromRow for Stands {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { most: row.opt_int("most")?, used: row.int("used")?, name: row.text("name")? })
    }
}

/// The organisations above one, itself first.
pub(crate) async fn above(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<String>, StoreError> {
    tx.all(ABOVE.bind(organisation)).await
}

/// As [`above`], of the account's organisation.
pub(crate) async fn above_account(tx: &mut Tx, account: AccountId) -> Result<Vec<String>, StoreError> {
    tx.all(ABOVE_ACCOUNT.bind(account)).await
}

/// Takes one of `L` for the account.
pub async fn take<L: Counted>(
    tx: &mut WriteTx,
    actor: &Actor,
    account: AccountId,
) -> Result<Taken<L>, ApiError> {
    take_rows(tx, actor, account, L::LIMIT, 1).await?;
    Ok(Taken { limit: PhantomData })
}

/// Takes so many of `L` at once, or none.
pub async fn take_many<L: Counted>(
    tx: &mut WriteTx,
    actor: &Actor,
    account: AccountId,
    count: usize,
) -> Result<Vec<Taken<L>>, ApiError> {
    if count > 0 {
        take_rows(tx, actor, account, L::LIMIT, whole(count)).await?;
    }
    Ok(std::iter::repeat_with(|| Taken { limit: PhantomData }).take(count).collect())
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn take_rows(
    tx: &mut WriteTx,
    actor: &Actor,
    account: AccountId,
    limit: Limit,
    count: i64,
) -> Result<(), ApiError> {
    let take = || TAKE.bind(account).bind(limit.as_str()).bind(count);
    if tx.execute(take()).await? == 0 {
        let added = tx.execute(ADD.bind(account).bind(limit.as_str()).bind(limit.usual().stored())).await?;
        if added == 0 || tx.execute(take()).await? == 0 {
            return Err(refused(tx, actor, account, limit).await?);
        }
    }
    let above = above_account(tx, account).await?;
    take_above(tx, actor, &above, limit, count).await
}

async fn take_above(
    tx: &mut WriteTx,
    actor: &Actor,
    above: &[String],
    limit: Limit,
    count: i64,
) -> Result<(), ApiError> {
    for organisation in above {
        let take = || TAKE_ABOVE.bind(organisation).bind(limit.as_str()).bind(count);
        if tx.execute(take()).await? == 0 {
            let added = tx.execute(ADD_ABOVE.bind(organisation).bind(limit.as_str())).await?;
            if added == 0 || tx.execute(take()).await? == 0 {
                return Err(refused_above(tx, actor, organisation, limit).await?);
            }
        }
    }
    Ok(())
}

/// Takes an account from the organisation and all above it.
pub async fn take_account(
    tx: &mut WriteTx,
    actor: &Actor,
    organisation: OrganisationId,
) -> Result<Taken<Accounts>, ApiError> {
    let above = above(tx, organisation).await?;
    take_above(tx, actor, &above, Limit::Accounts, 1).await?;
    Ok(Taken { limit: PhantomData })
}

/// Gives so many of `L` back. Below nothing there is nothing: a counter that was wrong keeps nobody from deleting.
pub async fn give_back<L: Counted>(
    tx: &mut WriteTx,
    account: AccountId,
    count: usize,
) -> Result<Given<L>, StoreError> {
    let (name, count) = (L::LIMIT.as_str(), whole(count));
    if count > 0 {
        tx.execute(GIVE.bind(account).bind(name).bind(count)).await?;
        for organisation in above_account(tx, account).await? {
            tx.execute(GIVE_ABOVE.bind(organisation).bind(name).bind(count)).await?;
        }
    }
    Ok(Given { limit: PhantomData })
}

/// For rows that are made of what a server holds already: nothing is refused for them, and whoever makes them has the counters counted
/// anew ([`crate::recount`]) in the same transaction.
pub fn counted_anew<L: Counted>() -> (Taken<L>, Given<L>) {
    (Taken { limit: PhantomData }, Given { limit: PhantomData })
}

/// The account has no more of it.
async fn refused(tx: &mut Tx, actor: &Actor, account: AccountId, limit: Limit) -> Result<ApiError, ApiError> {
    let stands: Stands = tx.one(STANDS.bind(account).bind(limit.as_str())).await?;
    let (words, name) = (limit.things(), limit.as_str());
    let remedy = if actor.may::<ManageAccounts>(tx, account).await? {
        format!("Delete what is not needed, or give the account more {words}: the limit is {name}.")
    } else {
        "Delete what is not needed, or ask your provider for more.".to_owned()
    };
    let detail = format!(
        "The account {} has {} of its {}. {remedy}",
        stands.name,
        limit.number(stands.used),
        limit.said(Amount::of_stored(stands.most))
    );
    Ok(ApiError::conflict("limit_reached", detail))
}

/// An organisation has no more of it. Only who may see the organisation is told how much it has.
pub(crate) async fn refused_above(
    tx: &mut Tx,
    actor: &Actor,
    organisation: &str,
    limit: Limit,
) -> Result<ApiError, ApiError> {
    let words = limit.things();
    let id: OrganisationId = organisation.parse().map_err(ApiError::internal)?;
    let detail = if auth::organisation::<ViewOrganisations>(tx, actor, &Key::Id(id)).await.is_ok() {
        let stands: Stands = tx.one(STANDS_ABOVE.bind(organisation).bind(limit.as_str())).await?;
        format!(
            "The organisation {} has {} of its {}, over all its accounts. Delete what is not needed, or have its limit {} raised.",
            stands.name,
            limit.number(stands.used),
            limit.said(Amount::of_stored(stands.most)),
            limit.as_str()
        )
    } else {
        format!("Your provider has no more {words} to give. Ask your provider.")
    };
    Ok(ApiError::conflict("provider_limit_reached", detail))
}
