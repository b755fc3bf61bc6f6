//! Pages of a log, the newest line first, over all its files.

use api_kit::ApiError;
use desired::Panel;
use names::SiteId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_spec::{LogKind, OpenSiteLogs};

use super::backwards::Backwards;
use super::line::{Filter, LogLine};
use super::open::{OpenFile, open};
use super::place::{FileKey, Place};

/// One answer reads so much, in bytes, but for the line at which it gets there.
pub(super) const MOST_READ: u64 = 16 << 20;
/// One answer holds so much text, in bytes, but for its last line.
const MOST_TEXT: usize = 1 << 20;

/// A part of a log, the newest line first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LogPage {
    /// The lines.
    pub(crate) items: Vec<LogLine>,
    /// Sent as `before`, it gives what is older; null: there is nothing older.
    pub(crate) next_cursor: Option<String>,
    /// Whether the answer ended before it was full, since it had read enough for one: there may be lines behind `next_cursor`, also where
    /// this answer has none.
    pub(crate) stopped_early: bool,
    /// The end of the log when this was read. A stream that begins after it goes on without a gap; null where `before` was sent.
    pub(crate) newest: Option<String>,
}

/// What is wanted of a log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) filter: Filter,
    /// Only what is older; none: from the newest line on.
    pub(crate) before: Option<Place>,
    /// So many lines at most.
    pub(crate) limit: usize,
}

/// Reads one page.
pub(crate) async fn page(
    panel: &Panel,
    site: SiteId,
    log: LogKind,
    wanted: Wanted,
) -> Result<LogPage, ApiError> {
    let mut reader = Reader::new(log, wanted);
    let mut ask = OpenSiteLogs { site, log, first: 0, fresh: reader.waits.is_none() };
    loop {
        let batch = open(panel, ask).await?;
        let reading = tokio::task::spawn_blocking(move || {
            let done = reader.take(&batch.files, batch.utc_offset);
            (reader, done)
        });
        let done;
        (reader, done) = reading.await.map_err(ApiError::internal)?;
        let is_done = done.map_err(ApiError::internal)?;
        match batch.next {
            Some(next) if !is_done && next > ask.first => {
                ask = OpenSiteLogs { first: next, fresh: false, ..ask };
            }
            _ => return Ok(reader.page),
        }
    }
}

/// A page that is being read.
#[derive(Debug)]
pub(super) struct Reader {
    log: LogKind,
    wanted: Wanted,
    /// The place that was not met yet.
    waits: Option<Place>,
    /// Files that were met: a rotation brings one of them again.
    seen: Vec<FileKey>,
    /// Bytes that may still be read.
    left: u64,
    /// Bytes of text so far.
    text: usize,
    pub(super) page: LogPage,
}

impl Reader {
    pub(super) fn new(log: LogKind, wanted: Wanted) -> Self {
        let newest = wanted.before.is_none().then(|| Place::BEGINNING.to_string());
        let waits = wanted.before;
        let page = LogPage { newest, ..LogPage::default() };
        Self { log, wanted, waits, seen: Vec::new(), left: MOST_READ, text: 0, page }
    }

    /// Reads on in older files; answers whether the page is done.
    pub(super) fn take(&mut self, files: &[OpenFile], utc_offset: i32) -> std::io::Result<bool> {
        for file in files {
            // a file without a whole line has none to tell
            let Some(key) = FileKey::of(&file.file)? else { continue };
            if self.seen.contains(&key) {
                continue;
            }
            let is_newest = self.seen.is_empty();
            self.seen.push(key);
            let end = match self.waits {
                Some(place) if place.file != key => continue,
                // the file may have been cut back by the agent after a crash
                Some(place) => place.offset.min(file.file.metadata()?.len()),
                // what is being written is told when it is whole
                None if is_newest => Backwards::whole(&file.file, file.size)?,
                None => file.size,
            };
            if is_newest && self.waits.is_none() {
                self.page.newest = Some(Place { file: key, offset: end }.to_string());
            }
            self.waits = None;
            if self.read(file, key, end, utc_offset)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(&mut self, file: &OpenFile, key: FileKey, end: u64, utc_offset: i32) -> std::io::Result<bool> {
        let mut lines = Backwards::new(&file.file, end);
        let (mut at, before) = (end, self.left);
        loop {
            let is_full = self.page.items.len() >= self.wanted.limit;
            let is_enough = self.left == 0 || self.text >= MOST_TEXT;
            if is_full || is_enough {
                self.page.next_cursor = Some(Place { file: key, offset: at }.to_string());
                self.page.stopped_early = !is_full;
                return Ok(true);
            }
            let Some(found) = lines.line()? else { return Ok(false) };
            self.left = before.saturating_sub(lines.read);
            at = found.start;
            let mut line = LogLine::of(self.log, &found.text, utc_offset);
            if self.wanted.filter.takes(&mut line) {
                line.id = Place { file: key, offset: found.start }.to_string();
                line.cut = found.is_cut;
                self.text += line.shorten();
                self.page.items.push(line);
            }
        }
    }
}
