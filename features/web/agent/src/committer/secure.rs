//! Seeing from outside which certificates nginx shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hostd::Host;
use names::{Digest, DomainName, ListenAddr};
use web_spec::{ProbeTls, SiteTls};

use super::Committer;
use super::activate::QUESTION;
use crate::layout::{DEFAULT_CERTIFICATE, certificate_file};
use crate::probe::reachable;
use crate::state::State;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

impl Committer {
    /// Are visitors of a name shown the site's certificate?
    pub(super) fn shows(
        &self,
        host: &Host,
        state: &State,
        name: &DomainName,
        tls: &SiteTls,
    ) -> Result<(), String> {
        let Some(address) = state.listen_tls.first() else { return Ok(()) };
        let file = certificate_file(tls.certificate);
        // the certificate may be renewed in this very moment
        for _ in 0..2 {
            let ours = first_of(host, &file).ok_or_else(|| format!("{file} holds no certificate"))?;
            if self.shown(host, *address, name)? == ours {
                return Ok(());
            }
        }
        Err(format!(
            "visitors of {name} are shown another certificate than {}: another server block of this nginx takes the name",
            tls.certificate
        ))
    }

    /// Does our tree answer the handshakes at this address? Known by the certificate that is for nobody.
    pub(super) fn secures(&self, host: &Host, address: ListenAddr) -> Result<(), String> {
        let Some(ours) = first_of(host, DEFAULT_CERTIFICATE) else { return Ok(()) };
        let Some(stranger) = self.stranger(host) else { return Ok(()) };
        if self.shown(host, address, &stranger)? == ours {
            return Ok(());
        }
        Err(format!("what answers by HTTPS at {address} is not our nginx tree"))
    }

    /// Does something else answer the handshakes there? A probe that is away, and a handshake that fails, contradict nothing.
    pub(super) fn contradicts_by_tls(&self, host: &Host, address: ListenAddr) -> bool {
        let (ours, stranger) = (first_of(host, DEFAULT_CERTIFICATE), self.stranger(host));
        let shown = stranger.and_then(|stranger| self.shown(host, address, &stranger).ok());
        // made anew in this very moment?
        shown.is_some() && shown != ours && shown != first_of(host, DEFAULT_CERTIFICATE)
    }

    fn shown(&self, host: &Host, address: ListenAddr, name: &DomainName) -> Result<Digest, String> {
        let question = ProbeTls { address: reachable(address), name: name.clone() };
        Ok(self.probe.shown(host, &question, QUESTION)?.certificate)
    }

    /// A name that leads to no site of the tree.
    fn stranger(&self, host: &Host) -> Option<DomainName> {
        let names = (0..100).filter_map(|n| DomainName::parse(&format!("unknown{n}.holdfast.example")).ok());
        names.into_iter().find(|name| matches!(self.holder(host, name), Ok(None)))
    }
}

/// The first certificate in a file of ours: what nginx shows by it.
fn first_of(host: &Host, path: &str) -> Option<Digest> {
    let text = host.files().read_text(path).ok()??;
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(body).ok().map(Digest::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_the_first_certificate_behind_the_key() {
        let host = Host::for_test().unwrap();
        let path = "/etc/nginx/a.pem";
        let block = |text: &str| format!("{BEGIN}\n{}\r\n{END}\n", STANDARD.encode(text));
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let first = |text: String| {
            host.files().write(path, text.as_bytes(), 0o640, (0, 0)).unwrap();
            first_of(&host, path)
        };
        assert_eq!(first(format!("{key}{}{}", block("own"), block("issuer"))), Some(Digest::of("own")));
        assert_eq!(first(key.to_owned()), None);
        assert_eq!(first(format!("{BEGIN}\n???\n{END}\n")), None);
        assert_eq!(first_of(&host, "/etc/nginx/b.pem"), None);
    }
}
