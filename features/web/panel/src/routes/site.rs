//! `/sites`

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, List, PageParams, Path, Prefer, Query,
    Rehearsal, RehearsalParams, Sorted, Tagged,
};
use auth::{Actor, EditSites, ManageSites, ViewSites};
use axum::extract::State as S;
use desired::{
    Access, Answer, Asked, Changed, DryRun, Filter, FilterParams, Key, OfAccount, OfAccountParams, Outcome,
    Panel, Search, SearchParams, Table,
};
use names::SiteId;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web_spec::SiteSpec;

use crate::certificates::Certificates;
use crate::pools::Pools;
use crate::rules::body::{CreateSite, EditSite};
use crate::rules::names::Names;
use crate::rules::php;
use crate::rules::site::{self as rules, Act};
use crate::serving::SiteRedirect;
use crate::store::name;
use crate::store::site::{self, Row, Site, SiteKey};
use crate::store::site_list::{self as list, By, Which};

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// The feature that has pools.
    pub pools: Arc<dyn Pools>,
    /// The feature that has certificates.
    pub certificates: Arc<dyn Certificates>,
}

/// The routes.
pub(crate) fn table(state: State) -> Table {
    Table::default()
        .add(Access::listed::<ViewSites>(), routes!(site_list))
        .add(Access::object::<EditSites>(), routes!(site_create))
        .add(Access::object::<ViewSites>(), routes!(site_show))
        .add(Access::object::<EditSites>(), routes!(site_edit))
        .add(Access::object::<EditSites>(), routes!(site_delete))
        .add(Access::object::<EditSites>(), routes!(site_disable))
        .add(Access::object::<EditSites>(), routes!(site_enable))
        .add(Access::object::<ManageSites>(), routes!(site_suspend))
        .add(Access::object::<ManageSites>(), routes!(site_unsuspend))
        .add(Access::object::<ManageSites>(), routes!(site_approve))
        .add(Access::object::<EditSites>(), routes!(site_retry))
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

/// How the order is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct SortParams {
    /// The order: `name`, `created` or `account`; with a hyphen before it, the other way round.
    #[param(default = "name")]
    sort: Option<String>,
}

/// Sites, by their primary names where no other order is asked for. A part of a name is looked for in all names.
#[utoipa::path(get, path = "/sites", tag = "sites", params(PageParams, SortParams, OfAccountParams, SearchParams, FilterParams),
    responses((status = 200, description = "A page of sites", body = List<Site>), Problems))]
async fn site_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((sorted, search, filter, of)): Query<(Sorted<By>, Search, Filter, OfAccount)>,
) -> Result<Json<List<Site>>, ApiError> {
    let scope = actor.scope::<ViewSites>();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let account = of.find::<ViewSites>(tx, &actor).await?;
        let chosen = filter.find::<ViewSites>(tx, &actor, &search).await?;
        let which = Which { account, chosen };
        let rows = list::page(tx, &scope, &which, &sorted).await?;
        let ids: Vec<SiteId> = rows.iter().map(|row| row.id).collect();
        let names = name::of_sites(tx, &ids).await?;
        let total = if filter.total { Some(list::count(tx, &scope, &which).await?) } else { None };
        Ok((rows, names, total))
    };
    let (rows, mut names, total) = state.panel.store().read(read).await?;
    let by = sorted.order();
    let list = sorted.list(rows, |row| by.place(row));
    let site = |row: Row| Site::of(&row, &names.remove(&row.id).unwrap_or_default());
    Ok(Json(list.map(site).of_total(total)))
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
    let redirect = body.redirect.as_ref().map(SiteRedirect::check).transpose()?;
    let php_is_asked = body.php.is_some();
    let php = match body.php {
        Some(Some(version)) => php::check(&state.panel, version).await.map(|()| Some(version))?,
        Some(None) => None,
        None => php::newest(&state.panel).await?,
    };
    let asked = Asked::by(&actor, change, prefer)?;
    let rules = rules::Create {
        pools: Arc::clone(&state.pools),
        certificates: Arc::clone(&state.certificates),
        actor,
        account,
        names,
        php,
        php_is_asked,
        docroot: body.docroot,
        body_size: body.body_size,
        index: body.index,
        redirected: body.redirected,
        redirect,
        https: body.https,
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
    let (pools, certificates) = (Arc::clone(&state.pools), Arc::clone(&state.certificates));
    let rules = rules::Edit { pools, certificates, actor, site, if_match, body: edit };
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
    let (pools, certificates) = (Arc::clone(&state.pools), Arc::clone(&state.certificates));
    let rules = rules::Delete { pools, certificates, actor, site, if_match };
    let outcome = state.panel.change(&asked, rules).await?;
    state.answer(outcome, false).await
}

/// Switches a site off: it answers as if nobody knew its names. They stay the site's own, and its files where they are.
#[utoipa::path(post, path = "/sites/{site}/disable", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Site>), ChangeProblems))]
async fn site_disable(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    switch(state, actor, key, (change, if_match, prefer), true).await
}

/// Switches a site on again.
#[utoipa::path(post, path = "/sites/{site}/enable", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Site),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Site>), ChangeProblems))]
async fn site_enable(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    switch(state, actor, key, (change, if_match, prefer), false).await
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

/// Has a site tried again now, in place of after the pause: for when what stood in the way was mended. Nothing of what is wished changes; a
/// hand edit is not overwritten, and what waits for another plan to be agreed to goes on waiting.
#[utoipa::path(post, path = "/sites/{site}/retry", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), RehearsalParams),
    responses((status = 202, description = "To be tried now, and on its way; what waits for a person stands as before, with its reason", body = Site),
              (status = 200, description = "Tried and observed on the server, or the plan of a dry run", body = Changed<Site>),
              (status = 204, description = "Tried and observed to be gone"), ChangeProblems))]
async fn site_retry(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(rehearsal): Query<Rehearsal>,
    prefer: Prefer,
) -> Result<Answer<Site>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = site::find::<EditSites>(tx, &actor, &key).await?;
        let names = name::of_site(tx, row.id).await?;
        Ok((Site::of(&row, &names), row.account_id))
    };
    let (site, account) = state.panel.store().read(read).await?;
    let key = Key::of::<SiteSpec>(&site.id);
    let outcome = state.panel.retry(&actor, (rehearsal, prefer), key, ("site", Some(account))).await?;
    state.answer(outcome.with(site), false).await
}

async fn switch(
    state: State,
    actor: Actor,
    key: SiteKey,
    (change, if_match, prefer): (Change, IfMatch, Prefer),
    disabled: bool,
) -> Result<Answer<Site>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let outcome = state.panel.change(&asked, rules::Switch { site, if_match, disabled }).await?;
    state.answer(outcome, false).await
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
    let rules = rules::Manage { certificates: Arc::clone(&state.certificates), site, if_match, act };
    let outcome = state.panel.change(&asked, rules).await?;
    state.answer(outcome, false).await
}
