//! What is sold as a whole: it is on or off.

use std::fmt;

use names::AccountId;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use store::{Statement, StoreError, Tx};

const OFF: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM account_feature_off WHERE account_id = $1 AND feature = $2",
);

pub(crate) const STATEMENTS: &[Statement] = &[OFF];

// A macro of our own: the value and its name in the database must not differ by accident.
macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// Something that an account may use or not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Feature {
            $($(#[$doc])* $name,)+
        }

        impl Feature {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
            const NAMES: &[&str] = &[$($text,)+];

            /// The name in the database and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

features! {
    /// Sites with PHP.
    Php = "php";
    /// SFTP.
    Sftp = "sftp";
    /// A shell.
    Ssh = "ssh";
    /// Cron jobs.
    Cron = "cron";
    /// Databases.
    Databases = "databases";
    /// Mail.
    Mail = "mail";
    /// Zones.
    Dns = "dns";
    /// Backups.
    Backups = "backups";
}

impl Feature {
    /// Reads a stored name; `None` for one that a newer release stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|feature| feature.as_str() == text)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_stored(&text).ok_or_else(|| D::Error::unknown_field(&text, Self::NAMES))
    }
}

/// Whether the account may use it.
pub async fn is_on(tx: &mut Tx, account: AccountId, feature: Feature) -> Result<bool, StoreError> {
    Ok(tx.one::<i64>(OFF.bind(account).bind(feature.as_str())).await? == 0)
}
