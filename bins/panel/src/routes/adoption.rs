//! `/adoption`: what the server holds beyond an older database that was put back, and what is decided about it.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Change, ChangeParams, Json, List, Prefer, Query, json};
use audit::Object;
use auth::{Actor, EditNode, ViewNode};
use axum::extract::State;
use converge::Condition;
use desired::event::{Code, Event};
use desired::{
    Access, AnyKind, Asked, Besides, Changed, Differing, Draft, DryRun, Key, Outcome, Panel, Rules, Table,
    Why,
};
use names::{EmailAddress, Micros};
use package_panel::Hosted;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{FromRow, Row, RowError, Statement, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::world::World;

const REBUILT: Statement = Statement::new(
    "SELECT a.name AS account, o.name AS organisation, p.name AS package
     FROM account a JOIN organisation o ON o.id = a.organisation_id LEFT JOIN package p ON p.id = a.package_id WHERE a.id = $1",
);

/// Every statement of this module.
pub(super) const STATEMENTS: &[Statement] = &[REBUILT];

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(adoption_list))
        .add(Access::everywhere::<EditNode>(), routes!(adoption_decide))
        .with_state(panel)
}

/// An object of the server that this database does not know, or knows an older version of.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct AdoptionView {
    /// The kind.
    kind: String,
    /// The id.
    id: String,
    /// The name.
    name: String,
    /// Whose it is, by name.
    account: Option<String>,
    /// `behind`: the server holds a later version than this database. `unknown`: this database does not know it. `kept`: it was decided
    /// that it stays as it is. `removing`: it is being removed.
    why: String,
    /// This database's version of it; null: none.
    panel_generation: Option<u64>,
    /// The server's.
    host_generation: u64,
    /// Since when the server has it so.
    #[schema(value_type = Option<String>, format = DateTime)]
    host_since: Option<Micros>,
    /// The server's version is that the object be gone.
    host_absent: bool,
    /// What differs, or all that the server holds where this database knows nothing.
    changes: Vec<FieldChange>,
    /// What can be decided: `panel`, `host`, `take_over`, `keep`, `remove`.
    #[schema(value_type = Vec<String>)]
    choices: Vec<Decision>,
    /// What a row that is rebuilt lacks.
    lacks: Option<String>,
}

/// One field of both sides.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct FieldChange {
    /// Its name.
    field: String,
    /// What this database says; null: nothing.
    #[schema(value_type = Option<Object>)]
    panel: Value,
    /// What the server holds; null: nothing.
    #[schema(value_type = Option<Object>)]
    host: Value,
}

/// What is decided about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Panel,
    Host,
    TakeOver,
    Keep,
    Remove,
}

impl Decision {
    fn word(self) -> &'static str {
        match self {
            Self::Panel => "panel",
            Self::Host => "host",
            Self::TakeOver => "take_over",
            Self::Keep => "keep",
            Self::Remove => "remove",
        }
    }
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecideAdoption {
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// `panel`: this database rules; the server is brought to it. `host`: this database takes over what the server holds. `take_over`: the
    /// same, of an object that it does not know. `keep`: the object stays on the server as it is, and is not this panel's. `remove`: it is
    /// taken off the server.
    #[schema(value_type = String, example = "host")]
    decision: Decision,
    /// `take_over` of an account: its e-mail address, which the server does not know.
    #[schema(value_type = Option<String>)]
    email: Option<EmailAddress>,
    /// `take_over` of an account: the organisation that it is to belong to, by name or id; left out: the root one.
    #[schema(value_type = Option<String>)]
    organisation: Option<auth::OrganisationKey>,
    /// `take_over` of an account: the package that it is to have, by name or id; left out: none. What the server holds it to stays, as values of its own.
    #[schema(value_type = Option<String>)]
    package: Option<limits::PackageKey>,
}

/// How the object stands after a decision.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Adopted {
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// The name.
    name: String,
    /// What was decided.
    #[schema(value_type = String)]
    decision: Decision,
    /// The condition; null: it is not this panel's any more.
    #[schema(value_type = Option<String>)]
    condition: Option<Condition>,
    /// The reason's code.
    reason: Option<String>,
    /// Words about it.
    message: Option<String>,
    /// What the row that was made anew has of which the server knew nothing.
    note: Option<String>,
}

/// An account whose row was made anew.
struct Rebuilt {
    account: String,
    organisation: String,
    package: Option<String>,
}

impl FromRow for Rebuilt {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            account: row.text("account")?,
            organisation: row.text("organisation")?,
            package: row.opt_text("package")?,
        })
    }
}

