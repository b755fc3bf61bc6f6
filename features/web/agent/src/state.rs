//! What the committer must know after a crash: one small document beside the mirror, written before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use hostd::{Host, HostError};
use names::{Digest, ListenAddr, SiteId};
use serde::{Deserialize, Serialize};

use crate::layout::STATE;

/// The document. Its directory is root's alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// The document's version: 1.
    pub(crate) version: u32,
    /// The digest of the tree that nginx was seen to serve. None: it must load the tree.
    pub(crate) loaded: Option<Digest>,
    /// Where nginx listens with this tree.
    pub(crate) listen: Vec<ListenAddr>,
    /// Where it listens for HTTPS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) listen_tls: Vec<ListenAddr>,
    /// Sites whose last change, their end as well, was not yet seen from outside.
    pub(crate) unseen: BTreeSet<SiteId>,
    /// The base is gone, and nginx was not yet seen to do without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) removed: bool,
    /// The round that was under way.
    pub(crate) round: Round,
}

/// How far a round came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Round {
    /// None is under way: the mirror is what we last put into the live tree.
    Idle,
    /// Files of the mirror are being changed for a test; these are their contents before, to go back to.
    Staging(BTreeMap<String, Option<String>>),
    /// The test was passed: the live files are being replaced by those of the mirror, to be finished whatever happens.
    Switching(BTreeMap<String, Move>),
}

/// One file on its way into the live tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    /// The content that it replaces; none where there was no file.
    pub(crate) before: Option<Digest>,
    /// The content in the mirror; none where the file goes.
    pub(crate) after: Option<Digest>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: 1,
            loaded: None,
            listen: Vec::new(),
            listen_tls: Vec::new(),
            unseen: BTreeSet::new(),
            removed: false,
            round: Round::Idle,
        }
    }
}

impl State {
    /// Reads the document; a missing one is that of a server without a tree.
    pub(crate) fn load(host: &Host) -> Result<Self, StateError> {
        let Some(text) = host.files().read_text(STATE)? else { return Ok(Self::default()) };
        serde_json::from_str(&text).map_err(|e| StateError::Unreadable(format!("{STATE}: {e}")))
    }

    /// Writes the document.
    pub(crate) fn save(&self, host: &Host) -> Result<(), StateError> {
        let text =
            serde_json::to_string(self).map_err(|e| StateError::Unreadable(format!("{STATE}: {e}")))?;
        Ok(host.files().write(STATE, text.as_bytes(), 0o600, (0, 0))?)
    }
}

/// The document could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is not as we write it.
    #[error("{0}")]
    Unreadable(String),
    /// The host.
    #[error(transparent)]
    Host(#[from] HostError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_read_as_it_was_written_by_the_first_release() {
        let id = SiteId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let digest = Digest::of("x");
        let one = Move { before: None, after: Some(digest) };
        let state = State {
            loaded: Some(digest),
            listen: vec!["[::]:80".parse().unwrap()],
            unseen: [id].into(),
            round: Round::Switching([("maps/host-00.map".to_owned(), one)].into()),
            ..State::default()
        };
        let golden = include_str!("state/v1.json").trim_end();
        assert_eq!(serde_json::to_string(&state).unwrap(), golden);
        assert_eq!(serde_json::from_str::<State>(golden).unwrap(), state);
        assert!(serde_json::from_str::<State>(&golden.replace("\"unseen\"", "\"unsaw\"")).is_err());
    }
}
