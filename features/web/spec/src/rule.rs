//! Typed rules of a site: what its web server does with some of its paths.
//!
//! A rule is data. The agent makes the web server's configuration of it, and nothing that a tenant wrote gets there but through a type of
//! its own. Rules are in an order: of those that answer (deny, addresses, redirect, hotlink) the first that fits does, a rewrite
//! changes the path for those behind it, and of those that set something the first that fits sets it.

use names::{
    BasicUser, BodySize, CryptHash, FileEnding, HeaderName, HeaderValue, HttpMethod, IndexOrder, IpNetwork,
    PathPattern, Realm, RedirectTarget, RefererHost, RewriteTarget, SitePath, WebOrigin,
};
use serde::{Deserialize, Serialize};

use crate::site::RedirectCode;

pub mod check;
pub mod preset;

/// One rule. `U` is what is known of somebody who may enter a directory: for the agent the hash of a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule<U = DirectoryUser> {
    /// Answers have this header, in place of the site's own programs' header of that name.
    SetHeader(SetHeader),
    /// Answers do not have this header of the site's own programs.
    RemoveHeader(RemoveHeader),
    /// Another path of the site answers; visitors see nothing of it.
    Rewrite(Rewrite),
    /// Visitors are sent on.
    Redirect(PathRedirect),
    /// Nobody gets to see it: 403.
    Deny(Deny),
    /// Visitors of some networks alone get to see it, or all but those; others get 403.
    Addresses(Addresses),
    /// A directory that asks for a password.
    Password(PasswordDirectory<U>),
    /// For how long browsers may keep it.
    Cache(Cache),
    /// Pages of other origins may use it (the Fetch standard, CORS).
    Cors(Cors),
    /// Pages of other sites may not show these files: 403.
    Hotlink(Hotlink),
    /// The largest request body of the whole site.
    BodySize(LargestBody),
    /// So many requests of one address; others get 429.
    RateLimit(RateLimit),
    /// So many requests of one address at once; others get 429.
    ConnectionLimit(ConnectionLimit),
    /// A page of the site's own for a status.
    ErrorPage(ErrorPage),
    /// The order of index files of the whole site.
    Index(IndexFiles),
    /// Directories without an index file list what is in them.
    Listing(Listing),
    /// What is no file is answered by this path.
    FrontController(FrontController),
}

/// See [`Rule::SetHeader`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetHeader {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// Which.
    pub name: HeaderName,
    /// What it says.
    pub value: HeaderValue,
}

/// See [`Rule::RemoveHeader`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveHeader {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// Which.
    pub name: HeaderName,
}

/// See [`Rule::Rewrite`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// Which paths; what lies below only where a wildcard says so.
    pub from: PathPattern,
    /// What answers; what was asked for behind a question mark is kept.
    pub to: RewriteTarget,
}

/// See [`Rule::Redirect`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRedirect {
    /// Which paths; what lies below only where a wildcard says so.
    pub from: PathPattern,
    /// Where to.
    pub to: RedirectTarget,
    /// The status that says so.
    #[serde(default)]
    pub code: RedirectCode,
    /// What was asked for behind a question mark is added.
    #[serde(default)]
    pub keep_query: bool,
}

/// See [`Rule::Deny`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// Where, and below.
    pub path: PathPattern,
}

/// See [`Rule::Addresses`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// By the address of the connection.
    pub networks: Vec<IpNetwork>,
    /// What visitors of all other networks get; those of these get the opposite.
    pub others: Decision,
}

/// Whether visitors get to see something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They do.
    Allow,
    /// They do not.
    Deny,
}

/// See [`Rule::Password`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordDirectory<U = DirectoryUser> {
    /// Where, and below; none: everywhere.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// What a browser shows when it asks.
    pub realm: Realm,
    /// Who may enter.
    pub users: Vec<U>,
}

/// A default that asks nothing of `U`.
fn none() -> Option<PathPattern> {
    None
}

/// Somebody who may enter a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryUser {
    /// The name.
    pub name: BasicUser,
    /// Of the password, as crypt(3) has it.
    pub hash: CryptHash,
}

/// See [`Rule::Cache`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// Of these files alone; empty: of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<FileEnding>,
    /// For how long, in seconds; 0: not without asking anew.
    pub seconds: u32,
}

/// See [`Rule::Cors`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// Whose pages.
    pub origins: Vec<WebOrigin>,
    /// With which methods.
    pub methods: Vec<HttpMethod>,
    /// With which headers besides those that need no leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderName>,
    /// With cookies and passwords of the visitor.
    #[serde(default)]
    pub credentials: bool,
    /// The web server itself answers a browser that asks beforehand, and the answer holds for so many seconds; none: the site's own
    /// programs answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<u32>,
}

