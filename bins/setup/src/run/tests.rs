use std::fmt::Write;

use converge::Describe;
use hostd::{Active, OwnUnit, Unit};

use super::{Planned, READY, plan, set_up, without_conflicts};
use crate::certificate;
use crate::error::SetupError;
use crate::report::Report;
use crate::step::{CERTIFICATE, NewFile};
use crate::testing::Fresh;

/// What set-up may change, but for the credentials, whose content is random.
const PATHS: [&str; 8] = [
    "/etc/holdfast/agent.toml",
    "/etc/holdfast/panel.toml",
    "/etc/nginx",
    "/etc/ssh",
    "/etc/systemd/system",
    "/run",
    "/var/lib",
    "/var/log",
];

fn run(server: &Fresh) -> Result<usize, SetupError> {
    let mut out = Vec::new();
    set_up(server.world(), &mut Report::new(&mut out)).map(|outcome| outcome.steps)
}

/// The whole state, with the credentials' mode and owner in place of their content.
fn state(server: &Fresh) -> String {
    let mut text = server.host.describe(&PATHS).unwrap();
    for path in [CERTIFICATE, NewFile::SealKey.path()] {
        let meta = server.host.files().stat(path).unwrap().unwrap();
        writeln!(text, "{path} {:04o} {}:{}", meta.mode, meta.uid, meta.gid).unwrap();
    }
    text
}

#[test]
fn a_second_run_plans_nothing_and_changes_nothing() {
    let server = Fresh::new();
    assert!(run(&server).unwrap() > 10);
    let before = state(&server);
    server.host.take_changes();
    assert_eq!(plan(server.world()).unwrap().steps, []);
    assert_eq!(run(&server).unwrap(), 0);
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    assert_eq!(state(&server), before);
}

#[test]
fn a_run_that_was_stopped_before_any_change_is_completed_by_the_next() {
    let reference = Fresh::new();
    reference.host.take_changes();
    run(&reference).unwrap();
    let wanted = state(&reference);
    let changes = reference.host.take_changes().len();
    assert!(changes > 20, "{changes} changes");
    for k in 0..changes {
        let server = Fresh::new();
        server.host.take_changes();
        server.host.crash_after(k);
        let error = run(&server).unwrap_err();
        assert!(error.is_crash(), "after {k} changes: {}", error.chain());
        server.host.restart();
        let kept = [CERTIFICATE, NewFile::SealKey.path()].map(|path| server.host.files().read(path).unwrap());
        run(&server).unwrap_or_else(|error| panic!("after {k} changes: {}", error.chain()));
        assert_eq!(state(&server), wanted, "after {k} changes");
        for (path, before) in [CERTIFICATE, NewFile::SealKey.path()].into_iter().zip(kept) {
            if before.is_some() {
                assert_eq!(
                    server.host.files().read(path).unwrap(),
                    before,
                    "{path} was made twice, after {k} changes"
                );
            }
        }
        assert_eq!(plan(server.world()).unwrap().steps, [], "after {k} changes");
    }
}

#[test]
fn a_plan_changes_nothing_and_names_what_depends_on_packages() {
    let server = Fresh::new();
    server.host.take_changes();
    let plan = plan(server.world()).unwrap();
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    let codes: Vec<&str> = plan.steps.iter().map(|step| step.code.as_str()).collect();
    assert_eq!(codes[..3], ["users.make", "directories.make", "file.write"]);
    let nginx = plan.steps.iter().find(|step| step.summary == "start nginx.service").unwrap();
    assert_eq!(nginx.unknown.as_deref(), Some("the packages of role web"));
    let packages = codes.iter().position(|code| *code == "packages.install").unwrap();
    let mask = codes.iter().position(|code| *code == "unit.mask").unwrap();
    assert!(mask < packages, "units are masked before their packages come");
}

