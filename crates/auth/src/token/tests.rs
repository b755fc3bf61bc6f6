use store::testing::TestStore;

use super::*;
use crate::permission::{EditSites, ManageAccounts, ManagePersons, ViewSites};
use crate::person::{self, NewPerson};
use crate::session;
use crate::tests::{may, root_of, the_person};

const START: Micros = Micros::EPOCH;
const SOCKET: Origin = Origin::Socket;

struct Fixture {
    store: TestStore,
    alice: PersonId,
    account: AccountId,
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let (_, account) = store.add_account("alice").await;
        let (persons, accounts) =
            (root_of::<ManagePersons>(&store).await, root_of::<ManageAccounts>(&store).await);
        let alice = store
            .write(async |tx| -> Result<_, StoreError> {
                person::bootstrap(tx, &Login::parse("admin").unwrap(), START).await?;
                let new = NewPerson { login: Login::parse("alice").unwrap(), email: None, password: None };
                let alice = person::create(tx, &persons, &new, START).await?.unwrap();
                person::grant_owner(tx, &accounts, alice, account, START).await?;
                Ok(alice)
            })
            .await
            .unwrap();
        Self { store, alice, account }
    }

    async fn make(&self, new: NewToken) -> Result<(TokenId, ApiToken), CreateError> {
        self.store.write(async |tx| create(tx, self.alice, &new, START).await).await
    }

    async fn actor(&self, token: &ApiToken, now: Micros) -> Option<Actor> {
        resolve(&self.store, token, SOCKET, now).await.unwrap()
    }

    async fn listed(&self) -> Vec<TokenInfo> {
        self.store.read(async |tx| list(tx, self.alice).await).await.unwrap()
    }
}

fn new(name: &str) -> NewToken {
    NewToken {
        name: Label::parse(name).unwrap(),
        permissions: BTreeSet::from([PermissionId::ViewSites]),
        scope: Scope::Everything,
        expires_at: Some(START.plus(LASTS)),
    }
}

#[tokio::test]
async fn a_token_is_its_persons_with_what_it_was_given() {
    let fixture = Fixture::new().await;
    let (id, token) = fixture.make(new("ci")).await.unwrap();
    let actor = fixture.actor(&token, START).await.unwrap();
    assert_eq!((actor.person_id(), actor.name()), (Some(fixture.alice), "alice"));
    assert_eq!(actor.token().map(|(id, name)| (id, name.to_string())), Some((id, "ci".to_owned())));
    assert_eq!(actor.session(), None);
    assert!(may::<ViewSites>(&fixture.store, &actor, fixture.account).await);
    assert!(!may::<EditSites>(&fixture.store, &actor, fixture.account).await, "not given");
    let other = ApiToken::generate().unwrap();
    assert!(fixture.actor(&other, START).await.is_none());
}

#[tokio::test]
async fn what_its_person_holds_nowhere_a_token_is_not_given() {
    let fixture = Fixture::new().await;
    let mighty = NewToken { permissions: BTreeSet::from([PermissionId::EditNode]), ..new("ci") };
    assert!(matches!(fixture.make(mighty).await, Err(CreateError::NotHeld(PermissionId::EditNode))));
    let views = fixture.store.read(async |tx| views_of(tx, fixture.alice).await).await.unwrap();
    let views: Vec<_> = views.iter().map(|permission| permission.as_str()).collect();
    assert_eq!(views, ["account.view", "site.view", "event.view", "job.view", "audit.view", "member.view"]);
}

#[tokio::test]
async fn names_are_unique_and_there_are_not_too_many() {
    let fixture = Fixture::new().await;
    fixture.make(new("t0")).await.unwrap();
    assert!(matches!(fixture.make(new("t0")).await, Err(CreateError::NameTaken)));
    for number in 1..MOST {
        fixture.make(new(&format!("t{number}"))).await.unwrap();
    }
    assert!(matches!(fixture.make(new("more")).await, Err(CreateError::TooMany)));
}

#[tokio::test]
async fn a_token_is_not_in_the_database() {
    let fixture = Fixture::new().await;
    let (_, token) = fixture.make(new("ci")).await.unwrap();
    fixture.store.close().await;
    let bytes = std::fs::read(fixture.store.path()).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds(token.expose().expose()));
    assert!(holds(&token.hash().to_string()), "the test looks at the wrong bytes");
}

