//! Roles that were offered to the caller. What was offered counts only while whoever offered it could still give it.

use api_kit::ApiError;
use auth::{Actor, Credential, Identity, held};
use desired::event::Code;
use desired::{Draft, Key, Rules};
use names::{InvitationId, PersonId};
use store::{Tx, WriteTx};

use crate::rules::member;
use crate::store::invitation::{self, Invitation, Row};
use crate::store::{member as members, role};

/// The caller, where they are a person who is here themselves.
pub(crate) fn oneself(actor: &Actor) -> Result<PersonId, ApiError> {
    match actor.identity() {
        Identity::Person { id, by: Credential::Session { acting: None, .. }, .. } => Ok(*id),
        _ => Err(ApiError::forbidden("An invitation is answered by its person alone, after signing in.")),
    }
}

/// Answers an invitation.
pub(crate) struct AnswerIt {
    pub(crate) actor: Actor,
    pub(crate) id: InvitationId,
    pub(crate) accept: bool,
}

impl Rules for AnswerIt {
    type Value = Invitation;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Invitation, Key), ApiError> {
        let person = oneself(&self.actor)?;
        let found = invitation::of_person(tx, person, Some(self.id), draft.now).await?;
        let row = found.first().ok_or_else(|| ApiError::not_found("invitation"))?;
        invitation::delete(tx, row.id).await?;
        if self.accept {
            check_inviter(tx, row).await?;
            members::give(tx, row.place, person, row.role_id, draft.now).await?;
        }
        let shown = Invitation::from(row);
        let at = shown.account.as_ref().map(ToString::to_string);
        let at = at.or_else(|| shown.organisation.as_ref().map(ToString::to_string)).unwrap_or_default();
        let what = if self.accept {
            ("invitation.accept", Code::Created)
        } else {
            ("invitation.decline", Code::Removed)
        };
        let key = member::tell(tx, draft, what, (row.place, &at), (&row.login, row.role.as_str())).await?;
        Ok((shown, key))
    }
}

/// Whoever offered the role may still give it.
async fn check_inviter(tx: &mut Tx, row: &Row) -> Result<(), ApiError> {
    let Some(inviter) = row.invited_by else { return Ok(()) };
    let gives = role::permissions(tx, row.role_id).await?;
    let gives = gives.into_iter().filter(|&permission| row.place.counts(permission));
    let held = held::in_force(tx, inviter, row.place).await?;
    let manages = held.contains(&auth::PermissionId::ManageMembers);
    if manages && gives.into_iter().all(|permission| held.contains(&permission)) {
        return Ok(());
    }
    let detail = "Whoever invited you may not give this role any more. Ask for a new invitation.";
    Err(ApiError::conflict("invitation_void", detail))
}
