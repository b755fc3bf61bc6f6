//! What holds for an account or a site: of what it chose, what its account chose, what was sold, and what is usual. Pure.

use names::ByteSize;
use serde::{Deserialize, Serialize};

use crate::PoolSpec;
use crate::settings::{MAX_EXECUTION_TIME, MEMORY_LIMIT, SCRIPT_SECONDS, Setting, Settings, UPLOAD_LIMIT};
use crate::value::{Bytes, Number};

/// The most that an account was sold of what its PHP may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of one request.
    pub memory: ByteSize,
    /// Of one request's body.
    pub upload: ByteSize,
    /// Of one script's computing, in seconds.
    pub seconds: i64,
    /// Of each pool at once.
    pub workers: u16,
}

/// Why a setting has its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nobody said anything.
    Usual,
    /// What was sold allows no more.
    Package,
    /// The account chose it.
    Account,
    /// The site chose it.
    Site,
}

/// What holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Every value that is chosen, or bounded; the four that a package bounds always have one, but for the time of a script that no package
    /// bounds.
    pub settings: Settings,
    site: Settings,
    account: Settings,
    bounds: Bounds,
}

impl Effective {
    /// Of a site, over its account; of an account by itself with no settings of a site.
    pub fn of(account: &Settings, site: &Settings, bounds: Bounds) -> Self {
        let mut settings = site.over(account);
        let memory = settings.memory_limit.map_or(MEMORY_LIMIT, Bytes::size);
        settings.memory_limit = Some(Bytes::clamped(memory.min(bounds.memory)));
        let upload = settings.upload_limit.map_or(UPLOAD_LIMIT, Bytes::size);
        settings.upload_limit = Some(Bytes::clamped(upload.min(bounds.upload)));
        let workers = settings.workers.map_or(i64::from(bounds.workers), |chosen| i64::from(chosen.get()));
        settings.workers = Some(Number::clamped(workers.min(i64::from(bounds.workers))));
        // a script may give itself more time, so a bound holds it also where nothing was chosen
        if settings.max_execution_time.is_some() || bounds.seconds < i64::from(SCRIPT_SECONDS) {
            let seconds = settings.max_execution_time.map_or(MAX_EXECUTION_TIME, |s| i64::from(s.get()));
            settings.max_execution_time = Some(Number::clamped(seconds.min(bounds.seconds)));
        }
        Self { settings, site: site.clone(), account: account.clone(), bounds }
    }

    /// Why a setting has its value.
    pub fn source(&self, setting: Setting) -> Source {
        let (site, account) = (self.site.json(setting), self.account.json(setting));
        let (chosen, source) = match (site.is_null(), account.is_null()) {
            (false, _) => (site, Source::Site),
            (true, false) => (account, Source::Account),
            (true, true) => (setting.facts().usual, Source::Usual),
        };
        let now = self.settings.json(setting);
        if now.is_null() || now == chosen { source } else { Source::Package }
    }

    /// A setting's value as JSON, what is usual too; null: there is none.
    pub fn value(&self, setting: Setting) -> serde_json::Value {
        let now = self.settings.json(setting);
        if now.is_null() { setting.facts().usual } else { now }
    }

    /// The most of a setting that may be chosen: a number, or an amount in bytes.
    pub fn most(&self, setting: Setting) -> Option<i64> {
        let bytes = |size: ByteSize| i64::try_from(size.bytes()).unwrap_or(i64::MAX);
        let bound = match setting {
            Setting::MemoryLimit => bytes(self.bounds.memory),
            Setting::UploadLimit => bytes(self.bounds.upload),
            Setting::MaxExecutionTime => self.bounds.seconds,
            Setting::Workers => i64::from(self.bounds.workers),
            _ => i64::MAX,
        };
        setting.facts().range.map(|(least, most)| most.min(bound).max(least))
    }

    /// Puts it into the pool's specification.
    pub fn put(&self, spec: &mut PoolSpec) {
        let Settings { memory_limit, upload_limit, workers, .. } = self.settings;
        spec.memory_limit = memory_limit.map_or(MEMORY_LIMIT, Bytes::size);
        spec.upload_limit = upload_limit.map_or(UPLOAD_LIMIT, Bytes::size);
        spec.max_children = workers.and_then(|n| u16::try_from(n.get()).ok()).unwrap_or(1);
        spec.settings =
            Settings { memory_limit: None, upload_limit: None, workers: None, ..self.settings.clone() };
    }

    /// The same settings, so that one pool does for both.
    pub fn is_as(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl PoolSpec {
    /// The settings that this pool would have been made of, for a database that lost them.
    pub fn chosen(&self) -> Settings {
        let memory = (self.memory_limit != MEMORY_LIMIT).then(|| Bytes::clamped(self.memory_limit));
        let upload = (self.upload_limit != UPLOAD_LIMIT).then(|| Bytes::clamped(self.upload_limit));
        Settings { memory_limit: memory, upload_limit: upload, ..self.settings.clone() }
    }
}
