//! The names of all limits, each with what it counts and how it is held.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use crate::amount::Amount;

/// How a limit is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By the database: each of them is taken from a counter when it is made.
    Counted,
    /// By the host, and given out: an organisation gives its accounts no more of it than it has.
    Given,
    /// By looking at what was used.
    Measured,
    /// By the host, for each account by itself.
    Host,
}

/// What a limit's number is a number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Bytes in each month.
    BytesPerMonth,
    /// Per cent of one processor.
    Percent,
    /// A share among others.
    Weight,
}

// A macro of our own: the value, its name in the database and its facts must not differ by accident.
macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $words:literal, $kind:ident, $unit:ident, $range:expr, $usual:expr;)+) => {
        /// Something of which there is a most.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit {
            $($(#[$doc])* $name,)+
        }

        impl Limit {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
            const NAMES: &[&str] = &[$($text,)+];

            /// The name in the database and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it counts, in words: `sites`.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }

            /// How it is held.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }

            /// What its number is a number of.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)+ }
            }

            /// What may be chosen.
            pub const fn range(self) -> RangeInclusive<i64> {
                match self { $(Self::$name => $range,)+ }
            }

            /// What an account has of which nobody says how much.
            pub const fn usual(self) -> Amount {
                match self { $(Self::$name => $usual,)+ }
            }
        }
    };
}

const MANY: RangeInclusive<i64> = 0..=1_000_000_000;

limits! {
    /// Accounts of an organisation and of all below it.
    Accounts = "accounts", "accounts", Counted, Count, MANY, Amount::Unlimited;
    /// Sites.
    Sites = "sites", "sites", Counted, Count, MANY, Amount::Unlimited;
    /// Names of sites, the primary ones too.
    Names = "names", "names of sites", Counted, Count, MANY, Amount::Unlimited;
    /// Databases.
    Databases = "databases", "databases", Counted, Count, MANY, Amount::Unlimited;
    /// Mailboxes.
    Mailboxes = "mailboxes", "mailboxes", Counted, Count, MANY, Amount::Unlimited;
    /// Cron jobs.
    CronJobs = "cron_jobs", "cron jobs", Counted, Count, MANY, Amount::Unlimited;
    /// Disk space.
    DiskBytes = "disk_bytes", "bytes of disk space", Given, Bytes, 1 << 20..=1 << 50, Amount::Unlimited;
    /// Files, directories and links.
    Inodes = "inodes", "files", Given, Count, 100..=1_000_000_000, Amount::Unlimited;
    /// What is sent to visitors in a month.
    TrafficBytes = "traffic_bytes", "bytes of traffic", Measured, BytesPerMonth, 0..=1 << 60, Amount::Unlimited;
    /// Processor time.
    CpuPercent = "cpu_percent", "per cent of one processor", Host, Percent, 1..=100_000, Amount::Of(100);
    /// Memory.
    MemoryBytes = "memory_bytes", "bytes of memory", Host, Bytes, 64 << 20..=1 << 50, Amount::Of(1 << 30);
    /// Processes and threads.
    Tasks = "tasks", "processes and threads", Host, Count, 8..=100_000, Amount::Of(128);
    /// Share of the disks' throughput.
    IoWeight = "io_weight", "of weight at the disks", Host, Weight, 1..=10_000, Amount::Of(100);
    /// Workers of each PHP pool.
    PhpWorkers = "php_workers", "PHP workers", Host, Count, 1..=500, Amount::Of(8);
}

impl Limit {
    /// Reads a stored name; `None` for one that a newer release stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|limit| limit.as_str() == text)
    }

    /// Whether accounts have it too; else organisations alone.
    pub const fn is_of_accounts(self) -> bool {
        !matches!(self, Self::Accounts)
    }

    /// Whether an account can be without it: what the host holds always has a number.
    pub const fn may_be_unlimited(self) -> bool {
        !matches!(self.kind(), Kind::Host)
    }

    /// Those that accounts have.
    pub fn of_accounts() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|limit| limit.is_of_accounts())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_stored(&text).ok_or_else(|| D::Error::unknown_field(&text, Self::NAMES))
    }
}

impl Limit {
    /// What there is more or less of: `sites`, `memory`.
    pub fn things(self) -> &'static str {
        self.words().strip_prefix("bytes of ").unwrap_or(self.words())
    }

    /// A number of it alone, as people say it: `3`, `512 MiB`.
    pub fn number(self, number: i64) -> String {
        if !matches!(self.unit(), Unit::Bytes | Unit::BytesPerMonth) {
            return number.to_string();
        }
        let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let whole = units.iter().find(|(bits, _)| number > 0 && number % (1_i64 << bits) == 0);
        whole.map_or_else(|| format!("{number} bytes"), |(bits, unit)| format!("{} {unit}", number >> bits))
    }

    /// So much of it, as people say it: `3 sites`, `512 MiB of memory`.
    pub fn said(self, amount: Amount) -> String {
        match amount {
            Amount::Of(number) if self.things() != self.words() => {
                format!("{} of {}", self.number(number), self.things())
            }
            Amount::Of(number) => format!("{number} {}", self.words()),
            Amount::Unlimited => format!("unlimited {}", self.things()),
        }
    }
}
