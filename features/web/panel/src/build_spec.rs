//! From rows to what the agent is asked for. Pure.

use converge::Wanted;
use web_spec::{Serves, SiteSpec, WebServerSpec};

use crate::store::name::{Named, Ownership};
use crate::store::node;
use crate::store::site::Row;
use crate::store::site_https::Https;

/// What should be of this site; none while none of its names is approved.
pub(crate) fn site(row: &Row, names: &[Named]) -> Option<Wanted<SiteSpec>> {
    if row.block.deleted_at.is_some() {
        return Some(Wanted::Absent);
    }
    let served = || names.iter().filter(|named| named.ownership == Ownership::Approved);
    let approved: Vec<_> = served().map(|named| named.name.clone()).collect();
    // nobody is sent on to a name that is not served
    let primary = served().any(|named| named.is_primary);
    let redirected = served().filter(|named| primary && named.redirected && !named.is_primary);
    (!approved.is_empty()).then(|| {
        Wanted::Present(SiteSpec {
            account: row.account_name.clone(),
            names: approved,
            docroot: row.docroot.clone(),
            pool: row.pool_name.clone(),
            body_size: row.body_size,
            index: row.index.clone(),
            suspended: row.suspended || row.account_suspended,
            redirected: redirected.map(|named| named.name.clone()).collect(),
            serves: row.redirect.clone().map_or(Serves::Files, Serves::Redirect),
            disabled: row.disabled,
            maintenance: row.maintenance.clone(),
            tls: row.https.as_ref().and_then(Https::spec),
        })
    })
}

/// What should be of the web server.
pub(crate) fn web_server(row: &node::Row) -> Wanted<WebServerSpec> {
    Wanted::Present(WebServerSpec {
        listen: row.listen.clone(),
        listen_tls: row.listen_tls.clone(),
        tls_profile: row.tls_profile,
        acme: row.acme.clone(),
    })
}
