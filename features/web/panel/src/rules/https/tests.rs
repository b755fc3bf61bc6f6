use web_spec::Hsts;

use super::*;
use crate::https::SiteHsts;
use crate::store::site_https::Shown;

const YEAR: Hsts = Hsts { max_age: 31_536_000, include_subdomains: false, preload: false };

fn https(own: bool, force: bool, hsts: Option<Hsts>) -> Https {
    let shown = Shown { id: id(1), own };
    Https { shown: Some(shown), force, hsts }
}

fn id(n: u8) -> CertificateId {
    format!("01935b2e-7a4d-7c3e-8f10-0000000000{n:02x}").parse().unwrap()
}

fn code(result: Result<Wanted, ApiError>) -> String {
    let Err(error) = result else { panic!("it is taken") };
    let problem = serde_json::to_value(error.problem()).unwrap();
    problem["errors"][0]["code"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_left_out_stays() {
    let before = https(false, true, Some(YEAR));
    let wanted = Wanted::edited(Some(&before), &EditHttps::default(), true).unwrap();
    assert_eq!((wanted.chosen, wanted.force, wanted.hsts), (Some(id(1)), true, Some(YEAR)));
    let edit = EditHttps { certificate: Some(None), ..EditHttps::default() };
    assert_eq!(Wanted::edited(Some(&before), &edit, true).unwrap().chosen, None, "its own again");
    let edit = EditHttps { certificate: Some(Some(id(2))), ..EditHttps::default() };
    assert_eq!(Wanted::edited(Some(&https(true, false, None)), &edit, false).unwrap().chosen, Some(id(2)));
    let wanted = Wanted::edited(None, &EditHttps::default(), false).unwrap();
    assert_eq!((wanted.chosen, wanted.force, wanted.hsts), (None, false, None));
}

#[test]
fn nobody_is_sent_to_where_nothing_listens_or_told_to_come_where_nobody_is_sent() {
    let force = EditHttps { force: Some(true), ..EditHttps::default() };
    assert_eq!(code(Wanted::edited(None, &force, false)), "https_not_listened");
    assert!(Wanted::edited(None, &force, true).unwrap().force);
    let told = EditHttps { hsts: Some(Some(SiteHsts::from(YEAR))), ..EditHttps::default() };
    assert_eq!(code(Wanted::edited(None, &told, true)), "hsts_without_force");
    assert_eq!(Wanted::edited(Some(&https(true, true, None)), &told, true).unwrap().hsts, Some(YEAR));
    let free = EditHttps { force: Some(false), ..EditHttps::default() };
    assert_eq!(code(Wanted::edited(Some(&https(true, true, Some(YEAR))), &free, true)), "hsts_without_force");
    let free = EditHttps { force: Some(false), hsts: Some(None), ..EditHttps::default() };
    assert!(!Wanted::edited(Some(&https(true, true, Some(YEAR))), &free, true).unwrap().force);
}
