//! The panel: the API over HTTPS and a unix socket, and what drives the host to what was asked for.
//!
//! It runs without any privilege and opens no socket of its own: PID 1 hands it the two that it listens on. All that it may reach is its
//! database, and the agent and the probe by their unix sockets.
//!
//! - [`app`] puts the features' tables of routes together with the layers around them;
//! - [`world`] is the one place where features meet: what a change of an account means for pools and sites;
//! - [`serve`] takes connections; [`upkeep`] does what is due now and then; [`metric`] keeps how the server fared;
//! - `routes` are the operations that belong to no feature, `role_install` a job, `page` is what a one-time link opens, and `ui` the browser panel;
//! - [`database`] copies the database and looks at copies, for set-up.

pub mod app;
mod authenticate;
pub mod config;
pub mod database;
pub mod metric;
mod notice;
mod page;
mod refused;
mod role_install;
mod routes;
pub mod serve;
pub mod start;
pub mod tls;
mod ui;
pub mod upkeep;
pub mod world;

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = routes::STATEMENTS;
