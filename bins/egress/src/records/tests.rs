//! Against a real name server on loopback that answers as the test says, by UDP and TCP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egress_spec::{BoundsFile, errors};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{CAA, CNAME, NS, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use wire::Refusal;

use super::*;

/// What the server says to every question.
#[derive(Clone)]
struct Says {
    code: ResponseCode,
    /// Each of the name that was asked for.
    answers: Vec<RData>,
    /// The answer does not fit into a datagram.
    is_long: bool,
}

struct Names {
    address: SocketAddr,
    by_tcp: Arc<AtomicUsize>,
}

fn says(code: ResponseCode, answers: Vec<RData>, is_long: bool) -> Says {
    Says { code, answers, is_long }
}

fn reply(says: &Says, question: &[u8], by_udp: bool) -> Vec<u8> {
    let question = Message::from_vec(question).unwrap();
    let name = question.queries[0].name().clone();
    let mut answer = question.into_response();
    answer.metadata.response_code = says.code;
    if by_udp && says.is_long {
        answer.metadata.truncation = true;
    } else {
        for data in &says.answers {
            answer.add_answer(Record::from_rdata(name.clone(), 300, data.clone()));
        }
    }
    answer.to_vec().unwrap()
}

impl Names {
    async fn with(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = UdpSocket::bind(address).await.unwrap();
        let by_tcp = Arc::<AtomicUsize>::default();
        let (count, by_udp) = (Arc::clone(&by_tcp), says.clone());
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let _ = socket.send_to(&reply(&by_udp, &buffer[..length], true), from).await;
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let says = says.clone();
                tokio::spawn(async move {
                    while let Ok(length) = stream.read_u16().await {
                        let mut question = vec![0; length.into()];
                        stream.read_exact(&mut question).await.unwrap();
                        let answer = reply(&says, &question, false);
                        stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
                        stream.write_all(&answer).await.unwrap();
                    }
                });
            }
        });
        Self { address, by_tcp }
    }

    async fn ask(&self, name: &str, kind: RecordKind) -> Result<Found, Refusal> {
        let file = BoundsFile { nameservers: vec![self.address], ..BoundsFile::default() };
        let ask = Resolve { name: name.parse().unwrap(), kind };
        let reply = resolve(&Bounds::new(file).unwrap(), &ask).await;
        reply.map(|reply| reply.found).map_err(Refusal::from)
    }
}

