//! Keeps what somebody else wrote into a file of ours, byte for byte, before ours replaces it.

use std::sync::Arc;

use converge::{Edit, FileSeen, Keep};
use hostd::{Host, HostError};
use names::Digest;

/// Where foreign copies are kept: `<path with dashes>.<first digits of its digest>`, so that the same content is kept once.
pub(crate) const DRIFT: &str = "/var/lib/holdfast-agent/drift";

/// What the engines call before they overwrite a hand edit.
pub(crate) fn keeper(host: &Arc<Host>) -> Keep {
    let host = Arc::clone(host);
    Arc::new(move |_kind, _scope, edit| keep(&host, edit).map_err(|e| e.chain()))
}

fn keep(host: &Host, edit: &Edit) -> Result<(), HostError> {
    let moved = || HostError::ChangedMeanwhile { path: edit.path.clone() };
    let bytes = match host.files().observe(&edit.path)? {
        seen if seen.digest() != Some(edit.foreign_digest) => return Err(moved()),
        // of what is neither a file nor a link there is no content
        FileSeen::NotAFile { what } => match host.files().read_link(&edit.path) {
            Ok(target) => format!("-> {}\n", target.ok_or_else(moved)?).into_bytes(),
            Err(_) => format!("{what}\n").into_bytes(),
        },
        _ => host
            .files()
            .read(&edit.path)?
            .filter(|b| Digest::of(b) == edit.foreign_digest)
            .ok_or_else(moved)?,
    };
    let digest = edit.foreign_digest.to_string();
    let name = edit.path.trim_start_matches('/').replace('/', "-");
    let path = format!("{DRIFT}/{name}.{}", digest.get(..12).unwrap_or(&digest));
    if host.files().stat(&path)?.is_some() {
        return Ok(());
    }
    host.files().ensure_dirs(DRIFT, 0o700, (0, 0))?;
    tracing::info!(edited = edit.path, kept = path, "a hand edit is kept aside and taken back");
    host.files().write(&path, &bytes, 0o600, (0, 0))
}

#[cfg(test)]
mod tests;
