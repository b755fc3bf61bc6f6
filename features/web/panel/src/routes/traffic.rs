//! `/sites/{site}/traffic`

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, Path, Query, QueryPart};
use auth::{ViewAccount, ViewSites};
use axum::extract::State;
use desired::{Access, Panel, Table};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use names::Micros;
use serde::{Deserialize, Serialize};
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::store::site::{self, SiteKey};
use crate::store::traffic;

/// Days where nobody says how many.
const USUAL_DAYS: u64 = 30;
/// Days at most.
const MOST_DAYS: u64 = 3650;

/// The routes.
pub(crate) fn table(panel: Panel) -> Table {
    Table::default().add(Access::object::<ViewSites>(), routes!(site_traffic)).with_state(panel)
}

/// `?days=`: how far back.
struct Days(i64);

impl QueryPart for Days {
    const NAMES: &'static [&'static str] = &["days"];

    fn read(pairs: &mut Pairs) -> Self {
        let days = if pairs.text("days").is_some() { pairs.number("days") } else { Some(USUAL_DAYS) };
        if let Some(days) = days.filter(|days| !(1..=MOST_DAYS).contains(days)) {
            let reason = if days == 0 { "No day is none." } else { "So many days are kept nowhere." };
            pairs.refuse("days", "out_of_range", reason, "Send 1 to 3650.");
        }
        Self(days.and_then(|days| i64::try_from(days.min(MOST_DAYS)).ok()).unwrap_or(1))
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct DaysParams {
    /// How far back, in days, today included; 30 where it is left out.
    #[param(minimum = 1, maximum = 3650)]
    days: Option<u64>,
}

/// What a site's visitors asked for and were sent on one day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct TrafficDay {
    /// The day (UTC).
    #[schema(format = Date)]
    day: String,
    /// Requests that were answered.
    requests: u64,
    /// Bytes of the answers' bodies.
    bytes: u64,
}

/// What all sites of the account sent in this month (UTC).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct AccountMonth {
    /// The month's first day.
    #[schema(format = Date)]
    since: String,
    /// Requests that were answered.
    requests: u64,
    /// Bytes of the answers' bodies.
    bytes: u64,
    /// How many bytes may be sent in a month; null: as many as they like.
    limit_bytes: Option<u64>,
}

/// What a site's visitors asked for and were sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SiteTraffic {
    /// The days, oldest first. Days without visitors are left out.
    items: Vec<TrafficDay>,
    /// All requests of these days.
    requests: u64,
    /// All bytes of these days.
    bytes: u64,
    /// The account's month; null where the caller may see the site and not the account.
    account_month: Option<AccountMonth>,
}

/// What a site's visitors asked for and were sent, day by day. Figures are noted once an hour.
#[utoipa::path(get, path = "/sites/{site}/traffic", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), DaysParams),
    responses((status = 200, description = "The days", body = SiteTraffic), Problems))]
async fn site_traffic(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(Days(days)): Query<Days>,
) -> Result<Json<SiteTraffic>, ApiError> {
    let today = date_of(panel.now());
    let (day, first) = (number(today), number(today.first_of_month()));
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let site = site::find::<ViewSites>(tx, &actor, &key).await?;
        let rows = traffic::history(tx, &site, day - days, days).await?;
        let month = if actor.may::<ViewAccount>(tx, site.account_id).await? {
            Some(traffic::month(tx, site.account_id, (first, day)).await?)
        } else {
            None
        };
        Ok((rows, month))
    };
    let (rows, month) = panel.store().read(read).await?;
    let account_month = month.map(|month| AccountMonth {
        since: today.first_of_month().to_string(),
        requests: month.requests,
        bytes: month.bytes,
        limit_bytes: month.most,
    });
    let sum = |of: fn(&traffic::Day) -> u64| rows.iter().map(of).fold(0, u64::saturating_add);
    let (requests, bytes) = (sum(|day| day.requests), sum(|day| day.bytes));
    let items = rows.iter().map(|row| TrafficDay {
        day: date(row.date).to_string(),
        requests: row.requests,
        bytes: row.bytes,
    });
    Ok(Json(SiteTraffic { items: items.collect(), requests, bytes, account_month }))
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn date_of(time: Micros) -> Date {
    let stamp = Timestamp::from_microsecond(time.as_micros()).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Of days since 1970.
fn date(day: i64) -> Date {
    Span::new().try_days(day).ok().and_then(|span| EPOCH.checked_add(span).ok()).unwrap_or(EPOCH)
}

/// Days since 1970.
fn number(date: Date) -> i64 {
    date.duration_since(EPOCH).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (day, text) in [(0, "1970-01-01"), (19_782, "2024-02-29"), (20_454, "2026-01-01")] {
            assert_eq!(date(day).to_string(), text);
            assert_eq!(number(date(day)), day);
        }
        let noon: Micros = "2026-02-28T12:00:00Z".parse().unwrap();
        assert_eq!(number(date_of(noon).first_of_month()), number(date_of(noon)) - 27);
    }
}
