use super::*;

#[test]
fn a_serde_error_gives_its_code_and_message_back() {
    let error = serde_json::from_str::<crate::AccountName>("\"Root\"").unwrap_err().to_string();
    let (code, text) = code_in(&error).unwrap();
    assert_eq!(code, "account_name_first");
    assert!(text.contains("; "), "{text}");
    assert!(code_in("missing field `name` at line 1 column 2").is_none());
    assert!(code_in("odd [Value] here").is_none());
}

#[test]
fn control_bytes_are_named_by_number() {
    assert_eq!(quoted('\n'), "U+000A");
    assert_eq!(quoted('\u{202e}'), "U+202E");
    assert_eq!(quoted(';'), "\";\"");
}
