//! The web in the panel: sites with their names, and the web server of the node.
//!
//! A name leads to one site of one account: the database's primary key says so. A name is *approved* when an administrator gave it, or
//! when it lies below an approved name of the same account; any other name that an owner asks for is *pending*, and not sent to the
//! server before an administrator approves it.
//!
//! Sites need PHP pools and certificates, which are other features': [`Pools`] and [`Certificates`] are how they are asked for.

mod adopt;
mod build_spec;
mod certificates;
mod https;
pub mod log;
pub mod node;
mod object;
mod pools;
mod routes;
mod rules;
mod search;
mod serving;
pub mod sites;
mod store;
#[cfg(test)]
mod tests;

pub use certificates::Certificates;
pub use https::{SiteCertificate, SiteHsts, SiteHttps};
pub use object::{SiteObject, WebServerObject};
pub use pools::Pools;
pub use routes::log::{Lines, LinesParams};
pub use routes::site::State;
pub use rules::claims::{COOL_DOWN_DAYS, COOL_DOWN_DAYS_USUAL};
pub use search::search;
pub use serving::{SiteMaintenance, SiteRedirect};
pub use store::node::Node;
pub use store::site::{Site, SiteKey};

/// The routes.
pub fn table(state: State) -> desired::Table {
    routes::node::table(state.panel.clone())
        .merge(routes::log::table(state.panel.clone()))
        .merge(routes::traffic::table(state.panel.clone()))
        .merge(routes::site::table(state))
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[
    store::site::STATEMENTS,
    store::site_adopted::STATEMENTS,
    store::site_block::STATEMENTS,
    store::site_https::STATEMENTS,
    store::site_list::STATEMENTS,
    store::name::STATEMENTS,
    store::name_left::STATEMENTS,
    store::node::STATEMENTS,
    store::traffic::STATEMENTS,
];
