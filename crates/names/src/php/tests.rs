use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn versions_are_numbers_and_not_text() {
    accepted(PhpVersion::parse, &[("8.4", "8.4"), ("5.6", "5.6"), ("8.10", "8.10"), ("10.0", "10.0")]);
    let version = |text| PhpVersion::parse(text).unwrap();
    assert!(version("8.10") > version("8.9") && version("10.0") > version("8.10"));
    assert_eq!((version("8.4").major(), version("8.4").minor()), (8, 4));
    assert_eq!(PhpVersion::new(8, 100), None);
}

#[test]
fn other_spellings_are_refused() {
    for text in [
        "", "8", "8.", ".4", "8.4.1", "08.4", "8.04", "8.4 ", "8,4", "4.4", "8.444", "+8.4", "8.-4", "٨.4",
        "8.4\n", "8.4/x",
    ] {
        refused(PhpVersion::parse, &[(text, "php_version")]);
    }
}

#[test]
fn a_pool_is_an_account_and_a_version() {
    accepted(PoolName::parse, &[("alice-8.4", "alice-8.4"), ("bob-8.10", "bob-8.10")]);
    let pool = PoolName::parse("alice-8.4").unwrap();
    assert_eq!(pool, PoolName::new(AccountName::parse("alice").unwrap(), PhpVersion::parse("8.4").unwrap()));
    assert_eq!((pool.account().as_str(), pool.version().minor()), ("alice", 4));
    refused(
        PoolName::parse,
        &[
            ("alice", "pool_name"),
            ("-8.4", "account_name_empty"),
            ("root-8.4", "account_name_reserved"),
            ("alice-8.4-8.4", "php_version"),
            ("alice--8.4", "php_version"),
            ("../alice-8.4", "account_name_first"),
            ("alice-8.4\n[bob]", "php_version"),
        ],
    );
}

proptest! {
    #[test]
    fn versions_that_are_accepted_read_back(text in texts("[0-9]{1,3}\\.[0-9]{1,3}")) {
        holds(PhpVersion::parse, &text)?;
    }

    #[test]
    fn pools_that_are_accepted_read_back(text in texts("[a-z][a-z0-9]{0,32}-[0-9]{1,2}\\.[0-9]{1,2}")) {
        holds(PoolName::parse, &text)?;
    }
}
