//! Private keys of certificates for tests, as the real agent takes them in: what was handed to it waits until a certificate with it is applied.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cert_spec::{DiscardKeys, ImportKey, KeyImported, KeyKind, KeysDiscarded, errors};
use names::{CertificateId, Digest};
use rcgen::{KeyPair, PublicKeyData};
use wire::{Call, Refusal, Router};

use crate::agent::Host;

/// The digests of the keys that were handed over, by certificate.
#[derive(Clone, Default)]
pub(crate) struct Keys {
    held: Arc<Mutex<BTreeMap<CertificateId, Vec<Digest>>>>,
    /// How often a key was handed over.
    calls: Arc<Mutex<u32>>,
}

impl Keys {
    /// The keys of one certificate.
    pub(crate) fn of(&self, certificate: &str) -> Vec<Digest> {
        self.held.lock().unwrap().get(&certificate.parse().unwrap()).cloned().unwrap_or_default()
    }

    /// How many there are of all certificates.
    pub(crate) fn count(&self) -> usize {
        self.held.lock().unwrap().values().map(Vec::len).sum()
    }

    /// How often a key was handed over.
    pub(crate) fn calls(&self) -> u32 {
        *self.calls.lock().unwrap()
    }

    pub(crate) fn answered(&self, router: Router, host: &Arc<Host>) -> Router {
        let me = self.clone();
        let router = router.blocking(move |_: Call, ask: ImportKey| {
            *me.calls.lock().unwrap() += 1;
            let pair = KeyPair::from_pem(ask.key.expose())
                .map_err(|_| Refusal::new(errors::BAD_KEY, "it cannot be read"))?;
            let key = Digest::of(pair.subject_public_key_info());
            let mut held = me.held.lock().unwrap();
            let keys = held.entry(ask.certificate).or_default();
            if !keys.contains(&key) {
                keys.push(key);
            }
            Ok(KeyImported { key, kind: KeyKind::Ecdsa })
        });
        let (me, host) = (self.clone(), Arc::clone(host));
        router.blocking(move |_: Call, ask: DiscardKeys| {
            let applied = host.object("certificate", &ask.certificate.to_string());
            let used = applied.and_then(|spec| spec["issued"]["key"].as_str().map(str::to_owned));
            let mut held = me.held.lock().unwrap();
            let keys = held.entry(ask.certificate).or_default();
            let before = keys.len();
            keys.retain(|key| Some(key.to_string()) == used);
            Ok(KeysDiscarded { keys: u32::try_from(before - keys.len()).unwrap() })
        })
    }
}
