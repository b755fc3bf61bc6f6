//! `/accounts/{account}/limits`

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Change, ChangeParams, IfMatch, Json, Path, Prefer, Query, Tagged};
use auth::{AccountKey, ManageAccounts, ViewAccount};
use axum::extract::State as S;
use desired::{Access, Answer, Asked, Changed, Outcome, Table};
use store::Tx;
use utoipa_axum::routes;

use crate::routes::State;
use crate::rules::{self, EditAccountLimits};
use crate::store::account::{self, LimitsOfAccount};

/// The routes.
pub(super) fn table(state: State) -> Table {
    Table::default()
        .add(Access::object::<ViewAccount>(), routes!(account_limits_show))
        .add(Access::object::<ManageAccounts>(), routes!(account_limits_edit))
        .with_state(state)
}

/// What an account may have, and how much of it is used.
#[utoipa::path(get, path = "/accounts/{account}/limits", tag = "packages", params(("account" = String, Path, description = "Name or id")),
    responses((status = 200, description = "Its limits and features", body = LimitsOfAccount), Problems))]
async fn account_limits_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
) -> Result<Tagged<LimitsOfAccount>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::account::<ViewAccount>(tx, &actor, &key).await?;
        account::show(tx, &proof).await?.ok_or_else(|| ApiError::not_found("account"))
    };
    let (view, generation) = state.panel.store().read(read).await?;
    Ok(Tagged::new(view, generation))
}

/// Gives an account a package, and limits and features of its own. Its ETag is the account's.
#[utoipa::path(patch, path = "/accounts/{account}/limits", tag = "packages", request_body = EditAccountLimits,
    params(("account" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = LimitsOfAccount),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<LimitsOfAccount>), ChangeProblems))]
async fn account_limits_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<EditAccountLimits>,
) -> Result<Answer<LimitsOfAccount>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<ManageAccounts>(tx, &actor, &key).await;
    let proof = state.panel.store().read(find).await?;
    let (id, asked) = (proof.id, Asked::by(&actor, change, prefer)?);
    let rules = rules::Sell { hosted: Arc::clone(&state.hosted), actor, proof, if_match, body };
    let progress = match state.panel.change(&asked, rules).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let now = state.panel.store().read(async |tx: &mut Tx| account::view(tx, id).await).await?;
    let Some((view, generation)) = now else { return Ok(Answer::Gone) };
    Ok(Answer::changed(view, generation, progress))
}
