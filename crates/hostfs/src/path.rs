//! Names below a directory, as this crate takes them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::error::{HostFsError, Kind};

/// A relative path without `..`: what `openat2` gets to see. Empty means the directory itself.
#[derive(Clone, Debug)]
pub(crate) struct Rel(PathBuf);

impl Rel {
    /// Takes a path apart. `a//b/./c` is `a/b/c`; `..` and absolute paths are refused even where they would stay
    /// inside, since nothing of ours needs them.
    pub(crate) fn parse(op: &'static str, base: &Path, path: &Path) -> Result<Self, HostFsError> {
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::Normal(name) if name.as_bytes().contains(&0) => {
                    return Err(HostFsError::own(op, base, Kind::Invalid));
                }
                Component::Normal(name) => clean.push(name),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(HostFsError::own(op, &base.join(path), Kind::Escapes));
                }
            }
        }
        Ok(Self(clean))
    }

    /// The directory part and the last name. The directory itself has no name.
    pub(crate) fn split(&self, op: &'static str, base: &Path) -> Result<(Self, OsString), HostFsError> {
        let name = self.0.file_name().ok_or_else(|| HostFsError::own(op, base, Kind::Invalid))?;
        let parent = self.0.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok((Self(parent), name.to_os_string()))
    }

    /// For the kernel: `.` for the directory itself.
    pub(crate) fn as_os_str(&self) -> &OsStr {
        if self.0.as_os_str().is_empty() { OsStr::new(".") } else { self.0.as_os_str() }
    }

    /// Each name on the way.
    pub(crate) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.iter()
    }

    /// For messages.
    pub(crate) fn below(&self, base: &Path) -> PathBuf {
        if self.0.as_os_str().is_empty() { base.to_path_buf() } else { base.join(&self.0) }
    }
}
