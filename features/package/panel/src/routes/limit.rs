//! `/limits`: the names of all that can be sold, and the counters' own check.

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Change, Json, Prefer, Query, Rehearsal, RehearsalParams};
use audit::Object;
use auth::EditNode;
use axum::extract::State as S;
use desired::{Access, Asked, Draft, Key, Outcome, PlanView, Rules, Table};
use limits::{Amount, Count, Difference, Feature, Kind, Limit, Unit};
use names::{AccountId, AccountName};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{StoreError, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::hosted::Hosted;
use crate::routes::State;
use crate::rules::value;

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
    /// Each limit and feature of an account of which something else was written down than what is said of it.
    misstated: Vec<MisstatedView>,
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

/// A limit or a feature of an account of which something else is written down than what its package, its own values and its organisation say.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct MisstatedView {
    /// The account's id.
    #[schema(value_type = String, format = "uuid")]
    account: AccountId,
    /// The account's name.
    #[schema(value_type = String)]
    name: AccountName,
    /// The limit or the feature.
    what: String,
    /// What was written: a number, the word `unlimited`, or whether the feature is on.
    #[schema(value_type = serde_json::Value)]
    written: Value,
    /// What is said, and in force from now on.
    #[schema(value_type = serde_json::Value)]
    said: Value,
}

fn misstated(wrong: &[limits::Change]) -> Vec<MisstatedView> {
    let view = |of: &limits::Change, what: &str, written: Value, said: Value| MisstatedView {
        account: of.after.account,
        name: of.after.name.clone(),
        what: what.to_owned(),
        written,
        said,
    };
    let mut all = Vec::new();
    for one in wrong {
        let limits = one.limits.iter();
        all.extend(limits.map(|it| view(one, it.limit.as_str(), value(it.before), value(it.after))));
        let features = one.features.iter();
        all.extend(features.map(|it| view(one, it.feature.as_str(), (!it.on).into(), it.on.into())));
    }
    all
}

/// Counts anew what accounts and organisations use, and mends counters that are wrong, and what is written down of accounts. A dry run only says which.
#[utoipa::path(post, path = "/limits/recount", tag = "packages", params(RehearsalParams),
    responses((status = 200, description = "What was wrong, or is", body = Recounted), ChangeProblems))]
async fn limit_recount(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Json<Recounted>, ApiError> {
    actor.everywhere::<EditNode>()?;
    let asked = Asked::by(&actor, Change::default(), Prefer { wait: None })?;
    let hosted = state.hosted;
    if rehearsal.is_asked() {
        let counts = hosted.counts();
        let mend = async |tx: &mut WriteTx| mend(tx, &counts).await;
        let (would, _) = state.panel.store().rehearse(mend).await?;
        if PlanView::of(Vec::new()).rehearsed(&rehearsal)?.is_some() {
            return Ok(Json(would));
        }
    }
    match state.panel.change(&asked, Recount { hosted }).await? {
        Outcome::Done { value, .. } => Ok(Json(value)),
        Outcome::Plan(_) => Err(ApiError::internal("a plan that nobody asked for")),
    }
}

/// Mends what is wrong in the database; what was, and the accounts that the host may be holding to something else.
async fn mend(tx: &mut WriteTx, counts: &[Count]) -> Result<(Recounted, Vec<limits::Change>), StoreError> {
    let wrong = limits::misstated(tx).await?;
    limits::restate(tx, &wrong).await?;
    let differences = limits::recount(tx, counts).await?.into_iter().map(DifferenceView::from);
    Ok((Recounted { differences: differences.collect(), misstated: misstated(&wrong) }, wrong))
}

struct Recount {
    hosted: Arc<dyn Hosted>,
}

impl Rules for Recount {
    type Value = Recounted;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Recounted, Key), ApiError> {
        let (mended, wrong) = mend(tx, &self.hosted.counts()).await?;
        for one in &wrong {
            self.hosted.limits_changed(tx, draft, &one.before, &one.after).await?;
        }
        let after = json!({ "differences": mended.differences.len(), "misstated": mended.misstated.len() });
        let object = Object::of_installation("node", "local");
        draft.audit(tx, "limits.recount", object, None, Some(after)).await?;
        Ok((mended, Key { kind: "limits", id: "recount".to_owned() }))
    }
}
