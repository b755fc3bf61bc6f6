//! `/settings`: a few typed values for the whole installation.

use account_panel::usage;
use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Path, Query, Rehearsal, RehearsalParams, json};
use audit::Object;
use auth::allow_list::{self, Guard};
use auth::{Actor, EditSettings, Policy, ViewSettings};
use axum::extract::State;
use desired::event::{self, Code, Event};
use desired::{Access, Changed, Key, Panel, PlanView, Table, setting};
use names::{Hostname, IpNetwork, Label, Micros, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Statement, StoreError, Tx, WriteTx};
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
    /// The value as it is stored.
    read: fn(&Value) -> Result<Value, Refused>,
}

const PANEL_HOSTNAME: Known = Known {
    name: setting::PANEL_HOSTNAME,
    what: "The name by which people reach the panel. It stands in links, and no site may have it; null: none.",
    default: || Value::Null,
    read: |value| {
        let remedy = "Use a name such as panel.example.com, or null for none.";
        if value.is_null() {
            return Ok(Value::Null);
        }
        let text = value.as_str().ok_or(("wrong_type", "This is not a text.".to_owned(), remedy))?;
        let name = Hostname::parse(text).map_err(|error| (error.code, error.reason, remedy))?;
        Ok(Value::from(name.to_string()))
    },
};

/// How long events are kept.
pub(crate) const EVENT_DAYS: Known = Known {
    name: "event.keep_days",
    what: "Events that last happened longer ago are forgotten.",
    default: || Value::from(90),
    read: |value| match value.as_u64() {
        Some(days @ 1..=3650) => Ok(Value::from(days)),
        _ => Err((
            "out_of_range",
            "This is not a number of days.".to_owned(),
            "Send a whole number from 1 to 3650.",
        )),
    },
};

const NAMES_COOL_DOWN: Known = Known {
    name: web_panel::COOL_DOWN_DAYS,
    what: "A name that an account gave up is no other account's for so many days, unless an administrator says so; 0: at once.",
    default: || Value::from(web_panel::COOL_DOWN_DAYS_USUAL),
    read: |value| match value.as_u64() {
        Some(days @ 0..=365) => Ok(Value::from(days)),
        _ => Err((
            "out_of_range",
            "This is not a number of days.".to_owned(),
            "Send a whole number from 0 to 365.",
        )),
    },
};

const PASSWORD_LEAST: Known = Known {
    name: setting::PASSWORD_LEAST,
    what: "A password has so many characters at least. Besides that it must not be easy to guess.",
    default: || Value::from(Policy::LEAST),
    read: |value| match value.as_u64() {
        Some(least @ 8..=64) => Ok(Value::from(least)),
        _ => Err((
            "out_of_range",
            "This is not a length of passwords.".to_owned(),
            "Send a whole number from 8 to 64.",
        )),
    },
};

/// What new accounts are sold where nobody says otherwise.
const PACKAGE: Known = Known {
    name: limits::DEFAULT_PACKAGE,
    what: "The package of new accounts where nobody says otherwise: the name of one of the root organisation's, or null: none.",
    default: || Value::Null,
    read: |value| {
        let remedy = "Send the name of a package as text, or null.";
        if value.is_null() {
            return Ok(Value::Null);
        }
        let text = value.as_str().ok_or(("wrong_type", "This is not a text.".to_owned(), remedy))?;
        let name = Label::parse(text).map_err(|error| (error.code, error.reason, remedy))?;
        Ok(Value::from(name.to_string()))
    },
};

/// How often the agent is asked what all accounts take.
const USAGE_EVERY: Known = Known {
    name: usage::EVERY_MINUTES,
    what: "How often what all accounts take is noted, in minutes. Where no file system counts, an account's worker does once a day.",
    default: || Value::from(usage::EVERY_MINUTES_USUAL),
    read: |value| match value.as_u64() {
        Some(minutes @ 1..=1440) => Ok(Value::from(minutes)),
        _ => Err((
            "out_of_range",
            "This is not a number of minutes.".to_owned(),
            "Send a whole number from 1 to 1440.",
        )),
    },
};

