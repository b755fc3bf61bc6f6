//! Words for what was observed: where a name leads, what answers there, and what is to be done. Pure.

use std::net::IpAddr;

use egress_spec::{Found, RecordData, Seen};
use names::DomainName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::observe::{Answer, Answered, NotVisited, Observed, Visited};
use super::policy::Ours;

/// Where a name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NameLeads)]
pub enum Leads {
    /// To this server, and nowhere else.
    Here,
    /// To other addresses that answer with this server's proof: a proxy, or a router, stands in front.
    Forwarded,
    /// To this server, and elsewhere.
    Partly,
    /// To another server.
    Elsewhere,
    /// To no address.
    Nowhere,
    /// That could not be found out.
    Unknown,
}

/// What answers on port 80.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NameAnswers)]
pub enum Answers {
    /// This server, by its own proof.
    Yes,
    /// A redirection, which was not followed.
    Redirects,
    /// Somebody else.
    No,
    /// Nobody.
    Silent,
    /// That could not be found out.
    Unknown,
    /// Nobody looked: the name is not served yet.
    NotLooked,
}

/// How a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NameState)]
pub enum State {
    /// It was seen to lead here, and this server was seen to answer.
    Good,
    /// Something is to be done.
    Trouble,
    /// It could not be found out.
    Unknown,
    /// It leads here, and is not served yet.
    NotServed,
    /// Nobody has looked yet.
    Unseen,
}

/// An address that a name leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NamePlace)]
pub struct Place {
    /// The address.
    #[schema(value_type = String, example = "198.51.100.7")]
    pub address: IpAddr,
    /// It is one by which visitors reach this server.
    pub of_server: bool,
    /// What answers there.
    pub answers: Answers,
}

/// A record as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WantedRecord {
    /// Its name.
    #[schema(example = "www.example.org")]
    pub name: String,
    /// `A`, `AAAA` or `TXT`.
    pub kind: String,
    /// Its value.
    #[schema(example = "198.51.100.7")]
    pub value: String,
}

/// What is not as it should be, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NameTrouble)]
pub struct Trouble {
    /// A stable code: `no_such_name`, `no_address`, `a_elsewhere`, `aaaa_elsewhere`, `not_answered`, `answered_otherwise`, `redirected`,
    /// `servers_failed`, `not_asked`.
    pub code: String,
    /// What was seen.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Records to be set, ready to be copied.
    pub records: Vec<WantedRecord>,
}

/// What was observed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) leads: Leads,
    pub(crate) answers: Answers,
    pub(crate) places: Vec<Place>,
    pub(crate) troubles: Vec<Trouble>,
}

/// Judges a name.
pub(crate) fn judge(name: &DomainName, seen: &Observed, ours: &Ours) -> Verdict {
    let places: Vec<Place> = seen.addresses().into_iter().map(|at| place(seen, ours, at)).collect();
    let troubles = Judge { name, seen, ours, places: &places }.troubles();
    let (leads, answers) = (leads(seen, &places), answers(seen, &places));
    let is_asked = seen.a.is_found() && seen.aaaa.is_found();
    let is_unsure = !is_asked || leads == Leads::Unknown || answers == Answers::Unknown;
    let state = match (leads, answers) {
        _ if troubles.iter().any(|trouble| trouble.code != "not_asked") => State::Trouble,
        _ if is_unsure => State::Unknown,
        (Leads::Here | Leads::Forwarded, Answers::Yes) => State::Good,
        (Leads::Here, Answers::NotLooked) => State::NotServed,
        _ => State::Trouble,
    };
    Verdict { state, leads, answers, places, troubles }
}

/// Whether every address of the name is known to be this server's own: what proves it by pointing. An answer through a proxy does not,
/// since everybody can have an address of theirs answer with what this server says.
pub(crate) fn is_led_here(seen: &Observed, ours: &Ours) -> bool {
    let addresses = seen.addresses();
    let is_asked = seen.a.is_found() && seen.aaaa.is_found();
    is_asked && !addresses.is_empty() && addresses.iter().all(|address| ours.has(*address))
}

/// Why an authority, which asks as we did, could not prove the name by HTTP; none where it may well, or where that is not known. Like an
/// authority (RFC 8555, 8.3), it follows redirections, and prefers IPv6 where that answers.
pub fn hindrance(name: &DomainName, seen: &Observed, ours: &Ours) -> Option<Trouble> {
    let places: Vec<Place> = seen.addresses().into_iter().map(|at| place(seen, ours, at)).collect();
    let judge = Judge { name, seen, ours, places: &places };
    if let Some(trouble) = judge.no_address() {
        return Some(trouble);
    }
    let answered = |place: &&Place| matches!(place.answers, Answers::Yes | Answers::No | Answers::Redirects);
    let of = |v6: bool| -> Vec<&Place> {
        places.iter().filter(|place| place.address.is_ipv6() == v6).filter(answered).collect()
    };
    let asked = if of(true).is_empty() { of(false) } else { of(true) };
    let is_otherwise = !asked.is_empty() && asked.iter().all(|place| place.answers == Answers::No);
    let is_silent = !places.is_empty()
        && seen.a.is_found()
        && seen.aaaa.is_found()
        && places.iter().all(|place| place.of_server && place.answers == Answers::Silent);
    if !is_otherwise && !is_silent {
        return None;
    }
    let first = asked.first().copied().or(places.first())?;
    Some(if first.of_server { judge.at_home(first) } else { judge.elsewhere(first.address.is_ipv4()) })
}

