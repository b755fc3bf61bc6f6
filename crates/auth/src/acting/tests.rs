use store::testing::TestStore;

use super::*;
use crate::Key;
use crate::permission::{EditSites, ManageAccounts, ManagePersons};
use crate::person::NewPerson;
use crate::tests::{may, root_of, the_person};

const START: Micros = Micros::EPOCH;
const SOCKET: Origin = Origin::Socket;
const CONSENT_NEEDED: Statement = Statement::new("UPDATE organisation SET act_as_consent = 1");
const TAKE: Statement = Statement::new("DELETE FROM person_role WHERE person_id = $1");

struct Fixture {
    store: TestStore,
    admin: PersonId,
    alice: PersonId,
    account: AccountId,
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let (_, account) = store.add_account("alice").await;
        let (persons, accounts) =
            (root_of::<ManagePersons>(&store).await, root_of::<ManageAccounts>(&store).await);
        let (admin, alice) = store
            .write(async |tx| -> Result<_, StoreError> {
                let admin = person::bootstrap(tx, &Login::parse("admin").unwrap(), START).await?;
                let new = NewPerson { login: Login::parse("alice").unwrap(), email: None, password: None };
                let alice = person::create(tx, &persons, &new, START).await?.unwrap();
                person::grant_owner(tx, &accounts, alice, account, START).await?;
                Ok((admin, alice))
            })
            .await
            .unwrap();
        Self { store, admin, alice, account }
    }

    async fn refusal(&self, by: PersonId, person: PersonId, now: Micros) -> Option<Refusal> {
        self.store.read(async |tx| refusal(tx, Some(by), person, now).await).await.unwrap()
    }

    async fn link(&self, by: Option<PersonId>, lasts: Duration) -> OpaqueToken {
        self.store.write(async |tx| make_link(tx, by, self.alice, lasts, START).await).await.unwrap()
    }

    async fn followed(&self, link: &OpaqueToken, now: Micros) -> Followed {
        self.store.write(async |tx| follow(tx, link, SOCKET, now).await).await.unwrap()
    }

    async fn begun(&self) -> NewSession {
        let link = self.link(Some(self.admin), LONGEST).await;
        match self.followed(&link, START).await {
            Followed::Begun(new, _) => new,
            other => panic!("{other:?}"),
        }
    }

    async fn actor(&self, new: &NewSession, now: Micros) -> Option<Actor> {
        session::resolve(&self.store, &new.token, SOCKET, now).await.unwrap()
    }
}

fn minutes(minutes: u64) -> Micros {
    START.plus(Duration::from_mins(minutes))
}

#[tokio::test]
async fn a_link_makes_a_session_of_the_person_with_both_names_once() {
    let fixture = Fixture::new().await;
    let link = fixture.link(Some(fixture.admin), LONGEST).await;
    let Followed::Begun(new, actor) = fixture.followed(&link, START).await else { panic!("refused") };
    let acting = Acting { id: Some(fixture.admin), login: Login::parse("admin").unwrap() };
    assert_eq!((actor.person_id(), actor.acting()), (Some(fixture.alice), Some(&acting)));
    assert!(may::<EditSites>(&fixture.store, &actor, fixture.account).await);
    assert!(actor.everywhere::<ManageAccounts>().is_err(), "the person's rights, and not one's own");
    assert!(matches!(fixture.followed(&link, START).await, Followed::Unknown), "used");
    assert!(
        matches!(fixture.followed(&new.token, START).await, Followed::Unknown),
        "a session's token is no link"
    );
    let late = fixture.link(Some(fixture.admin), LONGEST).await;
    assert!(matches!(fixture.followed(&late, minutes(5)).await, Followed::Unknown), "too old");
    let seen = async |tx: &mut Tx| session::list(tx, fixture.alice, START).await;
    assert_eq!(fixture.store.read(seen).await.unwrap()[0].acting, Some(acting), "the person sees it");
}

