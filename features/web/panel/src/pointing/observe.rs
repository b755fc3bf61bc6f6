//! One look at a name: questions to the DNS, and visits to port 80 where it leads.

use std::net::IpAddr;
use std::time::Duration;

use egress_spec::{Found, ProofToken, RecordData, RecordKind, Resolve, Seen, Visit, VisitReply, errors};
use names::{DomainName, ListenAddr, OpaqueToken, RecordName, Special, Thumbprint};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use web_spec::ProbeProof;
use wire::WireError;

use super::Pointing;
use super::policy::Ours;

/// Before the name, where a text proves it.
const CHALLENGE: &str = "_holdfast-challenge";
/// What the text begins with.
const VERIFY: &str = "holdfast-verify=";
/// Addresses of each family that are visited.
const VISITED: usize = 4;
/// For all questions about a name, and for all visits.
const PATIENCE: Duration = Duration::from_secs(30);
const PORT: u16 = 80;
/// A refusal of the probe: it asked, and nobody answered.
const PROBE_NO_ANSWER: &str = "holdfast.probe1.NoAnswer";

/// What came of a question to the DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What the DNS has, or that it has nothing.
    Found(Found),
    /// The name servers that were asked could not say: those of the name do not answer, or what they say does not hold.
    ServerFailed(String),
    /// It could not be asked.
    Unasked(String),
}

impl Answer {
    /// The records, where there are any.
    pub(crate) fn records(&self) -> impl Iterator<Item = &egress_spec::DnsRecord> {
        let records = match self {
            Self::Found(Found::Records { records, .. }) => records.as_slice(),
            _ => &[],
        };
        records.iter()
    }

    /// Whether it is known that there are none.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Found(Found::Nothing { .. } | Found::NoName { .. }))
    }

    /// Whether the question was answered.
    pub(crate) fn is_found(&self) -> bool {
        matches!(self, Self::Found(_))
    }

    /// The addresses among the records.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let address = |data: &RecordData| match data {
            RecordData::A(address) => Some(IpAddr::from(*address)),
            RecordData::Aaaa(address) => Some(IpAddr::from(*address)),
            _ => None,
        };
        self.records().filter_map(|record| address(&record.data)).collect()
    }
}

/// What answered at an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visited {
    /// Somebody.
    Answered(Answered),
    /// Nobody, on port 80.
    Silent(String),
    /// It could not be asked, or not from here.
    Unasked(String),
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) seen: Seen,
    pub(crate) status: u16,
}

/// Why nothing was visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotVisited {
    /// The name waits, and nothing is answered for it.
    Pending,
    /// The site is not on the server yet as it is wished for.
    NotServed,
    /// The web server was not given a key to answer with.
    NoKey,
}

/// What was seen of a name. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    pub(crate) a: Answer,
    pub(crate) aaaa: Answer,
    pub(crate) cname: Answer,
    /// Of the name, or of the nearest one above it that has any; not above what can be registered.
    pub(crate) ns: Answer,
    /// Of the name, or of the nearest one above it that has any (RFC 8659, 3).
    pub(crate) caa: Answer,
    /// The texts at the challenge's name; none where they were not asked for.
    pub(crate) proof: Option<Answer>,
    pub(crate) visits: Vec<(IpAddr, Visited)>,
    pub(crate) not_visited: Option<NotVisited>,
}

impl Observed {
    /// The addresses that the name leads to, IPv4 first.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let mut all = self.a.addresses();
        all.extend(self.aaaa.addresses());
        all
    }

    /// Who may issue certificates for the name: the properties of the nearest CAA records (RFC 8659, 3), none of them where there are no such
    /// records; none at all where that could not be asked.
    pub fn caa(&self) -> Option<Vec<egress_spec::Caa>> {
        let caa = |data: &RecordData| match data {
            RecordData::Caa(caa) => Some(caa.clone()),
            _ => None,
        };
        self.caa.is_found().then(|| self.caa.records().filter_map(|record| caa(&record.data)).collect())
    }

    /// Whether this text is among those that were published.
    pub(crate) fn is_proven_by(&self, token: &str) -> bool {
        let wanted = text(token);
        self.proof.iter().flat_map(Answer::records).any(|record| match &record.data {
            RecordData::Txt(found) => found.as_str().trim() == wanted,
            _ => false,
        })
    }
}

/// What is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) name: DomainName,
    /// The text that proves it is asked for.
    pub(crate) proof: bool,
    /// By which key port 80 answers, where it is to be visited.
    pub(crate) visit: Result<Thumbprint, NotVisited>,
    pub(crate) ours: Ours,
}

/// Where the text is published that proves a name; none where the name is too long for that.
pub(crate) fn challenge_name(name: &DomainName) -> Option<RecordName> {
    RecordName::parse(&format!("{CHALLENGE}.{name}")).ok()
}

