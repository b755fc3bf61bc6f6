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
