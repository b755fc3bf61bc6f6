use std::time::Duration;

use converge::Reconcile;
use names::{ByteSize, PoolId};

use super::*;
use crate::Pools;

fn spec() -> PoolSpec {
    PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
    }
}

fn look(host: &Host) -> Result<Observed, ObserveError> {
    Pools::default().observe(host, &PoolId::new(), &Wanted::Present(spec()), None, &Own::default())
}

#[test]
fn a_foreign_user_with_an_id_in_the_range_is_no_account() {
    let host = Host::for_test().unwrap();
    let passwd = host.files().read_text("/etc/passwd").unwrap().unwrap();
    let passwd = format!("{passwd}alice:x:20001:20001::/home/alice:/bin/bash\n");
    host.files().write("/etc/passwd", passwd.as_bytes(), 0o644, (0, 0)).unwrap();
    let refused = look(&host).unwrap_err();
    assert!(matches!(&refused, ObserveError::Refused { field, .. } if field == "account"), "{refused}");
    let note = hostd::uid_note(names::Uid::new(20_001).unwrap());
    host.files().ensure_dirs("/var/lib/holdfast-agent/uids", 0o700, (0, 0)).unwrap();
    host.files().write(&note, b"an account\n", 0o600, (0, 0)).unwrap();
    look(&host).unwrap();
}

#[test]
fn an_old_listing_of_sockets_ends_also_where_the_clock_is_set_back() {
    let host = Host::for_test().unwrap();
    let pools = Pools::default();
    let socket = Unit::PhpPoolSocket(spec().name);
    host.files().write(&socket.rendered_path().unwrap(), b"[Socket]\n", 0o644, (0, 0)).unwrap();
    let clock = host.fake_clock().unwrap();
    host.fake_systemd().unwrap().set_active(&socket, hostd::Active::Active);
    assert!(pools.up(&host, &socket).unwrap());
    host.fake_systemd().unwrap().set_active(&socket, hostd::Active::Inactive);
    clock.set_back(Duration::from_hours(1));
    clock.advance(Duration::from_secs(3));
    assert!(!pools.up(&host, &socket).unwrap());
}
