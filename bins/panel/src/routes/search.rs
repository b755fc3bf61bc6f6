//! `/search`: objects of all kinds by their names.
//!
//! Each feature looks by the statement of its own list, so that nothing is found that its list does not show.

use std::collections::HashSet;

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, Query, QueryPart};
use auth::Actor;
use axum::extract::State;
use desired::{Access, Found, Look, Match, Panel, Part, Search, SearchParams, Table};
use names::Micros;
use serde::Serialize;
use store::{StoreError, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// How many are found where the client names no limit.
const USUAL: u32 = 20;
/// How many are found at most.
const MOST: u32 = 50;

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default().add(Access::SIGNED_IN, routes!(search)).with_state(panel)
}

/// How many.
struct Limit(u32);

impl QueryPart for Limit {
    const NAMES: &'static [&'static str] = &["limit"];

    fn read(pairs: &mut Pairs) -> Self {
        match pairs.text("limit").map(str::parse::<u32>) {
            None => Self(USUAL),
            Some(Ok(limit @ 1..=MOST)) => Self(limit),
            Some(_) => {
                let remedy = "Send a number from 1 to 50.";
                pairs.refuse("limit", "out_of_range", "A search finds 1 to 50 objects.", remedy);
                Self(USUAL)
            }
        }
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct LimitParams {
    /// How many at most.
    #[param(minimum = 1, maximum = 50, default = 20)]
    limit: Option<u32>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
struct SearchResult {
    /// What is named so first, then what begins so, then what has it somewhere; within each, kind by kind.
    items: Vec<Found>,
}

/// Accounts, sites (by all their names), certificates that are no site's own, organisations, people, packages, roles, webhooks, identity providers and certificate authorities whose name has this part, as
/// far as the caller sees them in lists. Without a part nothing is found.
#[utoipa::path(get, path = "/search", tag = "search", params(SearchParams, LimitParams),
    responses((status = 200, description = "What was found", body = SearchResult), Problems))]
async fn search(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query((search, limit)): Query<(Search, Limit)>,
) -> Result<Json<SearchResult>, ApiError> {
    let Some(part) = search.part() else { return Ok(Json(SearchResult { items: Vec::new() })) };
    let now = panel.now();
    let read = async |tx: &mut Tx| find(tx, &actor, (part, limit.0), now).await;
    Ok(Json(SearchResult { items: panel.store().read(read).await? }))
}

/// What has the part somewhere is looked for first: where that is little, all is found, and is only put in order. Where there is more, what
/// is named so and what begins so is looked for besides.
async fn find(
    tx: &mut Tx,
    actor: &Actor,
    (part, limit): (&Part, u32),
    now: Micros,
) -> Result<Vec<Found>, StoreError> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut all: Vec<(Match, Found)> = Vec::new();
    for kind in Kind::ALL {
        let mut found = kind.look(tx, actor, Look { part, how: Match::Within, rows: limit }, now).await?;
        if found.len() > most {
            for how in [Match::Whole, Match::Beginning] {
                found.extend(kind.look(tx, actor, Look { part, how, rows: limit }, now).await?);
            }
        }
        let mut known = HashSet::new();
        for item in found {
            if known.insert(item.id.clone()) {
                all.push((part.best(&item.name), item));
            }
        }
    }
    // kinds stay in their order, and names in that of their lists
    all.sort_by_key(|(how, _)| *how);
    Ok(all.into_iter().map(|(_, item)| item).take(most).collect())
}

/// What is looked for, in this order.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Account,
    Site,
    Certificate,
    Organisation,
    Person,
    Package,
    Role,
    Webhook,
    IdentityProvider,
    Authority,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Account,
        Self::Site,
        Self::Certificate,
        Self::Organisation,
        Self::Person,
        Self::Package,
        Self::Role,
        Self::Webhook,
        Self::IdentityProvider,
        Self::Authority,
    ];

    async fn look(
        self,
        tx: &mut Tx,
        actor: &Actor,
        look: Look<'_>,
        now: Micros,
    ) -> Result<Vec<Found>, StoreError> {
        match self {
            Self::Account => account_panel::search(tx, actor, look).await,
            Self::Site => web_panel::search(tx, actor, look).await,
            Self::Certificate => cert_panel::search(tx, actor, look).await,
            Self::Organisation => people_panel::organisations(tx, actor, look).await,
            Self::Person => people_panel::persons(tx, actor, look, now).await,
            Self::Package => package_panel::search(tx, actor, look).await,
            Self::Role => people_panel::roles(tx, actor, look).await,
            Self::Webhook => webhook_panel::search(tx, actor, look).await,
            Self::IdentityProvider => identity_panel::search(tx, actor, look).await,
            Self::Authority => cert_panel::authority::search(tx, actor, look).await,
        }
    }
}
