//! What may be asked of a certificate, over typed values.

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{AccountKey, AccountRef, Actor, Authorised, EditSites};
use cert_spec::{CertificateSpec, KeyKind};
use desired::event::{Code, Event};
use desired::{Draft, Key, Rules};
use names::{CertName, CertificateId};
use serde::Deserialize;
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::chain::Chain;
use crate::object::CertificateObject;
use crate::order;
use crate::rules::bring::PrivateKey;
use crate::rules::names as name_rules;
use crate::store::certificate::{self, Certificate, New, Row, ShowingSite, Source};

/// What a new certificate is made of: `chain` and `key` of one that is brought, or `names` for one that an authority is to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCertificate {
    /// Whose it is: the account's name or id.
    #[schema(value_type = String, example = "alice")]
    pub(crate) account: AccountKey,
    /// The certificate and those of its issuers in PEM, in any order; the root may be left out.
    pub(crate) chain: Option<String>,
    /// The private key of the certificate in PEM, not encrypted. It is handed to the agent, and shown nowhere.
    #[schema(value_type = Option<String>, write_only)]
    pub(crate) key: Option<PrivateKey>,
    /// The names of one that an authority is to issue: names of the account's sites.
    #[schema(value_type = Option<Vec<String>>, example = json!(["example.test"]))]
    pub(crate) names: Option<Vec<CertName>>,
}

/// A chain and its key, in place of those that were brought before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceChain {
    /// The certificate and those of its issuers in PEM, in any order; the root may be left out.
    pub(crate) chain: String,
    /// The private key of the certificate in PEM, not encrypted. It is handed to the agent, and shown nowhere.
    #[schema(value_type = String, write_only)]
    pub(crate) key: PrivateKey,
}

/// Which of the two a new certificate is.
pub(crate) enum Wanted {
    Brought { chain: String, key: PrivateKey },
    Issued { names: Vec<CertName> },
}

impl CreateCertificate {
    /// Which of the two it is. Refuses what is neither, or both.
    pub(crate) fn read(self) -> Result<Wanted, ApiError> {
        let refuse = |pointer: &str, code: &'static str, reason: &str, remedy: &str| {
            Err(ApiError::invalid(FieldError::new(pointer, code, reason, remedy)))
        };
        let missing =
            |pointer: &str, remedy: &str| refuse(pointer, "missing_field", "This field is missing.", remedy);
        Ok(match (self.chain, self.key, self.names) {
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                let reason = "A certificate that is brought has the names that are in it.";
                return refuse("/names", "names_and_chain", reason, "Send chain and key, or names.");
            }
            (Some(chain), Some(key), None) => Wanted::Brought { chain, key },
            (Some(_), None, None) => return missing("/key", "Send the private key of the certificate."),
            (None, Some(_), None) => return missing("/chain", "Send the certificate of the key."),
            (None, None, Some(names)) => Wanted::Issued { names },
            (None, None, None) => return missing("/names", "Send the names, or a chain and its key."),
        })
    }
}

/// Makes a certificate of what an owner brings. The agent has the key.
pub(crate) struct Bring {
    pub(crate) id: CertificateId,
    pub(crate) account: Authorised<AccountRef, EditSites>,
    pub(crate) chain: Chain,
}

impl Rules for Bring {
    type Value = Certificate;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Certificate, Key), ApiError> {
        draft.take_id(self.id);
        let new = New {
            id: self.id,
            account: self.account.id,
            site: None,
            key_kind: self.chain.kind(),
            names: &self.chain.shown().names,
            brought: Some(&self.chain),
        };
        make(tx, draft, &new).await
    }
}

/// Makes a certificate that an authority is to issue.
pub(crate) struct AskFor {
    pub(crate) actor: Actor,
    pub(crate) account: Authorised<AccountRef, EditSites>,
    pub(crate) names: Vec<CertName>,
}

impl Rules for AskFor {
    type Value = Certificate;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Certificate, Key), ApiError> {
        name_rules::check(tx, &self.actor, self.account.id, &self.names).await?;
        let names = name_rules::sorted(&self.names);
        let id = draft.new_id();
        let new = New {
            id,
            account: self.account.id,
            site: None,
            key_kind: KeyKind::Ecdsa,
            names: &names,
            brought: None,
        };
        make(tx, draft, &new).await
    }
}

async fn make(tx: &mut WriteTx, draft: &mut Draft, new: &New<'_>) -> Result<(Certificate, Key), ApiError> {
    if !certificate::insert(tx, new, draft.now).await? {
        return Err(ApiError::conflict("deleting", "The account is being removed."));
    }
    let key = Key::of::<CertificateSpec>(&new.id);
    draft.made(key.clone());
    let row = now(tx, new.id).await?;
    let made = Certificate::of(&row, Vec::new());
    told(tx, draft, ("certificate.create", Code::Created), None, (&made, &row)).await?;
    Ok((made, key))
}

