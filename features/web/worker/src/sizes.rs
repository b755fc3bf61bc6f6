//! What a tree of the home takes.

use hostfs::{Dir, HostFsError, Kind};
use web_spec::{GetSizes, Sizes};

/// Adds up; where the tree is too deep or too large to measure, says so instead of failing.
pub fn get_sizes(home: &Dir, ask: &GetSizes) -> Result<Sizes, HostFsError> {
    match home.usage(ask.below.as_ref().map_or("", |path| path.as_str())) {
        Ok(usage) => {
            Ok(Sizes { bytes: usage.disk_bytes, entries: usage.files + usage.dirs, truncated: false })
        }
        Err(error) if error.kind == Kind::TooLarge => Ok(Sizes { truncated: true, ..Sizes::default() }),
        Err(error) => Err(error),
    }
}
