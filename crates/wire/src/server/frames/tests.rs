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

#[cfg(feature = "client")]
mod properties {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::*;
    use crate::client::frames as client;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_parsers(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_request(&bytes);
            let _ = client::parse_reply(&bytes);
        }

        #[test]
        fn no_text_that_looks_like_json_breaks_them(text in r#"[{}\[\]":,0-9a-e\\. \x00]{0,80}"#) {
            let _ = parse_request(text.as_bytes());
            let _ = client::parse_reply(text.as_bytes());
        }

        #[test]
        fn what_the_client_writes_the_service_reads(method in any::<String>(), parameters in json(), more: bool) {
            let frame = client::request(&method, &parameters, more).unwrap();
            let (end, frame) = frame.split_last().unwrap();
            prop_assert_eq!(*end, 0);
            prop_assert!(!frame.contains(&0));
            let request = parse_request(frame).unwrap();
            prop_assert_eq!((request.method, request.more), (method, more));
            let read = request.parameters.map_or(Value::Null, |raw| serde_json::from_str(raw.get()).unwrap());
            prop_assert_eq!(read, parameters);
        }

        #[test]
        fn what_the_service_answers_the_client_reads(value in json(), continues: bool) {
            let raw = serde_json::value::to_raw_value(&value).unwrap();
            let frame = reply(&raw, continues).unwrap();
            let (read, more) = client::parse_reply(&frame[..frame.len() - 1]).unwrap().unwrap();
            prop_assert_eq!((read.get(), more), (raw.get(), continues));
        }

        #[test]
        fn a_refusal_survives_the_wire(name in any::<String>(), message in any::<String>(), detail in json()) {
            let sent = Refusal { name, message, detail };
            let frame = refusal(&sent).unwrap();
            prop_assert_eq!(client::parse_reply(&frame[..frame.len() - 1]).unwrap().unwrap_err(), sent);
        }
    }
}
