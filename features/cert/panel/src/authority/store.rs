//! Rows of authorities, and how the API shows them.

use auth::{Authorised, EditSettings, Installation};
use names::{AuthorityId, EmailAddress, Label, Micros, Secret, WebUrl};
use seal::{SealError, SealKey};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use super::text::{EabKey, EabKeyId};
use crate::acme::register::Binding;

const BY_ID: Statement = Statement::new(
    "SELECT id, name, directory, contact, eab_key_id, eab_key, is_default, account_url, account, error, not_before, created_at,
            updated_at FROM authority WHERE id = $1",
);
const BY_NAME: Statement = Statement::new(
    "SELECT id, name, directory, contact, eab_key_id, eab_key, is_default, account_url, account, error, not_before, created_at,
            updated_at FROM authority WHERE name = $1",
);
const DEFAULT: Statement = Statement::new(
    "SELECT id, name, directory, contact, eab_key_id, eab_key, is_default, account_url, account, error, not_before, created_at,
            updated_at FROM authority WHERE is_default = 1",
);
const PAGE: Statement = Statement::new(
    "SELECT id, name, directory, contact, eab_key_id, eab_key, is_default, account_url, account, error, not_before, created_at,
            updated_at FROM authority
     WHERE name > $1 AND (name LIKE $3 ESCAPE '\\' OR $3 IS NULL) ORDER BY name LIMIT $2",
);
const UNREGISTERED: Statement = Statement::new(
    "SELECT id, name, directory, contact, eab_key_id, eab_key, is_default, account_url, account, error, not_before, created_at,
            updated_at FROM authority
     WHERE account IS NULL AND (not_before IS NULL OR not_before <= $1) ORDER BY id LIMIT 10",
);
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM authority");
const WITH_DIRECTORY: Statement = Statement::new("SELECT name AS value FROM authority WHERE directory = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO authority (id, name, directory, contact, eab_key_id, eab_key, is_default, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7) ON CONFLICT DO NOTHING",
);
const EDIT: Statement = Statement::new(
    "UPDATE authority SET name = $2, contact = $3, eab_key_id = $4, eab_key = $5, account_url = $6, account = $7, error = $8,
            not_before = $9, updated_at = $10 WHERE id = $1",
);
const NO_DEFAULT: Statement = Statement::new("UPDATE authority SET is_default = 0 WHERE is_default = 1");
const SET_DEFAULT: Statement = Statement::new("UPDATE authority SET is_default = 1 WHERE id = $1");
const DELETE: Statement = Statement::new("DELETE FROM authority WHERE id = $1");
const SET_ACCOUNT: Statement = Statement::new(
    "UPDATE authority SET account_url = $2, account = $3, error = NULL, not_before = NULL WHERE id = $1 AND updated_at = $4",
);
const FORGET_ACCOUNT: Statement = Statement::new(
    "UPDATE authority SET account_url = NULL, account = NULL WHERE id = $1 AND account_url = $2",
);
const FORGET_ACCOUNTS: Statement = Statement::new("UPDATE authority SET account_url = NULL, account = NULL");
const SET_TROUBLE: Statement =
    Statement::new("UPDATE authority SET error = $2, not_before = $3 WHERE id = $1");
// Another order may have been told meanwhile that the authority wants to be left alone.
const SET_WELL: Statement = Statement::new(
    "UPDATE authority SET error = NULL, not_before = NULL WHERE id = $1 AND (not_before IS NULL OR not_before <= $2)",
);

pub(crate) const STATEMENTS: &[Statement] = &[
    BY_ID,
    BY_NAME,
    DEFAULT,
    PAGE,
    UNREGISTERED,
    COUNT,
    WITH_DIRECTORY,
    INSERT,
    EDIT,
    NO_DEFAULT,
    SET_DEFAULT,
    DELETE,
    SET_ACCOUNT,
    FORGET_ACCOUNT,
    FORGET_ACCOUNTS,
    SET_TROUBLE,
    SET_WELL,
];

/// The key of an authority in a path.
pub(crate) type AuthorityKey = auth::Key<AuthorityId, Label>;
/// Proof that authorities may be changed.
pub(crate) type Manages = Authorised<Installation, EditSettings>;

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct AuthorityRow {
    pub(crate) id: AuthorityId,
    pub(crate) name: Label,
    pub(crate) directory: WebUrl,
    pub(crate) contact: Option<EmailAddress>,
    pub(crate) eab_key_id: Option<EabKeyId>,
    /// Sealed.
    eab_key: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) account_url: Option<String>,
    /// Sealed.
    account: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) not_before: Option<Micros>,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
}

