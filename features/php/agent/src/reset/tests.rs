use converge::{Cause, Entry, MemoryLedger, Wanted};
use hostd::Active;
use names::{ByteSize, Generation, PoolId};

use super::*;

fn spec() -> PoolSpec {
    PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::mebibytes(128),
        upload_limit: ByteSize::mebibytes(64),
        suspended: false,
        settings: php_spec::Settings::default(),
    }
}

#[test]
fn the_master_of_a_pool_ends_and_its_socket_stays() {
    let (host, ledger, pool) = (Host::for_test().unwrap(), MemoryLedger::default(), PoolId::new());
    let ask = RunOpcacheReset { pool, cause: Cause::default() };
    assert!(matches!(reset_opcache(&host, &ledger, &ask), Err(ResetError::NoSuchPool)));
    ledger.save(Entry::accept(None, pool, Generation::FIRST, Wanted::Present(spec()), 0)).unwrap();
    let [socket, service] = [Unit::PhpPoolSocket(spec().name), Unit::PhpPoolService(spec().name)];
    for unit in [&socket, &service] {
        host.files().write(&unit.rendered_path().unwrap(), b"[Unit]\n", 0o644, (0, 0)).unwrap();
    }
    host.fake_systemd().unwrap().set_active(&socket, Active::Active);
    assert_eq!(reset_opcache(&host, &ledger, &ask).unwrap(), OpcacheReset { ran: false }, "it sleeps");
    host.fake_systemd().unwrap().set_active(&service, Active::Active);
    assert_eq!(reset_opcache(&host, &ledger, &ask).unwrap(), OpcacheReset { ran: true });
    assert!(host.systemd().state(&socket).unwrap().active.is_up());
    assert!(!host.systemd().state(&service).unwrap().active.is_up());
}
