//! Pages and what comes, over real files that are rotated meanwhile.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use names::Micros;
use web_spec::LogKind;

use super::backwards::{Backwards, LOOKED_AT};
use super::line::StatusFilter;
use super::open::OpenFile;
use super::page::{LogPage, MOST_READ, Reader, Wanted};
use super::tail::{News, WINDOW, keyed, step};
use super::*;

/// A log in a directory of its own.
struct Log {
    place: tempfile::TempDir,
}

impl Log {
    fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap() }
    }

    fn path(&self, number: u8) -> PathBuf {
        self.place.path().join(format!("access.log.{number}"))
    }

    fn write(&self, text: &[u8]) {
        OpenOptions::new().create(true).append(true).open(self.path(0)).unwrap().write_all(text).unwrap();
    }

    fn rotate(&self) {
        let _ = std::fs::remove_file(self.path(7));
        for number in (0..7).rev() {
            let _ = std::fs::rename(self.path(number), self.path(number + 1));
        }
    }

    fn open(&self) -> Vec<OpenFile> {
        let open = |number| {
            let file = File::open(self.path(number)).ok()?;
            let size = file.metadata().unwrap().len();
            Some(OpenFile { number, size, modified_at: Micros::EPOCH, file })
        };
        (0..=7).filter_map(open).collect()
    }

    fn page(&self, wanted: &Wanted) -> LogPage {
        let mut reader = Reader::new(LogKind::Access, wanted.clone());
        // as the agent answers, a part at a time
        for files in self.open().chunks(4) {
            if reader.take(files, 0).unwrap() {
                break;
            }
        }
        reader.page
    }

    fn news(&self, at: &mut Option<Place>) -> News {
        let files = keyed(self.open()).unwrap();
        let news = step(&files, *at, LogKind::Access, &Filter::default(), 0).unwrap();
        *at = news.at;
        news
    }
}

fn request(uri: &str) -> String {
    format!(
        "{{\"site\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"time\":\"2026-11-26T12:00:00+02:00\",\"client\":\"192.0.2.7\",\
         \"host\":\"a.example.test\",\"method\":\"GET\",\"uri\":\"/{uri}\",\"protocol\":\"HTTP/1.1\",\"status\":\"404\",\"bytes\":\"153\",\
         \"seconds\":\"0.012\",\"referrer\":\"\",\"agent\":\"curl/8\"}}\n"
    )
}

fn uris(page: &LogPage) -> Vec<String> {
    page.items.iter().map(|line| line.uri.clone().unwrap_or_default()).collect()
}

fn told(news: &News) -> Vec<String> {
    news.lines.iter().map(|(_, line)| line.uri.clone().unwrap_or_default()).collect()
}

fn numbers(numbers: impl Iterator<Item = u32>) -> Vec<String> {
    numbers.map(|n| format!("/{n}")).collect()
}

fn limit(limit: usize) -> Wanted {
    Wanted { limit, ..Wanted::default() }
}

#[test]
fn a_request_is_taken_apart() {
    let line = LogLine::of(LogKind::Access, request("a?b").trim_end().as_bytes(), 0);
    let wanted = LogLine {
        time: Some("2026-11-26T10:00:00Z".parse().unwrap()),
        client: Some("192.0.2.7".to_owned()),
        host: Some("a.example.test".to_owned()),
        method: Some("GET".to_owned()),
        uri: Some("/a?b".to_owned()),
        protocol: Some("HTTP/1.1".to_owned()),
        status: Some(404),
        bytes: Some(153),
        seconds: Some(0.012),
        agent: Some("curl/8".to_owned()),
        ..LogLine::default()
    };
    assert_eq!(line, wanted);
}

#[test]
fn an_error_is_taken_apart_by_the_server_s_own_time() {
    let text = b"2026/11/26 12:00:00 [error] 12#34: *56 open() \"/x: y\" failed, client: ::1";
    let line = LogLine::of(LogKind::Error, text, 7200);
    assert_eq!(line.time.unwrap().to_string(), "2026-11-26T10:00:00.000000Z");
    assert_eq!(line.level.as_deref(), Some("error"));
    assert_eq!(line.message.as_deref(), Some("open() \"/x: y\" failed, client: ::1"));
    let plain = LogLine::of(LogKind::Error, b"2026/11/26 12:00:00 [warn] 1#1: low on: files", 0);
    assert_eq!(plain.message.as_deref(), Some("low on: files"));
    for raw in ["", "2026/13/26 12:00:00 [error] x", "2026/11/26 12:00:00 [loud] x", "words"] {
        let line = LogLine::of(LogKind::Error, raw.as_bytes(), 0);
        assert_eq!((line.raw.as_deref(), line.time), (Some(raw), None));
    }
}

