//! From rows to what the agent is asked for. Pure.

use converge::Wanted;
use web_spec::{SiteSpec, WebServerSpec};

use crate::store::name::{Named, Ownership};
use crate::store::node;
use crate::store::site::Row;

/// What should be of this site; none while none of its names is approved.
pub(crate) fn site(row: &Row, names: &[Named]) -> Option<Wanted<SiteSpec>> {
    if row.block.deleted_at.is_some() {
        return Some(Wanted::Absent);
    }
    let approved: Vec<_> = names
        .iter()
        .filter(|named| named.ownership == Ownership::Approved)
        .map(|named| named.name.clone())
        .collect();
    (!approved.is_empty()).then(|| {
        Wanted::Present(SiteSpec {
            account: row.account_name.clone(),
            names: approved,
            docroot: row.docroot.clone(),
            pool: row.pool_name.clone(),
            body_size: row.body_size,
            index: row.index.clone(),
            suspended: row.suspended || row.account_suspended,
            redirected: Vec::new(),
            serves: web_spec::Serves::default(),
            disabled: false,
            maintenance: None,
            tls: None,
        })
    })
}

/// What should be of the web server.
pub(crate) fn web_server(row: &node::Row) -> Wanted<WebServerSpec> {
    Wanted::Present(WebServerSpec { listen: row.listen.clone(), ..WebServerSpec::default() })
}
