//! The server's own name.

use crate::NameError;
use crate::domain::ends_in_number;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// A host's name as the kernel has it: one or more labels of letters, digits and hyphens, lower case, no trailing dot.
///
/// Unlike a [`crate::DomainName`] it may be a single label and may have any ending, since it is what the machine is called.
/// Safe wherever it is rendered for the same reason: nothing but lower-case letters, digits, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(String);

text_inner!(Hostname);
text_value!(Hostname, "a host name");

impl Hostname {
    /// Refuses with `hostname_empty`, `hostname_too_long`, `hostname_character`, `hostname_label`, `hostname_numeric`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use letters, digits and hyphens between the dots, such as server1.example.com";
        let bare = text.strip_suffix('.').unwrap_or(text);
        if bare.is_empty() {
            return Err(NameError::new("hostname_empty", "the host name is empty", remedy));
        }
        if bare.len() > 253 {
            return Err(NameError::new(
                "hostname_too_long",
                "the host name is longer than 253 bytes",
                remedy,
            ));
        }
        if let Some(bad) = bare.chars().find(|&c| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')) {
            let reason = format!("the host name contains {}", quoted(bad));
            return Err(NameError::new("hostname_character", reason, remedy));
        }
        let fits = |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
        if !bare.split('.').all(fits) {
            let reason = "a part of the host name is empty, longer than 63 bytes or has a hyphen at its edge";
            return Err(NameError::new("hostname_label", reason, remedy));
        }
        let lower = bare.to_ascii_lowercase();
        if lower.rsplit('.').next().is_some_and(ends_in_number) {
            return Err(NameError::new(
                "hostname_numeric",
                "the host name ends in a number, like an IP address",
                remedy,
            ));
        }
        Ok(Self(lower))
    }

    /// The part before the first dot.
    pub fn short(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }
}

#[cfg(test)]
mod tests;
