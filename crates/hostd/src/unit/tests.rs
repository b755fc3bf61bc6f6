use super::*;

fn account() -> AccountName {
    "alice".parse().unwrap()
}

fn pool() -> PoolName {
    "alice-8.4".parse().unwrap()
}

#[test]
fn names_are_those_of_the_unit_files() {
    let version: PhpVersion = "8.4".parse().unwrap();
    let cases = [
        (Unit::Nginx, "nginx.service"),
        (Unit::NginxCheck, "holdfast-nginx-check.service"),
        (Unit::PhpCheck(version), "holdfast-php-check@8.4.service"),
        (Unit::PhpPoolSocket(pool()), "holdfast-php-alice-8.4.socket"),
        (Unit::PhpPoolService(pool()), "holdfast-php-alice-8.4.service"),
        (Unit::WorkerSocket(account()), "holdfast-worker@alice.socket"),
        (Unit::Worker(account()), "holdfast-worker@alice.service"),
        (Unit::AccountSlice(account()), "holdfast-alice.slice"),
        (Unit::Ssh, "ssh.service"),
        (Unit::Packages(Role::Web), "holdfast-packages@web.service"),
        (Unit::Quota(names::Uid::new(20_001).unwrap()), "holdfast-quota@20001.service"),
        (Unit::QuotaList, "holdfast-quota-list.service"),
    ];
    for (unit, name) in cases {
        assert_eq!(unit.name(), name);
    }
}

#[test]
fn only_rendered_units_have_a_path_of_ours() {
    assert_eq!(
        Unit::PhpPoolSocket(pool()).rendered_path().as_deref(),
        Some("/etc/systemd/system/holdfast-php-alice-8.4.socket")
    );
    assert_eq!(Unit::Nginx.rendered_path(), None);
    assert_eq!(Unit::Worker(account()).rendered_path(), None);
}

#[test]
fn the_set_of_pools_holds_no_check_unit() {
    assert!(UnitSet::Pools.contains("holdfast-php-alice-8.4.socket"));
    assert!(UnitSet::Pools.contains("holdfast-php-check-8.4.socket"), "an account may be named check");
    assert!(!UnitSet::Pools.contains("holdfast-php-check@8.4.service"));
    assert!(!UnitSet::Pools.contains("holdfast-php.slice"));
    assert!(!UnitSet::Pools.contains("nginx.service"));
    assert!(!UnitSet::Pools.contains("holdfast-alice.slice"));
    assert!(UnitSet::Slices.contains("holdfast-alice.slice"));
    assert!(UnitSet::Workers.contains("holdfast-worker@alice.socket"));
}

#[test]
fn a_role_is_read_from_its_name() {
    assert_eq!("web".parse::<Role>(), Ok(Role::Web));
    assert!("Web".parse::<Role>().is_err());
}
