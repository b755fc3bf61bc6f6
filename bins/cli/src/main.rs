//! `holdfast`: the command of administrators and owners.
//!
//! It is the panel's API on the command line, over the unix socket of this server or over HTTPS: it knows no database, no file of the
//! server's, and no rule; what is refused, the panel refuses. One file per noun; beside them `client` (HTTP), `change` (what every
//! command that changes something can do), `screen` and `visible` (nothing of the server's text reaches the terminal as a command).

mod account;
mod act_as;
mod adopt;
mod agent;
mod api;
mod audit;
mod authority;
mod certificate;
mod certificate_order;
mod change;
mod cli;
mod client;
mod completions;
mod condition;
mod doctor;
mod drift;
mod event;
mod failure;
mod fields;
mod follow;
mod host_change;
mod identity;
mod identity_provider;
mod job;
mod limit;
mod list;
mod login_link;
mod man;
mod me;
mod member;
mod networks;
mod node;
mod notice;
mod operations;
mod organisation;
mod organisation_limits;
mod package;
mod passkey;
mod person;
mod plan;
mod pool;
mod problem;
mod progress;
mod record;
mod role;
mod run;
mod screen;
mod search;
mod second_factor;
mod secret;
mod session;
mod setting;
mod setup;
mod site;
mod site_log;
mod sold;
mod sweep;
mod table;
#[cfg(test)]
mod testing;
mod time;
mod token;
mod visible;
mod webhook;

use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            runtime.block_on(cli::run(std::env::args_os().collect(), screen::Screen::of_process()))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
