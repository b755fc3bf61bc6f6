//! How the API shows settings: what holds, why, and what may be chosen.

use names::{AccountName, BodySize, ByteSize, DomainName, Generation, PhpVersion, PoolName};
use php_spec::{Bytes, Effective, Setting, Settings, Source, Told, Unit};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What holds of PHP for an account's sites, or for one site.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhpSettings {
    /// The account.
    #[schema(value_type = String)]
    pub account: AccountName,
    /// The primary name of the site; null: this is what holds for all sites of the account that say nothing else.
    #[schema(value_type = Option<String>)]
    pub site: Option<DomainName>,
    /// The site's PHP version; null: it has no PHP, or this is an account's.
    #[schema(value_type = Option<String>, example = "8.4")]
    pub php: Option<PhpVersion>,
    /// The pool that runs the site's PHP; null as above.
    #[schema(value_type = Option<String>)]
    pub pool: Option<PoolName>,
    /// How often something was chosen here; its ETag.
    #[schema(value_type = u64)]
    pub version: Generation,
    /// Every setting, in a fixed order.
    pub settings: Vec<PhpSetting>,
    /// What is allowed and may still surprise.
    pub warnings: Vec<PhpWarning>,
}

/// A setting.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhpSetting {
    /// Its name.
    pub name: String,
    /// What PHP calls it, or php-fpm.
    pub directive: String,
    /// What it does.
    pub what: String,
    /// What its value is: `bytes`, `seconds`, `count`, `flag`, `choice`, `time_zone`, `path` or `functions`.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// What holds; null: nothing.
    pub value: Value,
    /// Why: `usual`, `package` (what was sold allows no more), `account` or `site`.
    #[schema(value_type = String)]
    pub from: Source,
    /// What was chosen here; null: nothing.
    pub own: Value,
    /// What would hold if nothing was chosen here; null: nothing.
    pub otherwise: Value,
    /// What is usual; null: nothing is.
    pub usual: Value,
    /// The least that may be chosen: a number, or bytes; null: it is neither.
    pub least: Option<i64>,
    /// The most that may be chosen, of what the account was sold too; null as above.
    pub most: Option<i64>,
    /// The words that may be chosen; empty: it is none.
    pub choices: Vec<String>,
    /// No script can say otherwise.
    pub held: bool,
}

/// What is allowed and may still surprise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhpWarning {
    /// A stable code: `errors_shown`, `changes_unseen` or `body_size_smaller`.
    pub code: String,
    /// The setting that it is about.
    pub setting: String,
    /// In words.
    pub message: String,
}

/// Whose settings are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Of {
    pub(crate) site: Option<DomainName>,
    pub(crate) pool: Option<(PoolName, PhpVersion)>,
    /// What the site chose itself.
    pub(crate) body_size: Option<BodySize>,
}

impl PhpSettings {
    /// Of an account; of a site where that chose, and the account too.
    pub(crate) fn of(
        account: &AccountName,
        of: Of,
        version: Generation,
        (own, holds, otherwise): (&Settings, &Effective, &Effective),
    ) -> Self {
        let is_of_site = of.site.is_some();
        let shown = Setting::ALL.iter().copied().filter(|setting| is_of_site || !setting.is_of_sites());
        let (pool, php) = of.pool.unzip();
        Self {
            account: account.clone(),
            site: of.site,
            php,
            pool,
            version,
            settings: shown.map(|setting| PhpSetting::of(setting, own, holds, otherwise)).collect(),
            warnings: warnings(holds, of.body_size),
        }
    }
}

impl PhpSetting {
    fn of(setting: Setting, own: &Settings, holds: &Effective, otherwise: &Effective) -> Self {
        let facts = setting.facts();
        Self {
            name: setting.to_string(),
            directive: facts.directive.to_owned(),
            what: facts.what.to_owned(),
            unit: facts.unit,
            value: holds.value(setting),
            from: holds.source(setting),
            own: own.json(setting),
            otherwise: otherwise.value(setting),
            usual: facts.usual,
            least: facts.range.map(|range| range.0),
            most: holds.most(setting),
            choices: facts.choices.iter().map(|choice| (*choice).to_owned()).collect(),
            held: facts.told != Told::Open,
        }
    }
}

fn warnings(holds: &Effective, body_size: Option<BodySize>) -> Vec<PhpWarning> {
    let mut warnings = Vec::new();
    let mut warn = |code: &str, setting: Setting, message: String| {
        warnings.push(PhpWarning { code: code.to_owned(), setting: setting.to_string(), message });
    };
    let settings = &holds.settings;
    if settings.display_errors == Some(true) {
        let message = "Errors are shown to every visitor, with paths and parts of queries. Switch it off when the site is done.";
        warn("errors_shown", Setting::DisplayErrors, message.to_owned());
    }
    if settings.opcache_validate_timestamps == Some(false) && settings.opcache != Some(false) {
        let message =
            "What is changed in a script is not seen before the opcache is reset, or the pool has slept.";
        warn("changes_unseen", Setting::OpcacheValidateTimestamps, message.to_owned());
    }
    let upload = settings.upload_limit.map_or(php_spec::UPLOAD_LIMIT, Bytes::size);
    if let Some(size) = body_size.map(BodySize::size).filter(|size: &ByteSize| *size < upload) {
        let message = format!(
            "The site itself takes {size} of a request's body at most. Larger uploads are refused by the web server."
        );
        warn("body_size_smaller", Setting::UploadLimit, message);
    }
    warnings
}
