use std::collections::BTreeSet;

use super::*;

/// All words of an enumeration: the refusal of an unknown one names them.
fn words<T: serde::de::DeserializeOwned + std::fmt::Debug>() -> BTreeSet<String> {
    let refused = serde_json::from_str::<T>("\"no-such-word\"").unwrap_err().to_string();
    let known = refused.split_once("expected one of ").unwrap().1;
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words in the first column of the table below a title of the guide.
fn rows(title: &str) -> BTreeSet<String> {
    let page = include_str!("../../../../docs/guide/troubleshooting.md");
    let part = page.split_once(&format!("## {title}\n")).unwrap().1;
    let part = part.split("\n## ").next().unwrap();
    let cells = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells.map(|(word, _)| word.to_owned()).collect()
}

#[test]
fn the_guide_tells_every_condition_and_every_reason_and_no_others() {
    let (conditions, reasons) = (words::<Condition>(), words::<Reason>());
    assert!(conditions.len() >= 6 && reasons.len() >= 15, "{conditions:?} {reasons:?}");
    assert_eq!(rows("Conditions"), conditions);
    assert_eq!(rows("Reasons"), reasons);
}

#[test]
fn the_word_of_a_reason_is_the_one_that_is_sent() {
    for word in words::<Reason>() {
        let reason: Reason = serde_json::from_value(word.clone().into()).unwrap();
        assert_eq!(reason.as_str(), word);
    }
}
