use std::sync::atomic::Ordering;

use converge::{Apply, Status};
use web_spec::{Maintenance, Redirect, RedirectCode, Serves};

use super::*;
use crate::layout::{TreeFile, shard_of};
use crate::testing::{Server, own_block, site, spec, wish};

fn server() -> Server {
    let server = Server::new();
    assert_eq!(server.apply_base(1).status, Status::ready());
    server
}

#[test]
fn a_site_is_brought_about_and_the_second_run_plans_nothing() {
    let server = server();
    let first = server.apply(1, 1, Wanted::Present(spec(&["www.example.test", "example.test"])));
    assert_eq!(first.status, Status::ready());
    let codes: Vec<&str> = first.plan.steps.iter().map(|s| s.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "site.log_dir",
            "site.docroot",
            "file.write",
            "file.write",
            "file.write",
            "file.write",
            "nginx.switch"
        ]
    );
    assert_eq!(server.nginx.site_of("www.example.test"), Some(site(1)));
    assert_eq!(server.nginx.site_of("example.test"), Some(site(1)));
    server.host.take_changes();
    let second = server.apply(1, 1, Wanted::Present(spec(&["www.example.test", "example.test"])));
    assert!(second.plan.is_empty() && !second.changed, "{:?}", second.plan);
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    assert_eq!(server.made.load(Ordering::SeqCst), 1);
}

#[test]
fn a_dry_run_shows_each_file_and_writes_nothing() {
    let server = server();
    server.host.take_changes();
    let asked = Apply { dry_run: true, ..wish(1, 1, Wanted::Present(own_block(&["www.example.test"]))) };
    let plan = server.sites.apply(&server.host, asked).unwrap().plan;
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    let block = plan.steps.iter().find(|s| s.path == Some(TreeFile::Site(site(1)).live())).unwrap();
    assert!(block.diff.as_ref().unwrap().contains("+    client_max_body_size 16M;"));
    let root = plan.steps.iter().find(|s| s.path.as_ref().is_some_and(|p| p.contains("maps/root-"))).unwrap();
    let line = format!("+{} /home/alice/sites/www.example.test/public;", site(1));
    assert!(root.diff.as_ref().unwrap().contains(&line), "{root:?}");
}

#[test]
fn a_removed_site_leaves_nothing_but_its_logs_in_the_trash() {
    let server = server();
    let before = (server.live(), server.stage());
    server.apply(1, 1, Wanted::Present(own_block(&["www.example.test"])));
    let gone = server.apply(1, 2, Wanted::Absent);
    assert_eq!(gone.status, Status::ready());
    assert_eq!((server.live(), server.stage()), before);
    assert_eq!(server.nginx.site_of("www.example.test"), None);
    assert!(server.host.files().stat(&site_logs(site(1))).unwrap().is_none());
    let trash = server.host.files().list(LOG_TRASH).unwrap();
    assert_eq!(trash[0].0, format!("2026-01-01T000000Z-{}", site(1)));
    assert!(server.apply(1, 2, Wanted::Absent).plan.is_empty());
}

#[test]
fn removing_what_never_was_succeeds() {
    let server = server();
    let report = server.apply(9, 1, Wanted::Absent);
    assert!(report.status == Status::ready() && report.plan.is_empty());
}

#[test]
fn a_suspended_site_changes_one_line_and_comes_back() {
    let server = server();
    server.apply(1, 1, Wanted::Present(spec(&["www.example.test"])));
    let live = server.live();
    let suspended = SiteSpec { suspended: true, ..spec(&["www.example.test"]) };
    server.apply(1, 2, Wanted::Present(suspended));
    let state = format!("maps/state-{:02x}.map", shard_of(&site(1).to_string()));
    assert!(server.nginx.served.lock().unwrap()[&state].contains(&format!("{} suspended;", site(1))));
    server.apply(1, 3, Wanted::Present(spec(&["www.example.test"])));
    assert_eq!(server.live(), live);
}

