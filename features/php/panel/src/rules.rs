//! What may be chosen of PHP, over typed values.

use std::sync::Arc;

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{AccountRef, Authorised, EditSites};
use desired::event::{Code, Event};
use desired::{Draft, Key, Rules};
use limits::Limit;
use names::{AccountId, ByteSize, RelPath, SiteId};
use php_spec::{EditSettings, Effective, SameSite, Setting, Settings, Unit};
use store::{Tx, WriteTx};

use crate::pools;
use crate::sites::{Sites, Which};
use crate::store::setting::{self, Sold};
use crate::store::site::{self, Site};
use crate::view::{Of, PhpSettings};

/// Chooses for all sites of an account that say nothing else.
pub(crate) struct EditAccount {
    pub(crate) sites: Arc<dyn Sites>,
    pub(crate) account: Authorised<AccountRef, EditSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) edit: EditSettings,
}

impl Rules for EditAccount {
    type Value = PhpSettings;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(PhpSettings, Key), ApiError> {
        let (id, none) = (self.account.id, Settings::default());
        let sold = sold(tx, id).await?;
        let before = setting::of_account(tx, id).await?;
        self.if_match.require(before.version)?;
        let after = self.edit.applied(&before.settings);
        let old = Effective::of(&before.settings, &none, sold.bounds);
        let new = Effective::of(&after, &none, sold.bounds);
        check(&self.edit, &after, &new, None)?;
        let wishes = pools::wishes(tx, id).await?;
        setting::put(tx, id, None, &after, draft.now).await?;
        let which = if old.settings.upload_limit == new.settings.upload_limit {
            Which::These(site::with_settings(tx, id).await?)
        } else {
            Which::All
        };
        self.sites.settle(tx, draft, id, which).await?;
        pools::raise_changed(tx, draft, id, &wishes).await?;
        let scope = Key { kind: "account", id: id.to_string() };
        let object = audit::Object::of_account("account", id, id);
        told(tx, draft, ("account.php", object), (&before.settings, &after)).await?;
        draft.event(tx, &Event::of(scope, Some(id), Code::Changed, self.account.name.as_str())).await?;
        Ok((show_account(tx, id).await?, waited_for(id)))
    }
}

/// Chooses for one site.
pub(crate) struct EditSite {
    pub(crate) sites: Arc<dyn Sites>,
    pub(crate) site: Authorised<Site, EditSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) edit: EditSettings,
}

impl Rules for EditSite {
    type Value = PhpSettings;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(PhpSettings, Key), ApiError> {
        let (id, account) = (self.site.id, self.site.account_id);
        let now = site::unscoped(tx, id).await?.ok_or_else(|| ApiError::not_found("site"))?;
        let before = setting::of_site(tx, id).await?;
        self.if_match.require(before.version)?;
        if now.deleting {
            return Err(ApiError::conflict("deleting", "The site is being removed."));
        }
        let sold = sold(tx, account).await?;
        let of_account = setting::of_account(tx, account).await?.settings;
        let after = self.edit.applied(&before.settings);
        let holds = Effective::of(&of_account, &after, sold.bounds);
        check(&self.edit, &after, &holds, Some(&now.docroot))?;
        let wishes = pools::wishes(tx, account).await?;
        setting::put(tx, account, Some(id), &after, draft.now).await?;
        self.sites.settle(tx, draft, account, Which::These(vec![id])).await?;
        pools::raise_changed(tx, draft, account, &wishes).await?;
        let object = audit::Object::of_account("site", id, account);
        told(tx, draft, ("site.php", object), (&before.settings, &after)).await?;
        let scope = Key { kind: "site", id: id.to_string() };
        draft.event(tx, &Event::of(scope, Some(account), Code::Changed, now.name.as_str())).await?;
        Ok((show_site(tx, id).await?, waited_for(id)))
    }
}

/// Nothing that converges by itself: the caller waits for all pools and sites that the change concerns.
fn waited_for(id: impl ToString) -> Key {
    Key { kind: "php", id: id.to_string() }
}

async fn sold(tx: &mut Tx, account: AccountId) -> Result<Sold, ApiError> {
    let sold = setting::sold(tx, account).await?.ok_or_else(|| ApiError::not_found("account"))?;
    if sold.deleting {
        return Err(ApiError::conflict("deleting", "The account is being removed."));
    }
    Ok(sold)
}

