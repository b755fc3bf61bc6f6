use hostd::Unit;

use super::*;

#[test]
fn services_and_pools_stand_as_systemd_says() {
    let host = Host::for_test().unwrap();
    let systemd = host.fake_systemd().unwrap();
    let pool = |name: &str, socket: Active, service: Active| {
        let name: names::PoolName = name.parse().unwrap();
        for (unit, active) in
            [(Unit::PhpPoolSocket(name.clone()), socket), (Unit::PhpPoolService(name.clone()), service)]
        {
            let path = unit.rendered_path().unwrap();
            host.files().ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, (0, 0)).unwrap();
            host.files().write(&path, b"", 0o644, (0, 0)).unwrap();
            systemd.set_active(&unit, active);
        }
    };
    pool("alice-8.4", Active::Active, Active::Active);
    pool("bob-8.4", Active::Active, Active::Inactive);
    pool("carol-8.4", Active::Active, Active::Inactive);
    pool("dora-8.4", Active::Active, Active::Failed);
    pool("erin-8.4", Active::Failed, Active::Inactive);
    pool("fred-8.4", Active::Failed, Active::Failed);
    systemd.set_active(&Unit::Nginx, Active::Failed);
    let seen = list(&host).unwrap();
    assert_eq!((seen.pools_active, seen.pools_idle), (1, 2));
    let mut failed = seen.pools_failed.clone();
    failed.sort();
    assert_eq!(failed, ["dora-8.4", "erin-8.4", "fred-8.4"]);
    let of = |unit: &str| seen.services.iter().find(|service| service.unit == unit).unwrap();
    assert_eq!(of("nginx.service").active, "failed");
    assert_eq!(of("nginx.service").result.as_deref(), Some("exit-code"));
    assert_eq!((of("ssh.service").active.as_str(), of("ssh.service").tasks), ("active", Some(1)));
    assert_eq!(of("cron.service").active, "missing");
    let count = ServiceUnit::all().map(ServiceUnit::name).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!((seen.services.len(), count), (12, 12), "each once");
}
