use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use converge::{Apply, Condition, Reason, Refusal, Status, Wanted};
use names::Digest;
use web_spec::SiteSpec;

use crate::layout::{DRIFT, STAGE, STATE, TREE, TreeFile, shard_of};
use crate::state::{Move, Round};
use crate::testing::{Server, node, own_block, site, spec, wish};

/// What must be the same whichever way a server came to its state.
fn state(server: &Server) -> String {
    let mut text =
        server.host.describe(&[TREE, STAGE, STATE, "/etc/nginx/conf.d", "/var/log/holdfast"]).unwrap();
    for (rel, file) in server.nginx.served.lock().unwrap().iter() {
        let _ = write!(text, "served {rel}\n{file}");
    }
    text
}

/// Ready, or a later wish is held already.
fn went_well(result: Result<converge::Report, Refusal>) -> bool {
    match result {
        Ok(report) => report.status == Status::ready(),
        Err(refusal) => matches!(refusal, Refusal::GenerationStale { .. }),
    }
}

/// A site with a line of each kind of map.
fn served_otherwise() -> SiteSpec {
    let to = "https://www.example.org/".parse().unwrap();
    let redirect = web_spec::Redirect { to, code: web_spec::RedirectCode::Found, keep_path: true };
    SiteSpec {
        redirected: vec!["www.three.example.test".parse().unwrap()],
        serves: web_spec::Serves::Redirect(redirect),
        maintenance: Some(web_spec::Maintenance { allow: vec!["203.0.113.0/24".parse().unwrap()] }),
        ..spec(&["three.example.test", "www.three.example.test"])
    }
}

/// A story with a base, sites that come, change and go, and a second base. Answers whether all of it went well.
fn story(server: &Server) -> bool {
    let base = |generation| {
        let listen = ["203.0.113.5:80", "[2001:db8::5]:80"].map(|l| l.parse().unwrap());
        let listen = listen[..usize::try_from(generation).unwrap()].to_vec();
        let want = Wanted::Present(web_spec::WebServerSpec { listen, ..Default::default() });
        let asked = Apply::new(node(), names::Generation::new(generation).unwrap(), want);
        went_well(server.base.apply(&server.host, asked))
    };
    let site = |n, generation, want| went_well(server.sites.apply(&server.host, wish(n, generation, want)));
    base(1)
        && site(1, 1, Wanted::Present(spec(&["one.example.test", "www.one.example.test"])))
        && site(2, 1, Wanted::Present(own_block(&["two.example.test"])))
        && site(1, 2, Wanted::Present(own_block(&["one.example.test"])))
        && site(3, 1, Wanted::Present(served_otherwise()))
        && site(2, 2, Wanted::Absent)
        && site(3, 2, Wanted::Present(SiteSpec { maintenance: None, ..served_otherwise() }))
        && base(2)
}

#[test]
fn a_crash_before_any_change_ends_in_the_same_state() {
    let calm = Server::new();
    assert!(story(&calm));
    let wanted = state(&calm);
    let changes = calm.host.take_changes().len();
    assert!(changes > 80, "{changes}");
    for k in 0..changes {
        let mut server = Server::new();
        server.host.crash_after(k);
        let went_well = story(&server);
        assert!(!went_well && server.host.crashed().is_some(), "crash before change {k}");
        let at = server.host.crashed().unwrap();
        server.restart();
        assert!(story(&server), "after a crash before {at}");
        assert_eq!(state(&server), wanted, "after a crash before {at}");
        server.host.take_changes();
        assert!(story(&server));
        assert_eq!(server.host.take_changes(), Vec::<String>::new(), "after a crash before {at}");
    }
    println!("{changes} crash points");
}

