//! Rows of accounts made from what the server holds, and the user ids that it knows.

use std::collections::HashSet;

use account_spec::{AccountSpec, Limits, ListUids, UidNote, UidPage};
use api_kit::{ApiError, FieldError};
use auth::person::{self, NewPerson};
use auth::{AccountKey, Actor, Login, ManageAccounts, OrganisationKey};
use converge::Wanted;
use desired::{Adopt, Panel};
use limits::Within;
use names::AccountId;
use store::{StoreError, Tx, WriteTx};
use wire::WireError;

use crate::accounts;
use crate::store::account::adopted::{self, AdoptedRow};
use crate::store::account::{self, Inserted};

/// See [`desired::Object::adopt`].
pub(crate) async fn adopt(tx: &mut WriteTx, adopt: &Adopt<'_, AccountSpec>) -> Result<(), ApiError> {
    let (id, now) = (*adopt.id, adopt.now);
    let by = &adopt.besides.by;
    let row = account::unscoped(tx, &id.to_string()).await?;
    match (adopt.held, row) {
        (Wanted::Absent, None) => Ok(()),
        (Wanted::Absent, Some(row)) => {
            adopted::set_deleted(tx, id, Some(now)).await?;
            if let Some(owner) = row.owner {
                let proof = auth::account::<ManageAccounts>(tx, by, &AccountKey::Id(id)).await?;
                person::delete_with_account(tx, &proof, owner).await?;
            }
            Ok(())
        }
        (Wanted::Present(spec), Some(mut row)) => {
            row.sftp_password.clone_from(&spec.sftp_password);
            row.ssh_keys.clone_from(&spec.ssh_keys);
            row.limits = held_limits(tx, by, id, spec.limits).await?;
            account::update(tx, &row, now).await?;
            adopted::set_deleted(tx, id, None).await?;
            if row.is_off() != spec.suspended {
                adopted::suspend_adopted(tx, id, spec.suspended, now).await?;
            }
            Ok(())
        }
        (Wanted::Present(spec), None) => {
            let Some(email) = adopt.besides.email.clone() else {
                return Err(ApiError::invalid(FieldError::new(
                    "/email",
                    "missing_field",
                    "The server does not know the account's e-mail address.",
                    "Send email.",
                )));
            };
            let organisation = match &adopt.besides.organisation {
                Some(named) => named.clone(),
                None => {
                    OrganisationKey::Id(store::fixed::ROOT_ORGANISATION.parse().map_err(ApiError::internal)?)
                }
            };
            let proof = auth::organisation::<ManageAccounts>(tx, by, &organisation).await?;
            let package = match &adopt.besides.package {
                None => None,
                Some(key) => Some(limits::usable(tx, proof.id, key).await?.ok_or_else(no_package)?.id),
            };
            let owner =
                NewPerson { login: Login::from(&spec.name), email: Some(email.clone()), password: None };
            let taken = || {
                let detail = format!(
                    "An account or a person is called {} here: rename or delete that one first.",
                    spec.name
                );
                ApiError::conflict("name_taken", detail)
            };
            let owner = person::create(tx, &proof, &owner, now).await?.ok_or_else(taken)?;
            let new = AdoptedRow { id, owner, organisation: proof.id, email: &email, spec };
            match adopted::insert_adopted(tx, &new, now).await? {
                Inserted::Yes => {}
                Inserted::NameTaken => return Err(taken()),
                Inserted::NoUid => {
                    let detail = format!("The user id {} was given to another account here.", spec.uid);
                    return Err(ApiError::conflict("uid_taken", detail));
                }
                Inserted::NoNode => {
                    return Err(ApiError::conflict("no_node", "There is no server for the account yet."));
                }
            }
            person::grant_owner(tx, &proof, owner, id, now).await?;
            limits::assign(tx, &proof, id, package).await?;
            let limits = held_limits(tx, by, id, spec.limits).await?;
            Ok(account::set_limits(tx, id, &limits).await?)
        }
    }
}

fn no_package() -> ApiError {
    let reason = "The organisation has no such package, and none above it has.";
    api_kit::json::refuse(
        "package",
        "no_such_package",
        reason,
        "`holdfast package list` shows those that there are.",
    )
}

/// What the server holds the account to is written down: where its package says otherwise, as the account's own.
async fn held_limits(tx: &mut WriteTx, by: &Actor, id: AccountId, held: Limits) -> Result<Limits, ApiError> {
    let proof = auth::account::<ManageAccounts>(tx, by, &AccountKey::Id(id)).await?;
    for state in limits::settle(tx, by, Within::Account(id)).await? {
        for (limit, amount) in accounts::amounts(held) {
            if state.most(limit) != amount {
                limits::set_override(tx, &proof, id, limit, Some(amount)).await?;
            }
        }
    }
    let settled = limits::settle(tx, by, Within::Account(id)).await?;
    Ok(settled.first().map_or(held, accounts::host))
}

/// Why the server's user ids were not learnt.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The agent.
    #[error(transparent)]
    Agent(#[from] WireError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Learns which user ids were ever given on the server: none of them is given again, whatever this database knows. Answers how many
/// were news.
pub async fn learn_uids(panel: &Panel) -> Result<usize, LearnError> {
    let mut pages: Vec<UidPage> = Vec::new();
    let take = |page: serde_json::Value| pages.extend(serde_json::from_value(page));
    let last = panel.agent().call_with(&ListUids {}, &[], take).await?.reply;
    pages.push(last);
    let known: HashSet<i64> =
        panel.store().read(async |tx: &mut Tx| adopted::used_uids(tx).await).await?.into_iter().collect();
    let notes = pages.iter().flat_map(|page| &page.uids);
    let news: Vec<&UidNote> = notes.filter(|note| !known.contains(&i64::from(note.uid.get()))).collect();
    if news.is_empty() {
        return Ok(0);
    }
    let now = panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        for note in &news {
            adopted::claim_noted(tx, note, now).await?;
        }
        Ok(())
    };
    panel.store().write(write).await?;
    Ok(news.len())
}
