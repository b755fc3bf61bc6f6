use store::testing::TestStore;

use super::*;
use crate::actor::Actor;
use crate::tests::{root_of, the_person};

fn login(text: &str) -> Login {
    Login::parse(text).unwrap()
}

fn new(text: &str) -> NewPerson {
    NewPerson {
        login: login(text),
        email: Some(EmailAddress::parse("a@example.test").unwrap()),
        password: None,
    }
}

#[tokio::test]
async fn a_bootstrap_twice_is_one_administrator() {
    let store = TestStore::new().await;
    let once = store.write(async |tx| bootstrap(tx, &login("admin"), Micros::EPOCH).await).await.unwrap();
    let twice = store.write(async |tx| bootstrap(tx, &login("admin"), Micros::EPOCH).await).await.unwrap();
    assert_eq!(once, twice);
}

#[tokio::test]
async fn a_taken_login_makes_no_person() {
    let store = TestStore::new().await;
    let proof = root_of::<ManagePersons>(&store).await;
    let make = async |tx: &mut WriteTx| create(tx, &proof, &new("alice"), Micros::EPOCH).await;
    let id = store.write(make).await.unwrap().unwrap();
    assert_eq!(store.write(make).await.unwrap(), None);
    let found = store.read(async |tx| by_login(tx, &login("alice")).await).await.unwrap().unwrap();
    assert_eq!(found.id, id);
    assert_eq!(store.read(async |tx| by_id(tx, id).await).await.unwrap(), Some(found));
    let alice = the_person(&store, id).await;
    store.write(async |tx| delete(tx, &alice).await).await.unwrap();
    assert_eq!(store.read(async |tx| by_id(tx, id).await).await.unwrap(), None);
}

#[tokio::test]
async fn an_administrator_is_made_and_nobody_who_is_there_becomes_one() {
    let store = TestStore::new().await;
    let proof = Actor::root().everywhere::<ManagePersons>().unwrap();
    let make =
        async |tx: &mut WriteTx| create_administrator(tx, &proof, &login("carol"), Micros::EPOCH).await;
    let carol = store.write(make).await.unwrap().unwrap();
    assert_eq!(store.write(make).await.unwrap(), None);
    let root = root_of::<ManagePersons>(&store).await;
    let alice = store.write(async |tx| create(tx, &root, &new("alice"), Micros::EPOCH).await).await.unwrap();
    let make =
        async |tx: &mut WriteTx| create_administrator(tx, &proof, &login("alice"), Micros::EPOCH).await;
    assert_eq!(store.write(make).await.unwrap(), None);
    let is = async |person| store.read(async |tx| is_administrator(tx, person).await).await.unwrap();
    assert!(is(carol).await);
    assert!(!is(alice.unwrap()).await);
}
