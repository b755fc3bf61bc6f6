use super::*;

fn hsts(max_age: u32, include_subdomains: bool, preload: bool) -> SiteHsts {
    SiteHsts { max_age, include_subdomains, preload }
}

#[test]
fn what_browsers_makers_build_in_holds_for_a_year_and_for_all_names_below() {
    for refused in
        [hsts(PRELOAD_LEAST - 1, true, true), hsts(PRELOAD_LEAST, false, true), hsts(0, true, true)]
    {
        assert!(refused.check().is_err(), "{refused:?}");
    }
    for taken in [
        hsts(PRELOAD_LEAST, true, true),
        hsts(0, false, false),
        hsts(1, true, false),
        hsts(u32::MAX, false, false),
    ] {
        assert_eq!(SiteHsts::from(taken.check().unwrap()), taken);
    }
}

#[test]
fn what_is_left_out_is_not_said() {
    let read = serde_json::from_str::<SiteHsts>("{\"max_age\":60}").unwrap();
    assert_eq!(read, hsts(60, false, false));
    for bad in ["{}", "{\"max_age\":-1}", "{\"max_age\":4294967296}", "{\"max_age\":1,\"other\":1}"] {
        assert!(serde_json::from_str::<SiteHsts>(bad).is_err(), "{bad}");
    }
}
