//! Rows of providers, and how the API shows them.

use auth::{Authorised, EditSettings, Installation};
use auth_oidc::Issuer;
use desired::Note;
use names::{IdentityProviderId, Label, Micros, Secret};
use seal::{SealError, SealKey};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::store::mapping::Mapping;
use crate::text::{Claim, ClientId, Scope};

const BY_ID: Statement = Statement::new(
    "SELECT id, name, label, issuer, client_id, client_secret, scopes, groups_claim, makes_people, second_factor_counts, enabled,
            created_at, updated_at FROM identity_provider WHERE id = $1",
);
const BY_NAME: Statement = Statement::new(
    "SELECT id, name, label, issuer, client_id, client_secret, scopes, groups_claim, makes_people, second_factor_counts, enabled,
            created_at, updated_at FROM identity_provider WHERE name = $1",
);
const PAGE: Statement = Statement::new(
    "SELECT id, name, label, issuer, client_id, client_secret, scopes, groups_claim, makes_people, second_factor_counts, enabled,
            created_at, updated_at FROM identity_provider
     WHERE name > $1 AND (name LIKE $3 ESCAPE '\\' OR $3 IS NULL) ORDER BY name LIMIT $2",
);
const ENABLED: Statement = Statement::new(
    "SELECT id, name, label, issuer, client_id, client_secret, scopes, groups_claim, makes_people, second_factor_counts, enabled,
            created_at, updated_at FROM identity_provider WHERE enabled = 1 ORDER BY name LIMIT 100",
);
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM identity_provider");
const PEOPLE: Statement = Statement::new("SELECT COUNT(*) AS value FROM identity WHERE provider_id = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO identity_provider (id, name, label, issuer, client_id, client_secret, scopes, groups_claim, makes_people,
                                    second_factor_counts, enabled, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT DO NOTHING",
);
const EDIT: Statement = Statement::new(
    "UPDATE identity_provider SET label = $2, client_id = $3, client_secret = $4, scopes = $5, groups_claim = $6, makes_people = $7,
            second_factor_counts = $8, enabled = $9, updated_at = $10 WHERE id = $1",
);
const DELETE: Statement = Statement::new("DELETE FROM identity_provider WHERE id = $1");

pub(crate) const STATEMENTS: &[Statement] =
    &[BY_ID, BY_NAME, PAGE, ENABLED, COUNT, PEOPLE, INSERT, EDIT, DELETE];

/// The key of a provider in a path.
pub(crate) type ProviderKey = auth::Key<IdentityProviderId, Label>;
/// Proof that providers may be changed.
pub(crate) type Manages = Authorised<Installation, EditSettings>;

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) id: IdentityProviderId,
    pub(crate) name: Label,
    pub(crate) label: Note,
    pub(crate) issuer: Issuer,
    pub(crate) client_id: ClientId,
    /// Sealed.
    pub(crate) client_secret: Option<String>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) groups_claim: Option<Claim>,
    pub(crate) makes_people: bool,
    pub(crate) second_factor_counts: bool,
    pub(crate) enabled: bool,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
}