/// What holds for an account.
pub(crate) async fn show_account(tx: &mut Tx, account: AccountId) -> Result<PhpSettings, ApiError> {
    let sold = setting::sold(tx, account).await?.ok_or_else(|| ApiError::not_found("account"))?;
    let chosen = setting::of_account(tx, account).await?;
    let holds = Effective::of(&chosen.settings, &Settings::default(), sold.bounds);
    let usual = Effective::of(&Settings::default(), &Settings::default(), sold.bounds);
    Ok(PhpSettings::of(&sold.name, Of::default(), chosen.version, (&chosen.settings, &holds, &usual)))
}

/// What holds for a site.
pub(crate) async fn show_site(tx: &mut Tx, id: SiteId) -> Result<PhpSettings, ApiError> {
    let site = site::unscoped(tx, id).await?.ok_or_else(|| ApiError::not_found("site"))?;
    let missing = || ApiError::not_found("account");
    let sold = setting::sold(tx, site.account_id).await?.ok_or_else(missing)?;
    let of_account = setting::of_account(tx, site.account_id).await?.settings;
    let chosen = setting::of_site(tx, id).await?;
    let holds = Effective::of(&of_account, &chosen.settings, sold.bounds);
    let otherwise = Effective::of(&of_account, &Settings::default(), sold.bounds);
    let of = Of {
        site: Some(site.name),
        pool: site.pool.map(|(_, name, version)| (name, version)),
        body_size: site.body_size,
    };
    let three = (&chosen.settings, &holds, &otherwise);
    Ok(PhpSettings::of(&site.account_name, of, chosen.version, three))
}

/// Refuses what the account was not sold, and what does not go together. Of what was chosen before nothing is refused that the change does
/// not name.
fn check(
    edit: &EditSettings,
    after: &Settings,
    holds: &Effective,
    docroot: Option<&RelPath>,
) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    for setting in edit.named().into_iter().filter(|setting| !after.json(*setting).is_null()) {
        let pointer = format!("/{setting}");
        if setting.is_of_sites() && docroot.is_none() {
            let reason = "A site alone has this setting: it is about its own files.";
            errors.push(FieldError::new(
                pointer,
                "php_of_sites",
                reason,
                "Choose it for each site that is to have it.",
            ));
            continue;
        }
        errors.extend(beyond(setting, after, holds, pointer));
    }
    if let (Some(Some(path)), Some(docroot)) = (&edit.auto_prepend_file, docroot)
        && (!path.is_within(docroot) || path == docroot)
    {
        let reason = format!("The script does not lie within the site's document root, {docroot}.");
        let remedy = format!("Write its path below the home, such as {docroot}/first.php.");
        errors.push(FieldError::new("/auto_prepend_file", "php_outside_site", reason, remedy));
    }
    let now = &holds.settings;
    let names_cookie = edit.session_cookie_samesite.is_some() || edit.session_cookie_secure.is_some();
    if names_cookie
        && now.session_cookie_samesite == Some(SameSite::Open)
        && now.session_cookie_secure != Some(true)
    {
        let reason = "Browsers take a cookie that other sites may send with `Secure` alone.";
        let remedy = "Send session_cookie_secure as true as well, or another session_cookie_samesite.";
        let error = FieldError::new("/session_cookie_samesite", "samesite_without_secure", reason, remedy);
        errors.push(error);
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_all(errors)) }
}

/// Refuses more than the account was sold.
fn beyond(setting: Setting, after: &Settings, holds: &Effective, pointer: String) -> Option<FieldError> {
    let limit = match setting {
        Setting::MemoryLimit => Limit::PhpMemoryBytes,
        Setting::UploadLimit => Limit::PhpUploadBytes,
        Setting::MaxExecutionTime => Limit::PhpSeconds,
        Setting::Workers => Limit::PhpWorkers,
        _ => return None,
    };
    let (value, most) = (after.json(setting), holds.most(setting)?);
    let chosen = match setting.facts().unit {
        Unit::Bytes => value
            .as_str()
            .and_then(|text| ByteSize::parse(text).ok())
            .and_then(|size| i64::try_from(size.bytes()).ok()),
        _ => value.as_i64(),
    };
    if chosen? <= most {
        return None;
    }
    let said = limit.said(limits::Amount::Of(most));
    let reason = format!("This is more than the account may have: {said}.");
    let remedy =
        format!("Choose {} at most, or have the account's limit {limit} raised.", limit.number(most));
    Some(FieldError::new(pointer, "php_over_limit", reason, remedy))
}

/// The audit of a change.
async fn told(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, object): (&str, audit::Object),
    (before, after): (&Settings, &Settings),
) -> Result<(), ApiError> {
    let json = |settings: &Settings| serde_json::to_value(settings).map_err(ApiError::internal);
    draft.audit(tx, action, object, Some(json(before)?), Some(json(after)?)).await
}
