//! A certificate's life: the process stops before any change, and what is left is as after the undisturbed run, but for what is random in
//! keys. And nothing that is told or noted on the way holds anything of a key.

use cert_spec::{CertificateSpec, Der, DiscardKeys, ImportKey, Issued, KeyKind, MakeKey, SecretPem};
use names::CertificateId;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};

use super::*;
use crate::journal::JOURNAL;
use crate::{keys, leftovers};

const CERTIFICATE: &str = "01990000-0000-7000-8000-000000000007";
const BROUGHT: &str = include_str!("../../../../features/cert/agent/src/import/testdata/p256.sec1.pem");
const BROUGHT_PKCS8: &str =
    include_str!("../../../../features/cert/agent/src/import/testdata/p256.pkcs8.pem");
const NAMES: [&str; 2] = ["example.test", "*.example.test"];
const KEYS: &str = "/var/lib/holdfast-agent/keys/01990000-0000-7000-8000-000000000007";

/// One call of the panel.
#[derive(Clone)]
enum Call {
    Apply(Box<Apply<CertificateSpec>>),
    Make,
    Import,
    Discard,
}

impl Call {
    fn send(&self, agent: &Agent) -> Result<Option<Report>, String> {
        let certificate = id();
        match self {
            Self::Apply(wish) => {
                return agent.certificates.apply((**wish).clone()).map(Some).map_err(|e| e.to_string());
            }
            Self::Make => keys::make(agent, &make()).map(drop),
            Self::Import => keys::import(agent, &import()).map(drop),
            Self::Discard => keys::discard(agent, &DiscardKeys { certificate }).map(drop),
        }
        .map(|()| None)
        .map_err(|e| e.to_string())
    }
}

fn id() -> CertificateId {
    CERTIFICATE.parse().unwrap()
}

fn make() -> MakeKey {
    let names = NAMES.iter().map(|name| name.parse().unwrap()).collect();
    MakeKey { certificate: id(), kind: KeyKind::Ecdsa, names }
}

fn import() -> ImportKey {
    ImportKey { certificate: id(), key: SecretPem::new(BROUGHT.to_owned()).unwrap() }
}

fn wanted(generation: u64, names: &[&str], issued: Option<Issued>) -> Call {
    let names = names.iter().map(|name| name.parse().unwrap()).collect();
    let spec = CertificateSpec { account: None, names, issued };
    Call::Apply(Box::new(wish(CERTIFICATE, generation, Wanted::Present(spec))))
}

/// What an authority would issue for a key.
fn issue(key: &str) -> Issued {
    let pair = KeyPair::from_pem(key).unwrap();
    let names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let certificate = CertificateParams::new(names).unwrap().self_signed(&pair).unwrap();
    let key = Digest::of(pair.subject_public_key_info());
    Issued { chain: vec![Der::new(certificate.der().to_vec()).unwrap()], key }
}

/// What waits on the host, but for the key that is used and the one that was brought.
fn ordered(host: &Host) -> String {
    let brought = Digest::of(KeyPair::from_pem(BROUGHT_PKCS8).unwrap().subject_public_key_info());
    let names = host.files().list(KEYS).unwrap().into_iter().map(|(name, _)| name);
    let mut waiting = names.filter(|name| name != "used.pem" && *name != format!("{brought}.pem"));
    host.files().read_text(&format!("{KEYS}/{}", waiting.next().unwrap())).unwrap().unwrap()
}

const CALLS: usize = 10;

/// The calls of a life, by their number; what one holds may depend on what those before it left.
fn call(number: usize, host: &Host) -> Call {
    match number {
        0 => wanted(1, &NAMES, None),
        1 | 4 | 8 => Call::Make,
        2 => wanted(2, &NAMES, Some(issue(&ordered(host)))),
        3 => Call::Import,
        5 => wanted(3, &NAMES, Some(issue(BROUGHT_PKCS8))),
        6 => Call::Discard,
        7 => wanted(4, &["other.test"], None),
        _ => Call::Apply(Box::new(wish(CERTIFICATE, 5, Wanted::Absent))),
    }
}

