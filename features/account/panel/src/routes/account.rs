//! `/accounts`

use std::sync::Arc;

use account_spec::AccountSpec;
use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::query::Pairs;
use api_kit::{
    Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, List, PageParams, Path, Prefer, Query,
    QueryPart, Rehearsal, RehearsalParams, Sorted, Tagged,
};
use auth::{AccountKey, EditAccount, ManageAccounts, Passwords, SuspendAccounts, ViewAccount};
use axum::extract::State as S;
use desired::{
    Access, Answer, Asked, Changed, DryRun, Filter, FilterParams, Key, Outcome, Panel, Search, SearchParams,
    Table,
};
use limits::PackageKey;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::dependents::Dependents;
use crate::routes::usage;
use crate::rules::{self, CreateAccount, EditAccountBody, NewAccount, SuspendAccount};
use crate::store::account::list::{self, By, Which};
use crate::store::account::{self, Account};

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// The other features.
    pub dependents: Arc<dyn Dependents>,
}

/// The routes.
pub fn table(state: State) -> Table {
    Table::default()
        .add(Access::listed::<ViewAccount>(), routes!(account_list))
        .add(Access::organisation::<ManageAccounts>(), routes!(account_create))
        .add(Access::object::<ViewAccount>(), routes!(account_show))
        .add(Access::object::<EditAccount>(), routes!(account_edit))
        .add(Access::object::<ManageAccounts>().with_step_up(), routes!(account_delete))
        .add(Access::object::<SuspendAccounts>(), routes!(account_suspend))
        .add(Access::object::<SuspendAccounts>(), routes!(account_unsuspend))
        .add(Access::object::<EditAccount>(), routes!(account_retry))
        .with_state(state.clone())
        .merge(usage::table(state.panel))
}

/// Where an account is.
fn location(account: &Account) -> String {
    format!("/api/v1/accounts/{}", account.name)
}

impl State {
    /// The account as it is now, after a change.
    async fn answer(&self, outcome: Outcome<Account>, made: bool) -> Result<Answer<Account>, ApiError> {
        let (old, progress) = match outcome {
            Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
            Outcome::Done { value, progress } => (value, progress),
        };
        let id = old.id.to_string();
        let row = self.panel.store().read(async |tx: &mut Tx| account::unscoped(tx, &id).await).await?;
        let Some(row) = row else { return Ok(Answer::Gone) };
        let account = Account::from(&row);
        Ok(if made {
            let location = location(&account);
            Answer::Object(Accepted::created(account, row.block.generation, progress, location))
        } else {
            Answer::changed(account, row.block.generation, progress)
        })
    }
}

/// Which package's.
struct OfPackage(Option<PackageKey>);

impl QueryPart for OfPackage {
    const NAMES: &'static [&'static str] = &["package"];

    fn read(pairs: &mut Pairs) -> Self {
        Self(pairs.optional("package"))
    }
}

/// How the other parameters of the list are described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct ListParams {
    /// The order: `name`, `created` or `organisation`; with a hyphen before it, the other way round.
    #[param(default = "name")]
    sort: Option<String>,
    /// Only those that were sold a package of this name or id.
    package: Option<String>,
}

/// Accounts, by name where no other order is asked for.
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(PageParams, ListParams, SearchParams, FilterParams),
    responses((status = 200, description = "A page of accounts", body = List<Account>), Problems))]
async fn account_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((sorted, search, filter, of)): Query<(Sorted<By>, Search, Filter, OfPackage)>,
) -> Result<Json<List<Account>>, ApiError> {
    let scope = actor.scope::<ViewAccount>();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let chosen = filter.find::<ViewAccount>(tx, &actor, &search).await?;
        let which = Which { chosen, package: of.0.clone() };
        let rows = list::page(tx, &scope, &which, &sorted).await?;
        let total = if filter.total { Some(list::count(tx, &scope, &which).await?) } else { None };
        Ok((rows, total))
    };
    let (rows, total) = state.panel.store().read(read).await?;
    let by = sorted.order();
    Ok(Json(sorted.list(rows, |row| by.place(row)).map(|row| Account::from(&row)).of_total(total)))
}

/// Makes an account and its owner.
#[utoipa::path(post, path = "/accounts", tag = "accounts", params(ChangeParams), request_body = CreateAccount,
    responses((status = 202, description = "Written down, and on its way to the server", body = Account),
              (status = 201, description = "Observed on the server", body = Account),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn account_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    prefer: Prefer,
    Json(body): Json<CreateAccount>,
) -> Result<Answer<Account>, ApiError> {
    let find = async |tx: &mut Tx| match &body.organisation {
        Some(key) => auth::organisation::<ManageAccounts>(tx, &actor, key).await,
        None => auth::own_organisation::<ManageAccounts>(tx, &actor).await,
    };
    let proof = state.panel.store().read(find).await?;
    let new = NewAccount::of(body, state.panel.store(), &state.passwords).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let outcome = state.panel.change(&asked, rules::Create { actor, proof, new }).await?;
    state.answer(outcome, true).await
}

