//! `/packages`

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, List, Page, PageParams, Path, Prefer,
    Query, Tagged,
};
use auth::{ManagePackages, ViewPackages};
use axum::extract::State as S;
use desired::{Access, Answer, Asked, Changed, DryRun, Outcome, Search, SearchParams, Table};
use limits::PackageKey;
use store::Tx;
use utoipa_axum::routes;

use crate::routes::State;
use crate::rules::{self, CreatePackage, EditPackage};
use crate::store::package::{self, Package};

/// The routes.
pub(super) fn table(state: State) -> Table {
    Table::default()
        .add(Access::listed::<ViewPackages>(), routes!(package_list))
        .add(Access::organisation::<ManagePackages>(), routes!(package_create))
        .add(Access::organisation::<ViewPackages>(), routes!(package_show))
        .add(Access::organisation::<ManagePackages>(), routes!(package_edit))
        .add(Access::organisation::<ManagePackages>(), routes!(package_delete))
        .with_state(state)
}

/// Packages that the caller may see, in the order in which they were made: those of organisations above too, which may be given to accounts.
#[utoipa::path(get, path = "/packages", tag = "packages", params(PageParams, SearchParams),
    responses((status = 200, description = "A page of packages", body = List<Package>), Problems))]
async fn package_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((page, search)): Query<(Page, Search)>,
) -> Result<Json<List<Package>>, ApiError> {
    let scope = actor.scope::<ViewPackages>();
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let rows = package::list(tx, &scope, after, search.like(), page.rows()).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(package::whole(tx, row).await?);
        }
        Ok(all)
    };
    let all = state.panel.store().read(read).await?;
    Ok(Json(page.list(all, |package| package.id.to_string())))
}

/// Makes a package.
#[utoipa::path(post, path = "/packages", tag = "packages", params(ChangeParams), request_body = CreatePackage,
    responses((status = 201, description = "Made", body = Package),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn package_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    prefer: Prefer,
    Json(body): Json<CreatePackage>,
) -> Result<Answer<Package>, ApiError> {
    let find = async |tx: &mut Tx| match &body.organisation {
        Some(key) => auth::organisation::<ManagePackages>(tx, &actor, key).await,
        None => auth::own_organisation::<ManagePackages>(tx, &actor).await,
    };
    let proof = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    Ok(match state.panel.change(&asked, rules::Create { proof, body }).await? {
        Outcome::Plan(plan) => Answer::Plan(plan),
        Outcome::Done { value, progress } => {
            let (version, location) = (value.version, format!("/api/v1/packages/{}", value.id));
            Answer::Object(Accepted::created(value, version, progress, location))
        }
    })
}

/// One package.
#[utoipa::path(get, path = "/packages/{package}", tag = "packages", params(("package" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The package", body = Package), Problems))]
async fn package_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PackageKey>,
) -> Result<Tagged<Package>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let missing = || ApiError::not_found("package");
        let id = package::id_of(tx, &actor, &key).await?.ok_or_else(missing)?;
        let scope = actor.scope::<ViewPackages>();
        let row = package::find(tx, &scope, id).await?.ok_or_else(missing)?;
        Ok(package::whole(tx, row).await?)
    };
    let package = state.panel.store().read(read).await?;
    let version = package.version;
    Ok(Tagged::new(package, version))
}

/// Changes a package, and with it what all accounts that have it may have.
#[utoipa::path(patch, path = "/packages/{package}", tag = "packages", request_body = EditPackage,
    params(("package" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and its accounts are on their way to the server", body = Package),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Package>), ChangeProblems))]
async fn package_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PackageKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<EditPackage>,
) -> Result<Answer<Package>, ApiError> {
    let find = async |tx: &mut Tx| package::find_to_manage(tx, &actor, &key).await;
    let proof = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let rules = rules::Edit { hosted: Arc::clone(&state.hosted), actor, proof, if_match, body };
    Ok(match state.panel.change(&asked, rules).await? {
        Outcome::Plan(plan) => Answer::Plan(plan),
        Outcome::Done { value, progress } => {
            let version = value.version;
            Answer::Object(Accepted::changed(value, version, progress))
        }
    })
}

/// Removes a package. Refused while an account has it.
#[utoipa::path(delete, path = "/packages/{package}", tag = "packages",
    params(("package" = String, Path, description = "Name or id"), ChangeParams),
    responses((status = 200, description = "The plan of a dry run", body = DryRun),
              (status = 204, description = "It is gone"), ChangeProblems))]
async fn package_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PackageKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Package>, ApiError> {
    let find = async |tx: &mut Tx| package::find_to_manage(tx, &actor, &key).await;
    let proof = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    Ok(match state.panel.change(&asked, rules::Delete { proof, if_match }).await? {
        Outcome::Plan(plan) => Answer::Plan(plan),
        Outcome::Done { .. } => Answer::Gone,
    })
}
