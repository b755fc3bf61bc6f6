//! What a request says of an account, and the ranges of its limits.

use account_spec::Limits;
use api_kit::{ApiError, FieldError};
use auth::OrganisationKey;
use limits::{Amount, Limit, PackageKey};
use names::{AccountName, EmailAddress, Password, SshPublicKey};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a new account is made of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a package are three different wishes")]
pub(crate) struct CreateAccount {
    /// The name: `[a-z][a-z0-9]{1,30}`. It is the Linux user's name and the owner's login, and never changes.
    #[schema(value_type = String, example = "alice")]
    pub(crate) name: AccountName,
    /// The organisation that it belongs to, by name or id; left out: the caller's own.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<OrganisationKey>,
    /// Where to write to.
    #[schema(value_type = String, example = "alice@example.test")]
    pub(crate) email: EmailAddress,
    /// Signs the owner in, and opens SFTP. Without one, keys and one-time links do.
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<Password>,
    /// Public keys that open SFTP, one line each.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) ssh_keys: Vec<SshPublicKey>,
    /// What it is sold: the name or id of a package of its organisation or of one above; null: none; left out: that of the setting
    /// `package.default`.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>)]
    pub(crate) package: Option<Option<PackageKey>>,
    /// Limits of all that the account runs, of its own; what is left out is as its package says, or as usual.
    #[serde(default)]
    pub(crate) limits: LimitsEdit,
}

/// What is to be otherwise; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditAccountBody {
    /// Where to write to.
    #[schema(value_type = Option<String>)]
    pub(crate) email: Option<EmailAddress>,
    /// Signs the owner in, and opens SFTP. All sessions of the owner end.
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<Password>,
    /// The owner's password of now. A new one needs it where there is one, unless an administrator sets it.
    #[schema(format = Password)]
    pub(crate) current_password: Option<String>,
    /// All public keys that open SFTP, one line each.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) ssh_keys: Option<Vec<SshPublicKey>>,
    /// Limits; administrators alone.
    pub(crate) limits: Option<LimitsEdit>,
}

/// Limits, each of which may be left out.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a limit are three different wishes")]
pub(crate) struct LimitsEdit {
    /// Processor time, in per cent of one processor.
    #[schema(minimum = 1, maximum = 100_000)]
    pub(crate) cpu_percent: Option<u32>,
    /// Memory, in bytes.
    #[schema(minimum = 67_108_864)]
    pub(crate) memory_bytes: Option<u64>,
    /// Processes and threads.
    #[schema(minimum = 8, maximum = 100_000)]
    pub(crate) tasks: Option<u32>,
    /// Share of the disks' throughput; 100 is usual.
    #[schema(minimum = 1, maximum = 10_000)]
    pub(crate) io_weight: Option<u32>,
    /// Disk space, in bytes; null: no limit.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<u64>, minimum = 1_048_576)]
    pub(crate) disk_bytes: Option<Option<u64>>,
    /// Files, directories and links; null: no limit.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<u64>, minimum = 100, maximum = 1_000_000_000)]
    pub(crate) inodes: Option<Option<u64>>,
}

impl LimitsEdit {
    /// Those that were not left out.
    pub(super) fn given(self) -> impl Iterator<Item = (Limit, Amount)> {
        let whole = |number: u64| Amount::Of(i64::try_from(number).unwrap_or(i64::MAX));
        let or_unlimited = move |number: Option<u64>| number.map_or(Amount::Unlimited, whole);
        let all = [
            (Limit::CpuPercent, self.cpu_percent.map(u64::from).map(whole)),
            (Limit::MemoryBytes, self.memory_bytes.map(whole)),
            (Limit::Tasks, self.tasks.map(u64::from).map(whole)),
            (Limit::IoWeight, self.io_weight.map(u64::from).map(whole)),
            (Limit::DiskBytes, self.disk_bytes.map(or_unlimited)),
            (Limit::Inodes, self.inodes.map(or_unlimited)),
        ];
        all.into_iter().filter_map(|(limit, amount)| Some((limit, amount?)))
    }

    /// The limits with these changes, each within its range.
    pub(crate) fn over(self, old: Limits) -> Result<Limits, ApiError> {
        let limits = Limits {
            cpu_percent: self.cpu_percent.unwrap_or(old.cpu_percent),
            memory_bytes: self.memory_bytes.unwrap_or(old.memory_bytes),
            tasks: self.tasks.unwrap_or(old.tasks),
            io_weight: self.io_weight.unwrap_or(old.io_weight),
            disk_bytes: self.disk_bytes.unwrap_or(old.disk_bytes),
            inodes: self.inodes.unwrap_or(old.inodes),
        };
        let checks = [
            ("cpu_percent", (1..=100_000).contains(&limits.cpu_percent), "1 to 100000 per cent"),
            (
                "memory_bytes",
                (64 << 20..=1 << 50).contains(&limits.memory_bytes),
                "67108864 bytes (64 MiB) to 1 PiB",
            ),
            ("tasks", (8..=100_000).contains(&limits.tasks), "8 to 100000 tasks"),
            ("io_weight", (1..=10_000).contains(&limits.io_weight), "1 to 10000"),
            (
                "disk_bytes",
                limits.disk_bytes.is_none_or(|bytes| Limits::DISK_BYTES.contains(&bytes)),
                "1048576 bytes (1 MiB) to 1 PiB, or null for no limit",
            ),
            (
                "inodes",
                limits.inodes.is_none_or(|count| Limits::INODES.contains(&count)),
                "100 to 1000000000 files, or null for no limit",
            ),
        ];
        let errors: Vec<_> = checks
            .iter()
            .filter(|(_, fits, _)| !fits)
            .map(|(field, _, range)| {
                let reason = "The limit is out of range.";
                FieldError::new(
                    format!("/limits/{field}"),
                    "out_of_range",
                    reason,
                    format!("Choose {range}."),
                )
            })
            .collect();
        if errors.is_empty() { Ok(limits) } else { Err(ApiError::invalid_all(errors)) }
    }
}
