//! `/certificates`

use std::collections::HashMap;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, List, PageParams, Path, Prefer, Query,
    Rehearsal, RehearsalParams, Sorted, Tagged,
};
use auth::{EditSites, ViewSites};
use axum::extract::State as S;
use cert_spec::CertificateSpec;
use desired::{
    Access, Answer, Asked, Changed, DryRun, Filter, FilterParams, Key, OfAccount, OfAccountParams, Outcome,
    Panel, Search, SearchParams, Table,
};
use names::CertificateId;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::order;
use crate::rules::bring::{self, Imported, Keys};
use crate::rules::certificate::{self as rules, CreateCertificate, ReplaceChain, Wanted};
use crate::rules::names as name_rules;
use crate::store::certificate::{self, Certificate, Row};
use crate::store::certificate_list::{self as list, By, Which};

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// Certificates whose keys are in hand just now.
    pub keys: Keys,
}

/// The routes.
pub(crate) fn table(state: State) -> Table {
    Table::default()
        .add(Access::listed::<ViewSites>(), routes!(certificate_list))
        .add(Access::object::<EditSites>(), routes!(certificate_create))
        .add(Access::object::<ViewSites>(), routes!(certificate_show))
        .add(Access::object::<EditSites>(), routes!(certificate_replace))
        .add(Access::object::<EditSites>(), routes!(certificate_delete))
        .add(Access::object::<EditSites>(), routes!(certificate_retry))
        .with_state(state)
}

impl State {
    /// The certificate as it is now, after a change.
    pub(crate) async fn answer(
        &self,
        outcome: Outcome<Certificate>,
        made: bool,
    ) -> Result<Answer<Certificate>, ApiError> {
        let (old, progress) = match outcome {
            Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
            Outcome::Done { value, progress } => (value, progress),
        };
        let id = old.id;
        let read = async |tx: &mut Tx| -> Result<_, ApiError> {
            if certificate::unscoped(tx, &id.to_string()).await?.is_none() {
                return Ok(None);
            }
            Ok(Some(rules::show(tx, id).await?.0))
        };
        let Some(certificate) = self.panel.store().read(read).await? else { return Ok(Answer::Gone) };
        let generation = certificate.convergence.generation;
        Ok(Answer::Object(if made {
            Accepted::created(certificate, generation, progress, format!("/api/v1/certificates/{id}"))
        } else {
            Accepted::changed(certificate, generation, progress)
        }))
    }
}

/// The outcome of a change that needs a key which the agent was handed before: where nothing was changed, the agent forgets it.
async fn with_key<T>(
    imported: Imported,
    change: impl Future<Output = Result<Outcome<T>, ApiError>>,
) -> Result<Outcome<T>, ApiError> {
    let outcome = change.await;
    if !matches!(outcome, Ok(Outcome::Done { .. })) {
        imported.forget_unused().await;
    }
    outcome
}

/// How the order is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct SortParams {
    /// The order: `name`, `created`, `expires` or `account`; with a hyphen before it, the other way round.
    #[param(default = "name")]
    sort: Option<String>,
}

/// Certificates, by their first names where no other order is asked for. A part of a name is looked for in all names.
#[utoipa::path(get, path = "/certificates", tag = "certificates", params(PageParams, SortParams, OfAccountParams, SearchParams, FilterParams),
    responses((status = 200, description = "A page of certificates", body = List<Certificate>), Problems))]
async fn certificate_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((sorted, search, filter, of)): Query<(Sorted<By>, Search, Filter, OfAccount)>,
) -> Result<Json<List<Certificate>>, ApiError> {
    let scope = actor.scope::<ViewSites>();
    let is_of_names = search.like().is_none_or(|pattern| list::is_of_names(&pattern));
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let account = of.find::<ViewSites>(tx, &actor).await?;
        let chosen = filter.find::<ViewSites>(tx, &actor, &search).await?;
        let which = Which { account, chosen };
        let rows = if is_of_names { list::page(tx, &scope, &which, &sorted).await? } else { Vec::new() };
        let ids: Vec<CertificateId> = rows.iter().map(|row| row.id).collect();
        let sites = certificate::showing(tx, &ids).await?;
        let mut orders = HashMap::new();
        for id in ids {
            orders.insert(id, order::of(tx, id).await?);
        }
        let total = match filter.total {
            true if is_of_names => Some(list::count(tx, &scope, &which).await?),
            true => Some(0),
            false => None,
        };
        Ok((rows, (sites, orders), total))
    };
    let (rows, (mut sites, mut orders), total) = state.panel.store().read(read).await?;
    let by = sorted.order();
    let list = sorted.list(rows, |row| by.place(row));
    let certificate = |row: Row| {
        let order = orders.remove(&row.id).flatten();
        Certificate::of(&row, sites.remove(&row.id).unwrap_or_default()).ordered(order)
    };
    Ok(Json(list.map(certificate).of_total(total)))
}

