use super::*;

fn refused(text: &str) -> String {
    parse_request(text.as_bytes()).expect_err(text)
}

#[test]
fn a_request_is_method_parameters_and_more() {
    let request =
        parse_request(br#"{"method":"a.b.C","parameters":{"x":[1,2.5,null,"z",true]},"more":true}"#).unwrap();
    assert_eq!(request.method, "a.b.C");
    assert!(request.more);
    assert_eq!(request.parameters.unwrap().get(), r#"{"x":[1,2.5,null,"z",true]}"#);
    assert!(parse_request(br#"{"method":"a.b.C"}"#).unwrap().parameters.is_none());
}

#[test]
fn what_is_no_request_is_refused() {
    for text in [
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "{}",
        r#"{"method":1}"#,
        r#"{"method":"a","parameters":{"x":NaN}}"#,
        r#"{"method":"a"}{"method":"b"}"#,
        r#"{"method":"a"} trailing"#,
        "{\"method\":\"a\nb\"}",
        r#"{"method":"a","upgrade":true}"#,
        r#"{"method":"a","id":7}"#,
        r#"{"method":"a","more":"yes"}"#,
        r#"{"method":"a","parameters":{"x":1e999}}"#,
    ] {
        refused(text);
    }
    assert!(parse_request(b"{\"method\":\"\xff\"}").is_err());
}

#[test]
fn a_call_without_reply_is_refused_by_name() {
    assert_eq!(refused(r#"{"method":"a","oneway":true}"#), "a call without reply is not supported");
    assert!(parse_request(br#"{"method":"a","oneway":false}"#).is_ok());
}

#[test]
fn a_duplicate_key_is_refused_at_any_depth() {
    for text in [
        r#"{"method":"a","method":"b"}"#,
        r#"{"method":"a","parameters":{},"parameters":{}}"#,
        r#"{"method":"a","parameters":{"uid":1,"uid":0}}"#,
        r#"{"method":"a","parameters":{"list":[{"x":{"k":1,"k":1}}]}}"#,
        r#"{"method":"a","parameters":{"k":1,"\u006b":2}}"#,
    ] {
        let message = refused(text);
        assert!(message.contains("duplicate key"), "{text}: {message}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested =
        |depth: usize| format!(r#"{{"method":"a","parameters":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(parse_request(nested(100).as_bytes()).is_ok());
    assert!(refused(&nested(10_000)).contains("recursion limit"));
    assert!(
        refused(&format!(r#"{{"method":"a","parameters":{}"#, "[".repeat(500_000)))
            .contains("recursion limit")
    );
}

#[test]
fn no_frame_contains_a_nul_but_its_end() {
    let value = serde_json::value::to_raw_value(&serde_json::json!({ "text": "a\0b" })).unwrap();
    let frame = reply(&value, true).unwrap();
    assert_eq!(frame.iter().position(|byte| *byte == 0), Some(frame.len() - 1));
    assert_eq!(frame, b"{\"parameters\":{\"text\":\"a\\u0000b\"},\"continues\":true}\0");

    let frame = refusal(&Refusal::new("x.y.Z", "no").with_detail(&7)).unwrap();
    assert_eq!(frame, b"{\"error\":\"x.y.Z\",\"parameters\":{\"message\":\"no\",\"detail\":7}}\0");
}
