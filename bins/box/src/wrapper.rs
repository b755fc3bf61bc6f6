//! The command `holdfast` of this machine, which reaches into the box.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Where it lies.
pub(crate) const PATH: &str = "/usr/local/bin/holdfast";
/// The line by which it is known as ours.
const MARK: &str = "# Reaches into the box of Holdfast on this machine.";

/// Writes the command, unless somebody else's is there.
pub(crate) fn write(path: &Path, program: &Path) -> Result<()> {
    if !is_ours(path)? && path.exists() {
        bail!("{} is here and not ours: move it away, then call install.sh again", path.display());
    }
    let text = format!("#!/bin/sh\n{MARK}\nexec {} enter -- holdfast \"$@\"\n", program.display());
    let temporary = path.with_extension("new");
    fs::write(&temporary, text).with_context(|| format!("write {}", temporary.display()))?;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o755))
        .and_then(|()| fs::rename(&temporary, path))
        .with_context(|| format!("write {}", path.display()))
}

/// Removes the command, if it is ours.
pub(crate) fn remove(path: &Path) -> Result<()> {
    if is_ours(path)? {
        fs::remove_file(path).with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

fn is_ours(path: &Path) -> Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).contains(MARK)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_written_and_removed_and_a_strangers_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holdfast");
        write(&path, Path::new("/usr/local/lib/holdfast/holdfast-box")).unwrap();
        write(&path, Path::new("/usr/local/lib/holdfast/holdfast-box")).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        remove(&path).unwrap();
        assert!(!path.exists());
        remove(&path).unwrap();
        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        assert!(write(&path, Path::new("/x")).is_err());
        remove(&path).unwrap();
        assert!(path.exists());
    }
}
