use std::time::{Duration, Instant};

use hostd::JobResult;

use super::*;

const LOG: &str = "/var/log/holdfast/packages-web.log";

fn host() -> Arc<Host> {
    let host = Arc::new(Host::for_test().unwrap());
    host.files().ensure_dirs("/var/log/holdfast", 0o755, (0, 0)).unwrap();
    host
}

fn write(host: &Host, text: &str) {
    host.files().write(LOG, text.as_bytes(), 0o644, (0, 0)).unwrap();
}

fn from(run: Option<&str>, from: u64) -> GetRole {
    GetRole { role: Role::Web, log: Some(LogFrom { run: run.map(str::to_owned), from }) }
}

fn texts(state: &RoleState) -> Vec<&str> {
    state.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn what_is_missing_and_could_still_be_started_is_told() {
    let (host, roles) = (host(), Roles::default());
    let state = roles.get(&host, &GetRole { role: Role::Web, log: None }).unwrap();
    assert!(state.packages.contains(&"nginx".to_owned()) && state.missing == state.packages, "{state:?}");
    assert!(state.unmasked.contains(&"apache2.service".to_owned()) && !state.running, "{state:?}");
    host.files().ensure_dirs(hostd::UNIT_DIR, 0o755, (0, 0)).unwrap();
    host.files().symlink("/dev/null", "/etc/systemd/system/apache2.service").unwrap();
    let state = roles.get(&host, &GetRole { role: Role::Web, log: None }).unwrap();
    assert!(!state.unmasked.contains(&"apache2.service".to_owned()), "{state:?}");
}

#[test]
fn lines_are_told_once_and_a_new_run_from_its_beginning() {
    let (host, roles) = (host(), Roles::default());
    write(&host, "#run one\n#step check\nhal");
    let state = roles.get(&host, &from(None, 0)).unwrap();
    assert_eq!(texts(&state), ["#run one", "#step check", "hal"], "nobody writes the rest of it");
    host.systemd_arc().state(&Unit::Packages(Role::Web)).unwrap();
    write(&host, "#run one\n#step check\nhalf\nmore\n");
    let state = roles.get(&host, &from(Some("one"), 21)).unwrap();
    assert_eq!(texts(&state), ["half", "more"]);
    assert_eq!(state.lines[1].end, 31);
    assert!(roles.get(&host, &from(Some("one"), 31)).unwrap().lines.is_empty());
    write(&host, "#run two\nother\n");
    let state = roles.get(&host, &from(Some("one"), 31)).unwrap();
    assert_eq!((state.run.as_deref(), texts(&state)), (Some("two"), vec!["#run two", "other"]));
}

#[test]
fn a_log_that_does_not_say_which_run_it_is_of_is_not_told() {
    let (host, roles) = (host(), Roles::default());
    for text in ["", "#run", "#run half", "of an older release\n"] {
        write(&host, text);
        let state = roles.get(&host, &from(None, 0)).unwrap();
        assert_eq!((state.run, state.lines), (None, Vec::new()), "{text:?}");
    }
}

#[test]
fn a_long_log_is_told_in_pieces_without_a_gap() {
    let (host, roles) = (host(), Roles::default());
    let lines: Vec<String> =
        std::iter::once("#run one".to_owned()).chain((0..9000).map(|n| format!("line {n} ä"))).collect();
    write(&host, &format!("{}\n", lines.join("\n")));
    let (mut told, mut at, mut rounds) = (Vec::new(), 0, 0);
    loop {
        let state = roles.get(&host, &from(Some("one"), at)).unwrap();
        at = state.lines.last().map_or(at, |line| line.end);
        told.extend(state.lines.into_iter().map(|line| line.text));
        rounds += 1;
        if !state.more {
            break;
        }
    }
    assert!(rounds > 1 && told == lines, "{rounds} rounds, {} lines", told.len());
}

#[test]
fn an_installation_is_begun_once_and_not_waited_for() {
    let (host, roles) = (host(), Arc::new(Roles::default()));
    let (tell, begun) = std::sync::mpsc::channel();
    let (let_go, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    host.fake_systemd().unwrap().on_start(&Unit::Packages(Role::Web), move || {
        tell.send(()).unwrap();
        let _ = lock(&gate).recv_timeout(Duration::from_secs(20));
        JobResult::Done
    });
    let cause = Cause::default();
    assert!(roles.start(&host, Role::Web, &cause).unwrap().running);
    begun.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(lock(&roles.starting).contains_key(&Role::Web));
    let_go.send(()).unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while lock(&roles.starting).contains_key(&Role::Web) {
        assert!(Instant::now() < end, "it never ends");
        std::thread::yield_now();
    }
    assert!(begun.try_recv().is_err(), "it was begun once");
    assert!(!roles.get(&host, &GetRole { role: Role::Web, log: None }).unwrap().running);
}
