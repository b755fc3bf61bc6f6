use super::*;

/// The name that links have after a start with this one in the file.
async fn name_after(store: &Store, file: &str) -> String {
    let hostname: Hostname = file.parse().unwrap();
    store.write(async |tx: &mut WriteTx| take_up(tx, &hostname, Micros::now()).await).await.unwrap();
    let read = async |tx: &mut store::Tx| setting::get(tx, setting::PANEL_HOSTNAME).await;
    store.read(read).await.unwrap().unwrap()
}

#[tokio::test]
async fn of_the_file_and_the_setting_that_name_holds_which_was_changed_last() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("holdfast.db")).await.unwrap();
    assert_eq!(name_after(&store, "a.example.test").await, "a.example.test");
    assert_eq!(name_after(&store, "b.example.test").await, "b.example.test");
    let set = async |tx: &mut WriteTx| {
        setting::put(tx, setting::PANEL_HOSTNAME, &"c.example.test", Micros::now()).await
    };
    store.write(set).await.unwrap();
    assert_eq!(name_after(&store, "b.example.test").await, "c.example.test");
    assert_eq!(name_after(&store, "d.example.test").await, "d.example.test");
}