#[test]
fn a_site_that_is_served_otherwise_changes_its_lines_and_comes_back() {
    let server = server();
    let names = ["example.test", "www.example.test"];
    server.apply(1, 1, Wanted::Present(spec(&names)));
    let live = server.live();
    let to = "https://www.example.org/".parse().unwrap();
    let other = SiteSpec {
        redirected: vec!["www.example.test".parse().unwrap()],
        serves: Serves::Redirect(Redirect { to, code: RedirectCode::Moved, keep_path: true }),
        maintenance: Some(Maintenance { allow: vec!["203.0.113.0/24".parse().unwrap()] }),
        ..spec(&names)
    };
    assert_eq!(server.apply(1, 2, Wanted::Present(other.clone())).status, Status::ready());
    let changed: Vec<String> = server.live().into_keys().filter(|file| !live.contains_key(file)).collect();
    let shard = shard_of(&site(1).to_string());
    let send = shard_of("www.example.test");
    let new = [
        format!("allow-{shard:02x}"),
        format!("redirect-{shard:02x}"),
        format!("send-{send:02x}"),
        format!("state-{shard:02x}"),
    ];
    assert_eq!(changed, new.map(|map| format!("maps/{map}.map")));
    assert!(server.apply(1, 2, Wanted::Present(other)).plan.is_empty());
    server.apply(1, 3, Wanted::Present(spec(&names)));
    assert_eq!(server.live(), live);
}

#[test]
fn what_contradicts_itself_is_refused_with_its_field() {
    let server = server();
    let names = ["example.test", "www.example.test"];
    let redirect = |to: &str, keep_path| {
        Serves::Redirect(Redirect { to: to.parse().unwrap(), code: RedirectCode::Moved, keep_path })
    };
    let redirected = |names: &[&str]| SiteSpec {
        redirected: names.iter().map(|name| name.parse().unwrap()).collect(),
        ..spec(&["example.test", "www.example.test"])
    };
    let many = (0..51_u8).map(|n| format!("203.0.113.{n}/32").parse().unwrap()).collect();
    for (field, refused) in [
        ("redirected/0", redirected(&["example.test"])),
        ("redirected/0", redirected(&["other.example.test"])),
        ("redirected/1", redirected(&["www.example.test", "www.example.test"])),
        (
            "serves/redirect/to",
            SiteSpec { serves: redirect("https://www.example.test/x", false), ..spec(&names) },
        ),
        (
            "serves/redirect/to",
            SiteSpec { serves: redirect("https://www.example.org/?a=b", true), ..spec(&names) },
        ),
        ("maintenance/allow", SiteSpec { maintenance: Some(Maintenance { allow: many }), ..spec(&names) }),
    ] {
        let apply = Apply { dry_run: true, ..wish(1, 1, Wanted::Present(refused)) };
        let answer = server.sites.apply(&server.host, apply);
        assert!(
            matches!(answer, Err(converge::Refusal::OutOfBounds { field: ref f, .. }) if f == field),
            "{field}: {answer:?}"
        );
    }
}

#[test]
fn a_site_waits_for_its_account_and_pool_and_shows_its_whole_plan_meanwhile() {
    let server = server();
    server.others.0.store(false, Ordering::SeqCst);
    let asked = Apply { dry_run: true, ..wish(1, 1, Wanted::Present(spec(&["www.example.test"]))) };
    assert_eq!(server.sites.apply(&server.host, asked).unwrap().plan.steps.len(), 6);
    let report = server.apply(1, 1, Wanted::Present(spec(&["www.example.test"])));
    assert_eq!(report.status.condition, Condition::Pending);
    assert_eq!(report.status.reason, Some(Reason::WaitsFor));
    assert_eq!(server.nginx.site_of("www.example.test"), None);
    server.others.0.store(true, Ordering::SeqCst);
    assert_eq!(server.pass(1).status, Status::ready());
    // once it serves, it does not wait to stay
    server.others.0.store(false, Ordering::SeqCst);
    assert_eq!(server.pass(1).status, Status::ready());
}