#[test]
fn a_start_alone_leaves_the_old_tree_or_the_new_one() {
    let calm = Server::new();
    calm.apply_base(1);
    calm.apply(1, 1, Wanted::Present(own_block(&["one.example.test"])));
    let old = calm.live();
    calm.host.take_changes();
    calm.apply(1, 2, Wanted::Present(spec(&["two.example.test"])));
    let new = calm.live();
    let changes = calm.host.take_changes().len();
    let mut ends = [0, 0];
    for k in 0..changes {
        let mut server = Server::new();
        server.apply_base(1);
        server.apply(1, 1, Wanted::Present(own_block(&["one.example.test"])));
        server.host.crash_after(k);
        server.apply(1, 2, Wanted::Present(spec(&["two.example.test"])));
        server.restart();
        server.committer.recover(&server.host).unwrap();
        let live = server.live();
        assert!(live == old || live == new, "crash before change {k}");
        assert_eq!(server.stage(), live, "crash before change {k}");
        ends[usize::from(live == new)] += 1;
    }
    assert!(ends[0] > 3 && ends[1] > 3, "{ends:?}");
}

fn server_with(names: &[(u16, &str)]) -> Server {
    let server = Server::new();
    server.apply_base(1);
    for (n, name) in names {
        assert_eq!(server.apply(*n, 1, Wanted::Present(spec(&[name]))).status, Status::ready());
    }
    server
}

#[test]
fn a_bad_site_keeps_its_last_good_files_and_the_others_go_on() {
    let server = server_with(&[]);
    server.apply(1, 1, Wanted::Present(own_block(&["one.example.test"])));
    server.apply(2, 1, Wanted::Present(own_block(&["two.example.test"])));
    let block = server.live()[&TreeFile::Site(site(1)).to_string()].clone();
    // an administrator's template that goes wrong for one site alone
    server.host.files().ensure_dirs(crate::layout::OVERRIDES, 0o755, (0, 0)).unwrap();
    let template = "# new\n{% if id is endingwith('0001') %}\nBAD\n{% endif %}\n{{ names[0] | ngx }}\n";
    server.write(&format!("{}/site.conf.j2", crate::layout::OVERRIDES), template);
    let mut server = server;
    server.restart();
    let bad = server.pass(1);
    assert_eq!(bad.status.condition, Condition::Degraded);
    assert_eq!(bad.status.reason, Some(Reason::ConfigRefused));
    let place = format!("{}:1", TreeFile::Site(site(1)).live());
    assert!(bad.status.message.as_ref().unwrap().contains(&place), "{:?}", bad.status);
    assert_eq!(server.pass(2).status, Status::ready());
    assert_eq!(server.live()[&TreeFile::Site(site(1)).to_string()], block);
    assert_eq!(server.stage(), server.live());
    assert!(server.live()[&TreeFile::Site(site(2)).to_string()].starts_with("# new"));
    // a site that never served has failed instead
    let new = server.apply(3, 1, Wanted::Present(own_block(&["three.example.test"])));
    assert_eq!(new.status, Status::ready());
    assert_eq!(server.nginx.site_of("one.example.test"), Some(site(1)), "it serves as before");
}

#[test]
fn a_broken_foreign_file_makes_changes_wait_with_its_name() {
    let server = server_with(&[(1, "one.example.test")]);
    let (live, reloads) = (server.live(), server.nginx.reloads.load(Ordering::SeqCst));
    server.write("/etc/nginx/sites-enabled/old.conf", "broken");
    for _ in 0..2 {
        let waits = server.apply(2, 1, Wanted::Present(own_block(&["two.example.test"])));
        assert_eq!(waits.status.condition, Condition::Pending);
        assert_eq!(waits.status.reason, Some(Reason::ForeignConfigBroken));
        assert!(waits.status.message.unwrap().contains("/etc/nginx/sites-enabled/old.conf"));
        assert_eq!((server.live(), server.stage()), (live.clone(), live.clone()));
    }
    assert_eq!(server.nginx.reloads.load(Ordering::SeqCst), reloads, "nothing that runs is touched");
    assert_eq!(server.pass(1).status, Status::ready(), "what serves is as it was");
    server.host.files().remove("/etc/nginx/sites-enabled/old.conf").unwrap();
    assert_eq!(server.pass(2).status, Status::ready());
}

/// Two names whose host lines lie in different shards, and one in the first's.
fn names_by_shard() -> (String, String, String) {
    let name = |n: u32| format!("n{n}.example.test");
    let first = name(0);
    let other = (1..10_000).map(name).find(|n| shard_of(n) != shard_of(&first)).unwrap();
    let same = (1..10_000).map(name).find(|n| shard_of(n) == shard_of(&first)).unwrap();
    (first, other, same)
}

