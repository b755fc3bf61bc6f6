use proptest::prelude::*;

use super::*;
use crate::Micros;
use crate::proof::{accepted, holds, refused, texts};

const ONE: &str = "01935b2e-7a4d-7c3e-8f10-0123456789ab";

#[test]
fn one_spelling_is_taken() {
    accepted(SiteId::parse, &[(ONE, ONE)]);
    let compact = ONE.replace('-', "");
    let braced = format!("{{{ONE}}}");
    for text in [
        "",
        "latest",
        &ONE.to_uppercase(),
        &compact,
        &braced,
        &format!("urn:uuid:{ONE}"),
        &format!("{ONE}\n"),
        "01935b2e-7a4d-4c3e-8f10-0123456789ab",
        "01935b2e-7a4d-7c3e-cf10-0123456789ab",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01935b2e7a4d-7c3e-8f10-0123456789ab-",
        "../../../../../../../../../../../etc",
    ] {
        refused(SiteId::parse, &[(text, "id")]);
    }
}

#[test]
fn an_id_names_its_kind() {
    let error = SiteId::parse("x").unwrap_err();
    assert!(error.reason.contains("site"), "{error}");
    assert_eq!(format!("{:?}", AccountId::parse(ONE).unwrap()), format!("account:{ONE}"));
}

#[cfg(feature = "generate")]
#[test]
fn new_ids_differ_and_grow() {
    let ids: Vec<SiteId> = (0..1000).map(|_| SiteId::new()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(SiteId::parse(&ids[0].to_string()).unwrap(), ids[0]);
}

#[test]
fn an_id_of_parts_is_the_same_each_time() {
    let at = Micros::parse("2026-03-01T12:00:00Z").unwrap();
    let id = EventId::from_parts(at, [7; 10]);
    assert_eq!(id, EventId::from_parts(at, [7; 10]));
    assert_eq!(EventId::parse(&id.to_string()).unwrap(), id);
    assert!(id < EventId::from_parts(at.plus(std::time::Duration::from_millis(1)), [0; 10]));
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[0-9a-fA-F]{8}-[0-9a-f]{4}-[4-7][0-9a-f]{3}-[89abc][0-9a-f]{3}-[0-9a-f]{12}")) {
        holds(SiteId::parse, &text)?;
        if let Ok(id) = SiteId::parse(&text) {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
