use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn zones_are_written_as_the_database_of_time_zones_writes_them() {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Ushuaia",
        "Etc/GMT+1",
        "America/Port-au-Prince",
        "GB-Eire",
    ];
    for zone in zones {
        accepted(TimeZone::parse, &[(zone, zone)]);
    }
}

#[test]
fn what_could_be_a_path_or_another_line_is_refused() {
    let long = "A".repeat(49);
    for text in [
        "",
        "/",
        "Europe/",
        "/UTC",
        "../UTC",
        "Europe//Berlin",
        "a/b/c/d",
        "Europe/Berlin\n",
        "U T C",
        "+1",
        &long,
    ] {
        refused(TimeZone::parse, &[(text, "time_zone")]);
    }
}

proptest! {
    #[test]
    fn zones_that_are_accepted_read_back(text in texts("[A-Za-z_+/-]{1,50}")) {
        holds(TimeZone::parse, &text)?;
    }
}
