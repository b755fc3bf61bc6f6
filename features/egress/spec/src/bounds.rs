//! Whom egress may speak to.

use std::net::{IpAddr, SocketAddr};

use names::{IpNetwork, Scheme, Special, UrlHost, WebUrl};
use serde::Deserialize;

/// Where the bounds lie; root's, and readable by all.
pub const PATH: &str = "/etc/holdfast/egress.toml";

/// What the file may say. Without the file: the public internet, by HTTPS on port 443.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoundsFile {
    /// Networks that are not of the public internet and may be spoken to all the same.
    pub allow: Vec<IpNetwork>,
    /// Networks of `allow` or of the public internet to which HTTP without TLS may be spoken.
    pub plain_http: Vec<IpNetwork>,
    /// Ports of HTTPS.
    pub ports: Vec<u16>,
    /// The file with the certificates that are trusted.
    pub roots: String,
    /// Name servers in place of those of `/etc/resolv.conf`.
    pub nameservers: Vec<SocketAddr>,
}

impl Default for BoundsFile {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            plain_http: Vec::new(),
            ports: vec![443],
            roots: "/etc/ssl/certs/ca-certificates.crt".to_owned(),
            nameservers: Vec::new(),
        }
    }
}

/// A network of the file that cannot be opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("allow: {network} {}: outbound calls never go there", special.words())]
pub struct BoundsError {
    /// The network.
    pub network: IpNetwork,
    /// What it is, or what of it.
    pub special: Special,
}

/// Why an address is not spoken to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// HTTP without TLS.
    #[error("the address begins with http:// and what is sent could be read by others; use https://")]
    Plain,
    /// A port that is not among those of the bounds.
    #[error("port {0} is not among the ports that outbound calls may use")]
    Port(u16),
    /// An address that is not of the public internet.
    #[error("{0} is {words}, and outbound calls go to the public internet alone", words = .1.words())]
    Address(IpAddr, Special),
    /// An address of this server.
    #[error("{0} is an address of this server, and outbound calls go to others alone")]
    Own(IpAddr),
}

impl Forbidden {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Plain => "url_plain",
            Self::Port(_) => "url_port_forbidden",
            Self::Address(..) => "url_address",
            Self::Own(_) => "url_own",
        }
    }
}

/// The file, looked through. The default is that of no file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    file: BoundsFile,
}

impl Bounds {
    /// Refuses a file that opens what has no peer that a call could be meant for: this very host, a cable, multicast.
    pub fn new(file: BoundsFile) -> Result<Self, BoundsError> {
        for &network in &file.allow {
            let ends = [network.first(), network.last()];
            let closed = ends.into_iter().filter_map(Special::of).find(|special| !special.may_be_opened());
            if let Some(special) = closed {
                return Err(BoundsError { network, special });
            }
        }
        Ok(Self { file })
    }

    /// What the file says.
    pub fn file(&self) -> &BoundsFile {
        &self.file
    }

    /// What can be told from the URL alone: its scheme, its port, and the address where it names one.
    pub fn judge(&self, url: &WebUrl) -> Result<(), Forbidden> {
        let UrlHost::Address(address) = *url.host() else {
            // whether the name's addresses may be spoken to without TLS is seen when they are known
            let may_be_plain = url.scheme() == Scheme::Https || !self.file.plain_http.is_empty();
            return if may_be_plain { self.judge_port(url) } else { Err(Forbidden::Plain) };
        };
        self.judge_port(url)?;
        self.judge_address(url.scheme(), address)
    }

    /// Whether an address may be spoken to. That it is this server's own is seen by the connection.
    pub fn judge_address(&self, scheme: Scheme, address: IpAddr) -> Result<(), Forbidden> {
        let within = |networks: &[IpNetwork]| networks.iter().any(|network| network.contains(address));
        if let Some(special) = Special::of(address)
            // what may not be opened stays closed in the middle of a network that was
            && !(special.may_be_opened() && within(&self.file.allow))
        {
            return Err(Forbidden::Address(address, special));
        }
        if scheme == Scheme::Http && !within(&self.file.plain_http) {
            return Err(Forbidden::Plain);
        }
        Ok(())
    }

    fn judge_port(&self, url: &WebUrl) -> Result<(), Forbidden> {
        let port = url.port();
        let may = match url.scheme() {
            Scheme::Https => self.file.ports.contains(&port),
            // such networks are opened one by one
            Scheme::Http => true,
        };
        if may { Ok(()) } else { Err(Forbidden::Port(port)) }
    }
}
