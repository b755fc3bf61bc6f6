use std::sync::{Arc, Mutex};
use std::time::Duration;

use cert_spec::{ImportKey, Issued, KeyKind, MakeKey, SecretPem};
use converge::{Apply, Condition, DriftRules, Engine, LedgerStore, MemoryLedger, Refusal, Report, Status};
use names::Generation;

use super::*;
use crate::layout::TLS;
use crate::leaf::Leaf;
use crate::pair::Pair;
use crate::store::Keys;
use crate::testing::{id, issue, keys, names};

const NAMES: [&str; 2] = ["example.test", "*.example.test"];
const BROUGHT: &str = include_str!("../import/testdata/p256.sec1.pem");

struct Server {
    host: Host,
    ledger: Arc<MemoryLedger>,
    engine: Engine<Certificates, MemoryLedger>,
    kept: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let (ledger, kept) = (Arc::new(MemoryLedger::default()), Arc::<Mutex<Vec<String>>>::default());
        let notes = kept.clone();
        let keep = Arc::new(move |_: &str, _: &str, edit: &Edit| {
            notes.lock().unwrap().push(edit.foreign.to_string());
            Ok(())
        });
        let rules = DriftRules { enforce: false, keep };
        let engine = Engine::new(Certificates, ledger.clone(), Arc::new(|| 1_000), rules);
        Self { host: Host::for_test().unwrap(), ledger, engine, kept }
    }

    fn wish(generation: u64, want: Wanted<CertificateSpec>) -> Apply<CertificateSpec> {
        Apply::new(id(), Generation::new(generation).unwrap(), want)
    }

    fn apply(&self, generation: u64, want: Wanted<CertificateSpec>) -> Report {
        self.engine.apply(&self.host, Self::wish(generation, want)).unwrap()
    }

    fn plan(&self, generation: u64, want: Wanted<CertificateSpec>) -> Report {
        let wish = Apply { dry_run: true, ..Self::wish(generation, want) };
        self.engine.apply(&self.host, wish).unwrap()
    }

    fn pass(&self) -> Report {
        self.engine.pass(&self.host, &id()).unwrap().unwrap()
    }

    fn file(&self) -> String {
        self.host.files().read_text(&layout::file(id())).unwrap().unwrap()
    }

    fn leaf(&self) -> Leaf {
        Pair::read(&self.file().into()).unwrap().leaf
    }

    fn make_key(&self) -> Digest {
        let ask = MakeKey { certificate: id(), kind: KeyKind::Ecdsa, names: names(&NAMES) };
        Keys::default().make(&self.host, &ask).unwrap().key
    }

    fn import_key(&self) -> Digest {
        let key = SecretPem::new(BROUGHT.to_owned()).unwrap();
        Keys::default().import(&self.host, &ImportKey { certificate: id(), key }).unwrap().key
    }

    /// A server that shows what an authority issued.
    fn issued() -> (Self, Issued) {
        let server = Self::new();
        let issued = issue(&server.host, server.make_key(), &NAMES);
        assert_eq!(server.apply(1, wanted(Some(issued.clone()))).status, Status::ready());
        (server, issued)
    }

    /// Everything that is told or kept of the certificate, but for the files themselves.
    fn told(&self, reports: &[Report]) -> String {
        let entry = self.ledger.load::<CertificateSpec>(&id()).unwrap();
        let preview = self.engine.preview(&self.host, &id()).unwrap();
        format!(
            "{reports:?} {} {} {preview:?}",
            serde_json::to_string(reports).unwrap(),
            serde_json::to_string(&*entry.unwrap()).unwrap()
        )
    }
}

fn wanted(issued: Option<Issued>) -> Wanted<CertificateSpec> {
    Wanted::Present(CertificateSpec { account: None, names: names(&NAMES), issued })
}

fn codes(report: &Report) -> Vec<&str> {
    report.plan.steps.iter().map(|step| step.code.as_str()).collect()
}

fn quiet(server: &Server) {
    server.host.take_changes();
    let report = server.pass();
    assert!(report.plan.is_empty(), "{report:?}");
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
}

