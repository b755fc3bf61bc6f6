use names::Uid;

use super::*;

#[test]
fn of_two_accounts_that_want_one_id_at_the_same_moment_one_gets_it() {
    let host = Host::for_test().unwrap();
    let path = hostd::uid_note(Uid::new(20_001).unwrap());
    let note = |text: &str| Step::NoteUid { path: path.clone(), text: text.to_owned() };
    take(&host, &note("first\n")).unwrap();
    take(&host, &note("first\n")).unwrap();
    assert!(take(&host, &note("second\n")).unwrap_err().exists());
    assert_eq!(host.files().read_text(&path).unwrap().unwrap(), "first\n");
}

#[test]
fn an_old_listing_of_sockets_ends_also_where_the_clock_is_set_back() {
    let host = Host::for_test().unwrap();
    let accounts = Accounts::default();
    let alice: AccountName = "alice".parse().unwrap();
    let socket = Unit::WorkerSocket(alice.clone());
    let clock = host.fake_clock().unwrap();
    host.fake_systemd().unwrap().set_active(&socket, hostd::Active::Active);
    assert!(accounts.worker_listens(&host, &alice).unwrap());
    host.fake_systemd().unwrap().set_active(&socket, hostd::Active::Inactive);
    clock.set_back(Duration::from_hours(1));
    clock.advance(Duration::from_secs(3));
    assert!(!accounts.worker_listens(&host, &alice).unwrap());
}