#[tokio::test]
async fn a_token_stops_when_it_expires_is_deleted_or_its_person_is_suspended_and_not_by_a_new_password() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (id, token) = fixture.make(new("ci")).await.unwrap();
    let (_, forever) = fixture.make(NewToken { expires_at: None, ..new("for-ever") }).await.unwrap();
    let end = START.plus(LASTS);
    assert!(fixture.actor(&token, end.minus(Duration::from_secs(1))).await.is_some());
    assert!(fixture.actor(&token, end).await.is_none());
    assert!(fixture.actor(&forever, end.plus(LASTS)).await.is_some());
    let before = fixture.actor(&token, START).await.unwrap();
    let still = async || store.read(async |tx| session::still_valid(tx, &before, START).await).await.unwrap();
    assert!(still().await.is_some());
    let hash = crate::Passwords::new().unwrap();
    let hash = hash.hash(names::Password::parse("correct horse").unwrap()).await.unwrap();
    store.write(async |tx| person::set_password(tx, fixture.alice, &hash, START).await).await.unwrap();
    assert!(fixture.actor(&token, START).await.is_some());
    let proof = the_person(store, fixture.alice).await;
    store.write(async |tx| person::set_suspended(tx, &proof, true, START).await).await.unwrap();
    assert!(fixture.actor(&token, START).await.is_none());
    assert!(still().await.is_none(), "a stream that was open");
    store.write(async |tx| person::set_suspended(tx, &proof, false, START).await).await.unwrap();
    assert!(fixture.actor(&token, START).await.is_some());
    let nobody = PersonId::new();
    assert!(!store.write(async |tx| delete(tx, nobody, id).await).await.unwrap(), "another's");
    assert!(store.write(async |tx| delete(tx, fixture.alice, id).await).await.unwrap());
    assert!(fixture.actor(&token, START).await.is_none());
    assert_eq!(store.write(async |tx| delete_all(tx, fixture.alice).await).await.unwrap(), 1);
    assert!(fixture.actor(&forever, START).await.is_none());
}

#[tokio::test]
async fn uses_are_noted_once_a_minute_with_their_place() {
    let fixture = Fixture::new().await;
    let (_, token) = fixture.make(new("ci")).await.unwrap();
    assert_eq!(fixture.listed().await[0].last_used_at, None);
    let place = Origin::Network("192.0.2.7".parse().unwrap());
    let used = async |now, until: Option<Micros>| {
        resolve(&fixture.store, &token, place, now).await.unwrap().unwrap();
        while until.is_some() && fixture.listed().await[0].last_used_at != until {
            tokio::task::yield_now().await;
        }
        fixture.listed().await[0].last_used_at
    };
    let later = |seconds| START.plus(Duration::from_secs(seconds));
    assert_eq!(used(later(5), Some(later(5))).await, Some(later(5)));
    assert_eq!(fixture.listed().await[0].last_origin.as_deref(), Some("192.0.2.7"));
    assert_eq!(used(later(64), None).await, Some(later(5)), "within a minute");
    assert_eq!(used(later(65), Some(later(65))).await, Some(later(65)));
}

#[tokio::test]
async fn a_list_says_what_a_token_may_and_where() {
    let fixture = Fixture::new().await;
    let scope = Scope::Only { accounts: BTreeSet::from([fixture.account]), organisations: BTreeSet::new() };
    fixture.make(NewToken { scope, ..new("ci") }).await.unwrap();
    let listed = fixture.listed().await;
    assert_eq!(listed[0].permissions, ["site.view"]);
    assert_eq!((listed[0].scoped, listed[0].accounts.as_slice()), (true, ["alice".to_owned()].as_slice()));
    let key: TokenKey = "ci".parse().unwrap();
    let found = fixture.store.read(async |tx| find(tx, fixture.alice, &key).await).await.unwrap();
    assert_eq!(found.as_ref(), Some(&listed[0]));
    let nobody = PersonId::new();
    assert_eq!(fixture.store.read(async |tx| find(tx, nobody, &key).await).await.unwrap(), None);
    let long_after = START.plus(LASTS).plus(LISTED);
    assert_eq!(fixture.store.write(async |tx| prune(tx, long_after).await).await.unwrap(), 0);
    let long_after = long_after.plus(Duration::from_secs(1));
    assert_eq!(fixture.store.write(async |tx| prune(tx, long_after).await).await.unwrap(), 1);
}
