use auth::{Login, person};
use store::testing::TestStore;

use super::*;
use crate::testing::Device;

const ORIGIN: &str = "https://panel.example.test:8443";
const NOW: Micros = Micros::EPOCH;

struct Fixture {
    store: TestStore,
    passkeys: Passkeys,
    panel: RelyingParty,
    alice: PersonId,
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let alice = person(&store, "alice").await;
        let panel = RelyingParty::new(Some("panel.example.test".parse().unwrap()), 8443).unwrap();
        Self { store, passkeys: Passkeys::default(), panel, alice }
    }

    async fn device(&self) -> Device {
        let asked = self.asked_for_new().await;
        let (device, answer) = Device::create(ORIGIN, &asked.options);
        let made = self.passkeys.made(&self.panel, self.alice, &asked.question, answer, NOW).unwrap();
        let keep = async |tx: &mut WriteTx| made.keep(tx, self.alice, "laptop", NOW).await;
        self.store.write(keep).await.unwrap().unwrap();
        device
    }

    async fn asked_for_new(&self) -> Asked {
        let ask =
            async |tx: &mut Tx| self.passkeys.ask_for_new(tx, &self.panel, (self.alice, "alice"), NOW).await;
        self.store.read(ask).await.unwrap()
    }

    fn asked(&self) -> Asked {
        self.passkeys.ask_anyone(&self.panel, NOW).unwrap()
    }

    async fn shown(&self, asked: &Asked, answer: Value) -> Result<(), PasskeyError> {
        self.shown_at(asked, answer, NOW).await
    }

    async fn shown_at(&self, asked: &Asked, answer: Value, now: Micros) -> Result<(), PasskeyError> {
        let check = async |tx: &mut WriteTx| {
            self.passkeys.shown(tx, &self.panel, &asked.question, answer.clone(), now).await.map(drop)
        };
        self.store.write(check).await
    }
}

async fn person(store: &TestStore, login: &str) -> PersonId {
    let login = Login::parse(login).unwrap();
    store.write(async |tx| person::bootstrap(tx, &login, NOW).await).await.unwrap()
}

#[tokio::test]
async fn a_passkey_that_was_made_signs_in_again_and_again() {
    let fixture = Fixture::new().await;
    let mut device = fixture.device().await;
    for _ in 0..3 {
        let asked = fixture.asked();
        let answer = device.get(&asked.options);
        fixture.shown(&asked, answer.clone()).await.unwrap();
        assert!(matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Over)), "answered once");
    }
    let rows = fixture.store.read(async |tx| passkey::list(tx, fixture.alice).await).await.unwrap();
    assert_eq!((rows.len(), rows[0].last_used_at), (1, Some(NOW)));
}

#[tokio::test]
async fn an_imitation_of_the_panel_gets_nothing() {
    let fixture = Fixture::new().await;
    let mut device = fixture.device().await;
    for origin in
        ["https://panel.example.test.evil.test:8443", "http://panel.example.test:8443", "https://evil.test"]
    {
        device.at(origin);
        let asked = fixture.asked();
        let answer = device.get(&asked.options);
        assert!(matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Refused(_))), "{origin}");
    }
}

#[tokio::test]
async fn another_device_a_changed_answer_and_a_copy_prove_nothing() {
    let fixture = Fixture::new().await;
    let mut device = fixture.device().await;
    let asked = fixture.asked();
    let new = fixture.asked_for_new().await;
    let (mut stranger, _) = Device::create(ORIGIN, &new.options);
    let answer = stranger.get(&asked.options);
    assert!(matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Unknown)));
    let asked = fixture.asked();
    let mut answer = device.get(&asked.options);
    answer["response"]["signature"] = stranger.get(&asked.options)["response"]["signature"].clone();
    assert!(
        matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Refused(_))),
        "another's signature"
    );
    let asked = fixture.asked();
    let old = device.get(&asked.options);
    let other = fixture.asked();
    assert!(matches!(fixture.shown(&other, old).await, Err(PasskeyError::Refused(_))), "to another question");
    let asked = fixture.asked();
    let answer = device.get(&asked.options);
    fixture.shown(&asked, answer).await.unwrap();
    device.rewind(2);
    let asked = fixture.asked();
    let answer = device.get(&asked.options);
    assert!(
        matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Refused(_))),
        "a copy's counter is behind"
    );
}

