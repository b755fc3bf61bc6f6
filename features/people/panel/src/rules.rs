//! What may be asked, over typed values.
//!
//! Each rule finds its proofs in the transaction that changes something: a right that is taken away meanwhile is gone.

use api_kit::{ApiError, Change, Prefer, Rehearsal};
use auth::{Actor, Authorised, ManageOrganisations, OrganisationKey, OrganisationRef, Place};
use desired::event::{Code, Event};
use desired::{Asked, Draft, Key};
use serde::Serialize;
use store::{Tx, WriteTx};

pub(crate) mod invitation;
pub(crate) mod member;
pub(crate) mod organisation;
pub(crate) mod person;
pub(crate) mod role;

/// A change of what is in the panel alone.
pub(crate) fn asked(actor: &Actor, rehearsal: &Rehearsal) -> Result<Asked, ApiError> {
    let Rehearsal { dry_run, expect_plan } = *rehearsal;
    Asked::by(actor, Change { dry_run, expect_plan, overwrite: false }, Prefer { wait: None })
}

/// Proof that the caller rules an organisation from above it: who merely rules it cannot suspend it, free it, rename it, or delete it.
pub(crate) struct FromAbove {
    pub(crate) organisation: Authorised<OrganisationRef, ManageOrganisations>,
    above: Authorised<OrganisationRef, ManageOrganisations>,
}

impl FromAbove {
    pub(crate) async fn find(tx: &mut Tx, actor: &Actor, key: &OrganisationKey) -> Result<Self, ApiError> {
        let organisation = auth::organisation(tx, actor, key).await?;
        Self::of(tx, actor, organisation).await
    }

    pub(crate) async fn of(
        tx: &mut Tx,
        actor: &Actor,
        organisation: Authorised<OrganisationRef, ManageOrganisations>,
    ) -> Result<Self, ApiError> {
        let Some(above) = organisation.parent else {
            let detail =
                "This is the root of the tree: it keeps its name, and is neither suspended nor deleted.";
            return Err(ApiError::conflict("organisation_is_root", detail));
        };
        match auth::organisation(tx, actor, &OrganisationKey::Id(above)).await {
            Ok(above) => Ok(Self { organisation, above }),
            Err(auth::Denied::Store(error)) => Err(error.into()),
            Err(_) => {
                let detail = "Whoever manages the organisation above this one does that.";
                Err(ApiError::forbidden(detail))
            }
        }
    }
}

/// A change, as the audit and the events tell it.
pub(crate) struct Told<'a> {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: &'a str,
    /// Whose matter it is.
    pub(crate) place: Option<Place>,
    pub(crate) action: &'a str,
    pub(crate) code: Code,
}

impl Told<'_> {
    pub(crate) async fn write(
        self,
        tx: &mut WriteTx,
        draft: &Draft,
        before: Option<&impl Serialize>,
        after: Option<&impl Serialize>,
    ) -> Result<Key, ApiError> {
        let before = before.map(serde_json::to_value).transpose().map_err(ApiError::internal)?;
        let after = after.map(serde_json::to_value).transpose().map_err(ApiError::internal)?;
        let (object, account) = match self.place {
            Some(Place::Account(account)) => {
                (audit::Object::of_account(self.kind, &self.id, account), Some(account))
            }
            Some(Place::Organisation(organisation)) => {
                (audit::Object::of_organisation(self.kind, &self.id, organisation), None)
            }
            None => (audit::Object::of_installation(self.kind, &self.id), None),
        };
        draft.audit(tx, self.action, object, before, after).await?;
        let key = Key { kind: self.kind, id: self.id };
        let organisation = match self.place {
            Some(Place::Organisation(organisation)) => Some(organisation),
            _ => None,
        };
        let event = Event::of(key.clone(), account, self.code, self.name).in_organisation(organisation);
        draft.event(tx, &event).await?;
        Ok(key)
    }
}

/// One administrator is left, after whatever was just done; `before` is how many there were.
pub(crate) async fn check_administrators(tx: &mut Tx, before: i64) -> Result<(), ApiError> {
    if before == 0 || auth::held::administrators(tx).await? > 0 {
        return Ok(());
    }
    let detail = "This is the last administrator of the installation. Make another one first: \
                  `holdfast login-link LOGIN --administrator`.";
    Err(ApiError::conflict("last_administrator", detail))
}
