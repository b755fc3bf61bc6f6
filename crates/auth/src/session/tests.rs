use names::AccountId;
use store::testing::TestStore;

use super::*;
use crate::permission::{EditNode, EditSites, ManageAccounts, ManagePersons};
use crate::person::{self, NewPerson};
use crate::sign_in;
use crate::tests::{root_of, the_person};

const START: Micros = Micros::EPOCH;
const SOCKET: Origin = Origin::Socket;

async fn signed_in(store: &TestStore, login: &str) -> (PersonId, NewSession) {
    let root = root_of::<ManagePersons>(store).await;
    store
        .write(async |tx| -> Result<_, sign_in::SignInError> {
            let login = Login::parse(login).unwrap();
            let person = if let Some(person) = person::by_login(tx, &login).await? {
                person.id
            } else {
                let new = NewPerson { login, email: None, password: None };
                person::create(tx, &root, &new, START).await?.unwrap()
            };
            let link = sign_in::make_link(tx, person, START).await?;
            let verified = sign_in::by_link(tx, &link, START).await?;
            Ok((person, begin(tx, &verified, SOCKET, START).await?))
        })
        .await
        .unwrap()
}

async fn actor(store: &TestStore, session: &NewSession, now: Micros) -> Option<Actor> {
    resolve(store, &session.token, SOCKET, now).await.unwrap()
}

/// Uses the session and waits until that is written down.
async fn used(store: &TestStore, person: PersonId, session: &NewSession, now: Micros) -> bool {
    let found = actor(store, session, now).await.is_some();
    while found && store.read(async |tx| list(tx, person, now).await).await.unwrap()[0].last_seen_at != now {
        tokio::task::yield_now().await;
    }
    found
}

fn minutes(minutes: u64) -> Micros {
    START.plus(Duration::from_secs(minutes * 60))
}

#[tokio::test]
async fn a_token_is_its_persons_and_another_is_nobodys() {
    let store = TestStore::new().await;
    let (person, session) = signed_in(&store, "alice").await;
    let found = actor(&store, &session, START).await.unwrap();
    assert_eq!(found.person_id(), Some(person));
    assert_eq!(found.name(), "alice");
    let other = OpaqueToken::generate().unwrap();
    assert!(resolve(&store, &other, SOCKET, START).await.unwrap().is_none());
}

#[tokio::test]
async fn the_token_is_not_in_the_database() {
    let store = TestStore::new().await;
    let (_, session) = signed_in(&store, "alice").await;
    store.close().await;
    let bytes = std::fs::read(store.path()).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds(session.token.expose().expose()));
    assert!(holds(&session.token.hash().to_string()), "the test looks at the wrong bytes");
}

#[tokio::test]
async fn a_session_ends_when_idle_and_at_the_latest_after_twelve_hours() {
    let store = TestStore::new().await;
    let (alice, session) = signed_in(&store, "alice").await;
    assert!(actor(&store, &session, minutes(30)).await.is_none(), "idle");
    // Used every 20 minutes it goes on, but not for ever.
    for round in 1..36 {
        assert!(used(&store, alice, &session, minutes(round * 20)).await, "{}", round * 20);
    }
    assert!(actor(&store, &session, minutes(12 * 60)).await.is_none());
}

#[tokio::test]
async fn uses_within_a_minute_are_not_written() {
    let store = TestStore::new().await;
    let (person, session) = signed_in(&store, "alice").await;
    let seen = async |now| {
        actor(&store, &session, now).await.unwrap();
        store.read(async |tx| list(tx, person, now).await).await.unwrap()[0].last_seen_at
    };
    assert_eq!(seen(START.plus(Duration::from_secs(59))).await, START);
    assert!(used(&store, person, &session, minutes(1)).await);
    assert_eq!(seen(START.plus(Duration::from_secs(61))).await, minutes(1));
}

