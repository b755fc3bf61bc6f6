//! What an authority's words are taken for.

use super::*;

fn name(text: &str) -> CertName {
    text.parse().unwrap()
}

fn trouble(json: &serde_json::Value, last: &Last) -> Trouble {
    Trouble::of(Error::Api(serde_json::from_value(json.clone()).unwrap()), last)
}

fn problem(kind: &str, detail: &str) -> Trouble {
    let document = serde_json::json!({ "type": format!("{PREFIX}{kind}"), "detail": detail });
    trouble(&document, &Last::default())
}

#[test]
fn what_it_says_of_single_names_is_told_of_those_names() {
    let asked = [name("a.example"), name("b.example")];
    let document = serde_json::json!({
        "type": format!("{PREFIX}compound"), "detail": "some problems",
        "subproblems": [
            { "type": format!("{PREFIX}caa"), "detail": "CAA forbids it", "identifier": { "type": "dns", "value": "b.example" } },
            { "type": format!("{PREFIX}dns"), "detail": "other", "identifier": { "type": "dns", "value": "c.example" } },
        ],
    });
    let refused = trouble(&document, &Last::default()).refused(&asked);
    let expected =
        RefusedName { name: name("b.example"), kind: "caa".to_owned(), detail: "CAA forbids it".to_owned() };
    assert_eq!(refused, [expected]);
}

#[test]
fn a_name_is_found_in_its_words_and_a_longer_one_is_not_taken_for_it() {
    let asked = [name("example.com"), name("www.example.com"), name("other.example")];
    let said = problem("rejectedIdentifier", "Policy forbids issuing for \"www.example.com\".");
    let refused: Vec<CertName> = said.refused(&asked).into_iter().map(|refused| refused.name).collect();
    assert_eq!(refused, [name("www.example.com")]);
    // who asked for one name alone knows which it is
    assert_eq!(problem("caa", "no").refused(&asked[..1]).len(), 1);
    assert!(problem("caa", "no").refused(&asked).is_empty());
    assert!(problem("malformed", "www.example.com").refused(&asked).is_empty());
}

#[test]
fn a_limit_of_some_names_is_told_from_one_of_everything() {
    let asked = [name("www.example.com")];
    let limit = |words: &str| problem("rateLimited", words).is_limit_of(&asked);
    assert!(limit("too many certificates (50) already issued for \"example.com\" in the last 168h0m0s"));
    assert!(limit("too many certificates (5) already issued for this exact set of identifiers"));
    assert!(!limit("too many new orders (300) from this account in the last 3h0m0s"));
    let failed = problem(
        "rateLimited",
        "too many failed authorizations (5) for \"www.example.com\" in the last 1h0m0s",
    );
    assert_eq!(failed.refused(&asked).len(), 1);
}

#[test]
fn an_answer_that_is_no_problem_document_is_told_by_its_status() {
    let of = |status: u16| {
        let last = Last { status: Some(status), retry_after: Some(Duration::from_secs(9)), date: None };
        Trouble::of(Error::Str("?"), &last)
    };
    assert!(of(503).is_away() && of(503).retry_after == Some(Duration::from_secs(9)));
    assert!(of(429).is("rateLimited"));
    assert_eq!(of(404).code(), "authority_odd");
    assert!(of(302).words.contains("redirection"));
    let internal = serde_json::json!({ "type": format!("{PREFIX}serverInternal"), "detail": "sorry" });
    assert!(trouble(&internal, &Last::default()).is_away());
}

#[test]
fn words_are_one_line_and_codes_are_spelt_as_ours() {
    assert_eq!(clip("a\nb\t\u{1b}[31mc"), "a b [31mc");
    assert_eq!(clip(&"x".repeat(5000)).len(), LONGEST);
    assert_eq!(problem("rejectedIdentifier", "no").code(), "authority_rejected_identifier");
    assert_eq!(snake("badCSR"), "bad_csr");
}
