//! Makes certificates so on the host: for each one file with key and chain that the web server reads at every handshake, and the keys.
//!
//! A private key is made here or handed over once; it is in files that root and the web server's workers can read, and in no plan, answer,
//! log or ledger. What names a key is the SHA-256 of its public half. A certificate that works is replaced by another that works, or not
//! at all.

mod certificates;
mod default;
mod der;
mod held;
mod import;
mod layout;
mod leaf;
mod observe;
mod pair;
mod private_key;
mod self_signed;
mod step;
mod store;

pub use certificates::Certificates;
pub use default::default_certificate;
pub use held::Directory;
pub use import::KeyRefused;
pub use layout::{KEYS, TLS};
pub use observe::Observed;
pub use step::Step;
pub use store::{KeyError, Keys};

#[cfg(test)]
mod testing;
