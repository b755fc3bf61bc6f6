use super::{local_ipv4, local_ipv6};

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
