//! A server for tests: the fake host with an nginx in effigy that loads the tree from the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use converge::{Apply, Engine, MemoryLedger, Report, Wanted};
use hostd::{Host, JobResult, Unit};
use names::{AccountName, CertificateId, Digest, DomainName, Generation, NodeId, PoolName, Secret, SiteId};
use web_spec::{
    DocrootMade, MakeDocroot, ProbeHttp, ProbeHttpReply, ProbeTls, ProbeTlsReply, SiteSpec, SiteTls,
    WebServerSpec,
};
use wire::WireError;

use crate::layout::{DEFAULT_CERTIFICATE, STAGE, TLS, TREE, certificate_file, shard_of};
use crate::{
    Check, Committer, DEFAULT_NAME, DefaultCertificate, Docroots, Others, Probe, Sites, UnitCheck, WebServer,
    WorkerCallError,
};

/// Files by their path below the tree.
pub(crate) type Files = BTreeMap<String, String>;

/// An nginx that refuses a text with `BAD` in it, two files with `DUP`, and a broken foreign file.
pub(crate) struct Nginx {
    root: PathBuf,
    pub(crate) served: Mutex<Files>,
    pub(crate) checks: AtomicUsize,
    pub(crate) reloads: AtomicUsize,
    /// Reloads fail.
    pub(crate) stuck: AtomicBool,
    /// Addresses that a server block of somebody else names.
    pub(crate) foreign: Mutex<Vec<std::net::IpAddr>>,
    /// Handshakes that it answered.
    pub(crate) handshakes: AtomicUsize,
}

