use names::{EmailAddress, Password};
use store::testing::TestStore;
use totp_rs::{Builder, Totp};

use super::*;
use crate::passwords::Passwords;
use crate::permission::ManagePersons;
use crate::person::{self, NewPerson};
use crate::sign_in::{self, SignIn};
use crate::tests::root_of;
use crate::totp::Confirmed;

/// Some time in 2001, at the beginning of a step.
const START: i64 = 1_000_000_020_000_000;
const PASSWORD: &str = "correct horse battery";

struct Fixture {
    store: TestStore,
    passwords: Passwords,
    seal: SealKey,
    alice: PersonId,
    now: Micros,
}

fn here() -> Origin {
    Origin::Network("192.0.2.1".parse().unwrap())
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(Password::parse(PASSWORD).unwrap()).await.unwrap();
        let new = NewPerson {
            login: Login::parse("alice").unwrap(),
            email: Some(EmailAddress::parse("alice@example.test").unwrap()),
            password: Some(hash),
        };
        let proof = root_of::<ManagePersons>(&store).await;
        let now = Micros::new(START).unwrap();
        let alice =
            store.write(async |tx| person::create(tx, &proof, &new, now).await).await.unwrap().unwrap();
        Self { store, passwords, seal: SealKey::throw_away().unwrap(), alice, now }
    }

    /// With an authenticator that counts; a code of the step before this one was shown for it.
    async fn with_totp() -> (Self, Totp) {
        let fixture = Self::new().await;
        let totp = fixture.offered().await;
        let before = totp.generate(seconds(fixture.now) - 30).to_string();
        assert_eq!(fixture.confirm(&before).await, Confirmed::Yes);
        (fixture, totp)
    }

    async fn offered(&self) -> Totp {
        let offer = async |tx: &mut WriteTx| totp::offer(tx, &self.seal, self.alice, self.now).await;
        let text = self.store.write(offer).await.unwrap();
        let secret = totp_rs::Secret::try_from_base32(text.expose()).unwrap();
        Builder::new().with_secret(secret).build().unwrap()
    }

    async fn confirm(&self, code: &str) -> Confirmed {
        let confirm =
            async |tx: &mut WriteTx| totp::confirm(tx, &self.seal, self.alice, code, self.now).await;
        self.store.write(confirm).await.unwrap()
    }

    async fn by_password(&self) -> SignIn {
        let password = secret(PASSWORD);
        let come_of = sign_in::by_password(&self.store, &self.passwords, "alice", password, here(), self.now);
        come_of.await.unwrap()
    }

    async fn asked(&self) -> NeedsSecondFactor {
        match self.by_password().await {
            SignIn::NeedsSecondFactor(asked) => asked,
            SignIn::Done(_) => panic!("the password alone signs in"),
        }
    }

    async fn finish(&self, asked: &NeedsSecondFactor, code: &str) -> Result<Verified, SignInError> {
        self.finish_from(asked, code, here()).await
    }

    async fn finish_from(
        &self,
        asked: &NeedsSecondFactor,
        code: &str,
        origin: Origin,
    ) -> Result<Verified, SignInError> {
        finish(&self.store, &self.seal, &asked.token, secret(code), origin, self.now).await
    }

    async fn recovery_codes(&self) -> Vec<Secret<String>> {
        self.store.write(async |tx| recovery::make(tx, self.alice, self.now).await).await.unwrap()
    }
}

fn seconds(now: Micros) -> u64 {
    u64::try_from(now.as_secs()).unwrap()
}

fn refused(result: &Result<Verified, SignInError>) -> bool {
    matches!(result, Err(SignInError::Code { .. }))
}

#[tokio::test]
async fn what_was_offered_counts_only_once_a_code_of_it_was_shown() {
    let fixture = Fixture::new().await;
    let totp = fixture.offered().await;
    assert!(fixture.by_password().await.done().is_some(), "offered alone");
    let right = totp.generate(seconds(fixture.now)).to_string();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    assert_eq!(fixture.confirm(wrong).await, Confirmed::Wrong);
    assert!(fixture.by_password().await.done().is_some(), "not confirmed");
    assert_eq!(fixture.confirm(&right).await, Confirmed::Yes);
    assert_eq!(fixture.confirm(&right).await, Confirmed::NothingOffered);
    let asked = fixture.asked().await;
    assert_eq!(asked.held.methods(), ["totp"]);
}

