//! `/notices`: what calls for the caller, and up to where they have read.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, Query, Rehearsal, RehearsalParams, json};
use auth::{Actor, ViewEvents};
use axum::extract::State;
use desired::{Access, Changed, Panel, PlanView, Table, event};
use names::Micros;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::notice::{self, About, Gathered};

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::SIGNED_IN, routes!(notice_list))
        .add(Access::SIGNED_IN.by_session(), routes!(notice_read))
        .with_state(panel)
}

/// An object that a notice is about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct NoticeObject {
    /// Its kind, such as `site`.
    kind: String,
    /// Its id.
    id: String,
    /// Its name.
    name: String,
}

/// Something that calls for somebody. What is well again is none.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Notice {
    /// The same as long as it is about the same: its topic and its code.
    id: String,
    /// `objects` (not as asked), `drift` (edited by hand), `unknown`, `usage`, `webhooks`, `people`, `jobs`, `server`.
    topic: String,
    /// The code of its events.
    code: String,
    /// `warning` or `error`: the loudest of its events.
    severity: String,
    /// How often it happened.
    count: i64,
    /// When it happened first, of what is not settled.
    #[schema(value_type = String, format = DateTime)]
    first_at: Micros,
    /// When it happened last.
    #[schema(value_type = String, format = DateTime)]
    last_at: Micros,
    /// The caller has read all of it.
    read: bool,
    /// What it is about, the newest first; at most 20.
    objects: Vec<NoticeObject>,
    /// How many objects there are besides.
    more: u64,
}

/// What calls for the caller.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Notices {
    /// How many of them were not read.
    unread: u64,
    /// Sent to `POST /notices/read`, it marks all that is here as read.
    until: String,
    /// The notices, the newest first.
    items: Vec<Notice>,
}

/// Up to where one has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadNotices {
    /// `until` of the notices that were read.
    until: String,
}

impl From<About> for NoticeObject {
    fn from(About { kind, id, name }: About) -> Self {
        Self { kind, id, name }
    }
}

impl Notice {
    fn of(notice: Gathered, read_until: i64) -> Self {
        Self {
            id: format!("{}/{}", notice.topic, notice.code),
            topic: notice.topic.to_owned(),
            code: notice.code,
            severity: notice.severity,
            count: notice.count,
            first_at: notice.first_at,
            last_at: notice.last_at,
            read: notice.newest <= read_until,
            objects: notice.objects.into_iter().map(NoticeObject::from).collect(),
            more: u64::try_from(notice.more).unwrap_or(u64::MAX),
        }
    }
}

async fn notices(tx: &mut Tx, actor: &Actor, now: Micros) -> Result<Notices, StoreError> {
    // first, so that what happens meanwhile is not taken for read
    let until = event::newest(tx).await?;
    let read_until = match actor.person_id() {
        Some(person) => notice::read_until(tx, person).await?,
        None => 0,
    };
    let found = notice::list(tx, &actor.scope::<ViewEvents>(), actor.name(), now).await?;
    let items: Vec<Notice> = found.into_iter().map(|notice| Notice::of(notice, read_until)).collect();
    let unread = items.iter().filter(|notice| !notice.read).count();
    Ok(Notices { unread: u64::try_from(unread).unwrap_or(u64::MAX), until: until.to_string(), items })
}

/// What calls for the caller: events of the last 30 days that they may see, that call for somebody and are not settled, gathered by what they are
/// about. A token reads what its person has read.
#[utoipa::path(get, path = "/notices", tag = "events",
    responses((status = 200, description = "The notices", body = Notices), Problems))]
async fn notice_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Json<Notices>, ApiError> {
    let now = panel.now();
    Ok(Json(panel.store().read(async |tx: &mut Tx| notices(tx, &actor, now).await).await?))
}

/// Marks what the caller has read. Nothing on the server hangs on it, so the plan of a dry run is empty.
#[utoipa::path(post, path = "/notices/read", tag = "events", request_body = ReadNotices, params(RehearsalParams),
    responses((status = 200, description = "The notices as they are now, or the plan of a dry run", body = Changed<Notices>), ChangeProblems))]
async fn notice_read(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<ReadNotices>,
) -> Result<Json<Changed<Notices>>, ApiError> {
    let Some(person) = actor.person_id() else {
        let detail = "Root on the server has no mark of what was read. Sign in as a person.";
        return Err(ApiError::conflict("no_person", detail));
    };
    let digits =
        Some(&body.until).filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    let until = digits.and_then(|text| text.parse::<i64>().ok()).ok_or_else(|| {
        let remedy = "Send `until` of an answer of GET /notices.";
        json::refuse("until", "malformed", "This is no mark in the events.", remedy)
    })?;
    if rehearsal.is_asked()
        && let Some(dry) = PlanView::of(Vec::new()).rehearsed(&rehearsal)?
    {
        return Ok(Json(Changed::Plan(dry)));
    }
    let now = panel.now();
    let write = async |tx: &mut WriteTx| -> Result<Notices, StoreError> {
        let before = notice::read_until(tx, person).await?;
        // what is still to come is not read
        let until = until.min(event::newest(tx).await?);
        notice::set_read(tx, person, until, now).await?;
        let object = super::of_person(tx, "person", person, person).await?;
        let change = (Some(json!({ "until": before })), Some(json!({ "until": before.max(until) })));
        super::done(tx, &actor, "notice.read", object, change, now).await?;
        notices(tx, &actor, now).await
    };
    Ok(Json(Changed::Object(panel.store().write(write).await?)))
}
