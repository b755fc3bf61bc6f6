use names::{Micros, PersonId};
use store::testing::TestStore;

use super::*;
use crate::login::Login;
use crate::origin::Origin;
use crate::permission::{EditSites, ManageAccounts, ManagePersons, ViewAccount, ViewNode, ViewSites};
use crate::person::{self, NewPerson};
use crate::tests::root_of;
use crate::{session, sign_in};

const NAMES: Statement = Statement::new(
    "SELECT name AS value FROM account WHERE name > $1
       AND ($2 = 'all' OR id IN (SELECT account_id FROM account_permission WHERE holder_id = $2 AND permission = $3))
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
            let verified = sign_in::by_link(tx, &link, now).await?;
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
        let (persons_root, accounts_root) =
            (root_of::<ManagePersons>(&store).await, root_of::<ManageAccounts>(&store).await);
        let (administrator, alice, stranger) = store
            .write(async |tx| -> Result<_, StoreError> {
                let now = Micros::EPOCH;
                let administrator = person::bootstrap(tx, &Login::parse("admin").unwrap(), now).await?;
                let mut persons = Vec::new();
                for login in ["alice", "stranger"] {
                    let new = NewPerson { login: Login::parse(login).unwrap(), email: None, password: None };
                    persons.push(person::create(tx, &persons_root, &new, now).await?.unwrap());
                }
                person::grant_owner(tx, &accounts_root, persons[0], alices, now).await?;
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

mod tree {
    use names::{AccountId, Label, OrganisationId, RoleId, TokenId};

    use super::*;
    use crate::actor::{Credential, Identity};
    use crate::permission::{ManageOrganisations, ViewEvents, ViewOrganisations};
    use crate::tests::may;

    const ORGANISATION: Statement = Statement::new(
        "INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, $2, $3, 'reseller', 0)",
    );
    const ABOVE: Statement = Statement::new(
        "INSERT INTO organisation_above (organisation_id, above_id, depth)
         SELECT CAST($1 AS TEXT), above_id, depth + 1 FROM organisation_above WHERE organisation_id = $2
         UNION ALL SELECT CAST($1 AS TEXT), CAST($1 AS TEXT), 0",
    );
    const MOVE: Statement = Statement::new("UPDATE account SET organisation_id = $2 WHERE id = $1");
    const GRANT: Statement = Statement::new(
        "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $2, $3, $4, 0)",
    );
    const SUSPEND_ACCOUNT: Statement = Statement::new("UPDATE account SET suspended = $2 WHERE id = $1");
    const SUSPEND: Statement = Statement::new("UPDATE organisation SET suspended = $2 WHERE id = $1");
    const TOKEN: Statement = Statement::new(
        "INSERT INTO token (id, person_id, name, token_hash, created_at, scoped) VALUES ($1, $2, $1, $1, 0, $3)",
    );
    const TOKEN_PERMISSION: Statement =
        Statement::new("INSERT INTO token_permission (token_id, permission) VALUES ($1, $2)");
    const TOKEN_SCOPE: Statement =
        Statement::new("INSERT INTO token_scope (id, token_id, account_id) VALUES ($1, $2, $3)");
    const DELETE_SCOPED: Statement = Statement::new("DELETE FROM token_scope WHERE token_id = $1");

    /// root > acme > small; the account alice is small's, bob is root's; the reseller holds acme.
    struct Tree {
        fixture: Fixture,
        acme: OrganisationId,
        small: OrganisationId,
        alices: AccountId,
        bobs: AccountId,
        reseller: Actor,
    }

    impl Tree {
        async fn new() -> Self {
            let fixture = Fixture::new().await;
            let (acme, small) = (OrganisationId::new(), OrganisationId::new());
            let persons = root_of::<ManagePersons>(&fixture.store).await;
            let alices = fixture.account::<ViewAccount>(&Actor::root(), "alice").await.unwrap().id;
            let bobs = fixture.account::<ViewAccount>(&Actor::root(), "bob").await.unwrap().id;
            let person = fixture
                .store
                .write(async |tx| -> Result<_, StoreError> {
                    let root = store::fixed::ROOT_ORGANISATION.to_owned();
                    for (id, parent, name) in [(acme, root, "acme"), (small, acme.to_string(), "small")] {
                        tx.execute(ORGANISATION.bind(id).bind(&parent).bind(name)).await?;
                        tx.execute(ABOVE.bind(id).bind(&parent)).await?;
                    }
                    tx.execute(MOVE.bind(alices).bind(small)).await?;
                    let new = NewPerson { login: Login::parse("rita").unwrap(), email: None, password: None };
                    let person = person::create(tx, &persons, &new, Micros::EPOCH).await?.unwrap();
                    let role = store::fixed::RESELLER_ROLE;
                    tx.execute(GRANT.bind(RoleId::new()).bind(person).bind(role).bind(acme)).await?;
                    Ok(person)
                })
                .await
                .unwrap();
            let reseller = actor_of(&fixture.store, person).await;
            Self { fixture, acme, small, alices, bobs, reseller }
        }

        async fn run(&self, statement: Bound) {
            self.fixture.store.write(async |tx| tx.execute(statement).await).await.unwrap();
        }

        async fn organisation<P: OnOrganisation>(&self, actor: &Actor, name: &str) -> Result<(), Denied> {
            let key = name.parse().unwrap();
            self.fixture.store.read(async |tx| organisation::<P>(tx, actor, &key).await).await.map(drop)
        }
    }

    #[tokio::test]
    async fn a_role_reaches_all_below_and_nothing_beside_or_above() {
        let tree = Tree::new().await;
        let (fixture, reseller) = (&tree.fixture, &tree.reseller);
        assert_eq!(fixture.names::<ViewSites>(reseller).await, ["alice"]);
        assert!(fixture.account::<ManageAccounts>(reseller, "alice").await.is_ok());
        assert!(matches!(fixture.account::<ViewAccount>(reseller, "bob").await, Err(Denied::NotFound(_))));
        assert!(reseller.everywhere::<ManageAccounts>().is_err());
        for name in ["acme", "small"] {
            assert!(tree.organisation::<ManageOrganisations>(reseller, name).await.is_ok());
        }
        for name in ["root", "nowhere"] {
            let refused = tree.organisation::<ViewOrganisations>(reseller, name).await;
            assert!(matches!(refused, Err(Denied::NotFound("organisation"))), "{name}");
        }
        // The administrator sees everything by the root of the same tree.
        assert_eq!(fixture.names::<ViewSites>(&fixture.administrator).await, ["alice", "bob"]);
        assert!(tree.organisation::<ManageOrganisations>(&fixture.administrator, "small").await.is_ok());
    }

    #[tokio::test]
    async fn what_is_suspended_does_not_count_and_comes_back_as_it_was() {
        let tree = Tree::new().await;
        let (fixture, alice) = (&tree.fixture, &tree.fixture.alice);
        let rights = async || {
            (
                may::<EditSites>(&fixture.store, alice, tree.alices).await,
                may::<EditSites>(&fixture.store, &tree.reseller, tree.alices).await,
            )
        };
        assert_eq!(rights().await, (true, true));
        tree.run(SUSPEND_ACCOUNT.bind(tree.alices).bind(true)).await;
        assert_eq!(rights().await, (false, true), "whoever sells it still manages it");
        tree.run(SUSPEND_ACCOUNT.bind(tree.alices).bind(false)).await;
        assert_eq!(rights().await, (true, true));
        tree.run(SUSPEND.bind(tree.small).bind(true)).await;
        assert_eq!(rights().await, (false, true), "what lies below is suspended, what is held above counts");
        tree.run(SUSPEND.bind(tree.small).bind(false)).await;
        tree.run(SUSPEND.bind(tree.acme).bind(true)).await;
        assert_eq!(rights().await, (false, false));
        assert!(may::<EditSites>(&fixture.store, &fixture.administrator, tree.alices).await);
        tree.run(SUSPEND.bind(tree.acme).bind(false)).await;
        assert_eq!(rights().await, (true, true));
    }

    #[tokio::test]
    async fn nobody_takes_the_place_of_whoever_may_more() {
        let tree = Tree::new().await;
        let fixture = &tree.fixture;
        let covers = async |actor: &Actor, other: &Actor| {
            let person = other.person_id().unwrap();
            fixture.store.read(async |tx| person::is_covered(tx, actor, person).await).await.unwrap()
        };
        assert!(covers(&fixture.administrator, &tree.reseller).await);
        assert!(covers(&tree.reseller, &fixture.alice).await);
        assert!(covers(&Actor::root(), &fixture.administrator).await);
        assert!(!covers(&tree.reseller, &fixture.administrator).await);
        assert!(!covers(&fixture.alice, &tree.reseller).await);
        // One right elsewhere is enough, in force or not.
        let (role, alice) = (store::fixed::READ_ONLY_ROLE, fixture.alice.person_id().unwrap());
        let root = store::fixed::ROOT_ORGANISATION;
        tree.run(GRANT.bind(RoleId::new()).bind(alice).bind(role).bind(root)).await;
        assert!(!covers(&tree.reseller, &fixture.alice).await);
    }

    #[tokio::test]
    async fn a_token_holds_what_it_was_given_of_what_its_person_holds() {
        let tree = Tree::new().await;
        let person = tree.reseller.person_id().unwrap();
        let make = async |scoped: bool| {
            let token = TokenId::new();
            tree.run(TOKEN.bind(token).bind(person).bind(scoped)).await;
            for permission in ["site.view", "node.view"] {
                tree.run(TOKEN_PERMISSION.bind(token).bind(permission)).await;
            }
            let identity = Identity::Person {
                id: person,
                login: Login::parse("rita").unwrap(),
                by: Credential::Token { id: token, name: Label::parse("ci").unwrap() },
            };
            let actor = async |tx: &mut Tx| Actor::person(tx, identity, Origin::Socket).await;
            (token, tree.fixture.store.read(actor).await.unwrap())
        };
        let (_, everywhere) = make(false).await;
        assert_eq!(tree.fixture.names::<ViewSites>(&everywhere).await, ["alice"]);
        assert_eq!(tree.fixture.names::<ViewEvents>(&everywhere).await, [] as [&str; 0], "not given");
        assert!(everywhere.everywhere::<ViewNode>().is_err(), "given, and not its person's");
        let (token, scoped) = make(true).await;
        assert_eq!(tree.fixture.names::<ViewSites>(&scoped).await, [] as [&str; 0]);
        tree.run(TOKEN_SCOPE.bind(TokenId::new()).bind(token).bind(tree.bobs)).await;
        assert_eq!(
            tree.fixture.names::<ViewSites>(&scoped).await,
            [] as [&str; 0],
            "its person holds nothing there"
        );
        tree.run(TOKEN_SCOPE.bind(TokenId::new()).bind(token).bind(tree.alices)).await;
        assert_eq!(tree.fixture.names::<ViewSites>(&scoped).await, ["alice"]);
        tree.run(DELETE_SCOPED.bind(token)).await;
        assert_eq!(tree.fixture.names::<ViewSites>(&scoped).await, [] as [&str; 0], "never everywhere");
    }
}