#[test]
fn hostile_lines_are_shown_as_text_whatever_they_hold() {
    let escape = LogLine::of(
        LogKind::Access,
        request("\\u001b[2J\\u202ea\\u0000<script>alert(1)</script>").trim_end().as_bytes(),
        0,
    );
    assert_eq!(escape.uri.as_deref(), Some("/\\u001b[2J\\u202ea\\u0000<script>alert(1)</script>"));
    for raw in [
        b"{\"site\":".as_slice(),
        b"\xff\xfe\x1b[31m",
        b"{\"time\":\"never\",\"client\":\"x\"}",
        b"[]",
        "{\"time\":1}\u{202e}\u{2028}".as_bytes(),
    ] {
        let line = LogLine::of(LogKind::Access, raw, 0);
        let shown = line.raw.expect("shown as it is");
        assert!(line.uri.is_none() && !shown.chars().any(char::is_control), "{shown:?}");
        assert!(!shown.contains(['\u{202e}', '\u{2028}']), "{shown:?}");
    }
    // a visitor cannot say what the log's own fields say
    let forged =
        LogLine::of(LogKind::Access, request("\\\",\\\"status\\\":\\\"200").trim_end().as_bytes(), 0);
    assert_eq!((forged.status, forged.uri.as_deref()), (Some(404), Some("/\",\"status\":\"200")));
}

#[test]
fn a_log_without_lines_is_an_empty_page() {
    let log = Log::new();
    let empty = log.page(&limit(10));
    assert_eq!((empty.items.len(), empty.next_cursor, empty.stopped_early), (0, None, false));
    assert_eq!(empty.newest, Some(Place::BEGINNING.to_string()));
    log.write(b"");
    assert!(log.page(&limit(10)).items.is_empty());
    log.write(b"half a line");
    let half = log.page(&limit(10));
    assert!(half.items.is_empty() && half.next_cursor.is_none(), "told when it is whole");
}

#[test]
fn pages_over_rotations_lose_and_repeat_nothing() {
    // rotated never, between two pages, and in the midst of all
    for (first, between) in [(0, 0), (3, 0), (0, 1), (2, 2), (6, 1)] {
        let log = Log::new();
        let mut n = 0;
        let mut more = |log: &Log, count: u32| {
            for _ in 0..count {
                log.write(request(&n.to_string()).as_bytes());
                n += 1;
            }
        };
        for _ in 0..first {
            more(&log, 5);
            log.rotate();
        }
        more(&log, 12);
        let all = first * 5 + 12;
        log.write(b"half");
        let (mut seen, mut before) = (Vec::new(), None);
        for round in 0.. {
            let page = log.page(&Wanted { before, ..limit(4) });
            seen.extend(uris(&page));
            let Some(next) = page.next_cursor else { break };
            before = Some(next.parse().unwrap());
            if round == 0 {
                for _ in 0..between {
                    log.rotate();
                    log.write(request("later").as_bytes());
                }
            }
        }
        assert_eq!(seen, numbers((0..all).rev()), "{first} rotations before, {between} between");
    }
}

#[test]
fn a_place_whose_file_is_gone_ends_the_pages() {
    let log = Log::new();
    (0..9).for_each(|n| log.write(request(&n.to_string()).as_bytes()));
    let next = log.page(&limit(4)).next_cursor.unwrap();
    for _ in 0..8 {
        log.rotate();
        log.write(request("later").as_bytes());
    }
    let page = log.page(&Wanted { before: Some(next.parse().unwrap()), ..limit(4) });
    assert_eq!((page.items.len(), page.next_cursor), (0, None));
}

/// An inode is given to the next file once the file is gone; the first line tells them apart.
#[test]
fn a_file_with_the_inode_of_another_is_not_taken_for_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("log");
    std::fs::write(&path, "one\nmore\n").unwrap();
    let file = File::open(&path).unwrap();
    let key = FileKey::of(&file).unwrap().unwrap();
    std::fs::write(&path, "one\nmore\nand more\n").unwrap();
    assert_eq!(FileKey::of(&file).unwrap(), Some(key), "what is added changes nothing");
    std::fs::write(&path, "two\nmore\n").unwrap();
    assert_ne!(FileKey::of(&file).unwrap(), Some(key));
    std::fs::write(&path, "tw").unwrap();
    assert_eq!(FileKey::of(&file).unwrap(), None);
    std::fs::write(&path, "x".repeat(2000)).unwrap();
    let long = FileKey::of(&file).unwrap();
    std::fs::write(&path, "x".repeat(3000) + "\n").unwrap();
    assert!(long.is_some() && FileKey::of(&file).unwrap() == long);
}

