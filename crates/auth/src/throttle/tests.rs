use store::Store;
use store::testing::TestStore;

use super::*;

const START: Micros = Micros::EPOCH;

fn from(address: &str) -> Origin {
    Origin::Network(address.parse().unwrap())
}

async fn attempt(store: &TestStore, login: &str, origin: Origin, now: Micros) -> Attempt {
    store.write(async |tx| begin(tx, login, origin, now).await).await.unwrap()
}

fn later(seconds: u64) -> Micros {
    START.plus(Duration::from_secs(seconds))
}

#[tokio::test]
async fn five_failures_lock_the_login_from_that_network_for_a_quarter_of_an_hour() {
    let store = TestStore::new().await;
    let (here, there) = (from("192.0.2.1"), from("192.0.2.2"));
    for second in 0..5 {
        assert_eq!(attempt(&store, "alice", here, later(second)).await, Attempt::Allowed);
    }
    let until = later(4 + 15 * 60);
    assert_eq!(attempt(&store, "alice", here, later(5)).await, Attempt::Locked { until });
    assert_eq!(
        attempt(&store, "alice", there, later(5)).await,
        Attempt::Allowed,
        "the person can come from elsewhere"
    );
    assert_eq!(attempt(&store, "bob", here, later(5)).await, Attempt::Allowed, "others can come from here");
    assert_eq!(attempt(&store, "alice", here, until).await, Attempt::Allowed);
}

#[tokio::test]
async fn failures_far_apart_do_not_add_up() {
    let store = TestStore::new().await;
    for round in 0..20 {
        let now = later(round * 5 * 60);
        assert_eq!(attempt(&store, "alice", from("192.0.2.1"), now).await, Attempt::Allowed, "round {round}");
    }
}

#[tokio::test]
async fn many_logins_from_one_64_lock_the_network() {
    let store = TestStore::new().await;
    for n in 0..30 {
        let origin = from(&format!("2001:db8:0:1::{n:x}"));
        assert_eq!(attempt(&store, &format!("login{n}"), origin, START).await, Attempt::Allowed);
    }
    let locked = attempt(&store, "another", from("2001:db8:0:1:ffff::1"), START).await;
    assert!(matches!(locked, Attempt::Locked { .. }));
    assert_eq!(attempt(&store, "another", from("2001:db8:0:2::1"), START).await, Attempt::Allowed);
}

#[tokio::test]
async fn guessing_from_many_places_locks_the_login_shortly() {
    let store = TestStore::new().await;
    for n in 0..100 {
        assert_eq!(attempt(&store, "alice", from(&format!("198.51.100.{n}")), START).await, Attempt::Allowed);
    }
    let until = later(5 * 60);
    assert_eq!(attempt(&store, "alice", from("203.0.113.1"), START).await, Attempt::Locked { until });
}

#[tokio::test]
async fn forgiveness_frees_the_person_but_not_the_network() {
    let store = TestStore::new().await;
    let here = from("192.0.2.1");
    for n in 0..29 {
        attempt(&store, &format!("login{n}"), here, START).await;
    }
    // A login of the attacker's own that is right each time must not free the way for guesses between.
    attempt(&store, "own", here, START).await;
    store.write(async |tx| forgive(tx, "own", here, START).await).await.unwrap();
    assert_eq!(attempt(&store, "victim", here, START).await, Attempt::Allowed);
    assert!(matches!(attempt(&store, "victim", here, START).await, Attempt::Locked { .. }));
}

#[tokio::test]
async fn locks_are_kept_over_a_restart_and_forgotten_in_time() {
    let store = TestStore::new().await;
    for _ in 0..5 {
        attempt(&store, "alice", from("192.0.2.1"), START).await;
    }
    store.close().await;
    let again = Store::open(&store.path()).await.unwrap();
    let locked = again.write(async |tx| begin(tx, "alice", from("192.0.2.1"), START).await).await.unwrap();
    assert!(matches!(locked, Attempt::Locked { .. }));
    assert_eq!(again.write(async |tx| prune(tx, later(60)).await).await.unwrap(), 0);
    assert_eq!(again.write(async |tx| prune(tx, later(2 * 60 * 60)).await).await.unwrap(), 3);
}

#[tokio::test]
async fn other_users_of_the_machine_are_counted_on_the_socket_too() {
    let store = TestStore::new().await;
    for _ in 0..5 {
        assert_eq!(attempt(&store, "alice", Origin::Local, START).await, Attempt::Allowed);
    }
    assert!(matches!(attempt(&store, "alice", Origin::Local, START).await, Attempt::Locked { .. }));
    assert_eq!(attempt(&store, "alice", Origin::Socket, START).await, Attempt::Allowed);
}

#[tokio::test]
async fn root_on_the_socket_is_not_counted_and_a_clock_set_back_does_not_lock_for_years() {
    let store = TestStore::new().await;
    for _ in 0..50 {
        assert_eq!(attempt(&store, "root", Origin::Socket, START).await, Attempt::Allowed);
    }
    let future = later(365 * 24 * 60 * 60);
    for _ in 0..4 {
        attempt(&store, "alice", from("192.0.2.1"), future).await;
    }
    assert_eq!(attempt(&store, "alice", from("192.0.2.1"), START).await, Attempt::Allowed);
    assert_eq!(attempt(&store, "alice", from("192.0.2.1"), START).await, Attempt::Allowed);
}