const SIGN_IN_NETWORKS: Known = Known {
    name: allow_list::SETTING,
    what: "Networks from which people may sign in, each person's own list besides; an empty list: from anywhere.",
    default: || Value::Array(Vec::new()),
    read: |value| {
        let remedy = "Send a list of at most 100 networks, such as [\"203.0.113.0/24\", \"2001:db8::/32\"].";
        let items = value.as_array().filter(|items| items.len() <= allow_list::MOST);
        let items = items.ok_or(("wrong_type", "This is not a list of networks.".to_owned(), remedy))?;
        let network = |item: &Value| -> Result<Value, Refused> {
            let text =
                item.as_str().ok_or(("wrong_type", "This is not a list of texts.".to_owned(), remedy))?;
            let network = IpNetwork::parse(text).map_err(|error| (error.code, error.reason, remedy))?;
            Ok(Value::from(network.to_string()))
        };
        items.iter().map(network).collect::<Result<Vec<_>, _>>().map(Value::Array)
    },
};

/// How long daily figures are kept.
const USAGE_DAYS: Known = Known {
    name: usage::KEEP_DAYS,
    what: "What accounts took and sent on a day is forgotten after so many days.",
    default: || Value::from(usage::KEEP_DAYS_USUAL),
    read: |value| match value.as_u64() {
        Some(days @ 1..=3650) => Ok(Value::from(days)),
        _ => Err((
            "out_of_range",
            "This is not a number of days.".to_owned(),
            "Send a whole number from 1 to 3650.",
        )),
    },
};

/// What is done about an account at a limit of the disk.
const OVER_QUOTA: Known = Known {
    name: usage::OVER_QUOTA,
    what: "What happens to an account at its limit of disk space or files: warn (an event) or suspend (until it is below again).",
    default: || Value::from("warn"),
    read: |value| match value.as_str() {
        Some(policy @ ("warn" | "suspend")) => Ok(Value::from(policy)),
        _ => Err(("unknown_value", "There is no such policy.".to_owned(), "Send warn or suspend.")),
    },
};

/// How often a message to a webhook is sent.
const WEBHOOK_TRIES: Known = Known {
    name: webhook_panel::TRIES_SETTING,
    what: "A message to a webhook that was sent so often and never taken is a dead letter.",
    default: || Value::from(webhook_panel::TRIES),
    read: |value| {
        let tries = value.as_u64().filter(|tries| (1..=20).contains(tries));
        let remedy = "Send a whole number from 1 to 20.";
        tries.map(Value::from).ok_or(("out_of_range", "This is not a number of tries.".to_owned(), remedy))
    },
};

/// Whether the browser panel still leads an administrator through the first steps.
const FIRST_RUN: Known = Known {
    name: "panel.first_run",
    what: "Whether the first steps in the browser panel are still to be taken: open or done. Where there is an account and nobody set it, they are done.",
    default: || Value::from("open"),
    read: |value| match value.as_str() {
        Some(state @ ("open" | "done")) => Ok(Value::from(state)),
        _ => Err(("unknown_value", "There is no such state.".to_owned(), "Send open or done.")),
    },
};

const ANY_ACCOUNT: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM (SELECT 1 AS one FROM account LIMIT 1) found");

pub(super) const STATEMENTS: &[Statement] = &[ANY_ACCOUNT];

