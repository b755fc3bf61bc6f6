//! Which passwords are taken.
//!
//! Not shorter than the installation asks for, and not easy to guess: zxcvbn's estimate of the guesses that it takes, which knows common
//! passwords, words, names, dates and keyboards, and to which what everybody knows of the person (login, address, the panel's name) is as
//! good as a common password. No rule of the kind "one digit and one capital": those make `Password1!`, and are not kept here.
//!
//! The estimate's work grows steeply with hostile input (a hundred characters that could each stand for a letter: two thirds of a second),
//! so [`LOOKED_AT`] characters are looked at, and it runs where passwords are hashed: on two threads at most.

use names::Password;
use zxcvbn::Score;

/// Characters that are looked at. What comes after them makes no password weaker.
const LOOKED_AT: usize = 40;
/// Words about the person that are looked for.
const MOST_WORDS: usize = 24;

/// What this installation asks of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The least number of characters.
    pub least: usize,
    /// The panel's host name, where it has one.
    pub panel: Option<String>,
}

impl Policy {
    /// The least number of characters, where nobody sets it.
    pub const LEAST: usize = 10;

    /// Looks for what makes the password weak; `about` is what everybody knows of the person.
    ///
    /// Takes up to a tenth of a second: called by [`Passwords`](crate::Passwords::check) alone.
    pub(crate) fn check(&self, password: &Password, about: &[String]) -> Result<(), Weak> {
        if password.expose().chars().count() < self.least {
            return Err(Weak::TooShort { least: self.least });
        }
        let head: String = password.expose().chars().take(LOOKED_AT).collect();
        let known = words(about.iter().chain(&self.panel).map(String::as_str));
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let found = zxcvbn::zxcvbn(&head, &known);
        if found.score() >= Score::Three {
            return Ok(());
        }
        let feedback = found.feedback();
        let why = feedback.and_then(zxcvbn::feedback::Feedback::warning).map(|warning| warning.to_string());
        let what = feedback.into_iter().flat_map(zxcvbn::feedback::Feedback::suggestions);
        Err(Weak::Guessable {
            why: why.unwrap_or_else(|| "It is easy to guess.".to_owned()),
            remedy: what.map(ToString::to_string).collect::<Vec<_>>().join(" "),
        })
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { least: Self::LEAST, panel: None }
    }
}

/// Each text, and the words that it is made of.
fn words<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let parts = texts.flat_map(|text| {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() > 2);
        std::iter::once(text).chain(parts)
    });
    parts.take(MOST_WORDS).map(str::to_lowercase).collect()
}

/// Why a password is not taken. It says nothing of the password that was not in the general words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Too few characters.
    #[error("the password has fewer than {least} characters")]
    TooShort {
        /// How many it must have.
        least: usize,
    },
    /// Too few guesses.
    #[error("the password is easy to guess")]
    Guessable {
        /// Why, in a sentence.
        why: String,
        /// What to do, in a few sentences.
        remedy: String,
    },
}

#[cfg(test)]
mod tests;
