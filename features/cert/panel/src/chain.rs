//! A chain of certificates that may be shown: brought by an owner, or issued by an authority.
//!
//! Holding a [`Chain`] is the proof that its certificates can be read, lead from one to the next, and that the first one is for names of
//! ours with a key that browsers take. Whether it is its time is asked when it matters: [`Chain::check`].

use cert_spec::{Der, Issued, KeyKind};
use certificate::chain::{self, ChainError, Link, PublicKind};
use names::{CertName, Digest, Micros, NameError};
use serde::{Deserialize, Serialize};

/// A chain, the own certificate first, without the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    ders: Vec<Der>,
    key: Digest,
    kind: KeyKind,
    shown: Shown,
    not_before: Micros,
    not_after: Micros,
    /// When the first of its issuers expires.
    issuers_until: Micros,
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The names that it is for, sorted.
    pub names: Vec<CertName>,
    /// Who issued it.
    pub issuer: String,
    /// Its serial number in hexadecimal pairs.
    pub serial: String,
}

impl Chain {
    /// The fewest bits of an RSA key.
    const MIN_RSA: usize = 2048;
    /// The fewest bits of a key on a curve.
    const MIN_ECDSA: usize = 256;

    /// Reads PEM with the certificates in any order, with or without the root. Refuses with `chain_not_pem`, `chain_not_certificates`,
    /// `key_in_chain`, `chain_empty`, and as [`Self::from_ders`].
    pub fn parse_pem(text: &str) -> Result<Self, NameError> {
        Self::from_ders(&chain::blocks(text).map_err(refusal)?)
    }

    /// Reads certificates in any order, with or without the root. Refuses with `chain_empty`, `chain_too_long`, `chain_unreadable`,
    /// `chain_broken`, `chain_no_names`, `key_kind`, `key_too_weak`.
    pub fn from_ders(ders: &[Vec<u8>]) -> Result<Self, NameError> {
        if ders.is_empty() {
            return Err(refusal(ChainError::Empty));
        }
        if ders.len() > Issued::MAX_CHAIN {
            let reason = "the chain has more than 10 certificates";
            return Err(NameError::new(
                "chain_too_long",
                reason,
                "send the certificate and those of its issuers alone",
            ));
        }
        let links: Result<Vec<Link>, ChainError> = ders.iter().map(|der| Link::read(der)).collect();
        let links = chain::order(links.map_err(refusal)?).map_err(refusal)?;
        let first = links.first().ok_or_else(|| refusal(ChainError::Empty))?;
        let mut names: Vec<CertName> =
            first.names.iter().filter_map(|name| CertName::parse(name).ok()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            let reason = "the certificate is for no domain name";
            return Err(NameError::new(
                "chain_no_names",
                reason,
                "send a certificate for the names of a site",
            ));
        }
        let (kind, key) = (kind(first.kind)?, Digest::from_bytes(first.key));
        let too_large = || {
            NameError::new(
                "chain_unreadable",
                "a certificate is larger than 16384 bytes",
                "send the certificate of the site",
            )
        };
        let stored: Option<Vec<Der>> = links.iter().map(|link| Der::new(link.der.clone())).collect();
        Ok(Self {
            ders: stored.ok_or_else(too_large)?,
            key,
            kind,
            shown: Shown { names, issuer: first.issuer_words.clone(), serial: first.serial.clone() },
            not_before: moment(first.not_before),
            not_after: moment(first.not_after),
            issuers_until: links
                .iter()
                .skip(1)
                .map(|link| moment(link.not_after))
                .min()
                .unwrap_or(Micros::MAX),
        })
    }

    /// Whether it is its time. Refuses with `chain_expired`, `chain_not_yet_valid`.
    pub fn check(&self, now: Micros) -> Result<(), NameError> {
        let remedy = "get a new one from who issued it";
        if self.not_after <= now {
            let reason = format!("the certificate expired at {}", self.not_after);
            return Err(NameError::new("chain_expired", reason, remedy));
        }
        if self.issuers_until <= now {
            let reason =
                format!("the certificate of an issuer in the chain expired at {}", self.issuers_until);
            return Err(NameError::new("chain_expired", reason, "send the issuer's present certificate"));
        }
        if self.not_before > now {
            let reason = format!("the certificate is valid from {} on", self.not_before);
            return Err(NameError::new(
                "chain_not_yet_valid",
                reason,
                "send it then, or look at the clock of this server",
            ));
        }
        Ok(())
    }

    /// The certificates.
    pub fn ders(&self) -> &[Der] {
        &self.ders
    }

    /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER).
    pub fn key(&self) -> Digest {
        self.key
    }

    /// What the key is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// What the first certificate says of itself.
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// Begin of the first one's validity.
    pub fn not_before(&self) -> Micros {
        self.not_before
    }

    /// End of the first one's validity.
    pub fn not_after(&self) -> Micros {
        self.not_after
    }
}

/// A moment of a certificate; what lies outside of our calendar is its nearest end.
fn moment(secs: i64) -> Micros {
    let micros = secs.max(0).saturating_mul(1_000_000);
    Micros::new(micros).unwrap_or(Micros::MAX)
}

fn kind(public: PublicKind) -> Result<KeyKind, NameError> {
    let weak = |reason: &str, remedy: &str| Err(NameError::new("key_too_weak", reason, remedy));
    match public {
        PublicKind::Rsa(bits) if bits < Chain::MIN_RSA => weak(
            "the RSA key has fewer than 2048 bits",
            "make a key of 2048 bits or more, and a certificate for it",
        ),
        PublicKind::Ecdsa(bits) if bits < Chain::MIN_ECDSA => {
            weak("the key has fewer than 256 bits", "make a key on P-256, and a certificate for it")
        }
        PublicKind::Rsa(_) => Ok(KeyKind::Rsa),
        PublicKind::Ecdsa(_) => Ok(KeyKind::Ecdsa),
        PublicKind::Other => Err(NameError::new(
            "key_kind",
            "the certificate has a key that browsers do not take",
            "get a certificate for an ECDSA or an RSA key",
        )),
    }
}

/// In words for whoever sent it.
fn refusal(error: ChainError) -> NameError {
    let (code, reason, remedy) = match error {
        ChainError::Pem => (
            "chain_not_pem",
            "the text is not PEM",
            "send it whole, from -----BEGIN CERTIFICATE----- to the last line",
        ),
        ChainError::Other => (
            "chain_not_certificates",
            "the text holds something else than certificates",
            "send the certificates alone",
        ),
        ChainError::Key => (
            "key_in_chain",
            "the text holds a private key",
            "send the certificates here, and the key in its own field",
        ),
        ChainError::Empty => (
            "chain_empty",
            "there is no certificate in the text",
            "send the certificate in PEM, with those of its issuers",
        ),
        ChainError::Unreadable => {
            ("chain_unreadable", "a certificate cannot be read", "send it as it was issued")
        }
        ChainError::Broken => (
            "chain_broken",
            "the certificates do not lead from one to the next",
            "send one certificate and those of its issuers, and no other",
        ),
    };
    NameError::new(code, reason, remedy)
}

#[cfg(test)]
mod tests;