#[test]
fn a_new_certificate_signs_itself_for_all_names() {
    let server = Server::new();
    let report = server.apply(1, wanted(None));
    assert_eq!((report.status, report.taken), (Status::ready(), 2));
    let leaf = server.leaf();
    assert!(leaf.ours && leaf.is_valid_at(server.host.now()));
    assert_eq!(leaf.names, NAMES.map(str::to_owned).into());
    let file = server.host.files().stat(&layout::file(id())).unwrap().unwrap();
    assert_eq!((file.mode, file.uid, file.gid), (0o640, 0, 33));
    let directory = server.host.files().stat(TLS).unwrap().unwrap();
    assert_eq!((directory.mode, directory.uid, directory.gid), (0o750, 0, 33));
    assert!(server.host.files().stat(layout::KEYS).unwrap().is_none(), "its key is nowhere else");
    quiet(&server);
    assert_eq!(server.apply(1, wanted(None)).taken, 0);
}

#[test]
fn another_set_of_names_makes_another() {
    let server = Server::new();
    server.apply(1, wanted(None));
    let key = server.leaf().key;
    let spec = CertificateSpec { account: None, names: names(&["other.test"]), issued: None };
    assert_eq!(server.apply(2, Wanted::Present(spec)).status, Status::ready());
    assert_eq!(server.leaf().names, ["other.test".to_owned()].into());
    assert_ne!(server.leaf().key, key);
}

#[test]
fn a_self_signed_one_is_made_again_before_it_ends_and_not_because_a_clock_is_a_year_ahead() {
    let server = Server::new();
    server.apply(1, wanted(None));
    let clock = server.host.fake_clock().unwrap();
    let days = |days: u64| Duration::from_hours(24 * days);
    clock.advance(days(366));
    quiet(&server);
    clock.advance(days(3650 - 366 - 31));
    quiet(&server);
    let key = server.leaf().key;
    clock.advance(days(2));
    let report = server.pass();
    assert_eq!((codes(&report), report.status.clone()), (vec!["file.write"], Status::ready()));
    assert_ne!(server.leaf().key, key);
    quiet(&server);
    // it was made while the clock was wrong
    clock.set_back(days(3000));
    assert_eq!(server.pass().status, Status::ready());
    assert!(server.leaf().is_valid_at(server.host.now()));
}

#[test]
fn what_an_authority_issued_is_joined_with_the_key_that_waited() {
    let (server, issued) = Server::issued();
    let file = server.file();
    let blocks = pem::parse_many(&file).unwrap();
    let tags: Vec<&str> = blocks.iter().map(pem::Pem::tag).collect();
    assert_eq!(tags, ["PRIVATE KEY", "CERTIFICATE", "CERTIFICATE"]);
    assert_eq!(blocks[1].contents(), issued.chain[0].bytes());
    assert_eq!(blocks[2].contents(), issued.chain[1].bytes());
    assert_eq!(server.leaf().key, issued.key);
    assert_eq!(keys(&server.host), ["used.pem"]);
    quiet(&server);
}

#[test]
fn without_the_key_what_works_stays_and_the_same_plan_goes_through_once_the_key_is_there() {
    let (server, _) = Server::issued();
    let (other, before) = (Server::new(), server.file());
    let brought = issue(&other.host, other.import_key(), &NAMES);
    let shown = server.plan(2, wanted(Some(brought.clone())));
    assert_eq!(codes(&shown), ["file.write"]);
    for report in [server.apply(2, wanted(Some(brought.clone()))), server.pass()] {
        assert_eq!(report.status.condition, Condition::Degraded);
        assert_eq!(report.status.reason, Some(Reason::ConfigRefused));
        assert!(report.status.message.unwrap().ends_with("the key is not on this server"));
    }
    assert_eq!(server.file(), before);

    server.import_key();
    let wish =
        Apply { expect_plan: Some(shown.plan.hash()), ..Server::wish(3, wanted(Some(brought.clone()))) };
    assert_eq!(server.engine.apply(&server.host, wish).unwrap().status, Status::ready());
    assert_eq!(server.leaf().key, brought.key);
    assert_eq!(keys(&server.host), ["used.pem"]);
    quiet(&server);
}

