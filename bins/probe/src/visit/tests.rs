use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

async fn server(answer: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let n = stream.read(&mut asked).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&asked[..n]).into_owned()
    });
    (address, asked)
}

fn ask(address: SocketAddr, host: Option<&str>, path: ProbePath) -> ProbeHttp {
    let address = address.to_string().parse().unwrap();
    ProbeHttp { address, host: host.map(|h| h.parse().unwrap()), path }
}

#[tokio::test]
async fn nginx_says_which_site_and_which_tree() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 121\r\n\r\n{\"site\":\"01990000-0000-7000-8000-000000000001\",\"tree\":\
                  \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}";
    let (address, asked) = server(answer).await;
    let reply = visit(&ask(address, Some("www.example.test"), ProbePath::Identity)).await.unwrap();
    assert_eq!(reply.status, 200);
    assert!(reply.site.is_some() && reply.tree.is_some());
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("GET /.well-known/holdfast HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("host: www.example.test\r\n"), "{asked}");
}

#[tokio::test]
async fn an_answer_of_a_stranger_names_no_site() {
    let (address, _) = server("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno").await;
    let reply = visit(&ask(address, None, ProbePath::Identity)).await.unwrap();
    assert_eq!((reply.status, reply.site, reply.tree), (404, None, None));
}

#[tokio::test]
async fn nobody_listens_and_it_says_so() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = visit(&ask(address, None, ProbePath::Front)).await.unwrap_err();
    assert!(matches!(error, VisitError::Connect(..)), "{error}");
}

#[test]
fn all_addresses_are_reached_by_loopback() {
    assert_eq!(reachable("0.0.0.0:80".parse().unwrap()), "127.0.0.1:80".parse().unwrap());
    assert_eq!(reachable("[::]:80".parse().unwrap()), "[::1]:80".parse().unwrap());
}
