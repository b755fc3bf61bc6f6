//! A contact address.

use crate::NameError;
use crate::domain::qualified;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// An address to write to: a plain local part and a domain name.
///
/// Much narrower than RFC 5321: no quoting, no comments, no Unicode local part, no address literal. Safe wherever it is
/// rendered: it has no character but ASCII letters, digits, `.`, `_`, `+`, `-` and one `@`, begins with a letter or digit, so it
/// is one word in nginx, ini files, systemd units, `sshd_config` and JSON, one column of CSV, one header value, never an option.
/// The local part keeps its case; [`EmailAddress::folded`] is for comparing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

text_inner!(EmailAddress);
text_value!(EmailAddress, "an e-mail address");

impl EmailAddress {
    /// The longest address, in bytes (RFC 5321 with its erratum).
    pub const MAX: usize = 254;

    /// Refuses with `email_empty`, `email_too_long`, `email_no_at`, `email_local_too_long`, `email_character`, `email_local_form`,
    /// or a `domain_...` code for the part behind the `@`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write an address such as alice@example.com";
        if text.is_empty() {
            return Err(NameError::new("email_empty", "the address is empty", remedy));
        }
        if text.len() > 1024 {
            return Err(too_long());
        }
        let Some((local, domain)) = text.split_once('@') else {
            return Err(NameError::new("email_no_at", "the address has no @", remedy));
        };
        if local.len() > 64 {
            let reason = "the part before the @ is longer than 64 bytes";
            return Err(NameError::new("email_local_too_long", reason, "use a shorter address"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
        if let Some(bad) = local.chars().find(|&c| !plain(c)) {
            let reason = format!("the part before the @ contains {}", quoted(bad));
            return Err(NameError::new(
                "email_character",
                reason,
                "use letters, digits and . _ + - before the @",
            ));
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let last = local.chars().next_back();
        if !edge(local.chars().next()) || local.contains("..") || last == Some('.') {
            let reason = "the part before the @ is empty, begins with a sign or has a misplaced dot";
            return Err(NameError::new("email_local_form", reason, remedy));
        }
        let address = format!("{local}@{}", qualified(domain)?);
        if address.len() > Self::MAX {
            return Err(too_long());
        }
        Ok(Self(address))
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part behind the `@`, as A-labels.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address in lower case, as the key under which two spellings are the same person.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

fn too_long() -> NameError {
    NameError::new("email_too_long", "the address is longer than 254 bytes", "use a shorter address")
}

#[cfg(test)]
mod tests;
