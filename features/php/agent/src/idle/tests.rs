use super::*;

/// A pool whose master runs and sleeps.
fn asleep(host: &Host, name: &str) -> Unit {
    let pool: PoolName = name.parse().unwrap();
    let unit = Unit::PhpPoolService(pool.clone());
    let write = |path: &str, text: &str| host.files().write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
    write(&unit.rendered_path().unwrap(), "[Service]\n");
    host.fake_systemd().unwrap().set_active(&unit, Active::Active);
    let group = host.systemd().state(&unit).unwrap().control_group.unwrap();
    let group = format!("/sys/fs/cgroup{group}");
    host.files().ensure_dirs(&group, 0o755, (0, 0)).unwrap();
    write(&format!("{group}/cgroup.procs"), "1000\n");
    write(&format!("{group}/cpu.stat"), "usage_usec 5000\n");
    unit
}

#[test]
fn a_pool_that_cannot_be_stopped_holds_up_no_other_and_is_stopped_later() {
    let host = Host::for_test().unwrap();
    let [first, second] = ["alice-8.4", "bob-8.4"].map(|name| asleep(&host, name));
    let idle = IdleStopper::default();
    assert!(idle.tick(&host).unwrap().is_empty());
    host.fake_clock().unwrap().advance(Duration::from_mins(11));
    host.fail_on(&format!("stop {first}"), "the bus is gone");
    let stopped = idle.tick(&host).unwrap();
    assert_eq!(stopped.iter().map(PoolName::as_str).collect::<Vec<_>>(), ["bob-8.4"]);
    assert_eq!(host.systemd().state(&second).unwrap().active, Active::Inactive);
    host.fail_no_more();
    let stopped = idle.tick(&host).unwrap();
    assert_eq!(stopped.iter().map(PoolName::as_str).collect::<Vec<_>>(), ["alice-8.4"], "it was quiet since");
}