#[test]
fn where_nothing_works_a_self_signed_one_is_shown_until_the_key_comes() {
    let (server, other) = (Server::new(), Server::new());
    let brought = issue(&other.host, other.import_key(), &NAMES);
    let report = server.apply(1, wanted(Some(brought.clone())));
    assert_eq!(report.status.reason, Some(Reason::ConfigRefused), "{report:?}");
    assert!(server.leaf().ours);
    server.host.take_changes();
    assert_eq!(server.pass().status.reason, Some(Reason::ConfigRefused));
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    // its mode is held nevertheless
    server.host.files().set_meta(&layout::file(id()), 0o644, (0, 0)).unwrap();
    assert_eq!(server.pass().status.reason, Some(Reason::ConfigRefused));
    let file = server.host.files().stat(&layout::file(id())).unwrap().unwrap();
    assert_eq!((file.mode, file.gid), (0o640, 33));
    server.import_key();
    assert_eq!(server.pass().status, Status::ready());
    assert_eq!(server.leaf().key, brought.key);
}

#[test]
fn a_chain_that_does_not_fit_or_cannot_be_read_is_refused_and_what_works_stays() {
    let (server, issued) = Server::issued();
    let before = server.file();
    let der = |bytes: &[u8]| cert_spec::Der::new(bytes.to_vec()).unwrap();
    let stranger = issue(&server.host, server.make_key(), &NAMES);
    let longer = [issued.chain[0].bytes(), &[0]].concat();
    let bad = [
        ("issued/key", Issued { chain: stranger.chain, key: issued.key }),
        ("issued/chain/1", Issued { chain: vec![issued.chain[0].clone(), der(b"?")], key: issued.key }),
        ("issued/chain/0", Issued { chain: vec![der(&longer)], key: issued.key }),
        ("issued/chain", Issued { chain: Vec::new(), key: issued.key }),
        ("issued/chain", Issued { chain: vec![issued.chain[0].clone(); 11], key: issued.key }),
    ];
    for (field, issued) in bad {
        let wish = Apply { dry_run: true, ..Server::wish(2, wanted(Some(issued))) };
        match server.engine.apply(&server.host, wish) {
            Err(Refusal::OutOfBounds { field: told, .. }) => assert_eq!(told, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    for list in [vec![], vec!["a.test", "a.test"]] {
        let spec = CertificateSpec { account: None, names: names(&list), issued: None };
        let report = server.apply(2 + list.len() as u64, Wanted::Present(spec));
        assert_eq!(report.status.reason, Some(Reason::Refused));
    }
    assert_eq!(server.file(), before);
}

#[test]
fn what_is_lost_or_has_a_wrong_mode_or_owner_is_put_back_with_its_key() {
    let (server, _) = Server::issued();
    let (before, path) = (server.file(), layout::file(id()));
    server.host.files().remove(&path).unwrap();
    assert_eq!(codes(&server.pass()), ["file.write"]);
    assert_eq!(server.file(), before);

    server.host.files().set_meta(&path, 0o644, (0, 0)).unwrap();
    server.host.files().set_meta(TLS, 0o755, (0, 0)).unwrap();
    assert_eq!(codes(&server.pass()), ["dir.make", "file.meta"]);
    quiet(&server);

    server.host.files().remove_tree(TLS).unwrap();
    assert_eq!(codes(&server.pass()), ["dir.make", "file.write"]);
    assert_eq!(server.file(), before);

    server.host.files().remove_tree(layout::KEYS).unwrap();
    assert_eq!(codes(&server.pass()), ["key.keep"]);
    assert_eq!(keys(&server.host), ["used.pem"]);
    quiet(&server);
}

#[test]
fn a_hand_edit_is_held_and_kept_before_it_is_taken_back() {
    let (server, issued) = Server::issued();
    let path = layout::file(id());
    server.host.files().write(&path, b"by hand", 0o640, (0, 33)).unwrap();
    assert_eq!(server.pass().status.reason, Some(Reason::Edited));
    assert_eq!(server.apply(2, wanted(None)).status.reason, Some(Reason::Edited));
    assert_eq!(server.file(), "by hand");
    let wish = Apply { overwrite: true, ..Server::wish(3, wanted(Some(issued))) };
    assert_eq!(server.engine.apply(&server.host, wish).unwrap().status, Status::ready());
    assert_eq!(*server.kept.lock().unwrap(), ["by hand"]);
}

#[test]
fn an_order_under_way_keeps_its_key_and_what_came_before_it_goes_with_it() {
    let (server, _) = Server::issued();
    server.import_key();
    let ordered = server.make_key();
    quiet(&server);
    assert_eq!(keys(&server.host).len(), 3);
    let renewed = issue(&server.host, ordered, &NAMES);
    let later = MakeKey { certificate: id(), kind: KeyKind::Ecdsa, names: names(&["later.test"]) };
    let later = Keys::default().make(&server.host, &later).unwrap().key;
    let report = server.apply(2, wanted(Some(renewed)));
    assert_eq!((codes(&report), report.status.clone()), (vec!["file.write"], Status::ready()));
    let mut left = vec![format!("{later}.pem"), "used.pem".to_owned()];
    left.sort();
    assert_eq!(keys(&server.host), left);
    assert_eq!(server.leaf().key, ordered);
    assert_ne!(server.make_key(), ordered, "a key that was used is not asked for again");
}

#[test]
fn a_chain_that_is_taken_back_leaves_no_key_behind() {
    let (server, _) = Server::issued();
    let report = server.apply(2, wanted(None));
    assert_eq!((codes(&report), report.status.clone()), (vec!["file.write", "key.remove"], Status::ready()));
    assert!(server.leaf().ours);
    assert_eq!(keys(&server.host), Vec::<String>::new());
    quiet(&server);
}

#[test]
fn a_removed_certificate_leaves_neither_file_nor_key() {
    let (server, _) = Server::issued();
    server.make_key();
    let report = server.apply(2, Wanted::Absent);
    assert_eq!(report.status, Status::ready());
    assert_eq!(codes(&report), ["file.remove", "key.remove"]);
    assert!(server.host.files().stat(&layout::file(id())).unwrap().is_none());
    assert!(server.host.files().stat(&layout::keys(id())).unwrap().is_none());
    quiet(&server);
}

#[test]
fn a_file_that_was_never_ours_outlives_the_certificate() {
    let server = Server::new();
    server.host.files().ensure_dir(TLS, 0o750, (0, 33)).unwrap();
    server.host.files().write(&layout::file(id()), b"foreign", 0o640, (0, 33)).unwrap();
    assert_eq!(server.apply(1, wanted(None)).status.reason, Some(Reason::Edited));
    assert_eq!(server.apply(2, Wanted::Absent).status, Status::ready());
    assert_eq!(server.file(), "foreign");
}

#[test]
fn before_the_web_server_is_installed_a_certificate_waits() {
    let server = Server::new();
    server.host.files().remove("/etc/nginx/nginx.conf").unwrap();
    let report = server.apply(1, wanted(None));
    assert_eq!(report.status.reason, Some(Reason::WaitsFor));
    assert!(report.status.message.unwrap().contains("role web"));
    assert!(server.host.files().stat(TLS).unwrap().is_none());
}

#[test]
fn no_plan_report_or_ledger_holds_anything_of_a_key() {
    let server = Server::new();
    let mut secrets = Vec::new();
    let mut reports = vec![server.plan(1, wanted(None)), server.apply(1, wanted(None))];
    secrets.push(server.file());
    let issued = issue(&server.host, server.make_key(), &NAMES);
    reports.push(server.plan(2, wanted(Some(issued.clone()))));
    reports.push(server.apply(2, wanted(Some(issued.clone()))));
    secrets.push(server.file());
    let mut told = server.told(&reports);
    // somebody puts another key there, and edits it away again
    let foreign = format!("{BROUGHT}{}", server.file());
    server.host.files().write(&layout::file(id()), foreign.as_bytes(), 0o640, (0, 33)).unwrap();
    reports.push(server.pass());
    reports.push(server.apply(3, wanted(None)));
    told.push_str(&server.told(&reports));
    reports.push(server.plan(4, Wanted::Absent));
    reports.push(server.apply(4, Wanted::Absent));
    secrets.push(BROUGHT.to_owned());
    told.push_str(&server.told(&reports));
    for secret in secrets {
        let body = |line: &&str| !line.starts_with("-----") && line.len() > 20;
        let key = secret.split("-----END PRIVATE").next().unwrap_or_default();
        let lines: Vec<&str> = key.lines().filter(body).collect();
        assert!(!lines.is_empty());
        for line in lines {
            assert!(!told.contains(line), "{line}");
        }
    }
    assert!(!told.contains("PRIVATE KEY"));
}
