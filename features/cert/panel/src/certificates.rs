//! What other features ask of certificates, within their own transactions.

use api_kit::{ApiError, FieldError};
use cert_spec::{CertificateSpec, KeyKind};
use desired::event::{Code, Event};
use desired::{Draft, Key, Object};
use names::{AccountId, CertName, CertificateId, DomainName, Micros, SiteId};
use store::{StoreError, Tx, WriteTx};

use crate::object::CertificateObject;
use crate::store::certificate::{self, New, Row};
use crate::store::name;

/// The site's own certificate, for these names, which are approved: it is made where there is none, and its names follow. While none of the
/// site's names is approved, the certificate has those that it had, and a new one has none and waits.
pub async fn ensure_for_site(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
    site: SiteId,
    names: &[DomainName],
) -> Result<CertificateId, ApiError> {
    let mut names: Vec<CertName> = names.iter().cloned().map(CertName::from).collect();
    names.sort();
    names.dedup();
    let Some(row) = certificate::of_site(tx, site).await? else {
        return make(tx, draft, account, site, &names).await;
    };
    let moved = !names.is_empty() && names != row.names;
    let back = row.block.deleted_at.is_some();
    if moved {
        certificate::set_names(tx, &row, &names, draft.now).await?;
    }
    if back {
        certificate::set_deleted(tx, row.id, None, draft.now).await?;
    }
    if moved || back {
        draft.raise::<CertificateObject>(tx, &row.id).await?;
    }
    if back {
        event(tx, draft, &row, Code::Created).await?;
    } else if moved {
        let after = Row { names, ..row.clone() };
        event(tx, draft, &after, Code::Changed).await?;
    }
    Ok(row.id)
}

async fn make(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
    site: SiteId,
    names: &[CertName],
) -> Result<CertificateId, ApiError> {
    let id = draft.new_id();
    let new = New { id, account, site: Some(site), key_kind: KeyKind::Ecdsa, names, brought: None };
    if !certificate::insert(tx, &new, draft.now).await? {
        return Err(ApiError::not_found("account"));
    }
    draft.made(Key::of::<CertificateSpec>(&id));
    if let Some(row) = certificate::unscoped(tx, &id.to_string()).await? {
        event(tx, draft, &row, Code::Created).await?;
    }
    Ok(id)
}

/// Refuses a certificate that sites of the account may not show: another's, one that is not there, or one on its way out.
pub async fn check(tx: &mut Tx, account: AccountId, id: CertificateId) -> Result<(), ApiError> {
    let found = certificate::unscoped(tx, &id.to_string()).await?;
    if found.is_some_and(|row| row.account_id == account && row.block.deleted_at.is_none()) {
        return Ok(());
    }
    let reason = "The account has no such certificate.";
    let remedy = "Choose one of the account's certificates, or null for the site's own.";
    Err(ApiError::invalid(FieldError::new("/https/certificate", "no_such_certificate", reason, remedy)))
}

/// The site no longer wants a certificate of its own: it is removed once the host shows it nowhere. Where other sites show it, it stays, and
/// is no site's from then on.
pub async fn release_of_site(tx: &mut WriteTx, draft: &mut Draft, site: SiteId) -> Result<(), ApiError> {
    let Some(row) = certificate::of_site(tx, site).await? else { return Ok(()) };
    if row.block.deleted_at.is_some() {
        return Ok(());
    }
    let showing = certificate::showing(tx, &[row.id]).await?;
    if showing.values().flatten().any(|other| other.id != site) {
        return Ok(certificate::detach(tx, row.id, draft.now).await?);
    }
    remove(tx, draft, &row).await
}

/// Certificates go with their account.
pub async fn account_leaving(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
) -> Result<(), ApiError> {
    for row in certificate::of_account(tx, account).await? {
        remove(tx, draft, &row).await?;
    }
    Ok(())
}

/// Those of the names that an authority may be asked for now: names move from one account to another while certificates stay.
pub async fn still_own(
    tx: &mut Tx,
    account: AccountId,
    names: &[CertName],
) -> Result<Vec<CertName>, StoreError> {
    let mut own = Vec::with_capacity(names.len());
    for name in names {
        let holder = name::holder_at_or_above(tx, name.base()).await?;
        if holder.is_none_or(|holder| holder.account == account && holder.approved) {
            own.push(name.clone());
        }
    }
    Ok(own)
}

/// Another chain, or other names, outside of a request: raises the generation. Once that is committed, the caller wakes what is answered
/// ([`desired::Panel::wake`]).
pub async fn raise(tx: &mut WriteTx, id: CertificateId, now: Micros) -> Result<Key, StoreError> {
    tx.execute(CertificateObject::SQL.raise.bind(id).bind(now).bind(false)).await?;
    Ok(Key::of::<CertificateSpec>(&id))
}

async fn remove(tx: &mut WriteTx, draft: &mut Draft, row: &Row) -> Result<(), ApiError> {
    certificate::set_deleted(tx, row.id, Some(draft.now), draft.now).await?;
    draft.raise::<CertificateObject>(tx, &row.id).await?;
    event(tx, draft, row, Code::DeletionAsked).await
}

async fn event(tx: &mut WriteTx, draft: &Draft, row: &Row, code: Code) -> Result<(), ApiError> {
    let event = Event::of(Key::of::<CertificateSpec>(&row.id), Some(row.account_id), code, &row.title());
    draft.event(tx, &event).await
}
