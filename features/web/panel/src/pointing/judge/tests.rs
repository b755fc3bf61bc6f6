use egress_spec::{Caa, DnsRecord, Foreign};

use super::*;

const HERE: &str = "198.51.100.7";
const HERE_6: &str = "2001:db8::7";
const AWAY: &str = "203.0.113.9";
const AWAY_6: &str = "2001:db8:ffff::9";

fn name() -> DomainName {
    "www.example.org".parse().unwrap()
}

fn ours() -> Ours {
    Ours { own: vec![HERE.parse().unwrap(), HERE_6.parse().unwrap()], before: Vec::new() }
}

fn nothing() -> Answer {
    Answer::Found(Found::Nothing { ttl: None })
}

fn records(data: impl IntoIterator<Item = RecordData>) -> Answer {
    let records: Vec<_> = data.into_iter().map(|data| DnsRecord { ttl: 300, data }).collect();
    if records.is_empty() { nothing() } else { Answer::Found(Found::Records { records, cut: false }) }
}

/// The name leads to these addresses, where this was met.
fn leading(to: &[(&str, Visited)]) -> Observed {
    let all: Vec<(IpAddr, Visited)> =
        to.iter().map(|(at, visited)| (at.parse().unwrap(), visited.clone())).collect();
    let of = |v4: bool| {
        records(all.iter().filter(|(at, _)| at.is_ipv4() == v4).map(|(at, _)| match at {
            IpAddr::V4(at) => RecordData::A(*at),
            IpAddr::V6(at) => RecordData::Aaaa(*at),
        }))
    };
    Observed {
        a: of(true),
        aaaa: of(false),
        cname: nothing(),
        ns: nothing(),
        caa: nothing(),
        proof: None,
        visits: all,
        not_visited: None,
    }
}

fn met(seen: Seen) -> Visited {
    let status = match seen {
        Seen::Proof => 200,
        Seen::Redirect => 301,
        Seen::Other => 404,
    };
    Visited::Answered(Answered { seen, status })
}

fn proof() -> Visited {
    met(Seen::Proof)
}

fn other() -> Visited {
    met(Seen::Other)
}

fn silent() -> Visited {
    Visited::Silent("nobody".to_owned())
}

fn unasked() -> Visited {
    Visited::Unasked("no way".to_owned())
}

fn verdict(seen: &Observed) -> Verdict {
    judge(&name(), seen, &ours())
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.troubles.iter().map(|trouble| trouble.code.as_str()).collect()
}

fn stands(seen: &Observed) -> (State, Leads, Answers) {
    let verdict = verdict(seen);
    (verdict.state, verdict.leads, verdict.answers)
}

#[test]
fn a_name_is_good_where_every_address_is_here_and_was_seen_to_answer() {
    let seen = leading(&[(HERE, proof()), (HERE_6, proof())]);
    assert_eq!(stands(&seen), (State::Good, Leads::Here, Answers::Yes));
    assert!(verdict(&seen).troubles.is_empty());
    assert_eq!(stands(&leading(&[(HERE, proof())])), (State::Good, Leads::Here, Answers::Yes));
    // never without having been seen
    assert_eq!(stands(&leading(&[(HERE, unasked())])).0, State::Unknown);
    let mut waits = leading(&[(HERE, unasked())]);
    waits.visits.clear();
    waits.not_visited = Some(NotVisited::Pending);
    assert_eq!(stands(&waits), (State::NotServed, Leads::Here, Answers::NotLooked));
    // one family that could not be asked about is not as good as none
    let mut half = leading(&[(HERE, proof())]);
    half.aaaa = Answer::Unasked("time is over".to_owned());
    assert_eq!((stands(&half).0, codes(&verdict(&half))), (State::Unknown, vec!["not_asked"]));
}

