//! Whether this machine's ports are free for the box.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

/// HTTP, HTTPS and the panel.
pub(crate) const PORTS: [u16; 3] = [80, 443, 8443];
/// SFTP.
pub(crate) const SSH: u16 = 22;

/// Can nobody else be listening there, on any address of either family?
pub(crate) fn is_free(port: u16) -> bool {
    let four = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    if matches!(&four, Err(error) if error.kind() == io::ErrorKind::AddrInUse) {
        return false;
    }
    drop(four);
    let six = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port));
    !matches!(&six, Err(error) if error.kind() == io::ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::is_free;

    #[test]
    fn a_port_that_somebody_listens_on_is_taken_and_free_afterwards() {
        for address in [Ipv4Addr::LOCALHOST.into(), std::net::IpAddr::from(Ipv6Addr::LOCALHOST)] {
            let Ok(listener) = TcpListener::bind((address, 0)) else { continue };
            let port = listener.local_addr().unwrap().port();
            assert!(!is_free(port), "{address}");
            drop(listener);
            assert!(is_free(port), "{address}");
        }
    }
}
