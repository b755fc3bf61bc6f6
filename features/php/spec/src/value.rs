//! The types of settings: each proves its range, and knows how PHP reads it.

use std::fmt;
use std::marker::PhantomData;

use names::{ByteSize, NameError, PhpFunction, RelPath, TimeZone};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// What a setting's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// An amount of bytes, as text such as `64M`.
    Bytes,
    /// A number of seconds.
    Seconds,
    /// A number of things.
    Count,
    /// True or false.
    Flag,
    /// One of a few words.
    Choice,
    /// The name of a time zone.
    TimeZone,
    /// A path below the account's home.
    Path,
    /// A list of functions of PHP.
    Functions,
}

/// A value that a setting may have.
///
/// [`Self::ini`] is safe in php-fpm's files, on its command line and in a unit: letters, digits, and `.`, `_`, `-`, `+`, `/`, `,` alone. It
/// may be empty, which stands for nothing.
pub trait Value: Serialize + DeserializeOwned + Clone + PartialEq {
    /// What it is, where the setting itself says nothing else.
    const UNIT: Unit;
    /// The least and the most, where it is a number or an amount of bytes.
    const RANGE: Option<(i64, i64)> = None;
    /// The words, where there are few.
    const CHOICES: &'static [&'static str] = &[];

    /// As PHP reads it.
    fn ini(&self) -> String;
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number<const LEAST: i32, const MOST: i32>(i32);

impl<const LEAST: i32, const MOST: i32> Number<LEAST, MOST> {
    /// Refuses with `php_range` what is out of range.
    pub fn new(number: i64) -> Result<Self, NameError> {
        match i32::try_from(number) {
            Ok(number) if (LEAST..=MOST).contains(&number) => Ok(Self(number)),
            _ => Err(range(&LEAST, &MOST)),
        }
    }

    /// The nearest number that is in range.
    pub fn clamped(number: i64) -> Self {
        let near = number.clamp(i64::from(LEAST), i64::from(MOST));
        Self(i32::try_from(near).unwrap_or(LEAST))
    }

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl<const LEAST: i32, const MOST: i32> Serialize for Number<LEAST, MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.0)
    }
}

impl<'de, const LEAST: i32, const MOST: i32> Deserialize<'de> for Number<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<const LEAST: i32, const MOST: i32>;
        impl<const LEAST: i32, const MOST: i32> Visitor<'_> for Reader<LEAST, MOST> {
            type Value = Number<LEAST, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {LEAST} to {MOST}")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Number::new(number).map_err(tagged)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Number::new(i64::try_from(number).unwrap_or(i64::MAX)).map_err(tagged)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<const LEAST: i32, const MOST: i32> Value for Number<LEAST, MOST> {
    const UNIT: Unit = Unit::Count;
    const RANGE: Option<(i64, i64)> = Some((LEAST as i64, MOST as i64));

    fn ini(&self) -> String {
        self.0.to_string()
    }
}

/// How an amount of bytes is written for PHP.
pub trait Written: fmt::Debug + Clone + Copy + PartialEq + Eq {
    /// The text.
    fn written(size: ByteSize) -> String;
}

/// As digits and one letter, such as `64M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithLetter {}
/// As a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {}
/// As a number of MiB, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mebibytes {}

impl Written for WithLetter {
    fn written(size: ByteSize) -> String {
        size.to_string()
    }
}

impl Written for Plain {
    fn written(size: ByteSize) -> String {
        size.bytes().to_string()
    }
}

impl Written for Mebibytes {
    fn written(size: ByteSize) -> String {
        size.bytes().div_ceil(1 << 20).to_string()
    }
}

/// An amount of bytes from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes<const LEAST: u64, const MOST: u64, W = WithLetter>(ByteSize, PhantomData<W>);

impl<const LEAST: u64, const MOST: u64, W> Bytes<LEAST, MOST, W> {
    /// Refuses with `php_range` what is out of range.
    pub fn new(size: ByteSize) -> Result<Self, NameError> {
        if (LEAST..=MOST).contains(&size.bytes()) {
            return Ok(Self(size, PhantomData));
        }
        let said = |bytes| ByteSize::new(bytes).map(|size| size.to_string());
        Err(range(&said(LEAST)?, &said(MOST)?))
    }

    /// The nearest amount that is in range.
    pub fn clamped(size: ByteSize) -> Self {
        Self(ByteSize::new(size.bytes().clamp(LEAST, MOST)).unwrap_or(size), PhantomData)
    }

    /// The amount.
    pub const fn size(self) -> ByteSize {
        self.0
    }
}

impl<const LEAST: u64, const MOST: u64, W> Serialize for Bytes<LEAST, MOST, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, const LEAST: u64, const MOST: u64, W> Deserialize<'de> for Bytes<LEAST, MOST, W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(ByteSize::deserialize(deserializer)?).map_err(tagged)
    }
}

