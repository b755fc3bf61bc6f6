//! Temporary names, recognisable so that what a crash left behind can be swept.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::dir::Dir;
use crate::error::{HostFsError, Kind};
use crate::meta::FileKind;

/// How every temporary name of this crate starts.
pub const TEMP_PREFIX: &str = ".holdfast-tmp-";

/// A fresh name: 64 random bits, so that nobody can have put something there before.
pub(crate) fn temp_name(op: &'static str, at: &Path) -> Result<OsString, HostFsError> {
    let number = getrandom::u64().map_err(|_| HostFsError::own(op, at, Kind::Other))?;
    Ok(OsString::from(format!("{TEMP_PREFIX}{number:016x}")))
}

impl Dir {
    /// Removes what interrupted writes left in the directory at `rel` (not below it); answers how many.
    ///
    /// For start-up, before anything else writes there: a write that is under way loses its temporary file.
    pub fn sweep_temps(&self, rel: impl AsRef<Path>) -> Result<usize, HostFsError> {
        let dir = self.open_dir(rel)?;
        let mut swept = 0;
        for entry in dir.list("")? {
            if !entry.name.as_bytes().starts_with(TEMP_PREFIX.as_bytes()) {
                continue;
            }
            let gone = match entry.kind {
                FileKind::Dir => dir.remove_tree(&entry.name)?,
                _ => dir.remove_file(&entry.name)?,
            };
            swept += usize::from(gone);
        }
        Ok(swept)
    }
}
