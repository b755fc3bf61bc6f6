//! `/pools`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    ApiError, Caller, Json, List, Page, PageParams, Path, Prefer, Query, Rehearsal, RehearsalParams, Tagged,
};
use auth::{EditSites, ViewSites};
use axum::extract::State;
use desired::{Access, Answer, Changed, Key, OfAccount, OfAccountParams, Outcome, Panel, Table};
use php_spec::PoolSpec;
use store::Tx;
use utoipa_axum::routes;

use crate::store::pool::{self, Pool, PoolKey};

/// The routes.
pub fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::listed::<ViewSites>(), routes!(pool_list))
        .add(Access::object::<ViewSites>(), routes!(pool_show))
        .add(Access::object::<EditSites>(), routes!(pool_retry))
        .with_state(panel)
}

/// Pools in the order of their names.
#[utoipa::path(get, path = "/pools", tag = "pools", params(PageParams, OfAccountParams),
    responses((status = 200, description = "A page of pools", body = List<Pool>), Problems))]
async fn pool_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query((page, of)): Query<(Page, OfAccount)>,
) -> Result<Json<List<Pool>>, ApiError> {
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let account = of.find::<ViewSites>(tx, &actor).await?;
        Ok(pool::list(tx, &actor.scope::<ViewSites>(), after, account, page.rows()).await?)
    };
    let rows = panel.store().read(read).await?;
    Ok(Json(page.list(rows, |row| row.name.to_string()).map(|row| Pool::from(&row))))
}

/// One pool.
#[utoipa::path(get, path = "/pools/{pool}", tag = "pools", params(("pool" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The pool", body = Pool), Problems))]
async fn pool_show(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<PoolKey>,
) -> Result<Tagged<Pool>, ApiError> {
    let row = panel.store().read(async |tx: &mut Tx| pool::find::<ViewSites>(tx, &actor, &key).await).await?;
    Ok(Tagged::new(Pool::from(&*row), row.block.generation))
}

/// Has a pool tried again now, in place of after the pause: for when what stood in the way was mended. Nothing of what is wished changes; a
/// hand edit is not overwritten, and what waits for another plan to be agreed to goes on waiting.
#[utoipa::path(post, path = "/pools/{pool}/retry", tag = "pools",
    params(("pool" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 202, description = "To be tried now, and on its way; what waits for a person stands as before, with its reason", body = Pool),
              (status = 200, description = "Tried and observed on the server, or the plan of a dry run", body = Changed<Pool>),
              (status = 204, description = "Tried and observed to be gone"), ChangeProblems))]
async fn pool_retry(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<PoolKey>,
    Query(rehearsal): Query<Rehearsal>,
    prefer: Prefer,
) -> Result<Answer<Pool>, ApiError> {
    let find = async |tx: &mut Tx| pool::find::<EditSites>(tx, &actor, &key).await;
    let found = panel.store().read(find).await?;
    let key = Key::of::<PoolSpec>(&found.id);
    let word = ("pool", Some(found.account_id));
    let progress = match panel.retry(&actor, (rehearsal, prefer), key, word).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let id = found.id.to_string();
    let row = panel.store().read(async |tx: &mut Tx| pool::unscoped(tx, &id).await).await?;
    Ok(row.map_or(Answer::Gone, |row| Answer::changed(Pool::from(&row), row.block.generation, progress)))
}