/// See [`Rule::Hotlink`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hotlink {
    /// Which files.
    pub endings: Vec<FileEnding>,
    /// Sites whose pages may show them besides this very one, by all its names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referers: Vec<RefererHost>,
    /// Who does not say which page they come from is refused, too; many browsers and readers do not.
    #[serde(default)]
    pub strict: bool,
}

/// See [`Rule::BodySize`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LargestBody {
    /// At most.
    pub size: BodySize,
}

/// A span of time in which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// One second.
    Second,
    /// Sixty seconds.
    Minute,
}

/// See [`Rule::RateLimit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// So many, evenly.
    pub requests: u16,
    /// In which time.
    pub per: Span,
    /// So many more at once, before any is refused.
    #[serde(default)]
    pub burst: u16,
}

/// See [`Rule::ConnectionLimit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionLimit {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// So many requests at once; by HTTP/2 each counts.
    pub connections: u16,
}

/// See [`Rule::ErrorPage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorPage {
    /// For which answer.
    pub status: ErrorStatus,
    /// The page.
    pub page: SitePath,
}

/// A status that a site may have a page of its own for. 421 and 503 are this server's own: they say what a site's owner or an administrator
/// decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct ErrorStatus(u16);

impl ErrorStatus {
    /// All of them.
    pub const ALL: [u16; 10] = [401, 403, 404, 405, 410, 413, 429, 500, 502, 504];
}

impl TryFrom<u16> for ErrorStatus {
    type Error = &'static str;
    fn try_from(status: u16) -> Result<Self, Self::Error> {
        let known = Self::ALL.contains(&status);
        known
            .then_some(Self(status))
            .ok_or("a page can be for 401, 403, 404, 405, 410, 413, 429, 500, 502 or 504")
    }
}

impl From<ErrorStatus> for u16 {
    fn from(status: ErrorStatus) -> Self {
        status.0
    }
}

/// See [`Rule::Index`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexFiles {
    /// The first that is there answers.
    pub files: IndexOrder,
}

/// See [`Rule::Listing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Where, and below.
    pub path: SitePath,
}

/// See [`Rule::FrontController`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontController {
    /// Where, and below; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathPattern>,
    /// What answers; what was asked for behind a question mark is kept.
    pub to: SitePath,
}

impl<U> Rule<U> {
    /// The word of its kind, as it is in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SetHeader(_) => "set_header",
            Self::RemoveHeader(_) => "remove_header",
            Self::Rewrite(_) => "rewrite",
            Self::Redirect(_) => "redirect",
            Self::Deny(_) => "deny",
            Self::Addresses(_) => "addresses",
            Self::Password(_) => "password",
            Self::Cache(_) => "cache",
            Self::Cors(_) => "cors",
            Self::Hotlink(_) => "hotlink",
            Self::BodySize(_) => "body_size",
            Self::RateLimit(_) => "rate_limit",
            Self::ConnectionLimit(_) => "connection_limit",
            Self::ErrorPage(_) => "error_page",
            Self::Index(_) => "index",
            Self::Listing(_) => "listing",
            Self::FrontController(_) => "front_controller",
        }
    }

    /// The same rule, with something else known of those who may enter; `with` is told of which directory.
    pub fn with_users<V, E>(
        self,
        mut with: impl FnMut(Option<&PathPattern>, U) -> Result<V, E>,
    ) -> Result<Rule<V>, E> {
        Ok(match self {
            Self::Password(PasswordDirectory { path, realm, users }) => {
                let users =
                    users.into_iter().map(|user| with(path.as_ref(), user)).collect::<Result<_, E>>()?;
                Rule::Password(PasswordDirectory { path, realm, users })
            }
            Self::SetHeader(rule) => Rule::SetHeader(rule),
            Self::RemoveHeader(rule) => Rule::RemoveHeader(rule),
            Self::Rewrite(rule) => Rule::Rewrite(rule),
            Self::Redirect(rule) => Rule::Redirect(rule),
            Self::Deny(rule) => Rule::Deny(rule),
            Self::Addresses(rule) => Rule::Addresses(rule),
            Self::Cache(rule) => Rule::Cache(rule),
            Self::Cors(rule) => Rule::Cors(rule),
            Self::Hotlink(rule) => Rule::Hotlink(rule),
            Self::BodySize(rule) => Rule::BodySize(rule),
            Self::RateLimit(rule) => Rule::RateLimit(rule),
            Self::ConnectionLimit(rule) => Rule::ConnectionLimit(rule),
            Self::ErrorPage(rule) => Rule::ErrorPage(rule),
            Self::Index(rule) => Rule::Index(rule),
            Self::Listing(rule) => Rule::Listing(rule),
            Self::FrontController(rule) => Rule::FrontController(rule),
        })
    }
}
