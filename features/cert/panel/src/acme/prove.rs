//! How a name is proven to an authority.

use std::sync::Arc;
use std::time::Duration;

use desired::BoxFuture;
use instant_acme::{AuthorizationStatus, ChallengeStatus, ChallengeType, KeyAuthorization, Order};
use names::CertName;
use tokio::time::Instant;

use super::trouble::{self, RefusedName, Trouble};
use super::{Client, Tries};

/// How long an authority may take to look at all names of an order.
const LOOKING: Duration = Duration::from_mins(5);
/// Between two looks at what it found, where it does not say.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LAST_LOOK: Duration = Duration::from_secs(5);

/// One way to prove names.
pub(crate) trait Prove: Send + Sync {
    /// What authorities call it.
    fn challenge(&self) -> ChallengeType;

    /// Whether this name can be proven so.
    fn can(&self, name: &CertName) -> bool;

    /// Has the proof lie ready; why it could not, in words.
    fn ready<'a>(
        &'a self,
        name: &'a CertName,
        proof: &'a KeyAuthorization,
    ) -> BoxFuture<'a, Result<(), String>>;
}

/// By HTTP on port 80 (RFC 8555, 8.3). The web server answers every token with the thumbprint of the one key, so that there is nothing to
/// lay ready, and nothing that a tenant could put in its place.
pub(crate) struct ByHttp;

impl Prove for ByHttp {
    fn challenge(&self) -> ChallengeType {
        ChallengeType::Http01
    }

    fn can(&self, name: &CertName) -> bool {
        !name.is_wildcard()
    }

    fn ready<'a>(
        &'a self,
        _name: &'a CertName,
        _proof: &'a KeyAuthorization,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// The ways that there are, the best first.
#[derive(Clone)]
pub struct Ways(Arc<Vec<Box<dyn Prove>>>);

impl Default for Ways {
    /// By HTTP alone.
    fn default() -> Self {
        Self::new(vec![Box::new(ByHttp)])
    }
}

impl std::fmt::Debug for Ways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ways({})", self.0.len())
    }
}

impl Ways {
    pub(crate) fn new(ways: Vec<Box<dyn Prove>>) -> Self {
        Self(Arc::new(ways))
    }

    /// How this name is proven; none: it cannot be.
    pub(crate) fn of(&self, name: &CertName) -> Option<&dyn Prove> {
        self.0.iter().map(AsRef::as_ref).find(|way| way.can(name))
    }
}

/// Proves every name of an order that is not proven yet. The names that the authority does not take as proven.
pub(crate) async fn prove(
    client: &Client,
    order: &mut Order,
    ways: &Ways,
) -> Result<Vec<RefusedName>, Trouble> {
    read(client, order).await?;
    let mut refused = begin(client, order, ways).await?;
    let end = Instant::now() + LOOKING;
    let mut pause = FIRST_LOOK;
    loop {
        let (open, failed) = look(client, order).await?;
        for new in failed {
            if refused.iter().all(|known| known.name != new.name) {
                refused.push(new);
            }
        }
        let waiting = open.iter().any(|name| refused.iter().all(|refused| refused.name != *name));
        if !waiting {
            return Ok(refused);
        }
        if Instant::now() >= end {
            let names: Vec<String> = open.iter().map(ToString::to_string).collect();
            let minutes = LOOKING.as_secs() / 60;
            let words = format!("it did not look at {} within {minutes} minutes", names.join(", "));
            return Err(Trouble::away(words));
        }
        tokio::time::sleep(client.http.last().retry_after.unwrap_or(pause).min(LAST_LOOK)).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

/// Reads all authorisations; those that were read stay.
async fn read(client: &Client, order: &mut Order) -> Result<(), Trouble> {
    let mut tries = Tries::default();
    loop {
        let mut failed = None;
        let mut all = order.authorizations();
        while let Some(next) = all.next().await {
            if let Err(error) = next {
                failed = Some(error);
                break;
            }
        }
        match failed {
            Some(error) => tries.again(&client.http, error).await?,
            None => return Ok(()),
        }
    }
}

/// Has the authority look at each name that it did not look at. Those that cannot be proven to it.
async fn begin(client: &Client, order: &mut Order, ways: &Ways) -> Result<Vec<RefusedName>, Trouble> {
    let mut refused = Vec::new();
    let mut all = order.authorizations();
    while let Some(next) = all.next().await {
        let mut authorisation = next.map_err(|error| Trouble::of(error, &client.http.last()))?;
        if authorisation.status != AuthorizationStatus::Pending {
            continue;
        }
        let Some(name) = name_of(&authorisation.identifier().to_string()) else { continue };
        let refuse =
            |detail: String| RefusedName { name: name.clone(), kind: "unprovable".to_owned(), detail };
        let Some(way) = ways.of(&name) else {
            refused.push(refuse("there is no way to prove it".to_owned()));
            continue;
        };
        let Some(mut challenge) = authorisation.challenge(way.challenge()) else {
            refused
                .push(refuse("the authority does not offer a way of proof that this server has".to_owned()));
            continue;
        };
        if challenge.status != ChallengeStatus::Pending {
            continue;
        }
        let proof = challenge.key_authorization();
        if let Err(words) = way.ready(&name, &proof).await {
            refused.push(refuse(words));
            continue;
        }
        let mut tries = Tries::default();
        loop {
            let Err(error) = challenge.set_ready().await else { break };
            match tries.again(&client.http, error).await {
                Ok(()) => {}
                // it was looked at meanwhile: what it found is seen there
                Err(trouble) if !trouble.is_away() && !trouble.is("rateLimited") => break,
                Err(trouble) => return Err(trouble),
            }
        }
    }
    Ok(refused)
}

/// Names that the authority still looks at, and those that it does not take as proven.
async fn look(client: &Client, order: &mut Order) -> Result<(Vec<CertName>, Vec<RefusedName>), Trouble> {
    let (mut open, mut failed) = (Vec::new(), Vec::new());
    let mut all = order.authorizations();
    while let Some(next) = all.next().await {
        let mut authorisation = next.map_err(|error| Trouble::of(error, &client.http.last()))?;
        if authorisation.status == AuthorizationStatus::Pending {
            let mut tries = Tries::default();
            loop {
                let Err(error) = authorisation.refresh().await else { break };
                tries.again(&client.http, error).await?;
            }
        }
        let Some(name) = name_of(&authorisation.identifier().to_string()) else { continue };
        match authorisation.status {
            AuthorizationStatus::Valid => {}
            AuthorizationStatus::Pending => open.push(name),
            _ => {
                let error = authorisation.challenges.iter().find_map(|challenge| challenge.error.as_ref());
                failed.push(trouble::of_challenge(name, error));
            }
        }
    }
    Ok((open, failed))
}

fn name_of(text: &str) -> Option<CertName> {
    CertName::parse(text).ok()
}