#[tokio::test]
async fn an_offer_that_waits_too_long_is_none() {
    let mut fixture = Fixture::new().await;
    let totp = fixture.offered().await;
    fixture.now = fixture.now.plus(totp::OFFER_LASTS);
    let code = totp.generate(seconds(fixture.now)).to_string();
    assert_eq!(fixture.confirm(&code).await, Confirmed::NothingOffered);
}

#[tokio::test]
async fn the_secret_is_not_in_the_database() {
    const STORED: Statement = Statement::new("SELECT secret AS value FROM totp");
    let (fixture, totp) = Fixture::with_totp().await;
    let stored: String = fixture.store.read(async |tx| tx.one(STORED).await).await.unwrap();
    assert!(stored.starts_with("x1.") && !stored.contains(&totp.secret().to_base32()), "{stored}");
}

#[tokio::test]
async fn a_code_signs_in_and_never_again() {
    let (mut fixture, totp) = Fixture::with_totp().await;
    let code = totp.generate(seconds(fixture.now)).to_string();
    let asked = fixture.asked().await;
    let verified = fixture.finish(&asked, &code).await.unwrap();
    assert_eq!((verified.person(), verified.factors().as_str()), (fixture.alice, "password+totp"));
    assert!(refused(&fixture.finish(&asked, &code).await), "the token works once");
    let again = fixture.asked().await;
    assert!(refused(&fixture.finish(&again, &code).await), "the code was used");
    let older = totp.generate(seconds(fixture.now) - 30).to_string();
    assert!(refused(&fixture.finish(&again, &older).await), "so was an older one, as good as");
    fixture.now = fixture.now.plus(Duration::from_secs(30));
    let next = totp.generate(seconds(fixture.now)).to_string();
    fixture.finish(&again, &format!("{} {}", &next[..3], &next[3..])).await.unwrap();
}

#[tokio::test]
async fn of_two_that_come_with_one_code_at_once_one_gets_in() {
    let (fixture, totp) = Fixture::with_totp().await;
    let code = totp.generate(seconds(fixture.now)).to_string();
    let (one, other) = (fixture.asked().await, fixture.asked().await);
    let (one, other) = tokio::join!(fixture.finish(&one, &code), fixture.finish(&other, &code));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
}

#[tokio::test]
async fn a_clock_may_be_one_step_off_and_no_more() {
    for (off, fits) in [(-60, false), (30, true), (60, false), (0, true)] {
        let (fixture, totp) = Fixture::with_totp().await;
        let code = totp.generate(seconds(fixture.now).checked_add_signed(off).unwrap()).to_string();
        let asked = fixture.asked().await;
        assert_eq!(fixture.finish(&asked, &code).await.is_ok(), fits, "{off} s");
    }
}

#[tokio::test]
async fn five_wrong_codes_lock_from_wherever_they_come_and_whatever_the_code() {
    let (mut fixture, totp) = Fixture::with_totp().await;
    let right = totp.generate(seconds(fixture.now)).to_string();
    let asked = fixture.asked().await;
    let wrong = |n: usize| format!("no-such-code-{n}");
    for n in 0..5 {
        assert!(refused(&fixture.finish(&asked, &wrong(n)).await), "{n}");
    }
    let locked = |result| matches!(result, Err(SignInError::Locked { .. }));
    assert!(locked(fixture.finish(&asked, &right).await), "the right code too");
    // A new sign-in with the right password, from elsewhere, is no way around it.
    let there = Origin::Network("198.51.100.1".parse().unwrap());
    let again = sign_in::by_password(
        &fixture.store,
        &fixture.passwords,
        "alice",
        secret(PASSWORD),
        there,
        fixture.now,
    );
    let Ok(SignIn::NeedsSecondFactor(asked)) = again.await else { panic!("asked") };
    assert!(locked(fixture.finish_from(&asked, &right, there).await));
    fixture.now = fixture.now.plus(Duration::from_mins(16));
    let asked = fixture.asked().await;
    let right = totp.generate(seconds(fixture.now)).to_string();
    fixture.finish(&asked, &right).await.unwrap();
}

#[tokio::test]
async fn a_pending_sign_in_is_bound_to_its_network_and_to_five_minutes() {
    let (mut fixture, totp) = Fixture::with_totp().await;
    let asked = fixture.asked().await;
    let code = totp.generate(seconds(fixture.now)).to_string();
    let there = Origin::Network("198.51.100.1".parse().unwrap());
    assert!(refused(&fixture.finish_from(&asked, &code, there).await), "from elsewhere");
    fixture.now = fixture.now.plus(PENDING_LASTS);
    let code = totp.generate(seconds(fixture.now)).to_string();
    assert!(refused(&fixture.finish(&asked, &code).await), "late");
}

