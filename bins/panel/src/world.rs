//! Where features meet.
//!
//! A feature never calls another feature's panel crate. What one needs of the others is a trait of its own (`account_panel::Dependents`,
//! `web_panel::Pools`), and this module, which knows them all, implements it. So each cross-feature rule has one place, and the arrows
//! between crates stay as they are:
//!
//! | when | then |
//! | --- | --- |
//! | an account is suspended or let go on | its pools and sites get a new generation |
//! | an organisation takes its accounts off, or on again | they, their pools and their sites get a new generation |
//! | an account is to be deleted | refused while it has sites; its pools and certificates go with it, and the people who were made for it |
//! | a site needs a PHP version | the account's pool of that version is made |
//! | the last site of a pool has gone | the pool is removed |
//! | a site answers by HTTPS with a certificate of its own | that is made, and gets the site's approved names |
//! | the key that answers the challenges of authorities is made | the web server gets a new generation |
//! | a site shows another certificate, answers by HTTP alone, or is deleted | its own is removed |
//! | an account may have more or less | its slice, its SFTP and its pools get a new generation, where they are held to it |
//! | PHP is to be taken from an account | refused while it has sites with PHP |

use account_panel::Dependents;
use api_kit::ApiError;
use cert_panel::{CertificateObject, certificates};
use desired::{BoxFuture, Draft, Registry};
use limits::{Count, Feature, Limit};
use names::{AccountId, CertificateId, DomainName, PhpVersion, PoolId, SiteId};
use package_panel::Hosted;
use php_panel::{PoolObject, pools};
use store::{Tx, WriteTx};
use web_panel::{Certificates, Pools, SiteObject, WebServerObject, sites};

/// All kinds of objects that converge.
pub fn registry() -> Registry {
    Registry::default()
        .with::<WebServerObject>()
        .with::<account_panel::AccountObject>()
        .with::<PoolObject>()
        .with::<CertificateObject>()
        .with::<SiteObject>()
}

/// All features.
#[derive(Debug, Clone, Copy)]
pub struct World;

impl Dependents for World {
    fn changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            pools::account_changed(tx, draft, account).await?;
            sites::account_changed(tx, draft, account).await
        })
    }

    fn leaving<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            sites::account_leaving(tx, account).await?;
            people_panel::account_leaving(tx, account).await?;
            pools::account_leaving(tx, draft, account).await?;
            certificates::account_leaving(tx, draft, account).await
        })
    }
}

impl people_panel::Accounts for World {
    fn changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            account_panel::state_changed(tx, draft, account).await?;
            Dependents::changed(self, tx, draft, account).await
        })
    }
}

impl Pools for World {
    fn ensure<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
        version: PhpVersion,
    ) -> BoxFuture<'a, Result<PoolId, ApiError>> {
        Box::pin(pools::ensure(tx, draft, account, version))
    }

    fn release_unused<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(pools::release_unused(tx, draft, account))
    }
}

impl Certificates for World {
    fn ensure<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
        site: SiteId,
        names: &'a [DomainName],
    ) -> BoxFuture<'a, Result<CertificateId, ApiError>> {
        Box::pin(certificates::ensure_for_site(tx, draft, account, site, names))
    }

    fn check<'a>(
        &'a self,
        tx: &'a mut Tx,
        account: AccountId,
        certificate: CertificateId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(certificates::check(tx, account, certificate))
    }

    fn release<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        site: SiteId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(certificates::release_of_site(tx, draft, site))
    }
}

impl Hosted for World {
    fn limits_changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        before: &'a limits::State,
        after: &'a limits::State,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            account_panel::accounts::limits_changed(tx, draft, before, after).await?;
            if before.most(Limit::PhpWorkers) == after.most(Limit::PhpWorkers) {
                return Ok(());
            }
            pools::account_changed(tx, draft, after.account).await
        })
    }

    fn touched<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(account_panel::accounts::touched(tx, draft, account))
    }

    fn uses<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        account: AccountId,
        feature: Feature,
    ) -> BoxFuture<'a, Result<Vec<String>, ApiError>> {
        Box::pin(async move {
            match feature {
                Feature::Php => Ok(sites::with_php(tx, account).await?),
                _ => Ok(Vec::new()),
            }
        })
    }

    fn counts(&self) -> Vec<Count> {
        sites::COUNTS.to_vec()
    }
}

impl cert_panel::order::WebServer for World {
    fn acme_changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(web_panel::node::raise(tx, draft))
    }
}