/// The state of the host with what is random taken out: of keys and certificates what they are and whether they fit, and of the ledger how
/// the certificate stands.
fn shape(host: &Host) -> Vec<String> {
    let shown = |(path, text): (String, String)| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let path = if name.len() == 68 { path.replace(name, "<key>.pem") } else { path };
        let mode = text.split(' ').next().unwrap_or_default().to_owned();
        if let Some(at) = text.find("-----BEGIN PRIVATE KEY") {
            let labels: Vec<&str> = text.lines().filter(|line| line.starts_with("-----BEGIN")).collect();
            return format!("{path} {mode} {labels:?} fits: {}", fits(&text[at..]));
        }
        if path.contains("/ledger/certificate/") {
            let entry: serde_json::Value = serde_json::from_str(&text[mode.len() + 1..]).unwrap();
            let claims = entry["claims"].as_object().map_or(0, serde_json::Map::len);
            return format!("{path} {mode} {} {} {claims}", entry["status"], entry["observed_generation"]);
        }
        format!("{path} {text}")
    };
    let mut lines: Vec<String> = state(host).into_iter().map(shown).collect();
    lines.sort();
    lines
}

/// Whether the certificate or request behind a key, if there is one, is for that key.
fn fits(text: &str) -> bool {
    let public = KeyPair::from_pem(text).unwrap().public_key_raw().to_vec();
    let second = text.split("-----BEGIN CERTIFICATE").nth(1);
    second.is_none_or(|block| {
        let base64: String = block.lines().skip(1).take_while(|line| !line.starts_with('-')).collect();
        let der: Der = serde_json::from_value(base64.into()).unwrap();
        der.bytes().windows(public.len()).any(|at| at == public)
    })
}

fn ready(report: Option<&Report>, told: &str) {
    assert!(report.is_none_or(|report| report.status.condition == Condition::Ready), "{told}: {report:?}");
}

/// Where the undisturbed run stands after each call.
fn calm() -> Vec<Vec<String>> {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    let run = |number| {
        let report = call(number, &host).send(&agent).unwrap();
        ready(report.as_ref(), &number.to_string());
        shape(&host)
    };
    (0..CALLS).map(run).collect()
}

#[test]
fn a_crash_before_any_change_of_a_certificate_or_key_ends_where_the_undisturbed_run_ends() {
    let undisturbed = calm();
    let mut points = 0;
    for (number, wanted) in undisturbed.iter().enumerate() {
        for changes in 0.. {
            let host = host();
            let agent = Agent::new(Arc::clone(&host));
            for before in 0..number {
                call(before, &host).send(&agent).unwrap();
            }
            let call = call(number, &host);
            host.crash_after(changes);
            let _ = call.send(&agent);
            let Some(before) = host.crashed() else { break };
            points += 1;
            drop(agent);
            host.restart();

            let agent = Agent::new(Arc::clone(&host));
            assert_eq!(leftovers::sweep(&host), 0);
            agent.world.sweep(&|| false, |_| {}).unwrap();
            let told = format!("call {number} stopped before `{before}`");
            ready(call.send(&agent).unwrap().as_ref(), &told);
            assert_eq!(shape(&host), *wanted, "{told}");
            let counts = agent.world.sweep(&|| false, |_| {}).unwrap();
            assert_eq!(counts.differing, 0, "{told}");
        }
    }
    println!("crash points: {points}");
    assert!(points > 40, "only {points} points: changes are not counted");
}

