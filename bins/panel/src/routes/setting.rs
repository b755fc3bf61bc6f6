//! `/settings`: a few typed values for the whole installation.

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, List, Path, json};
use audit::Object;
use auth::{EditSettings, ViewSettings};
use axum::extract::State;
use desired::event::{self, Code, Event};
use desired::{Access, Key, Panel, Table, setting};
use names::{Hostname, Micros};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Code, reason and remedy of a refused value.
type Refused = (&'static str, String, &'static str);

/// A setting that there is.
pub(crate) struct Known {
    /// Its name.
    pub(crate) name: &'static str,
    what: &'static str,
    default: fn() -> Value,
    check: fn(&Value) -> Result<(), Refused>,
}

const PANEL_HOSTNAME: Known = Known {
    name: setting::PANEL_HOSTNAME,
    what: "The name by which people reach the panel. It stands in links, and no site may have it.",
    default: || Value::Null,
    check: |value| {
        let remedy = "Send a host name as text.";
        let text = value.as_str().ok_or(("wrong_type", "This is not a text.".to_owned(), remedy))?;
        Hostname::parse(text).map(drop).map_err(|error| (error.code, error.reason, remedy))
    },
};

/// How long events are kept.
pub(crate) const EVENT_DAYS: Known = Known {
    name: "event.keep_days",
    what: "Events that last happened longer ago are forgotten.",
    default: || Value::from(90),
    check: |value| match value.as_u64() {
        Some(1..=3650) => Ok(()),
        _ => Err((
            "out_of_range",
            "This is not a number of days.".to_owned(),
            "Send a whole number from 1 to 3650.",
        )),
    },
};

const ALL: [Known; 2] = [EVENT_DAYS, PANEL_HOSTNAME];

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewSettings>(), routes!(setting_list))
        .add(Access::everywhere::<ViewSettings>(), routes!(setting_show))
        .add(Access::everywhere::<EditSettings>(), routes!(setting_set))
        .with_state(panel)
}

/// One setting.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SettingView {
    /// Its name, such as `panel.hostname`.
    key: String,
    /// What it is for.
    what: String,
    /// Its value now.
    value: Value,
    /// Its value where nobody sets it.
    default: Value,
    /// When it was last set; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Micros>,
}

/// A new value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetSetting {
    /// The value, of the setting's type.
    value: Value,
}

impl Known {
    fn find(name: &str) -> Result<&'static Self, ApiError> {
        ALL.iter().find(|known| known.name == name).ok_or_else(|| ApiError::not_found("setting"))
    }

    async fn view(&self, tx: &mut Tx) -> Result<SettingView, StoreError> {
        let stored = setting::find(tx, self.name).await?;
        let default = (self.default)();
        Ok(SettingView {
            key: self.name.to_owned(),
            what: self.what.to_owned(),
            value: stored.as_ref().map_or_else(|| default.clone(), |stored| stored.value.clone()),
            default,
            updated_at: stored.map(|stored| stored.updated_at),
        })
    }
}

/// All settings.
#[utoipa::path(get, path = "/settings", tag = "settings",
    responses((status = 200, description = "All settings", body = List<SettingView>), Problems))]
async fn setting_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
) -> Result<Json<List<SettingView>>, ApiError> {
    actor.everywhere::<ViewSettings>()?;
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        let mut items = Vec::new();
        for known in &ALL {
            items.push(known.view(tx).await?);
        }
        Ok(items)
    };
    Ok(Json(List { items: panel.store().read(read).await?, next_cursor: None }))
}

/// One setting.
#[utoipa::path(get, path = "/settings/{key}", tag = "settings", params(("key" = String, Path, description = "Its name")),
    responses((status = 200, description = "The setting", body = SettingView), Problems))]
async fn setting_show(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<String>,
) -> Result<Json<SettingView>, ApiError> {
    actor.everywhere::<ViewSettings>()?;
    let known = Known::find(&key)?;
    Ok(Json(panel.store().read(async |tx: &mut Tx| known.view(tx).await).await?))
}

/// Sets a setting.
#[utoipa::path(put, path = "/settings/{key}", tag = "settings", request_body = SetSetting,
    params(("key" = String, Path, description = "Its name")),
    responses((status = 200, description = "The setting", body = SettingView), Problems))]
async fn setting_set(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<String>,
    Json(body): Json<SetSetting>,
) -> Result<Json<SettingView>, ApiError> {
    actor.everywhere::<EditSettings>()?;
    let known = Known::find(&key)?;
    (known.check)(&body.value)
        .map_err(|(code, reason, remedy)| json::refuse("value", code, reason, remedy))?;
    let now = panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let before = known.view(tx).await?.value;
        setting::put(tx, known.name, &body.value, now).await?;
        let object = Object::of_installation("setting", known.name);
        super::done(tx, &actor, "setting.set", object, (Some(before), Some(body.value.clone())), now).await?;
        let scope = Key { kind: "setting", id: known.name.to_owned() };
        event::note(tx, now, &Event::of(scope, None, Code::SettingChanged, known.name)).await?;
        Ok(known.view(tx).await?)
    };
    let view = panel.store().write(write).await?;
    panel.events_written();
    Ok(Json(view))
}
