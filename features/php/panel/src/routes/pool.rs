//! `/pools`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, List, Page, PageParams, Path, Query, Tagged};
use auth::ViewSites;
use axum::extract::State;
use desired::{Access, OfAccount, OfAccountParams, Panel, Table};
use store::Tx;
use utoipa_axum::routes;

use crate::store::pool::{self, Pool, PoolKey};

/// The routes.
pub fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::listed::<ViewSites>(), routes!(pool_list))
        .add(Access::object::<ViewSites>(), routes!(pool_show))
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
    let row = panel.store().read(async |tx: &mut Tx| pool::find(tx, &actor, &key).await).await?;
    Ok(Tagged::new(Pool::from(&*row), row.block.generation))
}
