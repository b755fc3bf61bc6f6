use super::*;
use crate::change::Change;
use crate::page::Page;

#[derive(Debug, PartialEq)]
struct Filter {
    account: Option<names::AccountName>,
}

impl QueryPart for Filter {
    const NAMES: &'static [&'static str] = &["account"];

    fn read(pairs: &mut Pairs) -> Self {
        Self { account: pairs.optional("account") }
    }
}

fn codes<T: QueryParts + std::fmt::Debug>(query: &str) -> Vec<(String, String)> {
    let error = parse::<T>(query).unwrap_err();
    error.errors().iter().map(|error| (error.pointer.clone(), error.code.to_string())).collect()
}

#[test]
fn parts_are_read_together() {
    let (page, filter) = parse::<(Page, Filter)>("limit=10&account=alice").unwrap();
    assert_eq!(page.rows(), 11);
    assert_eq!(filter.account.unwrap().as_str(), "alice");
    assert!(parse::<Change>("").is_ok());
    let change = parse::<Change>("dry_run=true&overwrite=false").unwrap();
    assert!(change.dry_run && !change.overwrite);
}

#[test]
fn what_no_part_names_is_refused() {
    assert_eq!(codes::<Change>("dry-run=true"), [("?dry-run".into(), "unknown_field".into())]);
    assert_eq!(codes::<()>("x=1"), [("?x".into(), "unknown_field".into())]);
    assert_eq!(
        codes::<Change>("dry_run=true&dry_run=false"),
        [("?dry_run".into(), "duplicate_field".into())]
    );
}

#[test]
fn values_are_of_their_type() {
    for query in ["dry_run=1", "dry_run=yes", "dry_run=TRUE", "dry_run", "dry_run="] {
        assert_eq!(codes::<Change>(query), [("?dry_run".into(), "wrong_type".into())], "{query}");
    }
    assert_eq!(codes::<Filter>("account=Alice"), [("?account".into(), "account_name_first".into())]);
    assert_eq!(codes::<Change>("expect_plan=x"), [("?expect_plan".into(), "digest".into())]);
    let digest = names::Digest::of("x");
    assert_eq!(
        codes::<Change>(&format!("dry_run=true&expect_plan={digest}")),
        [("?expect_plan".into(), "contradiction".into())]
    );
}

#[test]
fn encoding_is_undone_once_and_must_be_sound() {
    assert!(parse::<Filter>("account=%61lice").unwrap().account.is_some());
    assert_eq!(codes::<Filter>("account=%2561lice")[0].1, "account_name_first");
    for query in
        ["account=%", "account=%zz", "account=%ff", "account=%0a", "account=%00", "%00=1", "account=%c0%ae"]
    {
        assert_eq!(parse::<Filter>(query).unwrap_err().status(), 400, "{query}");
    }
}

#[test]
fn the_number_and_length_of_parameters_are_bounded() {
    let many = "&a=".repeat(1_000_000);
    assert_eq!(parse::<Filter>(&many).unwrap_err().status(), 400);
    let long = format!("account={}", "a".repeat(2000));
    assert_eq!(parse::<Filter>(&long).unwrap_err().status(), 400);
}