#[tokio::test]
async fn a_pending_sign_in_is_no_session_and_dies_with_password_and_person() {
    let (fixture, totp) = Fixture::with_totp().await;
    let code = totp.generate(seconds(fixture.now)).to_string();
    let asked = fixture.asked().await;
    let session = crate::session::resolve(&fixture.store, &asked.token, here(), fixture.now).await.unwrap();
    assert!(session.is_none(), "the token lets no request through");
    let hash = fixture.passwords.hash(Password::parse("another horse battery").unwrap()).await.unwrap();
    let set = async |tx: &mut WriteTx| person::set_password(tx, fixture.alice, &hash, fixture.now).await;
    fixture.store.write(set).await.unwrap();
    assert!(refused(&fixture.finish(&asked, &code).await));
}

#[tokio::test]
async fn a_recovery_code_works_once_however_it_is_typed() {
    const STORED: Statement = Statement::new("SELECT code_hash AS value FROM recovery_code");
    let (fixture, _) = Fixture::with_totp().await;
    let codes = fixture.recovery_codes().await;
    assert_eq!(codes.len(), 10);
    let first = codes[0].expose();
    let asked = fixture.asked().await;
    assert_eq!(asked.held.methods(), ["totp", "recovery_code"]);
    let verified = fixture.finish(&asked, &first.to_uppercase().replace('-', " ")).await.unwrap();
    assert_eq!(verified.factors(), "password+recovery_code");
    let asked = fixture.asked().await;
    assert!(refused(&fixture.finish(&asked, first).await), "twice");
    fixture.finish(&asked, codes[1].expose()).await.unwrap();
    let newer = fixture.recovery_codes().await;
    let asked = fixture.asked().await;
    assert!(refused(&fixture.finish(&asked, codes[2].expose()).await), "newer ones were made");
    fixture.finish(&asked, newer[0].expose()).await.unwrap();
    let stored: Vec<String> = fixture.store.read(async |tx| tx.all(STORED).await).await.unwrap();
    assert!(newer.iter().all(|code| !stored.contains(code.expose())));
}

#[tokio::test]
async fn a_link_asks_for_the_second_factor_unless_it_was_made_without() {
    let (fixture, _) = Fixture::with_totp().await;
    let follow = async |link: OpaqueToken| {
        fixture.store.write(async |tx| sign_in::by_link(tx, &link, here(), fixture.now).await).await.unwrap()
    };
    let usual = async |tx: &mut WriteTx| sign_in::make_link(tx, fixture.alice, fixture.now).await;
    let usual = follow(fixture.store.write(usual).await.unwrap()).await;
    assert!(matches!(usual, SignIn::NeedsSecondFactor(_)));
    let lost = async |tx: &mut WriteTx| {
        sign_in::make_link_without_second_factor(tx, fixture.alice, fixture.now).await
    };
    let verified = follow(fixture.store.write(lost).await.unwrap()).await.done().unwrap();
    assert_eq!(verified.factors(), "link");
}

#[tokio::test]
async fn without_the_key_no_code_is_right_and_a_recovery_code_still_is() {
    let (mut fixture, totp) = Fixture::with_totp().await;
    let codes = fixture.recovery_codes().await;
    fixture.seal = SealKey::throw_away().unwrap();
    let asked = fixture.asked().await;
    let code = totp.generate(seconds(fixture.now)).to_string();
    let failed = fixture.finish(&asked, &code).await;
    assert!(matches!(failed, Err(SignInError::Totp(_))), "{failed:?}");
    fixture.finish(&asked, codes[0].expose()).await.unwrap();
}

#[tokio::test]
async fn without_an_authenticator_nothing_is_asked_and_old_recovery_codes_are_gone() {
    let (fixture, _) = Fixture::with_totp().await;
    let codes = fixture.recovery_codes().await;
    let remove = async |tx: &mut WriteTx| -> Result<_, StoreError> {
        assert!(totp::remove(tx, fixture.alice).await?);
        tidy(tx, fixture.alice).await?;
        held(tx, fixture.alice).await
    };
    let held = fixture.store.write(remove).await.unwrap();
    assert_eq!((held.is_asked(), held.recovery_codes), (false, 0));
    assert!(fixture.by_password().await.done().is_some());
    let code = secret(codes[0].expose());
    let confirmed = confirm(&fixture.store, &fixture.seal, fixture.alice, code, here(), fixture.now).await;
    assert!(matches!(confirmed, Err(SignInError::Code { .. })));
}
