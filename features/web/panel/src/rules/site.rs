//! What may be asked of a site, over typed values.

use std::sync::Arc;

use api_kit::{ApiError, IfMatch};
use auth::{AccountRef, Actor, Authorised, EditSites, ManageSites};
use desired::event::{Code, Event};
use desired::{Draft, Key, Rules};
use limits::Feature;
use names::{BodySize, DomainName, IndexOrder, PhpVersion, PoolId, RelPath, SiteId};
use store::{Tx, WriteTx};
use web_spec::{Redirect, SiteSpec};

use crate::certificates::Certificates;
use crate::object::SiteObject;
use crate::pools::Pools;
use crate::rules::body::{EditHttps, EditSite};
use crate::rules::https::{self, Wish};
use crate::rules::names::{self as name_rules, Claimant, Names};
use crate::rules::redirects;
use crate::serving::{SiteMaintenance, SiteRedirect};
use crate::store::name;
use crate::store::site::{self, Row, Site, Values};

/// Where a site's files are, unless it says otherwise. A long name does not fit into a segment of a path; then the id does.
fn usual_docroot(name: &DomainName, id: SiteId) -> Result<RelPath, ApiError> {
    let by_name = RelPath::parse(&format!("sites/{name}/public"));
    by_name.or_else(|_| RelPath::parse(&format!("sites/{id}/public"))).map_err(ApiError::internal)
}

/// Makes a site.
#[expect(clippy::option_option, reason = "left out, null and a value are three different wishes")]
pub(crate) struct Create {
    pub(crate) pools: Arc<dyn Pools>,
    pub(crate) certificates: Arc<dyn Certificates>,
    pub(crate) actor: Actor,
    pub(crate) account: Authorised<AccountRef, EditSites>,
    pub(crate) names: Names,
    /// Checked to be on the server.
    pub(crate) php: Option<PhpVersion>,
    /// The version was asked for; else it is there because nothing was said.
    pub(crate) php_is_asked: bool,
    pub(crate) docroot: Option<RelPath>,
    pub(crate) body_size: Option<BodySize>,
    pub(crate) index: Option<IndexOrder>,
    pub(crate) redirected: Vec<DomainName>,
    pub(crate) redirect: Option<Redirect>,
    pub(crate) https: Option<Option<EditHttps>>,
}

impl Rules for Create {
    type Value = Site;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Site, Key), ApiError> {
        let id = draft.new_id();
        let docroot = match &self.docroot {
            Some(docroot) => docroot.clone(),
            None => usual_docroot(self.names.primary(), id)?,
        };
        let php = if self.php_is_asked || limits::is_on(tx, self.account.id, Feature::Php).await? {
            self.php
        } else {
            None
        };
        check_php(tx, self.account.id, None, php).await?;
        let one = limits::take(tx, &self.actor, self.account.id).await?;
        let pool = pool_of(&*self.pools, tx, draft, (self.account.id, php)).await?;
        let values = Values {
            pool,
            docroot: &docroot,
            body_size: self.body_size,
            index: self.index.as_ref(),
            maintenance: None,
            redirect: self.redirect.as_ref(),
        };
        if !site::insert(tx, &self.account, id, &values, one, draft.now).await? {
            return Err(ApiError::conflict("deleting", "The account is being removed."));
        }
        let claimant = Claimant { site: id, account: self.account.id, actor: &self.actor };
        name_rules::set(tx, &claimant, &self.names, draft.now).await?;
        redirects::set_names(tx, id, &self.redirected).await?;
        redirects::check(tx, id, self.redirect.as_ref()).await?;
        let wish = self.https.as_ref().map_or(Wish::Usual, |https| Wish::of(https.as_ref()));
        https::set(&*self.certificates, tx, draft, id, wish).await?;
        let made = show(tx, id).await?;
        draft.made(Key::of::<SiteSpec>(&id));
        told(tx, draft, "site.create", Code::Created, None, &made, self.account.id).await?;
        Ok((made, Key::of::<SiteSpec>(&id)))
    }
}

/// PHP that an account was not sold is for no site of it; the version of one that has it may change.
async fn check_php(
    tx: &mut Tx,
    account: names::AccountId,
    before: Option<PhpVersion>,
    wanted: Option<PhpVersion>,
) -> Result<(), ApiError> {
    if wanted.is_none() || before.is_some() || limits::is_on(tx, account, Feature::Php).await? {
        return Ok(());
    }
    let reason = "PHP is not part of what this account was sold.";
    let remedy = "Make the site without PHP (null), or ask your provider for PHP.";
    Err(api_kit::json::refuse("php", "feature_off", reason, remedy))
}

