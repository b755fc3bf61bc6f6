use names::{EmailAddress, Password};
use store::testing::TestStore;

use super::*;
use crate::permission::ManagePersons;
use crate::person::{self, NewPerson};
use crate::tests::{root_of, the_person};

const START: Micros = Micros::EPOCH;

struct Fixture {
    store: TestStore,
    passwords: Passwords,
    alice: PersonId,
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(Password::parse("correct horse").unwrap()).await.unwrap();
        let new = NewPerson {
            login: Login::parse("alice").unwrap(),
            email: Some(EmailAddress::parse("alice@example.test").unwrap()),
            password: Some(hash),
        };
        let proof = root_of::<ManagePersons>(&store).await;
        let alice =
            store.write(async |tx| person::create(tx, &proof, &new, START).await).await.unwrap().unwrap();
        Self { store, passwords, alice }
    }

    async fn try_from(&self, origin: Origin, login: &str, password: &str) -> Result<Verified, SignInError> {
        by_password(&self.store, &self.passwords, login, Secret::new(password.to_owned()), origin, START)
            .await
    }
}

fn here() -> Origin {
    Origin::Network("192.0.2.1".parse().unwrap())
}

#[tokio::test]
async fn the_right_password_signs_in_and_all_else_is_refused_alike() {
    let fixture = Fixture::new().await;
    let verified = fixture.try_from(here(), "alice", "correct horse").await.unwrap();
    assert_eq!(verified.person(), fixture.alice);
    let long = "x".repeat(1 << 20);
    for (login, password) in [
        ("alice", "wrong"),
        ("alice", ""),
        ("nobody", "correct horse"),
        ("Alice", "correct horse"),
        ("", ""),
        (&long, &long),
    ] {
        let refused = fixture.try_from(Origin::Socket, login, password).await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
    }
}

#[tokio::test]
async fn many_at_once_get_no_more_guesses() {
    let fixture = std::sync::Arc::new(Fixture::new().await);
    let tries: Vec<_> = (0..20)
        .map(|n| {
            let fixture = std::sync::Arc::clone(&fixture);
            tokio::spawn(async move { fixture.try_from(here(), "alice", &format!("wrong {n}")).await })
        })
        .collect();
    let (mut refused, mut locked) = (0, 0);
    for one in tries {
        match one.await.unwrap() {
            Err(SignInError::Refused) => refused += 1,
            Err(SignInError::Locked { .. }) => locked += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((refused, locked), (5, 15));
    let right = fixture.try_from(here(), "alice", "correct horse").await;
    assert!(matches!(right, Err(SignInError::Locked { .. })), "a lock holds against the right password too");
}

#[tokio::test]
async fn signing_in_forgives_what_came_before() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        for _ in 0..4 {
            fixture.try_from(here(), "alice", "wrong").await.unwrap_err();
        }
        fixture.try_from(here(), "alice", "correct horse").await.unwrap();
    }
}

#[tokio::test]
async fn a_suspended_person_and_one_without_a_password_are_refused() {
    let fixture = Fixture::new().await;
    let proof = root_of::<ManagePersons>(&fixture.store).await;
    let new = NewPerson { login: Login::parse("bob").unwrap(), email: None, password: None };
    fixture.store.write(async |tx| person::create(tx, &proof, &new, START).await).await.unwrap();
    assert!(matches!(fixture.try_from(here(), "bob", "").await, Err(SignInError::Refused)));
    let alice = the_person(&fixture.store, fixture.alice).await;
    let suspend = async |tx: &mut WriteTx| person::set_suspended(tx, &alice, true, START).await;
    fixture.store.write(suspend).await.unwrap();
    assert!(matches!(fixture.try_from(here(), "alice", "correct horse").await, Err(SignInError::Refused)));
    let link = fixture.store.write(async |tx| make_link(tx, fixture.alice, START).await).await.unwrap();
    let by_link = fixture.store.write(async |tx| by_link(tx, &link, START).await).await;
    assert!(matches!(by_link, Err(SignInError::Refused)));
}

#[tokio::test]
async fn a_link_works_once_and_for_a_quarter_of_an_hour() {
    let fixture = Fixture::new().await;
    let make =
        async || fixture.store.write(async |tx| make_link(tx, fixture.alice, START).await).await.unwrap();
    let follow =
        async |token: &OpaqueToken, now| fixture.store.write(async |tx| by_link(tx, token, now).await).await;
    let link = make().await;
    assert_eq!(follow(&link, START).await.unwrap().person(), fixture.alice);
    assert!(matches!(follow(&link, START).await, Err(SignInError::Refused)), "twice");
    let late = make().await;
    assert!(matches!(follow(&late, START.plus(LINK_LASTS)).await, Err(SignInError::Refused)), "late");
    assert!(
        matches!(follow(&OpaqueToken::generate().unwrap(), START).await, Err(SignInError::Refused)),
        "made up"
    );
    let twice = make().await;
    let (one, other) = tokio::join!(follow(&twice, START), follow(&twice, START));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
}

#[tokio::test]
async fn a_link_that_was_not_used_dies_with_the_old_password_and_with_a_suspension() {
    let fixture = Fixture::new().await;
    let make =
        async || fixture.store.write(async |tx| make_link(tx, fixture.alice, START).await).await.unwrap();
    let follow =
        async |token: &OpaqueToken| fixture.store.write(async |tx| by_link(tx, token, START).await).await;
    let link = make().await;
    let hash = fixture.passwords.hash(Password::parse("another horse").unwrap()).await.unwrap();
    let set = async |tx: &mut WriteTx| person::set_password(tx, fixture.alice, &hash, START).await;
    fixture.store.write(set).await.unwrap();
    assert!(matches!(follow(&link).await, Err(SignInError::Refused)), "a new password");
    let link = make().await;
    let alice = the_person(&fixture.store, fixture.alice).await;
    for suspended in [true, false] {
        let suspend = async |tx: &mut WriteTx| person::set_suspended(tx, &alice, suspended, START).await;
        fixture.store.write(suspend).await.unwrap();
    }
    assert!(matches!(follow(&link).await, Err(SignInError::Refused)), "a suspension that is over");
    assert!(follow(&make().await).await.is_ok());
}

#[tokio::test]
async fn a_password_is_replaced_by_who_shows_it() {
    let fixture = Fixture::new().await;
    let confirmed = async |person, offered: Option<&str>| {
        let offered = offered.map(|offered| Secret::new(offered.to_owned()));
        confirm(&fixture.store, &fixture.passwords, person, offered, here(), START).await
    };
    assert!(matches!(confirmed(fixture.alice, None).await, Err(ConfirmError::Missing)));
    confirmed(fixture.alice, Some("correct horse")).await.unwrap();
    for _ in 0..5 {
        let wrong = confirmed(fixture.alice, Some("wrong")).await;
        assert!(matches!(wrong, Err(ConfirmError::SignIn(SignInError::Refused))), "{wrong:?}");
    }
    let locked = confirmed(fixture.alice, Some("correct horse")).await;
    assert!(matches!(locked, Err(ConfirmError::SignIn(SignInError::Locked { .. }))), "guesses are counted");
    let proof = root_of::<ManagePersons>(&fixture.store).await;
    let new = NewPerson { login: Login::parse("bob").unwrap(), email: None, password: None };
    let bob = fixture.store.write(async |tx| person::create(tx, &proof, &new, START).await).await.unwrap();
    confirmed(bob.unwrap(), None).await.unwrap();
}
