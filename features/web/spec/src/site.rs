//! A site: names that lead to a document root of an account.

use converge::{Kind, Spec};
use names::{
    AccountName, BodySize, CertificateId, DomainName, IndexOrder, IpNetwork, PoolName, RelPath, SiteId,
    WebUrl,
};
use serde::{Deserialize, Serialize};

/// A site as it should be on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSpec {
    /// Whose site it is.
    pub account: AccountName,
    /// All names that lead here, the primary one first; never empty, no name twice.
    pub names: Vec<DomainName>,
    /// The document root, below the account's home.
    pub docroot: RelPath,
    /// The pool that runs its PHP; none: PHP files are not run and not shown.
    pub pool: Option<PoolName>,
    /// The largest request body; a setting of its own.
    #[serde(default)]
    pub body_size: Option<BodySize>,
    /// The order of index files; a setting of its own.
    #[serde(default)]
    pub index: Option<IndexOrder>,
    /// Answers 503 with a plain page.
    #[serde(default)]
    pub suspended: bool,
    /// Names among `names`, never the first, that send visitors on to the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirected: Vec<DomainName>,
    /// What answers.
    #[serde(default, skip_serializing_if = "Serves::is_files")]
    pub serves: Serves,
    /// Its owner has switched it off: as if nobody knew its names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// It is being worked on: answers 503 with a page that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintenance>,
    /// It answers by HTTPS, too; none: by HTTP alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<SiteTls>,
}

/// What answers at a site's names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serves {
    /// The files of the document root, and PHP where it has a pool.
    #[default]
    Files,
    /// Nothing of its own: all visitors are sent on.
    Redirect(Redirect),
}

impl Serves {
    /// The usual.
    pub fn is_files(&self) -> bool {
        *self == Self::Files
    }
}

/// Where visitors are sent on to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The address.
    pub to: WebUrl,
    /// The status that says so.
    pub code: RedirectCode,
    /// What was asked for is added to the address: path and query.
    pub keep_path: bool,
}

/// The status of an answer that sends visitors on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum RedirectCode {
    /// 301: for good; browsers remember it.
    #[default]
    Moved,
    /// 302: for now.
    Found,
    /// 307: for now, and a form is sent again.
    Temporary,
    /// 308: for good, and a form is sent again.
    Permanent,
}

impl RedirectCode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Moved, Self::Found, Self::Temporary, Self::Permanent];
}

impl From<RedirectCode> for u16 {
    fn from(code: RedirectCode) -> Self {
        match code {
            RedirectCode::Moved => 301,
            RedirectCode::Found => 302,
            RedirectCode::Temporary => 307,
            RedirectCode::Permanent => 308,
        }
    }
}

impl TryFrom<u16> for RedirectCode {
    type Error = &'static str;
    fn try_from(code: u16) -> Result<Self, Self::Error> {
        let found = Self::ALL.into_iter().find(|one| u16::from(*one) == code);
        found.ok_or("a redirection's status is 301, 302, 307 or 308")
    }
}

/// A site that is being worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// Who gets to see the site all the same.
    pub allow: Vec<IpNetwork>,
}

/// How a site answers by HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteTls {
    /// The certificate that it shows.
    pub certificate: CertificateId,
    /// Visitors by HTTP are sent on to HTTPS.
    pub force_https: bool,
    /// Browsers are told to come by HTTPS alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hsts: Option<Hsts>,
}

/// What `Strict-Transport-Security` says (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hsts {
    /// For how long browsers keep to it, in seconds.
    pub max_age: u32,
    /// It holds for all names below, too.
    pub include_subdomains: bool,
    /// The owner asks browsers' makers to know it beforehand.
    pub preload: bool,
}

impl SiteSpec {
    /// The site has settings of its own, and so a server block of its own; all others share one.
    pub fn has_own_block(&self) -> bool {
        self.body_size.is_some() || self.index.is_some()
    }
}

impl Spec for SiteSpec {
    const KIND: Kind = "site";
    const APPLY: &'static str = "holdfast.web1.ApplySite";
    type Key = SiteId;
}
