//! Keeps what somebody else wrote into a file of ours, before ours replaces it.

use std::sync::Arc;

use converge::{Edit, Keep};
use hostd::Host;

/// Where foreign copies are kept: `<path with dashes>.<first digits of its digest>`, so that the same content is kept once.
pub(crate) const DRIFT: &str = "/var/lib/holdfast-agent/drift";

/// What the engines call before they overwrite a hand edit.
pub(crate) fn keeper(host: &Arc<Host>) -> Keep {
    let host = Arc::clone(host);
    Arc::new(move |_kind, _scope, edit| keep(&host, edit).map_err(|e| e.chain()))
}

fn keep(host: &Host, edit: &Edit) -> Result<(), hostd::HostError> {
    let digest = edit.foreign_digest.to_string();
    let name = edit.path.trim_start_matches('/').replace('/', "-");
    let path = format!("{DRIFT}/{name}.{}", digest.get(..12).unwrap_or(&digest));
    if host.files().stat(&path)?.is_some() {
        return Ok(());
    }
    host.files().ensure_dirs(DRIFT, 0o700, (0, 0))?;
    tracing::info!(edited = edit.path, kept = path, "a hand edit is kept aside and taken back");
    host.files().write(&path, edit.foreign.as_bytes(), 0o600, (0, 0))
}
