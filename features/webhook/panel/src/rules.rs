//! What may be asked of a webhook, and what follows from it.

use api_kit::{ApiError, Edit, FieldError, json};
use audit::{Entry, Object, Outcome, Who};
use auth::Actor;
use desired::Key;
use desired::event::{self, Code, Event};
use egress_spec::Bounds;
use names::{Label, Micros, OrganisationId, WebUrl, WebhookId};
use seal::SealKey;
use serde::Deserialize;
use serde_json::Value;
use store::WriteTx;
use utoipa::ToSchema;

use crate::access::{Owner, managed};
use crate::schedule;
use crate::secret;
use crate::store::webhook::{self, New, Webhook, WebhookKey};

/// The word for a webhook in events and in the audit.
pub(crate) const KIND: &str = "webhook";
/// More of one organisation than this would be a mistake.
const MOST: i64 = 50;

/// An organisation by name or id.
pub(crate) type OrganisationKey = auth::Key<OrganisationId, Label>;

/// A new webhook.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWebhook {
    /// Its name: lower-case letters, digits and hyphens.
    #[schema(value_type = String)]
    pub(crate) name: Label,
    /// Where messages go: `https://`, and not to this server, its neighbours or a private network.
    #[schema(value_type = String, format = "uri")]
    pub(crate) url: WebUrl,
    /// The codes of events that are told; null or left out: all, and those of later releases.
    #[serde(default)]
    pub(crate) kinds: Option<Vec<String>>,
    /// The organisation, by name or id, that it belongs to: it is told what happens in it and below; the one at the root is told everything. Left out: one's own.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<OrganisationKey>,
}

/// A change of a webhook; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditWebhook {
    /// A new name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<Label>,
    /// A new address.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uri")]
    pub(crate) url: Option<WebUrl>,
    /// The codes of events that are told; null: all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) kinds: Edit<Vec<String>>,
    /// Whether messages are made and sent. One that is enabled again is told of what happens from then on.
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
}

/// What the rules need of a request.
pub(crate) struct Act<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) seal: &'a SealKey,
    pub(crate) now: Micros,
}

/// Refuses what egress would refuse, as far as it can be told without a look at the name.
pub(crate) fn judge(bounds: &Bounds, url: &WebUrl) -> Result<(), ApiError> {
    bounds.judge(url).map_err(|forbidden| {
        let reason = format!("This address cannot be called: {forbidden}.");
        let remedy = format!("Use another address, or have root open it in {}.", egress_spec::PATH);
        json::refuse("url", forbidden.code(), reason, remedy)
    })
}

/// Codes that there are, each once, in the order of the log.
fn kinds(words: &[String]) -> Result<Vec<Code>, ApiError> {
    if words.is_empty() {
        let remedy = "Name one code at least, or send null for all.";
        return Err(json::refuse(
            "kinds",
            "kinds_empty",
            "A webhook that is told of nothing does nothing.",
            remedy,
        ));
    }
    let refused = words.iter().enumerate().filter(|(_, word)| Code::find(word).is_none()).map(|(at, _)| {
        let remedy = "`docs/reference/events.md` lists all codes; send null for all of them.";
        FieldError::new(format!("/kinds/{at}"), "unknown_event", "There is no such code of an event.", remedy)
    });
    let refused: Vec<FieldError> = refused.collect();
    if !refused.is_empty() {
        return Err(ApiError::invalid_all(refused));
    }
    Ok(Code::ALL.iter().copied().filter(|code| words.iter().any(|word| word == code.as_str())).collect())
}

fn taken() -> ApiError {
    json::refuse(
        "name",
        "name_taken",
        "Another webhook of the organisation has this name.",
        "Choose another name.",
    )
}

/// The organisation that a new webhook is to belong to.
async fn owner(
    tx: &mut store::Tx,
    actor: &Actor,
    named: Option<&OrganisationKey>,
) -> Result<Owner, ApiError> {
    Ok(match named {
        Some(key) => auth::organisation(tx, actor, key).await?,
        None => auth::own_organisation(tx, actor).await?,
    })
}

