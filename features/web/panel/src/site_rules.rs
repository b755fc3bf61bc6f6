//! How the API shows and takes the typed rules of a site.
//!
//! They are the agent's own types, with two differences: whoever may enter a directory is shown by name alone, and sent with a password
//! in the clear, which is hashed before anything else is done with it.

use std::borrow::Cow;

use desired::Convergence;
use names::{BasicUser, DomainName, Password};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use web_spec::Rule;
use web_spec::rule::check::Named;
use web_spec::rule::preset::Preset;

/// The description of a rule; serde's derive has none for what another crate has.
const SCHEMA: &str = include_str!("site_rules/schema.json");

/// Somebody who may enter a directory, as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownUser {
    /// The name.
    pub name: BasicUser,
}

/// Somebody who is to enter a directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentUser {
    /// The name.
    pub(crate) name: BasicUser,
    /// Left out: the one that this name has there already.
    #[serde(default)]
    pub(crate) password: Option<Password>,
}

impl Named for SentUser {
    fn name(&self) -> &BasicUser {
        &self.name
    }
}

/// A rule as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteRule(pub Rule<ShownUser>);

impl SiteRule {
    /// Without the hashes.
    pub(crate) fn of(rule: Rule) -> Self {
        let shown =
            rule.with_users(|_, user| Ok::<_, std::convert::Infallible>(ShownUser { name: user.name }));
        match shown {
            Ok(rule) => Self(rule),
            Err(never) => match never {},
        }
    }
}

impl PartialSchema for SiteRule {
    fn schema() -> RefOr<Schema> {
        serde_json::from_str(SCHEMA).unwrap_or_else(|_| ObjectBuilder::new().into())
    }
}

impl ToSchema for SiteRule {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SiteRule")
    }
}

/// What a site's web server does with some of its paths.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SiteRules {
    /// The site's primary name.
    #[schema(value_type = String, example = "www.example.test")]
    pub name: DomainName,
    /// In order: of those that answer, the first that fits does; a rewrite changes the path for those behind it; and of those that set
    /// something, the first that fits sets it.
    pub rules: Vec<SiteRule>,
    /// How the site stands.
    #[serde(flatten)]
    pub convergence: Convergence,
}

/// The rules that a site is to have: these and no others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutRules {
    /// In order. At most 200, of 64 KiB in all. Somebody who may enter a directory and is sent without a password keeps the one that the name
    /// has there.
    #[schema(value_type = Vec<SiteRule>, max_items = 200)]
    pub(crate) rules: Vec<Rule<SentUser>>,
}

/// A list of rules that many sites need, to be put in and then changed as any other.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RulePreset {
    /// `wordpress`, `laravel`, `symfony`, `drupal` or `single_page`.
    #[schema(example = "wordpress")]
    pub name: String,
    /// In order.
    pub rules: Vec<SiteRule>,
}

/// All of them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RulePresets {
    /// In the order of the people who ask for them.
    pub presets: Vec<RulePreset>,
}

impl RulePresets {
    /// All that there are.
    pub(crate) fn all() -> Result<Self, names::NameError> {
        let preset = |preset: Preset| {
            let rules = preset.rules()?.into_iter().map(SiteRule::of).collect();
            Ok(RulePreset { name: preset.word().to_owned(), rules })
        };
        Ok(Self { presets: Preset::ALL.into_iter().map(preset).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests;