impl FromRow for AuthorityRow {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            directory: row.parse("directory")?,
            contact: row.opt_parse("contact")?,
            eab_key_id: row.opt_parse("eab_key_id")?,
            eab_key: row.opt_text("eab_key")?,
            is_default: row.flag("is_default")?,
            account_url: row.opt_text("account_url")?,
            account: row.opt_text("account")?,
            error: row.opt_text("error")?,
            not_before: row.opt_time("not_before")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

const EAB: &str = "authority.eab";
const ACCOUNT: &str = "authority.account";

impl AuthorityRow {
    /// One that is new.
    pub(crate) fn new(id: AuthorityId, name: &Label, directory: &WebUrl, now: Micros) -> Self {
        Self {
            id,
            name: name.clone(),
            directory: directory.clone(),
            contact: None,
            eab_key_id: None,
            eab_key: None,
            is_default: false,
            account_url: None,
            account: None,
            error: None,
            not_before: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// How the authority knows its customer.
    pub(crate) fn set_binding(
        &mut self,
        seal: &SealKey,
        binding: Option<(&EabKeyId, &EabKey)>,
    ) -> Result<(), SealError> {
        let seal = |key: &EabKey| seal.seal((EAB, &self.id.to_string()), key.expose());
        self.eab_key = binding.map(|(_, key)| seal(key)).transpose()?;
        self.eab_key_id = binding.map(|(id, _)| id.clone());
        Ok(())
    }

    pub(crate) fn binding(&self, seal: &SealKey) -> Result<Option<Binding>, SealError> {
        let (Some(id), Some(sealed)) = (&self.eab_key_id, &self.eab_key) else { return Ok(None) };
        let key = seal.open((EAB, &self.id.to_string()), sealed)?;
        Ok(Some(Binding { key_id: id.as_str().to_owned(), key }))
    }

    /// The account there is to be found, or made, anew.
    pub(crate) fn forget_account(&mut self) {
        (self.account_url, self.account, self.error, self.not_before) = (None, None, None, None);
    }

    /// The credentials of the account, as JSON of the library.
    pub(crate) fn credentials(&self, seal: &SealKey) -> Option<Secret<Vec<u8>>> {
        seal.open((ACCOUNT, &self.id.to_string()), self.account.as_deref()?).ok()
    }

    /// Whether nothing may be asked of it at this moment.
    pub(crate) fn rests(&self, now: Micros) -> Option<Micros> {
        self.not_before.filter(|until| *until > now)
    }
}

/// An authority that issues certificates.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Authority {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: AuthorityId,
    /// Its name.
    #[schema(value_type = String)]
    pub(crate) name: Label,
    /// The address of its directory.
    #[schema(value_type = String, format = "uri")]
    pub(crate) directory: WebUrl,
    /// Where it writes to; null: it is told no address.
    #[schema(value_type = Option<String>, format = "email")]
    pub(crate) contact: Option<EmailAddress>,
    /// The name of the key by which it knows its customer; null: it asks for none. The key itself is shown to nobody.
    pub(crate) eab_key_id: Option<String>,
    /// Whether certificates are ordered there.
    pub(crate) default: bool,
    /// Whether the panel has an account there.
    pub(crate) registered: bool,
    /// What it said, or what was seen, when it was last asked in vain; null: it answered well.
    pub(crate) error: Option<String>,
    /// Nothing is asked of it before; null: it may be asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) not_before: Option<Micros>,
    /// When it was made here.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Micros,
}

impl From<&AuthorityRow> for Authority {
    fn from(row: &AuthorityRow) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            directory: row.directory.clone(),
            contact: row.contact.clone(),
            eab_key_id: row.eab_key_id.as_ref().map(|id| id.as_str().to_owned()),
            default: row.is_default,
            registered: row.account_url.is_some(),
            error: row.error.clone(),
            not_before: row.not_before,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(crate) async fn find(tx: &mut Tx, key: &AuthorityKey) -> Result<Option<AuthorityRow>, StoreError> {
    match key {
        AuthorityKey::Id(id) => tx.optional(BY_ID.bind(*id)).await,
        AuthorityKey::Name(name) => tx.optional(BY_NAME.bind(name)).await,
    }
}

pub(crate) async fn by_id(tx: &mut Tx, id: AuthorityId) -> Result<Option<AuthorityRow>, StoreError> {
    tx.optional(BY_ID.bind(id)).await
}

/// Where certificates are ordered.
pub(crate) async fn default(tx: &mut Tx) -> Result<Option<AuthorityRow>, StoreError> {
    tx.optional(DEFAULT).await
}

/// A page, in the order of the names.
pub(crate) async fn list(
    tx: &mut Tx,
    after: &str,
    like: Option<String>,
    rows: i64,
) -> Result<Vec<AuthorityRow>, StoreError> {
    tx.all(PAGE.bind(after).bind(rows).bind(like)).await
}

/// Some of those that may be asked for an account now.
pub(crate) async fn unregistered(tx: &mut Tx, now: Micros) -> Result<Vec<AuthorityRow>, StoreError> {
    tx.all(UNREGISTERED.bind(now)).await
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(COUNT).await
}

/// The name of the authority with this directory.
pub(crate) async fn with_directory(tx: &mut Tx, directory: &WebUrl) -> Result<Option<String>, StoreError> {
    tx.optional(WITH_DIRECTORY.bind(directory)).await
}

/// Makes one; false where the name or the directory is taken.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    _proof: &Manages,
    new: &AuthorityRow,
) -> Result<bool, StoreError> {
    let insert = INSERT
        .bind(new.id)
        .bind(&new.name)
        .bind(&new.directory)
        .bind(new.contact.as_ref().map(ToString::to_string))
        .bind(new.eab_key_id.as_ref().map(EabKeyId::as_str))
        .bind(new.eab_key.clone())
        .bind(new.created_at);
    Ok(tx.execute(insert).await? == 1)
}

/// Writes what can be edited.
pub(crate) async fn edit(tx: &mut WriteTx, _proof: &Manages, row: &AuthorityRow) -> Result<(), StoreError> {
    let edit = EDIT
        .bind(row.id)
        .bind(&row.name)
        .bind(row.contact.as_ref().map(ToString::to_string))
        .bind(row.eab_key_id.as_ref().map(EabKeyId::as_str))
        .bind(row.eab_key.clone())
        .bind(row.account_url.clone())
        .bind(row.account.clone())
        .bind(row.error.clone())
        .bind(row.not_before)
        .bind(row.updated_at);
    tx.execute(edit).await?;
    Ok(())
}

/// Has certificates ordered there, or, where it is none, nowhere.
pub(crate) async fn set_default(
    tx: &mut WriteTx,
    _proof: &Manages,
    id: Option<AuthorityId>,
) -> Result<(), StoreError> {
    tx.execute(NO_DEFAULT).await?;
    if let Some(id) = id {
        tx.execute(SET_DEFAULT.bind(id)).await?;
    }
    Ok(())
}

pub(crate) async fn delete(tx: &mut WriteTx, _proof: &Manages, id: AuthorityId) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(id)).await?;
    Ok(())
}

