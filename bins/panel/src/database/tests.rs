use store::Store;

use super::{look, restored};

#[tokio::test]
async fn a_database_that_is_put_back_says_so_in_its_audit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    Store::open(&path).await.unwrap().close().await;
    let text = path.to_str().unwrap();
    let before = look(text).await.unwrap();
    assert_eq!((before.schema, before.accounts, before.audit), (Store::newest_schema(), 0, None));
    restored(&path, "2026-01-01T00:00:00.000000Z").await.unwrap();
    let after = look(text).await.unwrap();
    assert_eq!(after.audit.map(|head| head.seq), Some(1));
    assert!(!folder.path().join("a.db-wal").exists(), "it is one file again");
}
