//! Opening a site's logs for whoever asked: the descriptors are passed on, and nothing is read here.
//!
//! The path is made of the site's id, by whose form nothing else can be meant, and of a number. No link is followed on the way or at its
//! end, and what is no regular file is refused (`hostfs`).

use std::fs::File;
use std::time::UNIX_EPOCH;

use hostd::Host;
use names::SiteId;
use web_spec::{LogKind, OpenSiteLogs, SiteLogFile};

use super::{LogError, Source};
use crate::layout::site_logs;

/// An open file of a log.
#[derive(Debug)]
pub struct OpenLog {
    /// Which.
    pub file: SiteLogFile,
    /// Open for reading.
    pub open: File,
}

/// Opens the files of a log from a number on, the newest first, as many as an answer holds; with the number to go on with.
///
/// A file gets a higher number when the log is rotated, and never a lower one. So whoever goes through the numbers upwards may meet a file
/// twice, and misses none.
pub fn open(
    host: &Host,
    site: SiteId,
    log: LogKind,
    first: u8,
) -> Result<(Vec<OpenLog>, Option<u8>), LogError> {
    let path = format!("{}/{}", site_logs(site), Source::of(log).file());
    let mut found = Vec::new();
    for number in first..=OpenSiteLogs::LAST {
        if found.len() == OpenSiteLogs::PAGE {
            return Ok((found, Some(number)));
        }
        let path = if number == 0 { path.clone() } else { format!("{path}.{number}") };
        let Some(open) = host.files().open(&path)? else { continue };
        let read = |source| LogError::Read { path: path.clone(), source };
        let meta = open.metadata().map_err(read)?;
        let since = meta.modified().map_err(read)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let modified_at = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        found.push(OpenLog { file: SiteLogFile { number, size: meta.len(), modified_at }, open });
    }
    Ok((found, None))
}
