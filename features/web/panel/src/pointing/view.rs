//! A name of a site, as the API shows it.

use egress_spec::{Caa, Found, RecordData};
use names::{DomainName, Micros};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::judge::{Answers, Leads, Place, State, Trouble, WantedRecord, judge};
use super::observe::{Answer, NotVisited, Observed, challenge_name, text};
use super::policy::Policy;
use crate::store::name::{Named, Ownership, Proof};
use crate::store::name_check::Check;

/// A name of a site: whose it is known to be, and whether it leads here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SiteName {
    /// The name.
    #[schema(value_type = String, example = "www.example.org")]
    pub name: DomainName,
    /// It is the site's primary one.
    pub is_primary: bool,
    /// Whose it is known to be.
    pub ownership: NameOwnership,
    /// How it stands: `good` is said of what was seen to be so, and of nothing else.
    pub state: State,
    /// What was seen; null: nobody has looked yet.
    pub check: Option<NameCheck>,
}

/// Whose a name is known to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameOwnership {
    /// `approved` (an administrator's word, or it lies below a name of the account), `proven`, or `pending`: then it is not served.
    pub state: String,
    /// How it was proven; null: it was not.
    pub proof: Option<Proof>,
    /// When it was proven.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub proven_at: Option<Micros>,
    /// How a pending name may be proven here; none: an administrator approves it.
    pub accepted: Vec<Proof>,
    /// The record that proves a pending name, where that holds here.
    pub record: Option<WantedRecord>,
    /// What was last seen there of a pending name: `found`, `another` (a record with another value), `missing`, `unknown`; null: nobody has
    /// looked.
    pub record_seen: Option<String>,
}

/// What was seen of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameCheck {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub checked_at: Micros,
    /// When it is looked at again.
    #[schema(value_type = String, format = DateTime)]
    pub next_at: Micros,
    /// Where it leads.
    pub leads: Leads,
    /// What answers on port 80.
    pub answers: Answers,
    /// Why nobody looked at what answers; null: somebody did.
    pub not_looked: Option<String>,
    /// The addresses that it leads to, IPv4 first.
    pub places: Vec<Place>,
    /// The name that it is another word for (CNAME); null: none.
    pub alias: Option<String>,
    /// The name servers of its zone.
    pub name_servers: Vec<String>,
    /// Who may issue certificates for it, as CAA records say: `0 issue "letsencrypt.org"`; none: everybody.
    pub caa: Vec<String>,
    /// For how many seconds others may remember what was seen of its addresses; null: that is not known.
    pub ttl: Option<u32>,
    /// What is not as it should be, and what to do.
    pub troubles: Vec<Trouble>,
}

impl SiteName {
    pub(crate) fn of(named: &Named, check: Option<&Check>, policy: &Policy) -> Self {
        let seen = check.and_then(|check| check.seen.as_ref().map(|seen| (check, seen)));
        let ownership = NameOwnership::of(named, seen.map(|(_, seen)| seen), policy);
        let (name, is_primary) = (named.name.clone(), named.is_primary);
        let Some((check, seen)) = seen else {
            return Self { name, is_primary, ownership, state: State::Unseen, check: None };
        };
        let verdict = judge(&named.name, seen, &policy.ours);
        let check = NameCheck {
            checked_at: check.checked_at,
            next_at: check.next_at,
            leads: verdict.leads,
            answers: verdict.answers,
            not_looked: seen.not_visited.map(|why: NotVisited| why.words().to_owned()),
            places: verdict.places,
            alias: names_of(&seen.cname).into_iter().next(),
            name_servers: names_of(&seen.ns),
            caa: seen.caa().unwrap_or_default().iter().map(caa).collect(),
            ttl: ttl(seen),
            troubles: verdict.troubles,
        };
        Self { name, is_primary, ownership, state: verdict.state, check: Some(check) }
    }
}

impl NameOwnership {
    fn of(named: &Named, seen: Option<&Observed>, policy: &Policy) -> Self {
        let is_pending = named.ownership == Ownership::Pending;
        let accepted = if is_pending { policy.proofs.clone() } else { Vec::new() };
        let record = accepted.contains(&Proof::Dns).then(|| wanted(named)).flatten();
        let record_seen = match (&record, &named.proof_token, seen) {
            (Some(_), Some(token), Some(seen)) => seen.proof.as_ref().map(|proof| match proof {
                _ if seen.is_proven_by(token) => "found",
                Answer::Found(Found::Records { .. }) => "another",
                Answer::Found(_) => "missing",
                _ => "unknown",
            }),
            _ => None,
        };
        Self {
            state: named.ownership.as_str().to_owned(),
            proof: match named.ownership {
                Ownership::Proven(proof) => Some(proof),
                Ownership::Approved | Ownership::Pending => None,
            },
            proven_at: named.proven_at,
            accepted,
            record,
            record_seen: record_seen.map(str::to_owned),
        }
    }
}

/// The record that proves a name; none where the name is too long, or nothing was made for it yet.
fn wanted(named: &Named) -> Option<WantedRecord> {
    let name = challenge_name(&named.name)?.to_string();
    Some(WantedRecord { name, kind: "TXT".to_owned(), value: text(named.proof_token.as_deref()?) })
}

fn names_of(answer: &Answer) -> Vec<String> {
    let name = |data: &RecordData| match data {
        RecordData::Cname(name) | RecordData::Ns(name) => Some(name.to_string()),
        _ => None,
    };
    answer.records().filter_map(|record| name(&record.data)).collect()
}

/// As a zone file has it (RFC 8659, 4.1.1).
fn caa(caa: &Caa) -> String {
    format!("{} {} \"{}\"", if caa.critical { 128 } else { 0 }, caa.tag, caa.value)
}

fn ttl(seen: &Observed) -> Option<u32> {
    let of = |answer: &Answer| match answer {
        Answer::Found(Found::Records { records, .. }) => records.iter().map(|record| record.ttl).max(),
        Answer::Found(Found::Nothing { ttl } | Found::NoName { ttl }) => *ttl,
        _ => None,
    };
    [&seen.a, &seen.aaaa].into_iter().filter_map(of).max()
}
