use cert_spec::SecretPem;

use super::*;
use crate::testing::{id, keys, names};

const RSA: &str = include_str!("../import/testdata/rsa.pkcs1.pem");

fn ask(of: &[&str]) -> MakeKey {
    MakeKey { certificate: id(), kind: KeyKind::Ecdsa, names: names(of) }
}

fn bring(text: &str) -> ImportKey {
    ImportKey { certificate: id(), key: SecretPem::new(text.to_owned()).unwrap() }
}

#[test]
fn the_same_names_find_the_same_key_and_request_again_also_after_a_crash() {
    let host = Host::for_test().unwrap();
    let made = Keys::default().make(&host, &ask(&["example.test", "*.example.test"])).unwrap();
    let wanted = ["example.test", "*.example.test"].map(str::to_owned).into();
    assert_eq!(requested(made.request.bytes()), Some(wanted));
    host.take_changes();
    let again = Keys::default().make(&host, &ask(&["*.example.test", "example.test"])).unwrap();
    assert_eq!(again, made);
    assert_eq!(host.take_changes(), Vec::<String>::new());
    let other = Keys::default().make(&host, &ask(&["example.test"])).unwrap();
    assert_ne!(other.key, made.key);
    assert_eq!(keys(&host).len(), 2);
}

#[test]
fn a_crash_at_any_step_leaves_no_key_that_the_next_call_does_not_find() {
    for changes in 0.. {
        let host = Host::for_test().unwrap();
        host.crash_after(changes);
        let first = Keys::default().make(&host, &ask(&["example.test"]));
        if host.crashed().is_none() {
            assert!(changes > 1, "no change is counted");
            break;
        }
        host.restart();
        let second = Keys::default().make(&host, &ask(&["example.test"])).unwrap();
        assert!(first.is_err() || first.unwrap() == second);
        assert_eq!(keys(&host), [format!("{}.pem", second.key)]);
    }
}

#[test]
fn keys_are_roots_alone() {
    let host = Host::for_test().unwrap();
    let made = Keys::default().make(&host, &ask(&["example.test"])).unwrap();
    for (path, mode) in [
        (layout::KEYS.to_owned(), 0o700),
        (layout::keys(id()), 0o700),
        (layout::waiting(id(), made.key), 0o600),
    ] {
        let meta = host.files().stat(&path).unwrap().unwrap();
        assert_eq!((meta.mode, meta.uid, meta.gid), (mode, 0, 0), "{path}");
    }
}

#[test]
fn what_cannot_be_made_is_refused_and_nothing_is_written() {
    let host = Host::for_test().unwrap();
    let many: Vec<String> = (0..101).map(|n| format!("a{n}.example.test")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let rsa = MakeKey { kind: KeyKind::Rsa, ..ask(&["example.test"]) };
    for ask in [ask(&[]), ask(&many), rsa] {
        assert!(matches!(Keys::default().make(&host, &ask), Err(KeyError::Refused(_))), "{ask:?}");
    }
    let weak = include_str!("../import/testdata/rsa1024.pem");
    assert!(matches!(
        Keys::default().import(&host, &bring(weak)),
        Err(KeyError::BadKey(KeyRefused::Weak(1024)))
    ));
    assert!(host.files().stat(layout::KEYS).unwrap().is_none());
}

#[test]
fn a_key_that_was_brought_is_kept_once_in_one_form() {
    let host = Host::for_test().unwrap();
    let first = Keys::default().import(&host, &bring(RSA)).unwrap();
    host.take_changes();
    let pkcs8 = include_str!("../import/testdata/rsa.pkcs8.pem");
    assert_eq!(Keys::default().import(&host, &bring(pkcs8)).unwrap(), first);
    assert_eq!(host.take_changes(), Vec::<String>::new());
    let kept = host.files().read_text(&layout::waiting(id(), first.key)).unwrap().unwrap();
    assert!(kept.starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

#[test]
fn what_waits_is_discarded_and_what_is_used_stays() {
    let host = Host::for_test().unwrap();
    let store = Keys::default();
    let discard = DiscardKeys { certificate: id() };
    assert_eq!(store.discard(&host, &discard).unwrap(), KeysDiscarded { keys: 0 });
    store.make(&host, &ask(&["example.test"])).unwrap();
    store.import(&host, &bring(RSA)).unwrap();
    assert_eq!(store.discard(&host, &discard).unwrap(), KeysDiscarded { keys: 2 });
    assert!(host.files().stat(&layout::keys(id())).unwrap().is_none());

    keep(&host, id(), &PrivateKey::generate().unwrap()).unwrap();
    store.make(&host, &ask(&["example.test"])).unwrap();
    assert_eq!(store.discard(&host, &discard).unwrap(), KeysDiscarded { keys: 1 });
    assert_eq!(keys(&host), ["used.pem"]);
}

#[test]
fn endless_orders_do_not_fill_the_disk() {
    let host = Host::for_test().unwrap();
    let newest =
        (0..20).map(|n| Keys::default().make(&host, &ask(&[&format!("a{n}.example.test")])).unwrap());
    let newest = newest.last().unwrap();
    assert_eq!(keys(&host).len(), MAX_WAITING);
    assert!(keys(&host).contains(&format!("{}.pem", newest.key)));
}
