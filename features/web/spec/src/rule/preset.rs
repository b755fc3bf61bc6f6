//! Lists of rules that many sites need. A preset is put in and then is ordinary data: nothing remembers where a rule came from.

use names::{FileEnding, HeaderName, HeaderValue, NameError, PathPattern, SitePath};

use super::{Cache, Deny, DirectoryUser, FrontController, LargestBody, RateLimit, Rule, SetHeader, Span};

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// `wordpress`
    WordPress,
    /// `laravel`
    Laravel,
    /// `symfony`
    Symfony,
    /// `drupal`
    Drupal,
    /// `single_page`: a program in the browser that has paths of its own.
    SinglePage,
}

/// For how long browsers keep what has a name of its own for each version, in seconds: 30 days.
const LONG: u32 = 2_592_000;

/// What is named anew when it changes.
const STATIC: [&str; 14] =
    ["css", "js", "mjs", "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "woff", "woff2", "ttf"];

impl Preset {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::WordPress, Self::Laravel, Self::Symfony, Self::Drupal, Self::SinglePage];

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WordPress => "wordpress",
            Self::Laravel => "laravel",
            Self::Symfony => "symfony",
            Self::Drupal => "drupal",
            Self::SinglePage => "single_page",
        }
    }

    /// The list. Its texts are fixed, so that it never fails; a test reads them all.
    pub fn rules(self) -> Result<Vec<Rule<DirectoryUser>>, NameError> {
        Ok(match self {
            Self::WordPress => vec![
                deny("/wp-config.php")?,
                deny("/wp-content/uploads/**/*.php")?,
                deny("/xmlrpc.php")?,
                Rule::RateLimit(RateLimit {
                    path: Some(PathPattern::parse("/wp-login.php")?),
                    requests: 20,
                    per: Span::Minute,
                    burst: 20,
                }),
                header("X-Content-Type-Options", "nosniff")?,
                header("X-Frame-Options", "SAMEORIGIN")?,
                cache(LONG)?,
                Rule::BodySize(LargestBody { size: names::BodySize::parse("128M")? }),
                front("/index.php")?,
            ],
            Self::Laravel => vec![
                header("X-Content-Type-Options", "nosniff")?,
                header("X-Frame-Options", "SAMEORIGIN")?,
                cache_below("/build", LONG)?,
                front("/index.php")?,
            ],
            Self::Symfony => vec![
                header("X-Content-Type-Options", "nosniff")?,
                cache_below("/build", LONG)?,
                cache_below("/bundles", LONG)?,
                front("/index.php")?,
            ],
            Self::Drupal => vec![
                deny("/sites/*/files/**/*.php")?,
                deny("/sites/*/private")?,
                deny("/vendor/**/*.php")?,
                deny("/core/install.php")?,
                deny("/composer.json")?,
                deny("/composer.lock")?,
                header("X-Content-Type-Options", "nosniff")?,
                cache(LONG)?,
                front("/index.php")?,
            ],
            Self::SinglePage => vec![
                header("X-Content-Type-Options", "nosniff")?,
                cache_below("/assets", LONG)?,
                front("/index.html")?,
            ],
        })
    }
}

impl std::str::FromStr for Preset {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|preset| preset.word() == word);
        found.ok_or("the presets are wordpress, laravel, symfony, drupal and single_page")
    }
}

fn deny(path: &str) -> Result<Rule, NameError> {
    Ok(Rule::Deny(Deny { path: PathPattern::parse(path)? }))
}

fn header(name: &str, value: &str) -> Result<Rule, NameError> {
    let (name, value) = (HeaderName::parse(name)?, HeaderValue::parse(value)?);
    Ok(Rule::SetHeader(SetHeader { path: None, name, value }))
}

fn cache(seconds: u32) -> Result<Rule, NameError> {
    let endings = STATIC.iter().map(|ending| FileEnding::parse(ending)).collect::<Result<_, _>>()?;
    Ok(Rule::Cache(Cache { path: None, endings, seconds }))
}

fn cache_below(path: &str, seconds: u32) -> Result<Rule, NameError> {
    Ok(Rule::Cache(Cache { path: Some(PathPattern::parse(path)?), endings: Vec::new(), seconds }))
}

fn front(to: &str) -> Result<Rule, NameError> {
    Ok(Rule::FrontController(FrontController { path: None, to: SitePath::parse(to)? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::check::check;

    #[test]
    fn every_preset_is_a_list_that_may_be_sent() {
        for preset in Preset::ALL {
            let rules = preset.rules().unwrap();
            check(&rules).unwrap();
            assert!(rules.iter().any(|rule| matches!(rule, Rule::FrontController(_))), "{preset:?}");
            assert_eq!(preset.word().parse(), Ok(preset));
            let json = serde_json::to_string(&rules).unwrap();
            assert_eq!(serde_json::from_str::<Vec<Rule>>(&json).unwrap(), rules);
        }
        assert!("joomla".parse::<Preset>().is_err());
    }
}
