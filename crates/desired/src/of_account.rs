//! `?account=`: a list of one account's objects.

use api_kit::QueryPart;
use api_kit::query::Pairs;
use auth::{AccountKey, Actor, Denied, OnAccount};
use names::AccountId;
use store::Tx;
use utoipa::IntoParams;

/// Whose objects are listed; none: all that the caller may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfAccount {
    account: Option<AccountKey>,
}

impl OfAccount {
    /// The account's id. One that is not there and one that is not the caller's are the same.
    pub async fn find<P: OnAccount>(&self, tx: &mut Tx, actor: &Actor) -> Result<Option<AccountId>, Denied> {
        let Some(key) = &self.account else { return Ok(None) };
        Ok(Some(auth::account::<P>(tx, actor, key).await?.id))
    }
}

impl QueryPart for OfAccount {
    const NAMES: &'static [&'static str] = &["account"];

    fn read(pairs: &mut Pairs) -> Self {
        Self { account: pairs.optional("account") }
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
pub struct OfAccountParams {
    /// Only of this account: its name or id.
    account: Option<String>,
}
