use proptest::prelude::*;

use super::*;

/// Made once by hand; the checksum is the first 32 bits of `printf %s hf_AAA... | sha256sum`, in base 62.
const BEFORE: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn known() -> String {
    format!("{BEFORE}{}", checksum(BEFORE))
}

#[test]
fn a_token_is_one_word_that_reads_back() {
    let token = ApiToken::generate().unwrap();
    let text = token.expose().expose().clone();
    assert_eq!(text.len(), 52);
    assert!(text.starts_with("hf_") && text[3..].bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
    assert_eq!(ApiToken::parse(&text).unwrap().hash(), token.hash());
    assert_eq!(token.hash(), Digest::of(&text));
}

#[test]
fn every_digit_is_as_likely_as_another() {
    let mut seen = [0_u32; 128];
    for _ in 0..2000 {
        for byte in ApiToken::generate().unwrap().expose().expose()[3..46].bytes() {
            seen[usize::from(byte)] += 1;
        }
    }
    // 86,000 digits: 1,387 of each, give or take 37; eight times that is never left by chance.
    assert!(DIGITS.iter().all(|&digit| (1090..1690).contains(&seen[usize::from(digit)])), "{seen:?}");
}

#[test]
fn what_was_copied_badly_is_told_from_what_is_none() {
    let text = known();
    ApiToken::parse(&text).unwrap();
    for (bad, code) in [
        (String::new(), "token"),
        ("hf_".to_owned(), "token"),
        (text.replace("hf_", "gh_"), "token"),
        (text[..51].to_owned(), "token_mistyped"),
        (format!("{text}A"), "token_mistyped"),
        (format!("{text}\n"), "token_mistyped"),
        (text.replacen('A', "B", 1), "token_mistyped"),
        (format!("{BEFORE}000000"), "token_mistyped"),
        (format!("{}-{}", &text[..20], &text[21..]), "token_mistyped"),
    ] {
        assert_eq!(ApiToken::parse(&bad).unwrap_err().code, code, "{bad:?}");
    }
}

#[test]
fn a_session_s_token_that_begins_as_these_is_not_one() {
    let session = OpaqueToken::parse(&format!("hf_{}", "A".repeat(40))).unwrap();
    assert!(!ApiToken::is_meant(session.expose().expose()));
    let text = known();
    assert!(
        (3..=52)
            .filter(|&length| length != OpaqueToken::TEXT)
            .all(|length| ApiToken::is_meant(&text[..length]))
    );
}

#[test]
fn it_hides() {
    let token = ApiToken::parse(&known()).unwrap();
    assert_eq!(format!("{token:?}"), "ApiToken(redacted)");
}

proptest! {
    #[test]
    fn one_other_character_is_noticed(at in 3_usize..52, by in "[0-9A-Za-z]") {
        let mut text = known();
        let same = text[at..=at] == by;
        text.replace_range(at..=at, &by);
        prop_assert_eq!(ApiToken::parse(&text).is_ok(), same);
    }
}
