//! The questions that wait for an answer, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use names::{Digest, Micros, OpaqueToken, PersonId};
use serde_json::Value;
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration};

use crate::{Asked, LASTS, PasskeyError};

/// Questions at once; one is a kilobyte or two.
pub(crate) const MOST: usize = 2000;

/// What was asked.
#[derive(Debug)]
pub(crate) enum Kept {
    /// A new passkey of a person.
    New { person: PersonId, relying_party: String, state: Box<PasskeyRegistration> },
    /// A passkey of anyone.
    Anyone(Box<DiscoverableAuthentication>),
    /// A passkey of a person.
    Person { person: PersonId, state: Box<PasskeyAuthentication> },
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Questions {
    waiting: Arc<Mutex<HashMap<Digest, (Micros, Kept)>>>,
}

impl Questions {
    pub(crate) fn keep(&self, kept: Kept, options: Value, now: Micros) -> Result<Asked, PasskeyError> {
        let question = OpaqueToken::generate().map_err(|error| PasskeyError::Question(Box::new(error)))?;
        let expires_at = now.plus(LASTS);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (until, _)| *until > now);
        if waiting.len() >= MOST
            && let Some(oldest) = waiting.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| *key)
        {
            waiting.remove(&oldest);
        }
        waiting.insert(question.hash(), (expires_at, kept));
        Ok(Asked { question, options, expires_at })
    }

    /// The question, which is gone with that.
    pub(crate) fn answered(&self, question: &OpaqueToken, now: Micros) -> Option<Kept> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, kept) = waiting.remove(&question.hash())?;
        (until > now).then_some(kept)
    }
}