/// The text that is published there.
pub(crate) fn text(token: &str) -> String {
    format!("{VERIFY}{token}")
}

impl Pointing {
    /// Looks.
    pub(crate) async fn observe(&self, question: &Question) -> Observed {
        // the semaphore is never closed
        let _room = self.room.acquire().await;
        let name = RecordName::from(&question.name);
        let domain = question.name.registrable().to_owned();
        let (a, aaaa, cname, ns, caa, proof) = tokio::join!(
            self.resolve(&name, RecordKind::A),
            self.resolve(&name, RecordKind::Aaaa),
            self.resolve(&name, RecordKind::Cname),
            self.nearest(&name, RecordKind::Ns, |at| at.as_str() == domain),
            self.nearest(&name, RecordKind::Caa, |_| false),
            self.texts(question),
        );
        let mut seen = Observed { a, aaaa, cname, ns, caa, proof, visits: Vec::new(), not_visited: None };
        match &question.visit {
            Ok(thumbprint) => seen.visits = self.visits(question, thumbprint, &seen).await,
            Err(why) => seen.not_visited = Some(*why),
        }
        seen
    }

    async fn texts(&self, question: &Question) -> Option<Answer> {
        let name = challenge_name(&question.name).filter(|_| question.proof)?;
        Some(self.resolve(&name, RecordKind::Txt).await)
    }

    async fn resolve(&self, name: &RecordName, kind: RecordKind) -> Answer {
        let ask = Resolve { name: name.clone(), kind };
        let Ok(answer) = timeout(PATIENCE, self.egress.call(&ask)).await else {
            return Answer::Unasked("it took too long".to_owned());
        };
        match answer {
            Ok(reply) => Answer::Found(reply.found),
            Err(error) if error.is_refused(errors::SERVER_FAILED) => Answer::ServerFailed(words(&error)),
            Err(error) => Answer::Unasked(words(&error)),
        }
    }

    /// The records of the name or of the nearest one above it that has any, up to and with the last.
    async fn nearest(
        &self,
        name: &RecordName,
        kind: RecordKind,
        is_last: impl Fn(&RecordName) -> bool,
    ) -> Answer {
        let mut at = name.clone();
        loop {
            let answer = self.resolve(&at, kind).await;
            if !answer.is_nothing() || is_last(&at) {
                return answer;
            }
            match at.parent() {
                Some(above) => at = above,
                None => return answer,
            }
        }
    }

    async fn visits(
        &self,
        question: &Question,
        thumbprint: &Thumbprint,
        seen: &Observed,
    ) -> Vec<(IpAddr, Visited)> {
        let of = |answer: &Answer| answer.addresses().into_iter().take(VISITED).collect::<Vec<_>>();
        let mut visits = Vec::new();
        for address in of(&seen.a).into_iter().chain(of(&seen.aaaa)) {
            let visited = match OpaqueToken::generate() {
                Ok(token) => self.visit(question, thumbprint, address, (&token).into()).await,
                Err(error) => Visited::Unasked(error.to_string()),
            };
            visits.push((address, visited));
        }
        visits
    }

    async fn visit(
        &self,
        question: &Question,
        thumbprint: &Thumbprint,
        address: IpAddr,
        token: ProofToken,
    ) -> Visited {
        let (name, thumbprint) = (question.name.clone(), thumbprint.clone());
        let asking = async {
            if !question.ours.own.contains(&address) {
                return self.egress.call(&Visit { name, address, token, thumbprint }).await;
            }
            let at = ListenAddr::new(address, PORT);
            let address = at.map_err(|error| WireError::Protocol(error.to_string()))?;
            self.probe.call(&ProbeProof { address, name, token, thumbprint }).await
        };
        match timeout(PATIENCE, asking).await {
            Ok(Ok(VisitReply { seen, status, .. })) => Visited::Answered(Answered { seen, status }),
            // a router need not lead this server back to itself
            Ok(Err(error)) if is_silent(&error) && !question.ours.before.contains(&address) => {
                Visited::Silent(words(&error))
            }
            // nobody of the world reaches it either
            Ok(Err(error)) if error.is_refused(errors::FORBIDDEN) && Special::of(address).is_some() => {
                Visited::Silent(words(&error))
            }
            Ok(Err(error)) => Visited::Unasked(words(&error)),
            Err(_) => Visited::Unasked("it took too long".to_owned()),
        }
    }
}

fn is_silent(error: &WireError) -> bool {
    error.is_refused(errors::NO_ANSWER) || error.is_refused(PROBE_NO_ANSWER)
}

/// Why, in words that are short and visible, and tell nothing of how this server is made.
fn words(error: &WireError) -> String {
    let text = error.refusal().map_or("this server cannot ask now", |refusal| refusal.message.as_str());
    egress_spec::Foreign::of(text.bytes()).to_string()
}

#[cfg(test)]
mod tests;
