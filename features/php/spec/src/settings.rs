//! Every setting of PHP, in one table: name, type with its range, what is usual, and how PHP is told.

use names::{ByteSize, RelPath, TimeZone};
use serde::{Deserialize, Deserializer, Serialize};

use crate::value::{
    Bytes, Charset, ErrorReporting, Functions, Mebibytes, Number, Plain, SameSite, Unit, Value,
};

/// How PHP is told of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// By the pool, for scripts that say nothing else (`php_value`).
    Open,
    /// By the pool, and no script can say otherwise (`php_admin_value`).
    Held,
    /// When the master starts, by its command line: what PHP reads once, before it reads a pool.
    AtStart,
    /// A directive of the pool itself.
    Pool,
}

/// What is known of a setting beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What PHP calls it, or php-fpm.
    pub directive: &'static str,
    /// How PHP is told.
    pub told: Told,
    /// What its value is.
    pub unit: Unit,
    /// The least and the most of a number, or of an amount in bytes.
    pub range: Option<(i64, i64)>,
    /// The words that may be chosen.
    pub choices: &'static [&'static str],
    /// What holds where nobody says anything, as JSON; null: nothing does.
    pub usual: serde_json::Value,
    /// In one or two sentences.
    pub what: &'static str,
}

/// Left out is none, null is none within.
#[expect(clippy::option_option, reason = "left out, null and a value are three different wishes")]
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

// A macro of our own: a setting's field, its name, its type and its facts must not differ by accident.
macro_rules! settings {
    ($(#[doc = $what:literal] $setting:ident $field:ident: $type:ty = $unit:expr, $told:ident $directive:literal, $usual:expr;)+) => {
        /// The name of a setting.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Setting {
            $(#[doc = $what] $setting,)+
        }

        impl Setting {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$setting,)+];

            /// The name in the database and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$setting => stringify!($field),)+ }
            }

            /// What is known of it.
            pub fn facts(self) -> Facts {
                match self {
                    $(Self::$setting => Facts {
                        directive: $directive,
                        told: Told::$told,
                        unit: $unit,
                        range: <$type as Value>::RANGE,
                        choices: <$type as Value>::CHOICES,
                        usual: json(&{ let usual: Option<$type> = $usual; usual }),
                        what: $what.trim_ascii(),
                    },)+
                }
            }
        }

        /// Settings that somebody chose; what is none is as usual.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Settings {
            $(#[doc = $what] #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)+
        }

        impl Settings {
            /// These, and what they leave out as the others say.
            #[must_use]
            pub fn over(&self, below: &Self) -> Self {
                Self { $($field: self.$field.clone().or_else(|| below.$field.clone()),)+ }
            }

            /// A setting's value as JSON; null: as usual.
            pub fn json(&self, setting: Setting) -> serde_json::Value {
                match setting { $(Setting::$setting => json(&self.$field),)+ }
            }

            /// A setting's value as PHP reads it; none: as usual.
            pub fn ini(&self, setting: Setting) -> Option<String> {
                match setting { $(Setting::$setting => self.$field.as_ref().map(Value::ini),)+ }
            }
        }

        /// What is to be otherwise of settings: what is left out stays, null is as whoever stands below says.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(clippy::option_option, reason = "left out, null and a value are three different wishes")]
        pub struct EditSettings {
            $(#[doc = $what] #[serde(default, deserialize_with = "nullable")] pub $field: Option<Option<$type>>,)+
        }

        impl EditSettings {
            /// The settings with what is to be otherwise.
            #[must_use]
            pub fn applied(&self, before: &Settings) -> Settings {
                Settings { $($field: self.$field.clone().unwrap_or_else(|| before.$field.clone()),)+ }
            }

            /// Which settings it names.
            pub fn named(&self) -> Vec<Setting> {
                let mut named = Vec::new();
                $(if self.$field.is_some() { named.push(Setting::$setting); })+
                named
            }
        }
    };
}

