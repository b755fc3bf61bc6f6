//! The outside world of a test server, on this machine's side of its cable: a real HTTPS receiver and a real name server.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use e2e::Node;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const LIMIT: Duration = Duration::from_mins(1);

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// `POST /hook HTTP/1.1`
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// Where it arrived.
    pub(crate) at: IpAddr,
}

/// What the receiver does with the next request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Status(u16),
    /// It hangs up in the middle.
    HangUp,
    /// It sends the client elsewhere.
    Elsewhere(&'static str),
}

#[derive(Default)]
struct Seen {
    arrived: Vec<Arrived>,
    next: VecDeque<Answer>,
    names: HashMap<String, VecDeque<Vec<IpAddr>>>,
    asked: HashMap<String, usize>,
}

/// Receiver, name server, and the authority that the server is told to trust.
pub(crate) struct Outside {
    pub(crate) v4: IpAddr,
    pub(crate) v6: IpAddr,
    /// The authority's certificate as PEM.
    pub(crate) authority: String,
    seen: Arc<Mutex<Seen>>,
}

impl Outside {
    /// On this machine's addresses of the node's network: HTTPS on port 443, DNS on port 53.
    pub(crate) fn of(node: &Node, names: &[&str]) -> Self {
        let (v4, v6) = node.outside();
        let (v4, v6) = (IpAddr::V4(v4), IpAddr::V6(v6));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (config, authority) = configured(&certificates(names, &[v4, v6]));
        for address in [v4, v6] {
            let listener = TcpListener::bind(SocketAddr::new(address, 443)).unwrap();
            let (config, seen) = (Arc::clone(&config), Arc::clone(&seen));
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (config, seen) = (Arc::clone(&config), Arc::clone(&seen));
                    // a client that hangs up ends its own thread alone
                    thread::spawn(move || drop(serve(stream, config, address, &seen)));
                }
            });
        }
        serve_names(v4, &seen);
        Self { v4, v6, authority, seen }
    }

    /// The name server alone, and a certificate with its key (as PEM) for whoever is to be reached.
    pub(crate) fn without_receiver(node: &Node, names: &[&str]) -> (Self, (String, String)) {
        let (v4, v6) = node.outside();
        let (v4, v6) = (IpAddr::V4(v4), IpAddr::V6(v6));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let made = certificates(names, &[v4, v6]);
        serve_names(v4, &seen);
        let pair = (made.certificate.pem(), made.key.serialize_pem());
        (Self { v4, v6, authority: made.authority, seen }, pair)
    }

    /// The addresses of a name at each question for it, the last ones for ever.
    pub(crate) fn name(&self, name: &str, answers: &[&[IpAddr]]) {
        let answers = answers.iter().map(|addresses| addresses.to_vec()).collect();
        self.seen.lock().unwrap().names.insert(name.to_owned(), answers);
    }

    /// What the receiver does with the next requests; after them it takes all.
    pub(crate) fn answers(&self, next: &[Answer]) {
        self.seen.lock().unwrap().next = next.iter().copied().collect();
    }

    /// All that arrived.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.seen.lock().unwrap().arrived.clone()
    }

    /// Waits until something arrived that is as wanted.
    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&Arrived) -> bool) -> Arrived {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(found) = self.arrived().into_iter().find(&wanted) {
                return found;
            }
            assert!(Instant::now() < end, "{what} did not arrive: {:#?}", self.arrived());
            #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
            thread::sleep(Duration::from_millis(30));
        }
    }
}

/// Answers questions for names on port 53.
fn serve_names(v4: IpAddr, seen: &Arc<Mutex<Seen>>) {
    let socket = UdpSocket::bind(SocketAddr::new(v4, 53)).unwrap();
    let shared = Arc::clone(seen);
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if let Some(answer) = resolve(&buffer[..length], &shared) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
}

/// A certificate with its key, and the authority that signed it, as PEM.
struct Certified {
    certificate: rcgen::Certificate,
    key: rcgen::KeyPair,
    authority: String,
}

/// A certificate for these names and addresses.
fn certificates(names: &[&str], addresses: &[IpAddr]) -> Certified {
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority =
        rcgen::CertifiedIssuer::self_signed(parameters, rcgen::KeyPair::generate().unwrap()).unwrap();
    let names = names.iter().map(|name| (*name).to_owned()).chain(addresses.iter().map(ToString::to_string));
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(names.collect::<Vec<_>>())
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    Certified { certificate, key, authority: authority.pem() }
}

/// A server's configuration with it, and the authority as PEM.
fn configured(made: &Certified) -> (Arc<ServerConfig>, String) {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(made.certificate.der().to_vec())],
            PrivateKeyDer::try_from(made.key.serialize_der()).unwrap(),
        )
        .unwrap();
    (Arc::new(config), made.authority.clone())
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    at: IpAddr,
    seen: &Mutex<Seen>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(std::io::Error::other)?;
    let answer = {
        let mut seen = seen.lock().unwrap();
        seen.arrived.push(Arrived { line: line.trim_end().to_owned(), headers, body, at });
        seen.next.pop_front().unwrap_or(Answer::Status(204))
    };
    let mut stream = reader.into_inner();
    match answer {
        Answer::HangUp => return Ok(()),
        Answer::Status(status) => {
            write!(stream, "HTTP/1.1 {status} As Asked\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
        }
        Answer::Elsewhere(to) => {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )?;
        }
    }
    stream.conn.send_close_notify();
    stream.flush()
}

/// The answer to one question (RFC 1035, section 4); none to what is no question.
fn resolve(question: &[u8], seen: &Mutex<Seen>) -> Option<Vec<u8>> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8(question.get(at..at + length)?.to_vec()).ok()?.to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes(question.get(at..at + 2)?.try_into().ok()?);
    let asked = question.get(12..at + 4)?;
    let name = labels.join(".");
    let addresses = {
        let mut seen = seen.lock().unwrap();
        // A and AAAA are asked for one look-up
        let count = seen.asked.entry(name.clone()).or_default();
        let turn = if kind == 1 {
            *count += 1;
            *count
        } else {
            (*count).max(1)
        };
        let answers = seen.names.get(&name);
        answers.map(|all| all[(turn - 1).min(all.len() - 1)].clone())
    };
    let found: Vec<IpAddr> =
        addresses.iter().flatten().copied().filter(|a| a.is_ipv4() == (kind == 1)).collect();
    let found = if kind == 1 || kind == 28 { found } else { Vec::new() };
    let mut answer = question.get(..2)?.to_vec();
    // an answer, by who knows, with no error or with "no such name"
    answer.extend([0x85, if addresses.is_some() { 0x80 } else { 0x83 }, 0, 1, 0]);
    answer.push(u8::try_from(found.len()).ok()?);
    answer.extend([0, 0, 0, 0]);
    answer.extend(asked);
    for address in found {
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 0]);
        match address {
            IpAddr::V4(address) => {
                answer.extend([0, 4]);
                answer.extend(address.octets());
            }
            IpAddr::V6(address) => {
                answer.extend([0, 16]);
                answer.extend(address.octets());
            }
        }
    }
    Some(answer)
}
