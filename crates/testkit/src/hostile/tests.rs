use std::collections::HashSet;

use names::{
    AccountName, BodySize, ByteSize, CryptHash, Digest, DomainName, EmailAddress, Hostname, IndexFile, Label,
    ListenAddr, Micros, NameError, OpaqueToken, Password, PhpVersion, PoolName, RelPath, Scheme, SiteId,
    Special, SshPublicKey, UrlHost, WebUrl,
};
use serde_json::json;

use super::*;

type Read = fn(&str) -> Result<String, NameError>;

fn reader(kind: FieldKind) -> Option<Read> {
    Some(match kind {
        FieldKind::AccountName => |t| AccountName::parse(t).map(|v| v.to_string()),
        FieldKind::BodySize => |t| BodySize::parse(t).map(|v| v.to_string()),
        FieldKind::ByteSize => |t| ByteSize::parse(t).map(|v| v.to_string()),
        FieldKind::CryptHash => |t| CryptHash::parse(t).map(|v| v.expose().to_owned()),
        FieldKind::Digest => |t| Digest::parse(t).map(|v| v.to_string()),
        FieldKind::Domain => |t| DomainName::parse(t).map(|v| v.to_string()),
        FieldKind::Email => |t| EmailAddress::parse(t).map(|v| v.to_string()),
        FieldKind::Hostname => |t| Hostname::parse(t).map(|v| v.to_string()),
        FieldKind::Id => |t| SiteId::parse(t).map(|v| v.to_string()),
        FieldKind::IndexFile => |t| IndexFile::parse(t).map(|v| v.to_string()),
        FieldKind::Label => |t| Label::parse(t).map(|v| v.to_string()),
        FieldKind::Listen => |t| ListenAddr::parse(t).map(|v| v.to_string()),
        FieldKind::Moment => |t| Micros::parse(t).map(|v| v.to_string()),
        FieldKind::Password => |t| Password::parse(t).map(|v| v.expose().to_owned()),
        FieldKind::PhpVersion => |t| PhpVersion::parse(t).map(|v| v.to_string()),
        FieldKind::PoolName => |t| PoolName::parse(t).map(|v| v.to_string()),
        FieldKind::RelPath => |t| RelPath::parse(t).map(|v| v.to_string()),
        FieldKind::SshKey => |t| SshPublicKey::parse(t).map(|v| v.to_string()),
        FieldKind::Token => |t| OpaqueToken::parse(t).map(|v| v.expose().expose().clone()),
        FieldKind::WebUrl => |t| public(&WebUrl::parse(t)?),
        FieldKind::Text | FieldKind::Any => return None,
    })
}

/// As whoever calls addresses judges them where nothing more is allowed.
fn public(url: &WebUrl) -> Result<String, NameError> {
    let special = match url.host() {
        UrlHost::Address(address) => Special::of(*address).is_some(),
        UrlHost::Name(_) => false,
    };
    if special || url.scheme() == Scheme::Http || url.port() != 443 {
        return Err(NameError::new("url_address", "not of the public internet", "use another"));
    }
    Ok(url.to_string())
}

#[test]
fn every_value_of_names_does_what_its_payloads_expect() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for kind in FieldKind::ALL {
        let Some(read) = reader(kind) else { continue };
        assert_eq!(read(kind.sample()).unwrap(), kind.sample(), "{kind:?}");
        for payload in for_field(kind) {
            let Some(text) = payload.as_text() else { continue };
            count += 1;
            let right = match (&payload.expect, read(text)) {
                (Expect::Refused | Expect::RefusedOrKept, Err(_)) => true,
                (Expect::Canonical(form), Ok(value)) => value == *form,
                (Expect::RefusedOrKept, Ok(value)) => value == text,
                _ => false,
            };
            if !right {
                wrong.push(format!("{kind:?}: {}", payload.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 2500, "only {count} texts");
}

#[test]
fn no_text_is_given_twice_and_every_family_is_there() {
    for kind in FieldKind::ALL {
        let all = for_field(kind);
        let ids: HashSet<_> = all.iter().map(|p| &p.id).collect();
        assert_eq!(ids.len(), all.len(), "{kind:?}: an id occurs twice");
        for family in (1..=22).map(|n| format!("Z{n} ")) {
            assert!(ids.iter().any(|id| id.starts_with(&family)), "{kind:?} lacks {family}");
        }
        assert!(ids.iter().any(|id| id.starts_with('W')), "{kind:?} lacks W");
    }
}

#[test]
fn every_string_of_a_document_is_found() {
    let document = json!({"name": "a", "list": ["b", {"c/d~": "e"}], "n": 1, "none": null});
    assert_eq!(
        HashSet::from_iter(string_leaves(&document)),
        HashSet::from(["/name", "/list/0", "/list/1/c~1d~0"].map(String::from))
    );
    assert_eq!(scalar_leaves(&document).len(), 5);
    for at in string_leaves(&document) {
        assert!(document.pointer(&at).is_some_and(serde_json::Value::is_string), "{at}");
    }
}

#[test]
fn a_payload_takes_the_place_of_one_leaf() {
    let document = json!({"a": "x", "b": ["y"]});
    let put = |value, at| {
        let payload = Payload { id: String::new(), value, expect: Expect::Refused };
        embed(&document, at, &payload).map(|body| String::from_utf8_lossy(&body).into_owned())
    };
    assert_eq!(put(Value::Text("\n".into()), "/b/0").unwrap(), r#"{"a":"x","b":["\n"]}"#);
    assert_eq!(put(Value::Json(json!(1)), "/a").unwrap(), r#"{"a":1,"b":["y"]}"#);
    assert_eq!(put(Value::Raw(b"NaN".to_vec()), "/a").unwrap(), r#"{"a":NaN,"b":["y"]}"#);
    let twice = Value::Member { name: None, value: json!("z") };
    assert_eq!(put(twice.clone(), "/a").unwrap(), r#"{"a":"x","a":"z","b":["y"]}"#);
    assert_eq!(put(twice, "/b/0"), None);
    assert_eq!(put(Value::Text(String::new()), "/c"), None);
}

#[test]
fn every_payload_meets_every_string() {
    let document = json!({"name": "alice", "keys": ["k"]});
    let kind = |at: &str| if at == "/name" { FieldKind::AccountName } else { FieldKind::SshKey };
    let all = for_field(FieldKind::AccountName).len() + for_field(FieldKind::SshKey).len();
    // a second member has no place in a list
    let members =
        for_field(FieldKind::SshKey).iter().filter(|p| matches!(p.value, Value::Member { .. })).count();
    assert_eq!(cases(&document, kind).count(), all - members);
}

#[test]
fn a_leak_is_seen_and_a_plain_word_is_none() {
    let payload = Payload::text("x", "a\nuser = root");
    assert!(payload.leaked(b"[pool]\nvalue = a\nuser = root\n"));
    assert!(!payload.leaked(br#"{"refused":"a\nuser = root"}"#));
    assert!(!Payload::text("x", "--help").leaked(b"try --help"));
    assert_eq!(Payload::text("x", "../é").percent_encoded().unwrap(), "%2E%2E%2F%C3%A9");
}
