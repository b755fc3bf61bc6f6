//! `/sites/{site}/names`: whose they are known to be, and whether they lead here.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Change, Json, List, Path, Prefer, Query, Rehearsal, RehearsalParams};
use auth::{EditSites, ViewSites};
use axum::extract::State;
use desired::{Access, Asked, Changed, DryRun, Outcome, Table};
use names::{DomainName, SiteId};
use store::{StoreError, Tx};
use utoipa_axum::routes;

use crate::pointing::check::By;
use crate::pointing::view::SiteName;
use crate::pointing::{Pointing, policy};
use crate::store::site::SiteKey;
use crate::store::{name, name_check, site};

/// The routes.
pub(crate) fn table(pointing: Pointing) -> Table {
    Table::default()
        .add(Access::object::<ViewSites>(), routes!(site_name_list))
        .add(Access::object::<EditSites>(), routes!(site_name_check))
        .with_state(pointing)
}

/// All names of a site, the primary one first: whose each is known to be, what the world's DNS has for it, whether this server answers there,
/// and what is to be done. What is told was seen, at the time that is told with it.
#[utoipa::path(get, path = "/sites/{site}/names", tag = "sites", params(("site" = String, Path, description = "A name or the id")),
    responses((status = 200, description = "All names", body = List<SiteName>), Problems))]
async fn site_name_list(
    State(pointing): State<Pointing>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
) -> Result<Json<List<SiteName>>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let site = site::find::<ViewSites>(tx, &actor, &key).await?.id;
        Ok(names_of(tx, site).await?)
    };
    Ok(Json(List::whole(pointing.panel().store().read(read).await?)))
}

/// Looks at a name now: asks the DNS, visits port 80 where it leads, and makes a pending name the account's where that is proven. The plan of a
/// dry run is what the server would do then.
#[utoipa::path(post, path = "/sites/{site}/names/{name}/check", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ("name" = String, Path, description = "One of its names"), RehearsalParams),
    responses((status = 200, description = "What was seen, or the plan of a dry run", body = Changed<SiteName>), ChangeProblems))]
async fn site_name_check(
    State(pointing): State<Pointing>,
    Caller(actor): Caller,
    Path((key, name)): Path<(SiteKey, DomainName)>,
    Query(rehearsal): Query<Rehearsal>,
    prefer: Prefer,
) -> Result<Json<Changed<SiteName>>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = pointing.panel().store().read(find).await?.id;
    let Rehearsal { dry_run, expect_plan } = rehearsal;
    let asked = Asked::by(&actor, Change { dry_run, expect_plan, overwrite: false }, prefer)?;
    let missing = || ApiError::not_found("name");
    let outcome = pointing.check(site, &name, (&asked, By::Person)).await?.ok_or_else(missing)?;
    if let Outcome::Plan(plan) = outcome {
        return Ok(Json(Changed::Plan(DryRun { plan })));
    }
    let read = async |tx: &mut Tx| names_of(tx, site).await;
    let names = pointing.panel().store().read(read).await?;
    let found = names.into_iter().find(|found| found.name == name).ok_or_else(missing)?;
    Ok(Json(Changed::Object(found)))
}

async fn names_of(tx: &mut Tx, site: SiteId) -> Result<Vec<SiteName>, StoreError> {
    let policy = policy::read(tx).await?;
    let checks = name_check::of_site(tx, site).await?;
    let names = name::of_site(tx, site).await?;
    let view = |named: &name::Named| {
        let check = checks.iter().find(|check| check.name == named.name);
        SiteName::of(named, check, &policy)
    };
    Ok(names.iter().map(view).collect())
}