#[test]
fn what_is_looked_for_is_a_text_and_no_pattern() {
    let log = Log::new();
    for uri in ["wp-login.php", "WP-LOGIN.PHP?x", "a.*b", "other"] {
        log.write(request(uri).as_bytes());
    }
    let search = |text: &str| {
        let filter = Filter { search: Some(text.to_owned()), status: None };
        uris(&log.page(&Wanted { filter, ..limit(10) }))
    };
    assert_eq!(search("wp-Login"), ["/WP-LOGIN.PHP?x", "/wp-login.php"]);
    assert_eq!(search(".*"), ["/a.*b"]);
    assert_eq!(search("01890a5d"), Vec::<String>::new(), "the site's id is no field");
    let status = |text: &str| {
        let filter = Filter { search: None, status: Some(text.parse().unwrap()) };
        log.page(&Wanted { filter, ..limit(10) }).items.len()
    };
    assert_eq!((status("404"), status("4xx"), status("5xx"), status("200")), (4, 4, 0, 0));
    for bad in ["", "40", "600", "6xx", "0xx", "xx", "-1", "4x", "+404", "4xxx"] {
        assert!(bad.parse::<StatusFilter>().is_err(), "{bad}");
    }
}

#[test]
fn one_answer_reads_so_much_and_says_where_to_go_on() {
    let log = Log::new();
    log.write(request("needle").as_bytes());
    let mut text = String::new();
    while (text.len() as u64) < 2 * MOST_READ + 1_000_000 {
        text.push_str(&request("hay"));
    }
    log.write(text.as_bytes());
    let filter = Filter { search: Some("needle".to_owned()), status: None };
    let (mut before, mut rounds, mut found) = (None, 0, Vec::new());
    loop {
        let page = log.page(&Wanted { before, filter: filter.clone(), limit: 10 });
        rounds += 1;
        found.extend(uris(&page));
        let Some(next) = page.next_cursor else { break };
        assert!(page.stopped_early && page.items.is_empty());
        before = Some(next.parse().unwrap());
    }
    assert_eq!((rounds, found), (3, vec!["/needle".to_owned()]));
}

#[test]
fn huge_lines_are_cut_and_those_around_them_stay_whole() {
    let log = Log::new();
    log.write(request("before").as_bytes());
    log.write(request(&"u".repeat(9000)).as_bytes());
    log.write(&vec![b'x'; 9 << 20]);
    log.write(b"\n");
    log.write(request("after").as_bytes());
    let page = log.page(&limit(10));
    assert_eq!(page.items.first().unwrap().uri.as_deref(), Some("/after"));
    assert_eq!(page.items.last().unwrap().uri.as_deref(), Some("/before"));
    let huge = &page.items[page.items.len() - 2];
    assert!(huge.cut && huge.uri.as_ref().unwrap().len() == 2048 && huge.status == Some(404));
    // longer than any line of the agent's: told in pieces
    assert_eq!(page.items.len(), 5);
    assert!(page.items[1..3].iter().all(|line| line.cut && line.raw.as_ref().unwrap().len() <= 2048));
    let ids: std::collections::BTreeSet<_> = page.items.iter().map(|line| &line.id).collect();
    assert_eq!(ids.len(), 5, "each has a place of its own");
}

#[test]
fn lines_are_found_backwards_wherever_they_meet_a_read() {
    let mut file = tempfile::tempfile().unwrap();
    let mut wanted: Vec<Vec<u8>> = Vec::new();
    for (n, len) in [0, 1, 65_535, 65_536, 65_537, 0, 3, 131_072, 262_145, 10].into_iter().enumerate() {
        let line = vec![b'a' + u8::try_from(n).unwrap(); len];
        file.write_all(&line).unwrap();
        file.write_all(b"\n").unwrap();
        wanted.push(line);
    }
    let size = file.metadata().unwrap().len();
    let mut lines = Backwards::new(&file, size);
    while let Some(found) = lines.line().unwrap() {
        let line = wanted.pop().unwrap();
        let shown = line.len().min(usize::try_from(LOOKED_AT).unwrap());
        assert_eq!(found.text, line[..shown], "{} bytes", line.len());
    }
    assert!(wanted.is_empty());
    assert!(lines.read < size + 3 * 300_000, "{} of {size} bytes were read", lines.read);
    let mut cut = Backwards::new(&file, size + 100);
    assert_eq!(cut.line().unwrap(), None, "somebody cut the file off");
}

