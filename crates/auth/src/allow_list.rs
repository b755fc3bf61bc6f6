//! From where people may sign in: networks for everyone, and for each person. Where a list is empty it admits every address; where both
//! are set, both must admit.
//!
//! A sign-in from elsewhere is refused like one with a wrong password. Root on the panel's socket is on no list. A change is refused that
//! shuts out whoever makes it, or after which no administrator could sign in from anywhere they signed in from before: see [`Guard`].

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use names::{IpNetwork, Micros, PersonId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::actor::Actor;
use crate::origin::Origin;

/// The setting with the networks of everyone: a JSON list.
pub const SETTING: &str = "sign_in.networks";
/// The longest list.
pub const MOST: usize = 100;
/// Where somebody signed in longer ago counts no more.
const KNOWN_FOR: Duration = Duration::from_hours(24 * 180);

const EVERYONE: Statement =
    Statement::new("SELECT value AS networks FROM setting WHERE name = 'sign_in.networks'");
const OWN: Statement = Statement::new("SELECT login_networks AS networks FROM person WHERE id = $1");
const SET: Statement = Statement::new("UPDATE person SET login_networks = $2, updated_at = $3 WHERE id = $1");
const KNOW: Statement = Statement::new(
    "INSERT INTO known_origin (person_id, network, address, last_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (person_id, network) DO UPDATE SET address = excluded.address, last_at = excluded.last_at",
);
const ADMINISTRATORS: Statement = Statement::new(
    "SELECT p.login_networks, k.address
     FROM person_role pr JOIN person p ON p.id = pr.person_id JOIN known_origin k ON k.person_id = p.id
     WHERE pr.role_id = $1 AND pr.organisation_id = $2 AND p.suspended_at IS NULL
     ORDER BY k.last_at DESC LIMIT 1000",
);
const PRUNE: Statement = Statement::new("DELETE FROM known_origin WHERE last_at < $1");

pub(crate) const STATEMENTS: &[Statement] = &[EVERYONE, OWN, SET, KNOW, ADMINISTRATORS, PRUNE];

struct Networks(Vec<IpNetwork>);

impl FromRow for Networks {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self(row.json("networks")?))
    }
}

struct Known {
    own: Vec<IpNetwork>,
    address: IpAddr,
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { own: row.json("login_networks")?, address: row.parse("address")? })
    }
}

fn admit(list: &[IpNetwork], address: IpAddr) -> bool {
    // A socket for both families shows IPv4 in the clothes of IPv6.
    let address = address.to_canonical();
    list.is_empty() || list.iter().any(|network| network.contains(address))
}

async fn everyone(tx: &mut Tx) -> Result<Vec<IpNetwork>, StoreError> {
    let found: Option<Networks> = tx.optional(EVERYONE).await?;
    Ok(found.map_or_else(Vec::new, |networks| networks.0))
}

/// The networks of one person.
pub async fn own(tx: &mut Tx, person: PersonId) -> Result<Vec<IpNetwork>, StoreError> {
    let found: Option<Networks> = tx.optional(OWN.bind(person)).await?;
    Ok(found.map_or_else(Vec::new, |networks| networks.0))
}

/// Whether someone may sign in from there. The work is the same for a login that nobody has.
pub(crate) async fn admits(
    tx: &mut Tx,
    person: Option<PersonId>,
    origin: Origin,
) -> Result<bool, StoreError> {
    let own: Option<Networks> =
        tx.optional(OWN.bind(person.map(|id| id.to_string()).unwrap_or_default())).await?;
    let everyone = everyone(tx).await?;
    let address = match origin {
        Origin::Socket => return Ok(true),
        Origin::Local => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Origin::Network(address) => address,
    };
    Ok(admit(&everyone, address) && own.is_none_or(|own| admit(&own.0, address)))
}

/// Notes that someone signed in from there.
pub(crate) async fn know(
    tx: &mut WriteTx,
    person: PersonId,
    origin: Origin,
    now: Micros,
) -> Result<(), StoreError> {
    let (Some(network), Origin::Network(address)) = (origin.network(), origin) else { return Ok(()) };
    let address = address.to_canonical().to_string();
    tx.execute(KNOW.bind(person).bind(network.to_string()).bind(address).bind(now)).await?;
    Ok(())
}

/// Why a change of the lists is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShutOut {
    /// Whoever makes it could not sign in again from where they are.
    #[error("you could not sign in again from where you are")]
    You,
    /// No administrator could, from anywhere that they signed in from before.
    #[error("no administrator could sign in from anywhere that they signed in from before")]
    EveryAdministrator,
}

/// Held over a change of the lists, within its transaction.
#[derive(Debug)]
pub struct Guard {
    reachable: bool,
}

impl Guard {
    /// Before the change.
    pub async fn before(tx: &mut Tx) -> Result<Self, StoreError> {
        Ok(Self { reachable: reachable(tx).await? })
    }

    /// After the change; where it is refused, the transaction is to be rolled back. Root, who can always set it right, is kept from the
    /// second mistake too.
    pub async fn after(self, tx: &mut Tx, actor: &Actor) -> Result<Result<(), ShutOut>, StoreError> {
        if let Some(person) = actor.person_id()
            && !admits(tx, Some(person), actor.origin()).await?
        {
            return Ok(Err(ShutOut::You));
        }
        let lost = self.reachable && !reachable(tx).await?;
        Ok(if lost { Err(ShutOut::EveryAdministrator) } else { Ok(()) })
    }
}

/// Whether an administrator may sign in from somewhere that they signed in from before.
async fn reachable(tx: &mut Tx) -> Result<bool, StoreError> {
    let everyone = everyone(tx).await?;
    let role = store::fixed::ADMINISTRATOR_ROLE;
    let known: Vec<Known> = tx.all(ADMINISTRATORS.bind(role).bind(store::fixed::ROOT_ORGANISATION)).await?;
    Ok(known.iter().any(|known| admit(&everyone, known.address) && admit(&known.own, known.address)))
}

/// Sets the networks of one person; to be held by a [`Guard`].
pub async fn set_own(
    tx: &mut WriteTx,
    _guard: &Guard,
    person: PersonId,
    networks: &[IpNetwork],
    now: Micros,
) -> Result<(), StoreError> {
    let json = serde_json::Value::from(networks.iter().map(ToString::to_string).collect::<Vec<_>>());
    tx.execute(SET.bind(person).bind(json).bind(now)).await?;
    Ok(())
}

/// Forgets where people signed in long ago.
pub(crate) async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now.minus(KNOWN_FOR))).await
}

#[cfg(test)]
mod tests;
