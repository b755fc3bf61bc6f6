//! What crosses the wire, as files; and the bounds.

use names::{IpNetwork, Scheme, Special, WebUrl};
use wire::Refusal;
use wire::golden::Golden;

use super::*;

fn url(text: &str) -> WebUrl {
    text.parse().unwrap()
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: value.to_owned() }
}

#[test]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let post = Fetch {
        verb: Verb::Post,
        url: url("https://hooks.example.com/holdfast?key=1"),
        headers: vec![header("content-type", "application/json")],
        body: Body(br#"{"type":"object.ready"}"#.to_vec()),
        timeout_ms: 15_000,
        max_answer: 4096,
    };
    let get = Fetch { verb: Verb::Get, headers: Vec::new(), body: Body::default(), ..post.clone() };
    let reply = FetchReply {
        status: 200,
        headers: vec![header("content-type", "text/plain")],
        body: Body(b"thank you".to_vec()),
        cut: false,
        address: "2001:db8::9".parse().unwrap(),
        micros: 12_345,
    };
    let forbidden = Forbidden::Address("169.254.169.254".parse().unwrap(), Special::LinkLocal);
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&post, &reply)
        .request("get", &get)
        .reply::<Fetch>(
            "moved",
            &FetchReply { status: 307, headers: vec![header("location", "/a")], ..reply.clone() },
        )
        .error::<Fetch>("forbidden", &Refusal::new(errors::FORBIDDEN, forbidden.to_string()))
        .check()
        .unwrap();
}

#[test]
fn a_body_that_is_no_base64_and_an_unknown_field_are_refused() {
    let good = serde_json::json!({ "verb": "GET", "url": "https://hooks.example.com/", "headers": [], "body": "",
                                   "timeout_ms": 1, "max_answer": 1 });
    assert!(serde_json::from_value::<Fetch>(good.clone()).is_ok());
    for (name, value) in [("body", "*"), ("url", "https://a@127.0.0.1/"), ("verb", "TRACE"), ("proxy", "x")] {
        let mut bad = good.clone();
        bad[name] = value.into();
        assert!(serde_json::from_value::<Fetch>(bad).is_err(), "{name}");
    }
}

fn bounds(allow: &[&str], plain: &[&str]) -> Bounds {
    let networks =
        |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpNetwork>>();
    Bounds::new(BoundsFile { allow: networks(allow), plain_http: networks(plain), ..BoundsFile::default() })
        .unwrap()
}

#[test]
fn without_a_file_the_public_internet_by_https_is_all() {
    let judge = |text: &str| Bounds::default().judge(&url(text)).map_err(|forbidden| forbidden.code());
    assert_eq!(judge("https://hooks.example.com/"), Ok(()));
    assert_eq!(judge("https://8.8.8.8/"), Ok(()));
    assert_eq!(judge("https://[2a00::1]/"), Ok(()));
    assert_eq!(judge("http://hooks.example.com/"), Err("url_plain"));
    assert_eq!(judge("http://8.8.8.8/"), Err("url_plain"));
    assert_eq!(judge("https://hooks.example.com:8443/"), Err("url_port_forbidden"));
    for host in [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "203.0.113.9",
        "[::1]",
        "[::]",
        "[fd00:ec2::254]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::808:808]",
        "[2002:808:808::1]",
        "[2001:db8::9]",
        "[fe80::1]",
    ] {
        assert_eq!(judge(&format!("https://{host}/")), Err("url_address"), "{host}");
    }
}

#[test]
fn a_network_that_was_opened_is_reached_and_its_neighbours_are_not() {
    let bounds = bounds(&["203.0.113.0/24", "2001:db8::/32"], &["203.0.113.8/30"]);
    let judge = |text: &str| bounds.judge(&url(text)).map_err(|forbidden| forbidden.code());
    assert_eq!(judge("https://203.0.113.9/"), Ok(()));
    assert_eq!(judge("https://[2001:db8::9]/"), Ok(()));
    assert_eq!(judge("http://203.0.113.9:8080/"), Ok(()));
    assert_eq!(judge("http://203.0.113.12/"), Err("url_plain"));
    assert_eq!(judge("https://198.51.100.9/"), Err("url_address"));
    assert_eq!(bounds.judge_address(Scheme::Http, "203.0.113.12".parse().unwrap()), Err(Forbidden::Plain));
}

#[test]
fn what_has_no_peer_can_not_be_opened() {
    for text in [
        "127.0.0.0/8",
        "127.0.0.1/32",
        "169.254.169.254/32",
        "0.0.0.0/0",
        "::1/128",
        "fe80::/10",
        "::/0",
        "224.0.0.0/4",
        "64:ff9b::/96",
        "::ffff:0:0/96",
    ] {
        let file = BoundsFile { allow: vec![text.parse().unwrap()], ..BoundsFile::default() };
        assert!(Bounds::new(file).is_err(), "{text}");
    }
    // the ends are public; what may not be opened stays closed in the middle all the same
    let wide = bounds(&["8.0.0.0/6", "168.0.0.0/6"], &[]);
    assert!(wide.judge(&url("https://10.0.0.1/")).is_ok());
    assert!(wide.judge(&url("https://169.254.169.254/")).is_err());
}