#[test]
fn a_hand_edit_of_a_shard_is_held_and_only_its_own_sites_wait() {
    let (first, other, same) = names_by_shard();
    let server = server_with(&[(1, &first)]);
    let path = TreeFile::Map(crate::layout::MapKind::Host, shard_of(&first)).live();
    let ours = server.host.files().read_text(&path).unwrap().unwrap();
    let edited = format!("{ours}# changed\n");
    server.write(&path, &edited);

    let base = server.pass_base();
    assert_eq!(base.status.reason, Some(Reason::Edited));
    assert!(base.status.message.unwrap().contains(&path));
    assert_eq!(server.pass(1).status, Status::ready(), "the site serves as asked");
    assert_eq!(server.apply(2, 1, Wanted::Present(spec(&[&other]))).status, Status::ready());
    let waits = server.apply(3, 1, Wanted::Present(spec(&[&same])));
    assert_eq!(waits.status.reason, Some(Reason::Edited), "{:?}", waits.status);
    assert_eq!(server.host.files().read_text(&path).unwrap().unwrap(), edited, "the edit stays");
    assert_eq!(server.nginx.site_of(&same), None);

    let decided = Apply { overwrite: true, ..wish(3, 1, Wanted::Present(spec(&[&same]))) };
    assert_eq!(server.sites.apply(&server.host, decided).unwrap().status, Status::ready());
    assert_eq!(server.nginx.site_of(&same), Some(site(3)));
    assert!(!server.host.files().read_text(&path).unwrap().unwrap().contains("# changed"));
    let kept = server.host.files().list(DRIFT).unwrap();
    assert!(kept.iter().any(|(name, _)| name.starts_with("nginx-maps-host-")), "{kept:?}");
    assert_eq!(server.pass_base().status, Status::ready());
}

#[test]
fn a_hand_edit_of_the_base_is_held_until_it_is_taken_back() {
    let server = server_with(&[]);
    let path = format!("{TREE}/server.conf");
    let ours = server.host.files().read_text(&path).unwrap().unwrap();
    server.write(&path, "# mine\n");
    assert_eq!(server.pass_base().status.reason, Some(Reason::Edited));
    assert_eq!(server.apply(1, 1, Wanted::Present(spec(&["one.example.test"]))).status, Status::ready());
    assert_eq!(server.host.files().read_text(&path).unwrap().unwrap(), "# mine\n");
    let listen = ["203.0.113.5:80", "[2001:db8::5]:80"].map(|l| l.parse().unwrap()).to_vec();
    let want = Wanted::Present(web_spec::WebServerSpec { listen, ..Default::default() });
    let asked = Apply { overwrite: true, ..Apply::new(node(), names::Generation::new(1).unwrap(), want) };
    assert_eq!(server.base.apply(&server.host, asked).unwrap().status, Status::ready());
    assert_eq!(server.host.files().read_text(&path).unwrap().unwrap(), ours);
}

#[test]
fn a_broken_hand_edit_is_named_before_nginx_would_fall_over_it() {
    let server = server_with(&[]);
    let path = format!("{TREE}/server.conf");
    server.write(&path, "BAD\n");
    let waits = server.apply(1, 1, Wanted::Present(spec(&["one.example.test"])));
    assert_eq!(waits.status.reason, Some(Reason::ForeignConfigBroken));
    assert!(waits.status.message.unwrap().contains(&path));
    assert!(!server.stage()["server.conf"].contains("BAD"), "the mirror is ours again");
}

