//! `/accounts/{account}/usage`

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use account_spec::{GetUsage, Held, Measured, Usage};
use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, List, Path, Query, QueryPart};
use auth::{AccountKey, ViewAccount};
use axum::extract::State;
use desired::{Access, Panel, Table};
use names::{AccountId, Micros};
use serde::{Deserialize, Serialize};
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::store::usage;

/// Counts at once, of all accounts: each holds a connection to the agent for up to half a minute.
const MOST: usize = 4;
/// Days of a history where nobody says how many.
const USUAL_DAYS: u64 = 30;
/// Days of a history at most.
const MOST_DAYS: u64 = 3650;
/// When a count has ended, likely.
const LATER: Duration = Duration::from_secs(5);

/// The routes.
pub(crate) fn table(panel: Panel) -> Table {
    let state = UsageState { panel, counts: Counts::default() };
    Table::default()
        .add(Access::object::<ViewAccount>(), routes!(account_usage))
        .add(Access::object::<ViewAccount>(), routes!(account_usage_history))
        .with_state(state)
}

#[derive(Clone)]
struct UsageState {
    panel: Panel,
    counts: Counts,
}

/// The accounts that are being counted. A clone shares them.
#[derive(Debug, Clone, Default)]
struct Counts {
    accounts: Arc<Mutex<HashSet<AccountId>>>,
}

/// One count, until it is dropped.
#[derive(Debug)]
struct Counting {
    counts: Counts,
    account: AccountId,
}

impl Counts {
    fn begin(&self, account: AccountId) -> Result<Counting, ApiError> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MOST || !accounts.insert(account) {
            let detail =
                "This account, or several others, are being counted right now. Ask again in a moment.";
            return Err(ApiError::too_many("usage_running", detail, LATER));
        }
        Ok(Counting { counts: self.clone(), account })
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.counts.accounts.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

/// Who counted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MeasuredBy {
    /// The account's worker, file by file.
    Worker,
    /// The file system.
    Quota,
}

/// What an account takes on the disk.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct AccountUsage {
    /// The account's id.
    #[schema(value_type = String, format = "uuid")]
    account: AccountId,
    /// Disk space, in bytes.
    bytes: u64,
    /// Files, directories and links; null where the file system counts and does not count these.
    entries: Option<u64>,
    /// The count stopped at its limit: the figures are lower bounds.
    truncated: bool,
    /// Who counted.
    measured_by: MeasuredBy,
    /// The server can hold a limit of disk space for this account.
    disk_held: bool,
    /// The server can hold a limit of files for this account.
    inodes_held: bool,
    /// What it cannot hold, and why.
    note: Option<String>,
    /// When it was counted (RFC 3339, UTC).
    #[schema(value_type = String, format = DateTime)]
    as_of: Micros,
}

/// Counts what the account takes on the disk, now; one count at a time.
#[utoipa::path(get, path = "/accounts/{account}/usage", tag = "accounts",
    params(("account" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The figures", body = AccountUsage), Problems))]
async fn account_usage(
    State(UsageState { panel, counts }): State<UsageState>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
) -> Result<Json<AccountUsage>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<ViewAccount>(tx, &actor, &key).await;
    let proof = panel.store().read(find).await?;
    let _counting = counts.begin(proof.id)?;
    let call = GetUsage { account: proof.name.clone() };
    let Usage { bytes, entries, truncated, measured_by, held } =
        panel.agent().call(&call).await.map_err(desired::agent_error)?;
    let measured_by = match measured_by {
        Measured::Worker => MeasuredBy::Worker,
        Measured::Quota => MeasuredBy::Quota,
    };
    let Held { disk: disk_held, inodes: inodes_held, note } = held;
    let (account, as_of) = (proof.id, panel.now());
    Ok(Json(AccountUsage {
        account,
        bytes,
        entries,
        truncated,
        measured_by,
        disk_held,
        inodes_held,
        note,
        as_of,
    }))
}

/// `?days=`: how far back.
struct Days(i64);

impl QueryPart for Days {
    const NAMES: &'static [&'static str] = &["days"];

    fn read(pairs: &mut Pairs) -> Self {
        let days = if pairs.text("days").is_some() { pairs.number("days") } else { Some(USUAL_DAYS) };
        match days {
            Some(days @ 1..=MOST_DAYS) => return Self(i64::try_from(days).unwrap_or_default()),
            Some(_) => {
                pairs.refuse("days", "out_of_range", "These are too many days, or none.", "Send 1 to 3650.");
            }
            // refused already
            None => {}
        }
        Self(1)
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct DaysParams {
    /// How far back, in days, today included; 30 where it is left out.
    #[param(minimum = 1, maximum = 3650)]
    days: Option<u64>,
}

/// What an account took and sent on one day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct UsageDay {
    /// The day (UTC).
    #[schema(format = Date)]
    day: String,
    /// Disk space, in bytes, as it was counted last; null: it was not.
    bytes: Option<u64>,
    /// Files, directories and links; null: they were not counted.
    entries: Option<u64>,
    /// Bytes of the bodies that the account's sites sent.
    traffic_bytes: u64,
    /// Requests that the account's sites answered.
    requests: u64,
}

/// What the account took and sent, day by day, oldest first. Days without figures are left out.
#[utoipa::path(get, path = "/accounts/{account}/usage/history", tag = "accounts",
    params(("account" = String, Path, description = "Name or id"), DaysParams),
    responses((status = 200, description = "The days", body = List<UsageDay>), Problems))]
async fn account_usage_history(
    State(UsageState { panel, .. }): State<UsageState>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(Days(days)): Query<Days>,
) -> Result<Json<List<UsageDay>>, ApiError> {
    let after = crate::usage::day_of(panel.now()) - days;
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::account::<ViewAccount>(tx, &actor, &key).await?;
        Ok(usage::history(tx, &proof, after, days).await?)
    };
    let rows = panel.store().read(read).await?;
    let items = rows.into_iter().map(|row| UsageDay {
        day: date(row.date),
        bytes: row.disk_bytes,
        entries: row.inodes,
        traffic_bytes: row.traffic_bytes,
        requests: row.requests,
    });
    Ok(Json(List::whole(items.collect())))
}

/// A day as `2026-11-25`.
fn date(day: i64) -> String {
    let time = Micros::new(day.saturating_mul(86_400_000_000)).unwrap_or(Micros::EPOCH);
    time.to_string().chars().take(10).collect()
}
