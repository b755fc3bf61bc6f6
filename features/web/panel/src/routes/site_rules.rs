//! `/sites/{site}/rules`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, Path, Prefer, Query, Tagged};
use auth::{EditSites, ViewSites};
use axum::extract::State as S;
use desired::{Access, Answer, Asked, Changed, Outcome, Table};
use store::Tx;
use utoipa_axum::routes;

use crate::routes::site::State;
use crate::rules::site_rules::{Put, hashed, show};
use crate::site_rules::{PutRules, RulePresets, SiteRules};
use crate::store::site::{self, SiteKey};

/// The routes.
pub(crate) fn table(state: State) -> Table {
    Table::default()
        .add(Access::object::<ViewSites>(), routes!(site_rules_show))
        .add(Access::object::<EditSites>(), routes!(site_rules_put))
        .add(Access::SIGNED_IN, routes!(site_rule_presets))
        .with_state(state)
}

/// The rules of a site, in order. Of those who may enter a directory the names are shown alone.
#[utoipa::path(get, path = "/sites/{site}/rules", tag = "sites", params(("site" = String, Path, description = "A name or the id")),
    responses((status = 200, description = "The rules", body = SiteRules), Problems))]
async fn site_rules_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
) -> Result<Tagged<SiteRules>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = site::find::<ViewSites>(tx, &actor, &key).await?;
        show(tx, row.id).await
    };
    let rules = state.panel.store().read(read).await?;
    let generation = rules.convergence.generation;
    Ok(Tagged::new(rules, generation))
}

/// Puts these rules in the place of all that a site has.
#[utoipa::path(put, path = "/sites/{site}/rules", tag = "sites", request_body = PutRules,
    params(("site" = String, Path, description = "A name or the id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, of the rules or of the site, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = SiteRules),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<SiteRules>), ChangeProblems))]
async fn site_rules_put(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<PutRules>,
) -> Result<Answer<SiteRules>, ApiError> {
    let find = async |tx: &mut Tx| site::find::<EditSites>(tx, &actor, &key).await;
    let site = state.panel.store().read(find).await?;
    let id = site.id;
    let rules = hashed(&state.passwords, body.rules).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let progress = match state.panel.change(&asked, Put { site, if_match, rules }).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        // removed by somebody else meanwhile
        let there = site::unscoped(tx, &id.to_string()).await?.is_some();
        if there { show(tx, id).await.map(Some) } else { Ok(None) }
    };
    let Some(rules) = state.panel.store().read(read).await? else { return Ok(Answer::Gone) };
    let generation = rules.convergence.generation;
    Ok(Answer::Object(Accepted::changed(rules, generation, progress)))
}

/// Lists of rules that many sites need. A preset is put in and then is changed as any other rules: nothing remembers where they came from.
#[utoipa::path(get, path = "/sites/rule-presets", tag = "sites",
    responses((status = 200, description = "The presets", body = RulePresets), Problems))]
async fn site_rule_presets(Caller(_actor): Caller) -> Result<Json<RulePresets>, ApiError> {
    RulePresets::all().map(Json).map_err(ApiError::internal)
}
