//! A stand-in: what sites need of certificates, and no more.

pub mod certificates;
mod object;

pub use object::CertificateObject;
