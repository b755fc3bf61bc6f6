use super::*;
use crate::proof::{accepted, refused};

#[test]
fn no_uid_of_the_system_is_an_accounts() {
    accepted(Uid::parse, &[("1000", "1000"), ("20000", "20000"), ("59999", "59999")]);
    for text in
        ["", "0", "-1", "999", "60000", "65534", "65535", "4294967295", "01000", "+2000", "2000\n", "root"]
    {
        refused(Uid::parse, &[(text, "uid_range")]);
    }
    for number in [0, 33, 999, 60_000, 65_534, 65_535, u32::MAX] {
        assert_eq!(Uid::new(number).unwrap_err().code, "uid_range", "{number}");
    }
    assert!(Uid::try_from(-1_i64).is_err() && Uid::try_from(1_i64 << 40).is_err());
}

#[test]
fn a_range_knows_its_own() {
    let range = UidRange::default();
    assert_eq!((range.first().get(), range.last().get()), (20_000, 59_999));
    assert_eq!(range.check(Uid(1000)).unwrap_err().code, "uid_outside");
    assert!(range.check(Uid(20_000)).is_ok() && range.contains(Uid(59_999)) && !range.contains(Uid(19_999)));
    assert_eq!(UidRange::new(Uid(2000), Uid(1999)).unwrap_err().code, "uid_range_order");
}

#[test]
fn json_goes_through_the_same_checks() {
    assert_eq!(serde_json::to_string(&Uid(20_000)).unwrap(), "20000");
    for json in ["0", "65534", "-1", "\"20000\"", "20000.0"] {
        assert!(serde_json::from_str::<Uid>(json).is_err(), "{json}");
    }
    let range: UidRange = serde_json::from_str(r#"{"first":20000,"last":20001}"#).unwrap();
    assert_eq!(serde_json::to_string(&range).unwrap(), r#"{"first":20000,"last":20001}"#);
    for json in
        [r#"{"first":2,"last":1}"#, r#"{"first":2000,"last":1000}"#, r#"{"first":1000,"last":1001,"x":1}"#]
    {
        assert!(serde_json::from_str::<UidRange>(json).is_err(), "{json}");
    }
}
