use super::{Message, Parser};

fn message(id: &str, event: Option<&str>, data: &str) -> Message {
    Message {
        id: (!id.is_empty()).then(|| id.to_owned()),
        event: event.map(str::to_owned),
        data: data.to_owned(),
    }
}

#[test]
fn messages_come_out_however_the_bytes_are_cut() {
    let stream =
        ": alive\n\nid: 7\nevent: object.ready\ndata: {\"a\":\ndata: 1}\n\nid:8\r\ndata:x\r\n\r\n".as_bytes();
    let wanted = [message("7", Some("object.ready"), "{\"a\":\n1}"), message("8", None, "x")];
    for size in 1..stream.len() {
        let mut parser = Parser::default();
        let messages: Vec<_> = stream.chunks(size).flat_map(|chunk| parser.push(chunk)).collect();
        assert_eq!(messages, wanted, "in pieces of {size}");
    }
}

#[test]
fn a_message_without_its_end_is_none() {
    assert!(Parser::default().push(b"id: 7\ndata: {\"a\": 1}\n").is_empty());
}