impl Act<'_> {
    /// Makes a webhook that is told of what happens from now on.
    pub(crate) async fn create(
        &self,
        tx: &mut WriteTx,
        body: &CreateWebhook,
        key: &secret::Key,
    ) -> Result<Webhook, ApiError> {
        let owner = owner(tx, self.actor, body.organisation.as_ref()).await?;
        if webhook::count(tx, &owner).await? >= MOST {
            let detail =
                format!("The organisation has {MOST} webhooks already. Delete one that is not used.");
            return Err(ApiError::conflict("webhooks_too_many", detail));
        }
        let kinds = body.kinds.as_deref().map(kinds).transpose()?;
        let id = WebhookId::new();
        let sealed = key.sealed(self.seal, id).map_err(ApiError::internal)?;
        let new = New {
            id,
            name: &body.name,
            url: &body.url,
            kinds,
            secret: &sealed,
            cursor: event::newest(tx).await?,
            now: self.now,
        };
        if !webhook::insert(tx, &owner, &new).await? {
            return Err(taken());
        }
        let view = Webhook::from(&*managed(tx, self.actor, &WebhookKey::Id(new.id)).await?);
        self.done(tx, "webhook.create", (None, Some(&view)), Some(Code::Created)).await?;
        Ok(view)
    }

    /// Changes what is named.
    pub(crate) async fn edit(
        &self,
        tx: &mut WriteTx,
        key: &WebhookKey,
        body: &EditWebhook,
    ) -> Result<Webhook, ApiError> {
        let managed = managed(tx, self.actor, key).await?;
        let mut row = managed.clone().into_inner();
        let before = Webhook::from(&row);
        if let Some(name) = &body.name {
            if webhook::is_taken(tx, &managed, name).await? {
                return Err(taken());
            }
            row.name = name.clone();
        }
        match &body.kinds {
            Edit::Keep => {}
            Edit::Clear => row.kinds = None,
            Edit::Set(words) => row.kinds = Some(webhook::words(&kinds(words)?)),
        }
        let moved = body.url.as_ref().is_some_and(|url| *url != row.url);
        if let Some(url) = &body.url {
            row.url = url.clone();
        }
        let begins = body.enabled == Some(true) && !row.enabled;
        if let Some(enabled) = body.enabled.filter(|enabled| *enabled != row.enabled) {
            row.enabled = enabled;
            row.disabled_reason = (!enabled).then(|| "asked".to_owned());
        }
        if begins {
            row.cursor = event::newest(tx).await?;
        }
        if begins || moved {
            (row.failures, row.failing_since, row.next_attempt_at) = (0, None, None);
        }
        row.updated_at = self.now;
        webhook::edit(tx, &managed, &row).await?;
        let after = Webhook::from(&row);
        self.done(tx, "webhook.edit", (Some(&before), Some(&after)), Some(Code::Changed)).await?;
        Ok(after)
    }

    /// Removes it with all its messages.
    pub(crate) async fn delete(&self, tx: &mut WriteTx, key: &WebhookKey) -> Result<(), ApiError> {
        let managed = managed(tx, self.actor, key).await?;
        webhook::delete(tx, &managed).await?;
        self.done(tx, "webhook.delete", (Some(&Webhook::from(&*managed)), None), Some(Code::Removed)).await
    }

    /// Gives it a new key.
    pub(crate) async fn rotate(
        &self,
        tx: &mut WriteTx,
        webhook: &WebhookKey,
        key: &secret::Key,
    ) -> Result<Webhook, ApiError> {
        let managed = managed(tx, self.actor, webhook).await?;
        let before = Webhook::from(&*managed);
        let until = self.now.plus(schedule::OLD_KEY);
        let sealed = key.sealed(self.seal, managed.id).map_err(ApiError::internal)?;
        webhook::rotate(tx, &managed, &sealed, (until, self.now)).await?;
        let after = Webhook { old_secret_until: Some(until), updated_at: self.now, ..before.clone() };
        self.done(tx, "webhook.rotate_secret", (Some(&before), Some(&after)), Some(Code::Changed)).await?;
        Ok(after)
    }

    /// Writes an act into the audit, and its event, and its request down as done.
    async fn done(
        &self,
        tx: &mut WriteTx,
        action: &str,
        (before, after): (Option<&Webhook>, Option<&Webhook>),
        code: Option<Code>,
    ) -> Result<(), ApiError> {
        let value =
            |view: Option<&Webhook>| view.map(serde_json::to_value).transpose().map_err(ApiError::internal);
        if let (Some(view), Some(code)) = (after.or(before), code) {
            let scope = Key { kind: KIND, id: view.id.to_string() };
            let event = Event::of(scope, None, code, view.name.as_str());
            event::note(tx, self.now, &event.in_organisation(Some(view.organisation))).await?;
        }
        let of = after.or(before).map(|view| (view.id, view.organisation));
        self.noted(tx, action, of, (value(before)?, value(after)?)).await
    }

    /// Writes an act into the audit, and its request down as done.
    pub(crate) async fn noted(
        &self,
        tx: &mut WriteTx,
        action: &str,
        of: Option<(WebhookId, OrganisationId)>,
        (before, after): (Option<Value>, Option<Value>),
    ) -> Result<(), ApiError> {
        let entry = Entry {
            who: Who::from(self.actor),
            request_id: &api_kit::request_id::current().unwrap_or_default(),
            action,
            object: of.map_or(Object::none(KIND), |(id, of)| Object::of_organisation(KIND, id, of)),
            before,
            after,
            plan_hash: None,
            outcome: Outcome::Done,
        };
        audit::append(tx, &entry, self.now).await?;
        if let Some(claim) = api_kit::idempotency::current() {
            claim.done(tx).await?;
        }
        Ok(())
    }
}