impl Rebuilt {
    /// What it has of which the server knew nothing.
    fn note(&self) -> String {
        let Self { account, organisation, package } = self;
        let (with, says) = match package {
            Some(package) => (format!("the package {package}"), "that package says"),
            None => ("no package".to_owned(), "usual"),
        };
        format!(
            "It belongs to the organisation {organisation}, with {with}. What the server holds it to is kept as its own; its other limits \
             (sites, names, traffic and the like) and its features are as {says}, since the server did not know them. \
             `holdfast account limits {account}` shows and changes them."
        )
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Behind => "behind",
        Why::Unknown => "unknown",
        Why::Kept => "kept",
        Why::Removing => "removing",
    }
}

fn choices(object: &Differing, kind: Option<&dyn AnyKind>) -> Vec<Decision> {
    let Some(kind) = kind else { return vec![Decision::Keep] };
    let made = kind.lacks().is_some();
    let mut choices = match object.why {
        Why::Behind => vec![Decision::Panel],
        Why::Unknown => vec![Decision::Keep, Decision::Remove],
        Why::Kept => vec![Decision::Remove],
        Why::Removing => return Vec::new(),
    };
    if made {
        choices.push(if object.why == Why::Behind { Decision::Host } else { Decision::TakeOver });
    }
    choices
}

/// Fields that differ. What is secret is only told to be one or another.
fn changes(object: &Differing, secrets: &[&str]) -> Vec<FieldChange> {
    let empty = Map::new();
    let fields = |side: Option<&Value>| side.and_then(Value::as_object).unwrap_or(&empty).clone();
    let (panel, host) = (
        fields(object.panel.as_ref().and_then(|(_, spec)| spec.as_ref())),
        fields(object.held.spec.as_ref()),
    );
    let mut names: Vec<&String> = panel.keys().chain(host.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differs = |name: &&&String| {
        panel.get(**name).unwrap_or(&Value::Null) != host.get(**name).unwrap_or(&Value::Null)
    };
    names
        .iter()
        .filter(differs)
        .map(|name| {
            let hidden = secrets.contains(&name.as_str());
            let show = |side: &Map<String, Value>, word: &str| match side.get(*name) {
                None | Some(Value::Null) => Value::Null,
                Some(_) if hidden => word.into(),
                Some(value) => value.clone(),
            };
            let (panel, host) =
                (show(&panel, "one"), show(&host, if panel.contains_key(*name) { "another" } else { "one" }));
            FieldChange { field: (*name).clone(), panel, host }
        })
        .collect()
}

fn view(object: &Differing, kind: Option<&dyn AnyKind>) -> AdoptionView {
    AdoptionView {
        kind: object.kind.clone(),
        id: object.id.clone(),
        name: object.name.clone(),
        account: object.account.clone(),
        why: why(object.why).to_owned(),
        panel_generation: object.panel.as_ref().map(|(generation, _)| generation.get()),
        host_generation: object.held.generation.get(),
        host_since: Micros::new(object.held.since).ok().filter(|since| since.as_micros() > 0),
        host_absent: object.held.spec.is_none(),
        changes: changes(object, kind.map(AnyKind::secrets).unwrap_or_default()),
        choices: choices(object, kind),
        lacks: kind.and_then(AnyKind::lacks).filter(|_| object.why != Why::Behind).map(str::to_owned),
    }
}

/// What the server holds beyond this database, with both sides.
#[utoipa::path(get, path = "/adoption", tag = "node",
    responses((status = 200, description = "Every such object", body = List<AdoptionView>), Problems))]
async fn adoption_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
) -> Result<Json<List<AdoptionView>>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let found = desired::differing(&panel).await?;
    let items = found.iter().map(|object| view(object, panel.registry().find(&object.kind))).collect();
    Ok(Json(List::whole(items)))
}

/// Decides about one such object. Until then it runs on as it is.
#[utoipa::path(post, path = "/adoption/decisions", tag = "node", params(ChangeParams), request_body = DecideAdoption,
    responses((status = 200, description = "How the object stands now, or the plan of a dry run", body = Changed<Adopted>), ChangeProblems))]
async fn adoption_decide(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    prefer: Prefer,
    Json(body): Json<DecideAdoption>,
) -> Result<Json<Changed<Adopted>>, ApiError> {
    actor.everywhere::<EditNode>()?;
    let asked = Asked::by(&actor, change, prefer)?;
    if panel.registry().find(&body.kind).is_none() {
        let remedy = "Send account, pool, site or webserver.";
        return Err(json::refuse("kind", "unknown_kind", "There is no such kind of object.", remedy));
    }
    let all = desired::differing(&panel).await?;
    let object = all.iter().find(|object| object.kind == body.kind && object.id == body.id);
    let object = object.ok_or_else(|| ApiError::not_found("object"))?;
    allowed(&panel, object, &all, body.decision)?;
    let rebuilt = body.kind == "account" && body.decision == Decision::TakeOver;
    if let Some(field) = [("organisation", body.organisation.is_some()), ("package", body.package.is_some())]
        .into_iter()
        .find_map(|(field, sent)| (sent && !rebuilt).then_some(field))
    {
        let reason = "Only an account that is taken over is given this.";
        return Err(json::refuse(field, "not_a_choice", reason, "Leave it out."));
    }
    let (organisation, package) = (body.organisation, body.package);
    let besides = Besides { by: actor.clone(), email: body.email, organisation, package };
    let rules =
        Decide { panel: panel.clone(), actor, object: object.clone(), decision: body.decision, besides };
    match panel.change(&asked, rules).await? {
        Outcome::Plan(plan) => Ok(Json(Changed::Plan(DryRun { plan }))),
        Outcome::Done { value, .. } => Ok(Json(Changed::Object(stands(&panel, object, value).await?))),
    }
}

