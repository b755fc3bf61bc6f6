//! Certificates in the panel: those that follow a site's names, those that somebody asks for, and those that an owner brings.
//!
//! A certificate is made for a site ([`certificates::ensure_for_site`]) or by a person. One from an authority signs itself until the
//! authority has issued it; the host has something to show all the time, and what works is never replaced by nothing. Private keys are the
//! agent's: it makes them, or is handed one once while a request is answered, and the panel keeps none.

mod acme;
mod adopt;
pub mod authority;
mod build_spec;
pub mod certificates;
pub mod chain;
mod object;
pub mod order;
mod routes;
mod rules;
mod search;
mod store;
#[cfg(test)]
mod tests;

pub use object::CertificateObject;
pub use routes::certificate::State;
pub use rules::bring::Keys;
pub use search::search;
pub use store::certificate::{Certificate, ShowingSite, Source};

/// The routes.
pub fn table(state: State) -> desired::Table {
    routes::certificate::table(state)
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[
    acme::key::STATEMENTS,
    authority::store::STATEMENTS,
    order::store::STATEMENTS,
    store::certificate::STATEMENTS,
    store::certificate_block::STATEMENTS,
    store::certificate_list::STATEMENTS,
    store::name::STATEMENTS,
];
