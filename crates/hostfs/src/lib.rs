//! The file system, the careful way.
//!
//! Everything starts from a [`Dir`], a pinned directory. Names below it are resolved by `openat2` with
//! `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS`, so that neither a symbolic link nor `..` nor a
//! directory swapped in the middle leads anywhere else. `std::fs` resolves a path anew for each call and loses that
//! race; `tests/it` proves both.
//!
//! Guarantees:
//! - no operation follows a symbolic link, at any component;
//! - [`Dir::write_atomic`] leaves the old content or the new, never a mixture, also after a power cut, and a file is
//!   never visible with another owner or mode than the wanted ones;
//! - [`Dir::open_file`] does not hang on a FIFO and gives regular files only.
//!
//! The larger rule stays with the caller: root never walks a tree that a tenant can write. [`Dir::open`] refuses such
//! a tree to root. The worker, which *is* the tenant, uses this crate below the home and [`landlock`] on itself.

mod dir;
mod error;
pub mod landlock;
mod meta;
mod path;
mod temp;
mod tree;
mod write;

pub use dir::{Dir, Entry, MAX_ENTRIES};
pub use error::{HostFsError, Kind, OrAbsent};
pub use meta::{FileKind, Meta};
pub use temp::TEMP_PREFIX;
pub use tree::Usage;
pub use write::FileWrite;

/// Owner of a file: user id and group id.
pub type Owner = (u32, u32);