#[tokio::test]
async fn a_device_that_nobody_unlocked_is_not_enough() {
    let fixture = Fixture::new().await;
    let mut device = fixture.device().await;
    device.unlocked = false;
    let asked = fixture.asked();
    let answer = device.get(&asked.options);
    assert!(matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Refused(_))));
}

#[tokio::test]
async fn questions_are_for_one_person_and_one_purpose_and_five_minutes() {
    let fixture = Fixture::new().await;
    let mut device = fixture.device().await;
    let late = NOW.plus(LASTS);
    let asked = fixture.asked();
    let answer = device.get(&asked.options);
    assert!(matches!(fixture.shown_at(&asked, answer, late).await, Err(PasskeyError::Over)), "late");

    let bob = person(&fixture.store, "bob").await;
    let new = fixture.asked_for_new().await;
    let (_, answer) = Device::create(ORIGIN, &new.options);
    let made = fixture.passkeys.made(&fixture.panel, bob, &new.question, answer, NOW);
    assert!(matches!(made, Err(PasskeyError::Over)), "alice was asked");

    let new = fixture.asked_for_new().await;
    let asked = fixture.asked();
    let answer = device.get(&asked.options);
    assert!(matches!(fixture.shown(&new, answer).await, Err(PasskeyError::Over)), "for a new one");
    let ask = async |tx: &mut Tx| fixture.passkeys.ask_person(tx, &fixture.panel, bob, NOW).await;
    assert!(matches!(fixture.store.read(ask).await, Err(PasskeyError::Unknown)), "bob has none");
    let ask = async |tx: &mut Tx| fixture.passkeys.ask_person(tx, &fixture.panel, fixture.alice, NOW).await;
    let asked = fixture.store.read(ask).await.unwrap();
    let answer = device.get(&asked.options);
    fixture.shown(&asked, answer).await.unwrap();
}

#[tokio::test]
async fn a_device_that_has_one_is_not_asked_for_another_and_they_are_of_one_name() {
    let fixture = Fixture::new().await;
    fixture.device().await;
    let asked = fixture.asked_for_new().await;
    assert_eq!(asked.options["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    let renamed = RelyingParty::new(Some("other.example.test".parse().unwrap()), 8443).unwrap();
    let ask = async |tx: &mut Tx| fixture.passkeys.ask_person(tx, &renamed, fixture.alice, NOW).await;
    assert!(matches!(fixture.store.read(ask).await, Err(PasskeyError::Unknown)));
    assert!(matches!(RelyingParty::new(None, 8443), Err(PasskeyError::NoName)));
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart_from_one_that_proves_nothing() {
    let fixture = Fixture::new().await;
    let asked = fixture.asked();
    for answer in [Value::Null, Value::from("x"), serde_json::json!({}), serde_json::json!({ "id": "x" })] {
        assert!(matches!(fixture.shown(&asked, answer).await, Err(PasskeyError::Unreadable)));
    }
}

#[test]
fn many_questions_make_the_oldest_give_way() {
    let questions = asked::Questions::default();
    let panel = RelyingParty::new(Some("panel.example.test".parse().unwrap()), 8443).unwrap();
    let passkeys = Passkeys { questions: questions.clone() };
    let first = passkeys.ask_anyone(&panel, NOW).unwrap();
    let later = NOW.plus(Duration::from_secs(1));
    let second = passkeys.ask_anyone(&panel, later).unwrap();
    for _ in 0..asked::MOST - 1 {
        passkeys.ask_anyone(&panel, later).unwrap();
    }
    assert!(questions.answered(&first.question, later).is_none());
    assert!(questions.answered(&second.question, later).is_some());
}