fn place(seen: &Observed, ours: &Ours, address: IpAddr) -> Place {
    let visited = seen.visits.iter().find(|(at, _)| *at == address).map(|(_, visited)| visited);
    let answers = match visited {
        Some(Visited::Answered(Answered { seen: Seen::Proof, .. })) => Answers::Yes,
        Some(Visited::Answered(Answered { seen: Seen::Redirect, .. })) => Answers::Redirects,
        Some(Visited::Answered(Answered { seen: Seen::Other, .. })) => Answers::No,
        Some(Visited::Silent(_)) => Answers::Silent,
        Some(Visited::Unasked(_)) => Answers::Unknown,
        None if seen.not_visited.is_some() => Answers::NotLooked,
        // more addresses than are visited
        None => Answers::Unknown,
    };
    Place { address, of_server: ours.has(address), answers }
}

fn leads(seen: &Observed, places: &[Place]) -> Leads {
    let is_here = |place: &Place| place.of_server || place.answers == Answers::Yes;
    if places.is_empty() {
        let is_nothing = seen.a.is_nothing() && seen.aaaa.is_nothing();
        return if is_nothing { Leads::Nowhere } else { Leads::Unknown };
    }
    let is_open =
        |place: &Place| !place.of_server && matches!(place.answers, Answers::Redirects | Answers::Unknown);
    if places.iter().any(is_open) {
        return Leads::Unknown;
    }
    match places.iter().filter(|place| is_here(place)).count() {
        0 => Leads::Elsewhere,
        some if some < places.len() => Leads::Partly,
        _ if places.iter().all(|place| place.of_server) => Leads::Here,
        _ => Leads::Forwarded,
    }
}

/// The worst of all places; that one of them could not be asked is less than that another answered.
fn answers(seen: &Observed, places: &[Place]) -> Answers {
    if seen.not_visited.is_some() || places.is_empty() {
        return Answers::NotLooked;
    }
    let has = |wanted: Answers| places.iter().any(|place| place.answers == wanted);
    [Answers::No, Answers::Silent, Answers::Redirects, Answers::Unknown]
        .into_iter()
        .find(|answer| has(*answer))
        .unwrap_or(Answers::Yes)
}

/// What a judgement is made of.
struct Judge<'a> {
    name: &'a DomainName,
    seen: &'a Observed,
    ours: &'a Ours,
    places: &'a [Place],
}

fn trouble(code: &str, detail: String, remedy: String, records: Vec<WantedRecord>) -> Trouble {
    Trouble { code: code.to_owned(), detail, remedy, records }
}

const fn kind(v4: bool) -> &'static str {
    if v4 { "A" } else { "AAAA" }
}

