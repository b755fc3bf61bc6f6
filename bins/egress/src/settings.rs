//! The bounds, from root's file.

use anyhow::{Context, Result};
use egress_spec::{Bounds, BoundsFile};

/// The bounds of the file; the usual ones where it is not there. A file that says what it may not say lets nothing out: egress does not start.
pub(crate) fn read(path: &str) -> Result<Bounds> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Bounds::default()),
        Err(error) => return Err(error).with_context(|| format!("read {path}")),
    };
    let file: BoundsFile = toml::from_str(&text).with_context(|| path.to_owned())?;
    Bounds::new(file).with_context(|| path.to_owned())
}

#[cfg(test)]
mod tests;
