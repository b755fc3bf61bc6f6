use hyper::StatusCode;

use crate::failure::Failure;
use crate::problem::Problem;
use crate::testing::{Answer, FakePanel, problem};

#[tokio::test]
async fn every_refused_field_is_told_with_its_reason_and_remedy() {
    let body = serde_json::json!({
        "type": "/problems/invalid", "title": "Some values cannot be taken.", "status": 422, "code": "invalid", "detail": "2 values",
        "errors": [
            { "pointer": "/name", "code": "domain_label", "reason": "A label begins with a hyphen.", "remedy": "Choose another name." },
            { "pointer": "/ssh_keys/1", "code": "ssh_key", "reason": "Not a key.", "remedy": "" },
            { "pointer": "?limit", "code": "x", "reason": "Too much.", "remedy": "Less." },
            { "pointer": "", "code": "x", "reason": "Evil \u{1b}[2J.", "remedy": "" },
        ],
    });
    let panel = FakePanel::start([("GET /sites/x", Answer::json(422, &body))]);
    let ran = panel.run(&["site", "show", "x"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    insta::assert_snapshot!(ran.err);
}

#[tokio::test]
async fn with_json_the_document_comes_as_it_is() {
    let panel = FakePanel::start([("GET /sites/x", problem(409, "conflict", "Not now."))]);
    let ran = panel.run(&["--json", "site", "show", "x"]).await;
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["code"], "conflict");
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: Not now.\n"));
}

#[tokio::test]
async fn what_is_not_there_has_a_code_of_its_own() {
    let panel = FakePanel::start([(
        "GET /sites/x",
        problem(404, "not_found", "There is no such site, or it is not yours."),
    )]);
    let ran = panel.run(&["site", "show", "x"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (3, "error: There is no such site, or it is not yours.\n"));
}

#[tokio::test]
async fn who_is_not_signed_in_learns_how() {
    let panel = FakePanel::start([(
        "GET /sites/x",
        problem(401, "unauthenticated", "This needs a session that is signed in."),
    )]);
    let ran = panel.run(&["site", "show", "x"]).await;
    assert!(ran.err.contains("remedy: Run this as root"), "{}", ran.err);
    assert_eq!(ran.code, 1);
}

#[test]
fn an_answer_that_is_no_document_is_a_problem_all_the_same() {
    let problem = Problem::read(StatusCode::BAD_GATEWAY, b"<html>");
    let failure = Failure::Problem(Box::new(problem));
    assert_eq!(failure.exit_code(), 1);
    assert_eq!(failure.to_string(), "The panel answered 502 Bad Gateway.");
}

#[test]
fn exit_codes_tell_kinds_of_failure_apart() {
    let of = |status| Failure::Problem(Box::new(Problem { status, ..Problem::default() })).exit_code();
    assert_eq!([of(404), of(409), of(422), of(500)], [3, 1, 1, 1]);
    assert_eq!(Failure::Usage(String::new()).exit_code(), 2);
    assert_eq!(Failure::NotReady { reason: String::new(), remedy: String::new() }.exit_code(), 4);
    assert_eq!(Failure::Unreachable { reason: String::new(), remedy: String::new() }.exit_code(), 5);
    let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    assert_eq!(Failure::Io(pipe).exit_code(), 0);
}