#[tokio::test]
async fn it_is_no_sign_in_link() {
    let fixture = Fixture::new().await;
    let link = fixture.link(Some(fixture.admin), LONGEST).await;
    let signed_in = async |tx: &mut WriteTx| crate::sign_in::by_link(tx, &link, START).await;
    assert!(fixture.store.write(signed_in).await.is_err());
}

#[tokio::test]
async fn root_needs_nobody_and_its_name_is_on_it() {
    let fixture = Fixture::new().await;
    fixture.store.write(async |tx| tx.execute(CONSENT_NEEDED).await).await.unwrap();
    let link = fixture.link(None, LONGEST).await;
    let Followed::Begun(new, _) = fixture.followed(&link, START).await else { panic!("refused") };
    let actor = fixture.actor(&new, START).await.unwrap();
    assert_eq!(actor.acting(), Some(&Acting::root()));
}

#[tokio::test]
async fn it_lasts_as_long_as_was_said_and_an_hour_at_most_however_much_it_is_used() {
    let fixture = Fixture::new().await;
    for (said, last) in [(Duration::from_mins(10), 10), (Duration::from_hours(5), 60)] {
        let link = fixture.link(Some(fixture.admin), said).await;
        let Followed::Begun(new, _) = fixture.followed(&link, START).await else { panic!("refused") };
        let noted = async |now| {
            let read = async |tx: &mut Tx| session::list(tx, fixture.alice, now).await;
            let all = fixture.store.read(read).await.unwrap();
            all.iter().any(|info| info.id == new.id && info.last_seen_at == now)
        };
        for minute in (5..last).step_by(5) {
            assert!(fixture.actor(&new, minutes(minute)).await.is_some(), "{minute}");
            while !noted(minutes(minute)).await {
                tokio::task::yield_now().await;
            }
        }
        assert!(fixture.actor(&new, minutes(last)).await.is_none(), "{last}");
    }
}

#[tokio::test]
async fn who_may_not_is_told_why() {
    let fixture = Fixture::new().await;
    let (admin, alice) = (fixture.admin, fixture.alice);
    assert_eq!(fixture.refusal(admin, alice, START).await, None);
    assert_eq!(fixture.refusal(admin, admin, START).await, Some(Refusal::Oneself));
    assert_eq!(fixture.refusal(alice, admin, START).await, Some(Refusal::NotAllowed));
    fixture.store.write(async |tx| tx.execute(CONSENT_NEEDED).await).await.unwrap();
    assert_eq!(fixture.refusal(admin, alice, START).await, Some(Refusal::NoConsent));
    let until = START.plus(CONSENT);
    fixture.store.write(async |tx| set_consent(tx, alice, until, START).await).await.unwrap();
    assert_eq!(fixture.refusal(admin, alice, START).await, None);
    assert_eq!(fixture.refusal(admin, alice, until).await, Some(Refusal::NoConsent), "over");
}

#[tokio::test]
async fn a_right_that_is_gone_ends_it_for_good() {
    const GIVE_BACK: Statement = Statement::new(
        "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $1, $2, $3, 0)",
    );
    let fixture = Fixture::new().await;
    let new = fixture.begun().await;
    let before = fixture.actor(&new, START).await.unwrap();
    fixture.store.write(async |tx| tx.execute(TAKE.bind(fixture.admin)).await).await.unwrap();
    let again = async |tx: &mut Tx| session::still_valid(tx, &before, START).await;
    assert!(fixture.store.read(again).await.unwrap().is_none(), "a stream that was open");
    assert!(fixture.actor(&new, START).await.is_none());
    let over = async || fixture.store.read(async |tx| over(tx, START).await).await.unwrap();
    while over().await.is_empty() {
        tokio::task::yield_now().await;
    }
    let give = GIVE_BACK
        .bind(fixture.admin)
        .bind(store::fixed::ADMINISTRATOR_ROLE)
        .bind(store::fixed::ROOT_ORGANISATION);
    fixture.store.write(async |tx| tx.execute(give).await).await.unwrap();
    assert_eq!(fixture.refusal(fixture.admin, fixture.alice, START).await, None);
    assert!(fixture.actor(&new, START).await.is_none(), "it does not come back");
}