/// Whether this can be decided about the object as it is now.
fn allowed(panel: &Panel, object: &Differing, all: &[Differing], decision: Decision) -> Result<(), ApiError> {
    let choices = choices(object, panel.registry().find(&object.kind));
    if !choices.contains(&decision) {
        let words: Vec<&str> = choices.iter().map(|choice| choice.word()).collect();
        let reason = format!("This cannot be decided about an object that is {}.", why(object.why));
        let remedy = match words.as_slice() {
            [] => "Wait until it is gone.".to_owned(),
            words => format!("Choose one of: {}.", words.join(", ")),
        };
        return Err(json::refuse("decision", "not_a_choice", reason, remedy));
    }
    let on_it: Vec<String> = all
        .iter()
        .filter(|other| other.held.spec.is_some() && other.stands_on(&object.kind, &object.name))
        .map(|other| format!("{} {}", other.kind, other.name))
        .collect();
    if decision == Decision::Remove && !on_it.is_empty() {
        let detail = format!("On it stand: {}. Decide about them first.", on_it.join(", "));
        return Err(ApiError::conflict("has_dependents", detail));
    }
    Ok(())
}

struct Decide {
    panel: Panel,
    actor: Actor,
    object: Differing,
    decision: Decision,
    besides: Besides,
}

impl Rules for Decide {
    type Value = Decision;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Decision, Key), ApiError> {
        let (object, decision) = (&self.object, self.decision);
        let Some(kind) = self.panel.registry().find(&object.kind) else {
            return Err(ApiError::not_found("object"));
        };
        let key = Key { kind: kind.kind(), id: object.id.clone() };
        match decision {
            Decision::Panel => draft.raise_above(tx, kind, &object.id, object.held.generation).await?,
            Decision::Host | Decision::TakeOver => {
                kind.adopt(tx, &object.id, object.held.spec.as_ref(), &self.besides, draft.now).await?;
                // what was made or is to go is counted as what it is, whatever the limits say
                limits::recount(tx, &World.counts()).await?;
                desired::forget_aside(tx, &object.id).await?;
                draft.raise_above(tx, kind, &object.id, object.held.generation).await?;
            }
            Decision::Keep => desired::set_aside(tx, object, true, self.actor.name(), draft.now).await?,
            Decision::Remove => {
                desired::set_aside(tx, object, false, self.actor.name(), draft.now).await?;
                draft.made(key.clone());
            }
        }
        let on = Object::of_installation(kind.kind(), &object.id);
        let before = serde_json::json!({ "name": object.name, "why": why(object.why) });
        let after = serde_json::json!({
            "name": object.name,
            "decision": decision.word(),
            "panel_generation": object.panel.as_ref().map(|(generation, _)| generation.get()),
            "host_generation": object.held.generation.get(),
        });
        draft.audit(tx, &format!("adoption.{}", decision.word()), on, Some(before), Some(after)).await?;
        let event =
            Event::of(key.clone(), None, Code::Adopted, &object.name).with("decision", decision.word());
        draft.event(tx, &event).await?;
        Ok((decision, key))
    }
}

async fn stands(panel: &Panel, object: &Differing, decision: Decision) -> Result<Adopted, ApiError> {
    let mut adopted = Adopted {
        kind: object.kind.clone(),
        id: object.id.clone(),
        name: object.name.clone(),
        decision,
        condition: None,
        reason: None,
        message: None,
        note: None,
    };
    if decision == Decision::TakeOver && object.kind == "account" {
        let find = async |tx: &mut store::Tx| tx.optional::<Rebuilt>(REBUILT.bind(&object.id)).await;
        adopted.note = panel.store().read(find).await?.map(|rebuilt| rebuilt.note());
    }
    if let Some(kind) = panel.registry().find(&object.kind) {
        let read = async |tx: &mut store::Tx| kind.load(tx, &object.id).await;
        if let Some(wish) = panel.store().read(read).await? {
            let block = wish.block();
            adopted.condition = Some(block.condition);
            adopted.reason.clone_from(&block.reason);
            adopted.message.clone_from(&block.message);
        }
    }
    Ok(adopted)
}
