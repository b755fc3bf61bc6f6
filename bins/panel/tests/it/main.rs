//! Tests of the whole panel over a fake agent.

mod agent;
mod bench;
mod crash;
mod flows;
mod hostile;
mod matrix;
mod schema;

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), panel::STATEMENTS).await;
}