#[tokio::test]
async fn a_link_whose_maker_lost_the_right_is_used_up_for_nothing() {
    let fixture = Fixture::new().await;
    let link = fixture.link(Some(fixture.admin), LONGEST).await;
    fixture.store.write(async |tx| tx.execute(TAKE.bind(fixture.admin)).await).await.unwrap();
    assert!(matches!(fixture.followed(&link, START).await, Followed::Refused));
    assert!(matches!(fixture.followed(&link, START).await, Followed::Unknown));
    assert!(
        fixture.store.read(async |tx| over(tx, START).await).await.unwrap().is_empty(),
        "nothing to tell"
    );
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_ends_it() {
    let fixture = Fixture::new().await;
    fixture.store.write(async |tx| tx.execute(CONSENT_NEEDED).await).await.unwrap();
    let until = START.plus(CONSENT);
    fixture.store.write(async |tx| set_consent(tx, fixture.alice, until, START).await).await.unwrap();
    let new = fixture.begun().await;
    assert!(fixture.actor(&new, START).await.is_some());
    let withdraw = async |tx: &mut WriteTx| withdraw_consent(tx, fixture.alice).await;
    assert!(fixture.store.write(withdraw).await.unwrap());
    assert!(fixture.actor(&new, START).await.is_none());
    assert!(!fixture.store.write(withdraw).await.unwrap());
}

#[tokio::test]
async fn a_suspension_of_either_and_a_new_password_of_the_one_who_acts_end_it() {
    let fixture = Fixture::new().await;
    for of in [fixture.admin, fixture.alice] {
        let new = fixture.begun().await;
        let proof = the_person(&fixture.store, of).await;
        let set = async |suspended| {
            let write = async |tx: &mut WriteTx| person::set_suspended(tx, &proof, suspended, START).await;
            fixture.store.write(write).await.unwrap();
        };
        set(true).await;
        assert!(fixture.actor(&new, START).await.is_none());
        set(false).await;
        assert!(fixture.actor(&new, START).await.is_none(), "it does not come back");
    }
    let new = fixture.begun().await;
    let hash = crate::Passwords::new().unwrap();
    let hash = hash.hash(names::Password::parse("correct horse").unwrap()).await.unwrap();
    fixture
        .store
        .write(async |tx| person::set_password(tx, fixture.admin, &hash, START).await)
        .await
        .unwrap();
    assert!(fixture.actor(&new, START).await.is_none());
    let delete = async |tx: &mut WriteTx| -> Result<_, crate::Denied> {
        let admin = person::find::<ManagePersons>(tx, &Actor::root(), &Key::Id(fixture.admin)).await?;
        Ok(person::delete(tx, &admin).await?)
    };
    fixture.store.write(delete).await.unwrap();
    assert!(fixture.actor(&new, START).await.is_none(), "whose session it would be now");
}

#[tokio::test]
async fn each_end_is_told_once() {
    let fixture = Fixture::new().await;
    let new = fixture.begun().await;
    let over = async |now| fixture.store.read(async |tx| over(tx, now).await).await.unwrap();
    assert_eq!(over(minutes(29)).await, []);
    let found = over(minutes(30)).await;
    assert_eq!((found.len(), found[0].session), (1, new.id));
    assert_eq!((found[0].login.as_str(), found[0].by.as_str()), ("alice", "admin"));
    let tell = async |tx: &mut WriteTx| tell_end(tx, new.id).await;
    assert!(fixture.store.write(tell).await.unwrap());
    assert!(!fixture.store.write(tell).await.unwrap());
    assert_eq!(over(minutes(30)).await, []);
    let accounts = async |tx: &mut Tx| accounts_of(tx, fixture.alice).await;
    assert_eq!(fixture.store.read(accounts).await.unwrap(), [fixture.account]);
}
