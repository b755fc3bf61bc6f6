//! An account's name, which is its Linux user, its group, its slice and its home.

mod reserved;

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// The name of an account: `[a-z][a-z0-9]{1,30}`, not one of the system's names.
///
/// Safe wherever it is rendered: it has no character but lower-case letters and digits, so it is one word in nginx, ini files,
/// systemd units, `sshd_config` and JSON; it is no number (tools would take it for a uid), has no dash (`holdfast-a-b.slice`
/// would nest), no dot and no slash, so it is one path segment; and it does not begin with a dash, so it is never an option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

text_inner!(AccountName);
text_value!(AccountName, "an account name");

impl AccountName {
    /// The longest name, in bytes; `useradd` takes 32.
    pub const MAX: usize = 31;

    /// Refuses what is not an account name: `account_name_empty`, `account_name_too_short`, `account_name_too_long`,
    /// `account_name_first`, `account_name_character`, `account_name_reserved`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use 2 to 31 lower-case letters and digits, beginning with a letter";
        let Some(first) = text.chars().next() else {
            return Err(NameError::new("account_name_empty", "the account name is empty", remedy));
        };
        if text.len() > Self::MAX {
            let reason = format!("the account name is longer than {} bytes", Self::MAX);
            return Err(NameError::new("account_name_too_long", reason, remedy));
        }
        if !first.is_ascii_lowercase() {
            let reason = format!("the account name begins with {}", quoted(first));
            return Err(NameError::new("account_name_first", reason, remedy));
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit()) {
            let reason = format!("the account name contains {}", quoted(bad));
            return Err(NameError::new("account_name_character", reason, remedy));
        }
        if text.len() < 2 {
            return Err(NameError::new(
                "account_name_too_short",
                "the account name has a single letter",
                remedy,
            ));
        }
        if reserved::is_reserved(text) {
            return Err(NameError::new(
                "account_name_reserved",
                "the name belongs to the system, to a service or to the panel",
                "choose another name",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
