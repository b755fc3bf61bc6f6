//! Who may do what with webhooks: whoever holds `ManageWebhooks` on the organisation that a webhook belongs to, or on one above it.

use api_kit::ApiError;
use auth::{Actor, Authorised, ManageWebhooks, OfOrganisation, OrganisationRef, TenantScope};
use names::OrganisationId;
use store::Tx;

use crate::store::webhook::{WebhookKey, WebhookRow, unscoped};

/// Proof that a webhook may be seen and changed.
pub(crate) type Managed = Authorised<WebhookRow, ManageWebhooks>;
/// Proof that an organisation may be given webhooks.
pub(crate) type Owner = Authorised<OrganisationRef, ManageWebhooks>;

impl OfOrganisation for WebhookRow {
    const KIND: &'static str = crate::rules::KIND;

    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
}

/// Whose webhooks a list shows.
pub(crate) fn scope(actor: &Actor) -> TenantScope {
    actor.scope::<ManageWebhooks>()
}

/// The webhook of a key; not there and not yours are one answer.
pub(crate) async fn managed(tx: &mut Tx, actor: &Actor, key: &WebhookKey) -> Result<Managed, ApiError> {
    let mut found = unscoped::by_key(tx, &scope(actor), key).await?;
    if found.len() > 1 {
        let detail = "Webhooks of several organisations have this name. Name it by its id.";
        return Err(ApiError::conflict("name_ambiguous", detail));
    }
    Ok(actor.authorise_organisation(tx, found.pop()).await?)
}
