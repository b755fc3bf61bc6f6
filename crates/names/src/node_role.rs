//! What a server is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::NameError;

/// What a server is for; a role's packages are installed together.
///
/// Safe wherever it is rendered: one of a few words of lower-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeRole {
    /// Web sites with PHP, and SFTP.
    Web,
}

impl NodeRole {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Web];

    /// The name, as in `holdfast-packages@web.service` and in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
        }
    }

    /// What it is for, in a few words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Web => "Web sites with PHP, and SFTP",
        }
    }

    /// Reads the name; refuses with `role_unknown`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| {
            NameError::new("role_unknown", "there is no such role of a server", "the roles are: web")
        })
    }
}

impl fmt::Display for NodeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for NodeRole {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_by_its_name_alone() {
        for role in NodeRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        for text in ["Web", "", "web ", "web,web", "../web"] {
            assert_eq!(text.parse::<NodeRole>().unwrap_err().code, "role_unknown", "{text:?}");
        }
    }
}
