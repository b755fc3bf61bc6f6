use converge::{Condition, Reason, Status};

use super::*;
use crate::testing::{Server, spec};

fn wish(listen: &[&str]) -> Wanted<WebServerSpec> {
    Wanted::Present(WebServerSpec { listen: listen.iter().map(|l| l.parse().unwrap()).collect() })
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
