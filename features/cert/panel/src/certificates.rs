//! A stand-in: what other features ask of certificates, within their own transactions.

use api_kit::{ApiError, FieldError};
use cert_spec::CertificateSpec;
use desired::{Draft, Key};
use names::{AccountId, CertificateId, DomainName, SiteId};
use store::{Statement, Tx, WriteTx};

use crate::object::CertificateObject;

const OF_SITE: Statement = Statement::new("SELECT id AS value FROM certificate WHERE site_id = $1");
const OF_ACCOUNT: Statement =
    Statement::new("SELECT id AS value FROM certificate WHERE account_id = $1 AND deleted_at IS NULL");
const MAY: Statement = Statement::new(
    "SELECT id AS value FROM certificate WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO certificate (id, account_id, node_id, site_id, source, key_kind, names, created_at, updated_at, since)
     SELECT $1, a.id, a.node_id, $3, 'authority', 'ecdsa', $4, $5, $5, $5 FROM account a WHERE a.id = $2",
);
const ORDER: Statement = Statement::new("INSERT INTO certificate_order (certificate_id) VALUES ($1)");
const SET_NAMES: Statement =
    Statement::new("UPDATE certificate SET names = $2, deleted_at = NULL, updated_at = $3 WHERE id = $1");
const SET_DELETED: Statement = Statement::new("UPDATE certificate SET deleted_at = $2 WHERE id = $1");

/// The site's own certificate, for these names.
pub async fn ensure_for_site(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
    site: SiteId,
    names: &[DomainName],
) -> Result<CertificateId, ApiError> {
    let mut names: Vec<_> = names.iter().map(ToString::to_string).collect();
    names.sort();
    let names = serde_json::to_string(&names).map_err(ApiError::internal)?;
    if let Some(id) = tx.optional::<String>(OF_SITE.bind(site)).await? {
        let id: CertificateId = id.parse().map_err(ApiError::internal)?;
        tx.execute(SET_NAMES.bind(id).bind(names).bind(draft.now)).await?;
        draft.raise::<CertificateObject>(tx, &id).await?;
        return Ok(id);
    }
    let id: CertificateId = draft.new_id();
    tx.execute(INSERT.bind(id).bind(account).bind(site).bind(names).bind(draft.now)).await?;
    tx.execute(ORDER.bind(id)).await?;
    draft.made(Key::of::<CertificateSpec>(&id));
    Ok(id)
}

/// Refuses what sites of the account may not show.
pub async fn check(tx: &mut Tx, account: AccountId, certificate: CertificateId) -> Result<(), ApiError> {
    if tx.optional::<String>(MAY.bind(certificate).bind(account)).await?.is_some() {
        return Ok(());
    }
    let (reason, remedy) = ("The account has no such certificate.", "Choose one of the account's.");
    Err(ApiError::invalid(FieldError::new("/https/certificate", "no_such_certificate", reason, remedy)))
}

/// The site's own is no longer wanted.
pub async fn release_of_site(tx: &mut WriteTx, draft: &mut Draft, site: SiteId) -> Result<(), ApiError> {
    match tx.optional::<String>(OF_SITE.bind(site)).await? {
        Some(id) => remove(tx, draft, &id).await,
        None => Ok(()),
    }
}

/// Certificates go with their account.
pub async fn account_leaving(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
) -> Result<(), ApiError> {
    for id in tx.all::<String>(OF_ACCOUNT.bind(account)).await? {
        remove(tx, draft, &id).await?;
    }
    Ok(())
}

async fn remove(tx: &mut WriteTx, draft: &mut Draft, id: &str) -> Result<(), ApiError> {
    let id: CertificateId = id.parse().map_err(ApiError::internal)?;
    tx.execute(SET_DELETED.bind(id).bind(draft.now)).await?;
    draft.raise::<CertificateObject>(tx, &id).await
}