impl Judge<'_> {
    fn troubles(&self) -> Vec<Trouble> {
        let mut all = Vec::new();
        all.extend(self.unasked());
        if let Some(trouble) = self.no_address() {
            all.push(trouble);
            return all;
        }
        for v4 in [true, false] {
            if self.strays(v4).next().is_some() {
                all.push(self.elsewhere(v4));
            }
        }
        let home = self.places.iter().filter(|place| place.of_server);
        let shut = |place: &&Place| matches!(place.answers, Answers::No | Answers::Silent);
        all.extend(home.filter(shut).take(1).map(|place| self.at_home(place)));
        let redirects = self.places.iter().find(|place| place.answers == Answers::Redirects);
        all.extend(redirects.map(|place| self.redirected(place)));
        all
    }

    /// Addresses of one family that are not this server's and where it does not answer, as far as anybody looked.
    fn strays(&self, v4: bool) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(move |place| {
            place.address.is_ipv4() == v4
                && !place.of_server
                && matches!(place.answers, Answers::No | Answers::Silent | Answers::NotLooked)
        })
    }

    /// A question that was not answered.
    fn unasked(&self) -> Option<Trouble> {
        [&self.seen.a, &self.seen.aaaa].into_iter().find_map(|answer| match answer {
            Answer::Found(_) => None,
            Answer::ServerFailed(words) => Some(trouble(
                "servers_failed",
                format!("The name servers of {} do not answer as they should: {words}.", self.name),
                "Ask whoever runs the name servers of the domain; a broken DNSSEC signature looks the same.".to_owned(),
                Vec::new(),
            )),
            Answer::Unasked(words) => Some(trouble(
                "not_asked",
                format!("The DNS could not be asked about {}: {words}.", self.name),
                "It is tried again by itself. If it stays so, an administrator looks at the server's name servers.".to_owned(),
                Vec::new(),
            )),
        })
    }

    /// The name leads to no address, for certain.
    fn no_address(&self) -> Option<Trouble> {
        if !(self.seen.a.is_nothing() && self.seen.aaaa.is_nothing()) {
            return None;
        }
        let is_missing = matches!(self.seen.a, Answer::Found(Found::NoName { .. }));
        let (code, detail) = match self.alias() {
            Some(alias) => {
                let words =
                    format!("{} is another word (CNAME) for {alias}, which has no address.", self.name);
                ("no_address", words)
            }
            None if is_missing => ("no_such_name", format!("The world's DNS knows no name {}.", self.name)),
            None => ("no_address", format!("{} has neither an A nor an AAAA record.", self.name)),
        };
        let (remedy, records) = self.set(&[true, false]);
        Some(trouble(code, detail, remedy, records))
    }

    /// Records of one family lead elsewhere.
    fn elsewhere(&self, v4: bool) -> Trouble {
        let code = if v4 { "a_elsewhere" } else { "aaaa_elsewhere" };
        let strays: Vec<String> = self.strays(v4).map(|place| place.address.to_string()).collect();
        let (list, what) = match &strays[..] {
            [one] => (one.clone(), "which is no address of this server"),
            more => (more.join(", "), "which are no addresses of this server"),
        };
        let verb = if strays.len() == 1 { "does" } else { "do" };
        let more = match self.seen.not_visited {
            None => format!(" and {verb} not answer with its proof."),
            // who answers there is not looked at before the name is served
            Some(_) => {
                ". A proxy in front of this server looks the same until the name is served.".to_owned()
            }
        };
        let by = self.alias().map(|alias| format!(" by way of {alias} (CNAME)")).unwrap_or_default();
        let detail = format!("{} leads to {list}{by}, {what}{more}", self.name);
        if !v4 && self.ours.best(false).is_none() {
            let remedy = format!("Remove the AAAA record of {}: this server has no IPv6 address.", self.name);
            return trouble(code, detail, remedy, Vec::new());
        }
        let (remedy, records) = self.set(&[v4]);
        trouble(code, detail, remedy, records)
    }

    /// This server itself does not answer.
    fn at_home(&self, place: &Place) -> Trouble {
        let address = place.address;
        let visited = self.seen.visits.iter().find(|(at, _)| *at == address).map(|(_, visited)| visited);
        match visited {
            Some(Visited::Answered(Answered { status, .. })) => trouble(
                "answered_otherwise",
                format!(
                    "Port 80 of {address} answers {status} for {}, and not with this server's proof.",
                    self.name
                ),
                "An administrator looks at what listens on port 80: `holdfast doctor` tells.".to_owned(),
                Vec::new(),
            ),
            _ => trouble(
                "not_answered",
                format!("Nothing answers on port 80 of {address}."),
                "An administrator has the web server listen there: `holdfast node show` tells where it does."
                    .to_owned(),
                Vec::new(),
            ),
        }
    }

    fn redirected(&self, place: &Place) -> Trouble {
        let detail = format!(
            "Port 80 of {} sends visitors of {} on, so that it cannot be told whether they come here.",
            place.address, self.name
        );
        let remedy =
            "If a proxy does that, have it leave paths below /.well-known/acme-challenge/ alone.".to_owned();
        trouble("redirected", detail, remedy, Vec::new())
    }

    /// What the name is another word for.
    fn alias(&self) -> Option<&egress_spec::Foreign> {
        self.seen.cname.records().find_map(|record| match &record.data {
            RecordData::Cname(name) => Some(name),
            _ => None,
        })
    }

    /// The remedy of records that are missing or wrong, and the records.
    fn set(&self, families: &[bool]) -> (String, Vec<WantedRecord>) {
        let record = |v4: &bool| {
            let value = self.ours.best(*v4)?.to_string();
            Some(WantedRecord { name: self.name.to_string(), kind: kind(*v4).to_owned(), value })
        };
        let records: Vec<WantedRecord> = families.iter().filter_map(record).collect();
        let words: Vec<String> = records
            .iter()
            .map(|WantedRecord { name, kind, value }| format!("an {kind} record for {name} to {value}"))
            .collect();
        if words.is_empty() {
            let remedy = "An administrator names the address by which visitors reach this server in the setting names.public_addresses.";
            return (remedy.to_owned(), records);
        }
        let instead = match self.alias() {
            Some(alias) => format!(", in place of the CNAME record to {alias}"),
            None => String::new(),
        };
        (format!("Set {}{instead}.", words.join(", and ")), records)
    }
}

impl NotVisited {
    /// The reason, for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Pending => "The name waits for a proof or an approval; nothing is answered for it before.",
            Self::NotServed => "The site is not on the server yet as it is wished for.",
            Self::NoKey => "The web server has no key yet to answer with.",
        }
    }
}

#[cfg(test)]
mod tests;
