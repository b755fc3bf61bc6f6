use super::*;
use crate::query;

fn page(text: &str) -> Page {
    query::parse(text).unwrap()
}

fn names_of(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("n{n:03}")).collect()
}

#[test]
fn cursors_lead_through_a_list_once_and_to_its_end() {
    let all = names_of(0..25);
    let mut seen = Vec::new();
    let mut text = String::from("limit=10");
    loop {
        let page = page(&text);
        let after = page.after().unwrap_or_default().to_owned();
        let rows = usize::try_from(page.rows()).unwrap();
        let found = all.iter().filter(|name| **name > after).take(rows).cloned().collect();
        let list = page.list(found, Clone::clone);
        seen.extend(list.items);
        match list.next_cursor {
            Some(cursor) => text = format!("limit=10&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, all);
}

#[test]
fn a_page_that_is_just_full_is_the_last() {
    let list = page("limit=10").list(names_of(0..10), Clone::clone);
    assert_eq!((list.items.len(), list.next_cursor), (10, None));
}

#[test]
fn limits_are_1_to_200() {
    assert_eq!(page("").rows(), 51);
    assert_eq!(page("limit=1").rows(), 2);
    assert_eq!(page("limit=200").rows(), 201);
    for limit in ["0", "201", "-1", "1e9", "1000000000", "99999999999999999999", "x", "", "1.5", "+1 "] {
        let error = query::parse::<Page>(&format!("limit={limit}")).unwrap_err();
        assert_eq!(error.errors()[0].code, "out_of_range", "{limit}");
    }
}

#[test]
fn a_cursor_that_is_not_ours_is_refused() {
    for cursor in ["!", "a", "", "%00", "AA", "Cg", "gA"] {
        let error = query::parse::<Page>(&format!("cursor={cursor}"));
        assert!(error.is_err(), "{cursor}");
    }
}
