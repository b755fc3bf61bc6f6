use super::link::unit_path;
use super::*;

#[test]
fn the_object_of_a_unit_is_escaped_as_systemd_does() {
    assert_eq!(
        unit_path("holdfast-php-alice-8.4.socket"),
        "/org/freedesktop/systemd1/unit/holdfast_2dphp_2dalice_2d8_2e4_2esocket"
    );
    assert_eq!(
        unit_path("holdfast-worker@alice.service"),
        "/org/freedesktop/systemd1/unit/holdfast_2dworker_40alice_2eservice"
    );
    assert_eq!(unit_path("8a"), "/org/freedesktop/systemd1/unit/_38a");
}

#[test]
fn the_kind_follows_the_suffix() {
    assert_eq!(kind_interface("a.b.socket"), "org.freedesktop.systemd1.Socket");
    assert_eq!(kind_interface("a.slice"), "org.freedesktop.systemd1.Slice");
    assert_eq!(kind_interface("a.service"), "org.freedesktop.systemd1.Service");
}

#[test]
fn infinity_is_no_number() {
    let properties: Properties = [
        ("MemoryMax".to_owned(), OwnedVariant::from(u64::MAX)),
        ("TasksMax".to_owned(), OwnedVariant::from(128_u64)),
        ("NeedDaemonReload".to_owned(), OwnedVariant::from(true)),
    ]
    .into();
    assert_eq!(number(&properties, "MemoryMax"), None);
    assert_eq!(number(&properties, "TasksMax"), Some(128));
    assert_eq!(number(&properties, "Missing"), None);
    assert!(flag(&properties, "NeedDaemonReload"));
    assert_eq!(text(&properties, "TasksMax"), "");
}

#[test]
fn what_a_service_takes_is_read_and_what_nobody_counts_is_none() {
    let text = |text: &str| OwnedVariant::try_from(zbus::Variant::from(text)).unwrap();
    let unit: Properties = [
        ("LoadState".to_owned(), text("loaded")),
        ("ActiveState".to_owned(), text("active")),
        ("SubState".to_owned(), text("running")),
        ("StateChangeTimestamp".to_owned(), OwnedVariant::from(1_767_225_600_000_000_u64)),
    ]
    .into();
    let kind: Properties = [
        ("Result".to_owned(), text("success")),
        ("MemoryCurrent".to_owned(), OwnedVariant::from(4096_u64)),
        ("TasksCurrent".to_owned(), OwnedVariant::from(u64::MAX)),
        ("CPUUsageNSec".to_owned(), OwnedVariant::from(1_500_000_u64)),
        ("NRestarts".to_owned(), OwnedVariant::from(3_u32)),
    ]
    .into();
    let wanted = ServiceState {
        loaded: true,
        active: Active::Active,
        sub: "running".to_owned(),
        result: Some("success".to_owned()),
        since: Some(1_767_225_600_000_000),
        memory: Some(4096),
        tasks: None,
        cpu_micros: Some(1500),
        restarts: 3,
    };
    assert_eq!(service_state(&unit, &kind), wanted);
    let missing: Properties = [
        ("LoadState".to_owned(), text("not-found")),
        ("ActiveState".to_owned(), text("inactive")),
        ("SubState".to_owned(), text("dead")),
        ("StateChangeTimestamp".to_owned(), OwnedVariant::from(0_u64)),
    ]
    .into();
    let seen = service_state(&missing, &kind);
    assert_eq!((seen.loaded, seen.active, seen.result, seen.since), (false, Active::Inactive, None, None));
}