/// Puts another chain in the place of the one that was brought. The agent has the key.
pub(crate) struct Replace {
    pub(crate) certificate: Authorised<Row, EditSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) chain: Chain,
}

/// Whether the chain of a certificate may be replaced.
pub(crate) fn check_brought(row: &Row, if_match: &IfMatch) -> Result<(), ApiError> {
    if_match.check(row.block.generation)?;
    check_staying(row)?;
    if row.source != Source::Brought {
        let detail =
            "An authority issues this certificate. Bring yours as a new one, and have the sites show that.";
        return Err(ApiError::conflict("not_brought", detail));
    }
    Ok(())
}

impl Rules for Replace {
    type Value = Certificate;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Certificate, Key), ApiError> {
        let id = self.certificate.id;
        let row = now(tx, id).await?;
        check_brought(&row, &self.if_match)?;
        let before = show(tx, id).await?.0;
        certificate::set_issued(tx, id, &self.chain, draft.now).await?;
        certificate::set_names(tx, &row, &self.chain.shown().names, draft.now).await?;
        draft.raise::<CertificateObject>(tx, &id).await?;
        let (after, row) = show(tx, id).await?;
        told(tx, draft, ("certificate.replace", Code::Changed), Some(&before), (&after, &row)).await?;
        Ok((after, Key::of::<CertificateSpec>(&id)))
    }
}

/// Asks for a certificate's removal.
pub(crate) struct Delete {
    pub(crate) certificate: Authorised<Row, EditSites>,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = Certificate;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Certificate, Key), ApiError> {
        let id = self.certificate.id;
        let key = Key::of::<CertificateSpec>(&id);
        let (before, row) = show(tx, id).await?;
        self.if_match.check(row.block.generation)?;
        if row.block.deleted_at.is_some() {
            draft.made(key.clone());
            return Ok((before, key));
        }
        check_unused(tx, &row, &before.sites).await?;
        certificate::set_deleted(tx, id, Some(draft.now), draft.now).await?;
        draft.raise::<CertificateObject>(tx, &id).await?;
        let (after, row) = show(tx, id).await?;
        told(tx, draft, ("certificate.delete", Code::DeletionAsked), Some(&before), (&after, &row)).await?;
        Ok((after, key))
    }
}

/// A certificate that a site shows, or that goes with a site which answers by HTTPS, stays.
async fn check_unused(tx: &mut Tx, row: &Row, sites: &[ShowingSite]) -> Result<(), ApiError> {
    if let Some(site) = row.site_id
        && let Some(name) = certificate::site_by_https(tx, site).await?
    {
        let detail = format!(
            "It is the own certificate of the site {name}, and goes with it. Switch the site's HTTPS off, or delete the site."
        );
        return Err(ApiError::conflict("of_site", detail));
    }
    match sites {
        [] => Ok(()),
        [only] => {
            let detail =
                format!("The site {} shows it. Have the site show another certificate first.", only.name);
            Err(ApiError::conflict("in_use", detail))
        }
        several => {
            let names: Vec<&str> = several.iter().take(20).map(|site| site.name.as_str()).collect();
            let names = names.join(", ");
            let detail = format!(
                "{} sites show it: {names}. Have them show another certificate first.",
                several.len()
            );
            Err(ApiError::conflict("in_use", detail))
        }
    }
}

fn check_staying(row: &Row) -> Result<(), ApiError> {
    if row.block.deleted_at.is_some() {
        return Err(ApiError::conflict("deleting", "The certificate is being removed."));
    }
    Ok(())
}

/// The row as it is in this transaction; the proof's may be older.
async fn now(tx: &mut Tx, id: CertificateId) -> Result<Row, ApiError> {
    certificate::unscoped(tx, &id.to_string()).await?.ok_or_else(|| ApiError::not_found("certificate"))
}

/// The certificate with the sites that show it.
pub(crate) async fn show(tx: &mut Tx, id: CertificateId) -> Result<(Certificate, Row), ApiError> {
    let row = now(tx, id).await?;
    let sites = certificate::showing(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let order = order::of(tx, id).await?;
    Ok((Certificate::of(&row, sites).ordered(order), row))
}

/// The audit and the event of a change.
async fn told(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    before: Option<&Certificate>,
    (after, row): (&Certificate, &Row),
) -> Result<(), ApiError> {
    let json = |certificate: &Certificate| serde_json::to_value(certificate).map_err(ApiError::internal);
    let object = audit::Object::of_account("certificate", after.id, row.account_id);
    draft.audit(tx, action, object, before.map(json).transpose()?, Some(json(after)?)).await?;
    let key = Key::of::<CertificateSpec>(&after.id);
    draft.event(tx, &Event::of(key, Some(row.account_id), code, &row.title())).await
}
