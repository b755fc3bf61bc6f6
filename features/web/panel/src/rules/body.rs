//! What requests say of sites.

use auth::AccountKey;
use names::{BodySize, CertificateId, DomainName, IndexOrder, PhpVersion, RelPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::https::SiteHsts;
use crate::serving::{SiteMaintenance, SiteRedirect};

/// What a new site is made of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a version are three different wishes")]
pub(crate) struct CreateSite {
    /// Whose it is: the account's name or id.
    #[schema(value_type = String, example = "alice")]
    pub(crate) account: AccountKey,
    /// The primary name.
    #[schema(value_type = String, example = "www.example.test")]
    pub(crate) name: DomainName,
    /// Further names.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) aliases: Vec<DomainName>,
    /// Those of the further names whose visitors are sent on to the primary one.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) redirected: Vec<DomainName>,
    /// The PHP version; null: no PHP; left out: the newest on the server.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>, example = "8.4")]
    pub(crate) php: Option<Option<PhpVersion>>,
    /// Below the account's home; left out: `sites/<name>/public`.
    #[schema(value_type = Option<String>)]
    pub(crate) docroot: Option<RelPath>,
    /// The largest request body, such as `64M`.
    #[schema(value_type = Option<String>)]
    pub(crate) body_size: Option<BodySize>,
    /// The order of index files.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) index: Option<IndexOrder>,
    /// Where all its visitors are sent on to; left out: it shows its files.
    pub(crate) redirect: Option<SiteRedirect>,
    /// How it answers by HTTPS; null: not at all; left out: with a certificate of its own, where the server listens for HTTPS.
    #[serde(default, deserialize_with = "desired::nullable")]
    pub(crate) https: Option<Option<EditHttps>>,
}

/// What is to be otherwise; what is left out stays, null goes back to the usual.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three different wishes")]
pub(crate) struct EditSite {
    /// The primary name. The old one is no longer the site's, unless it is among the aliases.
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<DomainName>,
    /// All further names.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) aliases: Option<Vec<DomainName>>,
    /// All those of the further names whose visitors are sent on to the primary one.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) redirected: Option<Vec<DomainName>>,
    /// The PHP version; null: no PHP.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>)]
    pub(crate) php: Option<Option<PhpVersion>>,
    /// Below the account's home. The old directory and what is in it stay.
    #[schema(value_type = Option<String>)]
    pub(crate) docroot: Option<RelPath>,
    /// The largest request body, such as `64M`.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>)]
    pub(crate) body_size: Option<Option<BodySize>>,
    /// The order of index files.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) index: Option<Option<IndexOrder>>,
    /// Where all its visitors are sent on to; null: it shows its files, which were there all the time.
    #[serde(default, deserialize_with = "desired::nullable")]
    pub(crate) redirect: Option<Option<SiteRedirect>>,
    /// It is being worked on; null: it no longer is.
    #[serde(default, deserialize_with = "desired::nullable")]
    pub(crate) maintenance: Option<Option<SiteMaintenance>>,
    /// How it answers by HTTPS; null: not at all.
    #[serde(default, deserialize_with = "desired::nullable")]
    pub(crate) https: Option<Option<EditHttps>>,
}

/// How a site is to answer by HTTPS; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three different wishes")]
pub(crate) struct EditHttps {
    /// The certificate that it shows, one of the account's; null: one of its own, which follows its names. Left out where it has not
    /// answered by HTTPS: one of its own.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub(crate) certificate: Option<Option<CertificateId>>,
    /// Visitors by HTTP are sent on to HTTPS. Left out where it has not answered by HTTPS: they are not.
    pub(crate) force: Option<bool>,
    /// For how long browsers are to come by HTTPS alone; null: nothing is said.
    #[serde(default, deserialize_with = "desired::nullable")]
    pub(crate) hsts: Option<Option<SiteHsts>>,
}
