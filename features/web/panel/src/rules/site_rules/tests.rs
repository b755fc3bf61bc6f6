use serde_json::{Value, json};

use super::*;

fn hash(letter: char) -> CryptHash {
    CryptHash::parse(&format!("$6$rounds=5000$saltsalt${}", letter.to_string().repeat(86))).unwrap()
}

fn stored(path: Option<&str>, users: &[(&str, char)]) -> Rule {
    let users: Vec<Value> =
        users.iter().map(|(name, letter)| json!({ "name": name, "hash": hash(*letter).expose() })).collect();
    let mut rule = json!({ "password": { "realm": "a", "users": users } });
    if let Some(path) = path {
        rule["password"]["path"] = path.into();
    }
    serde_json::from_value(rule).unwrap()
}

fn wanted(path: Option<&str>, users: &[(&str, Option<char>)]) -> Rule<HashedUser> {
    let names: Vec<(&str, char)> = users.iter().map(|(name, _)| (*name, 'x')).collect();
    let mut hashes = users.iter().map(|(_, letter)| letter.map(hash));
    let rule = stored(path, &names);
    let with = |_: Option<&names::PathPattern>, user: DirectoryUser| {
        Ok::<_, ApiError>(HashedUser { name: user.name, hash: hashes.next().unwrap() })
    };
    rule.with_users(with).unwrap()
}

#[test]
fn who_is_sent_without_a_password_keeps_the_one_of_the_directory() {
    let before = [stored(Some("/a"), &[("alice", 'a'), ("bob", 'b')]), stored(Some("/b"), &[("alice", 'c')])];
    let after = [
        wanted(Some("/b"), &[("alice", None)]),
        wanted(Some("/a"), &[("alice", Some('d')), ("bob", None)]),
        wanted(None, &[("bob", None)]),
    ];
    let kept = kept(&after, &before).unwrap();
    assert_eq!(kept[0], stored(Some("/b"), &[("alice", 'c')]));
    assert_eq!(kept[1], stored(Some("/a"), &[("alice", 'd'), ("bob", 'b')]));
    assert_eq!(kept[2], stored(None, &[("bob", 'b')]), "the directory was moved");
}

#[test]
fn a_name_without_a_password_anywhere_or_with_several_elsewhere_is_refused_at_its_place() {
    let before = [stored(Some("/a"), &[("alice", 'a')]), stored(Some("/b"), &[("alice", 'c')])];
    for name in ["mallory", "alice"] {
        let after = [wanted(Some("/a"), &[("alice", None)]), wanted(Some("/new"), &[(name, None)])];
        let error = kept(&after, &before).unwrap_err();
        let text = format!("{error:?}");
        assert!(
            text.contains("/rules/1/password/users/0/password") && text.contains("password_missing"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn passwords_are_hashed_and_what_contradicts_itself_is_not() {
    let passwords = Passwords::new().unwrap();
    let sent = |users: Value| -> Vec<Rule<SentUser>> {
        serde_json::from_value(json!([{ "password": { "realm": "a", "users": users } }])).unwrap()
    };
    let rules = hashed(
        &passwords,
        sent(json!([
            { "name": "alice" },
            { "name": "bob", "password": "open sesame" },
        ])),
    )
    .await
    .unwrap();
    let Rule::Password(directory) = &rules[0] else { panic!("another kind") };
    assert!(directory.users[0].hash.is_none());
    assert!(directory.users[1].hash.as_ref().unwrap().expose().starts_with("$6$rounds=5000$"));
    assert!(!format!("{rules:?}").contains("sesame"));
    let error = hashed(&passwords, sent(json!([{ "name": "a" }, { "name": "a" }]))).await.unwrap_err();
    assert!(format!("{error:?}").contains("/rules/0/password/users/1/name"), "{error:?}");
}
