//! Whose names a certificate of an authority may be for.
//!
//! An authority asks this server whether a name is led here, and the server answers for every name: so the panel says which names an account
//! may ask for. They are those that a site of the account has and that are approved, and what lies below them; whoever may approve names may
//! ask for a name that nobody has.

use api_kit::{ApiError, FieldError};
use auth::{Actor, ManageSites};
use names::{AccountId, CertName};
use store::Tx;

use crate::store::name;

/// The most names of one certificate.
pub(crate) const MOST: usize = 100;

/// Refuses no name at all, too many, and a name with a star.
pub(crate) fn check_asked(names: &[CertName]) -> Result<(), ApiError> {
    let refuse = |pointer: String, code: &'static str, reason: &str, remedy: &str| {
        Err(ApiError::invalid(FieldError::new(pointer, code, reason, remedy)))
    };
    if names.is_empty() {
        return refuse(
            "/names".to_owned(),
            "names_none",
            "A certificate is for one name at least.",
            "Send names of the account's sites.",
        );
    }
    if names.len() > MOST {
        return refuse(
            "/names".to_owned(),
            "names_too_many",
            "A certificate is for 100 names at most.",
            "Ask for a second certificate.",
        );
    }
    if let Some(at) = names.iter().position(CertName::is_wildcard) {
        let reason = "Authorities prove a name with a star by DNS, which this server does not answer for.";
        return refuse(
            format!("/names/{at}"),
            "name_wildcard",
            reason,
            "Name the single names, or bring such a certificate.",
        );
    }
    Ok(())
}

/// Sorted, none twice.
pub(crate) fn sorted(names: &[CertName]) -> Vec<CertName> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    names
}

/// Refuses names that are not the account's. `names` are as they were sent, for the place of the one that is refused.
pub(crate) async fn check(
    tx: &mut Tx,
    actor: &Actor,
    account: AccountId,
    names: &[CertName],
) -> Result<(), ApiError> {
    let manages = actor.may::<ManageSites>(tx, account).await?;
    for (at, name) in names.iter().enumerate() {
        let own = match name::holder_at_or_above(tx, name.base()).await? {
            Some(holder) => holder.account == account && holder.approved,
            None => manages,
        };
        if !own {
            let reason = "No site of the account has this name, or it waits for an administrator's approval.";
            let remedy = "Give the name to a site of the account first.";
            let error = FieldError::new(format!("/names/{at}"), "name_not_of_account", reason, remedy);
            return Err(ApiError::invalid(error));
        }
    }
    Ok(())
}
