//! A world of names for tests: what egress is answered by the DNS, and what answers on port 80, of this server and of others.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use egress_spec::{
    DnsRecord, Foreign, Found, RecordData, RecordKind, Resolve, ResolveReply, Seen, Visit, VisitReply, errors,
};
use tokio::task::JoinHandle;
use web_spec::ProbeProof;
use wire::{AllowedPeers, CancellationToken, Limits, Refusal, Router};

/// Names lead nowhere, and nobody answers, unless a test says so.
#[derive(Default)]
pub(crate) struct World {
    records: Mutex<BTreeMap<String, Vec<RecordData>>>,
    answers: Mutex<BTreeMap<IpAddr, Seen>>,
    is_away: Mutex<bool>,
    asked: Mutex<Vec<String>>,
}

fn kind_of(data: &RecordData) -> RecordKind {
    match data {
        RecordData::A(_) => RecordKind::A,
        RecordData::Aaaa(_) => RecordKind::Aaaa,
        RecordData::Caa(_) => RecordKind::Caa,
        RecordData::Cname(_) => RecordKind::Cname,
        RecordData::Ns(_) => RecordKind::Ns,
        RecordData::Txt(_) => RecordKind::Txt,
    }
}

impl World {
    /// A name has these records and no others.
    pub(crate) fn has(&self, name: &str, records: Vec<RecordData>) {
        self.records.lock().unwrap().insert(name.to_owned(), records);
    }

    /// A name leads to these addresses.
    pub(crate) fn leads(&self, name: &str, to: &[&str]) {
        let record = |address: &&str| match address.parse().unwrap() {
            IpAddr::V4(address) => RecordData::A(address),
            IpAddr::V6(address) => RecordData::Aaaa(address),
        };
        self.has(name, to.iter().map(record).collect());
    }

    /// A text lies at a name.
    pub(crate) fn says(&self, name: &str, text: &[u8]) {
        self.has(name, vec![RecordData::Txt(Foreign::of(text.iter().copied()))]);
    }

    /// Whoever has this address answers so.
    pub(crate) fn answers(&self, address: &str, seen: Seen) {
        self.answers.lock().unwrap().insert(address.parse().unwrap(), seen);
    }

    /// No name server answers.
    pub(crate) fn away(&self, is_away: bool) {
        *self.is_away.lock().unwrap() = is_away;
    }

    /// What was asked since somebody looked last: `TXT name`, or `visit address`.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn resolve(&self, ask: &Resolve) -> Result<ResolveReply, Refusal> {
        self.asked.lock().unwrap().push(format!("{:?} {}", ask.kind, ask.name));
        if *self.is_away.lock().unwrap() {
            return Err(Refusal::new(errors::NO_RESOLVER, "no name server answers"));
        }
        let found = match self.records.lock().unwrap().get(ask.name.as_str()) {
            None => Found::NoName { ttl: Some(60) },
            Some(all) => {
                let of_kind = all.iter().filter(|data| kind_of(data) == ask.kind);
                let records: Vec<_> =
                    of_kind.map(|data| DnsRecord { ttl: 300, data: data.clone() }).collect();
                match records.is_empty() {
                    true => Found::Nothing { ttl: Some(60) },
                    false => Found::Records { records, cut: false },
                }
            }
        };
        Ok(ResolveReply { found, micros: 1 })
    }

    fn visit(&self, address: IpAddr, refusal: &str) -> Result<VisitReply, Refusal> {
        self.asked.lock().unwrap().push(format!("visit {address}"));
        let seen = self.answers.lock().unwrap().get(&address).copied();
        let seen = seen.ok_or_else(|| Refusal::new(refusal, "nobody answers"))?;
        let status = match seen {
            Seen::Proof => 200,
            Seen::Redirect => 301,
            Seen::Other => 404,
        };
        Ok(VisitReply { seen, status, micros: 1 })
    }
}

/// An egress that reaches this world, and nobody by [`egress_spec::Fetch`].
pub(crate) fn egress(socket: &Path, world: &Arc<World>) -> JoinHandle<()> {
    let (resolving, visiting) = (Arc::clone(world), Arc::clone(world));
    let router = Router::new("egress")
        .method(async |_, _: egress_spec::Fetch| Err(Refusal::new(errors::NO_ANSWER, "nobody answers")))
        .method(move |_, ask: Resolve| {
            let answer = resolving.resolve(&ask);
            async move { answer }
        })
        .method(move |_, ask: Visit| {
            let answer = visiting.visit(ask.address, errors::NO_ANSWER);
            async move { answer }
        });
    serve(socket, router)
}

/// A probe of this server.
pub(crate) fn probe(socket: &Path, world: &Arc<World>) -> JoinHandle<()> {
    let world = Arc::clone(world);
    let router = Router::new("probe").method(move |_, ask: ProbeProof| {
        let answer = world.visit(ask.address.socket().ip(), "holdfast.probe1.NoAnswer");
        async move { answer }
    });
    serve(socket, router)
}

fn serve(socket: &Path, router: Router) -> JoinHandle<()> {
    let _ = std::fs::remove_file(socket);
    let listener = UnixListener::bind(socket).unwrap();
    let own = AllowedPeers::of([wire::Call::local().caller().uid]);
    let limits = Limits { connections: 100, kept_for_root: 0, ..Limits::default() };
    tokio::spawn(async move {
        let _ = wire::serve(listener, router, own, limits, CancellationToken::new()).await;
    })
}
