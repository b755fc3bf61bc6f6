//! `/limits`: the names of all that can be sold, and the counters' own check.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, Query, Rehearsal, RehearsalParams};
use audit::Object;
use auth::{Actor, EditNode};
use axum::extract::State as S;
use desired::{Access, PlanView, Table};
use limits::{Amount, Count, Difference, Feature, Kind, Limit, Unit};
use names::Micros;
use serde::{Deserialize, Serialize};
use store::{StoreError, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::routes::State;

/// The routes.
pub(super) fn table(state: State) -> Table {
    Table::default()
        .add(Access::SIGNED_IN, routes!(limit_list))
        .add(Access::everywhere::<EditNode>(), routes!(limit_recount))
        .with_state(state)
}

/// All that can be sold.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Names {
    /// Limits.
    limits: Vec<KnownLimit>,
    /// Features.
    #[schema(value_type = Vec<String>)]
    features: Vec<Feature>,
}

/// One limit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct KnownLimit {
    /// Its name, such as `sites`.
    #[schema(value_type = String)]
    name: Limit,
    /// What it counts, in words.
    words: String,
    /// `counted`: by the database; `given`: out of what the organisation has; `measured`; `host`: by the host, for each account.
    #[schema(value_type = String)]
    kind: Kind,
    /// `count`, `bytes`, `bytes_per_month`, `percent` or `weight`.
    #[schema(value_type = String)]
    unit: Unit,
    /// What an account has of which nobody says how much: a number, or the word `unlimited`.
    #[schema(value_type = serde_json::Value)]
    usual: Amount,
    /// The least that may be chosen.
    least: i64,
    /// The most that may be chosen.
    most: i64,
    /// Whether accounts have it; else organisations alone.
    of_accounts: bool,
}

/// Limits and features by their names.
#[utoipa::path(get, path = "/limits", tag = "packages",
    responses((status = 200, description = "All that can be sold", body = Names), Problems))]
async fn limit_list(Caller(_actor): Caller) -> Json<Names> {
    let limits = Limit::ALL.iter().map(|&limit| KnownLimit {
        name: limit,
        words: limit.words().to_owned(),
        kind: limit.kind(),
        unit: limit.unit(),
        usual: limit.usual(),
        least: *limit.range().start(),
        most: *limit.range().end(),
        of_accounts: limit.is_of_accounts(),
    });
    Json(Names { limits: limits.collect(), features: Feature::ALL.to_vec() })
}

/// What was wrong.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Recounted {
    /// Each counter that was not what it counts.
    differences: Vec<DifferenceView>,
}

/// A counter that is not what it counts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct DifferenceView {
    /// `account` or `organisation`.
    of: String,
    /// Its id.
    id: String,
    /// Which limit.
    #[schema(value_type = String)]
    limit: Limit,
    /// What the counter said.
    kept: i64,
    /// What there is.
    counted: i64,
}

impl From<Difference> for DifferenceView {
    fn from(one: Difference) -> Self {
        let of = if one.of_account { "account" } else { "organisation" };
        Self { of: of.to_owned(), id: one.id, limit: one.limit, kept: one.kept, counted: one.counted }
    }
}

/// Counts anew what accounts and organisations use, and mends counters that are wrong. A dry run only says which.
#[utoipa::path(post, path = "/limits/recount", tag = "packages", params(RehearsalParams),
    responses((status = 200, description = "What was wrong, or is", body = Recounted), ChangeProblems))]
async fn limit_recount(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Json<Recounted>, ApiError> {
    actor.everywhere::<EditNode>()?;
    let (store, counts, now) = (state.panel.store(), state.hosted.counts(), state.panel.now());
    if rehearsal.is_asked() {
        let would = store.rehearse(async |tx: &mut WriteTx| recount(tx, &actor, &counts, now).await).await?;
        if PlanView::of(Vec::new()).rehearsed(&rehearsal)?.is_some() {
            return Ok(Json(would));
        }
    }
    Ok(Json(store.write(async |tx: &mut WriteTx| recount(tx, &actor, &counts, now).await).await?))
}

async fn recount(
    tx: &mut WriteTx,
    actor: &Actor,
    counts: &[Count],
    now: Micros,
) -> Result<Recounted, StoreError> {
    let wrong = limits::recount(tx, counts).await?;
    let differences: Vec<_> = wrong.into_iter().map(DifferenceView::from).collect();
    let entry = audit::Entry {
        who: audit::Who::from(actor),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action: "limits.recount",
        object: Object::of_installation("node", "local"),
        before: None,
        after: Some(serde_json::json!({ "differences": differences.len() })),
        plan_hash: None,
        outcome: audit::Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    if let Some(claim) = api_kit::idempotency::current() {
        claim.done(tx).await?;
    }
    Ok(Recounted { differences })
}
