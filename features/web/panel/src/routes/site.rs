//! `/sites`

use std::collections::HashMap;
use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, List, Page, PageParams, Path, Prefer,
    Query, Tagged,
};
use auth::{Actor, EditSites, ManageSites, ViewSites};
use axum::extract::State as S;
use desired::{
    Access, Answer, Asked, Changed, DryRun, OfAccount, OfAccountParams, Outcome, Panel, Search, SearchParams,
    Table,
};
use names::SiteId;
use store::Tx;
use utoipa_axum::routes;

use crate::pools::Pools;
use crate::rules::names::Names;
use crate::rules::php;
use crate::rules::site::{self as rules, Act, CreateSite, EditSite};
use crate::store::name::{self, Named};
use crate::store::site::{self, Site, SiteKey, Which};

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// The feature that has pools.
    pub pools: Arc<dyn Pools>,
}

/// The routes.
pub(crate) fn table(state: State) -> Table {
    Table::default()
        .add(Access::listed::<ViewSites>(), routes!(site_list))
        .add(Access::object::<EditSites>(), routes!(site_create))
        .add(Access::object::<ViewSites>(), routes!(site_show))
        .add(Access::object::<EditSites>(), routes!(site_edit))
        .add(Access::object::<EditSites>(), routes!(site_delete))
        .add(Access::object::<ManageSites>(), routes!(site_suspend))
        .add(Access::object::<ManageSites>(), routes!(site_unsuspend))
        .add(Access::object::<ManageSites>(), routes!(site_approve))
        .with_state(state)
}

impl State {
    /// The site as it is now, after a change.
    async fn answer(&self, outcome: Outcome<Site>, made: bool) -> Result<Answer<Site>, ApiError> {
        let (old, progress) = match outcome {
            Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
            Outcome::Done { value, progress } => (value, progress),
        };
        let Some(site) = self.now(old.id).await? else { return Ok(Answer::Gone) };
        let generation = site.convergence.generation;
        Ok(Answer::Object(if made {
            let location = format!("/api/v1/sites/{}", site.name);
            Accepted::created(site, generation, progress, location)
        } else {
            Accepted::changed(site, generation, progress)
        }))
    }

    async fn now(&self, id: SiteId) -> Result<Option<Site>, ApiError> {
        let read = async |tx: &mut Tx| -> Result<_, ApiError> {
            let Some(row) = site::unscoped(tx, &id.to_string()).await? else { return Ok(None) };
            let names = name::of_site(tx, id).await?;
            Ok(Some(Site::of(&row, &names)))
        };
        self.panel.store().read(read).await
    }
}

/// Sites in the order of their primary names.
#[utoipa::path(get, path = "/sites", tag = "sites", params(PageParams, OfAccountParams, SearchParams),
    responses((status = 200, description = "A page of sites", body = List<Site>), Problems))]
async fn site_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((page, of, search)): Query<(Page, OfAccount, Search)>,
) -> Result<Json<List<Site>>, ApiError> {
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let account = of.find::<ViewSites>(tx, &actor).await?;
        let which = Which { after, account, like: search.like(), rows: page.rows() };
        let scope = actor.scope::<ViewSites>();
        let rows = site::list(tx, &scope, &which).await?;
        let last = rows.last().map(|row| row.name.to_string()).unwrap_or_default();
        let aliases = name::aliases(tx, &scope, &which, &last).await?;
        Ok((rows, aliases))
    };
    let (rows, aliases) = state.panel.store().read(read).await?;
    let mut by_site: HashMap<SiteId, Vec<Named>> = HashMap::new();
    for alias in aliases {
        by_site.entry(alias.site).or_default().push(alias);
    }
    let list = page.list(rows, |row| row.name.to_string());
    Ok(Json(list.map(|row| row.with_names(by_site.remove(&row.id).unwrap_or_default()))))
}

