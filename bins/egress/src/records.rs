//! One question to the DNS, and its answer in our own types.
//!
//! What comes back was chosen by strangers: it is taken apart by hickory's parsers, every text is made visible, and no more than
//! [`MAX_RECORDS`] records leave this process.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use egress_spec::{
    Bounds, Caa, DnsRecord, Foreign, Found, MAX_RECORDS, RecordData, RecordKind, Resolve, ResolveReply,
};
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::resolve::resolver;

/// For all name servers together, and all that they ask.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks what is asked for.
pub(crate) async fn resolve(bounds: &Bounds, ask: &Resolve) -> Result<ResolveReply, Failure> {
    let begun = Instant::now();
    let servers = &bounds.file().nameservers;
    let found = timeout(PATIENCE, found(ask, servers)).await.unwrap_or(Err(NetError::Timeout));
    let found = found.map_err(|error| failure(ask, &error))?;
    Ok(ResolveReply { found, micros: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX) })
}

async fn found(ask: &Resolve, servers: &[SocketAddr]) -> Result<Found, NetError> {
    let wanted = match ask.kind {
        RecordKind::A => RecordType::A,
        RecordKind::Aaaa => RecordType::AAAA,
        RecordKind::Caa => RecordType::CAA,
        RecordKind::Cname => RecordType::CNAME,
        RecordKind::Ns => RecordType::NS,
        RecordKind::Txt => RecordType::TXT,
    };
    // with its last dot no search domain is tried
    let name = Name::from_ascii(format!("{}.", ask.name))?;
    let answer = resolver(servers)?.lookup(name, wanted).await;
    match answer {
        Ok(lookup) => Ok(read(ask.kind, lookup.answers())),
        Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, negative_ttl, .. }))) => {
            match response_code {
                ResponseCode::NXDomain => Ok(Found::NoName { ttl: negative_ttl }),
                ResponseCode::NoError => Ok(Found::Nothing { ttl: negative_ttl }),
                other => Err(NetError::Dns(DnsError::ResponseCode(other))),
            }
        }
        Err(error) => Err(error),
    }
}

/// The records of an answer that are of the kind, and the CNAME records on the way to them.
fn read(kind: RecordKind, answers: &[Record]) -> Found {
    let all = answers.iter().filter_map(|record| {
        let data = data(&record.data)?;
        let is_wanted = is_of(&data, kind) || matches!(data, RecordData::Cname(_));
        is_wanted.then_some(DnsRecord { ttl: record.ttl, data })
    });
    let mut records: Vec<DnsRecord> = all.take(MAX_RECORDS + 1).collect();
    let cut = records.len() > MAX_RECORDS;
    records.truncate(MAX_RECORDS);
    if records.iter().any(|record| is_of(&record.data, kind)) {
        Found::Records { records, cut }
    } else {
        // a chain of names with nothing at its end
        Found::Nothing { ttl: records.iter().map(|record| record.ttl).min() }
    }
}

fn is_of(data: &RecordData, kind: RecordKind) -> bool {
    let of = match data {
        RecordData::A(_) => RecordKind::A,
        RecordData::Aaaa(_) => RecordKind::Aaaa,
        RecordData::Caa(_) => RecordKind::Caa,
        RecordData::Cname(_) => RecordKind::Cname,
        RecordData::Ns(_) => RecordKind::Ns,
        RecordData::Txt(_) => RecordKind::Txt,
    };
    of == kind
}

fn data(data: &RData) -> Option<RecordData> {
    Some(match data {
        RData::A(address) => RecordData::A(address.0),
        RData::AAAA(address) => RecordData::Aaaa(address.0),
        RData::CAA(caa) => RecordData::Caa(Caa {
            critical: caa.issuer_critical,
            tag: Foreign::of(caa.tag.bytes()),
            value: Foreign::of(caa.value.iter().copied()),
        }),
        RData::CNAME(name) => RecordData::Cname(name_of(&name.0)),
        RData::NS(name) => RecordData::Ns(name_of(&name.0)),
        RData::TXT(text) => RecordData::Txt(Foreign::of(text.txt_data.iter().flatten().copied())),
        _ => return None,
    })
}

/// A name as people write it: its labels in lower case with dots between, and none at the end. A dot within a label, which no name of ours
/// can have, is written as other bytes are that are not plain.
fn name_of(name: &Name) -> Foreign {
    let mut bytes = Vec::new();
    for (at, label) in name.iter().enumerate() {
        if at > 0 {
            bytes.push(b'.');
        }
        let plain = label.iter().map(|byte| if *byte == b'.' { 0xff } else { byte.to_ascii_lowercase() });
        bytes.extend(plain);
    }
    Foreign::of(bytes)
}

fn failure(ask: &Resolve, error: &NetError) -> Failure {
    let name = ask.name.clone();
    match error {
        NetError::Dns(DnsError::ResponseCode(code)) => Failure::ServerFailed(name, code.to_string()),
        other => Failure::NoResolver(name, other.to_string()),
    }
}

#[cfg(test)]
mod tests;
