//! Which hand edits a person decided to take back.

use std::collections::BTreeMap;

use names::Digest;
use serde::{Deserialize, Serialize};

use crate::reconcile::Edit;

/// Per absolute path, the foreign content that was looked at. What is edited once more is another edit, and not among
/// these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TakeBack(BTreeMap<String, Digest>);

impl TakeBack {
    /// All of these edits.
    pub fn all(edits: &[Edit]) -> Self {
        edits.iter().map(|edit| (edit.path.clone(), edit.foreign_digest)).collect()
    }

    /// Whether what is at a path is taken back.
    pub fn covers(&self, path: &str, foreign: &Digest) -> bool {
        self.0.get(path) == Some(foreign)
    }

    /// Nothing is taken back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds decisions; of two about one file, the later counts.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl FromIterator<(String, Digest)> for TakeBack {
    fn from_iter<I: IntoIterator<Item = (String, Digest)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}
