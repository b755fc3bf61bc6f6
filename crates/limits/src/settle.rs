//! Writing down what is in force, so that taking something and building a specification are look-ups of one row.

use std::collections::BTreeMap;

use api_kit::ApiError;
use auth::{AccountRef, Actor, Authorised, ManageAccounts};
use names::OrganisationId;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::amount::Amount;
use crate::feature::Feature;
use crate::limit::{Kind, Limit};
use crate::state::{Change, State, Within, changes, states};
use crate::take::{above, above_account, refused_above};

const WRITE: Statement = Statement::new(
    "INSERT INTO account_limit (account_id, name, most, used) VALUES ($1, $2, $3, 0)
     ON CONFLICT (account_id, name) DO UPDATE SET most = excluded.most",
);
const TURN_OFF: Statement = Statement::new(
    "INSERT INTO account_feature_off (account_id, feature) VALUES ($1, $2) ON CONFLICT (account_id, feature) DO NOTHING",
);
const TURN_ON: Statement =
    Statement::new("DELETE FROM account_feature_off WHERE account_id = $1 AND feature = $2");
const ADD_ABOVE: Statement = Statement::new(
    "INSERT INTO organisation_limit (organisation_id, name, most, used) VALUES ($1, $2, NULL, 0)
     ON CONFLICT (organisation_id, name) DO NOTHING",
);
const GIVE_OUT: Statement = Statement::new(
    "UPDATE organisation_limit SET used = CASE WHEN used + $3 > 0 THEN used + $3 ELSE 0 END
     WHERE organisation_id = $1 AND name = $2
       AND (most IS NULL OR used + $3 <= most OR used + $3 < used
            OR (SELECT o.oversell FROM organisation o WHERE o.id = organisation_limit.organisation_id) = 1)",
);
const WRITTEN: Statement = Statement::new("SELECT name, most FROM account_limit WHERE account_id = $1");

pub(crate) const STATEMENTS: &[Statement] = &[WRITE, TURN_OFF, TURN_ON, ADD_ABOVE, GIVE_OUT, WRITTEN];

struct Written {
    limit: Option<Limit>,
    most: Option<i64>,
}

impl FromRow for Written {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { limit: Limit::from_stored(&row.text("name")?), most: row.opt_int("most")? })
    }
}

/// How much of what is given out is given out by this: what is unlimited is not counted.
pub(crate) fn given(limit: Limit, most: Amount) -> i64 {
    if limit.kind() == Kind::Given { most.stored().unwrap_or(0) } else { 0 }
}

/// Writes down what is in force for these accounts, and answers it. Refused where an organisation would give out more than it has.
pub async fn settle(tx: &mut WriteTx, actor: &Actor, within: Within) -> Result<Vec<State>, ApiError> {
    let all = states(tx, within).await?;
    let mut more: BTreeMap<(OrganisationId, Limit), i64> = BTreeMap::new();
    for state in &all {
        for limit in Limit::of_accounts() {
            let difference = given(limit, state.most(limit)) - given(limit, state.most_written(limit));
            *more.entry((state.organisation, limit)).or_default() += difference;
        }
        write_down(tx, state).await?;
    }
    for ((organisation, limit), difference) in more {
        let above = above(tx, organisation).await?;
        give_out(tx, Some(actor), &above, limit, difference).await?;
    }
    Ok(all)
}

/// Writes down what is in force where something else is written.
async fn write_down(tx: &mut WriteTx, state: &State) -> Result<(), StoreError> {
    for limit in Limit::of_accounts() {
        let wanted = state.most(limit);
        if wanted != state.most_written(limit) {
            tx.execute(WRITE.bind(state.account).bind(limit.as_str()).bind(wanted.stored())).await?;
        }
    }
    for &feature in Feature::ALL {
        let statement = match (state.off.contains(&feature), state.written_off.contains(&feature)) {
            (true, false) => TURN_OFF,
            (false, true) => TURN_ON,
            _ => continue,
        };
        tx.execute(statement.bind(state.account).bind(feature.as_str())).await?;
    }
    Ok(())
}

/// Accounts of which something else is written down than what packages, own values and organisations say, in the order of their names: as it
/// is written, and as it should be. The two are written together, so a difference is a defect or somebody's hand in the database.
pub async fn misstated(tx: &mut Tx) -> Result<Vec<Change>, StoreError> {
    let Ok(root) = store::fixed::ROOT_ORGANISATION.parse() else { return Ok(Vec::new()) };
    let all = states(tx, Within::Organisation(root)).await?;
    Ok(changes(all.iter().map(State::as_written).collect(), all))
}

/// Writes down for these accounts what should be; what organisations gave is counted anew by [`crate::recount`] alone.
pub async fn restate(tx: &mut WriteTx, wrong: &[Change]) -> Result<(), StoreError> {
    for one in wrong {
        write_down(tx, &one.after).await?;
    }
    Ok(())
}

async fn give_out(
    tx: &mut WriteTx,
    actor: Option<&Actor>,
    above: &[String],
    limit: Limit,
    difference: i64,
) -> Result<(), ApiError> {
    if difference == 0 {
        return Ok(());
    }
    for above in above {
        let give = || GIVE_OUT.bind(above).bind(limit.as_str()).bind(difference);
        if tx.execute(give()).await? == 0 {
            let added = tx.execute(ADD_ABOVE.bind(above).bind(limit.as_str())).await?;
            if (added == 0 || tx.execute(give()).await? == 0)
                && let Some(actor) = actor
            {
                return Err(refused_above(tx, actor, above, limit).await?);
            }
        }
    }
    Ok(())
}

/// The account is to be deleted: what it was given is the organisations' again.
pub async fn leaving(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, ManageAccounts>,
) -> Result<(), ApiError> {
    let written: Vec<Written> = tx.all(WRITTEN.bind(account.id)).await?;
    let above = above_account(tx, account.id).await?;
    for row in written {
        if let Some(limit) = row.limit {
            let given = given(limit, Amount::of_stored(row.most));
            give_out(tx, None, &above, limit, -given).await?;
        }
    }
    Ok(())
}
