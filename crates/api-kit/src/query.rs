//! Query parameters, read strictly: an unknown one is refused, since `?dry-run=true` misspelt would do the thing for real.
//!
//! A handler takes `Query<T>`, where `T` is one [`QueryPart`] or a tuple of them. Each part names the parameters that it reads, and
//! whatever none of them names is refused.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use names::NameError;

use crate::error::{ApiError, FieldError};

/// More parameters than this are refused before they are looked at.
const MOST: usize = 32;
/// Bytes of one decoded value.
const LONGEST: usize = 1024;
/// Bytes of one that is looked for.
const LONGEST_WORD: usize = 200;

/// A group of query parameters.
pub trait QueryPart: Sized {
    /// The parameters' names.
    const NAMES: &'static [&'static str];

    /// Reads them; refusals are noted in `pairs`, and a value is made up in their place.
    fn read(pairs: &mut Pairs) -> Self;
}

/// The parameters of one request.
#[derive(Debug, Default)]
pub struct Pairs {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Pairs {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut parsed = Self::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                return Err(ApiError::malformed("malformed_query", "A query parameter is not well encoded."));
            };
            if parsed.pairs.len() == MOST || value.len() > LONGEST {
                return Err(ApiError::malformed("malformed_query", "The query is too long."));
            }
            if parsed.pairs.iter().any(|(other, _)| *other == name) {
                parsed.refuse(&name, "duplicate_field", "This parameter comes twice.", "Send it once.");
            }
            parsed.pairs.push((name, value));
        }
        Ok(parsed)
    }

    /// A parameter's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A text to look for: of 1 to 200 bytes, as nothing that is searched is longer.
    pub fn word(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?.to_owned();
        if text.is_empty() || text.len() > LONGEST_WORD {
            self.refuse(name, "out_of_range", "So long a text is nowhere.", "Send 1 to 200 bytes.");
        }
        Some(text)
    }

    /// A parameter, parsed. One that does not parse is noted as refused, with the error's words.
    pub fn optional<T: FromStr<Err = NameError>>(&mut self, name: &str) -> Option<T> {
        match self.text(name)?.parse::<T>() {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(FieldError::of_name(format!("?{name}"), &error));
                None
            }
        }
    }

    /// A whole number that is not negative.
    pub fn number(&mut self, name: &str) -> Option<u64> {
        let number = self.text(name)?.parse().ok();
        if number.is_none() {
            self.refuse(name, "wrong_type", "This is not a whole number.", "Send digits alone.");
        }
        number
    }

    /// A truth value: `true` or `false`; `false` where it is absent.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name) {
            Some("true") => true,
            None | Some("false") => false,
            Some(_) => {
                self.refuse(name, "wrong_type", "This is neither true nor false.", "Send true or false.");
                false
            }
        }
    }

    /// As [`Pairs::flag`], or `None` where it is absent.
    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        self.text(name)?;
        Some(self.flag(name))
    }

    /// Notes a refused parameter.
    pub fn refuse(&mut self, name: &str, code: &'static str, reason: &str, remedy: &str) {
        self.errors.push(FieldError::new(format!("?{name}"), code, reason, remedy));
    }
}

/// `%XX` and `+` undone once; `None` where it is not UTF-8, holds control characters, or is not well-formed.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let mut value = [0];
                hex::decode_to_slice(digits, &mut value).ok()?;
                value[0]
            }
            other => other,
        });
    }
    String::from_utf8(plain).ok().filter(|text| !text.chars().any(char::is_control))
}

/// The query of a request.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Sync, T: QueryParts> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query as the extractor does.
pub fn parse<T: QueryParts>(query: &str) -> Result<T, ApiError> {
    let mut pairs = Pairs::parse(query)?;
    let known = T::names();
    let unknown: Vec<String> = pairs
        .pairs
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, _)| shown(name))
        .collect();
    for name in unknown {
        let remedy = match known.as_slice() {
            [] => String::from("Leave it out: there are none here."),
            names => format!("These are known here: {}.", names.join(", ")),
        };
        pairs.refuse(&name, "unknown_field", "There is no such parameter.", &remedy);
    }
    let value = T::read_all(&mut pairs);
    if pairs.errors.is_empty() { Ok(value) } else { Err(ApiError::invalid_all(pairs.errors)) }
}

/// An unknown name is a stranger's text: cut short.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// One part, or a tuple of parts.
pub trait QueryParts: Sized {
    /// The names of all parts.
    fn names() -> Vec<&'static str>;
    /// Reads all parts.
    fn read_all(pairs: &mut Pairs) -> Self;
}

impl<A: QueryPart> QueryParts for A {
    fn names() -> Vec<&'static str> {
        A::NAMES.to_vec()
    }

    fn read_all(pairs: &mut Pairs) -> Self {
        A::read(pairs)
    }
}

impl QueryParts for () {
    fn names() -> Vec<&'static str> {
        Vec::new()
    }

    fn read_all(_: &mut Pairs) -> Self {}
}

impl<A: QueryPart, B: QueryPart> QueryParts for (A, B) {
    fn names() -> Vec<&'static str> {
        [A::NAMES, B::NAMES].concat()
    }

    fn read_all(pairs: &mut Pairs) -> Self {
        (A::read(pairs), B::read(pairs))
    }
}

impl<A: QueryPart, B: QueryPart, C: QueryPart> QueryParts for (A, B, C) {
    fn names() -> Vec<&'static str> {
        [A::NAMES, B::NAMES, C::NAMES].concat()
    }

    fn read_all(pairs: &mut Pairs) -> Self {
        (A::read(pairs), B::read(pairs), C::read(pairs))
    }
}

impl<A: QueryPart, B: QueryPart, C: QueryPart, D: QueryPart> QueryParts for (A, B, C, D) {
    fn names() -> Vec<&'static str> {
        [A::NAMES, B::NAMES, C::NAMES, D::NAMES].concat()
    }

    fn read_all(pairs: &mut Pairs) -> Self {
        (A::read(pairs), B::read(pairs), C::read(pairs), D::read(pairs))
    }
}

#[cfg(test)]
mod tests;