#[test]
fn a_site_without_the_base_waits_for_it() {
    let server = Server::new();
    let report = server.apply(1, 1, Wanted::Present(spec(&["www.example.test"])));
    assert_eq!(report.status.reason, Some(Reason::WaitsFor));
    assert!(report.status.message.unwrap().contains("base"));
    server.apply_base(1);
    assert_eq!(server.pass(1).status, Status::ready());
}

#[test]
fn the_pool_of_another_account_is_refused() {
    let server = server();
    let foreign = SiteSpec { pool: Some("bob-8.4".parse().unwrap()), ..spec(&["www.example.test"]) };
    let refused = server
        .sites
        .apply(&server.host, Apply { dry_run: true, ..wish(1, 1, Wanted::Present(foreign.clone())) });
    assert!(
        matches!(refused, Err(converge::Refusal::OutOfBounds { ref field, .. }) if field == "pool"),
        "{refused:?}"
    );
    let report = server.apply(1, 1, Wanted::Present(foreign));
    assert_eq!(report.status.reason, Some(Reason::Refused));
    let twice =
        SiteSpec { names: vec![spec(&["a.example.test"]).names[0].clone(); 2], ..spec(&["a.example.test"]) };
    assert_eq!(server.apply(2, 1, Wanted::Present(twice)).status.reason, Some(Reason::Refused));
    let none = SiteSpec { names: Vec::new(), ..spec(&["a.example.test"]) };
    assert_eq!(server.apply(3, 1, Wanted::Present(none)).status.reason, Some(Reason::Refused));
}

#[test]
fn a_name_stays_with_its_site_until_that_site_gives_it_up() {
    let server = server();
    server.apply(1, 1, Wanted::Present(spec(&["one.example.test", "x.example.test"])));
    server.apply(2, 1, Wanted::Present(spec(&["two.example.test", "y.example.test"])));
    let waits = server.apply(2, 2, Wanted::Present(spec(&["two.example.test", "x.example.test"])));
    assert_eq!(waits.status.reason, Some(Reason::WaitsFor), "{:?}", waits.status);
    assert_eq!(server.nginx.site_of("x.example.test"), Some(site(1)));
    // both want the other's name: neither can wait for ever
    server.apply(1, 2, Wanted::Present(spec(&["one.example.test", "y.example.test"])));
    server.pass(2);
    server.pass(1);
    assert_eq!(server.pass(2).status, Status::ready());
    assert_eq!(server.pass(1).status, Status::ready());
    assert_eq!(server.nginx.site_of("x.example.test"), Some(site(2)));
    assert_eq!(server.nginx.site_of("y.example.test"), Some(site(1)));
}

#[test]
fn the_log_directory_is_put_back() {
    let server = server();
    server.apply(1, 1, Wanted::Present(spec(&["www.example.test"])));
    server.host.files().set_meta(&site_logs(site(1)), 0o777, (0, 0)).unwrap();
    let report = server.pass(1);
    assert_eq!(report.plan.steps.len(), 1);
    assert_eq!(server.host.files().stat(&site_logs(site(1))).unwrap().unwrap().mode, 0o750);
}

#[test]
fn a_worker_that_is_busy_leaves_the_site_waiting_and_one_that_fails_makes_it_fail() {
    let account: AccountName = "alice".parse().unwrap();
    let busy = undone(WorkerCallError::Busy { account: account.clone(), why: "has no room" });
    assert_eq!((busy.condition, busy.reason), (Condition::Pending, Reason::Busy));
    assert_eq!(busy.message, "the worker of alice has no room");
    let failed = undone(WorkerCallError::Failed { account, error: wire::WireError::Closed });
    assert_eq!((failed.condition, failed.reason), (Condition::Failed, Reason::StepFailed));
}
