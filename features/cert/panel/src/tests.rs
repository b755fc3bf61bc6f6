//! Tests of the whole crate.

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    ::store::testing::check(env!("CARGO_MANIFEST_DIR"), crate::STATEMENTS).await;
}
