//! Sites and the web server as converging objects.

use converge::Wanted;
use desired::{Before, BlockSql, Object, Wish};
use store::{StoreError, Tx};
use web_spec::{SiteSpec, WebServerSpec};

use crate::build_spec;
use crate::store::{name, node, site, site_block};

/// The kind `site`.
#[derive(Debug)]
pub struct SiteObject;

impl Object for SiteObject {
    type Spec = SiteSpec;
    const RANK: u8 = 30;
    const SQL: BlockSql = site_block::BLOCK;

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<SiteSpec>>, StoreError> {
        let Some(row) = site::unscoped(tx, id).await? else { return Ok(None) };
        let names = name::of_site(tx, row.id).await?;
        let wanted = build_spec::site(&row, &names);
        let approval = || Before::Approval(format!("an administrator's approval of the name {}", row.name));
        let waits_for = wanted.is_none().then(approval);
        Ok(Some(Wish {
            scope: row.id,
            name: row.name.to_string(),
            account: Some(row.account_id),
            wanted: wanted.unwrap_or(Wanted::Absent),
            block: row.block,
            waits_for,
        }))
    }
}

/// The kind `webserver`.
#[derive(Debug)]
pub struct WebServerObject;

impl Object for WebServerObject {
    type Spec = WebServerSpec;
    const RANK: u8 = 5;
    const SQL: BlockSql = node::BLOCK;

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<WebServerSpec>>, StoreError> {
        let Some(row) = node::unscoped(tx, id).await? else { return Ok(None) };
        Ok(Some(Wish {
            scope: row.id,
            name: row.name.clone(),
            account: None,
            wanted: build_spec::web_server(&row),
            block: row.block,
            waits_for: None,
        }))
    }
}