/// Keeps the account that was made for this very row; what a person changed meanwhile stays.
pub(crate) async fn set_account(
    tx: &mut WriteTx,
    seal: &SealKey,
    row: &AuthorityRow,
    (url, credentials): (&str, &[u8]),
) -> Result<(), StoreError> {
    // without randomness nothing is kept, and the account is found again
    let Ok(sealed) = seal.seal((ACCOUNT, &row.id.to_string()), credentials) else { return Ok(()) };
    tx.execute(SET_ACCOUNT.bind(row.id).bind(url).bind(sealed).bind(row.updated_at)).await?;
    Ok(())
}

/// The authority does not know this account.
pub(crate) async fn forget_account(tx: &mut WriteTx, id: AuthorityId, url: &str) -> Result<(), StoreError> {
    tx.execute(FORGET_ACCOUNT.bind(id).bind(url)).await?;
    Ok(())
}

/// The key that the accounts were made for is another one.
pub(crate) async fn forget_accounts(tx: &mut WriteTx) -> Result<(), StoreError> {
    tx.execute(FORGET_ACCOUNTS).await?;
    Ok(())
}

/// It was asked in vain, and is left alone until then.
pub(crate) async fn set_trouble(
    tx: &mut WriteTx,
    id: AuthorityId,
    error: &str,
    until: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_TROUBLE.bind(id).bind(error).bind(until)).await?;
    Ok(())
}

/// It answered well, unless it asked meanwhile to be left alone.
pub(crate) async fn set_well(tx: &mut WriteTx, id: AuthorityId, now: Micros) -> Result<(), StoreError> {
    tx.execute(SET_WELL.bind(id).bind(now)).await?;
    Ok(())
}
