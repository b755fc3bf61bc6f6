use converge::{Condition, Reason, Status};

use web_spec::SiteSpec;

use super::*;
use crate::layout::certificate_file;
use crate::testing::{Server, base_with_tls, certificate, spec};

fn wish(listen: &[&str]) -> Wanted<WebServerSpec> {
    Wanted::Present(WebServerSpec {
        listen: listen.iter().map(|l| l.parse().unwrap()).collect(),
        ..WebServerSpec::default()
    })
}

#[test]
fn the_base_is_brought_about_and_the_second_run_plans_nothing() {
    let server = Server::new();
    let first = server.apply_base(1);
    assert_eq!(first.status, Status::ready());
    let paths: Vec<&str> = first.plan.steps.iter().filter_map(|s| s.path.as_deref()).collect();
    assert_eq!(paths[0], NGINX_LOGS);
    assert_eq!(paths[1], "/etc/nginx/conf.d/holdfast.conf", "the test sees the tree through it");
    assert_eq!(paths[2..].len(), 4);
    let logs = server.host.files().stat(NGINX_LOGS).unwrap().unwrap();
    assert_eq!((logs.mode, logs.uid, logs.gid), (0o710, 0, 33), "nginx's workers reach it, tenants do not");
    server.host.take_changes();
    assert!(server.apply_base(1).plan.is_empty());
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
}

#[test]
fn what_includes_the_others_comes_last_and_goes_first() {
    let server = Server::new();
    server.apply_base(1);
    let live = |server: &Server| -> Vec<String> {
        let changes = server.host.take_changes();
        changes
            .into_iter()
            .filter(|change| change.contains("/etc/nginx/holdfast/") && change.contains(".conf"))
            .collect()
    };
    let made = live(&server);
    assert_eq!(made.last().unwrap(), "write /etc/nginx/holdfast/http.conf", "{made:?}");
    server.wish_base(2, Wanted::Absent);
    let gone = live(&server);
    assert_eq!(gone[0], "remove /etc/nginx/holdfast/http.conf", "{gone:?}");
}

#[test]
fn other_addresses_change_no_sites_file() {
    let server = Server::new();
    server.apply_base(1);
    server.apply(1, 1, Wanted::Present(crate::testing::own_block(&["www.example.test"])));
    let before = server.live();
    assert_eq!(server.wish_base(2, wish(&["0.0.0.0:80", "[::]:80"])).status, Status::ready());
    let changed: Vec<String> =
        server.live().into_iter().filter(|(rel, text)| before[rel] != *text).map(|(rel, _)| rel).collect();
    assert_eq!(changed, ["listen.conf", "server.conf", "tree.conf"]);
}

#[test]
fn addresses_outside_the_bounds_are_refused_with_the_field() {
    let bounds = hostd::Bounds { listen: vec!["203.0.113.5".parse().unwrap()], ..hostd::Bounds::default() };
    let server = Server::on(Host::for_test_with(bounds).unwrap(), None);
    for (listen, field) in [
        (&[][..], "listen"),
        (&["203.0.113.6:80"], "listen/0"),
        (&["203.0.113.5:80", "0.0.0.0:80"], "listen/1"),
        (&["203.0.113.5:80", "203.0.113.5:80"], "listen/1"),
    ] {
        let report = server.base.apply(
            &server.host,
            converge::Apply {
                dry_run: true,
                ..converge::Apply::new(
                    crate::testing::node(),
                    names::Generation::new(1).unwrap(),
                    wish(listen),
                )
            },
        );
        assert!(
            matches!(report, Err(converge::Refusal::OutOfBounds { field: ref f, .. }) if f == field),
            "{report:?}"
        );
    }
    assert_eq!(server.wish_base(1, wish(&["203.0.113.5:80", "203.0.113.5:8080"])).status, Status::ready());
}

#[test]
fn an_edited_drop_in_is_held() {
    let server = Server::new();
    server.apply_base(1);
    server.write("/etc/nginx/conf.d/holdfast.conf", "# off for tonight\n");
    assert_eq!(server.pass_base().status.reason, Some(Reason::Edited));
    assert_eq!(server.apply(1, 1, Wanted::Present(spec(&["www.example.test"]))).status, Status::ready());
    server.host.files().remove("/etc/nginx/conf.d/holdfast.conf").unwrap();
    assert_eq!(server.pass_base().status, Status::ready(), "one that is missing is put back");
    assert_eq!(server.host.files().read_text("/etc/nginx/conf.d/holdfast.conf").unwrap().unwrap(), DROP_IN);
}

