//! Which PHP version a site gets.

use api_kit::{ApiError, FieldError};
use desired::Panel;
use names::PhpVersion;

use crate::node;

/// The versions that are installed. An empty list, or one without the wanted version, is asked for anew: someone may just have
/// installed it.
async fn installed(panel: &Panel, wanted: Option<PhpVersion>) -> Result<Vec<PhpVersion>, ApiError> {
    let known = node::local(panel).await?.php_versions;
    let enough = wanted.map_or(!known.is_empty(), |wanted| known.contains(&wanted));
    if enough {
        return Ok(known);
    }
    match node::refresh(panel).await {
        Ok((row, _)) => Ok(row.php_versions),
        // Without the agent, what was last known decides; without anything known, there is nothing to decide on.
        Err(_) if !known.is_empty() => Ok(known),
        Err(error) => Err(error),
    }
}

/// The newest version on the server; none where PHP is not installed.
pub(crate) async fn newest(panel: &Panel) -> Result<Option<PhpVersion>, ApiError> {
    Ok(installed(panel, None).await?.into_iter().max())
}

/// Refuses a version that the server does not have.
pub(crate) async fn check(panel: &Panel, wanted: PhpVersion) -> Result<(), ApiError> {
    let known = installed(panel, Some(wanted)).await?;
    if known.contains(&wanted) {
        return Ok(());
    }
    let list: Vec<_> = known.iter().map(ToString::to_string).collect();
    let remedy = match list.as_slice() {
        [] => "No PHP is installed: install role web first (`holdfast node install web`), or make a site without PHP (null).".to_owned(),
        list => format!("Installed are: {}.", list.join(", ")),
    };
    let reason = "This PHP version is not installed on the server.";
    Err(ApiError::invalid(FieldError::new("/php", "php_version_missing", reason, remedy)))
}