async fn pool_of(
    pools: &dyn Pools,
    tx: &mut WriteTx,
    draft: &mut Draft,
    (account, php): (names::AccountId, Option<PhpVersion>),
) -> Result<Option<PoolId>, ApiError> {
    match php {
        Some(version) => Ok(Some(pools.ensure(tx, draft, account, version).await?)),
        None => Ok(None),
    }
}

/// Changes a site.
pub(crate) struct Edit {
    pub(crate) pools: Arc<dyn Pools>,
    pub(crate) certificates: Arc<dyn Certificates>,
    pub(crate) actor: Actor,
    pub(crate) site: Authorised<Row, EditSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) body: EditSite,
}

impl Rules for Edit {
    type Value = Site;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Site, Key), ApiError> {
        let (id, edit) = (self.site.id, &self.body);
        let row = now(tx, id).await?;
        self.if_match.require(row.block.generation)?;
        check_staying(&row)?;
        let before = show(tx, id).await?;
        if edit.name.is_some() || edit.aliases.is_some() {
            check_free(tx, &row, &self.actor).await?;
            let wanted = name_rules::edited(tx, &row, edit.name.as_ref(), edit.aliases.as_ref()).await?;
            let claimant = Claimant { site: id, account: row.account_id, actor: &self.actor };
            name_rules::set(tx, &claimant, &wanted, draft.now).await?;
        }
        if let Some(redirected) = &edit.redirected {
            redirects::set_names(tx, id, redirected).await?;
        }
        let redirect = match &edit.redirect {
            None => row.redirect.clone(),
            Some(wanted) => wanted.as_ref().map(SiteRedirect::check).transpose()?,
        };
        redirects::check(tx, id, redirect.as_ref()).await?;
        let maintenance = match &edit.maintenance {
            None => row.maintenance.clone(),
            Some(wanted) => wanted.as_ref().map(SiteMaintenance::check).transpose()?,
        };
        let php = edit.php.unwrap_or(row.php);
        check_php(tx, row.account_id, row.php, php).await?;
        let pool = pool_of(&*self.pools, tx, draft, (row.account_id, php)).await?;
        let values = Values {
            pool,
            docroot: edit.docroot.as_ref().unwrap_or(&row.docroot),
            body_size: edit.body_size.unwrap_or(row.body_size),
            index: edit.index.as_ref().unwrap_or(&row.index).as_ref(),
            maintenance: maintenance.as_ref(),
            redirect: redirect.as_ref(),
        };
        site::update(tx, &self.site, &values, draft.now).await?;
        let wish = edit.https.as_ref().map_or(Wish::Same, |https| Wish::of(https.as_ref()));
        https::set(&*self.certificates, tx, draft, id, wish).await?;
        draft.raise::<SiteObject>(tx, &id).await?;
        self.pools.release_unused(tx, draft, row.account_id).await?;
        let after = show(tx, id).await?;
        told(tx, draft, "site.edit", Code::Changed, Some(&before), &after, row.account_id).await?;
        Ok((after, Key::of::<SiteSpec>(&id)))
    }
}

/// Suspends a site, or lets it go on; or approves its names, which must be the ones that were read: its owner may add others meanwhile.
pub(crate) struct Manage {
    pub(crate) certificates: Arc<dyn Certificates>,
    pub(crate) site: Authorised<Row, ManageSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) act: Act,
}

/// What an administrator does with a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Suspend,
    Unsuspend,
    Approve,
}

impl Rules for Manage {
    type Value = Site;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Site, Key), ApiError> {
        let id = self.site.id;
        let row = now(tx, id).await?;
        match self.act {
            Act::Approve => self.if_match.require(row.block.generation)?,
            Act::Suspend | Act::Unsuspend => self.if_match.check(row.block.generation)?,
        }
        check_staying(&row)?;
        let before = show(tx, id).await?;
        let action = match self.act {
            Act::Suspend => {
                site::set_suspended(tx, &self.site, true, draft.now).await?;
                "site.suspend"
            }
            Act::Unsuspend => {
                site::set_suspended(tx, &self.site, false, draft.now).await?;
                "site.unsuspend"
            }
            Act::Approve => {
                name::approve(tx, id).await?;
                https::set(&*self.certificates, tx, draft, id, Wish::Same).await?;
                "site.approve"
            }
        };
        draft.raise::<SiteObject>(tx, &id).await?;
        let after = show(tx, id).await?;
        told(tx, draft, action, Code::Changed, Some(&before), &after, row.account_id).await?;
        Ok((after, Key::of::<SiteSpec>(&id)))
    }
}

