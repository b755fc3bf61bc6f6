use super::*;

const PLACE: (&str, &str) = ("totp", "alice");

#[test]
fn what_was_sealed_opens_again_and_is_not_in_the_text() {
    let key = SealKey::throw_away().unwrap();
    let text = key.seal(PLACE, b"a secret of twenty b").unwrap();
    assert_eq!(key.open(PLACE, &text).unwrap().expose(), b"a secret of twenty b");
    assert!(!text.contains("secret"));
    assert_ne!(text, key.seal(PLACE, b"a secret of twenty b").unwrap(), "each time with another nonce");
    assert_eq!(key.open(PLACE, &key.seal(PLACE, b"").unwrap()).unwrap().expose(), b"");
}

#[test]
fn another_key_another_place_and_every_changed_character_are_noticed() {
    let key = SealKey::throw_away().unwrap();
    let text = key.seal(PLACE, b"secret").unwrap();
    let broken = |key: &SealKey, place, text: &str| matches!(key.open(place, text), Err(SealError::Broken));
    assert!(broken(&SealKey::throw_away().unwrap(), PLACE, &text));
    for place in [("totp", "bob"), ("tot", "palice"), ("", "totpalice"), ("dns", "alice")] {
        assert!(broken(&key, place, &text), "{place:?}");
    }
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(broken(&key, PLACE, &String::from_utf8(changed).unwrap()), "character {at}");
        assert!(broken(&key, PLACE, &text[..at]), "the first {at} characters");
    }
}

#[test]
fn a_key_is_64_digits_in_a_file_and_nothing_else() {
    let folder = std::env::temp_dir().join(format!("holdfast-seal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("seal.key");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write(&format!("{}\n", "ab".repeat(32)));
    let sealed = SealKey::read(&path).unwrap().seal(PLACE, b"x").unwrap();
    assert_eq!(SealKey::read(&path).unwrap().open(PLACE, &sealed).unwrap().expose(), b"x");
    for wrong in ["", "ab", &"ab".repeat(33), &"xy".repeat(32), &format!(" {}", "ab".repeat(32))] {
        write(wrong);
        assert!(matches!(SealKey::read(&path), Err(SealError::NoKey { .. })), "{wrong}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(SealKey::read(&path), Err(SealError::Read { .. })));
}
