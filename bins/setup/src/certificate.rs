//! The panel's first certificate: self-signed, for this server's names and addresses.
//!
//! An administrator may put another one in its place; a certificate that is not ours is never replaced.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ::certificate::{Certificate, MARK};
use names::Hostname;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};

/// How many years a certificate lasts.
const YEARS: i32 = 10;

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// Making it failed.
    #[error("make the panel's certificate")]
    Make(#[from] rcgen::Error),
    /// The file holds no certificate that can be read.
    #[error(transparent)]
    Unreadable(#[from] ::certificate::Unreadable),
}

/// Certificate and key as one PEM text, for these names and addresses, from the year of `now_micros` on.
pub(crate) fn self_signed(
    hostname: &Hostname,
    addresses: &BTreeSet<IpAddr>,
    now_micros: i64,
) -> Result<String, CertificateError> {
    let mut names = vec![hostname.to_string()];
    if hostname.short() != hostname.as_str() {
        names.push(hostname.short().to_owned());
    }
    if hostname.as_str() != "localhost" {
        names.push("localhost".to_owned());
    }
    let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    names.extend(addresses.iter().chain(&loopback).map(IpAddr::to_string));

    let mut params = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    // a common name has at most 64 bytes (RFC 5280); clients go by the alternative names
    let common: String = hostname.as_str().chars().take(64).collect();
    subject.push(DnType::CommonName, common);
    subject.push(DnType::OrganizationName, MARK);
    params.distinguished_name = subject;
    let year = year_of(now_micros);
    // from the start of the year: a clock that is a little slow must not refuse it
    params.not_before = rcgen::date_time_ymd(year, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + YEARS, 1, 1);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// Reads the first certificate of a PEM text.
pub(crate) fn read(pem: &[u8]) -> Result<Certificate, CertificateError> {
    Ok(Certificate::read(pem)?)
}

/// The year of a time, by days since 1970 (the civil calendar, UTC).
fn year_of(micros: i64) -> i32 {
    let days = micros.div_euclid(86_400_000_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // this calendar's year begins in March
    let january_or_february = (5 * of_year + 2) / 153 >= 10;
    i32::try_from(year_of_era + era * 400 + i64::from(january_or_february)).unwrap_or(1970)
}

#[cfg(test)]
mod tests;
