//! Certificates, as sites need them.

use api_kit::ApiError;
use desired::{BoxFuture, Draft};
use names::{AccountId, CertificateId, DomainName, SiteId};
use store::{Tx, WriteTx};

/// The feature that has certificates. One implementation, in the panel; tests have their own.
pub trait Certificates: Send + Sync {
    /// The site's own certificate, for these names, of which there is at least one and each is approved; it is made where there is none,
    /// and gets the names where it has others.
    fn ensure<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
        site: SiteId,
        names: &'a [DomainName],
    ) -> BoxFuture<'a, Result<CertificateId, ApiError>>;

    /// Refuses, at `/https/certificate`, what is no certificate that sites of the account may show.
    fn check<'a>(
        &'a self,
        tx: &'a mut Tx,
        account: AccountId,
        certificate: CertificateId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;

    /// Asks for the removal of the site's own certificate, where it has one: it is no longer wanted.
    fn release<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        site: SiteId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}