#[test]
fn what_is_in_the_way_is_told_to_programs_too() {
    let server = Fresh::new();
    let planned = Planned::of(server.world()).unwrap();
    without_conflicts(&planned.findings).unwrap();
    let passwd = b"holdfast:x:1000:1000::/home/holdfast:/bin/bash\n";
    server.host.files().write("/etc/passwd", passwd, 0o644, (0, 0)).unwrap();
    let planned = Planned::of(server.world()).unwrap();
    let json = serde_json::to_value(&planned).unwrap();
    assert_eq!(json["findings"][0]["severity"], "conflict");
    assert_eq!(json["findings"][0]["field"], "user holdfast");
    assert!(json["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{json}");
    let error = without_conflicts(&planned.findings).unwrap_err();
    assert!(matches!(error, SetupError::Conflicts(_)), "{}", error.chain());
}

#[test]
fn a_step_without_effect_is_an_error_and_not_a_success() {
    let server = Fresh::new();
    server.systemd().on_start(&Unit::Packages(hostd::Role::Web), || hostd::JobResult::Done);
    let error = run(&server).unwrap_err();
    assert!(
        matches!(&error, SetupError::NoEffect { step } if step.contains("role web")),
        "{}",
        error.chain()
    );
}

#[test]
fn what_waits_for_a_person_is_told_at_once() {
    let server = Fresh::new();
    server.edited.store(true, std::sync::atomic::Ordering::Relaxed);
    let begun = std::time::Instant::now();
    let error = run(&server).unwrap_err();
    assert!(matches!(error, SetupError::Undecided { .. }), "{}", error.chain());
    assert!(error.chain().contains("degraded (edited)") && error.chain().contains("`holdfast drift`"));
    assert!(begun.elapsed() < READY, "it waited all the same");
}

#[test]
fn a_package_manager_that_fails_stops_set_up_and_the_next_run_goes_on() {
    let server = Fresh::new();
    server.host.fail_on("start holdfast-packages@web.service", "no archive can be reached");
    let error = run(&server).unwrap_err();
    assert!(error.chain().contains("no archive can be reached"), "{}", error.chain());
    assert!(!server.systemd().summary().contains("holdfast-panel.service Active"));
    server.host.fail_no_more();
    run(&server).unwrap();
    assert!(server.systemd().summary().contains("holdfast-panel.service Active"));
}

#[test]
fn what_an_administrator_wrote_stays() {
    let server = Fresh::new();
    let files = server.host.files();
    files.ensure_dirs("/etc/holdfast", 0o755, (0, 0)).unwrap();
    let own = b"homes = \"/home\"\n";
    files.write(NewFile::AgentToml.path(), own, 0o644, (0, 0)).unwrap();
    run(&server).unwrap();
    assert_eq!(files.read(NewFile::AgentToml.path()).unwrap().unwrap(), own);
}

#[test]
fn sessions_find_homes_that_are_elsewhere() {
    let bounds = hostd::Bounds::parse("homes = \"/srv/homes\"\n").unwrap();
    let server = Fresh::with_bounds(bounds);
    run(&server).unwrap();
    let path = "/etc/security/namespace.d/holdfast.conf";
    let text = server.host.files().read_text(path).unwrap().unwrap();
    assert!(text.ends_with("\n/srv/holdfast/sftp/home /srv/homes/ user:noinit root\n"), "{text}");
    assert_eq!(run(&server).unwrap(), 0);
    let own = "/srv/holdfast/sftp/home /srv/homes/ user:noinit root,backup\n";
    server.host.files().write(path, own.as_bytes(), 0o644, (0, 0)).unwrap();
    assert_eq!(run(&server).unwrap(), 0, "an edit that keeps the homes stays");
}

#[test]
fn an_agent_that_runs_is_started_again_where_its_homes_are_elsewhere_now() {
    let server = Fresh::with_bounds(hostd::Bounds::parse("homes = \"/srv/homes\"\n").unwrap());
    run(&server).unwrap();
    let drop_in = "/etc/systemd/system/holdfast-agent.service.d/homes.conf";
    server.host.files().remove(drop_in).unwrap();
    server.systemd().take_calls();
    run(&server).unwrap();
    assert!(server.host.files().stat(drop_in).unwrap().is_some());
    let calls = server.systemd().take_calls();
    // the fake tells the first half of a restart
    assert_eq!(calls, ["daemon-reload ", "stop holdfast-agent.service"]);
    let agent = hostd::SetupSystemd::state_own(server.systemd(), OwnUnit::AgentService).unwrap();
    assert_eq!(agent.active, Active::Active);
    assert_eq!(run(&server).unwrap(), 0);
}

#[test]
fn a_default_site_that_was_edited_stays_enabled() {
    let server = Fresh::new();
    run(&server).unwrap();
    let files = server.host.files();
    assert!(files.stat(crate::preflight::DEFAULT_SITE_LINK).unwrap().is_none());
    files.write(crate::preflight::DEFAULT_SITE, b"edited\n", 0o644, (0, 0)).unwrap();
    files.symlink(crate::preflight::DEFAULT_SITE, crate::preflight::DEFAULT_SITE_LINK).unwrap();
    assert_eq!(run(&server).unwrap(), 0);
    assert!(files.stat(crate::preflight::DEFAULT_SITE_LINK).unwrap().is_some());
}

#[test]
fn a_damaged_key_is_told_and_never_replaced() {
    let server = Fresh::new();
    run(&server).unwrap();
    let path = NewFile::SealKey.path();
    server.host.files().write(path, b"short\n", 0o600, (0, 0)).unwrap();
    let error = run(&server).unwrap_err();
    assert!(matches!(error, SetupError::File { .. }), "{}", error.chain());
    assert_eq!(server.host.files().read(path).unwrap().unwrap(), b"short\n");
}

#[test]
fn a_credential_that_others_may_read_is_protected_again() {
    let server = Fresh::new();
    run(&server).unwrap();
    let path = NewFile::SealKey.path();
    server.host.files().set_meta(path, 0o644, (0, 0)).unwrap();
    assert_eq!(run(&server).unwrap(), 1);
    assert_eq!(server.host.files().stat(path).unwrap().unwrap().mode, 0o600);
}

#[test]
fn an_expired_certificate_of_ours_is_made_anew_and_the_panel_reads_it() {
    let server = Fresh::new();
    run(&server).unwrap();
    let old = server.host.files().read(CERTIFICATE).unwrap().unwrap();
    server.systemd().take_calls();
    server.host.fake_clock().unwrap().advance(std::time::Duration::from_hours(11 * 366 * 24));
    run(&server).unwrap();
    let new = server.host.files().read(CERTIFICATE).unwrap().unwrap();
    assert_ne!(new, old);
    assert!(!certificate::read(&new).unwrap().expired(server.host.now().as_micros()));
    assert_eq!(
        server.systemd().take_calls(),
        ["stop holdfast-panel.service", "start holdfast-panel.service"]
    );
}

#[test]
fn a_name_that_is_asked_for_goes_before_the_one_of_before() {
    let mut server = Fresh::new();
    run(&server).unwrap();
    let files = server.host.files();
    files
        .write(NewFile::PanelToml.path(), b"# mine\nhostname = \"server.example.com\"\n", 0o644, (0, 0))
        .unwrap();
    server.systemd().take_calls();
    server.options.hostname = names::Hostname::parse("panel.example.com").unwrap();
    server.options.rename = true;
    assert!(run(&server).unwrap() >= 3);
    let files = server.host.files();
    let text = files.read_text(NewFile::PanelToml.path()).unwrap().unwrap();
    assert_eq!(text, "# mine\nhostname = \"panel.example.com\"\n");
    let calls = server.systemd().take_calls();
    assert_eq!(calls.first().map(String::as_str), Some("stop holdfast-panel.service"));
    assert_eq!(calls.last().map(String::as_str), Some("start holdfast-panel.service"));
    assert_eq!(run(&server).unwrap(), 0);
}

#[test]
fn a_kernel_without_ipv6_is_listened_on_by_ipv4_alone() {
    let server = Fresh::new();
    server.host.files().remove("/proc/1/net/if_inet6").unwrap();
    run(&server).unwrap();
    let text = server.host.files().read_text(NewFile::PanelToml.path()).unwrap().unwrap();
    let listens = crate::panel_toml::web_listens(&text);
    assert!(listens.len() == 2 && listens.iter().all(|listen| listen.ip().is_ipv4()), "{text}");
}

#[test]
fn a_certificate_of_the_administrator_is_never_replaced() {
    let server = Fresh::new();
    run(&server).unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["panel.example.com".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem() + &key.serialize_pem();
    server.host.files().write(CERTIFICATE, pem.as_bytes(), 0o600, (0, 0)).unwrap();
    assert_eq!(run(&server).unwrap(), 0);
    assert_eq!(server.host.files().read(CERTIFICATE).unwrap().unwrap(), pem.as_bytes());
}

#[test]
fn a_socket_that_is_down_below_a_running_service_comes_back() {
    use hostd::SetupSystemd;
    let server = Fresh::new();
    run(&server).unwrap();
    let systemd = server.systemd();
    let _ = systemd.stop_own(OwnUnit::PanelSocket).unwrap();
    let _ = systemd.stop_own(OwnUnit::AgentService).unwrap();
    run(&server).unwrap();
    for unit in [OwnUnit::PanelSocket, OwnUnit::PanelService, OwnUnit::AgentSocket, OwnUnit::AgentService] {
        assert_eq!(systemd.state_own(unit).unwrap().active, Active::Active, "{unit}");
    }
}

#[test]
fn a_panel_that_answers_nonsense_is_an_error() {
    let server = Fresh::new();
    server.panel_runs.store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(run(&server).unwrap_err(), SetupError::Panel(_)));
}

#[test]
fn every_step_says_what_it_is() {
    for step in
        crate::stage::Stage::ALL.into_iter().flat_map(|stage| stage.steps(Fresh::new().world()).unwrap())
    {
        assert!(step.code().contains('.'), "{step:?}");
        assert!(!step.summary().is_empty(), "{step:?}");
    }
}
