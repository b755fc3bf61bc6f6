//! The node, for the panel's start and its upkeep.

use api_kit::ApiError;
use converge::methods::{GetHostMetrics, HostMetrics};
use desired::{Draft, Key, Panel};
use names::{ListenAddr, NodeId};
use store::{StoreError, Tx, WriteTx};
use web_spec::WebServerSpec;

use crate::object::WebServerObject;
use crate::store::node;
pub use crate::store::node::Row;

/// Makes the row of this server where it is missing; a new one's web server listens on `listen`, and for HTTPS on `listen_tls`.
pub async fn ensure_local(
    panel: &Panel,
    listen: &[ListenAddr],
    listen_tls: &[ListenAddr],
) -> Result<Row, StoreError> {
    let now = panel.now();
    let (row, made) = panel
        .store()
        .write(async |tx: &mut WriteTx| -> Result<_, StoreError> {
            if let Some(row) = node::local(tx).await? {
                return Ok((row, false));
            }
            node::insert(tx, NodeId::new(), (listen, listen_tls), now).await?;
            Ok((node::local(tx).await?.ok_or(StoreError::Missing)?, true))
        })
        .await?;
    if made {
        panel.wake(Key::of::<WebServerSpec>(&row.id));
    }
    Ok(row)
}

/// What is asked of the web server is otherwise: its generation is raised.
pub async fn raise(tx: &mut WriteTx, draft: &mut Draft) -> Result<(), ApiError> {
    match node::local(tx).await? {
        Some(row) => draft.raise::<WebServerObject>(tx, &row.id).await,
        None => Ok(()),
    }
}

/// The row of this server.
pub async fn local(panel: &Panel) -> Result<Row, ApiError> {
    let found = panel.store().read(async |tx: &mut Tx| node::local(tx).await).await?;
    found.ok_or_else(|| ApiError::not_found("node"))
}

/// Asks the agent about the server, and keeps what is new.
pub async fn refresh(panel: &Panel) -> Result<(Row, HostMetrics), ApiError> {
    let metrics = panel.agent().call(&GetHostMetrics {}).await.map_err(desired::agent_error)?;
    keep(panel, &metrics).await?;
    Ok((local(panel).await?, metrics))
}

/// Keeps what is new of what the agent said: the server's name, addresses and PHP versions.
pub async fn keep(panel: &Panel, metrics: &HostMetrics) -> Result<(), StoreError> {
    let Some(row) = panel.store().read(async |tx: &mut Tx| node::local(tx).await).await? else {
        return Ok(());
    };
    let same = row.addresses == metrics.addresses
        && row.php_versions == metrics.php_versions
        && (row.name == metrics.hostname || names::Hostname::parse(&metrics.hostname).is_err());
    if same {
        return Ok(());
    }
    let now = panel.now();
    panel.store().write(async |tx: &mut WriteTx| node::set_facts(tx, &row, metrics, now).await).await
}
