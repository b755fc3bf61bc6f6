//! Amounts of bytes.

use std::fmt;

use crate::NameError;
use crate::text::text_value;

/// A number of bytes, written as `1536`, `512K`, `64M`, `1G` or `2T` (powers of 1024).
///
/// Safe wherever it is rendered: digits and at most one letter of `KMGT`, the largest that divides it, which nginx (up to `G`),
/// PHP's ini (up to `G`) and systemd read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

text_value!(ByteSize, "an amount of bytes such as 64M");

const UNITS: [(char, u32); 4] = [('T', 40), ('G', 30), ('M', 20), ('K', 10)];

impl ByteSize {
    /// The largest amount: what fits a signed 64-bit column.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// So many bytes; refuses more than [`ByteSize::MAX`] with `size_too_large`.
    pub fn new(bytes: u64) -> Result<Self, NameError> {
        if bytes > Self::MAX.0 { Err(too_large()) } else { Ok(Self(bytes)) }
    }

    /// So many times 1024 * 1024 bytes.
    pub const fn mebibytes(count: u32) -> Self {
        Self((count as u64) << 20)
    }

    /// Digits without a leading zero and at most one of `kKmMgGtT`; refuses with `size` or `size_too_large`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
        let suffix = &text[digits.len()..];
        let leading = digits.len() > 1 && digits.starts_with('0');
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || suffix.len() > 1 || leading {
            let remedy = "write a whole number, with K, M, G or T behind it if you like, such as 64M";
            return Err(NameError::new("size", "this is not an amount of bytes", remedy));
        }
        if digits.len() > 19 {
            return Err(too_large());
        }
        let shift =
            UNITS.iter().find(|(unit, _)| suffix.eq_ignore_ascii_case(&unit.to_string())).map_or(0, |u| u.1);
        let count: u64 = digits.parse().map_err(|_| too_large())?;
        Self::new(count.checked_mul(1 << shift).ok_or_else(too_large)?)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

fn too_large() -> NameError {
    NameError::new("size_too_large", "the amount is larger than 8 EiB", "use a smaller amount")
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, shift) in UNITS {
            if self.0 > 0 && self.0.trailing_zeros() >= shift {
                return write!(f, "{}{unit}", self.0 >> shift);
            }
        }
        write!(f, "{}", self.0)
    }
}

/// The largest request body that a site takes: 1 KiB to 10 GiB.
///
/// Rendered as [`ByteSize`] is. Zero is not allowed: to nginx it means "no limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodySize(ByteSize);

text_value!(BodySize, "a body size such as 64M");

impl BodySize {
    /// 1 KiB
    pub const MIN: Self = Self(ByteSize(1 << 10));
    /// 10 GiB
    pub const MAX: Self = Self(ByteSize(10 << 30));

    /// Refuses with `body_size_range`.
    pub fn new(size: ByteSize) -> Result<Self, NameError> {
        if size < Self::MIN.0 || size > Self::MAX.0 {
            let reason = "the body size is below 1K or above 10G";
            return Err(NameError::new("body_size_range", reason, "use an amount from 1K to 10G"));
        }
        Ok(Self(size))
    }

    /// Refuses as [`ByteSize::parse`] does, and with `body_size_range`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::new(ByteSize::parse(text)?)
    }

    /// The amount.
    pub const fn size(self) -> ByteSize {
        self.0
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0.0
    }
}

/// 64 MiB
impl Default for BodySize {
    fn default() -> Self {
        Self(ByteSize::mebibytes(64))
    }
}

impl fmt::Display for BodySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
