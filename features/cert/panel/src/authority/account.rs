//! The panel's account at an authority: the one that is kept, or found, or made.

use std::time::Duration;

use ::store::{StoreError, Tx, WriteTx};
use instant_acme::{Account, AccountCredentials};
use names::Micros;
use serde_json::json;

use super::store::{self, AuthorityRow};
use crate::acme::http::Http;
use crate::acme::key::{self, AcmeKey};
use crate::acme::register::{self, NewAccount};
use crate::acme::trouble::Trouble;
use crate::acme::{Client, Tries};
use crate::order::Issuing;

/// An authority that does not answer, or answers nonsense, is left alone so long.
const AWAY: Duration = Duration::from_mins(1);
const ODD: Duration = Duration::from_mins(30);
/// A limit of an authority on all that we ask holds so long at most; what it says of single names may hold for days.
const LIMITED: Duration = Duration::from_hours(3);

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAccount {
    /// The authority.
    #[error("{}", .0.words)]
    Trouble(Trouble),
    /// The database.
    #[error("the account could not be read or written")]
    Store(#[from] StoreError),
}

impl From<Trouble> for NoAccount {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// The account that is kept; where there is none, it is found or made first.
pub(crate) async fn open(state: &Issuing, row: &AuthorityRow) -> Result<Client, NoAccount> {
    let http = Http::new(&state.egress, &state.bounds);
    let key = own_key(state).await?;
    let thumbprint = key.thumbprint().map_err(|_| Trouble::odd("the panel's key has no thumbprint"))?;
    if let Some(kept) = row.credentials(&state.seal) {
        let client = restore(&http, kept.expose()).await?;
        if client.account.key_thumbprint() == thumbprint.as_str() {
            return Ok(client);
        }
    }
    let binding = row.binding(&state.seal);
    let binding =
        binding.map_err(|_| Trouble::odd("the key of the external account does not open: enter it anew"))?;
    let new = NewAccount {
        directory: &row.directory,
        key: &key,
        contact: row.contact.as_ref(),
        binding: binding.as_ref(),
    };
    let registered = register::register(&http, &new, state.panel.now()).await?;
    let credentials = json!({
        "id": registered.url, "key_pkcs8": key.encoded().expose(), "directory": row.directory.to_string(),
    });
    let credentials = names::Secret::new(credentials.to_string().into_bytes());
    let client = restore(&http, credentials.expose()).await?;
    if registered.was_there {
        tell_contact(&client, row).await?;
    }
    let write = async |tx: &mut WriteTx| {
        store::set_account(tx, &state.seal, row, (&registered.url, credentials.expose())).await
    };
    state.panel.store().write(write).await?;
    Ok(client)
}

async fn own_key(state: &Issuing) -> Result<AcmeKey, NoAccount> {
    let stored = state.panel.store().read(async |tx: &mut Tx| key::find(tx).await).await?;
    let key = stored.and_then(|stored| stored.open(&state.seal).ok());
    key.ok_or_else(|| Trouble::odd("the panel has no key of its own yet").into())
}

async fn restore(http: &Http, credentials: &[u8]) -> Result<Client, Trouble> {
    let mut tries = Tries::default();
    loop {
        let credentials: AccountCredentials = serde_json::from_slice(credentials)
            .map_err(|_| Trouble::odd("the credentials that are kept cannot be read"))?;
        match Account::builder_with_http(Box::new(http.clone())).from_credentials(credentials).await {
            Ok(account) => return Ok(Client { account, http: http.clone() }),
            Err(error) => tries.again(http, error).await?,
        }
    }
}

/// An account that was there keeps the contact of before until it is told another.
async fn tell_contact(client: &Client, row: &AuthorityRow) -> Result<(), Trouble> {
    let contact = row.contact.as_ref().map(|contact| format!("mailto:{contact}"));
    let contacts: Vec<&str> = contact.as_deref().into_iter().collect();
    let mut tries = Tries::default();
    loop {
        match client.account.update_contacts(&contacts).await {
            Ok(()) => return Ok(()),
            Err(error) => tries.again(&client.http, error).await?,
        }
    }
}

/// Until when an authority is left alone after it was asked in vain.
fn rest(trouble: &Trouble, now: Micros) -> Micros {
    let asked = trouble.retry_after;
    let pause = if trouble.is("rateLimited") {
        asked.unwrap_or(LIMITED).min(LIMITED)
    } else if trouble.is_away() {
        asked.unwrap_or(AWAY).clamp(AWAY, LIMITED)
    } else {
        ODD
    };
    now.plus(pause)
}

/// Writes down that an authority was asked in vain.
pub(crate) async fn in_vain(
    state: &Issuing,
    row: &AuthorityRow,
    trouble: &Trouble,
) -> Result<(), StoreError> {
    let until = rest(trouble, state.panel.now());
    let write = async |tx: &mut WriteTx| store::set_trouble(tx, row.id, &trouble.words, until).await;
    state.panel.store().write(write).await
}

/// Writes down that an authority answers well; nothing where it did before.
pub(crate) async fn answers(state: &Issuing, row: &AuthorityRow) -> Result<(), StoreError> {
    if row.error.is_none() && row.not_before.is_none() {
        return Ok(());
    }
    let now = state.panel.now();
    state.panel.store().write(async |tx: &mut WriteTx| store::set_well(tx, row.id, now).await).await
}

/// Makes accounts at the authorities that have none yet, so that a mistake is seen before a certificate is ordered.
pub(crate) async fn register_all(state: &Issuing) -> Result<(), StoreError> {
    let now = state.panel.now();
    let rows = state.panel.store().read(async |tx: &mut Tx| store::unregistered(tx, now).await).await?;
    for row in rows {
        match open(state, &row).await {
            Ok(_) => {
                tracing::info!(authority = %row.name, "the panel has an account at a certificate authority");
            }
            Err(NoAccount::Trouble(trouble)) => {
                tracing::warn!(authority = %row.name, error = %trouble.words, "a certificate authority makes no account");
                in_vain(state, &row, &trouble).await?;
            }
            Err(NoAccount::Store(error)) => return Err(error),
        }
    }
    Ok(())
}