#[test]
fn what_is_missing_or_has_a_wrong_mode_is_put_back_and_loaded() {
    let server = server_with(&[(1, "one.example.test")]);
    server.apply(2, 1, Wanted::Present(own_block(&["two.example.test"])));
    let live = server.live();
    let shard = TreeFile::Map(crate::layout::MapKind::Host, shard_of("one.example.test")).live();
    server.host.files().remove(&shard).unwrap();
    server.host.files().remove(&format!("{TREE}/tree.conf")).unwrap();
    server.host.files().set_meta(&format!("{TREE}/http.conf"), 0o666, (0, 0)).unwrap();
    server.host.files().remove(&TreeFile::Site(site(2)).live()).unwrap();
    // a change of a site that has nothing to do with it must not load the gap
    server.apply(3, 1, Wanted::Present(spec(&["three.example.test"])));
    assert_eq!(server.nginx.site_of("one.example.test"), Some(site(1)));
    let report = server.pass_base();
    assert_eq!(report.status, Status::ready());
    assert_eq!(server.host.files().stat(&format!("{TREE}/http.conf")).unwrap().unwrap().mode, 0o644);
    assert_eq!(server.pass(2).status, Status::ready());
    for (rel, text) in live {
        if rel != "tree.conf" && !rel.starts_with("maps/") {
            assert_eq!(server.live()[&rel], text, "{rel}");
        }
    }
    assert!(server.pass_base().plan.is_empty() && server.pass(2).plan.is_empty());
}

#[test]
fn a_lost_mirror_is_made_again_from_the_live_tree() {
    let server = server_with(&[(1, "one.example.test")]);
    server.apply(2, 1, Wanted::Present(own_block(&["two.example.test"])));
    let stage = server.stage();
    for lost in [format!("{STAGE}/maps"), STAGE.to_owned()] {
        server.host.files().remove_tree(&lost).unwrap();
        let server = server.again();
        assert_eq!(server.pass(1).status, Status::ready());
        assert!(server.pass(2).plan.is_empty() && server.pass_base().plan.is_empty());
        assert_eq!(server.stage(), stage);
    }
}

#[test]
fn strangers_in_the_tree_are_shown_and_stay() {
    let server = server_with(&[]);
    let path = format!("{TREE}/sites/mine.conf");
    server.write(&path, "server {}\n");
    let report = server.pass_base();
    assert_eq!(report.status.reason, Some(Reason::Edited));
    assert!(report.status.message.unwrap().contains("mine.conf"));
    assert!(server.host.files().stat(&path).unwrap().is_some());
    assert_eq!(server.apply(1, 1, Wanted::Present(spec(&["one.example.test"]))).status, Status::ready());
}

#[test]
fn a_failed_reload_is_not_forgotten() {
    let server = server_with(&[]);
    server.nginx.stuck.store(true, Ordering::SeqCst);
    let report = server.apply(1, 1, Wanted::Present(spec(&["one.example.test"])));
    assert_eq!(report.status.reason, Some(Reason::StepFailed));
    assert!(report.status.message.as_ref().unwrap().contains("nginx.service"));
    let mut server = server;
    server.restart();
    assert_ne!(server.pass(1).status, Status::ready(), "not ready while nginx serves something else");
    server.nginx.stuck.store(false, Ordering::SeqCst);
    let report = server.pass(1);
    assert_eq!(report.status, Status::ready());
    assert_eq!(report.plan.steps.len(), 1, "nothing but to load and look: {:?}", report.plan);
    assert_eq!(server.nginx.site_of("one.example.test"), Some(site(1)));
}

#[test]
fn a_removed_site_is_not_gone_before_nginx_was_seen_to_do_without_it() {
    let server = server_with(&[(1, "one.example.test")]);
    server.nginx.stuck.store(true, Ordering::SeqCst);
    let report = server.apply(1, 2, Wanted::<SiteSpec>::Absent);
    assert_eq!(report.status.condition, Condition::Deleting, "{report:?}");
    let mut server = server;
    server.restart();
    assert_ne!(server.pass(1).status, Status::ready(), "nginx serves it still");
    server.nginx.stuck.store(false, Ordering::SeqCst);
    let report = server.pass(1);
    assert_eq!(report.status, Status::ready());
    assert_eq!(report.plan.steps.iter().filter(|s| s.code.starts_with("file.")).count(), 0);
    assert_eq!(server.nginx.site_of("one.example.test"), None);
    assert!(server.pass(1).plan.is_empty());
}

