//! Which names are asked for.

use std::time::Duration;

use super::*;

const NOW: Micros = Micros::EPOCH;

fn names(texts: &[&str]) -> Vec<CertName> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn at(days: u64) -> Micros {
    NOW.plus(Duration::from_hours(24 * days))
}

fn left(texts: &[&str]) -> Vec<LeftOut> {
    names(texts).iter().map(|name| LeftOut::never(name, "authority_dns", "no address", "")).collect()
}

fn working(covers: &[&str], ends_in: u64) -> Working {
    Working { covers: names(covers), not_before: NOW, not_after: at(ends_in) }
}

fn chosen(wanted: &[&str], left_out: &[&str], working: Option<&Working>, due: bool, now: Micros) -> Choice {
    let (wanted, left_out) = (names(wanted), left(left_out));
    choose(Case { wanted: &wanted, left_out: &left_out, working, due, now })
}

#[test]
fn a_first_certificate_is_for_what_can_be_had() {
    let order = Choice::Order(names(&["a.example", "c.example"]));
    assert_eq!(chosen(&["a.example", "b.example", "c.example"], &["b.example"], None, true, NOW), order);
    assert_eq!(chosen(&["a.example"], &["a.example"], None, true, NOW), Choice::Nothing);
}

#[test]
fn what_works_is_not_replaced_by_less_but_in_its_last_days() {
    let now = at(60);
    let shown = working(&["a.example", "b.example"], 90);
    let wanted = ["a.example", "b.example"];
    assert_eq!(
        chosen(&wanted, &["b.example"], Some(&shown), true, now),
        Choice::Worse(names(&["b.example"]))
    );
    // three days before its end, one name is better than none
    assert_eq!(
        chosen(&wanted, &["b.example"], Some(&shown), true, at(88)),
        Choice::Order(names(&["a.example"]))
    );
    assert_eq!(chosen(&wanted, &wanted, Some(&shown), true, at(88)), Choice::Worse(names(&wanted)));
    // what ended works no longer
    assert_eq!(
        chosen(&wanted, &["b.example"], Some(&shown), true, at(91)),
        Choice::Order(names(&["a.example"]))
    );
}

#[test]
fn a_name_that_is_no_longer_wanted_is_let_go() {
    let shown = working(&["a.example", "b.example"], 90);
    let order = Choice::Order(names(&["a.example"]));
    assert_eq!(chosen(&["a.example"], &[], Some(&shown), true, at(60)), order);
    assert_eq!(chosen(&["a.example"], &[], Some(&shown), false, at(10)), Choice::Enough);
}

#[test]
fn nothing_is_ordered_that_gains_nothing() {
    let shown = working(&["a.example"], 90);
    let wanted = ["a.example", "b.example"];
    assert_eq!(chosen(&wanted, &["b.example"], Some(&shown), false, at(1)), Choice::Enough);
    assert_eq!(chosen(&wanted, &[], Some(&shown), false, at(1)), Choice::Order(names(&wanted)));
    // a name that was had and is refused now is no reason to order before it is due
    let both = working(&wanted, 90);
    assert_eq!(chosen(&wanted, &["b.example"], Some(&both), false, at(1)), Choice::Enough);
}

#[test]
fn what_cannot_be_proven_is_told_before_anything_is_asked() {
    let wanted = names(&["*.example.com", "a.example", "b.example", "c.example"]);
    let own = names(&["*.example.com", "a.example", "c.example"]);
    let mut waits = left(&["c.example"]);
    waits[0].retry_at = Some(at(1));
    let told = |asked| {
        let left = before(&wanted, &own, |name| !name.is_wildcard(), &waits, (asked, NOW));
        left.into_iter().map(|left| (left.name.to_string(), left.reason)).collect::<Vec<_>>()
    };
    let reason = |name: &str, reason: &str| (name.to_owned(), reason.to_owned());
    let never = [reason("*.example.com", "no_dns_provider"), reason("b.example", "name_not_of_account")];
    assert_eq!(told(true), never);
    assert_eq!(told(false), [&never[..], &[reason("c.example", "authority_dns")]].concat());
}

#[test]
fn a_certificate_has_a_hundred_names_at_most() {
    let wanted: Vec<CertName> = (0..103).map(|n| format!("n{n}.example").parse().unwrap()).collect();
    let left = before(&wanted, &wanted, |_| true, &[], (false, NOW));
    assert_eq!(left.len(), 3);
    assert!(left.iter().all(|left| left.reason == "names_too_many"));
}