#[expect(clippy::disallowed_methods, reason = "nginx is another process and reads the disk by itself")]
pub(crate) fn read_files(dir: &Path) -> Files {
    let mut files = Files::new();
    for below in ["", "maps", "sites"] {
        let Ok(entries) = std::fs::read_dir(dir.join(below)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_file() {
                let rel = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(rel, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

impl Nginx {
    fn disk(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "nginx is another process and writes its messages by itself"
    )]
    fn check(&self) -> JobResult {
        self.checks.fetch_add(1, Ordering::SeqCst);
        let files = read_files(&self.disk(STAGE));
        let bad = files.iter().find(|(_, text)| text.contains("BAD")).map(|(rel, _)| format!("{TREE}/{rel}"));
        let dup = files
            .iter()
            .filter(|(_, text)| text.contains("DUP"))
            .nth(1)
            .map(|(rel, _)| format!("{TREE}/{rel}"));
        let foreign = "/etc/nginx/sites-enabled/old.conf";
        let broken = self.disk(foreign).exists().then(|| foreign.to_owned());
        match broken.or(bad).or(dup) {
            None => JobResult::Done,
            Some(file) => {
                let said = format!("nginx: [emerg] unknown directive \"x\" in {file}:1\n");
                std::fs::write(self.disk("/var/lib/holdfast-agent/check/nginx.log"), said).unwrap();
                JobResult::Failed
            }
        }
    }

    fn load(&self) -> JobResult {
        if self.stuck.load(Ordering::SeqCst) {
            return JobResult::Failed;
        }
        self.reloads.fetch_add(1, Ordering::SeqCst);
        *self.served.lock().unwrap() = read_files(&self.disk(TREE));
        JobResult::Done
    }

    pub(crate) fn site_of(&self, name: &str) -> Option<SiteId> {
        let served = self.served.lock().unwrap();
        let map = served.get(&format!("maps/host-{:02x}.map", shard_of(name)))?;
        map.lines()
            .find_map(|l| l.strip_prefix(name)?.trim().strip_suffix(';'))
            .and_then(|id| SiteId::parse(id).ok())
    }
}

impl Nginx {
    /// The file of the certificate that visitors of a name are shown.
    fn certificate_of(&self, name: &str) -> String {
        let found = self.site_of(name).and_then(|site| {
            let served = self.served.lock().unwrap();
            let site = site.to_string();
            let map = served.get(&format!("maps/certificate-{:02x}.map", shard_of(&site)))?;
            let id = map.lines().find_map(|l| l.strip_prefix(&site)?.trim().strip_suffix(';'))?;
            CertificateId::parse(id).ok()
        });
        found.map_or_else(|| DEFAULT_CERTIFICATE.to_owned(), certificate_file)
    }
}

/// A key and a certificate that it signs itself, as the files below [`TLS`] have them.
pub(crate) fn pair(names: &[&str]) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    format!("{}{}", key.serialize_pem(), certificate.pem())
}

/// Makes the certificate of visitors who name no site.
struct Maker;

impl DefaultCertificate for Maker {
    fn make(&self, _: &Host) -> Result<Secret<String>, String> {
        Ok(Secret::new(pair(&[DEFAULT_NAME])))
    }
}

struct Eyes(Arc<Nginx>);

impl Probe for Eyes {
    fn ask(&self, _: &Host, question: &ProbeHttp, _: Duration) -> Result<ProbeHttpReply, String> {
        if self.0.foreign.lock().unwrap().contains(&question.address.ip()) {
            return Ok(ProbeHttpReply { status: 200, site: None, tree: None, micros: 1 });
        }
        let told = self.0.served.lock().unwrap().get("tree.conf").cloned().unwrap_or_default();
        let tree = told.split("default ").nth(1).and_then(|t| t.split(';').next()?.parse().ok());
        let site = question.host.as_ref().and_then(|name| self.0.site_of(name.as_str()));
        Ok(ProbeHttpReply { status: 200, site, tree, micros: 1 })
    }

    fn shown(&self, host: &Host, question: &ProbeTls, _: Duration) -> Result<ProbeTlsReply, String> {
        self.0.handshakes.fetch_add(1, Ordering::SeqCst);
        let listens = self.0.served.lock().unwrap().get("server.conf").is_some_and(|t| t.contains(" ssl"));
        if !listens {
            return Err("nobody listens".to_owned());
        }
        let file = self.0.certificate_of(question.name.as_str());
        let foreign = self.0.foreign.lock().unwrap().contains(&question.address.ip());
        let pem = host.files().read_text(&file).unwrap().filter(|_| !foreign);
        let body = pem.as_deref().and_then(|pem| pem.split("CERTIFICATE-----").nth(1)?.split("-----").next());
        let certificate = match body {
            Some(body) => Digest::of(STANDARD.decode(body.replace(['\n', '\r'], "")).unwrap()),
            None if foreign => Digest::of("of a stranger"),
            None => return Err("the handshake fails".to_owned()),
        };
        Ok(ProbeTlsReply {
            certificate,
            names: Vec::new(),
            covers: true,
            self_signed: true,
            issuer: String::new(),
            not_before: 0,
            not_after: 0,
            protocol: "TLSv1.3".to_owned(),
        })
    }
}

/// Says yes to everything, until told otherwise.
pub(crate) struct Ready(pub(crate) AtomicBool);

impl Others for Ready {
    fn account_ready(&self, _: &AccountName) -> bool {
        self.0.load(Ordering::SeqCst)
    }
    fn pool_ready(&self, _: &PoolName) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Makes docroots in effigy.
#[derive(Default)]
pub(crate) struct Made(Arc<AtomicUsize>);

impl Docroots for Made {
    fn make(
        &self,
        host: &Host,
        account: &AccountName,
        _: &MakeDocroot,
    ) -> Result<DocrootMade, WorkerCallError> {
        if host.crashed().is_some() {
            return Err(WorkerCallError::Failed { account: account.clone(), error: WireError::Closed });
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(DocrootMade { created: true, starter: true })
    }
}

/// A server with its agent; the agent can be started anew.
pub(crate) struct Server {
    pub(crate) host: Arc<Host>,
    check: Option<Arc<dyn Check>>,
    pub(crate) nginx: Arc<Nginx>,
    pub(crate) others: Arc<Ready>,
    pub(crate) made: Arc<AtomicUsize>,
    ledger: Arc<MemoryLedger>,
    pub(crate) committer: Arc<Committer>,
    pub(crate) sites: Engine<Sites, MemoryLedger>,
    pub(crate) base: Engine<WebServer, MemoryLedger>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::on(Host::for_test().unwrap(), None)
    }

    /// An agent on this host, with another test of the staged tree.
    pub(crate) fn on(host: Host, check: Option<Arc<dyn Check>>) -> Self {
        let host = Arc::new(host);
        let nginx = Arc::new(Nginx {
            root: host.root().to_owned(),
            served: Mutex::default(),
            checks: AtomicUsize::new(0),
            reloads: AtomicUsize::new(0),
            stuck: AtomicBool::new(false),
            foreign: Mutex::default(),
            handshakes: AtomicUsize::new(0),
        });
        let systemd = host.fake_systemd().unwrap();
        let of = nginx.clone();
        systemd.on_start(&Unit::NginxCheck, move || of.check());
        let of = nginx.clone();
        systemd.on_reload(&Unit::Nginx, move || of.load());
        let of = nginx.clone();
        systemd.on_start(&Unit::Nginx, move || of.load());
        let others = Arc::new(Ready(AtomicBool::new(true)));
        let ledger = Arc::new(MemoryLedger::default());
        let made = Arc::new(AtomicUsize::new(0));
        let (committer, sites, base) = Self::agent(check.as_ref(), &nginx, &others, &made, &ledger);
        Self { host, check, nginx, others, made, ledger, committer, sites, base }
    }

    fn agent(
        check: Option<&Arc<dyn Check>>,
        nginx: &Arc<Nginx>,
        others: &Arc<Ready>,
        made: &Arc<AtomicUsize>,
        ledger: &Arc<MemoryLedger>,
    ) -> (Arc<Committer>, Engine<Sites, MemoryLedger>, Engine<WebServer, MemoryLedger>) {
        let committer = Arc::new(Committer::new(
            check.map_or_else(|| Box::new(UnitCheck) as Box<dyn Check>, |c| Box::new(c.clone())),
            Box::new(Eyes(nginx.clone())),
        ));
        let sites = Sites::new(committer.clone(), others.clone(), Box::new(Made(made.clone())));
        let base = WebServer::new(committer.clone(), Box::new(Maker));
        let now: converge::engine::Now = Arc::new(|| 1_000);
        let drift = || converge::DriftRules { enforce: false, keep: Arc::new(|_, _, _| Ok(())) };
        let sites = Engine::new(sites, ledger.clone(), now.clone(), drift());
        (committer, sites, Engine::new(base, ledger.clone(), now, drift()))
    }

    /// Another agent on the same server.
    pub(crate) fn again(&self) -> Self {
        let (host, nginx, others) = (self.host.clone(), self.nginx.clone(), self.others.clone());
        let (made, ledger) = (self.made.clone(), self.ledger.clone());
        let check = self.check.clone();
        let (committer, sites, base) = Self::agent(check.as_ref(), &nginx, &others, &made, &ledger);
        Self { host, check, nginx, others, made, ledger, committer, sites, base }
    }

    /// The agent's process starts again: nothing but the ledger and the disk is remembered.
    pub(crate) fn restart(&mut self) {
        self.host.restart();
        let (committer, sites, base) =
            Self::agent(self.check.as_ref(), &self.nginx, &self.others, &self.made, &self.ledger);
        (self.committer, self.sites, self.base) = (committer, sites, base);
    }

    pub(crate) fn apply_base(&self, generation: u64) -> Report {
        let listen = ["203.0.113.5:80", "[2001:db8::5]:80"].map(|l| l.parse().unwrap()).to_vec();
        self.wish_base(generation, Wanted::Present(WebServerSpec { listen, ..WebServerSpec::default() }))
    }

    pub(crate) fn wish_base(&self, generation: u64, want: Wanted<WebServerSpec>) -> Report {
        self.base.apply(&self.host, Apply::new(node(), Generation::new(generation).unwrap(), want)).unwrap()
    }

    pub(crate) fn apply(&self, n: u16, generation: u64, want: Wanted<SiteSpec>) -> Report {
        self.sites.apply(&self.host, wish(n, generation, want)).unwrap()
    }

    pub(crate) fn pass(&self, n: u16) -> Report {
        self.sites.pass(&self.host, &site(n)).unwrap().unwrap()
    }

    pub(crate) fn pass_base(&self) -> Report {
        self.base.pass(&self.host, &node()).unwrap().unwrap()
    }

    pub(crate) fn live(&self) -> Files {
        read_files(&self.host.on_disk(TREE))
    }

    pub(crate) fn stage(&self) -> Files {
        read_files(&self.host.on_disk(STAGE))
    }

    /// Puts a certificate with its key where nginx looks for it, as the certificates' own feature does.
    pub(crate) fn certificate(&self, n: u16, names: &[&str]) {
        self.host.files().ensure_dirs(TLS, 0o750, (0, 33)).unwrap();
        let file = certificate_file(certificate(n));
        self.host.files().write(&file, pair(names).as_bytes(), 0o640, (0, 33)).unwrap();
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.host.files().write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
    }
}

pub(crate) fn wish(n: u16, generation: u64, want: Wanted<SiteSpec>) -> Apply<SiteSpec> {
    Apply::new(site(n), Generation::new(generation).unwrap(), want)
}

pub(crate) fn node() -> NodeId {
    NodeId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap()
}

pub(crate) fn site(n: u16) -> SiteId {
    SiteId::parse(&format!("01890a5d-ac96-774b-bcce-b3020000{n:04x}")).unwrap()
}

pub(crate) fn certificate(n: u16) -> CertificateId {
    CertificateId::parse(&format!("01890a5d-ac96-774b-bcce-b3020001{n:04x}")).unwrap()
}

/// Answers by HTTPS with a certificate, too.
#[expect(clippy::unnecessary_wraps, reason = "it is the field of a site")]
pub(crate) fn tls(n: u16) -> Option<SiteTls> {
    Some(SiteTls { certificate: certificate(n), force_https: false, hsts: None })
}

/// A base that listens for HTTPS, too.
pub(crate) fn base_with_tls() -> WebServerSpec {
    WebServerSpec {
        listen: ["203.0.113.5:80", "[2001:db8::5]:80"].map(|l| l.parse().unwrap()).to_vec(),
        listen_tls: ["203.0.113.5:443", "[2001:db8::5]:443"].map(|l| l.parse().unwrap()).to_vec(),
        ..WebServerSpec::default()
    }
}

/// A site with these names and the account's PHP.
pub(crate) fn spec(names: &[&str]) -> SiteSpec {
    SiteSpec {
        account: "alice".parse().unwrap(),
        names: names.iter().map(|n| DomainName::parse(n).unwrap()).collect(),
        docroot: format!("sites/{}/public", names[0]).parse().unwrap(),
        pool: Some("alice-8.4".parse().unwrap()),
        body_size: None,
        index: None,
        suspended: false,
        redirected: Vec::new(),
        serves: web_spec::Serves::default(),
        disabled: false,
        maintenance: None,
        tls: None,
    }
}

/// The same with a block of its own.
pub(crate) fn own_block(names: &[&str]) -> SiteSpec {
    SiteSpec { body_size: Some("16M".parse().unwrap()), ..spec(names) }
}
