//! Bytes in DER.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something of ASN.1 in DER: a certificate or a request for one, not looked into here; base64 on the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Der(Vec<u8>);

impl Der {
    /// The most bytes of one.
    pub const MAX: usize = 16 * 1024;

    /// None where there is nothing, or too much.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (1..=Self::MAX).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Der {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Der({} bytes)", self.0.len())
    }
}

impl Serialize for Der {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Der {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(|_| D::Error::custom("DER is sent in base64"))?;
        Self::new(bytes).ok_or_else(|| D::Error::custom("1 to 16384 bytes of DER are expected"))
    }
}