#[test]
fn a_removed_base_is_not_gone_before_nginx_was_seen_to_do_without_it() {
    let server = server_with(&[]);
    server.nginx.stuck.store(true, Ordering::SeqCst);
    assert_eq!(server.wish_base(2, Wanted::Absent).status.condition, Condition::Deleting);
    let mut server = server;
    server.restart();
    assert_ne!(server.pass_base().status, Status::ready());
    server.nginx.stuck.store(false, Ordering::SeqCst);
    assert_eq!(server.pass_base().status, Status::ready());
    assert!(server.nginx.served.lock().unwrap().is_empty());
    assert!(server.pass_base().plan.is_empty());
}

#[test]
fn a_decision_about_one_file_of_the_base_leaves_the_others_as_they_are() {
    let server = server_with(&[]);
    let (http, listen) = (format!("{TREE}/http.conf"), format!("{TREE}/listen.conf"));
    let ours = server.host.files().read_text(&http).unwrap().unwrap();
    server.write(&http, "# mine\n");
    server.write(&listen, "# mine as well\n");
    assert_eq!(server.pass_base().status.reason, Some(Reason::Edited));
    let decision: converge::TakeBack = [(http.clone(), Digest::of("# mine\n"))].into_iter().collect();
    server.base.amend(&node(), |entry| entry.take_back.extend(decision)).unwrap();
    let report = server.pass_base();
    assert!(report.status.message.unwrap().contains(&listen));
    assert_eq!(server.host.files().read_text(&http).unwrap().unwrap(), ours);
    assert_eq!(server.host.files().read_text(&listen).unwrap().unwrap(), "# mine as well\n");
}

#[test]
fn a_link_in_place_of_a_file_is_held_and_taken_back() {
    let server = server_with(&[]);
    let path = format!("{TREE}/http.conf");
    let ours = server.host.files().read_text(&path).unwrap().unwrap();
    server.host.files().symlink("/root/http.conf", &path).unwrap();
    assert_eq!(server.pass_base().status.reason, Some(Reason::Edited));
    server.base.amend(&node(), |entry| entry.overwrite = true).unwrap();
    assert_eq!(server.pass_base().status, Status::ready());
    assert_eq!(server.host.files().read_text(&path).unwrap().unwrap(), ours);
}

#[test]
fn an_address_that_a_foreign_block_takes_from_a_wildcard_is_told() {
    let server = Server::new();
    let listen = |all: &[&str]| {
        let listen = all.iter().map(|l| l.parse().unwrap()).collect();
        Wanted::Present(web_spec::WebServerSpec { listen, ..Default::default() })
    };
    let own = ["203.0.113.5", "203.0.113.6", "2001:db8::5"].map(|ip| ip.parse().unwrap());
    assert!(server.committer.taken(&server.host, &own).unwrap().is_empty(), "there is no tree yet");
    assert_eq!(server.wish_base(1, listen(&["0.0.0.0:80", "[::]:8080"])).status, Status::ready());
    assert!(server.committer.taken(&server.host, &own).unwrap().is_empty());
    server.nginx.foreign.lock().unwrap().extend([own[1], own[2]]);
    let taken = server.committer.taken(&server.host, &own).unwrap();
    assert_eq!(taken, ["203.0.113.6:80", "[2001:db8::5]:8080"].map(|l| l.parse().unwrap()));
    server.nginx.foreign.lock().unwrap().clear();
    assert_eq!(server.wish_base(2, listen(&["203.0.113.5:80"])).status, Status::ready());
    server.nginx.foreign.lock().unwrap().push(own[1]);
    assert!(server.committer.taken(&server.host, &own).unwrap().is_empty(), "we do not listen there");
}

#[test]
fn nginx_that_was_made_to_load_something_else_loads_the_tree_again() {
    let server = server_with(&[(1, "one.example.test")]);
    server.nginx.served.lock().unwrap().clear();
    let report = server.pass_base();
    assert_eq!((report.status, report.plan.steps.len()), (Status::ready(), 1));
    assert_eq!(server.nginx.site_of("one.example.test"), Some(site(1)));
    assert!(server.pass_base().plan.is_empty());
}

