use egress_spec::Seen;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn ask(address: &str) -> Visit {
    Visit {
        name: "www.example.org".parse().unwrap(),
        address: address.parse().unwrap(),
        token: "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA".to_owned().try_into().unwrap(),
        thumbprint: "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ".parse().unwrap(),
    }
}

#[tokio::test]
async fn nobody_is_asked_who_is_not_of_the_public_internet() {
    for address in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fd00:ec2::254",
        "fe80::1",
    ] {
        let refused = visit(&Bounds::default(), &ask(address)).await.unwrap_err();
        assert!(matches!(refused, Failure::Forbidden(_)), "{address}: {refused}");
    }
}

/// What is sent to a server that answers so, and what is made of it. The connection is the test's own, since addresses that can be reached
/// here may not be visited.
async fn visited(answer: String) -> (String, VisitReply) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let _ = stream.write_all(answer.as_bytes()).await;
        String::from_utf8(head).unwrap()
    });
    let ask = ask("198.51.100.7");
    let stream = tokio::net::TcpStream::connect(at).await.unwrap();
    let end = tokio::time::Instant::now() + PATIENCE;
    let request = request(&question(&ask).unwrap()).unwrap();
    let Answer { status, body, .. } = exchange(stream, at, request, MOST, end).await.unwrap();
    let reply = VisitReply::judge((&ask.token, &ask.thumbprint), status, &body.0, 1);
    (serving.await.unwrap(), reply)
}

#[tokio::test]
async fn the_question_is_an_authoritys_and_the_answer_is_judged_here() {
    let proof = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
    let (asked, reply) = visited(format!("HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\n{proof}")).await;
    let path = "/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
    assert!(asked.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{asked}");
    assert!(asked.to_lowercase().contains("\r\nhost: www.example.org\r\n"), "{asked}");
    assert_eq!((reply.seen, reply.status), (Seen::Proof, 200));
    let (_, reply) =
        visited("HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
    assert_eq!(reply.seen, Seen::Redirect);
    // a page without an end is cut, and is no proof
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{proof}{}", "a".repeat(100_000));
    let (_, reply) = visited(endless).await;
    assert_eq!(reply.seen, Seen::Other);
}
