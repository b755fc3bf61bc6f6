//! What every value must keep: tables of good and bad texts, and the properties that each type's tests run.

use std::fmt::{Debug, Display};

use proptest::prelude::*;

use crate::NameError;

/// Each text is accepted and printed as the second.
pub(crate) fn accepted<T: Display>(parse: impl Fn(&str) -> Result<T, NameError>, table: &[(&str, &str)]) {
    for (text, printed) in table {
        match parse(text) {
            Ok(value) => assert_eq!(value.to_string(), *printed, "{text:?}"),
            Err(error) => panic!("{text:?} was refused: {error}"),
        }
    }
}

/// Each text is refused with the code, and the message has both halves and does not repeat the text.
pub(crate) fn refused<T: Debug>(parse: impl Fn(&str) -> Result<T, NameError>, table: &[(&str, &str)]) {
    for (text, code) in table {
        let error =
            parse(text).map(|value| format!("{value:?}")).expect_err(&format!("{text:?} was accepted"));
        assert_eq!(error.code, *code, "{text:?}");
        assert!(!error.reason.is_empty() && !error.remedy.is_empty(), "{text:?}");
        let message = error.to_string();
        assert!(message.bytes().all(|b| (b' '..=b'~').contains(&b)), "{text:?}: {message:?}");
        assert!(text.chars().count() < 6 || !error.reason.contains(text), "{text:?} is repeated: {message}");
    }
}

/// Texts near and far from the grammar: its own characters with some hostile ones among them.
pub(crate) fn texts(grammar: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::string::string_regex(grammar).expect("a regular expression"),
        1 => (proptest::string::string_regex(grammar).expect("a regular expression"), hostile(), any::<prop::sample::Index>())
            .prop_map(|(mut text, bad, at)| {
                let places: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
                text.insert(places[at.index(places.len())], bad);
                text
            }),
        1 => any::<String>(),
    ]
}

fn hostile() -> impl Strategy<Value = char> {
    let signs =
        "\n\r\0\t\u{b}\u{c}\u{1b}\u{7f}\u{85}\u{9b}\u{2028}\u{202e}\u{200d} ;{}$\"'\\`%#~*|&<>(),:=/@-._0Aaé";
    prop_oneof![proptest::sample::select(signs.chars().collect::<Vec<_>>()), any::<char>()]
}

/// `parse(display(x)) == x`, serde agrees, and what is printed holds no byte outside printable ASCII.
pub(crate) fn holds<T>(parse: impl Fn(&str) -> Result<T, NameError>, text: &str) -> Result<(), TestCaseError>
where
    T: Display + Debug + PartialEq + serde::Serialize + serde::de::DeserializeOwned,
{
    let Ok(value) = parse(text) else { return Ok(()) };
    let printed = value.to_string();
    prop_assert!(printed.bytes().all(|b| (b' '..=b'~').contains(&b)), "{:?} -> {:?}", text, printed);
    let special = printed.contains(|c| ";{}$\"'\\`%~*|&<>".contains(c));
    prop_assert!(!special, "{:?} -> {:?}", text, printed);
    prop_assert!(!printed.starts_with('-'));
    prop_assert!(!text.contains(char::is_control), "accepted {:?}", text);
    match parse(&printed) {
        Ok(again) => {
            prop_assert_eq!(again.to_string(), printed);
            prop_assert_eq!(&again, &value);
        }
        Err(error) => prop_assert!(false, "{:?} -> {:?} is refused: {}", text, printed, error),
    }
    let json = serde_json::to_string(&value).map_err(|e| TestCaseError::fail(e.to_string()))?;
    let again: T = serde_json::from_str(&json).map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert_eq!(again, value);
    Ok(())
}