#[test]
fn every_call_about_a_certificate_run_twice_changes_nothing_the_second_time() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    for number in 0..CALLS {
        let call = call(number, &host);
        call.send(&agent).unwrap();
        host.take_changes();
        let again = call.send(&agent).unwrap();
        assert!(again.is_none_or(|report| report.plan.is_empty() && !report.changed));
        let mut changes = host.take_changes();
        changes.retain(|change| *change != format!("append to {JOURNAL}"));
        assert_eq!(changes, Vec::<String>::new(), "call {number}");
        let counts = agent.world.sweep(&|| false, |_| {}).unwrap();
        assert_eq!((counts.differing, counts.writes, counts.unit_changes), (0, 0, 0));
        assert_eq!(host.take_changes(), Vec::<String>::new(), "a sweep of a converged host changes nothing");
    }
}

#[test]
fn a_lost_certificate_is_put_back_with_its_key_by_the_ledger_and_the_kept_key() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    for number in 0..3 {
        call(number, &host).send(&agent).unwrap();
    }
    let whole = state(&host);
    host.files().remove_tree(cert_agent::TLS).unwrap();
    drop(agent);
    Agent::new(Arc::clone(&host)).world.sweep(&|| false, |_| {}).unwrap();
    assert_eq!(state(&host), whole);
}

#[test]
fn nothing_that_is_told_or_noted_holds_anything_of_a_key() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    let (mut secrets, mut told) = (vec![BROUGHT.to_owned(), BROUGHT_PKCS8.to_owned()], String::new());
    let file = format!("{}/{CERTIFICATE}.pem", cert_agent::TLS);
    for number in 0..CALLS {
        let call = call(number, &host);
        if let Call::Apply(wish) = &call {
            let dry = Apply { dry_run: true, ..(**wish).clone() };
            told.push_str(&serde_json::to_string(&agent.certificates.apply(dry).unwrap()).unwrap());
        }
        let report = call.send(&agent).unwrap();
        told.push_str(&serde_json::to_string(&report).unwrap());
        secrets.extend(host.files().read_text(&file).unwrap());
        if number == 5 {
            // somebody mixes two keys up by hand, and it is taken back
            let foreign = format!("{BROUGHT}{BROUGHT_PKCS8}");
            host.files().write(&file, foreign.as_bytes(), 0o640, (0, 33)).unwrap();
            agent.world.sweep(&|| false, |report| told.extend([format!("{report:?}")])).unwrap();
            let drift = agent.world.drift().unwrap();
            assert_eq!(drift.len(), 1);
            told.push_str(&serde_json::to_string(&drift).unwrap());
            let object = Object { kind: "certificate".to_owned(), scope: CERTIFICATE.to_owned() };
            let decision = RunDriftAction {
                object,
                action: DriftAction::Revert,
                foreign: Some(Digest::of(&foreign)),
                path: Some(file.clone()),
                until: None,
                reason: None,
                cause: converge::Cause::default(),
            };
            let report = crate::server::decide(&agent, &decision).unwrap();
            ready(Some(&report), "reverted");
            told.push_str(&serde_json::to_string(&report).unwrap());
        }
        secrets.extend(host.files().read_text(&file).unwrap());
        // the ledger, the journal and what was done
        let noted = state(&host).into_iter().filter(|(path, _)| path.starts_with("/var/lib/holdfast-agent"));
        let noted = noted.filter(|(path, _)| !path.contains("/keys/") && !path.contains("/drift/"));
        noted.for_each(|(_, text)| told.push_str(&text));
    }
    for log in [JOURNAL, crate::changes::CHANGES] {
        let text = host.files().read_text(log).unwrap().unwrap();
        assert!(text.contains(CERTIFICATE), "{log}");
        told.push_str(&text);
    }
    let body = |line: &&str| !line.starts_with("-----") && line.len() > 20;
    for secret in secrets {
        let key = secret.split("-----BEGIN CERTIFICATE").next().unwrap_or_default();
        for line in key.lines().filter(body) {
            assert!(!told.contains(line), "{line}");
        }
    }
    assert!(!told.contains("PRIVATE KEY"));
}
