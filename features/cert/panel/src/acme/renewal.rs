//! When a certificate is to be renewed: when its authority says so (RFC 9773), else after two thirds of its life.
//!
//! The moment within a window is told by the certificate itself, and not by chance: asked again, it is the same one, so that looking costs
//! nothing, and certificates of one day are spread all the same.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use egress_spec::Verb;
use instant_acme::CertificateIdentifier;
use names::{Digest, Micros};
use serde::Deserialize;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::http::Http;
use super::trouble::Trouble;

/// How often an authority is asked about one certificate where it does not say.
const USUAL: Duration = Duration::from_hours(6);
/// Whatever it says.
const SOONEST: Duration = Duration::from_mins(10);
const LATEST: Duration = Duration::from_hours(24);

/// From when to when a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) not_before: Micros,
    pub(crate) not_after: Micros,
}

/// From when to when an authority would have a certificate renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Micros,
    pub(crate) end: Micros,
}

/// What an authority calls a certificate of its own: the key that signed it and its number (RFC 9773, 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaced {
    authority_key: String,
    serial: String,
}

impl Replaced {
    /// Of a certificate in DER; none where it does not name the key that signed it.
    pub(crate) fn of(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let key = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(found) => {
                found.key_identifier.as_ref().map(|key| key.0.to_vec())
            }
            _ => None,
        })?;
        let serial = URL_SAFE_NO_PAD.encode(certificate.tbs_certificate.raw_serial());
        Some(Self { authority_key: URL_SAFE_NO_PAD.encode(key), serial })
    }

    /// As the library has it.
    pub(crate) fn identifier(&self) -> CertificateIdentifier<'_> {
        CertificateIdentifier {
            authority_key_identifier: Cow::Borrowed(&self.authority_key),
            serial: Cow::Borrowed(&self.serial),
        }
    }

    /// The last part of the address where the authority tells of it.
    fn path(&self) -> String {
        format!("{}.{}", self.authority_key, self.serial)
    }
}

/// Asks when a certificate is to be renewed, and when to ask again.
pub(crate) async fn ask(
    http: &Http,
    renewal_info: &str,
    certificate: &Replaced,
) -> Result<(Window, Duration), Trouble> {
    let url = format!("{}/{}", renewal_info.trim_end_matches('/'), certificate.path());
    let reply = http.fetch(Verb::Get, &url, None, Vec::new()).await;
    let reply = reply.map_err(|fault| Trouble::of_fault(&fault))?;
    if reply.status != 200 {
        return Err(Trouble::of_status("it does not know when to renew", &http.last()));
    }
    let window = read(&reply.body.0).ok_or_else(|| Trouble::odd("when to renew cannot be read"))?;
    let again = http.last().retry_after.unwrap_or(USUAL).clamp(SOONEST, LATEST);
    Ok((window, again))
}

fn read(body: &[u8]) -> Option<Window> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        suggested_window: Suggested,
    }
    #[derive(Deserialize)]
    struct Suggested {
        start: jiff::Timestamp,
        end: jiff::Timestamp,
    }
    let Suggested { start, end } = serde_json::from_slice::<Answer>(body).ok()?.suggested_window;
    let moment = |at: jiff::Timestamp| Micros::new(at.as_microsecond()).ok();
    let window = Window { start: moment(start)?, end: moment(end)? };
    (window.start < window.end).then_some(window)
}

/// Why it is renewed when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Because {
    /// The authority would have it so.
    Authority,
    /// It is old enough.
    Age,
}

/// When a certificate is to be renewed by itself. `share`, from 0 to 1, is where in a window: see [`share`].
pub(crate) fn due(life: Life, window: Option<Window>, share: f64) -> (Micros, Because) {
    // a window that begins after the end is of no use
    if let Some(window) = window.filter(|window| window.start < life.not_after) {
        let end = window.end.min(life.not_after);
        let at = window.start.plus(end.since(window.start).mul_f64(share));
        return (at, Because::Authority);
    }
    let whole = life.not_after.since(life.not_before);
    // two thirds, or up to a twentieth earlier
    (life.not_before.plus(whole.mul_f64(2.0 / 3.0 - share / 20.0)), Because::Age)
}

/// Where in a window the certificate with this key is renewed.
pub(crate) fn share(key: &Digest) -> f64 {
    let text = key.to_string();
    let number = text.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        Micros::parse(text).unwrap()
    }

    fn life() -> Life {
        Life { not_before: at("2026-01-01T00:00:00Z"), not_after: at("2026-04-01T00:00:00Z") }
    }

    #[test]
    fn without_a_word_it_is_renewed_at_two_thirds_of_its_life_or_a_little_before() {
        assert_eq!(due(life(), None, 0.0), (at("2026-03-02T00:00:00Z"), Because::Age));
        let (earliest, _) = due(life(), None, 0.999);
        assert!(earliest > at("2026-02-25T00:00:00Z") && earliest < at("2026-02-26T00:00:00Z"), "{earliest}");
    }

    #[test]
    fn the_authoritys_window_is_used_and_never_beyond_the_end() {
        let window = |start: &str, end: &str| Some(Window { start: at(start), end: at(end) });
        let usual = window("2026-02-01T00:00:00Z", "2026-02-03T00:00:00Z");
        assert_eq!(due(life(), usual, 0.5), (at("2026-02-02T00:00:00Z"), Because::Authority));
        // a window in the past is at once
        assert!(
            due(life(), window("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"), 0.5).0 < life().not_before
        );
        let beyond = window("2026-03-30T00:00:00Z", "2027-01-01T00:00:00Z");
        assert!(due(life(), beyond, 0.99).0 < life().not_after);
        let after = window("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
        assert_eq!(due(life(), after, 0.5).1, Because::Age);
    }

    #[test]
    fn a_window_is_read_with_any_offset_and_refused_where_it_is_none() {
        let text = r#"{"suggestedWindow":{"start":"2026-02-01T01:00:00+01:00","end":"2026-02-03T00:00:00.5Z"},"explanationURL":"https://a"}"#;
        let window = read(text.as_bytes()).unwrap();
        assert_eq!(window.start, at("2026-02-01T00:00:00Z"));
        let turned = r#"{"suggestedWindow":{"start":"2026-02-03T00:00:00Z","end":"2026-02-01T00:00:00Z"}}"#;
        assert_eq!(read(turned.as_bytes()), None);
        assert_eq!(read(b"{}"), None);
    }

    #[test]
    fn where_in_a_window_is_told_by_the_key() {
        let shares: Vec<f64> = (0..100u8).map(|n| share(&Digest::of([n]))).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        assert_eq!(shares[0].to_bits(), share(&Digest::of([0])).to_bits());
        let late = shares.iter().filter(|share| **share > 0.5).count();
        assert!((30..70).contains(&late), "{late}");
    }
}
