//! Where the story is played: on a test server, or on this machine's box.

use std::net::{IpAddr, Ipv4Addr};

use testhost::{Cmd, Server};

/// A place with Holdfast set up, and the shell of its administrator.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    server: &'a Server,
    boxed: bool,
    ssh_port: u16,
}

impl<'a> Place<'a> {
    /// A server; the administrator's shell is inside it.
    pub fn server(server: &'a Server) -> Self {
        Self { server, boxed: false, ssh_port: 22 }
    }

    /// The box; the administrator's shell is this machine's, where `holdfast` reaches into the box.
    pub fn of_box(server: &'a Server, ssh_port: u16) -> Self {
        Self { server, boxed: true, ssh_port }
    }

    /// A program of the administrator's shell.
    pub fn command(&self, argv: &[&str]) -> Cmd {
        if self.boxed { Cmd::new(argv) } else { self.inside(argv) }
    }

    /// A program where the sites are.
    pub fn inside(&self, argv: &[&str]) -> Cmd {
        self.server.command(argv)
    }

    /// The address by which the administrator's shell reaches the sites.
    pub fn local(&self) -> IpAddr {
        IpAddr::V4(if self.boxed { self.server.ipv4() } else { Ipv4Addr::LOCALHOST })
    }

    /// The address by which clients outside reach it.
    pub fn outside(&self) -> IpAddr {
        IpAddr::V4(self.server.ipv4())
    }

    /// The addresses of both families by which clients outside reach it.
    pub fn both(&self) -> [IpAddr; 2] {
        [IpAddr::V4(self.server.ipv4()), IpAddr::V6(self.server.ipv6())]
    }

    /// Where its SSH server listens.
    pub fn ssh_port(&self) -> u16 {
        self.ssh_port
    }

    /// The PHP version of the distribution.
    pub fn php(&self) -> &'static str {
        self.server.distro().php()
    }
}
