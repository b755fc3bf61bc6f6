use names::Password;
use store::testing::TestStore;

use super::*;
use crate::login::Login;
use crate::passwords::Passwords;
use crate::person;
use crate::session;
use crate::sign_in::{self, SignInError};

const NOW: Micros = Micros::EPOCH;
const PUT: Statement = Statement::new(
    "INSERT INTO setting (name, value, updated_at) VALUES ('sign_in.networks', $1, 0)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);
const PASSWORD: &str = "correct horse battery";

fn from(address: &str) -> Origin {
    Origin::Network(address.parse().unwrap())
}

struct Fixture {
    store: TestStore,
    passwords: Passwords,
    admin: PersonId,
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(Password::parse(PASSWORD).unwrap()).await.unwrap();
        let admin = store
            .write(async |tx| -> Result<_, StoreError> {
                let admin = person::bootstrap(tx, &Login::parse("admin").unwrap(), NOW).await?;
                person::set_password(tx, admin, &hash, NOW).await?;
                Ok(admin)
            })
            .await
            .unwrap();
        Self { store, passwords, admin }
    }

    async fn signs_in(&self, origin: Origin) -> bool {
        let password = names::Secret::new(PASSWORD.to_owned());
        let come_of =
            sign_in::by_password(&self.store, &self.passwords, "admin", password, origin, NOW).await;
        match come_of {
            Ok(sign_in) => {
                let verified = sign_in.done().unwrap();
                let begin = async |tx: &mut WriteTx| session::begin(tx, &verified, origin, NOW).await;
                self.store.write(begin).await.unwrap();
                true
            }
            Err(SignInError::Refused) => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Sets a list as somebody; rolled back where it is refused.
    async fn set(
        &self,
        own: Option<&str>,
        everyone: Option<&str>,
        actor: &Actor,
    ) -> Result<(), Option<ShutOut>> {
        let work = async |tx: &mut WriteTx| -> Result<(), Refused> {
            let guard = Guard::before(tx).await?;
            if let Some(list) = own {
                let networks: Vec<IpNetwork> =
                    list.split_whitespace().map(|text| text.parse().unwrap()).collect();
                set_own(tx, &guard, self.admin, &networks, NOW).await?;
            }
            if let Some(list) = everyone {
                let list: Vec<&str> = list.split_whitespace().collect();
                tx.execute(PUT.bind(serde_json::Value::from(list))).await?;
            }
            guard.after(tx, actor).await?.map_err(|why| Refused(Some(why)))
        };
        self.store.write(work).await.map_err(|refused| refused.0)
    }

    async fn actor(&self, address: &str) -> Actor {
        let work = async |tx: &mut WriteTx| -> Result<_, SignInError> {
            let link = sign_in::make_link(tx, self.admin, NOW).await?;
            let verified = sign_in::by_link(tx, &link, Origin::Socket, NOW).await?.done().unwrap();
            Ok(session::begin(tx, &verified, Origin::Socket, NOW).await?)
        };
        let session = self.store.write(work).await.unwrap();
        session::resolve(&self.store, &session.token, from(address), NOW).await.unwrap().unwrap()
    }
}

#[derive(Debug)]
struct Refused(Option<ShutOut>);

impl From<StoreError> for Refused {
    fn from(_: StoreError) -> Self {
        Self(None)
    }
}

#[tokio::test]
async fn a_sign_in_from_elsewhere_is_refused_like_a_wrong_password() {
    let fixture = Fixture::new().await;
    assert!(fixture.signs_in(from("192.0.2.1")).await, "no list admits all");
    fixture.set(Some("192.0.2.0/24 2001:db8::/32"), None, &Actor::root()).await.unwrap();
    for (address, admitted) in [
        ("192.0.2.200", true),
        ("::ffff:192.0.2.9", true),
        ("2001:db8:1::1", true),
        ("192.0.3.1", false),
        ("2001:db9::1", false),
    ] {
        assert_eq!(fixture.signs_in(from(address)).await, admitted, "{address}");
    }
    assert!(fixture.signs_in(Origin::Socket).await, "root on the socket");
    assert!(!fixture.signs_in(Origin::Local).await, "another user of the machine");
}

#[tokio::test]
async fn where_both_lists_are_set_both_must_admit() {
    let fixture = Fixture::new().await;
    fixture.set(Some("192.0.2.0/24"), Some("192.0.2.0/25 198.51.100.0/24"), &Actor::root()).await.unwrap();
    assert!(fixture.signs_in(from("192.0.2.1")).await);
    assert!(!fixture.signs_in(from("192.0.2.200")).await, "not on the one of everyone");
    assert!(!fixture.signs_in(from("198.51.100.1")).await, "not on one's own");
}

#[tokio::test]
async fn a_link_that_is_followed_from_elsewhere_is_refused_and_not_used_up() {
    let fixture = Fixture::new().await;
    fixture.set(Some("192.0.2.0/24"), None, &Actor::root()).await.unwrap();
    let make = async |tx: &mut WriteTx| sign_in::make_link(tx, fixture.admin, NOW).await;
    let link = fixture.store.write(make).await.unwrap();
    let follow =
        async |origin| fixture.store.write(async |tx| sign_in::by_link(tx, &link, origin, NOW).await).await;
    assert!(matches!(follow(from("198.51.100.1")).await, Err(SignInError::Refused)));
    assert!(follow(from("192.0.2.1")).await.is_ok());
}

#[tokio::test]
async fn nobody_shuts_themselves_out() {
    let fixture = Fixture::new().await;
    let admin = fixture.actor("192.0.2.1").await;
    for (own, everyone) in [(Some("198.51.100.0/24"), None), (None, Some("198.51.100.0/24"))] {
        assert_eq!(fixture.set(own, everyone, &admin).await, Err(Some(ShutOut::You)));
    }
    assert!(fixture.signs_in(from("192.0.2.1")).await, "nothing was changed");
    fixture.set(Some("192.0.2.1/32"), Some("192.0.2.0/24"), &admin).await.unwrap();
}

#[tokio::test]
async fn no_change_shuts_out_the_last_administrator() {
    let fixture = Fixture::new().await;
    fixture.set(None, Some("203.0.113.0/24"), &Actor::root()).await.unwrap();
    assert!(!fixture.signs_in(from("192.0.2.1")).await, "nobody was known from anywhere, so it was taken");
    fixture.set(None, Some(""), &Actor::root()).await.unwrap();
    assert!(fixture.signs_in(from("192.0.2.1")).await);
    let lost = fixture.set(None, Some("203.0.113.0/24"), &Actor::root()).await;
    assert_eq!(lost, Err(Some(ShutOut::EveryAdministrator)), "root too is kept from it");
    let lost = fixture.set(Some("203.0.113.0/24"), None, &Actor::root()).await;
    assert_eq!(lost, Err(Some(ShutOut::EveryAdministrator)));
    fixture.set(None, Some("203.0.113.0/24 192.0.2.1/32"), &Actor::root()).await.unwrap();
    assert!(fixture.signs_in(from("192.0.2.1")).await);
}