#[tokio::test]
async fn a_use_that_cannot_be_written_down_is_a_use_all_the_same() {
    const FAIL: Statement = Statement::new(
        "CREATE TRIGGER full BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    let store = TestStore::new().await;
    let (_, session) = signed_in(&store, "alice").await;
    let held = async |_: &mut WriteTx| -> Result<_, StoreError> {
        Ok(tokio::time::timeout(Duration::from_secs(2), actor(&store, &session, minutes(5))).await)
    };
    let found = store.write(held).await.unwrap();
    assert!(found.is_ok_and(|actor| actor.is_some()), "it waits for another's write");
    store.write(async |tx| tx.execute(FAIL).await).await.unwrap();
    assert!(actor(&store, &session, minutes(29)).await.is_some());
}

#[tokio::test]
async fn revoking_ends_one_or_all_and_only_ones_own() {
    let store = TestStore::new().await;
    let (alice, first) = signed_in(&store, "alice").await;
    let (_, second) = signed_in(&store, "alice").await;
    let (bob, bobs) = signed_in(&store, "bob").await;
    assert!(!store.write(async |tx| revoke(tx, bob, first.id, START).await).await.unwrap());
    assert!(actor(&store, &first, START).await.is_some());
    assert!(store.write(async |tx| revoke(tx, alice, first.id, START).await).await.unwrap());
    assert!(actor(&store, &first, START).await.is_none());
    assert_eq!(store.read(async |tx| list(tx, alice, START).await).await.unwrap().len(), 1);
    assert_eq!(store.write(async |tx| revoke_all(tx, alice, START).await).await.unwrap(), 1);
    assert!(actor(&store, &second, START).await.is_none());
    assert!(actor(&store, &bobs, START).await.is_some());
}

#[tokio::test]
async fn a_new_password_and_a_suspension_end_all_sessions() {
    let store = TestStore::new().await;
    let (alice, session) = signed_in(&store, "alice").await;
    let passwords = crate::Passwords::new().unwrap();
    let hash = passwords.hash(names::Password::parse("correct horse").unwrap()).await.unwrap();
    store.write(async |tx| person::set_password(tx, alice, &hash, START).await).await.unwrap();
    assert!(actor(&store, &session, START).await.is_none());
    let (_, session) = signed_in(&store, "alice").await;
    let proof = the_person(&store, alice).await;
    store.write(async |tx| person::set_suspended(tx, &proof, true, START).await).await.unwrap();
    assert!(actor(&store, &session, START).await.is_none());
    store.write(async |tx| person::set_suspended(tx, &proof, false, START).await).await.unwrap();
    assert!(actor(&store, &session, START).await.is_none(), "a session that was ended does not come back");
}

#[tokio::test]
async fn rights_are_read_at_each_use() {
    const TAKE: Statement = Statement::new("DELETE FROM person_role WHERE person_id = $1");
    let store = TestStore::new().await;
    let (_, account): (_, AccountId) = store.add_account("alice").await;
    let admin = store
        .write(async |tx| person::bootstrap(tx, &Login::parse("admin").unwrap(), START).await)
        .await
        .unwrap();
    let (person, session) = signed_in(&store, "alice").await;
    let may = async || {
        let actor = actor(&store, &session, START).await.unwrap();
        crate::tests::may::<EditSites>(&store, &actor, account).await
    };
    assert!(!may().await);
    let proof = root_of::<ManageAccounts>(&store).await;
    store.write(async |tx| person::grant_owner(tx, &proof, person, account, START).await).await.unwrap();
    assert!(may().await);
    store.write(async |tx| tx.execute(TAKE.bind(person)).await).await.unwrap();
    assert!(!may().await);
    let (found, session) = signed_in(&store, "admin").await;
    assert_eq!(found, admin);
    assert!(actor(&store, &session, START).await.unwrap().everywhere::<EditNode>().is_ok());
}

#[tokio::test]
async fn whoever_was_let_in_once_is_looked_at_again_without_counting_as_a_use() {
    const TAKE: Statement = Statement::new("DELETE FROM person_role WHERE person_id = $1");
    let store = TestStore::new().await;
    let (_, account): (_, AccountId) = store.add_account("alice").await;
    store
        .write(async |tx| person::bootstrap(tx, &Login::parse("admin").unwrap(), START).await)
        .await
        .unwrap();
    let (alice, session) = signed_in(&store, "alice").await;
    let proof = root_of::<ManageAccounts>(&store).await;
    store.write(async |tx| person::grant_owner(tx, &proof, alice, account, START).await).await.unwrap();
    let before = actor(&store, &session, START).await.unwrap();
    let again = async |now| store.read(async |tx| still_valid(tx, &before, now).await).await.unwrap();
    let seen = again(minutes(29)).await.unwrap();
    assert_eq!((seen.identity(), seen.origin()), (before.identity(), before.origin()));
    assert!(crate::tests::may::<EditSites>(&store, &seen, account).await);
    let last = store.read(async |tx| list(tx, alice, START).await).await.unwrap()[0].last_seen_at;
    assert_eq!(last, START, "it counted as a use");
    assert!(again(minutes(30)).await.is_none(), "idle");
    store.write(async |tx| tx.execute(TAKE.bind(alice)).await).await.unwrap();
    let seen = again(START).await.unwrap();
    assert!(!crate::tests::may::<EditSites>(&store, &seen, account).await);
    store.write(async |tx| revoke(tx, alice, session.id, START).await).await.unwrap();
    assert!(again(START).await.is_none(), "revoked");
    let root = Actor::root();
    assert!(store.read(async |tx| still_valid(tx, &root, START).await).await.unwrap().is_some());
}

#[tokio::test]
async fn sessions_that_are_over_are_forgotten() {
    let store = TestStore::new().await;
    let (alice, _) = signed_in(&store, "alice").await;
    assert_eq!(store.write(async |tx| prune(tx, minutes(12 * 60)).await).await.unwrap(), 0);
    assert_eq!(store.write(async |tx| prune(tx, minutes(12 * 60 + 1)).await).await.unwrap(), 1);
    assert!(store.read(async |tx| list(tx, alice, START).await).await.unwrap().is_empty());
}
