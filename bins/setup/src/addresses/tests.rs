use std::net::IpAddr;

use super::{local_ipv4, local_ipv6, name_servers, of_egress};

const FIB: &str = "Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 203.0.113.2
        /32 host LOCAL
     |-- 203.0.113.3
        /32 link BROADCAST
     |-- 169.254.1.1
        /32 host LOCAL
";

const INET6: &str = "fe8000000000000000155dfffe0204af 02 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000002 02 40 00 80    host0
nonsense
";

#[test]
fn only_addresses_for_others_are_told() {
    assert_eq!(local_ipv4(FIB).into_iter().map(|a| a.to_string()).collect::<Vec<_>>(), ["203.0.113.2"]);
    assert_eq!(local_ipv6(INET6).into_iter().map(|a| a.to_string()).collect::<Vec<_>>(), ["2001:db8::2"]);
}

#[test]
fn name_servers_are_read_as_the_resolver_reads_them() {
    let text = "# made by hand\nsearch example.test\n nameserver 203.0.113.53\nnameserver\t2001:db8::53 # second\nnameserver fe80::1%eth0\nnameserver\n";
    let expected: Vec<IpAddr> = ["203.0.113.53", "2001:db8::53"].map(|a| a.parse().unwrap()).into();
    assert_eq!(name_servers(text), expected);
}

#[test]
fn what_egress_may_reach_is_its_name_servers_and_what_its_file_opens() {
    let host = hostd::Host::for_test().unwrap();
    let write = |path: &str, text: &str| {
        host.files().ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, (0, 0)).unwrap();
        host.files().write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
    };
    assert_eq!(of_egress(host.files()), Vec::<String>::new());
    write("/etc/resolv.conf", "nameserver 10.0.0.53\n");
    write(egress_spec::PATH, "allow = [\"203.0.113.0/24\"]\nnameservers = [\"[2001:db8::53]:53\"]\n");
    assert_eq!(of_egress(host.files()), ["10.0.0.53", "2001:db8::53", "203.0.113.0/24"]);
    write(egress_spec::PATH, "allow = [\"everything\"]\n");
    assert_eq!(of_egress(host.files()), ["10.0.0.53"]);
}
