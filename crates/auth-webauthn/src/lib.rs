//! Passkeys (WebAuthn): what is asked of a browser, and what its answers prove.
//!
//! A passkey belongs to the panel's name: a browser gives it to no other (that is what makes it safe against imitations), so that there are
//! none before the panel has a name, and those of another name are of no use. A device proves both that it is there and that its person
//! unlocked it, so that a passkey alone signs in; after a password it is the second factor.
//!
//! What is asked is kept in memory for five minutes and answered once: the panel is one process, and a restart in between merely means to
//! begin again. Only so many questions are kept; the oldest give way, so that a stranger who begins many sign-ins costs little.

mod asked;
#[cfg(feature = "testing")]
pub mod testing;

use std::time::Duration;

use auth::passkey::{self, Passkey, Shown};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use names::{Hostname, Micros, OpaqueToken, PasskeyId, PersonId};
use serde_json::Value;
use store::{StoreError, Tx, WriteTx};
use webauthn_rs::prelude::{
    AuthenticationResult, CreationChallengeResponse, DiscoverableKey, Passkey as Credential,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::ResidentKeyRequirement;

use asked::{Kept, Questions};

/// So long a question is kept.
pub const LASTS: Duration = Duration::from_mins(5);

/// Why there is no passkey, or none was shown.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The panel has no name that a passkey could belong to.
    #[error("the panel has no name")]
    NoName,
    /// Nothing of the kind was asked, it was answered already, or too long ago.
    #[error("nothing was asked, or too long ago")]
    Over,
    /// The answer is not one of a browser.
    #[error("this is not the answer of a browser")]
    Unreadable,
    /// The answer proves nothing.
    #[error("the answer proves nothing")]
    Refused(#[source] Box<WebauthnError>),
    /// Nobody has such a passkey.
    #[error("nobody has this passkey")]
    Unknown,
    /// The person has too many.
    #[error("there are too many passkeys")]
    TooMany,
    /// What is asked could not be made.
    #[error("the question could not be made")]
    Question(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database.
    #[error("the passkeys could not be looked up")]
    Store(#[from] StoreError),
}

/// What a browser is asked.
#[derive(Debug)]
pub struct Asked {
    /// To be given with the answer; it works once.
    pub question: OpaqueToken,
    /// For `navigator.credentials.create` or `.get`.
    pub options: Value,
    /// Until when.
    pub expires_at: Micros,
}

/// A panel as browsers know it.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    name: Hostname,
    webauthn: Webauthn,
}

impl RelyingParty {
    /// A panel with this name, served on this port (and on the usual one, where something in front of it is).
    pub fn new(name: Option<Hostname>, port: u16) -> Result<Self, PasskeyError> {
        let name = name.ok_or(PasskeyError::NoName)?;
        let origin =
            |text: String| Url::parse(&text).map_err(|error| PasskeyError::Question(Box::new(error)));
        let (own, usual) = (origin(format!("https://{name}:{port}"))?, origin(format!("https://{name}"))?);
        let host = name.to_string();
        let question = |error| PasskeyError::Question(Box::new(error));
        let builder = WebauthnBuilder::new(&host, &own).map_err(question)?;
        let builder = builder.rp_name(&host).append_allowed_origin(&usual).timeout(LASTS);
        let webauthn = builder.build().map_err(question)?;
        Ok(Self { name, webauthn })
    }
}

/// The questions that wait for an answer. A clone shares them.
#[derive(Debug, Clone, Default)]
pub struct Passkeys {
    questions: Questions,
}

/// A new passkey, to be kept.
#[derive(Debug, Clone)]
pub struct Made {
    credential: Credential,
    relying_party: String,
}

fn refused(error: WebauthnError) -> PasskeyError {
    PasskeyError::Refused(Box::new(error))
}

fn json(value: Result<Value, serde_json::Error>) -> Result<Value, PasskeyError> {
    value.map_err(|error| PasskeyError::Question(Box::new(error)))
}

/// A stored passkey as the library knows it.
fn credential(row: &Passkey) -> Option<Credential> {
    match serde_json::from_value(row.credential.clone()) {
        Ok(credential) => Some(credential),
        Err(error) => {
            tracing::warn!(passkey = %row.id, %error, "a stored passkey cannot be read");
            None
        }
    }
}

impl Passkeys {
    /// Asks for a new passkey.
    pub async fn ask_for_new(
        &self,
        tx: &mut Tx,
        panel: &RelyingParty,
        (person, login): (PersonId, &str),
        now: Micros,
    ) -> Result<Asked, PasskeyError> {
        let rows = passkey::list(tx, person).await?;
        if rows.len() >= passkey::MOST {
            return Err(PasskeyError::TooMany);
        }
        // A device that has one already is not asked for another.
        let known = rows.iter().filter_map(credential).map(|known| known.cred_id().clone()).collect();
        let id =
            Uuid::parse_str(&person.to_string()).map_err(|error| PasskeyError::Question(Box::new(error)))?;
        let asked = panel.webauthn.start_passkey_registration(id, login, login, Some(known));
        let (mut options, state) = asked.map_err(refused)?;
        prefer_discoverable(&mut options);
        let kept = Kept::New { person, relying_party: panel.name.to_string(), state: Box::new(state) };
        self.questions.keep(kept, json(serde_json::to_value(options))?, now)
    }

    /// Checks the answer to [`Passkeys::ask_for_new`].
    pub fn made(
        &self,
        panel: &RelyingParty,
        person: PersonId,
        question: &OpaqueToken,
        answer: Value,
        now: Micros,
    ) -> Result<Made, PasskeyError> {
        let answer: RegisterPublicKeyCredential =
            serde_json::from_value(answer).map_err(|_| PasskeyError::Unreadable)?;
        let Some(Kept::New { person: asked, relying_party, state }) = self.questions.answered(question, now)
        else {
            return Err(PasskeyError::Over);
        };
        if asked != person || relying_party != panel.name.to_string() {
            return Err(PasskeyError::Over);
        }
        let credential = panel.webauthn.finish_passkey_registration(&answer, &state).map_err(refused)?;
        Ok(Made { credential, relying_party })
    }

    /// Asks whoever is there for a passkey, to sign in with it alone. Nothing is told of who has one.
    pub fn ask_anyone(&self, panel: &RelyingParty, now: Micros) -> Result<Asked, PasskeyError> {
        let (mut options, state) = panel.webauthn.start_discoverable_authentication().map_err(refused)?;
        // The library has a form field in mind; here a button is pressed.
        options.mediation = None;
        self.questions.keep(Kept::Anyone(Box::new(state)), json(serde_json::to_value(options))?, now)
    }

    /// Asks a person for one of theirs, as the second factor.
    pub async fn ask_person(
        &self,
        tx: &mut Tx,
        panel: &RelyingParty,
        person: PersonId,
        now: Micros,
    ) -> Result<Asked, PasskeyError> {
        let rows = passkey::list(tx, person).await?;
        let own = rows.iter().filter(|row| row.relying_party == panel.name.to_string());
        let credentials: Vec<Credential> = own.filter_map(credential).collect();
        if credentials.is_empty() {
            return Err(PasskeyError::Unknown);
        }
        let (options, state) = panel.webauthn.start_passkey_authentication(&credentials).map_err(refused)?;
        let kept = Kept::Person { person, state: Box::new(state) };
        self.questions.keep(kept, json(serde_json::to_value(options))?, now)
    }

    /// Checks the answer to [`Passkeys::ask_anyone`] or [`Passkeys::ask_person`]: who has shown a passkey. Its counter goes on with it.
    pub async fn shown(
        &self,
        tx: &mut WriteTx,
        panel: &RelyingParty,
        question: &OpaqueToken,
        answer: Value,
        now: Micros,
    ) -> Result<Shown, PasskeyError> {
        let answer: PublicKeyCredential =
            serde_json::from_value(answer).map_err(|_| PasskeyError::Unreadable)?;
        let kept = self.questions.answered(question, now).ok_or(PasskeyError::Over)?;
        let id = URL_SAFE_NO_PAD.encode(answer.get_credential_id());
        let row = passkey::by_credential(tx, &id).await?.ok_or(PasskeyError::Unknown)?;
        let mut credential = credential(&row).ok_or(PasskeyError::Unknown)?;
        let result = match kept {
            Kept::New { .. } => return Err(PasskeyError::Over),
            Kept::Anyone(state) => {
                let (person, _) =
                    panel.webauthn.identify_discoverable_authentication(&answer).map_err(refused)?;
                if person.to_string() != row.person.to_string() {
                    return Err(PasskeyError::Unknown);
                }
                let key = DiscoverableKey::from(&credential);
                panel.webauthn.finish_discoverable_authentication_v2(&answer, *state, &key)
            }
            Kept::Person { person, state } => {
                if person != row.person {
                    return Err(PasskeyError::Unknown);
                }
                panel.webauthn.finish_passkey_authentication(&answer, &state)
            }
        };
        went_on(tx, &row, &mut credential, &result.map_err(refused)?, now).await?;
        Ok(Shown::checked(row.person))
    }
}

/// The passkey's counter goes on.
async fn went_on(
    tx: &mut WriteTx,
    row: &Passkey,
    credential: &mut Credential,
    result: &AuthenticationResult,
    now: Micros,
) -> Result<(), PasskeyError> {
    credential.update_credential(result);
    passkey::used(tx, row.id, json(serde_json::to_value(&*credential))?, now).await?;
    Ok(())
}

impl Made {
    /// Keeps it; none where somebody has it already.
    pub async fn keep(
        self,
        tx: &mut WriteTx,
        person: PersonId,
        name: &str,
        now: Micros,
    ) -> Result<Option<Passkey>, PasskeyError> {
        if passkey::list(tx, person).await?.len() >= passkey::MOST {
            return Err(PasskeyError::TooMany);
        }
        let row = Passkey {
            id: PasskeyId::new(),
            person,
            credential_id: URL_SAFE_NO_PAD.encode(self.credential.cred_id()),
            relying_party: self.relying_party,
            name: name.to_owned(),
            credential: json(serde_json::to_value(&self.credential))?,
            created_at: now,
            last_used_at: None,
        };
        Ok(passkey::insert(tx, &row).await?.then_some(row))
    }
}

/// A device that can is asked to keep the passkey in such a way that it needs no login; one that cannot makes it all the same.
fn prefer_discoverable(options: &mut CreationChallengeResponse) {
    if let Some(selection) = &mut options.public_key.authenticator_selection {
        selection.resident_key = Some(ResidentKeyRequirement::Preferred);
    }
}

#[cfg(test)]
mod tests;
