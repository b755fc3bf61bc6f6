//! Rows of sites and of the web server made from what the server holds.

use api_kit::ApiError;
use converge::Wanted;
use desired::Adopt;
use store::WriteTx;
use web_spec::{Serves, SiteSpec, WebServerSpec};

use crate::store::name::{self, Ownership};
use crate::store::node::{self, Listening};
use crate::store::site::{self, Values};
use crate::store::site_adopted::{self as adopted, AdoptedValues};
use crate::store::site_https;

/// See [`desired::Object::adopt`]. What the server serves was approved; names that wait for approval stay.
pub(crate) async fn site(tx: &mut WriteTx, adopt: &Adopt<'_, SiteSpec>) -> Result<(), ApiError> {
    let (id, now) = (*adopt.id, adopt.now);
    let row = site::unscoped(tx, &id.to_string()).await?;
    let spec = match (adopt.held, &row) {
        (Wanted::Absent, None) => return Ok(()),
        (Wanted::Absent, Some(_)) => return Ok(adopted::set_deleted(tx, id, Some(now)).await?),
        (Wanted::Present(spec), _) => spec,
    };
    let unknown = |what: String| {
        ApiError::conflict("dependency_unknown", format!("{what} is not known here. Decide about it first."))
    };
    let account = adopted::account_of_name(tx, &spec.account).await?;
    let Some(account) = account else { return Err(unknown(format!("The account {}", spec.account))) };
    let pool = match &spec.pool {
        None => None,
        Some(pool) => match adopted::pool_of_name(tx, pool).await? {
            Some(id) => Some(id),
            None => return Err(unknown(format!("The pool {pool}"))),
        },
    };
    let values = AdoptedValues {
        account: account.id,
        values: Values {
            pool,
            docroot: &spec.docroot,
            body_size: spec.body_size,
            index: spec.index.as_ref(),
            maintenance: spec.maintenance.as_ref(),
            redirect: match &spec.serves {
                Serves::Files => None,
                Serves::Redirect(redirect) => Some(redirect),
            },
        },
        suspended: spec.suspended && !account.suspended,
        disabled: spec.disabled,
    };
    adopted::put_adopted(tx, id, &values, row.is_none(), now).await?;
    let https = spec.tls.as_ref().map(|tls| site_https::Values {
        certificate: Some(tls.certificate),
        force: tls.force_https,
        hsts: tls.hsts,
    });
    if let Some(tls) = &spec.tls
        && !site_https::is_known(tx, tls.certificate, id).await?
    {
        return Err(unknown(format!("The certificate {}", tls.certificate)));
    }
    site_https::set(tx, id, https).await?;
    let old = name::of_site(tx, id).await?;
    for gone in
        old.iter().filter(|old| old.ownership == Ownership::Approved && !spec.names.contains(&old.name))
    {
        name::remove(tx, id, &gone.name, limits::counted_anew().1).await?;
    }
    for wanted in &spec.names {
        let known = old.iter().find(|old| old.name == *wanted);
        if known.is_some_and(|known| known.ownership == Ownership::Approved) {
            continue;
        }
        if known.is_some() {
            name::remove(tx, id, wanted, limits::counted_anew().1).await?;
        }
        let one = limits::counted_anew().0;
        if !name::insert(tx, id, one, (wanted, false), Ownership::Approved, now).await? {
            let detail = format!("Another site has the name {wanted} here. Take it from that one first.");
            return Err(ApiError::conflict("name_taken", detail));
        }
    }
    if let Some(primary) = spec.names.first() {
        name::set_primary(tx, id, primary).await?;
    }
    for name in &spec.names {
        name::set_redirected(tx, id, name, spec.redirected.contains(name)).await?;
    }
    Ok(())
}

/// See [`desired::Object::adopt`].
pub(crate) async fn web_server(tx: &mut WriteTx, adopt: &Adopt<'_, WebServerSpec>) -> Result<(), ApiError> {
    let row = node::unscoped(tx, &adopt.id.to_string()).await?;
    match (adopt.held, row) {
        (Wanted::Present(spec), Some(row)) => {
            let WebServerSpec { listen, listen_tls, tls_profile, .. } = spec;
            let listening = Listening { listen, listen_tls, tls_profile: *tls_profile };
            Ok(node::listening_adopted(tx, row.id, listening, adopt.now).await?)
        }
        _ => {
            Err(ApiError::conflict("not_adoptable", "A server's row is made when the panel first meets it."))
        }
    }
}
