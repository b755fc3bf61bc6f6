//! Document roots.

use std::os::unix::ffi::OsStrExt;

use hostfs::{Dir, HostFsError, OrAbsent, TEMP_PREFIX};
use web_spec::{DocrootMade, MakeDocroot};

use crate::starter;

#[cfg(test)]
mod tests;

/// Makes the document root with the directories on the way, each 0755, and the starter page in it if it is empty. What
/// is there already stays as it is: nothing is overwritten, and a link on the way is refused.
///
/// What an interrupted call left behind is nothing: it goes. (Of two calls for one directory at the same moment one may
/// take the other's file away; that one fails, and is repeated.)
pub fn make_docroot(home: &Dir, ask: &MakeDocroot) -> Result<DocrootMade, HostFsError> {
    let docroot = ask.docroot.as_str();
    let created = home.stat(docroot).or_absent()?.is_none();
    home.create_dirs(docroot, 0o755, None)?;
    let directory = home.open_dir(docroot)?;
    let entries = directory.list("")?;
    let starter = entries.iter().all(|entry| entry.name.as_bytes().starts_with(TEMP_PREFIX.as_bytes()));
    if starter {
        if !entries.is_empty() {
            directory.sweep_temps("")?;
        }
        let (name, page) = starter::page(&ask.site, ask.php);
        directory.write_atomic(name, page.as_bytes(), 0o644, None)?;
    }
    Ok(DocrootMade { created, starter })
}