const ALL: &[Known] = &[
    EVENT_DAYS,
    FIRST_RUN,
    NAMES_COOL_DOWN,
    PACKAGE,
    PANEL_HOSTNAME,
    PASSWORD_LEAST,
    SIGN_IN_NETWORKS,
    USAGE_EVERY,
    USAGE_DAYS,
    OVER_QUOTA,
    WEBHOOK_TRIES,
];

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
        // an installation from before there was this setting has taken its first steps
        let is_old = self.name == FIRST_RUN.name && stored.is_none() && tx.one::<i64>(ANY_ACCOUNT).await? > 0;
        let usual = if is_old { Value::from("done") } else { default.clone() };
        Ok(SettingView {
            key: self.name.to_owned(),
            what: self.what.to_owned(),
            value: stored.as_ref().map_or(usual, |stored| stored.value.clone()),
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
        for known in ALL {
            items.push(known.view(tx).await?);
        }
        Ok(items)
    };
    Ok(Json(List::whole(panel.store().read(read).await?)))
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

/// Sets a setting. Nothing on the server hangs on one, so the plan of a dry run is empty.
#[utoipa::path(put, path = "/settings/{key}", tag = "settings", request_body = SetSetting,
    params(("key" = String, Path, description = "Its name"), RehearsalParams),
    responses((status = 200, description = "The setting, or the plan of a dry run", body = Changed<SettingView>), ChangeProblems))]
async fn setting_set(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<String>,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<SetSetting>,
) -> Result<Json<Changed<SettingView>>, ApiError> {
    actor.everywhere::<EditSettings>()?;
    let known = Known::find(&key)?;
    if known.name == allow_list::SETTING {
        api_kit::require_step_up(&actor, panel.now())?;
    }
    let value = (known.read)(&body.value)
        .map_err(|(code, reason, remedy)| json::refuse("value", code, reason, remedy))?;
    let set = Set { actor, known, value, now: panel.now() };
    if rehearsal.is_asked() {
        panel.store().rehearse(async |tx: &mut WriteTx| set.run(tx).await).await?;
        if let Some(dry) = PlanView::of(Vec::new()).rehearsed(&rehearsal)? {
            return Ok(Json(Changed::Plan(dry)));
        }
    }
    let view = panel.store().write(async |tx: &mut WriteTx| set.run(tx).await).await?;
    panel.events_written();
    Ok(Json(Changed::Object(view)))
}

/// A setting, and what it is set to.
struct Set {
    actor: Actor,
    known: &'static Known,
    value: Value,
    now: Micros,
}

impl Set {
    async fn run(&self, tx: &mut WriteTx) -> Result<SettingView, ApiError> {
        let Self { actor, known, value, now } = self;
        if known.name == setting::PANEL_HOSTNAME
            && let Some(name) = value.as_str()
            && web_panel::sites::has_name(tx, name).await?
        {
            let remedy = "Choose another name, or take it from the site first.";
            return Err(json::refuse("value", "name_taken", "A site has this name.", remedy));
        }
        if known.name == limits::DEFAULT_PACKAGE
            && let Some(name) = value.as_str()
        {
            let root: OrganisationId = store::fixed::ROOT_ORGANISATION.parse().map_err(ApiError::internal)?;
            let key = name.parse().map_err(ApiError::internal)?;
            if limits::usable(tx, root, &key).await?.is_none() {
                let remedy = "Make it first, or choose one that `holdfast package list` shows.";
                let reason = "The root organisation has no package of this name.";
                return Err(json::refuse("value", "no_such_package", reason, remedy));
            }
        }
        let before = known.view(tx).await?.value;
        let guard = Guard::before(tx).await?;
        setting::put(tx, known.name, value, *now).await?;
        if known.name == allow_list::SETTING {
            let admits = guard.after(tx, actor).await?;
            admits.map_err(|why| api_kit::shut_out("value", &why))?;
        }
        let object = Object::of_installation("setting", known.name);
        super::done(tx, actor, "setting.set", object, (Some(before), Some(value.clone())), *now).await?;
        let scope = Key { kind: "setting", id: known.name.to_owned() };
        event::note(tx, *now, &Event::of(scope, None, Code::SettingChanged, known.name)).await?;
        Ok(known.view(tx).await?)
    }
}
