//! What an installation says about names.

use std::net::IpAddr;

use desired::setting;
use store::{StoreError, Tx};

use crate::store::name::Proof;
use crate::store::node;

/// Which proofs of ownership hold, as a JSON list of `dns` and `pointing`.
pub const PROOFS: &str = "names.proofs";

/// [`PROOFS`] where it was never set. A name that leads here and is nobody's could be had by every account of this server, so that pointing
/// holds only where an administrator says so.
pub(crate) const PROOFS_USUAL: [Proof; 1] = [Proof::Dns];

/// Addresses by which visitors reach this server beside its own, as a JSON list: those of a router that hands on to it.
pub const PUBLIC_ADDRESSES: &str = "names.public_addresses";

/// What an installation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Proofs that hold.
    pub(crate) proofs: Vec<Proof>,
    /// Where names are to lead.
    pub(crate) ours: Ours,
}

/// Addresses by which visitors reach this server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ours {
    /// Those that this server has itself.
    pub(crate) own: Vec<IpAddr>,
    /// Those of a router before it.
    pub(crate) before: Vec<IpAddr>,
}

impl Ours {
    /// Whether visitors of this address reach this server.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.own.contains(&address) || self.before.contains(&address)
    }

    /// What a record is best set to, for IPv4 or IPv6: an address of the public internet where there is one. None where this server is not
    /// known to have any that others can reach.
    pub(crate) fn best(&self, v4: bool) -> Option<IpAddr> {
        use names::Special;
        let all = || self.before.iter().chain(&self.own).copied().filter(|address| address.is_ipv4() == v4);
        let examples = |address: &IpAddr| {
            matches!(Special::of(*address), Some(Special::Documentation | Special::Benchmark))
        };
        all().find(|address| Special::of(*address).is_none()).or_else(|| all().find(examples))
    }
}

/// As it is now.
pub(crate) async fn read(tx: &mut Tx) -> Result<Policy, StoreError> {
    let proofs: Option<Vec<Proof>> = setting::get(tx, PROOFS).await?;
    let before: Option<Vec<IpAddr>> = setting::get(tx, PUBLIC_ADDRESSES).await?;
    let own = node::local(tx).await?.map(|node| node.addresses).unwrap_or_default();
    Ok(Policy {
        proofs: proofs.unwrap_or_else(|| PROOFS_USUAL.to_vec()),
        ours: Ours { own, before: before.unwrap_or_default() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(own: &[&str], before: &[&str]) -> Ours {
        let read = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Ours { own: read(own), before: read(before) }
    }

    #[test]
    fn a_record_is_set_to_what_the_world_can_reach() {
        let best = |ours: &Ours| [true, false].map(|v4| ours.best(v4).map(|address| address.to_string()));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(best(&ours(&["10.0.0.5", "8.8.4.4", "fe80::1"], &[])), [some("8.8.4.4"), None]);
        // a router's address, where there is one
        assert_eq!(best(&ours(&["10.0.0.5", "2a00::1"], &["8.8.8.8"])), [some("8.8.8.8"), some("2a00::1")]);
        assert_eq!(best(&ours(&["10.0.0.5"], &[])), [None, None]);
        // those of examples and tests, where there is nothing better
        assert_eq!(
            best(&ours(&["203.0.113.5", "2001:db8::5"], &[])),
            [some("203.0.113.5"), some("2001:db8::5")]
        );
        assert!(ours(&["203.0.113.5"], &["8.8.8.8"]).has("8.8.8.8".parse().unwrap()));
    }
}
