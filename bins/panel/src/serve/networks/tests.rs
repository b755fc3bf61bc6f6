use super::*;

fn from(address: &str) -> Origin {
    Origin::Network(address.parse().unwrap())
}

#[test]
fn a_network_has_so_many_places_and_gets_them_back() {
    let networks = Networks::default();
    let full = |origin: &str| -> Vec<_> {
        std::iter::from_fn(|| networks.enter(from(origin))).take(MOST + 1).collect()
    };
    let mut places = full("192.0.2.1");
    assert_eq!(places.len(), MOST);
    assert!(networks.enter(from("192.0.2.2")).is_some(), "another network");
    places.pop();
    assert!(networks.enter(from("192.0.2.1")).is_some());
    let held = full("2001:db8::1");
    assert!(networks.enter(from("2001:db8::2")).is_none(), "a /64 is one network");
    drop((held, places));
    assert!(networks.open.lock().unwrap().is_empty(), "nothing is left of who has gone");
}

#[test]
fn the_users_of_the_machine_share_their_places_and_root_always_has_one() {
    let networks = Networks::default();
    let local: Vec<_> = std::iter::from_fn(|| networks.enter(Origin::Local)).take(MOST + 1).collect();
    assert_eq!(local.len(), MOST);
    let root: Vec<_> = std::iter::from_fn(|| networks.enter(Origin::Socket)).take(MOST * 2).collect();
    assert_eq!(root.len(), MOST * 2);
}
