//! Sites and the web server as converging objects.

use api_kit::ApiError;
use converge::Wanted;
use desired::{Adopt, Before, BlockSql, Object, Wish};
use store::{StoreError, Tx, WriteTx};
use web_spec::{SiteSpec, WebServerSpec};

use crate::store::{name, node, site, site_block};
use crate::{adopt, build_spec};

/// The kind `site`.
#[derive(Debug)]
pub struct SiteObject;

impl Object for SiteObject {
    type Spec = SiteSpec;
    const RANK: u8 = 30;
    const SQL: BlockSql = site_block::BLOCK;
    const LACKS: Option<&'static str> = Some("names that waited for approval, and when it was made");

    async fn adopt(tx: &mut WriteTx, adopt: &Adopt<'_, SiteSpec>) -> Result<(), ApiError> {
        adopt::site(tx, adopt).await
    }

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<SiteSpec>>, StoreError> {
        let Some(row) = site::unscoped(tx, id).await? else { return Ok(None) };
        let names = name::of_site(tx, row.id).await?;
        let wanted = build_spec::site(&row, &names);
        // for its pool and its certificate the agent waits: what it would do is known before they are there
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
    const LACKS: Option<&'static str> = Some("a row: there is one for each server");

    async fn adopt(tx: &mut WriteTx, adopt: &Adopt<'_, WebServerSpec>) -> Result<(), ApiError> {
        adopt::web_server(tx, adopt).await
    }

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