/// Makes a certificate: of a chain and its key that are brought, or of names for which an authority is to issue one. Until it is issued, one that
/// signs itself is shown in its place. The order of a chain is put right, and a root at its end left out.
#[utoipa::path(post, path = "/certificates", tag = "certificates", params(ChangeParams), request_body = CreateCertificate,
    responses((status = 202, description = "Written down, and on its way to the server", body = Certificate),
              (status = 201, description = "Observed on the server", body = Certificate),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn certificate_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    prefer: Prefer,
    Json(body): Json<CreateCertificate>,
) -> Result<Answer<Certificate>, ApiError> {
    let find = async |tx: &mut Tx| auth::account::<EditSites>(tx, &actor, &body.account).await;
    let account = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let outcome = match body.read()? {
        Wanted::Brought { chain, key } => {
            let (chain, id) = (bring::read(&state.panel, &chain)?, state.panel.id_ahead(&asked.change));
            let imported = state.keys.import(&state.panel, id, &chain, &key).await?;
            with_key(imported, state.panel.change(&asked, rules::Bring { id, account, chain })).await?
        }
        Wanted::Issued { names } => {
            name_rules::check_asked(&names)?;
            state.panel.change(&asked, rules::AskFor { actor, account, names }).await?
        }
    };
    state.answer(outcome, true).await
}

/// One certificate.
#[utoipa::path(get, path = "/certificates/{certificate}", tag = "certificates", params(("certificate" = String, Path, description = "The id")),
    responses((status = 200, description = "The certificate", body = Certificate), Problems))]
async fn certificate_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<CertificateId>,
) -> Result<Tagged<Certificate>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = certificate::find::<ViewSites>(tx, &actor, id).await?;
        Ok(rules::show(tx, row.id).await?.0)
    };
    let certificate = state.panel.store().read(read).await?;
    let generation = certificate.convergence.generation;
    Ok(Tagged::new(certificate, generation))
}

/// Puts another chain with its key in the place of one that was brought. The sites that show it go on without a gap.
#[utoipa::path(put, path = "/certificates/{certificate}/chain", tag = "certificates", request_body = ReplaceChain,
    params(("certificate" = String, Path, description = "The id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Certificate),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Certificate>), ChangeProblems))]
async fn certificate_replace(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<CertificateId>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<ReplaceChain>,
) -> Result<Answer<Certificate>, ApiError> {
    let find = async |tx: &mut Tx| certificate::find::<EditSites>(tx, &actor, id).await;
    let certificate = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    rules::check_brought(&certificate, &if_match)?;
    let chain = bring::read(&state.panel, &body.chain)?;
    let imported = state.keys.import(&state.panel, id, &chain, &body.key).await?;
    let rules = rules::Replace { certificate, if_match, chain };
    let outcome = with_key(imported, state.panel.change(&asked, rules)).await?;
    state.answer(outcome, false).await
}

/// Asks for a certificate's removal. One that a site shows stays.
#[utoipa::path(delete, path = "/certificates/{certificate}", tag = "certificates",
    params(("certificate" = String, Path, description = "The id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Certificate),
              (status = 200, description = "The plan of a dry run", body = DryRun),
              (status = 204, description = "Observed to be gone"), ChangeProblems))]
async fn certificate_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<CertificateId>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Certificate>, ApiError> {
    let find = async |tx: &mut Tx| certificate::find::<EditSites>(tx, &actor, id).await;
    let certificate = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let outcome = state.panel.change(&asked, rules::Delete { certificate, if_match }).await?;
    state.answer(outcome, false).await
}

/// Has a certificate put on the server again now, in place of after the pause: for when what stood in the way was mended. Nothing of what is
/// wished changes, and no authority is asked.
#[utoipa::path(post, path = "/certificates/{certificate}/retry", tag = "certificates",
    params(("certificate" = String, Path, description = "The id"), RehearsalParams),
    responses((status = 202, description = "To be tried now, and on its way; what waits for a person stands as before, with its reason", body = Certificate),
              (status = 200, description = "Tried and observed on the server, or the plan of a dry run", body = Changed<Certificate>),
              (status = 204, description = "Tried and observed to be gone"), ChangeProblems))]
async fn certificate_retry(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<CertificateId>,
    Query(rehearsal): Query<Rehearsal>,
    prefer: Prefer,
) -> Result<Answer<Certificate>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let found = certificate::find::<EditSites>(tx, &actor, id).await?;
        Ok((rules::show(tx, id).await?.0, found.account_id))
    };
    let (certificate, account) = state.panel.store().read(read).await?;
    let key = Key::of::<CertificateSpec>(&id);
    let outcome = state.panel.retry(&actor, (rehearsal, prefer), key, ("certificate", Some(account))).await?;
    state.answer(outcome.with(certificate), false).await
}
