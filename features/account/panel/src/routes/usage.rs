//! `/accounts/{account}/usage`

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use account_spec::{GetUsage, Usage};
use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, Path};
use auth::{AccountKey, ViewAccount};
use axum::extract::State;
use desired::{Access, Panel, Table};
use names::{AccountId, Micros};
use serde::{Deserialize, Serialize};
use store::Tx;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Counts at once, of all accounts: each holds a connection to the agent for up to half a minute.
const MOST: usize = 4;
/// When a count has ended, likely.
const LATER: Duration = Duration::from_secs(5);

/// The routes.
pub(crate) fn table(panel: Panel) -> Table {
    let state = UsageState { panel, counts: Counts::default() };
    Table::default().add(Access::object::<ViewAccount>(), routes!(account_usage)).with_state(state)
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

/// What an account takes on the disk.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct AccountUsage {
    /// The account's id.
    #[schema(value_type = String, format = "uuid")]
    account: AccountId,
    /// Disk space, in bytes.
    bytes: u64,
    /// Files, directories and links.
    entries: u64,
    /// The count stopped at its limit: the figures are lower bounds.
    truncated: bool,
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
    let Usage { bytes, entries, truncated } =
        panel.agent().call(&call).await.map_err(desired::agent_error)?;
    Ok(Json(AccountUsage { account: proof.id, bytes, entries, truncated, as_of: panel.now() }))
}
