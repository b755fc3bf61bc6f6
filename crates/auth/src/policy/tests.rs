use std::time::{Duration, Instant};

use super::*;

fn check(password: &str) -> Result<(), Weak> {
    let policy = Policy { panel: Some("panel.example.test".to_owned()), ..Policy::default() };
    let about = ["alice", "alice@brewery.test"].map(str::to_owned);
    policy.check(&Password::parse(password).unwrap(), &about)
}

#[test]
fn a_few_words_or_random_characters_are_taken() {
    for password in [
        "correct horse battery",
        "an administrator's",
        "x7-Kq_pw92Lz",
        "drei müde Biber",
        "пять сонных бобров",
        &"0123456789abcdef8c1e5f7a".repeat(42),
    ] {
        assert_eq!(check(password), Ok(()), "{password}");
    }
}

#[test]
fn common_passwords_repeats_and_rows_of_keys_are_refused_with_what_to_do() {
    for password in [
        "1234567890",
        "qwertyuiop",
        "password123",
        "iloveyou123",
        "passwordpassword",
        "P4ssw0rd123",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklm",
        "asdfghjkl;'",
        "0123456789",
        "1q2w3e4r5t",
        "baseball123",
        "12.12.1987",
        "          ",
    ] {
        let Err(Weak::Guessable { why, remedy }) = check(password) else { panic!("{password} is taken") };
        assert!(!why.is_empty() && !remedy.is_empty(), "{password}: {why} {remedy}");
    }
}

#[test]
fn what_everybody_knows_of_the_person_is_no_password() {
    for password in ["alice@brewery.test", "alicebrewery", "panel.example.test", "BreweryAlice"] {
        assert!(matches!(check(password), Err(Weak::Guessable { .. })), "{password}");
    }
    let stranger = Policy::default().check(&Password::parse("alice@brewery.test").unwrap(), &[]);
    assert_eq!(stranger, Ok(()), "the same text, of somebody else");
}

#[test]
fn characters_count_and_not_bytes() {
    assert_eq!(check("üäößéèêçñ"), Err(Weak::TooShort { least: 10 }), "9 characters in 18 bytes");
    let longer = Policy { least: 30, ..Policy::default() };
    let refused = longer.check(&Password::parse("correct horse battery").unwrap(), &[]);
    assert_eq!(refused, Err(Weak::TooShort { least: 30 }));
}

#[test]
fn the_work_is_bounded_whatever_is_sent() {
    let substitutes = "4@8({[<369!1|70$5+7%2zae";
    let hostile = [
        substitutes.repeat(40),
        (0_u8..=255).cycle().filter(u8::is_ascii_graphic).take(1000).map(char::from).collect(),
        "a".repeat(1024),
        "\u{301}".repeat(500),
    ];
    for text in hostile {
        let begun = Instant::now();
        let _ = check(&text);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?} for {}", begun.elapsed(), &text[..10]);
    }
}