async fn asked(answers: Vec<RData>, kind: RecordKind) -> Found {
    let names = Names::with(says(ResponseCode::NoError, answers, false)).await;
    names.ask("www.example.org", kind).await.unwrap()
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn foreign(text: &str) -> Foreign {
    Foreign::of(text.bytes())
}

fn records(found: Found) -> Vec<RecordData> {
    match found {
        Found::Records { records, cut: false } => records.into_iter().map(|record| record.data).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_kind_of_record_is_read_with_its_ttl() {
    let a = asked(vec![RData::A("198.51.100.7".parse().unwrap())], RecordKind::A).await;
    let data = RecordData::A("198.51.100.7".parse().unwrap());
    assert_eq!(a, Found::Records { records: vec![DnsRecord { ttl: 300, data }], cut: false });
    let aaaa = asked(vec![RData::AAAA("2001:db8::7".parse().unwrap())], RecordKind::Aaaa).await;
    assert_eq!(records(aaaa), [RecordData::Aaaa("2001:db8::7".parse().unwrap())]);
    let ns = asked(vec![RData::NS(NS(name("NS1.Example.net.")))], RecordKind::Ns).await;
    assert_eq!(records(ns), [RecordData::Ns(foreign("ns1.example.net"))]);
    let cname = asked(vec![RData::CNAME(CNAME(name("shop.example.net.")))], RecordKind::Cname).await;
    assert_eq!(records(cname), [RecordData::Cname(foreign("shop.example.net"))]);
    let caa = CAA::new_issue(true, Some(name("letsencrypt.org.")), Vec::new());
    let [RecordData::Caa(caa)] = &records(asked(vec![RData::CAA(caa)], RecordKind::Caa).await)[..] else {
        panic!("one property")
    };
    assert!(caa.critical && caa.tag == foreign("issue"), "{caa:?}");
    assert!(caa.value.as_str().starts_with("letsencrypt.org"), "{caa:?}");
    let txt = TXT::from_bytes(vec![b"holdfast-", b"verify=x"]);
    assert_eq!(
        records(asked(vec![RData::TXT(txt)], RecordKind::Txt).await),
        [RecordData::Txt(foreign("holdfast-verify=x"))]
    );
}

#[tokio::test]
async fn what_the_dns_does_not_have_is_an_answer_and_what_it_cannot_say_is_none() {
    let ask = async |code| {
        let names = Names::with(says(code, Vec::new(), false)).await;
        names.ask("www.example.org", RecordKind::A).await
    };
    assert_eq!(ask(ResponseCode::NXDomain).await.unwrap(), Found::NoName { ttl: None });
    assert_eq!(ask(ResponseCode::NoError).await.unwrap(), Found::Nothing { ttl: None });
    for code in [ResponseCode::ServFail, ResponseCode::Refused] {
        let refused = ask(code).await.unwrap_err();
        assert_eq!(refused.name, errors::SERVER_FAILED, "{refused:?}");
    }
}

#[tokio::test]
async fn a_name_server_that_is_silent_is_given_up_in_time() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let file = BoundsFile { nameservers: vec![silent.local_addr().unwrap()], ..BoundsFile::default() };
    let ask = Resolve { name: "www.example.org".parse().unwrap(), kind: RecordKind::A };
    let begun = Instant::now();
    let refused = Refusal::from(resolve(&Bounds::new(file).unwrap(), &ask).await.unwrap_err());
    assert_eq!(refused.name, errors::NO_RESOLVER, "{refused:?}");
    assert!(begun.elapsed() < PATIENCE + Duration::from_secs(1));
}

#[tokio::test]
async fn an_answer_that_is_too_long_for_a_datagram_is_fetched_and_bounded() {
    let text = TXT::from_bytes(vec![&[b'a'; 255], &[0xff; 255], &[b'\n'; 255], &[b'b'; 255]]);
    let names = Names::with(says(ResponseCode::NoError, vec![RData::TXT(text); 60], true)).await;
    let found = names.ask("www.example.org", RecordKind::Txt).await.unwrap();
    assert!(names.by_tcp.load(Ordering::SeqCst) > 0, "it was asked by TCP");
    let texts = records(found);
    assert_eq!(texts.len(), 60);
    for text in texts {
        let RecordData::Txt(text) = text else { panic!("{text:?}") };
        let visible = text.as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte));
        assert!(text.as_str().len() <= Foreign::MAX && visible, "{text}");
    }
    let many = (0..200_u8).map(|n| RData::A(std::net::Ipv4Addr::new(198, 51, 100, n).into()));
    let names = Names::with(says(ResponseCode::NoError, many.collect(), true)).await;
    let found = names.ask("www.example.org", RecordKind::A).await.unwrap();
    let Found::Records { records, cut: true } = found else { panic!("{found:?}") };
    assert_eq!(records.len(), MAX_RECORDS);
}

#[test]
fn names_of_strangers_are_visible() {
    let odd = Name::from_labels(vec![&b"a.b"[..], b"x\n\x1b[", b"EXAMPLE"]).unwrap();
    assert_eq!(name_of(&odd).as_str(), "a\\255b.x\\010\\027[.example");
    assert_eq!(name_of(&Name::root()).as_str(), "");
}

#[test]
fn what_was_not_asked_for_is_not_handed_on() {
    let record = |data| Record::from_rdata(name("www.example.org."), 60, data);
    let answers = [
        record(RData::CNAME(CNAME(name("host.example.net.")))),
        record(RData::TXT(TXT::from_bytes(vec![b"x"]))),
        record(RData::A("198.51.100.7".parse().unwrap())),
    ];
    let found = records(read(RecordKind::A, &answers));
    assert_eq!(
        found,
        [RecordData::Cname(foreign("host.example.net")), RecordData::A("198.51.100.7".parse().unwrap())]
    );
    // a chain that ends in nothing
    assert_eq!(read(RecordKind::A, &answers[..1]), Found::Nothing { ttl: Some(60) });
}
