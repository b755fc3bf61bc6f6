//! From a name to addresses, once.
//!
//! By DNS alone, and without a memory: an answer holds for the one call that asked. The server's own `/etc/hosts` is not read, since it says how the
//! server sees itself.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use names::Hostname;

/// For one name server to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// All addresses of a name, IPv6 first. The name servers are those given, or else those of `/etc/resolv.conf`.
pub(crate) async fn addresses(name: &Hostname, servers: &[SocketAddr]) -> Result<Vec<IpAddr>, String> {
    let words = |error: NetError| {
        if error.is_no_records_found() { "there is no such name".to_owned() } else { error.to_string() }
    };
    let resolver = resolver(servers).map_err(words)?;
    // with its last dot no search domain is tried
    let found = resolver.lookup_ip(format!("{name}.")).await.map_err(words)?;
    let addresses: Vec<IpAddr> = found.iter().collect();
    if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let config = ResolverConfig::from_name_servers(servers.iter().map(|server| at(*server)).collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    options.timeout = PATIENCE;
    options.attempts = 2;
    // the unit's sandbox binds no port of a process's choice
    options.os_port_selection = true;
    builder.build()
}

fn at(server: SocketAddr) -> NameServerConfig {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    config
}

#[cfg(test)]
mod tests;