impl FromRow for Provider {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            label: row.parse("label")?,
            issuer: row.parse("issuer")?,
            client_id: row.parse("client_id")?,
            client_secret: row.opt_text("client_secret")?,
            scopes: row.json("scopes")?,
            groups_claim: row.opt_parse("groups_claim")?,
            makes_people: row.flag("makes_people")?,
            second_factor_counts: row.flag("second_factor_counts")?,
            enabled: row.flag("enabled")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Provider {
    /// What the panel shows to the provider.
    pub(crate) fn secret(&self, seal: &SealKey) -> Result<Option<Secret<String>>, SealError> {
        let Some(sealed) = &self.client_secret else { return Ok(None) };
        let opened = seal.open(("identity_provider", &self.id.to_string()), sealed)?;
        let text = String::from_utf8(opened.expose().clone()).map_err(|_| SealError::Broken)?;
        Ok(Some(Secret::new(text)))
    }
}

/// Seals a client's secret for one provider.
pub(crate) fn sealed(seal: &SealKey, id: IdentityProviderId, secret: &str) -> Result<String, SealError> {
    seal.seal(("identity_provider", &id.to_string()), secret.as_bytes())
}

/// An identity provider.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own in the API")]
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct IdentityProvider {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: IdentityProviderId,
    /// Its name, in the address that it sends people back to.
    #[schema(value_type = String)]
    pub(crate) name: Label,
    /// What is on its button.
    #[schema(value_type = String)]
    pub(crate) label: Note,
    /// Its issuer.
    #[schema(value_type = String, format = "uri")]
    pub(crate) issuer: Issuer,
    /// What it calls this panel.
    #[schema(value_type = String)]
    pub(crate) client_id: ClientId,
    /// Whether the panel shows it a secret.
    pub(crate) has_secret: bool,
    /// What is asked for beside `openid`.
    #[schema(value_type = Vec<String>)]
    pub(crate) scopes: Vec<Scope>,
    /// The claim with a person's groups; null: groups are not looked at.
    #[schema(value_type = Option<String>)]
    pub(crate) groups_claim: Option<Claim>,
    /// Whether people are made who have a group that is mapped.
    pub(crate) makes_people: bool,
    /// Whether what it asked people for is enough: Holdfast then asks for no second factor of its own.
    pub(crate) second_factor_counts: bool,
    /// Whether one can sign in by it.
    pub(crate) enabled: bool,
    /// Which group has which role where.
    pub(crate) mappings: Vec<Mapping>,
    /// Where it sends people back to, to be entered there; null: the panel has no name yet.
    pub(crate) redirect_uri: Option<String>,
    /// How many people are known by it.
    pub(crate) people: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Micros,
}

pub(crate) async fn find(tx: &mut Tx, key: &ProviderKey) -> Result<Option<Provider>, StoreError> {
    match key {
        ProviderKey::Id(id) => tx.optional(BY_ID.bind(*id)).await,
        ProviderKey::Name(name) => tx.optional(BY_NAME.bind(name)).await,
    }
}

/// A page, in the order of the names.
pub(crate) async fn list(
    tx: &mut Tx,
    after: &str,
    like: Option<String>,
    rows: i64,
) -> Result<Vec<Provider>, StoreError> {
    tx.all(PAGE.bind(after).bind(rows).bind(like)).await
}

/// Those by which one can sign in.
pub(crate) async fn enabled(tx: &mut Tx) -> Result<Vec<Provider>, StoreError> {
    tx.all(ENABLED).await
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(COUNT).await
}

/// How many people are known by it.
pub(crate) async fn people(tx: &mut Tx, id: IdentityProviderId) -> Result<i64, StoreError> {
    tx.one(PEOPLE.bind(id)).await
}

fn scopes(provider: &Provider) -> serde_json::Value {
    provider.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().into()
}

/// Makes one; false where the name is taken.
pub(crate) async fn insert(tx: &mut WriteTx, _proof: &Manages, new: &Provider) -> Result<bool, StoreError> {
    let insert = INSERT
        .bind(new.id)
        .bind(&new.name)
        .bind(new.label.as_str())
        .bind(new.issuer.as_str())
        .bind(new.client_id.as_str())
        .bind(new.client_secret.clone())
        .bind(scopes(new))
        .bind(new.groups_claim.as_ref().map(Claim::as_str))
        .bind(new.makes_people)
        .bind(new.second_factor_counts)
        .bind(new.enabled)
        .bind(new.created_at);
    Ok(tx.execute(insert).await? == 1)
}

/// Writes what can be edited.
pub(crate) async fn edit(tx: &mut WriteTx, _proof: &Manages, row: &Provider) -> Result<(), StoreError> {
    let edit = EDIT
        .bind(row.id)
        .bind(row.label.as_str())
        .bind(row.client_id.as_str())
        .bind(row.client_secret.clone())
        .bind(scopes(row))
        .bind(row.groups_claim.as_ref().map(Claim::as_str))
        .bind(row.makes_people)
        .bind(row.second_factor_counts)
        .bind(row.enabled)
        .bind(row.updated_at);
    tx.execute(edit).await?;
    Ok(())
}

/// Removes it, with its mappings and links. What it gave is to be taken before.
pub(crate) async fn delete(
    tx: &mut WriteTx,
    _proof: &Manages,
    id: IdentityProviderId,
) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(id)).await?;
    Ok(())
}
