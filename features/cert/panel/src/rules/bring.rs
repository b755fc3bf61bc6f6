//! Certificates that an owner brings, and the private keys that come with them.
//!
//! The agent is handed the key before anything is written, since it alone tells whether the key fits; a change that is not made then has the
//! agent forget the key. The panel holds a key only while a request with it is answered, and writes it nowhere.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use api_kit::{ApiError, FieldError};
use cert_spec::{DiscardKeys, ImportKey, SecretPem, errors};
use desired::{Panel, agent_error};
use names::{CertificateId, Digest};
use serde::{Deserialize, Deserializer};
use store::{StoreError, Tx};
use wire::WireError;

use crate::chain::Chain;
use crate::store::certificate;

/// A private key in PEM as it was sent.
#[derive(Clone)]
pub(crate) struct PrivateKey(SecretPem);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for PrivateKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = SecretPem::new(String::deserialize(deserializer)?);
        let too_long = "the key is longer than 16384 bytes; send the private key alone [key_too_long]";
        key.map(Self).ok_or_else(|| serde::de::Error::custom(too_long))
    }
}

impl PrivateKey {
    /// Refuses what is no key, or one that cannot be used without a passphrase. Whether it is sound is the agent's to say.
    fn check(&self) -> Result<(), ApiError> {
        let text = self.0.expose();
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            let remedy = "Take the passphrase off: openssl pkey -in encrypted.pem -out key.pem.";
            return Err(refused("key_encrypted", "The key is encrypted.", remedy));
        }
        if !text.contains("PRIVATE KEY-----") {
            let remedy = "Send the private key in PEM, from -----BEGIN to the last line.";
            return Err(refused("key_unreadable", "The text is no private key.", remedy));
        }
        Ok(())
    }
}

fn refused(code: &'static str, reason: &str, remedy: &str) -> ApiError {
    ApiError::invalid(FieldError::new("/key", code, reason, remedy))
}

/// Reads a chain that was sent, and refuses one that is not good now.
pub(crate) fn read(panel: &Panel, chain: &str) -> Result<Chain, ApiError> {
    let read = Chain::parse_pem(chain).and_then(|chain| chain.check(panel.now()).map(|()| chain));
    read.map_err(|error| ApiError::invalid(FieldError::of_name("/chain", &error)))
}

/// Certificates whose keys are in hand just now. What one request imports, another's refusal must not throw away.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    in_hand: Arc<Mutex<HashSet<CertificateId>>>,
}

/// A key that the agent was handed for a change that is not made yet.
pub(crate) struct Imported {
    keys: Keys,
    panel: Panel,
    id: CertificateId,
    digest: Digest,
}

impl Keys {
    /// Hands the agent the key of a chain; refuses one that does not fit.
    pub(crate) async fn import(
        &self,
        panel: &Panel,
        id: CertificateId,
        chain: &Chain,
        key: &PrivateKey,
    ) -> Result<Imported, ApiError> {
        key.check()?;
        if !self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            let detail = "Another request with a key for this certificate is being answered. Try again when it has ended.";
            return Err(ApiError::conflict("key_in_hand", detail));
        }
        let imported = Imported { keys: self.clone(), panel: panel.clone(), id, digest: chain.key() };
        let call = ImportKey { certificate: id, key: key.0.clone() };
        let found = panel.agent().call(&call).await.map_err(no_key)?;
        if found.key != chain.key() {
            imported.forget_unused().await;
            let remedy = "Send the key that the certificate was asked for with.";
            return Err(refused("key_of_another", "The key does not fit the certificate.", remedy));
        }
        Ok(imported)
    }
}

/// The agent's refusal, without the key.
fn no_key(error: WireError) -> ApiError {
    match error.refusal().filter(|refusal| refusal.name == errors::BAD_KEY) {
        Some(refusal) => {
            let reason = format!("The key cannot be used: {}.", refusal.message.trim_end_matches('.'));
            refused(
                "key_unreadable",
                &reason,
                "Send an ECDSA key on P-256 or P-384, or an RSA key of 2048 bits or more, in PEM.",
            )
        }
        None => agent_error(error),
    }
}

impl Imported {
    /// Has the agent forget the key, unless a change that was written down needs it, or an earlier one that is not on the
    /// host yet: the agent forgets all keys that it has not put in place.
    pub(crate) async fn forget_unused(&self) {
        let id = self.id.to_string();
        let read = async |tx: &mut Tx| -> Result<_, StoreError> { certificate::unscoped(tx, &id).await };
        let needed = match self.panel.store().read(read).await {
            Ok(None) => false,
            Ok(Some(row)) => row.key_digest == Some(self.digest) || !row.block.is_ready(),
            Err(_) => true,
        };
        if needed {
            return;
        }
        if let Err(error) = self.panel.agent().call(&DiscardKeys { certificate: self.id }).await {
            tracing::warn!(certificate = %self.id, error = %error, "a key that nothing needs could not be thrown away");
        }
    }
}

impl Drop for Imported {
    fn drop(&mut self) {
        self.keys.in_hand.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let key = PrivateKey(SecretPem::new(text.to_owned()).unwrap());
        key.check().err().map_or(String::new(), |error| error.errors()[0].code.to_string())
    }

    #[test]
    fn what_needs_a_passphrase_or_is_no_key_never_reaches_the_agent() {
        assert_eq!(code("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "");
        assert_eq!(code("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"), "");
        assert_eq!(code("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA"), "key_encrypted");
        assert_eq!(code("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA"), "key_encrypted");
        assert_eq!(code("-----BEGIN CERTIFICATE-----\nAAAA"), "key_unreadable");
        assert_eq!(code(""), "key_unreadable");
    }

    #[test]
    fn a_key_is_refused_by_its_length_and_printed_nowhere() {
        let read = |text: &str| serde_json::from_value::<PrivateKey>(serde_json::Value::from(text));
        assert!(!format!("{:?}", read("canary").unwrap()).contains("canary"));
        let error = read(&"x".repeat(SecretPem::MAX + 1)).unwrap_err().to_string();
        assert_eq!(names::code_in(&error).unwrap().0, "key_too_long");
    }
}
