use std::time::Instant;

use super::*;

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn offered(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn a_password_fits_its_own_hash_alone() {
    let passwords = Passwords::new().unwrap();
    let hash = passwords.hash(password("correct horse")).await.unwrap().expose().to_owned();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert!(passwords.verify(offered("correct horse"), Some(hash.clone())).await.unwrap());
    for wrong in ["correct hors", "correct horse ", "Correct horse", "", &hash] {
        assert!(!passwords.verify(offered(wrong), Some(hash.clone())).await.unwrap(), "{wrong}");
    }
}

#[tokio::test]
async fn two_hashes_of_one_password_differ() {
    let passwords = Passwords::new().unwrap();
    let first = passwords.hash(password("correct horse")).await.unwrap();
    let second = passwords.hash(password("correct horse")).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(format!("{first:?}"), "StoredHash(redacted)");
}

#[tokio::test]
async fn no_password_fits_where_there_is_no_hash_and_it_takes_as_long() {
    let passwords = Passwords::new().unwrap();
    let hash = passwords.hash(password("correct horse")).await.unwrap().expose().to_owned();
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        assert!(!passwords.verify(offered("wrong horse"), Some(hash.clone())).await.unwrap());
        known.push(start.elapsed());
        let start = Instant::now();
        assert!(!passwords.verify(offered("wrong horse"), None).await.unwrap());
        unknown.push(start.elapsed());
    }
    // The least of several: noise only ever adds. Without the dummy the ratio is in the thousands.
    let (known, unknown) = (known.into_iter().min().unwrap(), unknown.into_iter().min().unwrap());
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.5..2.0).contains(&ratio), "{known:?} {unknown:?}");
}

#[tokio::test]
async fn what_is_longer_than_a_password_is_never_right() {
    let passwords = Passwords::new().unwrap();
    let hash = passwords.hash(password(&"x".repeat(1024))).await.unwrap().expose().to_owned();
    assert!(passwords.verify(offered(&"x".repeat(1024)), Some(hash.clone())).await.unwrap());
    assert!(!passwords.verify(offered(&"x".repeat(1 << 20)), Some(hash.clone())).await.unwrap());
    assert!(!passwords.verify(offered(&"x".repeat(1025)), Some(hash)).await.unwrap());
}

#[tokio::test]
async fn a_damaged_hash_is_an_error_and_not_a_match() {
    let passwords = Passwords::new().unwrap();
    assert!(passwords.verify(offered("x"), Some("$argon2id$".into())).await.is_err());
    assert!(!passwords.verify(offered("$6$x"), None).await.unwrap());
}

/// The string that the system's crypt(3) would make of the same password and salt.
#[tokio::test]
async fn an_sftp_hash_is_what_crypt_makes() {
    use argon2::password_hash::PasswordVerifier;
    let passwords = Passwords::new().unwrap();
    let hash = passwords.sftp_hash(password("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$6$rounds=20000$"), "{}", hash.expose());
    assert!(ShaCrypt::SHA512.verify_password(b"correct horse", hash.expose()).is_ok());
    assert!(ShaCrypt::SHA512.verify_password(b"wrong horse", hash.expose()).is_err());
    // A vector of the algorithm's specification, so that our reading of it is not merely our own.
    let known = "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.";
    assert!(ShaCrypt::SHA512.verify_password(b"Hello world!", known).is_ok());
    assert_ne!(hash, passwords.sftp_hash(password("correct horse")).await.unwrap());
}
