//! Who may do what with webhooks: whoever holds `ManageWebhooks` on the organisation that a webhook belongs to, or on one above it.

use auth::{Actor, Authorised, Denied, ManageWebhooks, OfOrganisation, OrganisationRef, TenantScope};
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
pub(crate) async fn managed(tx: &mut Tx, actor: &Actor, key: &WebhookKey) -> Result<Managed, Denied> {
    let found = unscoped::by_key(tx, key).await?;
    actor.authorise_organisation(tx, found).await
}
