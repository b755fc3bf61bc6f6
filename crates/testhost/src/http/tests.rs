use super::{Reply, host_and_port};

#[test]
fn the_final_answer_is_read_and_interim_ones_are_left_out() {
    let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nX-A: 1:2\r\n\r\na\r\n\r\nb";
    let reply = Reply::parse(bytes).expect("an answer");
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_eq!(reply.header("x-a"), Some("1:2"));
    assert_eq!(reply.text(), "a\r\n\r\nb");
    assert_eq!(Reply::parse(b"HTTP/2 200 \r\n\r\n").expect("an answer").status, 200);
    assert_eq!(Reply::parse(b"hello"), None);
}

#[test]
fn a_url_gives_the_host_and_port_that_are_resolved() {
    assert_eq!(host_and_port("http://www.example.test/a:b"), Some(("www.example.test", 80)));
    assert_eq!(host_and_port("https://www.example.test"), Some(("www.example.test", 443)));
    assert_eq!(host_and_port("https://x:8443?q"), Some(("x", 8443)));
    assert_eq!(host_and_port("ftp://x/"), None);
    assert_eq!(host_and_port("http:///"), None);
}
