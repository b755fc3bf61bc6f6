//! What names one converging object.

use std::fmt;

/// An object's kind and id. Kinds are the words of [`converge::Spec::KIND`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind, such as `site`.
    pub kind: &'static str,
    /// The id, as text.
    pub id: String,
}

impl Key {
    /// The key of an object of kind `S`.
    pub fn of<S: converge::Spec>(id: &S::Key) -> Self {
        Self { kind: S::KIND, id: id.to_string() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}
