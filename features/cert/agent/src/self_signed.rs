//! Certificates that sign themselves: a site answers by HTTPS before an authority has issued one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use certificate::MARK;
use names::Micros;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    date_time_ymd,
};

use crate::pair::{Pair, text};
use crate::private_key::PrivateKey;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// How long one is valid, in days: no clock that is a year off has all of them made again.
pub(crate) const DAYS: i64 = 3650;

/// How many days before its end another is made.
const EARLY: i64 = 30;

/// The last midnight that the library can write, in seconds since 1970 (UTC).
const LAST: i64 = 253_402_214_400;

/// A new key and a certificate for these names (at least one), as the text of their file.
///
/// It is valid from the day before on, since a clock that is a little slow must not refuse it, for `days`.
pub(crate) fn make(names: &BTreeSet<String>, now: Micros, days: i64) -> Result<Arc<str>, rcgen::Error> {
    let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    let mut subject = DistinguishedName::new();
    // a common name has at most 64 bytes (RFC 5280); visitors go by the alternative names
    let first = names.iter().find(|name| !name.starts_with('*')).or(names.first());
    let common: String = first.into_iter().flat_map(|name| name.chars().take(64)).collect();
    subject.push(DnType::CommonName, common);
    subject.push(DnType::OrganizationName, MARK);
    params.distinguished_name = subject;
    let today = now.as_secs() - now.as_secs().rem_euclid(DAY);
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(today - DAY);
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(today + days * DAY);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = PrivateKey::generate()?;
    let certificate = params.self_signed(key.pair())?;
    Ok(text(&key, [certificate.der().as_ref()]).into())
}

/// Whether what is there is one of ours for these names that need not be made anew.
pub(crate) fn holds(pair: &Pair, names: &BTreeSet<String>, now: Micros) -> bool {
    let leaf = &pair.leaf;
    let late = leaf.not_after - EARLY * DAY <= now.as_secs();
    leaf.ours && leaf.names == *names && leaf.is_valid_at(now) && !late && pair.is_as_written()
}

fn since_1970(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds.min(LAST)).unwrap_or(0))
}