/// The most memory of one request that may be chosen.
const MEMORY: u64 = 8 << 30;
/// The largest upload: what the web server takes of a request at most.
const UPLOAD: u64 = 10 << 30;
/// For so long, in seconds, the web server waits for a script.
pub const SCRIPT_SECONDS: i32 = 300;
/// A year, in seconds.
const YEAR: i32 = 31_536_000;

/// PHP's own usual value.
pub const MEMORY_LIMIT: ByteSize = ByteSize::mebibytes(128);
/// What the web server takes as a request's body where a site says nothing else.
pub const UPLOAD_LIMIT: ByteSize = ByteSize::mebibytes(64);
/// PHP's own usual value, in seconds.
pub(crate) const MAX_EXECUTION_TIME: i64 = 30;

settings! {
    /// The most memory that one request may take.
    MemoryLimit memory_limit: Bytes<{ 16 << 20 }, MEMORY> = Unit::Bytes, Held "memory_limit", Some(Bytes::clamped(MEMORY_LIMIT));
    /// The largest file that may be uploaded. All of a request may be as large (`post_max_size`), and the web server takes as much.
    UploadLimit upload_limit: Bytes<{ 1 << 20 }, UPLOAD> = Unit::Bytes, Held "upload_max_filesize", Some(Bytes::clamped(UPLOAD_LIMIT));
    /// For how long a script may compute. Waiting for a database or another server does not count.
    MaxExecutionTime max_execution_time: Number<1, SCRIPT_SECONDS> = Unit::Seconds, Held "max_execution_time", Some(Number::clamped(MAX_EXECUTION_TIME));
    /// For how long PHP may read what a visitor sends.
    MaxInputTime max_input_time: Number<1, SCRIPT_SECONDS> = Unit::Seconds, Open "max_input_time", Some(Number::clamped(60));
    /// The most fields that a form may have.
    MaxInputVars max_input_vars: Number<100, 100_000> = Unit::Count, Open "max_input_vars", Some(Number::clamped(1000));
    /// The most files in one request.
    MaxFileUploads max_file_uploads: Number<1, 1000> = Unit::Count, Held "max_file_uploads", Some(Number::clamped(20));
    /// Errors are shown to visitors. That helps while a site is made, and tells strangers what they should not know.
    DisplayErrors display_errors: bool = Unit::Flag, Open "display_errors", Some(false);
    /// Which errors PHP tells of.
    ErrorReporting error_reporting: ErrorReporting = Unit::Choice, Open "error_reporting", Some(ErrorReporting::NoDeprecated);
    /// Errors are written to `logs/php-error.log` in the account's home.
    LogErrors log_errors: bool = Unit::Flag, Open "log_errors", Some(true);
    /// The time zone of dates.
    TimeZone time_zone: TimeZone = Unit::TimeZone, Open "date.timezone", TimeZone::parse("UTC").ok();
    /// For how long what is kept of a visitor's session stays after the last request. Where it is chosen, PHP tidies up itself.
    SessionLifetime session_lifetime: Number<60, YEAR> = Unit::Seconds, Open "session.gc_maxlifetime", Some(Number::clamped(1440));
    /// For how long a browser keeps a session's cookie; 0: until it is closed.
    SessionCookieLifetime session_cookie_lifetime: Number<0, YEAR> = Unit::Seconds, Open "session.cookie_lifetime", Some(Number::clamped(0));
    /// Browsers send a session's cookie by HTTPS alone.
    SessionCookieSecure session_cookie_secure: bool = Unit::Flag, Open "session.cookie_secure", Some(false);
    /// Scripts in the browser do not see a session's cookie.
    SessionCookieHttponly session_cookie_httponly: bool = Unit::Flag, Open "session.cookie_httponly", Some(false);
    /// Whether browsers send a session's cookie where another site leads here.
    SessionCookieSamesite session_cookie_samesite: SameSite = Unit::Choice, Open "session.cookie_samesite", Some(SameSite::Unset);
    /// How much of an answer is kept back before it is sent; 0: nothing.
    OutputBuffering output_buffering: Bytes<0, { 1 << 20 }, Plain> = Unit::Bytes, Open "output_buffering", ByteSize::new(4096).ok().map(Bytes::clamped);
    /// `<?` begins PHP as well as `<?php` does.
    ShortOpenTag short_open_tag: bool = Unit::Flag, Open "short_open_tag", Some(false);
    /// The character set that answers name.
    DefaultCharset default_charset: Charset = Unit::Choice, Open "default_charset", Some(Charset::Utf8);
    /// For how long a script waits for another server that says nothing.
    DefaultSocketTimeout default_socket_timeout: Number<1, SCRIPT_SECONDS> = Unit::Seconds, Open "default_socket_timeout", Some(Number::clamped(60));
    /// Functions that open files open addresses on the web, too.
    AllowUrlFopen allow_url_fopen: bool = Unit::Flag, Held "allow_url_fopen", Some(true);
    /// Scripts are kept in memory as they were compiled.
    Opcache opcache: bool = Unit::Flag, AtStart "opcache.enable", Some(true);
    /// How much memory compiled scripts may take.
    OpcacheMemory opcache_memory: Bytes<{ 8 << 20 }, { 1 << 30 }, Mebibytes> = Unit::Bytes, AtStart "opcache.memory_consumption", Some(Bytes::clamped(ByteSize::mebibytes(128)));
    /// PHP looks whether a file was changed. Without it a change is seen after an opcache reset alone.
    OpcacheValidateTimestamps opcache_validate_timestamps: bool = Unit::Flag, Open "opcache.validate_timestamps", Some(true);
    /// How often PHP looks whether a file was changed; 0: at each request.
    OpcacheRevalidateFreq opcache_revalidate_freq: Number<0, 3600> = Unit::Seconds, Open "opcache.revalidate_freq", Some(Number::clamped(0));
    /// How much memory each worker takes to remember where files lie.
    RealpathCacheSize realpath_cache_size: Bytes<{ 16 << 10 }, { 64 << 20 }> = Unit::Bytes, Held "realpath_cache_size", ByteSize::new(4 << 20).ok().map(Bytes::clamped);
    /// For how long a worker remembers where a file lies.
    RealpathCacheTtl realpath_cache_ttl: Number<0, 86_400> = Unit::Seconds, Held "realpath_cache_ttl", Some(Number::clamped(120));
    /// A script that runs before each other one, below the account's home. It lies within the site's document root.
    AutoPrependFile auto_prepend_file: RelPath = Unit::Path, Open "auto_prepend_file", None;
    /// Functions that scripts cannot call, besides those that the server has switched off.
    DisableFunctions disable_functions: Functions = Unit::Functions, Held "disable_functions", Some(Functions::default());
    /// How many digits a number with a fraction is shown with; -1: as many as it takes to read it back.
    Precision precision: Number<-1, 17> = Unit::Count, Open "precision", Some(Number::clamped(14));
    /// PHP packs its answers for browsers that can unpack them.
    OutputCompression output_compression: bool = Unit::Flag, Open "zlib.output_compression", Some(false);
    /// How many requests are worked on at once, at most.
    Workers workers: Number<1, 500> = Unit::Count, Pool "pm.max_children", None;
    /// After so many requests a worker makes room for a fresh one.
    WorkerRequests worker_requests: Number<10, 100_000> = Unit::Count, Pool "pm.max_requests", Some(Number::clamped(1000));
    /// After so long without a request a worker ends.
    WorkerIdleTime worker_idle_time: Number<1, 3600> = Unit::Seconds, Pool "pm.process_idle_timeout", Some(Number::clamped(10));
}

impl Setting {
    /// A site alone may have it: it is about its own files.
    pub const fn is_of_sites(self) -> bool {
        matches!(self, Self::AutoPrependFile)
    }

    /// Reads a name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.as_str() == text)
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Settings {
    /// Nothing was chosen.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Which of these a pool's other fields say: what a pool always has.
    pub fn said_by_pool(&self) -> Option<Setting> {
        let said = [Setting::MemoryLimit, Setting::UploadLimit, Setting::Workers];
        said.into_iter().find(|setting| !self.json(*setting).is_null())
    }
}
