//! A panel with a database; egress, agent and web server that a test plays; and a real authority, Debian's Pebble, on loopback.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::store::testing::TestStore;
use ::store::{Tx, WriteTx};
use api_kit::ApiError;
use cert_spec::{Der, DiscardKeys, KeyMade, KeysDiscarded, MakeKey};
use desired::{Agents, BoxFuture, Draft, Panel, Registry};
use egress_spec::{Body, Bounds, Fetch, FetchReply, Header, Verb, errors};
use instant_acme::{ChallengeType, KeyAuthorization};
use jobs::{Jobs, Timing};
use names::{CertName, Digest};
use rustls::pki_types::ServerName;
use seal::SealKey;
use serde_json::{Value, json};
use testhost::{Cmd, Running};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use wire::{AllowedPeers, CancellationToken, Limits, Peer, Refusal, Router};

use super::{Issuing, OrderCertificate, Ways, WebServer, upkeep};
use crate::CertificateObject;
use crate::acme::key;
use crate::acme::prove::{ByHttp, Prove};

/// As long as a test may need a program.
const LIFE: Duration = Duration::from_mins(10);
const PATIENCE: Duration = Duration::from_mins(1);
/// The name of the authority, which leads to no address but by the egress that is played here.
pub(super) const AUTHORITY: &str = "acme.example.test";

/// How hard the authority makes it for its clients.
#[derive(Debug, Clone, Default)]
pub(super) struct Chaos {
    /// Of a hundred nonces that are good, so many are refused.
    pub(super) refused_nonces: u8,
    /// Of a hundred authorisations that could be used again, so many are.
    pub(super) reused: u8,
    /// It makes accounts for its customers alone: the name of a key, and the key.
    pub(super) customers: Option<(&'static str, &'static str)>,
}

/// What is answered in the authority's place.
#[derive(Debug, Clone)]
pub(super) struct Instead {
    /// To requests whose address ends so.
    pub(super) to: &'static str,
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Value,
}

/// What the played egress did, and is to do.
#[derive(Default)]
struct Played {
    calls: Mutex<Vec<String>>,
    instead: Mutex<Vec<Instead>>,
    away: AtomicBool,
    /// The call with this number is never answered.
    stop_at: AtomicUsize,
    stopped: Notify,
}

/// Keys that the played agent made, by what was asked for.
#[derive(Default)]
struct Keys {
    made: Mutex<BTreeMap<String, String>>,
    discarded: AtomicUsize,
}

/// Names whose challenges the web server answers wrongly, as another server would; and the thumbprint that it was told.
#[derive(Default)]
struct Web {
    elsewhere: Mutex<BTreeSet<String>>,
    thumbprint: Mutex<String>,
}

struct Told;

impl WebServer for Told {
    fn acme_changed<'a>(
        &'a self,
        _tx: &'a mut WriteTx,
        _draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async { Ok(()) })
    }
}

pub(super) struct Bench {
    pub(super) state: Issuing,
    pub(super) store: TestStore,
    pub(super) jobs: Jobs,
    running: tokio::task::JoinHandle<()>,
    played: Arc<Played>,
    keys: Arc<Keys>,
    web: Arc<Web>,
    place: Place,
    folder: tempfile::TempDir,
    chaos: Chaos,
    _names: Running,
    authority: Option<Running>,
    stop: Stop,
}

