//! Tests of the whole panel over a fake agent.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking"
)]

mod acting;
mod adoption;
mod agent;
mod audited;
mod bench;
mod certificates;
mod crash;
mod driving;
mod flows;
mod host_changes;
mod hostile;
mod https;
mod identity;
mod issuer;
mod jobs;
mod keys;
mod lists;
mod logs;
mod matrix;
mod metrics;
mod name_claims;
mod notices;
mod packages;
mod people;
mod rehearsals;
mod retrying;
mod schema;
mod serving;
mod sign_in;
mod site_logs;
mod site_serving;
mod timing;
mod tokens;
mod told;
mod traffic;
mod usage;
mod webhooks;

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), panel::STATEMENTS).await;
}
