#![expect(clippy::disallowed_methods, reason = "nginx is another process and writes its logs by itself")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::time::Duration;

use converge::Wanted;

use web_spec::{LogKind, OpenSiteLogs};

use super::*;
use crate::layout::{LOG_TRASH, LOGS};
use crate::testing::{Server, site, spec};

/// nginx's master, which keeps its logs open until it is told otherwise.
struct Writer {
    open: BTreeMap<&'static str, File>,
}

impl Writer {
    fn open(server: &Server) -> Self {
        let open = |name| {
            let path = server.host.on_disk(&format!("{NGINX_LOGS}/{name}"));
            (name, OpenOptions::new().create(true).append(true).open(path).unwrap())
        };
        Self { open: [open("access.log"), open("error.log")].into() }
    }

    fn write(&mut self, name: &str, text: &str) {
        self.open.get_mut(name).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

fn access(n: u16, what: &str) -> String {
    format!("{{\"site\":\"{}\",\"uri\":\"/{what}\",\"bytes\":\"{}\"}}\n", site(n), what.len())
}

fn error(name: &str, what: &str) -> String {
    format!(
        "2026/01/01 00:00:00 [error] 1#1: *1 {what}, client: ::1, server: _, request: \"GET /\", host: \"{name}\"\n"
    )
}

fn server() -> Server {
    let server = Server::new();
    server.apply_base(1);
    for n in 1..=2 {
        server.apply(n, 1, Wanted::Present(spec(&[&format!("s{n}.example.test")])));
    }
    server
}

fn splitter(server: &Server) -> LogSplitter {
    LogSplitter::new(server.committer.clone())
}

/// Everything that a log and its rotated ones hold, oldest first.
fn whole(server: &Server, path: &str) -> String {
    let mut text = String::new();
    for path in (1..=9).rev().map(|n| format!("{path}.{n}")).chain([path.to_owned()]) {
        text.push_str(&server.host.files().read_text(&path).unwrap().unwrap_or_default());
    }
    text
}

fn of_site(server: &Server, n: u16, source: Source) -> String {
    whole(server, &format!("{}/{}", site_logs(site(n)), source.file()))
}

#[test]
fn each_line_goes_to_its_site_and_those_of_nobody_to_a_log_of_their_own() {
    let server = server();
    let mut nginx = Writer::open(&server);
    let splitter = splitter(&server);
    assert_eq!(splitter.tick(&server.host).unwrap().lines, 0);
    nginx.write("access.log", &(access(1, "a") + &access(2, "b") + &access(9, "gone") + "{\"site\":\"\"}\n"));
    nginx.write("access.log", "{\"site\":\"half a li");
    nginx.write(
        "error.log",
        &(error("s1.example.test", "one") + &error("no.example.test", "two") + "[notice] three\n"),
    );
    assert_eq!(splitter.tick(&server.host).unwrap(), Split { lines: 7, more: false });
    assert_eq!(of_site(&server, 1, Source::Access), access(1, "a"));
    assert_eq!(of_site(&server, 2, Source::Access), access(2, "b"));
    assert_eq!(of_site(&server, 1, Source::Error), error("s1.example.test", "one"));
    let unknown = whole(&server, &nobodys(Source::Access));
    assert_eq!(unknown, access(9, "gone") + "{\"site\":\"\"}\n");
    assert_eq!(whole(&server, &nobodys(Source::Error)), error("no.example.test", "two") + "[notice] three\n");
    assert!(
        server.host.files().stat(&site_logs(site(9))).unwrap().is_none(),
        "no directory for a site that is gone"
    );
    nginx.write("access.log", "ne\"}\n");
    assert_eq!(splitter.tick(&server.host).unwrap().lines, 1);
    server.host.take_changes();
    assert_eq!(splitter.tick(&server.host).unwrap().lines, 0);
    assert_eq!(server.host.take_changes(), Vec::<String>::new(), "nothing new, nothing written");
    let meta = server.host.files().stat(&format!("{}/access.log", site_logs(site(1)))).unwrap().unwrap();
    assert_eq!((meta.mode, meta.uid), (0o640, 0));
}

/// Three days of visitors, with rotations and latecomers; a process that is killed is started again.
fn three_days(server: &mut Server, crash_after: Option<usize>) -> Option<String> {
    let mut nginx = Writer::open(server);
    let mut splitter = splitter(server);
    let mut crashed = None;
    if let Some(changes) = crash_after {
        server.host.crash_after(changes);
    }
    for day in 0..3 {
        for part in 0..2 {
            let what = format!("{day}-{part}");
            // before nginx was told, it writes to the renamed file
            nginx.write(
                "access.log",
                &(access(1, &what) + &access(2, &what) + &access(1, &format!("{what}-more"))),
            );
            nginx.write("error.log", &(error("s2.example.test", &what) + "half "));
            nginx.write("error.log", "a line\n");
            for _ in 0..3 {
                while splitter.tick(&server.host).is_err() {
                    crashed = server.host.crashed();
                    server.restart();
                    splitter = LogSplitter::new(server.committer.clone());
                }
                let calls = server.host.fake_systemd().unwrap().take_calls();
                if calls.iter().any(|call| call.contains("nginx.service 10")) {
                    nginx.write("access.log", &access(2, "latecomer"));
                    nginx = Writer::open(server);
                }
                server.host.fake_clock().unwrap().advance(Duration::from_secs(40));
            }
        }
        server.host.fake_clock().unwrap().advance(Duration::from_hours(24));
    }
    crashed
}

fn everything(server: &Server) -> Vec<String> {
    let mut logs = Vec::new();
    let splitter = splitter(server);
    let today = server.host.now().as_micros() / 86_400_000_000;
    for day in today - 4..=today {
        logs.push(format!("{:?}", splitter.traffic(&server.host, day).unwrap()));
    }
    for source in Source::ALL {
        logs.extend([1, 2].map(|n| of_site(server, n, source)));
        logs.push(whole(server, &nobodys(source)));
    }
    logs
}

#[test]
fn each_line_arrives_exactly_once_wherever_the_agent_is_killed() {
    let mut calm = server();
    calm.host.take_changes();
    assert_eq!(three_days(&mut calm, None), None);
    let wanted = everything(&calm);
    let (traffic, logs) = wanted.split_at(5);
    assert_eq!(logs[0].lines().count(), 12, "two lines in each half of three days: {}", logs[0]);
    assert!(logs[1].contains("latecomer"));
    assert!(logs[5].lines().all(|line| line == "half a line") && logs[5].lines().count() == 6);
    let today = calm.host.now().as_micros() / 86_400_000_000;
    let days = (today - 4..=today).map(|day| splitter(&calm).traffic(&calm.host, day).unwrap());
    let sums = days.filter_map(|day| day.get(&site(1)).copied());
    let all = sums.fold((0, 0), |(requests, bytes), sum| (requests + sum.requests, bytes + sum.bytes));
    // `0-0` and `0-0-more`, in each half of three days
    assert_eq!(all, (12, 6 * 11), "{traffic:?}");
    let changes = calm.host.take_changes();
    for part in ["rename", "append", "signal", "remove"] {
        assert!(changes.iter().any(|change| change.starts_with(part)), "{part}: {changes:?}");
    }
    for k in 0..changes.len() {
        let mut server = server();
        let at = three_days(&mut server, Some(k)).expect("killed");
        assert_eq!(everything(&server), wanted, "killed before {at} (change {k})");
    }
    println!("{} points", changes.len());
}

#[test]
fn a_log_that_somebody_cut_off_or_replaced_is_read_on() {
    let server = server();
    let mut nginx = Writer::open(&server);
    let splitter = splitter(&server);
    nginx.write("access.log", &access(1, "before-it-was-cut"));
    splitter.tick(&server.host).unwrap();
    server.host.files().cut_log(&format!("{NGINX_LOGS}/access.log"), 0).unwrap();
    nginx.write("access.log", &access(1, "cut"));
    splitter.tick(&server.host).unwrap();
    let path = format!("{NGINX_LOGS}/access.log");
    server.host.files().rename(&path, &format!("{path}.1")).unwrap();
    nginx = Writer::open(&server);
    nginx.write("access.log", &access(1, "replaced"));
    splitter.tick(&server.host).unwrap();
    assert_eq!(
        of_site(&server, 1, Source::Access),
        access(1, "before-it-was-cut") + &access(1, "cut") + &access(1, "replaced")
    );
}

#[test]
fn a_line_without_an_end_is_passed_on_in_pieces() {
    let server = server();
    let mut nginx = Writer::open(&server);
    nginx.write("error.log", &"x".repeat(3 * 1024 * 1024));
    nginx.write("error.log", "\n");
    splitter(&server).tick(&server.host).unwrap();
    let text = whole(&server, &nobodys(Source::Error));
    assert_eq!(text.matches('x').count(), 3 * 1024 * 1024);
}

#[test]
fn a_line_that_was_never_ended_does_not_hold_the_rotation_up() {
    let server = server();
    let mut nginx = Writer::open(&server);
    let splitter = splitter(&server);
    nginx.write("error.log", "whole\n");
    splitter.tick(&server.host).unwrap();
    server.host.fake_clock().unwrap().advance(Duration::from_hours(25));
    splitter.tick(&server.host).unwrap();
    nginx.write("error.log", "ha");
    Writer::open(&server);
    splitter.tick(&server.host).unwrap();
    let old = old_path(Source::Error);
    assert!(server.host.files().stat(&old).unwrap().is_some());
    server.host.fake_clock().unwrap().advance(Duration::from_secs(61));
    splitter.tick(&server.host).unwrap();
    assert!(server.host.files().stat(&old).unwrap().is_none());
    assert_eq!(whole(&server, &nobodys(Source::Error)), "whole\nha\n");
}

#[test]
fn a_site_keeps_seven_older_logs_and_the_trash_is_emptied() {
    let server = server();
    let mut nginx = Writer::open(&server);
    let splitter = splitter(&server);
    server.apply(2, 2, Wanted::Absent);
    assert_eq!(server.host.files().list(LOG_TRASH).unwrap().len(), 1);
    for day in 0..16 {
        nginx.write("access.log", &access(1, &day.to_string()));
        for _ in 0..3 {
            splitter.tick(&server.host).unwrap();
            server.host.fake_clock().unwrap().advance(Duration::from_mins(1));
        }
        nginx = Writer::open(&server);
        server.host.fake_clock().unwrap().advance(Duration::from_hours(24));
        assert_eq!(server.host.files().list(LOG_TRASH).unwrap().len(), usize::from(day < 14), "day {day}");
    }
    let names: Vec<String> =
        server.host.files().list(&site_logs(site(1))).unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, (1..=7).map(|n| format!("access.log.{n}")).collect::<Vec<_>>());
    assert!(server.host.files().stat(LOGS).unwrap().is_some());
}

#[test]
fn traffic_is_added_up_by_site_and_day_and_a_visitor_cannot_forge_it() {
    let server = server();
    let mut nginx = Writer::open(&server);
    let splitter = splitter(&server);
    let day = || server.host.now().as_micros() / 86_400_000_000;
    let of = |n: u16, day: i64| splitter.traffic(&server.host, day).unwrap().get(&site(n)).copied();
    let first = day();
    let forged =
        format!("{{\"site\":\"{}\",\"uri\":\"/\\\",\\\"bytes\\\":\\\"999\",\"bytes\":\"7\"}}\n", site(1));
    nginx.write("access.log", &(access(1, "abc") + &forged + &access(9, "nobodys") + &access(2, "ab")));
    splitter.tick(&server.host).unwrap();
    let one = Some(Traffic { requests: 2, bytes: 10 });
    assert_eq!(of(1, first), one, "before it is in a file");
    assert_eq!(of(9, first), None, "a site that is not there has no traffic");
    server.host.fake_clock().unwrap().advance(Duration::from_mins(6));
    splitter.tick(&server.host).unwrap();
    server.host.take_changes();
    splitter.tick(&server.host).unwrap();
    assert_eq!(server.host.take_changes(), Vec::<String>::new(), "nothing new, nothing written");
    assert_eq!(of(1, first), one, "from the file of the day");
    server.host.fake_clock().unwrap().advance(Duration::from_hours(24));
    nginx.write("access.log", &access(1, "next"));
    splitter.tick(&server.host).unwrap();
    assert_eq!((of(1, first), of(1, day())), (one, Some(Traffic { requests: 1, bytes: 4 })));
    server.host.fake_clock().unwrap().advance(Duration::from_hours(24 * 41));
    splitter.tick(&server.host).unwrap();
    assert_eq!(of(1, first), None, "forgotten");
}

fn read_all(mut file: &File) -> String {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_files_of_a_log_are_opened_the_newest_first_and_a_page_at_a_time() {
    let server = server();
    let dir = site_logs(site(1));
    let (none, next) = open(&server.host, site(1), LogKind::Access, 0).unwrap();
    assert!(none.is_empty() && next.is_none(), "no visitor yet");
    assert!(open(&server.host, site(9), LogKind::Error, 0).unwrap().0.is_empty(), "no such site");
    // a rotation that was interrupted leaves a gap
    for n in [0, 1, 3, 4, 5, 7] {
        let path = if n == 0 { format!("{dir}/access.log") } else { format!("{dir}/access.log.{n}") };
        server.host.files().append_log(&path, format!("{n}\n").as_bytes(), LOG.0, LOG.1).unwrap();
    }
    server.host.files().append_log(&format!("{dir}/error.log"), b"error\n", LOG.0, LOG.1).unwrap();
    let (mut found, mut next) = (Vec::new(), Some(0));
    while let Some(first) = next {
        let (page, more) = open(&server.host, site(1), LogKind::Access, first).unwrap();
        assert!(page.len() <= OpenSiteLogs::PAGE);
        found.extend(page);
        next = more;
    }
    let numbers: Vec<u8> = found.iter().map(|one| one.file.number).collect();
    assert_eq!(numbers, [0, 1, 3, 4, 5, 7]);
    assert_eq!(found[2].file.size, 2);
    assert_eq!(read_all(&found[2].open), "3\n");
    let (errors, _) = open(&server.host, site(1), LogKind::Error, 0).unwrap();
    assert_eq!(read_all(&errors[0].open), "error\n");
}

/// Whoever got into the directory of a site, which nobody but root may, would still not be handed another's file.
#[test]
fn a_link_or_a_pipe_in_the_place_of_a_log_is_not_opened() {
    let server = server();
    let path = |n: u16| format!("{}/access.log", site_logs(site(n)));
    server.host.files().append_log(&path(2), b"of another\n", LOG.0, LOG.1).unwrap();
    let on_disk = server.host.on_disk(&path(1));
    for target in ["../placeholder".into(), server.host.on_disk(&path(2))] {
        std::os::unix::fs::symlink(&target, &on_disk).unwrap();
        assert!(open(&server.host, site(1), LogKind::Access, 0).is_err(), "{}", target.display());
        std::fs::remove_file(&on_disk).unwrap();
    }
    let made = std::process::Command::new("mkfifo").arg(&on_disk).status().unwrap();
    assert!(made.success());
    assert!(open(&server.host, site(1), LogKind::Access, 0).is_err());
    std::fs::remove_file(&on_disk).unwrap();
    std::fs::create_dir(&on_disk).unwrap();
    assert!(open(&server.host, site(1), LogKind::Access, 0).is_err());
}

#[test]
fn somebody_who_looks_has_the_lines_passed_on_once_a_second_at_most() {
    let server = server();
    let mut nginx = Writer::open(&server);
    let splitter = splitter(&server);
    nginx.write("access.log", &access(1, "a"));
    assert_eq!(splitter.freshen(&server.host).unwrap().lines, 1);
    nginx.write("access.log", &access(1, "b"));
    assert_eq!(splitter.freshen(&server.host).unwrap().lines, 0, "within the second");
    server.host.fake_clock().unwrap().advance(Duration::from_secs(1));
    assert_eq!(splitter.freshen(&server.host).unwrap().lines, 1);
    assert_eq!(of_site(&server, 1, Source::Access), access(1, "a") + &access(1, "b"));
}
