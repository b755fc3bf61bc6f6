//! What may be asked of an authority, and what follows from it.

use ::store::{Tx, WriteTx};
use api_kit::{ApiError, Edit, json};
use audit::{Entry, Object, Outcome, Who};
use auth::{Actor, EditSettings};
use desired::Key;
use desired::event::{self, Code, Event};
use egress_spec::Bounds;
use names::{AuthorityId, EmailAddress, Label, Micros, WebUrl};
use serde::Deserialize;
use utoipa::ToSchema;

use super::store::{self, Authority, AuthorityKey, AuthorityRow, Manages};
use super::text::{EabKey, EabKeyId};
use crate::order::Issuing;

/// The word for an authority in events and in the audit.
pub(crate) const KIND: &str = "authority";
/// More of them would be a mistake.
const MOST: i64 = 50;

/// The key by which an authority knows one of its customers (external account binding).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Eab {
    /// The name of the key, as the authority shows it.
    #[schema(value_type = String)]
    key_id: EabKeyId,
    /// The key, in base64 as the authority shows it.
    #[schema(value_type = String, format = Password)]
    key: EabKey,
}

/// A new authority.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateAuthority {
    /// Its name: lower-case letters, digits and hyphens.
    #[schema(value_type = String, example = "letsencrypt")]
    name: Label,
    /// The address of its directory. It never changes.
    #[schema(value_type = String, format = "uri", example = "https://acme-v02.api.letsencrypt.org/directory")]
    directory: WebUrl,
    /// You agree to its terms of service. Nothing is asked of it before.
    terms_agreed: bool,
    /// Where it may write to; null or left out: it is told no address.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "email")]
    contact: Option<EmailAddress>,
    /// The key by which it knows you; null or left out: it asks for none.
    #[serde(default)]
    eab: Option<Eab>,
    /// Whether certificates are ordered there from now on. Left out: where there is no other authority.
    #[serde(default)]
    default: Option<bool>,
}

/// A change of an authority; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditAuthority {
    /// A new name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    name: Option<Label>,
    /// Where it may write to; null: it is told no address.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "email")]
    contact: Edit<EmailAddress>,
    /// The key by which it knows you; null: it asks for none.
    #[serde(default)]
    #[schema(value_type = Option<Eab>)]
    eab: Edit<Eab>,
    /// Whether certificates are ordered there. With `false` for the one that is: nowhere.
    #[serde(default)]
    default: Option<bool>,
}

/// What the rules need of a request.
pub(crate) struct Act<'a> {
    pub(crate) state: &'a Issuing,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Micros,
}

/// Refuses what egress would refuse, as far as it can be told without a look at the name.
fn judge(bounds: &Bounds, url: &WebUrl) -> Result<(), ApiError> {
    bounds.judge(url).map_err(|forbidden| {
        let reason = format!("This address cannot be called: {forbidden}.");
        let remedy = format!("Use another address, or have root open it in {}.", egress_spec::PATH);
        json::refuse("directory", forbidden.code(), reason, remedy)
    })
}

fn name_taken() -> ApiError {
    json::refuse("name", "name_taken", "Another authority has this name.", "Choose another name.")
}

/// The authority of a key.
pub(crate) async fn find(tx: &mut Tx, key: &AuthorityKey) -> Result<AuthorityRow, ApiError> {
    store::find(tx, key).await?.ok_or_else(|| ApiError::not_found("authority"))
}

