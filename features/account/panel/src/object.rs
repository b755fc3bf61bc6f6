//! Accounts as converging objects.

use account_spec::AccountSpec;
use api_kit::ApiError;
use desired::{Adopt, Before, BlockSql, Object, Wish};
use store::{StoreError, Tx, WriteTx};

use crate::adopt;
use crate::build_spec::build;
use crate::store::account;

/// The kind `account`.
#[derive(Debug)]
pub struct AccountObject;

impl Object for AccountObject {
    type Spec = AccountSpec;
    const RANK: u8 = 10;
    const SQL: BlockSql = account::BLOCK;
    const SECRETS: &'static [&'static str] = &["sftp_password"];
    const LACKS: Option<&'static str> = Some(
        "the e-mail address (send one), the owner's password for signing in (SFTP's is kept), who else had rights on it, why it is suspended, \
         its organisation and package (send them; else it goes to the root organisation, with no package), and its limits that the server does not hold",
    );

    async fn adopt(tx: &mut WriteTx, adopt: &Adopt<'_, AccountSpec>) -> Result<(), ApiError> {
        adopt::adopt(tx, adopt).await
    }

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<AccountSpec>>, StoreError> {
        let Some(row) = account::unscoped(tx, id).await? else { return Ok(None) };
        let wanted = build(&row);
        // What runs as the user goes before the user.
        let waits_for = (row.block.deleted_at.is_some() && row.dependents > 0).then(|| {
            Before::Object(format!("the removal of {} of its pools, sites and certificates", row.dependents))
        });
        Ok(Some(Wish {
            scope: row.id,
            name: row.name.to_string(),
            account: Some(row.id),
            wanted,
            block: row.block,
            waits_for,
        }))
    }
}
