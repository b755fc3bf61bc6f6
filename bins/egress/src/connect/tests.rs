use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egress_spec::BoundsFile;
use hickory_proto::op::Message;
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::{TcpListener, UdpSocket};

use super::*;

/// A real name server that gives each question for an A record the next of these answers, the last one for ever.
struct Names {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Names {
    async fn with(answers: &'static [&'static [&'static str]]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                let query = question.queries[0].clone();
                let mut answer = question.into_response();
                let at = match query.query_type() {
                    RecordType::A => count.fetch_add(1, Ordering::SeqCst),
                    _ => count.load(Ordering::SeqCst).saturating_sub(1),
                };
                for text in answers[at.min(answers.len() - 1)] {
                    let data = match text.parse::<IpAddr>().unwrap() {
                        IpAddr::V4(address) => RData::A(address.into()),
                        IpAddr::V6(address) => RData::AAAA(address.into()),
                    };
                    if data.record_type() == query.query_type() {
                        answer.add_answer(Record::from_rdata(query.name().clone(), 0, data));
                    }
                }
                let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
            }
        });
        Self { address, asked }
    }

    fn bounds(&self, allow: &[&str]) -> Bounds {
        let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
        let file = BoundsFile { allow, nameservers: vec![self.address], ..BoundsFile::default() };
        Bounds::new(file).unwrap()
    }
}

fn url(text: &str) -> WebUrl {
    text.parse().unwrap()
}

const HOOK: &str = "https://hooks.example.test/a";

#[tokio::test]
async fn a_name_leads_to_its_addresses_ipv6_first() {
    let names = Names::with(&[&["198.51.100.7", "2001:db8:ffff::7"]]).await;
    let found = judged(&names.bounds(&["198.51.100.0/24", "2001:db8::/32"]), &url(HOOK)).await.unwrap();
    assert_eq!(
        found,
        ["[2001:db8:ffff::7]:443", "198.51.100.7:443"].map(|a| a.parse::<SocketAddr>().unwrap())
    );
}

#[tokio::test]
async fn a_name_that_is_rebound_is_resolved_once_and_refused_the_second_time() {
    let names = Names::with(&[&["198.51.100.7"], &["127.0.0.1"]]).await;
    let bounds = names.bounds(&["198.51.100.0/24"]);
    let first = judged(&bounds, &url(HOOK)).await.unwrap();
    assert_eq!(first, ["198.51.100.7:443".parse::<SocketAddr>().unwrap()]);
    assert_eq!(names.asked.load(Ordering::SeqCst), 1, "one question for one call");
    let second = judged(&bounds, &url(HOOK)).await.unwrap_err();
    assert!(matches!(second, Failure::ForbiddenName(..)), "{second}");
    assert!(second.to_string().contains("127.0.0.1 is an address of the server itself"), "{second}");
}

#[tokio::test]
async fn one_address_that_may_not_be_reached_closes_the_name() {
    for bad in [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "100.64.0.1",
        "::1",
        "fd00:ec2::254",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "fe80::1",
    ] {
        let one: &'static [&'static str] = Box::leak(Box::new(["198.51.100.7", bad]));
        let names = Names::with(Box::leak(Box::new([one]))).await;
        let found = judged(&names.bounds(&["198.51.100.0/24"]), &url(HOOK)).await;
        assert!(matches!(found, Err(Failure::ForbiddenName(_, Forbidden::Address(..)))), "{bad}: {found:?}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_says_so() {
    let names = Names::with(&[&[]]).await;
    let found = judged(&names.bounds(&[]), &url(HOOK)).await;
    assert!(matches!(found, Err(Failure::Unresolved(..))), "{found:?}");
}

#[tokio::test]
async fn an_address_in_the_url_is_asked_of_no_name_server() {
    let names = Names::with(&[&["198.51.100.7"]]).await;
    let found = judged(&names.bounds(&[]), &url("https://127.0.0.1/")).await;
    assert!(matches!(found, Err(Failure::Forbidden(Forbidden::Address(..)))), "{found:?}");
    assert_eq!(names.asked.load(Ordering::SeqCst), 0);
}

/// The loopback is this server's without any route, so it stands for every address of ours here.
#[tokio::test]
async fn an_address_of_ours_is_known_without_a_packet_and_by_its_connection() {
    for own in ["127.0.0.1", "::1"] {
        let own: IpAddr = own.parse().unwrap();
        assert_eq!(judge_own(own), Err(Forbidden::Own(own)));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connected = connect(&[address]).await;
    assert!(matches!(connected, Err(Failure::Forbidden(Forbidden::Own(_)))), "{connected:?}");
}