/// Ends with the bench what its token ends.
struct Stop(CancellationToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Where the programs of a test listen: at an address of loopback that no other test has, by ports that the kernel gives to nobody by itself.
#[derive(Debug, Clone, Copy)]
struct Place(Ipv4Addr);

impl Place {
    const AUTHORITY: u16 = 14_000;
    const MANAGE_AUTHORITY: u16 = 15_000;
    const NAMES: u16 = 8_053;
    const MANAGE_NAMES: u16 = 8_055;
    const WEB: u16 = 5_002;

    fn new() -> Self {
        static MADE: AtomicU8 = AtomicU8::new(1);
        let [.., a, b, c] = std::process::id().to_be_bytes();
        // most tests are processes of their own; of those that are not, each takes an address that is 64 networks from the last one's
        let made = MADE.fetch_add(1, Ordering::SeqCst) % 4;
        Self(Ipv4Addr::new(127, made << 6 | a & 0x3f, b, c))
    }

    fn at(self, port: u16) -> SocketAddr {
        (self.0, port).into()
    }
}

impl Bench {
    pub(super) async fn new(chaos: Chaos) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (played, keys, web) = (Arc::<Played>::default(), Arc::<Keys>::default(), Arc::<Web>::default());
        played.stop_at.store(usize::MAX, Ordering::SeqCst);
        let place = Place::new();
        let listener = TcpListener::bind(place.at(Place::WEB)).await.unwrap();
        tokio::spawn(serve_web(listener, Arc::clone(&web)));
        let root = write_certificate(folder.path());
        let names = Cmd::new([
            "pebble-challtestsrv",
            "-dns01",
            &place.at(Place::NAMES).to_string(),
            "-management",
            &place.at(Place::MANAGE_NAMES).to_string(),
            "-defaultIPv4",
            &place.0.to_string(),
            "-defaultIPv6",
            "",
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
        ]);
        let names = names.deadline(LIFE).spawn().unwrap();
        let stop = CancellationToken::new();
        let egress =
            play_egress(&folder.path().join("egress.sock"), &played, place.at(Place::AUTHORITY), root, &stop);
        let agent = play_agent(&folder.path().join("agent.sock"), &keys, &stop);
        let store = TestStore::new().await;
        let agents = Agents { driver: agent.clone(), people: agent };
        let registry = Registry::default().with::<CertificateObject>();
        let panel = Panel::new(store.store.clone(), agents, registry, stop.clone());
        let dns = ByDns(place.at(Place::MANAGE_NAMES));
        let state = Issuing {
            panel: panel.clone(),
            seal: SealKey::throw_away().unwrap(),
            egress,
            bounds: Arc::new(Bounds::default()),
            web_server: Arc::new(Told),
            ways: Ways::new(vec![Box::new(ByHttp), Box::new(dns)]),
        };
        let (jobs, running) = run(&state, &stop);
        let mut bench = Self {
            state,
            store,
            jobs,
            running,
            played,
            keys,
            web,
            place,
            folder,
            chaos,
            _names: names,
            authority: None,
            stop: Stop(stop),
        };
        bench.restart_authority().await;
        upkeep::ensure_key(&bench.state).await.unwrap();
        let thumbprint = bench.thumbprint().await;
        *bench.web.thumbprint.lock().unwrap() = thumbprint;
        bench
    }

    async fn thumbprint(&self) -> String {
        let stored = self.store.read(async |tx: &mut Tx| key::find(tx).await).await.unwrap().unwrap();
        stored.open(&self.state.seal).unwrap().thumbprint().unwrap().to_string()
    }

    /// Starts the authority anew. It forgets its accounts, its orders, and its root.
    pub(super) async fn restart_authority(&mut self) {
        self.authority = None;
        let folder = self.folder.path();
        let keys: BTreeMap<_, _> = self.chaos.customers.into_iter().collect();
        let config = json!({ "pebble": {
            "listenAddress": self.place.at(Place::AUTHORITY),
            "managementListenAddress": self.place.at(Place::MANAGE_AUTHORITY),
            "certificate": folder.join("certificate.pem"),
            "privateKey": folder.join("key.pem"),
            "httpPort": Place::WEB,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": self.chaos.customers.is_some(),
            "externalAccountMACKeys": keys,
            "domainBlocklist": ["blocked.example"],
            "certificateValidityPeriod": 90 * 24 * 3600,
        } });
        let path = folder.join("config.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let names = self.place.at(Place::NAMES).to_string();
        let words = ["pebble", "-config", &path.to_string_lossy(), "-dnsserver", &names];
        let pebble = Cmd::new(words)
            .env("PEBBLE_WFE_NONCEREJECT", self.chaos.refused_nonces.to_string())
            .env("PEBBLE_AUTHZREUSE", self.chaos.reused.to_string())
            .env("PEBBLE_VA_NOSLEEP", "1");
        self.authority = Some(pebble.deadline(LIFE).spawn().unwrap());
        for at in [Place::AUTHORITY, Place::MANAGE_NAMES].map(|port| self.place.at(port)) {
            let end = tokio::time::Instant::now() + PATIENCE;
            while TcpStream::connect(at).await.is_err() {
                assert!(tokio::time::Instant::now() < end, "nothing answers at {at}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Has these names, and no others, lead to another server.
    pub(super) fn elsewhere(&self, names: &[&str]) {
        *self.web.elsewhere.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// Answers the next request to such an address in the authority's place.
    pub(super) fn instead(&self, instead: Instead) {
        self.played.instead.lock().unwrap().push(instead);
    }

    /// Nobody reaches the authority.
    pub(super) fn away(&self, away: bool) {
        self.played.away.store(away, Ordering::SeqCst);
    }

    /// What was asked of the authority, each as its verb and path; from now on it is counted anew.
    pub(super) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.played.calls.lock().unwrap())
    }

    /// How many keys were made, and how often some were given up.
    pub(super) fn keys(&self) -> (usize, usize) {
        (self.keys.made.lock().unwrap().len(), self.keys.discarded.load(Ordering::SeqCst))
    }

    /// Never answers the call with this number, counted from now on.
    pub(super) fn stop_at(&self, number: usize) {
        self.take_calls();
        self.played.stop_at.store(number, Ordering::SeqCst);
    }

    /// Kills the panel as soon as it waits for the call that is never answered, and starts it anew; false where the work ended before.
    pub(super) async fn kill_when_stopped(&mut self, ended: impl AsyncFn(&Self) -> bool) -> bool {
        let stopped = loop {
            tokio::select! {
                () = self.played.stopped.notified() => break true,
                () = tokio::time::sleep(Duration::from_millis(50)) => if ended(self).await { break false },
            }
        };
        self.running.abort();
        let _ = (&mut self.running).await;
        self.played.stop_at.store(usize::MAX, Ordering::SeqCst);
        (self.jobs, self.running) = run(&self.state, &self.stop.0);
        stopped
    }

    /// Waits until it is so.
    pub(super) async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(tokio::time::Instant::now() < end, "{what}: too late");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn run(state: &Issuing, stop: &CancellationToken) -> (Jobs, tokio::task::JoinHandle<()>) {
    let timing = Timing {
        lease: Duration::from_millis(400),
        beat: Duration::from_millis(100),
        look: Duration::from_millis(50),
    };
    let jobs = Jobs::new(state.panel.clone(), vec![Arc::new(OrderCertificate::new(state.clone()))], timing);
    let running = tokio::spawn(jobs.clone().run(stop.clone()));
    (jobs, running)
}

/// The certificate that the authority itself shows; answers the root that signed it.
fn write_certificate(folder: &Path) -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = rcgen::CertifiedIssuer::self_signed(parameters, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![AUTHORITY.to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &root).unwrap();
    std::fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    root.der().to_vec()
}

fn own_uid() -> u32 {
    wire::Call::local().caller().uid
}

fn serve(path: &Path, router: Router, stop: &CancellationToken) -> Peer {
    let listener = UnixListener::bind(path).unwrap();
    let limits = Limits { connections: 100, kept_for_root: 0, ..Limits::default() };
    tokio::spawn(wire::serve(listener, router, AllowedPeers::of([own_uid()]), limits, stop.clone()));
    Peer::with_connections(path, 20)
}

fn play_egress(
    path: &Path,
    played: &Arc<Played>,
    at: SocketAddr,
    root: Vec<u8>,
    stop: &CancellationToken,
) -> Peer {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = TlsConnector::from(Arc::new(tls.with_root_certificates(roots).with_no_client_auth()));
    let played = Arc::clone(played);
    let router = Router::new("egress").method(move |_, ask: Fetch| {
        let (played, tls) = (Arc::clone(&played), tls.clone());
        async move { fetch(&played, at, tls, ask).await }
    });
    serve(path, router, stop)
}

async fn fetch(
    played: &Played,
    place: SocketAddr,
    tls: TlsConnector,
    ask: Fetch,
) -> Result<FetchReply, Refusal> {
    let verb = match ask.verb {
        Verb::Head => "HEAD",
        Verb::Post => "POST",
        _ => "GET",
    };
    let number = {
        let mut calls = played.calls.lock().unwrap();
        calls.push(format!("{verb} {}", ask.url.target()));
        calls.len() - 1
    };
    if number == played.stop_at.load(Ordering::SeqCst) {
        played.stopped.notify_one();
        std::future::pending::<()>().await;
    }
    if played.away.load(Ordering::SeqCst) {
        return Err(Refusal::new(errors::NO_ANSWER, "nobody answers"));
    }
    let instead = {
        let mut all = played.instead.lock().unwrap();
        let at = all.iter().position(|instead| ask.url.target().ends_with(instead.to));
        at.map(|at| all.remove(at))
    };
    if let Some(instead) = instead {
        let header = |(name, value): (&str, String)| Header { name: name.to_owned(), value };
        let headers = instead.headers.into_iter().map(header).collect();
        return Ok(reply(instead.status, headers, instead.body.to_string().into_bytes()));
    }
    exchange(place, tls, verb, &ask).await.map_err(|error| Refusal::new(errors::NO_ANSWER, error.to_string()))
}

fn reply(status: u16, headers: Vec<Header>, body: Vec<u8>) -> FetchReply {
    let address = "198.51.100.7".parse().unwrap();
    FetchReply { status, headers, body: Body(body), cut: false, address, micros: 1000 }
}

/// One exchange in HTTP/1.0, which ends with the connection.
async fn exchange(at: SocketAddr, tls: TlsConnector, verb: &str, ask: &Fetch) -> std::io::Result<FetchReply> {
    let stream = TcpStream::connect(at).await?;
    let mut stream = tls.connect(ServerName::try_from(AUTHORITY).unwrap(), stream).await?;
    let mut head = format!("{verb} {} HTTP/1.0\r\nhost: {}\r\n", ask.url.target(), ask.url.authority());
    for Header { name, value } in &ask.headers {
        head += name;
        head += ": ";
        head += value;
        head += "\r\n";
    }
    head += "content-length: ";
    head += &ask.body.0.len().to_string();
    head += "\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&ask.body.0).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
    let text = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| Header { name: name.to_ascii_lowercase(), value: value.to_owned() });
    let body = answer.get(end + 4..).unwrap_or_default().to_vec();
    Ok(reply(status.unwrap_or(0), headers.collect(), body))
}

/// Keys are the same for what is the same, as the agent's.
fn play_agent(path: &Path, keys: &Arc<Keys>, stop: &CancellationToken) -> Peer {
    let (making, discarding) = (Arc::clone(keys), Arc::clone(keys));
    let router = Router::new("agent")
        .method(move |_, ask: MakeKey| {
            let keys = Arc::clone(&making);
            async move {
                let what = format!("{} {:?} {:?}", ask.certificate, ask.kind, ask.names);
                let mut made = keys.made.lock().unwrap();
                let pem =
                    made.entry(what).or_insert_with(|| rcgen::KeyPair::generate().unwrap().serialize_pem());
                let key = rcgen::KeyPair::from_pem(pem).unwrap();
                let names: Vec<String> = ask.names.iter().map(ToString::to_string).collect();
                let mut parameters = rcgen::CertificateParams::new(names).unwrap();
                parameters.distinguished_name = rcgen::DistinguishedName::new();
                let request = parameters.serialize_request(&key).unwrap();
                let public = rcgen::PublicKeyData::subject_public_key_info(&key);
                let request = Der::new(request.der().to_vec()).unwrap();
                Ok(KeyMade { key: Digest::of(&public), request })
            }
        })
        .method(move |_, _: DiscardKeys| {
            discarding.discarded.fetch_add(1, Ordering::SeqCst);
            async { Ok(KeysDiscarded { keys: 1 }) }
        });
    serve(path, router, stop)
}

/// Answers challenges as nginx does: by the token in the path and the thumbprint.
async fn serve_web(listener: TcpListener, web: Arc<Web>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let web = Arc::clone(&web);
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let host = head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            let token = path.strip_prefix("/.well-known/acme-challenge/");
            let elsewhere = web.elsewhere.lock().unwrap().contains(host);
            let (status, body) = match token {
                Some(token) if !elsewhere => {
                    ("200 OK", format!("{token}.{}", web.thumbprint.lock().unwrap()))
                }
                _ => ("404 Not Found", "another server".to_owned()),
            };
            let answer = format!("HTTP/1.0 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        });
    }
}

/// Proves names with a star by the name server of the tests.
struct ByDns(SocketAddr);

impl Prove for ByDns {
    fn challenge(&self) -> ChallengeType {
        ChallengeType::Dns01
    }

    fn can(&self, name: &CertName) -> bool {
        name.is_wildcard() && name.base().as_str() != "unproven.example"
    }

    fn ready<'a>(
        &'a self,
        name: &'a CertName,
        proof: &'a KeyAuthorization,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let host = format!("_acme-challenge.{}.", name.base());
            let body = json!({ "host": host, "value": proof.dns_value() }).to_string();
            let mut stream = TcpStream::connect(self.0).await.map_err(|error| error.to_string())?;
            let head = format!("POST /set-txt HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(head.as_bytes()).await.map_err(|error| error.to_string())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.map_err(|error| error.to_string())?;
            if answer.contains(" 200 ") { Ok(()) } else { Err(answer) }
        })
    }
}
