//! Names of time zones.

use crate::NameError;
use crate::text::{text_inner, text_value};

/// The longest name.
const LENGTH: usize = 48;
/// The most parts between slashes: `America/Argentina/Ushuaia` has three.
const PARTS: usize = 3;

/// The name of a time zone as the IANA database writes it, such as `Europe/Berlin` or `UTC`. Whether there is such a zone is the server's to
/// say.
///
/// Safe wherever it is rendered: letters, digits, `_`, `-` and `+`, in one to three parts between slashes; no dot, so that it climbs no path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeZone(String);

text_value!(TimeZone, "the name of a time zone such as Europe/Berlin");
text_inner!(TimeZone);

impl TimeZone {
    /// Refuses with `time_zone`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
        let part = |part: &str| {
            part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && part.bytes().all(fits)
        };
        if text.len() > LENGTH || text.split('/').count() > PARTS || !text.split('/').all(part) {
            let remedy = "write it as the IANA database does, such as Europe/Berlin or UTC";
            return Err(NameError::new("time_zone", "this is not the name of a time zone", remedy));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