#[test]
fn nginx_that_does_not_run_is_started() {
    let server = server_with(&[(1, "one.example.test")]);
    server.host.fake_systemd().unwrap().set_active(&hostd::Unit::Nginx, hostd::Active::Failed);
    let report = server.pass_base();
    assert_eq!(report.status, Status::ready());
    assert!(server.host.systemd().state(&hostd::Unit::Nginx).unwrap().active.is_up());
    assert!(server.pass_base().plan.is_empty());
}

#[test]
fn changes_that_come_together_share_rounds() {
    let server = server_with(&[]);
    let before = server.nginx.reloads.load(Ordering::SeqCst);
    std::thread::scope(|scope| {
        for n in 0..40_u16 {
            let server = &server;
            scope.spawn(move || {
                let report = server.apply(n, 1, Wanted::Present(spec(&[&format!("s{n}.example.test")])));
                assert_eq!(report.status, Status::ready());
            });
        }
    });
    let reloads = server.nginx.reloads.load(Ordering::SeqCst) - before;
    assert!(reloads < 40, "{reloads} reloads for 40 sites");
    for n in 0..40 {
        assert_eq!(server.nginx.site_of(&format!("s{n}.example.test")), Some(site(n)));
    }
}

#[test]
fn an_idle_sweep_writes_nothing_and_reloads_nothing() {
    let server = Server::new();
    server.apply_base(1);
    for n in 0..60 {
        let name = format!("s{n}.example.test");
        let want = if n % 2 == 0 { spec(&[&name]) } else { own_block(&[&name]) };
        server.apply(n, 1, Wanted::Present(want));
    }
    let mut server = server;
    server.restart();
    server.host.take_changes();
    let reloads = server.nginx.reloads.load(Ordering::SeqCst);
    assert!(server.pass_base().plan.is_empty());
    for n in 0..60 {
        assert!(server.pass(n).plan.is_empty());
    }
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    assert_eq!(server.nginx.reloads.load(Ordering::SeqCst), reloads);
}

#[test]
fn a_full_disk_leaves_the_last_good_tree_serving() {
    let server = server_with(&[(1, "one.example.test")]);
    let live = server.live();
    for part in ["write /var/lib/holdfast-agent/stage", "write /etc/nginx/holdfast/maps"] {
        server.host.fail_on(part, "no space left on device");
        let report = server.apply(2, 1, Wanted::Present(spec(&["two.example.test"])));
        assert_ne!(report.status, Status::ready());
        assert_eq!(server.live(), live);
        server.host.fail_no_more();
    }
    assert_eq!(server.pass(2).status, Status::ready());
    assert_eq!(server.stage(), server.live());
}

#[test]
fn the_base_goes_when_the_sites_have_gone() {
    let server = server_with(&[(1, "one.example.test")]);
    let waits = server.wish_base(2, Wanted::Absent);
    assert_eq!(waits.status.reason, Some(Reason::WaitsFor));
    server.apply(1, 2, Wanted::<SiteSpec>::Absent);
    assert_eq!(server.pass_base().status, Status::ready());
    assert!(server.live().is_empty() && server.stage().is_empty());
    assert!(server.host.files().list("/etc/nginx/conf.d").unwrap().is_empty());
}

#[test]
fn whoever_looks_in_the_middle_of_a_switch_sees_no_hand_edit() {
    let server = server_with(&[(1, "one.example.test")]);
    let file = TreeFile::Map(crate::layout::MapKind::Host, shard_of("one.example.test"));
    let (ours, after) = (server.live()[&file.to_string()].clone(), "# the next\n");
    let step = Move { before: Some(Digest::of(&ours)), after: Some(Digest::of(after)) };
    server.write(&file.live(), after);
    assert_eq!(server.pass_base().status.reason, Some(Reason::Edited), "nothing is under way");
    let round = Round::Switching([(file.to_string(), step)].into());
    server.committer.change(|inner| inner.state.round = round);
    assert!(server.pass_base().status == Status::ready());
    server.write(&file.live(), "# somebody else's\n");
    assert_eq!(server.pass_base().status.reason, Some(Reason::Edited));
}