/// Makes a site. A name that is not the caller's for certain is not served before an administrator approves it.
#[utoipa::path(post, path = "/sites", tag = "sites", params(ChangeParams), request_body = CreateSite,
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 201, description = "Observed on the server", body = Site),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn site_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    prefer: Prefer,
    Json(body): Json<CreateSite>,
) -> Result<Answer<Site>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<EditSites>(tx, &actor, &body.account).await;
    let account = state.panel.store().read(find).await?;
    let names = Names::of(body.name, body.aliases)?;
    let php_is_asked = body.php.is_some();
    let php = match body.php {
        Some(Some(version)) => php::check(&state.panel, version).await.map(|()| Some(version))?,
        Some(None) => None,
        None => php::newest(&state.panel).await?,
    };
    let asked = Asked::by(&actor, change, prefer)?;
    let rules = rules::Create {
        pools: Arc::clone(&state.pools),
        actor,
        account,
        names,
        php,
        php_is_asked,
        docroot: body.docroot,
        body_size: body.body_size,
        index: body.index,
    };
    let outcome = state.panel.change(&asked, rules).await?;
    state.answer(outcome, true).await
}

/// One site.
#[utoipa::path(get, path = "/sites/{site}", tag = "sites", params(("site" = String, Path, description = "A name or the id")),
    responses((status = 200, description = "The site", body = Site), Problems))]
async fn site_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
) -> Result<Tagged<Site>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = site::find::<ViewSites>(tx, &actor, &key).await?;
        let names = name::of_site(tx, row.id).await?;
        Ok(Site::of(&row, &names))
    };
    let site = state.panel.store().read(read).await?;
    let generation = site.convergence.generation;
    Ok(Tagged::new(site, generation))
}

/// Changes a site.
#[utoipa::path(patch, path = "/sites/{site}", tag = "sites", request_body = EditSite,
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Site>), ChangeProblems))]
async fn site_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(edit): Json<EditSite>,
) -> Result<Answer<Site>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    if let Some(Some(version)) = edit.php {
        php::check(&state.panel, version).await?;
    }
    let asked = Asked::by(&actor, change, prefer)?;
    let rules = rules::Edit { pools: Arc::clone(&state.pools), actor, site, if_match, body: edit };
    let outcome = state.panel.change(&asked, rules).await?;
    state.answer(outcome, false).await
}

/// Asks for a site's removal. Its files stay where they are.
#[utoipa::path(delete, path = "/sites/{site}", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ChangeParams),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "The plan of a dry run", body = DryRun),
              (status = 204, description = "Observed to be gone"), ChangeProblems))]
async fn site_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let rules = rules::Delete { pools: Arc::clone(&state.pools), actor, site, if_match };
    let outcome = state.panel.change(&asked, rules).await?;
    state.answer(outcome, false).await
}

/// Suspends a site: it answers 503.
#[utoipa::path(post, path = "/sites/{site}/suspend", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Site>), ChangeProblems))]
async fn site_suspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    manage(state, actor, key, (change, if_match, prefer), Act::Suspend).await
}

/// Lets a suspended site go on.
#[utoipa::path(post, path = "/sites/{site}/unsuspend", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Site>), ChangeProblems))]
async fn site_unsuspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    manage(state, actor, key, (change, if_match, prefer), Act::Unsuspend).await
}

/// Approves all names of a site, as they were read, so that they are served.
#[utoipa::path(post, path = "/sites/{site}/approve", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read with the names, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Site>), ChangeProblems))]
async fn site_approve(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    manage(state, actor, key, (change, if_match, prefer), Act::Approve).await
}

async fn manage(
    state: State,
    actor: Actor,
    key: SiteKey,
    (change, if_match, prefer): (Change, IfMatch, Prefer),
    act: Act,
) -> Result<Answer<Site>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<ManageSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let outcome = state.panel.change(&asked, rules::Manage { site, if_match, act }).await?;
    state.answer(outcome, false).await
}