#[test]
fn what_comes_is_told_once_over_rotations() {
    let log = Log::new();
    log.write(request("old").as_bytes());
    let mut at = None;
    assert!(told(&log.news(&mut at)).is_empty(), "from now on");
    log.write(request("1").as_bytes());
    log.write(b"half");
    assert_eq!(told(&log.news(&mut at)), ["/1"]);
    assert!(told(&log.news(&mut at)).is_empty());
    log.write(b" a line\n");
    log.write(request("2").as_bytes());
    log.rotate();
    assert_eq!(told(&log.news(&mut at)), ["", "/2"], "the file that is rotated away is read to its end");
    log.write(request("3").as_bytes());
    log.rotate();
    log.write(request("4").as_bytes());
    log.rotate();
    log.write(request("5").as_bytes());
    let news = log.news(&mut at);
    assert_eq!(told(&news), ["/3", "/4", "/5"]);
    // whoever comes back with the place behind a line gets those behind it
    let mut back = Some(news.lines[0].0);
    assert_eq!(told(&log.news(&mut back)), ["/4", "/5"]);
}

#[test]
fn a_log_that_begins_is_followed_from_its_first_line() {
    let log = Log::new();
    let mut at = Some(Place::BEGINNING);
    assert!(told(&log.news(&mut at)).is_empty());
    log.write(request("1").as_bytes());
    log.rotate();
    log.write(request("2").as_bytes());
    assert_eq!(told(&log.news(&mut at)), ["/1", "/2"]);
    let mut now = None;
    let empty = Log::new();
    empty.news(&mut now);
    empty.write(request("first").as_bytes());
    assert_eq!(told(&empty.news(&mut now)), ["/first"]);
}

#[test]
fn who_was_away_for_too_many_rotations_is_told_of_the_gap() {
    let log = Log::new();
    log.write(request("1").as_bytes());
    let mut at = None;
    log.news(&mut at);
    for _ in 0..9 {
        log.rotate();
        log.write(request("later").as_bytes());
    }
    let news = log.news(&mut at);
    assert!(news.gap && news.lines.is_empty());
    log.write(request("2").as_bytes());
    assert_eq!(told(&log.news(&mut at)), ["/2"]);
}

#[test]
fn much_that_comes_at_once_is_told_bit_by_bit() {
    let log = Log::new();
    let mut at = Some(Place::BEGINNING);
    let mut text = String::new();
    let mut count = 0_u32;
    while (text.len() as u64) < 2 * WINDOW + 5000 {
        text.push_str(&request(&count.to_string()));
        count += 1;
    }
    log.write(text.as_bytes());
    let (mut seen, mut looks) = (Vec::new(), 0);
    loop {
        let news = log.news(&mut at);
        seen.extend(told(&news));
        looks += 1;
        if !news.more {
            break;
        }
    }
    assert_eq!((looks, seen == numbers(0..count)), (3, true), "{} of {count}", seen.len());
    // a line that fills a look does not hold up what comes behind it
    log.write(&vec![b'x'; 2 << 20]);
    log.write(b"\n");
    log.write(request("behind").as_bytes());
    let mut last = String::new();
    for _ in 0..5 {
        last = told(&log.news(&mut at)).pop().unwrap_or(last);
    }
    assert_eq!(last, "/behind");
}

#[test]
fn a_place_is_written_in_one_way_alone() {
    let place = Place { file: "00000000000000000000000000000abc".parse().unwrap(), offset: 12 };
    assert_eq!(place.to_string().parse(), Ok(place));
    for bad in
        ["", "12", "abc-12", "00000000000000000000000000000ABC-12", "00000000000000000000000000000abc-012"]
    {
        assert!(bad.parse::<Place>().is_err(), "{bad}");
    }
}

proptest::proptest! {
    /// Whatever is in a log: it is shown, without anything that acts on whoever reads it, and within bounds.
    #[test]
    fn any_bytes_are_a_line(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..4000), is_access: bool) {
        let kind = if is_access { LogKind::Access } else { LogKind::Error };
        let mut line = LogLine::of(kind, &bytes, 0);
        line.shorten();
        let shown = serde_json::to_string(&line).unwrap();
        proptest::prop_assert!(shown.len() < 20 * 4096);
        proptest::prop_assert!(!line.raw.unwrap_or_default().chars().any(char::is_control));
    }

    #[test]
    fn any_text_of_a_visitor_is_told_as_it_came(text in ".*") {
        let json = serde_json::to_string(&text).unwrap();
        let written = request("x").replace("\"/x\"", &json);
        let line = LogLine::of(LogKind::Access, written.trim_end().as_bytes(), 0);
        let shown = line.uri.unwrap_or_default();
        proptest::prop_assert!(!shown.chars().any(char::is_control));
        proptest::prop_assert_eq!(line.status, Some(404));
        if text.chars().all(|c| c.is_ascii_graphic()) {
            proptest::prop_assert_eq!(shown, text);
        }
    }
}