#[test]
fn what_is_missing_comes_with_the_records_to_set() {
    let mut seen = leading(&[]);
    seen.a = Answer::Found(Found::NoName { ttl: Some(60) });
    seen.aaaa = Answer::Found(Found::NoName { ttl: Some(60) });
    assert_eq!(stands(&seen), (State::Trouble, Leads::Nowhere, Answers::NotLooked));
    let Verdict { troubles, .. } = verdict(&seen);
    let [trouble] = &troubles[..] else { panic!("{troubles:?}") };
    assert_eq!(trouble.code, "no_such_name");
    assert_eq!(
        trouble.remedy,
        "Set an A record for www.example.org to 198.51.100.7, and an AAAA record for www.example.org to 2001:db8::7."
    );
    let record = |kind: &str, value: &str| WantedRecord {
        name: "www.example.org".to_owned(),
        kind: kind.to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(trouble.records, [record("A", HERE), record("AAAA", HERE_6)]);
    assert_eq!(codes(&verdict(&leading(&[]))), ["no_address"]);
    // without an address that others can reach nothing is made up
    let private = Ours { own: vec!["10.0.0.5".parse().unwrap()], before: Vec::new() };
    let trouble = &judge(&name(), &seen, &private).troubles[0];
    assert!(trouble.records.is_empty() && trouble.remedy.contains("names.public_addresses"), "{trouble:?}");
}

#[test]
fn records_of_one_family_that_lead_elsewhere_are_told_with_their_own_remedy() {
    let seen = leading(&[(AWAY, other())]);
    assert_eq!(stands(&seen), (State::Trouble, Leads::Elsewhere, Answers::No));
    let trouble = &verdict(&seen).troubles[0];
    assert_eq!(trouble.remedy, "Set an A record for www.example.org to 198.51.100.7.");
    assert!(trouble.detail.contains(AWAY) && trouble.detail.contains("not answer"), "{trouble:?}");
    // the old IPv6 address that was forgotten
    let seen = leading(&[(HERE, proof()), (AWAY_6, silent())]);
    assert_eq!((stands(&seen).1, codes(&verdict(&seen))), (Leads::Partly, vec!["aaaa_elsewhere"]));
    let v4_alone = Ours { own: vec![HERE.parse().unwrap()], before: Vec::new() };
    let trouble = &judge(&name(), &seen, &v4_alone).troubles[0];
    assert!(
        trouble.remedy.starts_with("Remove the AAAA record") && trouble.records.is_empty(),
        "{trouble:?}"
    );
    let mut alias = leading(&[(AWAY, other())]);
    alias.cname = records([RecordData::Cname(Foreign::of(*b"old.example.net"))]);
    let trouble = &verdict(&alias).troubles[0];
    assert!(trouble.detail.contains("old.example.net (CNAME)"), "{trouble:?}");
    assert!(trouble.remedy.ends_with("in place of the CNAME record to old.example.net."), "{trouble:?}");
}

#[test]
fn another_address_that_answers_with_our_proof_is_a_proxy_and_no_trouble() {
    let seen = leading(&[(AWAY, proof()), (AWAY_6, proof())]);
    assert_eq!(stands(&seen), (State::Good, Leads::Forwarded, Answers::Yes));
    let seen = leading(&[(AWAY, met(Seen::Redirect))]);
    assert_eq!(stands(&seen), (State::Trouble, Leads::Unknown, Answers::Redirects));
    assert_eq!(codes(&verdict(&seen)), ["redirected"]);
    // an address of a router before this server is one of this server
    let routed = Ours { own: vec!["10.0.0.5".parse().unwrap()], before: vec![AWAY.parse().unwrap()] };
    let verdict = judge(&name(), &leading(&[(AWAY, proof())]), &routed);
    assert_eq!((verdict.state, verdict.leads), (State::Good, Leads::Here));
}

#[test]
fn what_does_not_answer_here_is_for_an_administrator() {
    assert_eq!(codes(&verdict(&leading(&[(HERE, other()), (HERE_6, proof())]))), ["answered_otherwise"]);
    let seen = leading(&[(HERE, silent()), (HERE_6, silent())]);
    assert_eq!((stands(&seen).2, codes(&verdict(&seen))), (Answers::Silent, vec!["not_answered"]));
}

#[test]
fn name_servers_that_fail_are_told_apart_from_a_resolver_that_is_away() {
    let mut seen = leading(&[]);
    (seen.a, seen.aaaa) = (Answer::ServerFailed("SERVFAIL".to_owned()), Answer::ServerFailed(String::new()));
    assert_eq!((stands(&seen).0, codes(&verdict(&seen))), (State::Trouble, vec!["servers_failed"]));
    let away = || Answer::Unasked("no name server".to_owned());
    (seen.a, seen.aaaa) = (away(), away());
    assert_eq!(
        (stands(&seen), codes(&verdict(&seen))),
        ((State::Unknown, Leads::Unknown, Answers::NotLooked), vec!["not_asked"])
    );
}

#[test]
fn only_records_of_this_server_alone_prove_a_name_by_pointing() {
    let led = |seen: &Observed| is_led_here(seen, &ours());
    assert!(led(&leading(&[(HERE, unasked())])) && led(&leading(&[(HERE, unasked()), (HERE_6, unasked())])));
    assert!(!led(&leading(&[])), "no address");
    assert!(!led(&leading(&[(HERE, proof()), (AWAY, proof())])), "two servers");
    assert!(!led(&leading(&[(AWAY, proof())])), "an answer can be handed on by anybody");
    let mut half = leading(&[(HERE, proof())]);
    half.aaaa = Answer::Unasked(String::new());
    assert!(!led(&half), "the other family may lead anywhere");
}

fn hindered(seen: &Observed) -> Option<String> {
    hindrance(&name(), seen, &ours()).map(|trouble| trouble.code)
}

#[test]
fn an_order_leaves_out_what_certainly_fails_and_nothing_else() {
    let code = |text: &str| Some(text.to_owned());
    assert_eq!(hindered(&leading(&[])), code("no_address"));
    assert_eq!(hindered(&leading(&[(AWAY, other())])), code("a_elsewhere"));
    assert_eq!(hindered(&leading(&[(HERE, other())])), code("answered_otherwise"));
    assert_eq!(hindered(&leading(&[(HERE, silent())])), code("not_answered"));
    // an authority takes IPv6 where it answers
    assert_eq!(hindered(&leading(&[(HERE, proof()), (AWAY_6, other())])), code("aaaa_elsewhere"));
    assert_eq!(hindered(&leading(&[(AWAY, other()), (HERE_6, proof())])), None);
    assert_eq!(hindered(&leading(&[(HERE, proof()), (AWAY_6, silent())])), None);
    // one of several may do
    assert_eq!(hindered(&leading(&[(HERE, proof()), (AWAY, other())])), None);
    // a redirection may lead here
    assert_eq!(hindered(&leading(&[(AWAY, met(Seen::Redirect))])), None);
    assert_eq!(hindered(&leading(&[(AWAY, proof())])), None);
    // what could not be asked stands in nobody's way
    assert_eq!(hindered(&leading(&[(HERE, unasked())])), None);
    assert_eq!(
        hindered(&leading(&[(AWAY, silent())])),
        None,
        "perhaps it is this server that cannot get there"
    );
    for answer in [Answer::Unasked(String::new()), Answer::ServerFailed(String::new())] {
        let mut seen = leading(&[]);
        seen.a = answer;
        assert_eq!(hindered(&seen), None);
    }
}

#[test]
fn what_was_seen_reads_back_from_the_database() {
    let mut seen = leading(&[(HERE, proof()), (AWAY, silent()), (AWAY_6, unasked())]);
    let caa =
        Caa { critical: true, tag: Foreign::of(*b"issue"), value: Foreign::of(*b"ca.example; \x1b[2J") };
    seen.caa = records([RecordData::Caa(caa.clone())]);
    seen.proof = Some(Answer::ServerFailed("x".to_owned()));
    seen.not_visited = Some(NotVisited::NoKey);
    let text = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Observed>(&text).unwrap(), seen);
    assert_eq!(seen.caa(), Some(vec![caa]));
}
