use proptest::prelude::*;

use super::*;
use crate::proof::refused;

#[test]
fn nothing_prints_a_secret() {
    let secret = Secret::new("open sesame".to_owned());
    let password = Password::parse("open sesame").unwrap();
    assert_eq!(format!("{secret:?} {password:?}"), "Secret(redacted) Password(redacted)");
    assert_eq!((secret.expose().as_str(), password.expose()), ("open sesame", "open sesame"));
    assert!(secret.ct_eq("open sesame") && !secret.ct_eq("open sesamf") && !secret.ct_eq("open"));
}

#[test]
fn passwords_are_bounded_and_printable() {
    for text in [
        "12345678",
        "correct horse battery staple",
        "ünïcödé",
        "$6$rounds=5000$looks$like",
        "0e123456",
        " leading",
    ] {
        assert_eq!(Password::parse(text).unwrap().expose(), text);
    }
    assert!(Password::parse(&"x".repeat(1024)).is_ok());
    refused(
        Password::parse,
        &[
            ("", "password_too_short"),
            ("1234567", "password_too_short"),
            ("1234567\0", "password_control"),
            ("12345678\n", "password_control"),
            ("1234\u{1b}[2J78", "password_control"),
            ("12345678\u{85}", "password_control"),
            ("12345678\u{2028}", "password_control"),
        ],
    );
    assert_eq!(Password::parse(&"x".repeat(1025)).unwrap_err().code, "password_too_long");
    assert_eq!(Password::parse(&"x".repeat(1 << 20)).unwrap_err().code, "password_too_long");
}

#[test]
fn an_error_of_serde_does_not_repeat_the_password() {
    let error = serde_json::from_str::<Password>("\"hunter2\"").unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    let error = serde_json::from_str::<Password>("{\"hunter2\":1}").unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    assert!(serde_json::from_str::<Password>("12345678").is_err());
}

proptest! {
    #[test]
    fn no_control_character_is_accepted(text in any::<String>()) {
        if let Ok(password) = Password::parse(&text) {
            prop_assert_eq!(password.expose(), &text);
            prop_assert!(!text.contains(char::is_control));
        }
    }
}