/// One account.
#[utoipa::path(get, path = "/accounts/{account}", tag = "accounts", params(("account" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The account", body = Account), Problems))]
async fn account_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
) -> Result<Tagged<Account>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::account::<ViewAccount>(tx, &actor, &key).await?;
        Ok(account::find(tx, &proof).await?)
    };
    let row = state.panel.store().read(read).await?;
    Ok(Tagged::new(Account::from(&row), row.block.generation))
}

/// Changes an account. Another address or password needs the caller's own password, or a code, shown in the last 10 minutes
/// (`POST /session/step-up`), unless the password of now is sent along.
#[utoipa::path(patch, path = "/accounts/{account}", tag = "accounts", request_body = EditAccountBody,
    params(("account" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Account),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Account>), ChangeProblems))]
async fn account_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(mut body): Json<EditAccountBody>,
) -> Result<Answer<Account>, ApiError> {
    let store = state.panel.store();
    let find = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::account::<EditAccount>(tx, &actor, &key).await?;
        let row = account::find_to_edit(tx, &proof).await?;
        let manages = auth::account::<ManageAccounts>(tx, &actor, &key).await.ok();
        Ok((proof, row, manages))
    };
    let (proof, row, manages) = store.read(find).await?;
    if body.password.is_some() {
        desired::by_session(&actor)?;
    }
    if body.email.is_some() {
        desired::not_acting(&actor)?;
    }
    // A password that is replaced with the one of now shown needs nothing more.
    if body.email.is_some() || (body.password.is_some() && body.current_password.is_none()) {
        api_kit::require_step_up(&actor, state.panel.now())?;
    }
    rules::check_current(store, &state.passwords, &actor, &proof, row.owner, &mut body).await?;
    let edit = rules::Edits::of(body, &row, manages, store, &state.passwords).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let outcome = state.panel.change(&asked, rules::Edit { actor, proof, if_match, values: edit }).await?;
    state.answer(outcome, false).await
}

/// Asks for an account's removal. Its home is moved to the trash. Refused while it has sites.
#[utoipa::path(delete, path = "/accounts/{account}", tag = "accounts",
    params(("account" = String, Path, description = "Name or id"), ChangeParams),
    responses((status = 202, description = "Written down, and on its way to the server", body = Account),
              (status = 200, description = "The plan of a dry run", body = DryRun),
              (status = 204, description = "Observed to be gone"), ChangeProblems))]
async fn account_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Account>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<ManageAccounts>(tx, &actor, &key).await;
    let proof = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let dependents = Arc::clone(&state.dependents);
    let outcome = state.panel.change(&asked, rules::Delete { dependents, proof, if_match }).await?;
    state.answer(outcome, false).await
}

/// Suspends an account: no SFTP, no PHP, and its sites say so.
#[utoipa::path(post, path = "/accounts/{account}/suspend", tag = "accounts", request_body = SuspendAccount,
    params(("account" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Account),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Account>), ChangeProblems))]
async fn account_suspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<SuspendAccount>,
) -> Result<Answer<Account>, ApiError> {
    set_suspended(state, actor, key, (change, if_match, prefer), (true, body)).await
}

/// Lets a suspended account go on.
#[utoipa::path(post, path = "/accounts/{account}/unsuspend", tag = "accounts",
    params(("account" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Account),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Account>), ChangeProblems))]
async fn account_unsuspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Account>, ApiError> {
    set_suspended(state, actor, key, (change, if_match, prefer), (false, SuspendAccount::default())).await
}

/// Has an account tried again now, in place of after the pause: for when what stood in the way was mended. Nothing of what is wished changes;
/// a hand edit is not overwritten, and what waits for another plan to be agreed to goes on waiting.
#[utoipa::path(post, path = "/accounts/{account}/retry", tag = "accounts",
    params(("account" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 202, description = "To be tried now, and on its way; what waits for a person stands as before, with its reason", body = Account),
              (status = 200, description = "Tried and observed on the server, or the plan of a dry run", body = Changed<Account>),
              (status = 204, description = "Tried and observed to be gone"), ChangeProblems))]
async fn account_retry(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(rehearsal): Query<Rehearsal>,
    prefer: Prefer,
) -> Result<Answer<Account>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::account::<EditAccount>(tx, &actor, &key).await?;
        Ok(account::find_to_edit(tx, &proof).await?)
    };
    let row = state.panel.store().read(read).await?;
    let key = Key::of::<AccountSpec>(&row.id);
    let outcome = state.panel.retry(&actor, (rehearsal, prefer), key, ("account", Some(row.id))).await?;
    state.answer(outcome.with(Account::from(&row)), false).await
}

async fn set_suspended(
    state: State,
    actor: auth::Actor,
    key: AccountKey,
    (change, if_match, prefer): (Change, IfMatch, Prefer),
    (suspended, body): (bool, SuspendAccount),
) -> Result<Answer<Account>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<SuspendAccounts>(tx, &actor, &key).await;
    let proof = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let dependents = Arc::clone(&state.dependents);
    let rules = rules::SetSuspended { dependents, proof, if_match, suspended, reason: body.reason };
    let outcome = state.panel.change(&asked, rules).await?;
    state.answer(outcome, false).await
}
