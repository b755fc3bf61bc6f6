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
//! | an account is to be deleted | refused while it has sites; its pools go with it, and the people who were made for it |
//! | a site needs a PHP version | the account's pool of that version is made |
//! | the last site of a pool has gone | the pool is removed |
//! | an account may have more or less | its slice, its SFTP and its pools get a new generation, where they are held to it |
//! | PHP is to be taken from an account | refused while it has sites with PHP |

use account_panel::Dependents;
use api_kit::ApiError;
use desired::{BoxFuture, Draft, Registry};
use limits::{Count, Feature, Limit};
use names::{AccountId, PhpVersion, PoolId};
use package_panel::Hosted;
use php_panel::{PoolObject, pools};
use store::WriteTx;
use web_panel::{Pools, SiteObject, WebServerObject, sites};

/// All kinds of objects that converge.
pub fn registry() -> Registry {
    Registry::default()
        .with::<WebServerObject>()
        .with::<account_panel::AccountObject>()
        .with::<PoolObject>()
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
            pools::account_leaving(tx, draft, account).await
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
