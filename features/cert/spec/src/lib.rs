//! What the panel asks of certificates: that one lies ready for the web server, and that keys are made and taken in. No I/O.
//!
//! A private key is made by the agent, or handed to it once, and never leaves it again. What names a key is the SHA-256 of its public
//! half.

pub mod der;
pub mod key;
pub mod spec;

pub use der::Der;
pub use key::{
    DiscardKeys, ImportKey, KeyImported, KeyKind, KeyMade, KeysDiscarded, MakeKey, SecretPem, errors,
};
pub use spec::{CertificateSpec, Issued};

#[cfg(test)]
mod tests;
