//! Rows of sites and of the web server made from what the server holds.

use api_kit::ApiError;
use converge::Wanted;
use desired::Adopt;
use store::WriteTx;
use web_spec::{Serves, SiteSpec, WebServerSpec};

use crate::store::name::{self, Ownership};
use crate::store::node;
use crate::store::site::{self, AdoptedValues, Values};

/// See [`desired::Object::adopt`]. What the server serves was approved; names that wait for approval stay.
pub(crate) async fn site(tx: &mut WriteTx, adopt: &Adopt<'_, SiteSpec>) -> Result<(), ApiError> {
    let (id, now) = (*adopt.id, adopt.now);
    let row = site::unscoped(tx, &id.to_string()).await?;
    let spec = match (adopt.held, &row) {
        (Wanted::Absent, None) => return Ok(()),
        (Wanted::Absent, Some(_)) => return Ok(site::set_deleted(tx, id, Some(now)).await?),
        (Wanted::Present(spec), _) => spec,
    };
    let unknown = |what: String| {
        ApiError::conflict("dependency_unknown", format!("{what} is not known here. Decide about it first."))
    };
    let account = site::account_of_name(tx, &spec.account).await?;
    let Some(account) = account else { return Err(unknown(format!("The account {}", spec.account))) };
    let pool = match &spec.pool {
        None => None,
        Some(pool) => match site::pool_of_name(tx, pool).await? {
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
    site::put_adopted(tx, id, &values, row.is_none(), now).await?;
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
            Ok(node::listen_adopted(tx, row.id, &spec.listen, adopt.now).await?)
        }
        _ => {
            Err(ApiError::conflict("not_adoptable", "A server's row is made when the panel first meets it."))
        }
    }
}
