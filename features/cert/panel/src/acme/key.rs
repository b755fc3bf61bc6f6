//! The one key that signs for this panel at every authority.
//!
//! It is one, and not one per authority, so that the web server answers the challenges of all of them with one thumbprint and without being
//! told of any order. It is made here before there is any authority, and lies sealed in the database. Where it does not open, since a
//! database came back without its seal's key, another is made, and the accounts at the authorities with it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use names::{Micros, Secret, Thumbprint};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use seal::SealKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

/// What it is sealed for.
const PLACE: (&str, &str) = ("acme_key", "1");

const FIND: Statement = Statement::new("SELECT key FROM acme_key WHERE id = 1");
const PUT: Statement = Statement::new(
    "INSERT INTO acme_key (id, key, thumbprint, created_at) VALUES (1, $1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, thumbprint = excluded.thumbprint, created_at = excluded.created_at",
);

pub(crate) const STATEMENTS: &[Statement] = &[FIND, PUT];

/// The key does not open, is none, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key that signs at certificate authorities cannot be used")]
pub(crate) struct NoKey;

/// A key on P-256.
pub(crate) struct AcmeKey {
    pkcs8: Secret<Vec<u8>>,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl AcmeKey {
    /// A new one.
    pub(crate) fn generate() -> Result<Self, NoKey> {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| NoKey)?;
        Self::read(pkcs8.as_ref().to_vec().into())
    }

    fn read(pkcs8: Secret<Vec<u8>>) -> Result<Self, NoKey> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose(), &random);
        Ok(Self { pair: pair.map_err(|_| NoKey)?, pkcs8, random })
    }

    /// PKCS #8 in base64url, as the library's credentials have it.
    pub(crate) fn encoded(&self) -> Secret<String> {
        URL_SAFE_NO_PAD.encode(self.pkcs8.expose()).into()
    }

    /// The public half (RFC 7517), with its members in the order that its thumbprint is made of (RFC 7638).
    pub(crate) fn jwk(&self) -> String {
        let point = self.pair.public_key().as_ref();
        // an uncompressed point: 4, and 32 bytes twice
        let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len().saturating_sub(1) / 2);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }

    /// The public half as a value.
    pub(crate) fn jwk_value(&self) -> Value {
        serde_json::from_str(&self.jwk()).unwrap_or_else(|_| json!({}))
    }

    /// What names it.
    pub(crate) fn thumbprint(&self) -> Result<Thumbprint, NoKey> {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(self.jwk().as_bytes()));
        Thumbprint::parse(&digest).map_err(|_| NoKey)
    }

    /// Signs as `ES256` says (RFC 7518, 3.4).
    pub(crate) fn sign(&self, text: &str) -> Result<Vec<u8>, NoKey> {
        let signature = self.pair.sign(&self.random, text.as_bytes()).map_err(|_| NoKey)?;
        Ok(signature.as_ref().to_vec())
    }

    /// As it lies in the database.
    pub(crate) fn sealed(&self, seal: &SealKey) -> Result<String, NoKey> {
        seal.seal(PLACE, self.pkcs8.expose()).map_err(|_| NoKey)
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    sealed: String,
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { sealed: row.text("key")? })
    }
}

impl Stored {
    pub(crate) fn open(&self, seal: &SealKey) -> Result<AcmeKey, NoKey> {
        AcmeKey::read(seal.open(PLACE, &self.sealed).map_err(|_| NoKey)?)
    }
}

pub(crate) async fn find(tx: &mut Tx) -> Result<Option<Stored>, StoreError> {
    tx.optional(FIND).await
}

/// Puts a key in the place of the one there is.
pub(crate) async fn put(
    tx: &mut WriteTx,
    (sealed, thumbprint): (&str, &Thumbprint),
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(PUT.bind(sealed).bind(thumbprint.as_str()).bind(now)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_is_the_same_key_and_opens_for_its_seal_alone() {
        let seal = SealKey::throw_away().unwrap();
        let key = AcmeKey::generate().unwrap();
        let stored = Stored { sealed: key.sealed(&seal).unwrap() };
        assert_eq!(stored.open(&seal).unwrap().jwk(), key.jwk());
        assert!(stored.open(&SealKey::throw_away().unwrap()).is_err());
        assert_ne!(AcmeKey::generate().unwrap().jwk(), key.jwk());
    }

    #[test]
    fn the_thumbprint_is_that_of_the_public_half() {
        let key = AcmeKey::generate().unwrap();
        // RFC 7638, 3.3: required members, ordered by name, without spaces
        let value = key.jwk_value();
        let (x, y) = (value["x"].as_str().unwrap(), value["y"].as_str().unwrap());
        let text = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()));
        assert_eq!(key.thumbprint().unwrap().as_str(), digest);
        assert_eq!((x.len(), y.len()), (43, 43));
    }
}
