//! Who may enter a directory that asks for a password (RFC 7617).

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// What a browser shows when it asks for a password: 1 to 64 visible ASCII characters and inner spaces, without `"`, `\` and `$`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(String);

text_inner!(Realm);
text_value!(Realm, "what a browser shows when it asks for a password");

impl Realm {
    /// Refuses with `realm_length`, `realm_character`, `realm_space`, `realm_off`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write a few words such as Members only";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if !(1..=64).contains(&text.len()) {
            return refuse("realm_length", "the words are empty or longer than 64 bytes");
        }
        let fits = |c: &char| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '"' | '\\' | '$');
        if let Some(bad) = text.chars().find(|c| !fits(c)) {
            return refuse("realm_character", &format!("the words contain {}", quoted(bad)));
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return refuse("realm_space", "the words begin or end with a space");
        }
        if text == "off" {
            return refuse("realm_off", "the word off would let everybody in");
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of somebody who may enter: 1 to 64 letters, digits, `.`, `_`, `-`, `@`, `+`, beginning with a letter or digit.
///
/// Safe in a line of a password file: no colon, no line end, no sign of a comment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasicUser(String);

text_inner!(BasicUser);
text_value!(BasicUser, "the name of somebody who may enter");

impl BasicUser {
    /// Refuses with `basic_user_length`, `basic_user_character`, `basic_user_first`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use letters, digits, dots, underscores and hyphens";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if !(1..=64).contains(&text.len()) {
            return refuse("basic_user_length", "the name is empty or longer than 64 bytes");
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"._-@+".contains(*c)) {
            return refuse("basic_user_character", &format!("the name contains {}", quoted(bad)));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return refuse("basic_user_first", "the name does not begin with a letter or digit");
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