impl<const LEAST: u64, const MOST: u64, W: Written> Value for Bytes<LEAST, MOST, W> {
    const UNIT: Unit = Unit::Bytes;
    #[expect(clippy::cast_possible_wrap, reason = "what is written here is far below 8 EiB")]
    const RANGE: Option<(i64, i64)> = Some((LEAST as i64, MOST as i64));

    fn ini(&self) -> String {
        W::written(self.0)
    }
}

impl Value for bool {
    const UNIT: Unit = Unit::Flag;

    fn ini(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }
}

impl Value for TimeZone {
    const UNIT: Unit = Unit::TimeZone;

    fn ini(&self) -> String {
        self.to_string()
    }
}

impl Value for RelPath {
    const UNIT: Unit = Unit::Path;

    /// Below the home, which whoever renders it puts before it.
    fn ini(&self) -> String {
        self.to_string()
    }
}

/// Functions that are switched off: in order, none twice, 100 at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Functions(Vec<PhpFunction>);

impl Functions {
    /// The most functions.
    pub const MAX: usize = 100;

    /// Puts them in order; refuses more than [`Self::MAX`] with `php_functions_too_many`.
    pub fn new(mut functions: Vec<PhpFunction>) -> Result<Self, NameError> {
        functions.sort_unstable();
        functions.dedup();
        if functions.len() > Self::MAX {
            let reason = "there are more than 100 functions";
            return Err(NameError::new("php_functions_too_many", reason, "send 100 functions at most"));
        }
        Ok(Self(functions))
    }

    /// The functions, in order.
    pub fn as_slice(&self) -> &[PhpFunction] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Functions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(tagged)
    }
}

impl Value for Functions {
    const UNIT: Unit = Unit::Functions;

    fn ini(&self) -> String {
        self.0.iter().map(PhpFunction::as_str).collect::<Vec<_>>().join(",")
    }
}

// A macro of our own: a word, what it stands for and the list of all words must not differ by accident.
macro_rules! choices {
    ($(#[$what:meta])* $name:ident; $($(#[$doc:meta])* $value:ident = $word:literal, $ini:literal;)+) => {
        $(#[$what])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $value,)+
        }

        impl Value for $name {
            const UNIT: Unit = Unit::Choice;
            const CHOICES: &'static [&'static str] = &[$($word),+];

            fn ini(&self) -> String {
                match self { $(Self::$value => $ini,)+ }.to_owned()
            }
        }
    };
}

choices! {
    /// Which errors PHP tells of. The numbers are the sums of its `E_` constants, which are the same in all versions; a pool's file knows
    /// no names.
    ErrorReporting;
    /// All there are.
    All = "all", "32767";
    /// All but what tells of things that PHP will drop (`E_DEPRECATED`, `E_STRICT`).
    NoDeprecated = "no_deprecated", "22527";
    /// As that, without notices (`E_NOTICE`, `E_USER_NOTICE`) and what scripts call outdated (`E_USER_DEPRECATED`).
    NoNotices = "no_notices", "5111";
    /// What ends a script (`E_ERROR`, `E_PARSE`, `E_CORE_ERROR`, `E_COMPILE_ERROR`, `E_USER_ERROR`, `E_RECOVERABLE_ERROR`).
    Errors = "errors", "4437";
    /// None.
    Nothing = "none", "0";
}

choices! {
    /// What browsers are told of a session's cookie (`SameSite`).
    SameSite;
    /// Nothing is said.
    Unset = "unset", "";
    /// It is sent from other sites, too; browsers take that with `Secure` alone.
    Open = "none", "None";
    /// It is sent where a visitor follows a link from another site.
    Lax = "lax", "Lax";
    /// It is sent from the site itself alone.
    Strict = "strict", "Strict";
}

choices! {
    /// The character set that PHP names in its answers.
    Charset;
    /// UTF-8
    Utf8 = "UTF-8", "UTF-8";
    /// Western European
    Latin1 = "ISO-8859-1", "ISO-8859-1";
    /// Western European with the euro
    Latin9 = "ISO-8859-15", "ISO-8859-15";
    /// Western European, of Windows
    Windows1252 = "windows-1252", "windows-1252";
    /// Central European, of Windows
    Windows1250 = "windows-1250", "windows-1250";
    /// Cyrillic, of Windows
    Windows1251 = "windows-1251", "windows-1251";
}

fn range(least: &dyn fmt::Display, most: &dyn fmt::Display) -> NameError {
    let remedy = format!("use a value from {least} to {most}");
    NameError::new("php_range", format!("the value is below {least} or above {most}"), remedy)
}

/// As the values of `names` say it to serde, so that the code comes through formats that know errors only as text.
fn tagged<E: de::Error>(error: NameError) -> E {
    E::custom(format!("{error} [{}]", error.code))
}
