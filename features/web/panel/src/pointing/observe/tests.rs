use egress_spec::{DnsRecord, Foreign};

use super::*;

fn with(texts: &[&[u8]]) -> Observed {
    let record =
        |text: &&[u8]| DnsRecord { ttl: 60, data: RecordData::Txt(Foreign::of(text.iter().copied())) };
    let nothing = || Answer::Found(Found::Nothing { ttl: None });
    let proof = Answer::Found(Found::Records { records: texts.iter().map(record).collect(), cut: false });
    Observed {
        a: nothing(),
        aaaa: nothing(),
        cname: nothing(),
        ns: nothing(),
        caa: nothing(),
        proof: Some(proof),
        visits: Vec::new(),
        not_visited: Some(NotVisited::Pending),
    }
}

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

#[test]
fn the_very_text_proves_a_name_and_no_other() {
    let good = text(TOKEN);
    assert!(with(&[good.as_bytes()]).is_proven_by(TOKEN));
    assert!(with(&[b"v=spf1 -all", b"\xff\x00", good.as_bytes()]).is_proven_by(TOKEN), "beside others");
    assert!(with(&[format!(" {good} ").as_bytes()]).is_proven_by(TOKEN));
    for bad in [
        TOKEN.to_owned(),
        format!("{good}A"),
        format!("A{good}"),
        good.to_uppercase(),
        format!("\"{good}\""),
        good.replace('=', "= "),
        format!("{good}\n"),
        format!("{good}\0"),
        String::new(),
        text(""),
    ] {
        assert!(!with(&[bad.as_bytes()]).is_proven_by(TOKEN), "{bad:?}");
    }
    assert!(!with(&[]).is_proven_by(TOKEN));
    assert!(
        !with(&[good.as_bytes()]).is_proven_by("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        "another account's"
    );
    let mut failed = with(&[]);
    failed.proof = Some(Answer::Unasked(good.clone()));
    assert!(!failed.is_proven_by(TOKEN));
    failed.proof = None;
    assert!(!failed.is_proven_by(TOKEN));
}

#[test]
fn a_name_that_is_too_long_has_no_place_for_its_proof() {
    let name = |length: usize| {
        let mut text = "example.org".to_owned();
        while text.len() + 2 <= length {
            let label = (length - text.len() - 1).min(63);
            text = format!("{}.{text}", "a".repeat(label));
        }
        DomainName::parse(&text).unwrap()
    };
    assert_eq!(challenge_name(&name(15)).unwrap().as_str(), format!("_holdfast-challenge.{}", name(15)));
    assert!(challenge_name(&name(233)).is_some());
    assert!(challenge_name(&name(240)).is_none());
}