/// An installation of the role is asked for by somebody: until then nothing is tried, so nothing fails.
#[test]
fn before_its_role_is_installed_everything_waits_and_says_for_what() {
    let server = Server::new();
    let main = server.host.profile().web.main_config.clone();
    let text = server.host.files().read(&main).unwrap().unwrap();
    server.host.files().remove(&main).unwrap();
    server.host.take_changes();
    let waits = |report: &converge::Report| {
        assert_eq!(
            (report.status.condition, report.status.reason),
            (Condition::Pending, Some(Reason::WaitsFor))
        );
        assert!(
            report.status.message.as_deref().unwrap().contains("`holdfast node install web`"),
            "{report:?}"
        );
    };
    waits(&server.apply_base(1));
    waits(&server.apply(1, 1, Wanted::Present(spec(&["www.example.test"]))));
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    server.host.files().write(&main, &text, 0o644, (0, 0)).unwrap();
    assert_eq!(server.apply_base(1).status, Status::ready());
    assert_eq!(server.apply(1, 1, Wanted::Present(spec(&["www.example.test"]))).status, Status::ready());
}

#[test]
fn a_server_that_listens_for_https_has_a_certificate_for_nobody() {
    let server = Server::new();
    server.apply_base(1);
    assert!(server.host.files().stat(DEFAULT_CERTIFICATE).unwrap().is_none(), "none is needed for HTTP");
    let report = server.wish_base(2, Wanted::Present(base_with_tls()));
    assert_eq!(report.status, Status::ready());
    let codes: Vec<&str> = report.plan.steps.iter().map(|step| step.code.as_str()).collect();
    assert_eq!(codes[..2], ["dir.make", "nginx.default_certificate"], "before nginx is told of it");
    let text = |report: &converge::Report| serde_json::to_string(&report.plan).unwrap();
    assert!(!text(&report).contains("PRIVATE"), "what is in it is shown to nobody");
    let meta = |path: &str| {
        let meta = server.host.files().stat(path).unwrap().unwrap();
        (meta.mode, meta.uid, meta.gid)
    };
    assert_eq!((meta(TLS), meta(DEFAULT_CERTIFICATE)), ((0o750, 0, 33), (0o640, 0, 33)));
    let pem = || server.host.files().read_text(DEFAULT_CERTIFICATE).unwrap().unwrap();
    let first = pem();
    assert!(first.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert!(server.pass_base().plan.is_empty());
    assert_eq!(pem(), first);
    // what is not as it was left is made anew, without a reload
    let reloads = server.nginx.reloads.load(std::sync::atomic::Ordering::SeqCst);
    let spoil: [&dyn Fn(); 4] = [
        &|| assert!(server.host.files().remove(DEFAULT_CERTIFICATE).unwrap()),
        &|| server.host.files().write(DEFAULT_CERTIFICATE, b"mine", 0o640, (0, 33)).unwrap(),
        &|| server.host.files().set_meta(DEFAULT_CERTIFICATE, 0o644, (0, 33)).unwrap(),
        &|| assert!(server.host.files().remove_tree(TLS).unwrap()),
    ];
    for spoil in spoil {
        let before = pem();
        spoil();
        assert_eq!(server.pass_base().status, Status::ready());
        assert_ne!(pem(), before);
        assert_eq!((meta(TLS), meta(DEFAULT_CERTIFICATE)), ((0o750, 0, 33), (0o640, 0, 33)));
        assert!(server.pass_base().plan.is_empty());
    }
    assert_eq!(server.nginx.reloads.load(std::sync::atomic::Ordering::SeqCst), reloads);
}

#[test]
fn addresses_for_https_have_the_same_bounds_and_none_is_both() {
    let bounds = hostd::Bounds { listen: vec!["203.0.113.5".parse().unwrap()], ..hostd::Bounds::default() };
    let server = Server::on(Host::for_test_with(bounds).unwrap(), None);
    for (listen_tls, field) in [
        (&["203.0.113.6:443"][..], "listen_tls/0"),
        (&["203.0.113.5:443", "203.0.113.5:443"], "listen_tls/1"),
        (&["203.0.113.5:443", "203.0.113.5:80"], "listen_tls/1"),
    ] {
        let spec = WebServerSpec {
            listen: vec!["203.0.113.5:80".parse().unwrap()],
            listen_tls: listen_tls.iter().map(|l| l.parse().unwrap()).collect(),
            ..WebServerSpec::default()
        };
        let generation = names::Generation::new(1).unwrap();
        let asked = converge::Apply::new(crate::testing::node(), generation, Wanted::Present(spec));
        let report = server.base.apply(&server.host, converge::Apply { dry_run: true, ..asked });
        assert!(
            matches!(report, Err(converge::Refusal::OutOfBounds { field: ref f, .. }) if f == field),
            "{report:?}"
        );
    }
}

/// Another server block may name an address on purpose or by mistake; what is served there is not what was asked for.
#[test]
fn another_that_answers_the_handshakes_is_noticed() {
    let server = Server::new();
    assert_eq!(server.wish_base(1, Wanted::Present(base_with_tls())).status, Status::ready());
    assert!(
        server.nginx.handshakes.load(std::sync::atomic::Ordering::SeqCst) >= 2,
        "each address is looked at"
    );
    let all = WebServerSpec {
        listen: vec!["203.0.113.5:80".parse().unwrap()],
        listen_tls: vec!["[::]:443".parse().unwrap()],
        ..WebServerSpec::default()
    };
    assert_eq!(server.wish_base(2, Wanted::Present(all)).status, Status::ready());
    let own = ["2001:db8::7".parse().unwrap(), "2001:db8::8".parse().unwrap()];
    assert_eq!(server.committer.taken(&server.host, &own).unwrap(), []);
    *server.nginx.foreign.lock().unwrap() = vec![own[1]];
    assert_eq!(server.committer.taken(&server.host, &own).unwrap(), ["[2001:db8::8]:443".parse().unwrap()]);
    *server.nginx.foreign.lock().unwrap() = vec!["::1".parse().unwrap()];
    let report = server.pass_base();
    assert_eq!(report.status.reason, Some(Reason::StepFailed));
    assert!(report.status.message.unwrap().contains("by HTTPS at [::]:443"));
}

#[test]
fn a_site_waits_for_its_certificate_where_it_is_needed() {
    let server = Server::new();
    server.apply_base(1);
    let site = SiteSpec { tls: crate::testing::tls(1), ..spec(&["www.example.test"]) };
    let waits = SiteSpec { tls: crate::testing::tls(2), ..spec(&["other.example.test"]) };
    assert_eq!(server.apply(1, 1, Wanted::Present(site)).status, Status::ready(), "by HTTP alone");
    server.certificate(1, &["www.example.test"]);
    assert_eq!(server.wish_base(2, Wanted::Present(base_with_tls())).status, Status::ready());
    let report = server.apply(2, 1, Wanted::Present(waits));
    assert_eq!(report.status.reason, Some(Reason::WaitsFor));
    assert!(report.status.message.unwrap().contains(&certificate(2).to_string()));
    server.certificate(2, &["other.example.test"]);
    assert_eq!(server.pass(2).status, Status::ready());
    let reloads = server.nginx.reloads.load(std::sync::atomic::Ordering::SeqCst);
    server.certificate(2, &["other.example.test", "more.example.test"]);
    assert!(server.pass(2).plan.is_empty() && server.pass_base().plan.is_empty());
    assert_eq!(server.nginx.reloads.load(std::sync::atomic::Ordering::SeqCst), reloads, "a new certificate");
    // the file of a certificate that nginx cannot read
    let file = certificate_file(certificate(3));
    server.host.files().write(&file, b"-----BEGIN CERTIFICATE-----\n", 0o640, (0, 33)).unwrap();
    let broken = SiteSpec { tls: crate::testing::tls(3), ..spec(&["broken.example.test"]) };
    let report = server.apply(3, 1, Wanted::Present(broken));
    assert_eq!(report.status.reason, Some(Reason::StepFailed), "{report:?}");
}
