use hostd::Host;
use proptest::prelude::*;

use super::tokens::{Token, tokens};
use super::{Listen, Place, User, matches, scan};

fn words(text: &str) -> Vec<String> {
    tokens(text)
        .map(|(token, _)| match token {
            Token::Word(word) => word,
            Token::Open => "{".to_owned(),
            Token::Close => "}".to_owned(),
            Token::End => ";".to_owned(),
        })
        .collect()
}

fn host(files: &[(&str, &str)]) -> Host {
    let host = Host::for_test().unwrap();
    for (path, text) in files {
        host.files().ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, (0, 0)).unwrap();
        host.files().write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
    }
    host
}

const MAIN: &str = "/etc/nginx/nginx.conf";

#[test]
fn quotes_comments_and_variables_are_read_as_nginx_does() {
    let text = "server_name \"a;b\" 'c{d}' e\\;f ${x}y; # not; this {\nroot /srv;";
    assert_eq!(words(text), ["server_name", "a;b", "c{d}", "e;f", "${x}y", ";", "root", "/srv", ";"]);
}

#[test]
fn an_unclosed_quote_ends_with_the_text() {
    assert_eq!(words("a \"b ; {"), ["a", "b ; {"]);
}

#[test]
fn a_brace_right_behind_a_word_opens_a_block() {
    assert_eq!(
        words("http{server{listen 80;}}"),
        ["http", "{", "server", "{", "listen", "80", ";", "}", "}"]
    );
}

#[test]
fn servers_of_included_files_are_found_through_links() {
    let host = host(&[
        (MAIN, "events {}\nhttp {\n include /etc/nginx/conf.d/*.conf;\n include sites-enabled/*;\n}\n"),
        ("/etc/nginx/conf.d/.hidden.conf", "server { listen 81; }"),
        ("/etc/nginx/conf.d/one.conf", "server {\n listen 80 default_server;\n listen [::]:80;\n}"),
        (
            "/etc/nginx/sites-available/two",
            "# two\nserver {\n server_name a.example b.example;\n location / { listen 1; }\n}",
        ),
    ]);
    host.files().symlink("../sites-available/two", "/etc/nginx/sites-enabled/two").unwrap();
    let found = scan(host.files(), MAIN, |_| false).unwrap();
    let [one, two] = &found.servers[..] else { panic!("{found:?}") };
    assert_eq!(one.listens.iter().map(|l| l.default_server).collect::<Vec<_>>(), [true, false]);
    assert_eq!(two.names, ["a.example", "b.example"]);
    assert_eq!(two.place(), "/etc/nginx/sites-enabled/two:2");
    assert!(two.listens.is_empty(), "a listen inside a location is none of the server's");
}

#[test]
fn servers_of_stream_are_no_sites() {
    let host =
        host(&[(MAIN, "stream { server { listen 80 default_server; } }\nhttp { server { listen 8080; } }")]);
    let found = scan(host.files(), MAIN, |_| false).unwrap();
    assert_eq!(found.servers.len(), 1);
    assert_eq!(found.servers[0].listens[0].address, "8080");
}

#[test]
fn our_own_files_are_left_out() {
    let host = host(&[
        (MAIN, "http { include /etc/nginx/conf.d/*.conf; }"),
        ("/etc/nginx/conf.d/holdfast.conf", "server { listen 80 default_server; }"),
    ]);
    let found = scan(host.files(), MAIN, |path| path == "/etc/nginx/conf.d/holdfast.conf").unwrap();
    assert!(found.servers.is_empty());
}

#[test]
fn includes_in_a_circle_end() {
    let host = host(&[(MAIN, "http { include nginx.conf; include /etc/nginx/nginx.conf; server { } }")]);
    assert_eq!(scan(host.files(), MAIN, |_| false).unwrap().servers.len(), 1);
}

#[test]
fn a_listen_leads_to_all_addresses_or_to_one() {
    let place = |address: &str| Listen { address: address.to_owned(), default_server: true }.place();
    let one = |ip: &str, port| Place::One(Some(ip.parse().unwrap()), port);
    for (address, port) in
        [("80", 80), ("*:443", 443), ("[::]:80", 80), ("0.0.0.0:81", 81), ("[::]", 80), ("*", 80)]
    {
        assert_eq!(place(address), Place::All(port), "{address}");
    }
    assert_eq!(place("192.0.2.1:80"), one("192.0.2.1", 80));
    assert_eq!(place("127.0.0.1"), one("127.0.0.1", 80));
    assert_eq!(place("[2001:db8::1]:443"), one("2001:db8::1", 443));
    assert_eq!(place("[2001:db8::1]"), one("2001:db8::1", 80));
    assert_eq!(place("localhost:80"), Place::One(None, 80));
    assert_eq!(place("unix:/run/x.sock"), Place::Unix);
}

#[test]
fn whom_the_workers_run_as_is_said_at_the_top_alone() {
    let user = |text| scan(host(&[(MAIN, text)]).files(), MAIN, |_| false).unwrap().user;
    let of = |name: &str, group: &str| Some(User { name: name.to_owned(), group: group.to_owned() });
    assert_eq!(user("user www-data;\nhttp {}"), of("www-data", "www-data"));
    assert_eq!(user("user nginx web;\nhttp {}"), of("nginx", "web"));
    assert_eq!(user("http { user nginx; }"), None);
}

#[test]
fn patterns_match_as_in_a_shell() {
    assert!(matches("*.conf", "a.conf"));
    assert!(matches("*", "default"));
    assert!(matches("a*c*e", "abcde"));
    assert!(!matches("*.conf", ".a.conf"));
    assert!(!matches("*.conf", "a.conf.bak"));
    assert!(!matches("a*c*e", "abde"));
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_without_a_fault(text in "[a-z{};#\"'\\\\$ \n\u{e9}]{0,200}") {
        let lines = text.matches('\n').count() + 1;
        for (_, line) in tokens(&text) {
            prop_assert!(line <= lines);
        }
    }
}
