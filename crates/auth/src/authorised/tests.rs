use names::{Micros, PersonId};
use store::testing::TestStore;

use super::*;
use crate::login::Login;
use crate::origin::Origin;
use crate::permission::{EditSites, ManageAccounts, ManagePersons, ViewAccount, ViewNode, ViewSites};
use crate::person::{self, NewPerson};
use crate::{session, sign_in};

const NAMES: Statement = Statement::new(
    "SELECT name AS value FROM account WHERE name > $1
       AND ($2 = 'all' OR id IN (SELECT account_id FROM account_permission WHERE person_id = $2 AND permission = $3))
     ORDER BY name LIMIT $4",
);

struct Fixture {
    store: TestStore,
    administrator: Actor,
    alice: Actor,
    stranger: Actor,
}

async fn actor_of(store: &TestStore, person: PersonId) -> Actor {
    let now = Micros::EPOCH;
    let session = store
        .write(async |tx| -> Result<_, sign_in::SignInError> {
            let link = sign_in::make_link(tx, person, now).await?;
            let verified = sign_in::by_link(tx, &link, Origin::Socket, now).await?.done().unwrap();
            Ok(session::begin(tx, &verified, Origin::Socket, now).await?)
        })
        .await
        .unwrap();
    session::resolve(store, &session.token, Origin::Socket, now).await.unwrap().unwrap()
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let (_, alices) = store.add_account("alice").await;
        store.add_account("bob").await;
        let (administrator, alice, stranger) = store
            .write(async |tx| -> Result<_, StoreError> {
                let now = Micros::EPOCH;
                let administrator = person::bootstrap(tx, &Login::parse("admin").unwrap(), now).await?;
                let root = Actor::root();
                let proof = root.everywhere::<ManagePersons>().unwrap();
                let mut persons = Vec::new();
                for login in ["alice", "stranger"] {
                    let new = NewPerson { login: Login::parse(login).unwrap(), email: None, password: None };
                    persons.push(person::create(tx, &proof, &new, now).await?.unwrap());
                }
                let proof = root.everywhere::<ManageAccounts>().unwrap();
                person::grant_owner(tx, &proof, persons[0], alices, now).await?;
                Ok((administrator, persons[0], persons[1]))
            })
            .await
            .unwrap();
        Self {
            administrator: actor_of(&store, administrator).await,
            alice: actor_of(&store, alice).await,
            stranger: actor_of(&store, stranger).await,
            store,
        }
    }

    async fn account<P: OnAccount>(
        &self,
        actor: &Actor,
        name: &str,
    ) -> Result<Authorised<AccountRef, P>, Denied> {
        let key = name.parse().unwrap();
        self.store.read(async |tx| account(tx, actor, &key).await).await
    }

    async fn names<P: OnAccount>(&self, actor: &Actor) -> Vec<String> {
        let statement = actor.scope::<P>().bind(NAMES.bind("")).bind(10);
        self.store.read(async |tx| tx.all(statement).await).await.unwrap()
    }
}

#[tokio::test]
async fn own_others_and_missing() {
    let fixture = Fixture::new().await;
    let Fixture { administrator, alice, stranger, .. } = &fixture;
    assert_eq!(fixture.account::<EditSites>(alice, "alice").await.unwrap().name.as_str(), "alice");
    for actor in [administrator, &Actor::root(), &Actor::system()] {
        assert!(fixture.account::<EditSites>(actor, "bob").await.is_ok());
        assert!(fixture.account::<ManageAccounts>(actor, "bob").await.is_ok());
        assert!(matches!(
            fixture.account::<ViewAccount>(actor, "carol").await,
            Err(Denied::NotFound("account"))
        ));
    }
    // Another's and missing answer alike, down to the words.
    let others = fixture.account::<ViewAccount>(alice, "bob").await.unwrap_err();
    let missing = fixture.account::<ViewAccount>(alice, "carol").await.unwrap_err();
    assert_eq!(format!("{others:?}"), format!("{missing:?}"));
    assert!(matches!(
        fixture.account::<ViewAccount>(stranger, "alice").await,
        Err(Denied::NotFound("account"))
    ));
    // What one sees but may not do is told so.
    assert!(matches!(fixture.account::<ManageAccounts>(alice, "alice").await, Err(Denied::NotAllowed)));
}

#[tokio::test]
async fn an_account_is_found_by_id_too() {
    let fixture = Fixture::new().await;
    let found = fixture.account::<ViewAccount>(&Actor::root(), "alice").await.unwrap();
    let id = found.id.to_string();
    assert_eq!(fixture.account::<ViewAccount>(&fixture.alice, &id).await.unwrap().name, found.name);
    assert!(matches!(fixture.account::<ViewAccount>(&fixture.stranger, &id).await, Err(Denied::NotFound(_))));
}

#[tokio::test]
async fn a_list_shows_what_the_scope_holds() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.names::<ViewSites>(&fixture.administrator).await, ["alice", "bob"]);
    assert_eq!(fixture.names::<ViewSites>(&fixture.alice).await, ["alice"]);
    assert_eq!(fixture.names::<ManageAccounts>(&fixture.alice).await, [] as [&str; 0]);
    assert_eq!(fixture.stranger.scope::<ViewSites>(), TenantScope::Nothing);
    assert_eq!(fixture.names::<ViewSites>(&fixture.stranger).await, [] as [&str; 0]);
}

#[tokio::test]
async fn the_installation_is_the_administrators() {
    let fixture = Fixture::new().await;
    assert!(fixture.administrator.everywhere::<ViewNode>().is_ok());
    assert!(Actor::root().everywhere::<ViewNode>().is_ok());
    for actor in [&fixture.alice, &fixture.stranger] {
        assert!(matches!(actor.everywhere::<ViewNode>(), Err(Denied::NotAllowed)));
        assert!(actor.everywhere::<ManageAccounts>().is_err());
    }
}
