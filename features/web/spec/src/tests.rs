//! What crosses the wire, as files.

use converge::{Apply, Condition, Plan, Reason, Refusal, Report, Spec, Status, Wanted};
use names::{Digest, Generation, IndexOrder};
use wire::golden::Golden;

use super::*;

const ID: &str = "01990000-0000-7000-8000-000000000001";

fn wish<S: Spec>(key: S::Key, spec: Wanted<S>) -> Apply<S> {
    Apply::new(key, Generation::new(1).unwrap(), spec)
}

fn report<S: Spec>(wish: &Apply<S>, status: Status) -> Report {
    Report {
        kind: S::KIND.to_owned(),
        scope: wish.scope.to_string(),
        generation: wish.generation,
        digest: wish.digest,
        plan: Plan::default(),
        changed: true,
        taken: 1,
        status,
    }
}

fn site() -> SiteSpec {
    SiteSpec {
        account: "alice".parse().unwrap(),
        names: vec!["www.example.test".parse().unwrap(), "example.test".parse().unwrap()],
        docroot: "sites/www.example.test/public".parse().unwrap(),
        pool: Some("alice-8.4".parse().unwrap()),
        body_size: Some("256M".parse().unwrap()),
        index: Some(IndexOrder::default()),
        suspended: false,
        redirected: Vec::new(),
        serves: Serves::default(),
        disabled: false,
        maintenance: None,
        tls: None,
    }
}

fn server() -> WebServerSpec {
    WebServerSpec {
        listen: vec!["203.0.113.5:80".parse().unwrap(), "[2001:db8::5]:80".parse().unwrap()],
        ..WebServerSpec::default()
    }
}

/// A site with everything that a usual one has not.
fn with_all() -> SiteSpec {
    SiteSpec {
        redirected: vec!["example.test".parse().unwrap()],
        serves: Serves::Redirect(Redirect {
            to: "https://www.example.org/shop".parse().unwrap(),
            code: RedirectCode::Permanent,
            keep_path: true,
        }),
        disabled: true,
        maintenance: Some(Maintenance { allow: vec!["203.0.113.0/24".parse().unwrap()] }),
        tls: Some(SiteTls {
            certificate: ID.parse().unwrap(),
            force_https: true,
            hsts: Some(Hsts { max_age: 31_536_000, include_subdomains: true, preload: false }),
        }),
        ..site()
    }
}

#[test]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let base = wish::<WebServerSpec>(ID.parse().unwrap(), Wanted::Present(server()));
    let present = wish::<SiteSpec>(ID.parse().unwrap(), Wanted::Present(site()));
    let absent = wish::<SiteSpec>(ID.parse().unwrap(), Wanted::Absent);
    let plain = SiteSpec { body_size: None, index: None, pool: None, ..site() };
    let plain = wish::<SiteSpec>(ID.parse().unwrap(), Wanted::Present(plain));
    let serving = SiteSpec { tls: None, ..with_all() };
    let serving = wish::<SiteSpec>(ID.parse().unwrap(), Wanted::Present(serving));
    let tls = wish::<SiteSpec>(ID.parse().unwrap(), Wanted::Present(with_all()));
    let https = WebServerSpec {
        listen_tls: vec!["203.0.113.5:443".parse().unwrap()],
        tls_profile: TlsProfile::Modern,
        acme: Some("LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ".parse().unwrap()),
        ..server()
    };
    let https = wish::<WebServerSpec>(ID.parse().unwrap(), Wanted::Present(https));
    let shown =
        ProbeTls { address: "127.0.0.1:443".parse().unwrap(), name: "www.example.test".parse().unwrap() };
    let certificate = ProbeTlsReply {
        certificate: Digest::of(b"certificate"),
        names: vec!["www.example.test".to_owned()],
        covers: true,
        self_signed: false,
        issuer: "Pebble Intermediate CA".to_owned(),
        not_before: 1_790_000_000,
        not_after: 1_797_776_000,
        protocol: "TLSv1.3".to_owned(),
    };
    let refused = Status::not_ready(Condition::Degraded, Reason::ConfigRefused, "unknown directive");
    let foreign =
        Status::not_ready(Condition::Pending, Reason::ForeignConfigBroken, "/etc/nginx/x.conf: no \";\"");
    let bounds = Refusal::OutOfBounds {
        field: "listen/0".to_owned(),
        reason: "this address is named twice".to_owned(),
    };
    let asked = ProbeHttp {
        address: "127.0.0.1:80".parse().unwrap(),
        host: Some("www.example.test".parse().unwrap()),
        path: ProbePath::Identity,
    };
    let front = ProbeHttp { host: None, path: ProbePath::Front, ..asked.clone() };
    let seen = ProbeHttpReply {
        status: 200,
        site: Some(ID.parse().unwrap()),
        tree: Some(Digest::of(b"tree")),
        micros: 412,
    };
    let unknown = ProbeHttpReply { status: 404, site: None, tree: None, micros: 98 };
    let make = MakeDocroot { docroot: site().docroot, site: "www.example.test".parse().unwrap(), php: true };
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&base, &report(&base, Status::ready()))
        .error::<Apply<WebServerSpec>>("bounds", &bounds.into())
        .method(&present, &report(&present, Status::ready()))
        .request("absent", &absent)
        .request("shared-block", &plain)
        .request("serving", &serving)
        .request("https", &tls)
        .request("https", &https)
        .method(&shown, &certificate)
        .reply::<Apply<SiteSpec>>("refused", &report(&present, refused))
        .reply::<Apply<SiteSpec>>("foreign", &report(&present, foreign))
        .method(&asked, &seen)
        .request("front", &front)
        .reply::<ProbeHttp>("unknown", &unknown)
        .method(&make, &DocrootMade { created: true, starter: true })
        .method(&GetSizes { below: None }, &Sizes { bytes: 4096, entries: 1, truncated: false })
        .method(
            &GetTraffic { day: 20_454, after: None },
            &TrafficPage {
                sites: vec![SiteTraffic { site: ID.parse().unwrap(), requests: 12, bytes: 40_960 }],
                more: false,
            },
        )
        .method(
            &OpenSiteLogs { site: ID.parse().unwrap(), log: LogKind::Access, first: 0, fresh: true },
            &SiteLogFiles {
                files: vec![
                    SiteLogFile { number: 0, size: 4096, modified_at: 1_790_000_000_000_000 },
                    SiteLogFile { number: 1, size: 8_388_700, modified_at: 1_789_990_000_000_000 },
                ],
                next: Some(4),
                utc_offset: 3600,
            },
        )
        .request(
            "error",
            &OpenSiteLogs { site: ID.parse().unwrap(), log: LogKind::Error, first: 4, fresh: false },
        )
        .request("below", &GetSizes { below: Some("sites".parse().unwrap()) })
        .check()
        .unwrap();
}

#[test]
fn an_unknown_field_is_refused() {
    let mut request =
        serde_json::to_value(wish::<SiteSpec>(ID.parse().unwrap(), Wanted::Present(site()))).unwrap();
    request["spec"]["present"]["root"] = "/etc".into();
    assert!(serde_json::from_value::<Apply<SiteSpec>>(request).is_err());
}

#[test]
fn what_acts_on_a_terminal_is_written_as_its_number() {
    let mut text = String::new();
    log::write_plain("a\u{1b}[2J\u{202e}b\r\n\u{2028}<b>ä\\", &mut text);
    assert_eq!(text, "a\\u001b[2J\\u202eb\\u000d\\u000a\\u2028<b>ä\\");
}
