//! From a URL to a connection: every address is judged before a packet goes there, and the connection itself once more.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use egress_spec::{Bounds, Forbidden};
use names::{UrlHost, WebUrl};
use rustix::net::{AddressFamily, SocketType};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::resolve;

/// For one of several addresses to take the connection.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where the URL leads: resolved once, and all of it may be reached. One address that may not closes the whole name, since it
/// is chosen by whoever made the name.
pub(crate) async fn judged(bounds: &Bounds, url: &WebUrl) -> Result<Vec<SocketAddr>, Failure> {
    bounds.judge(url)?;
    let (addresses, name) = match url.host() {
        UrlHost::Address(address) => (vec![*address], None),
        UrlHost::Name(name) => {
            let found = resolve::addresses(name, &bounds.file().nameservers).await;
            (found.map_err(|why| Failure::Unresolved(name.clone(), why))?, Some(name))
        }
    };
    for &address in &addresses {
        let allowed = bounds.judge_address(url.scheme(), address).and_then(|()| judge_own(address));
        if let Err(forbidden) = allowed {
            return Err(match name {
                Some(name) => Failure::ForbiddenName(name.clone(), forbidden),
                None => forbidden.into(),
            });
        }
    }
    Ok(addresses.into_iter().map(|address| SocketAddr::new(address, url.port())).collect())
}

/// Connects to the first of these that takes the connection.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut last = None;
    for &address in addresses {
        let connecting = timeout(PATIENCE, TcpStream::connect(address)).await;
        let error = match connecting.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                judge_connection(&stream, address)?;
                return Ok((stream, address));
            }
            Err(error) => error,
        };
        last = Some(Failure::Connect(address, error));
    }
    Err(last.unwrap_or_else(|| Failure::Call("url", "it leads nowhere".to_owned())))
}

/// The other end is who was meant, and is not this server: a connection to an address of this server comes from that same address.
fn judge_connection(stream: &TcpStream, address: SocketAddr) -> Result<(), Failure> {
    let failed = |error| Failure::Connect(address, error);
    let peer = stream.peer_addr().map_err(failed)?;
    let own = stream.local_addr().map_err(failed)?;
    if peer != address || own.ip() == address.ip() {
        return Err(Forbidden::Own(address.ip()).into());
    }
    Ok(())
}

/// Whether the address is this server's: the kernel says from where it would be reached. No packet is sent, so that nothing can be learnt
/// about what listens there.
fn judge_own(address: IpAddr) -> Result<(), Forbidden> {
    match source(address) {
        Ok(source) if source == address => Err(Forbidden::Own(address)),
        // a network that cannot be reached at all is told by the connection
        _ => Ok(()),
    }
}

/// From which address of this server another would be reached.
fn source(address: IpAddr) -> io::Result<IpAddr> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket(family, SocketType::DGRAM, None)?;
    rustix::net::connect(&socket, &SocketAddr::new(address, 443))?;
    let name = rustix::net::getsockname(&socket)?;
    let own = SocketAddr::try_from(name).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(own.ip())
}

#[cfg(test)]
mod tests;
