use crate::{Statement, Store, StoreError};

const PUT: Statement = Statement::new("INSERT INTO setting (name, value, updated_at) VALUES ($1, '1', 0)");
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM setting");

async fn put(store: &Store, name: &str) {
    store.write(async |tx| -> Result<u64, StoreError> { tx.execute(PUT.bind(name)).await }).await.unwrap();
}

#[tokio::test]
async fn a_copy_is_whole_while_the_database_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.db"), folder.path().join("copy.db"));
    let store = Store::open(&from).await.unwrap();
    put(&store, "before").await;
    // what is still in the write-ahead log is in the copy
    Store::copy_file(&from, &to).await.unwrap();
    put(&store, "after").await;
    let look = Store::look_at_file(&to).await.unwrap();
    assert_eq!((look.schema, look.faults), (Store::newest_schema(), Vec::new()));
    let copy = Store::open_as_is(&to).await.unwrap();
    let count: i64 = copy.read(async |tx| tx.one(COUNT).await).await.unwrap();
    assert_eq!(count, 1);
    copy.close().await;
    assert!(Store::copy_file(&from, &to).await.is_err(), "a file that is there is never written over");
    store.close().await;
}

#[tokio::test]
async fn a_damaged_file_is_told_and_no_other_file_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = Store::open(&path).await.unwrap();
    for number in 0..400 {
        put(&store, &format!("name {number} {}", "x".repeat(200))).await;
    }
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    match Store::look_at_file(&path).await {
        Ok(look) => assert!(!look.faults.is_empty()),
        Err(error) => assert!(matches!(error, crate::OpenError::Database(_)), "{error}"),
    }
    let missing = folder.path().join("none.db");
    assert!(Store::look_at_file(&missing).await.is_err());
    assert!(!missing.exists());
}