impl Act<'_> {
    fn proof(&self) -> Result<Manages, ApiError> {
        Ok(self.actor.everywhere::<EditSettings>()?)
    }

    /// Makes an authority, and so agrees to its terms.
    pub(crate) async fn create(
        &self,
        tx: &mut WriteTx,
        body: &CreateAuthority,
    ) -> Result<Authority, ApiError> {
        let proof = self.proof()?;
        if !body.terms_agreed {
            let reason = "An authority is used by who agreed to its terms of service alone.";
            let remedy = "Read them; its directory names their address. Then send true.";
            return Err(json::refuse("terms_agreed", "terms_not_agreed", reason, remedy));
        }
        judge(&self.state.bounds, &body.directory)?;
        let count = store::count(tx).await?;
        if count >= MOST {
            let detail = format!("There are {MOST} authorities already. Delete one that is not used.");
            return Err(ApiError::conflict("authorities_too_many", detail));
        }
        if let Some(name) = store::with_directory(tx, &body.directory).await? {
            let reason = format!("The authority {name} has this directory.");
            let remedy = "Edit that one, or use another directory.";
            return Err(json::refuse("directory", "directory_taken", reason, remedy));
        }
        let mut row = AuthorityRow::new(AuthorityId::new(), &body.name, &body.directory, self.now);
        row.contact.clone_from(&body.contact);
        self.bind(&mut row, body.eab.as_ref())?;
        if !store::insert(tx, &proof, &row).await? {
            return Err(name_taken());
        }
        if body.default.unwrap_or(count == 0) {
            store::set_default(tx, &proof, Some(row.id)).await?;
            row.is_default = true;
        }
        let after = Authority::from(&row);
        self.done(tx, "authority.create", (None, Some(&after)), Code::Created).await?;
        Ok(after)
    }

    /// Changes what is named.
    pub(crate) async fn edit(
        &self,
        tx: &mut WriteTx,
        key: &AuthorityKey,
        body: &EditAuthority,
    ) -> Result<Authority, ApiError> {
        let proof = self.proof()?;
        let mut row = find(tx, key).await?;
        let before = Authority::from(&row);
        if let Some(name) = &body.name {
            let other = store::find(tx, &AuthorityKey::Name(name.clone())).await?;
            if other.is_some_and(|other| other.id != row.id) {
                return Err(name_taken());
            }
            row.name = name.clone();
        }
        let contact = body.contact.clone().or(row.contact.clone());
        if contact != row.contact {
            row.contact = contact;
            // the account is found again, and told
            row.forget_account();
        }
        match &body.eab {
            Edit::Keep => {}
            Edit::Clear => self.bind(&mut row, None)?,
            Edit::Set(eab) => self.bind(&mut row, Some(eab))?,
        }
        if !matches!(body.eab, Edit::Keep) {
            row.forget_account();
        }
        row.updated_at = self.now;
        store::edit(tx, &proof, &row).await?;
        if let Some(default) = body.default.filter(|default| *default != row.is_default) {
            store::set_default(tx, &proof, default.then_some(row.id)).await?;
            row.is_default = default;
        }
        let after = Authority::from(&row);
        self.done(tx, "authority.edit", (Some(&before), Some(&after)), Code::Changed).await?;
        Ok(after)
    }

    /// Removes it. What it issued stays, and is renewed at the authority that is the default by then.
    pub(crate) async fn delete(&self, tx: &mut WriteTx, key: &AuthorityKey) -> Result<(), ApiError> {
        let proof = self.proof()?;
        let row = find(tx, key).await?;
        store::delete(tx, &proof, row.id).await?;
        self.done(tx, "authority.delete", (Some(&Authority::from(&row)), None), Code::Removed).await
    }

    fn bind(&self, row: &mut AuthorityRow, eab: Option<&Eab>) -> Result<(), ApiError> {
        let binding = eab.map(|eab| (&eab.key_id, &eab.key));
        row.set_binding(&self.state.seal, binding).map_err(ApiError::internal)
    }

    /// Writes an act into the audit, and its event, and its request down as done.
    async fn done(
        &self,
        tx: &mut WriteTx,
        action: &str,
        (before, after): (Option<&Authority>, Option<&Authority>),
        code: Code,
    ) -> Result<(), ApiError> {
        let value =
            |view: Option<&Authority>| view.map(serde_json::to_value).transpose().map_err(ApiError::internal);
        let Some(view) = after.or(before) else { return Ok(()) };
        let scope = Key { kind: KIND, id: view.id.to_string() };
        event::note(tx, self.now, &Event::of(scope, None, code, view.name.as_str())).await?;
        let entry = Entry {
            who: Who::from(self.actor),
            request_id: &api_kit::request_id::current().unwrap_or_default(),
            action,
            object: Object::of_installation(KIND, view.id),
            before: value(before)?,
            after: value(after)?,
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

#[cfg(test)]
mod tests;
