use proptest::prelude::*;

use super::*;

#[test]
fn one_spelling_is_taken() {
    let token = OpaqueToken::from_bytes([0xfb; 32]);
    let text = token.expose().expose().clone();
    assert_eq!(text.len(), OpaqueToken::TEXT);
    assert_eq!(OpaqueToken::parse(&text).unwrap().hash(), token.hash());
    let bad = [
        String::new(),
        text[1..].to_owned(),
        format!("{text}="),
        format!("{text}\n"),
        text.replace('-', "+"),
        format!("{}9", &text[..42]),
        "/".repeat(43),
        "A".repeat(44),
    ];
    for text in bad {
        assert_eq!(OpaqueToken::parse(&text).unwrap_err().code, "token", "{text}");
    }
}

#[cfg(feature = "generate")]
#[test]
fn tokens_differ_and_hide() {
    let (one, two) = (OpaqueToken::generate().unwrap(), OpaqueToken::generate().unwrap());
    assert_ne!(one.hash(), two.hash());
    assert_eq!(format!("{one:?}"), "OpaqueToken(redacted)");
    let json = format!("\"x{}\"", one.expose().expose());
    let error = serde_json::from_str::<OpaqueToken>(&json).unwrap_err().to_string();
    assert!(!error.contains(one.expose().expose().as_str()));
}

proptest! {
    #[test]
    fn every_token_reads_back(bytes in any::<[u8; 32]>()) {
        let token = OpaqueToken::from_bytes(bytes);
        let text = token.expose();
        prop_assert!(text.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        prop_assert_eq!(OpaqueToken::parse(text.expose()).unwrap().hash(), token.hash());
    }

    #[test]
    fn what_is_accepted_is_the_one_spelling(text in "[A-Za-z0-9_=+/-]{42,44}") {
        if let Ok(token) = OpaqueToken::parse(&text) {
            let printed = token.expose();
            prop_assert_eq!(printed.expose(), &text);
        }
    }
}
