use super::*;

const HASH: &str = "kwg7H3zTlgCt2wZBGUVzYzDvV8GbN2v9TJYyqGgB0XmQzEYL1XrZ4cS5uPqR8o9hA7dFsJkLxCvBnMqWeRtYu1";

fn sha512(rounds: &str, salt: &str) -> String {
    format!("$6$rounds={rounds}${salt}${HASH}")
}

#[test]
fn the_two_kinds_are_taken() {
    let good = sha512("100000", "abcdefgh12345678");
    assert_eq!(CryptHash::parse(&good).unwrap().expose(), good);
    let yescrypt = format!("$y$j9T$3Ux0pKZ5bYb0WJt0vS1fQ1${}", &HASH[..43]);
    assert_eq!(CryptHash::parse(&yescrypt).unwrap().expose(), yescrypt);
}

#[test]
fn everything_else_is_refused() {
    let good = sha512("5000", "abcdefgh");
    assert!(CryptHash::parse(&good).is_ok());
    let bad = [
        String::new(),
        "!".to_owned(),
        "*".to_owned(),
        "x".to_owned(),
        format!("!{good}"),
        format!("{good}\n"),
        format!("{good}:0:0::/:/bin/sh"),
        format!("{good}$"),
        format!("{good}a"),
        good[..good.len() - 1].to_owned(),
        sha512("4999", "abcdefgh"),
        sha512("05000", "abcdefgh"),
        sha512("9999999999", "abcdefgh"),
        sha512("", "abcdefgh"),
        sha512("5000", ""),
        sha512("5000", "short"),
        sha512("5000", "abcdefgh123456789"),
        sha512("5000", "abcd:fgh"),
        sha512("5000", "abcd\nfgh"),
        good.replace("$6$", "$1$"),
        good.replace("$6$", "$5$"),
        good.replace("rounds=5000$", ""),
        format!("$y$j9T${HASH}"),
        format!("$y$j9T$3Ux0pKZ5bYb0WJt0vS1fQ1${}$x", &HASH[..43]),
        format!("$y$j9T$3Ux0:KZ5bYb0WJt0vS1fQ1${}", &HASH[..43]),
    ];
    for text in bad {
        let error = CryptHash::parse(&text).expect_err(&text);
        assert_eq!(error.code, "crypt_hash", "{text}");
        assert!(!error.to_string().contains(HASH));
    }
}

#[test]
fn it_crosses_the_wire_but_not_the_log() {
    let hash = CryptHash::parse(&sha512("5000", "abcdefgh")).unwrap();
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(serde_json::from_str::<CryptHash>(&json).unwrap(), hash);
    assert_eq!(format!("{hash:?}"), "CryptHash(redacted)");
    let error = serde_json::from_str::<CryptHash>(&json.replace("$6$", "$5$")).unwrap_err().to_string();
    assert!(!error.contains(HASH), "{error}");
    assert_ne!(hash, CryptHash::parse(&sha512("5001", "abcdefgh")).unwrap());
}
