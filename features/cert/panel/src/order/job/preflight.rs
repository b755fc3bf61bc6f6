//! Names that an authority would refuse for certain are left out before it is asked.

use ::store::Tx;
use desired::setting;
use jobs::Work;
use names::CertName;

use super::end::End;
use super::{Course, unless_cancelled};
use crate::acme::Client;
use crate::acme::directory::Directory;
use crate::order::choose::LeftOut;
use crate::order::preflight::{self, Hindrance, Issuer, Looked};
use crate::order::schedule;

impl Course<'_> {
    /// What is left out besides these.
    pub(super) async fn preflight(
        &self,
        work: &mut Work,
        client: &Client,
        left_out: &[LeftOut],
    ) -> Result<Vec<LeftOut>, End> {
        let read = async |tx: &mut Tx| setting::get::<bool>(tx, preflight::PREFLIGHT).await;
        if self.state.panel.store().read(read).await? == Some(false) {
            return Ok(Vec::new());
        }
        // names with a star are proven otherwise
        let is_asked =
            |name: &&CertName| !name.is_wildcard() && left_out.iter().all(|left| left.name != **name);
        let names: Vec<CertName> = self.row.names.iter().filter(is_asked).cloned().collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        work.say("looking at the names as the authority will").await?;
        let looked = unless_cancelled(work, preflight::look(self.state, &names)).await?;
        let has_caa = |looked: &Looked| looked.caa.as_ref().is_some_and(|caa| !caa.is_empty());
        let identities = if looked.iter().any(|(_, looked)| has_caa(looked)) {
            unless_cancelled(work, self.identities(client)).await?
        } else {
            Vec::new()
        };
        let issuer = Issuer { identities: &identities, account: client.account.id() };
        let hindered = looked.into_iter().filter_map(|(name, looked)| {
            let caa = looked.caa.and_then(|caa| preflight::forbidden(&name, &caa, issuer));
            Some(self.hindered(name, looked.hindrance.or(caa)?))
        });
        Ok(hindered.collect())
    }

    /// By which domains the authority knows itself; none where it does not say, or does not answer now.
    async fn identities(&self, client: &Client) -> Vec<String> {
        let Some(authority) = &self.authority else { return Vec::new() };
        let directory = Directory::read(&client.http, &authority.directory, self.now()).await;
        directory.map(|directory| directory.meta.caa_identities).unwrap_or_default()
    }

    fn hindered(&self, name: CertName, found: Hindrance) -> LeftOut {
        let before =
            self.order.left_out.iter().find(|left| left.name == name).map_or(0, |left| left.refusals);
        let Hindrance { code, detail, remedy } = found;
        LeftOut {
            retry_at: Some(schedule::preflight(self.now(), before + 1, schedule::chance())),
            reason: format!("preflight_{code}"),
            detail,
            remedy,
            refusals: before + 1,
            name,
        }
    }
}