/// Switches a site off, or on again. Its names stay its own, and its files where they are.
pub(crate) struct Switch {
    pub(crate) site: Authorised<Row, EditSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) disabled: bool,
}

impl Rules for Switch {
    type Value = Site;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Site, Key), ApiError> {
        let id = self.site.id;
        let row = now(tx, id).await?;
        self.if_match.check(row.block.generation)?;
        check_staying(&row)?;
        let before = show(tx, id).await?;
        site::set_disabled(tx, &self.site, self.disabled, draft.now).await?;
        draft.raise::<SiteObject>(tx, &id).await?;
        let after = show(tx, id).await?;
        let action = if self.disabled { "site.disable" } else { "site.enable" };
        told(tx, draft, action, Code::Changed, Some(&before), &after, row.account_id).await?;
        Ok((after, Key::of::<SiteSpec>(&id)))
    }
}

/// Asks for a site's removal. Its files stay.
pub(crate) struct Delete {
    pub(crate) pools: Arc<dyn Pools>,
    pub(crate) certificates: Arc<dyn Certificates>,
    pub(crate) actor: Actor,
    pub(crate) site: Authorised<Row, EditSites>,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = Site;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Site, Key), ApiError> {
        let id = self.site.id;
        let key = Key::of::<SiteSpec>(&id);
        let row = now(tx, id).await?;
        self.if_match.check(row.block.generation)?;
        let before = show(tx, id).await?;
        if row.block.deleted_at.is_some() {
            draft.made(key.clone());
            return Ok((before, key));
        }
        check_free(tx, &row, &self.actor).await?;
        let names = name::of_site(tx, id).await?;
        for named in &names {
            name_rules::left(tx, row.account_id, named, draft.now).await?;
        }
        let given = (
            limits::give_back(tx, row.account_id, 1).await?,
            limits::give_back(tx, row.account_id, names.len()).await?,
        );
        site::delete(tx, &self.site, given, draft.now).await?;
        self.certificates.release(tx, draft, id).await?;
        draft.raise::<SiteObject>(tx, &id).await?;
        self.pools.release_unused(tx, draft, row.account_id).await?;
        let after = show(tx, id).await?;
        told(tx, draft, "site.delete", Code::DeletionAsked, Some(&before), &after, row.account_id).await?;
        Ok((after, key))
    }
}

/// The row as it is in this transaction; the proof's may be older.
pub(crate) async fn now(tx: &mut Tx, id: SiteId) -> Result<Row, ApiError> {
    site::unscoped(tx, &id.to_string()).await?.ok_or_else(|| ApiError::not_found("site"))
}

fn check_staying(row: &Row) -> Result<(), ApiError> {
    if row.block.deleted_at.is_some() {
        return Err(ApiError::conflict("deleting", "The site is being removed."));
    }
    Ok(())
}

/// A suspended site keeps its names until whoever may suspend lets it go on: its owner would only make it anew under them.
async fn check_free(tx: &mut Tx, row: &Row, actor: &Actor) -> Result<(), ApiError> {
    if row.suspended && !actor.may::<ManageSites>(tx, row.account_id).await? {
        let detail =
            "The site is suspended. Its names and its removal wait until an administrator lets it go on.";
        return Err(ApiError::conflict("suspended", detail));
    }
    Ok(())
}

/// The site with its names.
pub(crate) async fn show(tx: &mut Tx, id: SiteId) -> Result<Site, ApiError> {
    let row = now(tx, id).await?;
    let names = name::of_site(tx, id).await?;
    Ok(Site::of(&row, &names))
}

/// The audit and the event of a change.
async fn told(
    tx: &mut WriteTx,
    draft: &Draft,
    action: &str,
    code: Code,
    before: Option<&Site>,
    after: &Site,
    account: names::AccountId,
) -> Result<(), ApiError> {
    let json = |site: &Site| serde_json::to_value(site).map_err(ApiError::internal);
    let object = audit::Object::of_account("site", after.id, account);
    draft.audit(tx, action, object, before.map(json).transpose()?, Some(json(after)?)).await?;
    let event = Event::of(Key::of::<SiteSpec>(&after.id), Some(account), code, after.name.as_str());
    draft.event(tx, &event).await
}
