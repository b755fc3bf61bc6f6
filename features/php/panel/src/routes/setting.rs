//! `/accounts/{account}/php` and `/sites/{site}/php`

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    ApiError, Caller, Change, ChangeParams, IfMatch, Json, Path, Prefer, Query, Rehearsal, RehearsalParams,
    Tagged,
};
use auth::{AccountKey, EditSites, ViewSites};
use axum::extract::State as S;
use axum::response::{IntoResponse, Response};
use converge::Cause;
use desired::{Access, Answer, Asked, Changed, DryRun, Outcome, Panel, PlanView, Table};
use names::PhpVersion;
use php_spec::{ListExtensions, RunOpcacheReset, errors};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::body::EditPhp;
use crate::rules::{self, EditAccount, EditSite};
use crate::sites::Sites;
use crate::store::site::{self, SiteKey};
use crate::view::PhpSettings;

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// The feature that has sites.
    pub sites: Arc<dyn Sites>,
}

/// The routes.
pub(crate) fn table(state: State) -> Table {
    Table::default()
        .add(Access::object::<ViewSites>(), routes!(account_php_show))
        .add(Access::object::<EditSites>(), routes!(account_php_edit))
        .add(Access::object::<ViewSites>(), routes!(site_php_show))
        .add(Access::object::<EditSites>(), routes!(site_php_edit))
        .add(Access::object::<EditSites>(), routes!(site_opcache_reset))
        .add(Access::object::<ViewSites>(), routes!(site_php_extensions))
        .with_state(state)
}

/// What holds of PHP for the sites of an account that say nothing else. The ETag is that of what the account chose.
#[utoipa::path(get, path = "/accounts/{account}/php", tag = "php", params(("account" = String, Path, description = "Name or id")),
    responses((status = 200, description = "Its settings", body = PhpSettings), Problems))]
async fn account_php_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
) -> Result<Tagged<PhpSettings>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::account::<ViewSites>(tx, &actor, &key).await?;
        rules::show_account(tx, proof.id).await
    };
    let shown = state.panel.store().read(read).await?;
    let version = shown.version;
    Ok(Tagged::new(shown, version))
}

/// Chooses settings of PHP for all sites of an account that say nothing else.
#[utoipa::path(patch, path = "/accounts/{account}/php", tag = "php", request_body = EditPhp,
    params(("account" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = PhpSettings),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<PhpSettings>), ChangeProblems))]
async fn account_php_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(EditPhp(edit)): Json<EditPhp>,
) -> Result<Answer<PhpSettings>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<EditSites>(tx, &actor, &key).await;
    let account = state.panel.store().read(find).await?;
    let (id, asked) = (account.id, Asked::by(&actor, change, prefer)?);
    let rules = EditAccount { sites: Arc::clone(&state.sites), account, if_match, edit };
    let progress = match state.panel.change(&asked, rules).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let read = async |tx: &mut Tx| rules::show_account(tx, id).await;
    let shown = state.panel.store().read(read).await?;
    let version = shown.version;
    Ok(Answer::changed(shown, version, progress))
}

/// What holds of PHP for a site. The ETag is that of what the site chose.
#[utoipa::path(get, path = "/sites/{site}/php", tag = "php", params(("site" = String, Path, description = "A name or the id")),
    responses((status = 200, description = "Its settings", body = PhpSettings), Problems))]
async fn site_php_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
) -> Result<Tagged<PhpSettings>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = site::find::<ViewSites>(tx, &actor, &key).await?;
        rules::show_site(tx, proof.id).await
    };
    let shown = state.panel.store().read(read).await?;
    let version = shown.version;
    Ok(Tagged::new(shown, version))
}

/// Chooses settings of PHP for one site. Where what holds for it is no longer what holds for its account, it gets a pool of its own, and gives
/// it back where it is again.
#[utoipa::path(patch, path = "/sites/{site}/php", tag = "php", request_body = EditPhp,
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = PhpSettings),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<PhpSettings>), ChangeProblems))]
async fn site_php_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(EditPhp(edit)): Json<EditPhp>,
) -> Result<Answer<PhpSettings>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let (id, asked) = (site.id, Asked::by(&actor, change, prefer)?);
    let rules = EditSite { sites: Arc::clone(&state.sites), site, if_match, edit };
    let progress = match state.panel.change(&asked, rules).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let shown = state.panel.store().read(async |tx: &mut Tx| rules::show_site(tx, id).await).await?;
    let version = shown.version;
    Ok(Answer::changed(shown, version, progress))
}

/// What came of an opcache reset.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct PhpReset {
    /// A master ran, and was ended after the requests in hand; else the pool slept, and had nothing to forget.
    pub ran: bool,
}

/// Has the pool of a site forget the scripts that it compiled. No request fails for it: those in hand end, and those that come wait for a moment.
/// Where sites share the pool, it forgets theirs, too.
#[utoipa::path(post, path = "/sites/{site}/php/opcache-reset", tag = "php",
    params(("site" = String, Path, description = "A name or the id"), RehearsalParams),
    responses((status = 200, description = "Done, or the plan of a dry run, which is empty: nothing that is wished is otherwise", body = Changed<PhpReset>), ChangeProblems))]
async fn site_opcache_reset(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let Some((pool, name, _)) = site.pool.clone() else { return Err(no_php()) };
    if let Some(dry) = PlanView::of(Vec::new()).rehearsed(&rehearsal)? {
        return Ok(Json::<DryRun>(dry).into_response());
    }
    let request_id = api_kit::request_id::current().unwrap_or_default();
    let cause = Cause { actor: actor.name().to_owned(), request_id: request_id.clone() };
    let done = state.panel.agent().call(&RunOpcacheReset { pool, cause }).await;
    let reset = done.map_err(|error| match error.refusal() {
        Some(refusal) if refusal.name == errors::NO_SUCH_POOL => {
            let detail = "The site's pool is not on the server yet. Try again when the site is ready.";
            ApiError::conflict("pool_missing", detail)
        }
        _ => desired::agent_error(error),
    })?;
    let entry = audit::Entry {
        who: audit::Who::from(&actor),
        request_id: &request_id,
        action: "site.opcache_reset",
        object: audit::Object::of_account("site", site.id, site.account_id),
        before: None,
        after: Some(serde_json::json!({ "pool": name, "ran": reset.ran })),
        plan_hash: None,
        outcome: audit::Outcome::Done,
    };
    let now = state.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, StoreError> { audit::append(tx, &entry, now).await };
    state.panel.store().write(write).await?;
    Ok(Json(PhpReset { ran: reset.ran }).into_response())
}

fn no_php() -> ApiError {
    ApiError::conflict("no_php", "The site has no PHP. Choose a version for it first.")
}

/// What PHP of a version brings.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhpExtensions {
    /// The version.
    #[schema(value_type = String, example = "8.4")]
    pub php: PhpVersion,
    /// The extensions that the server loads, sorted; those that are built in are not named.
    pub extensions: Vec<String>,
}

/// The extensions that a site's PHP has, as the server has them now.
#[utoipa::path(get, path = "/sites/{site}/php/extensions", tag = "php",
    params(("site" = String, Path, description = "A name or the id")),
    responses((status = 200, description = "The extensions", body = PhpExtensions), Problems))]
async fn site_php_extensions(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
) -> Result<Json<PhpExtensions>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<ViewSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let Some((_, _, php)) = site.pool else { return Err(no_php()) };
    let call = ListExtensions { version: php };
    let listed = state.panel.agent().call(&call).await.map_err(desired::agent_error)?;
    Ok(Json(PhpExtensions { php, extensions: listed.extensions }))
}
