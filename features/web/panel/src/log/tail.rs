//! What comes to a log, as it comes.

use std::fs::File;
use std::io::Result;
use std::os::unix::fs::FileExt;

use api_kit::ApiError;
use desired::Panel;
use names::SiteId;
use web_spec::{LogKind, OpenSiteLogs};

use super::backwards::Backwards;
use super::line::{Filter, LogLine};
use super::open::{OpenFile, open};
use super::place::{FileKey, Place};

/// One look reads so much, in bytes. A line that is longer is told in pieces.
pub(super) const WINDOW: u64 = 1 << 20;

/// A log that is followed.
pub struct Tail {
    panel: Panel,
    site: SiteId,
    log: LogKind,
    filter: Filter,
    /// Lines up to here are told; none: nobody looked yet, and what is there is not told.
    at: Option<Place>,
}

/// What came since the last look.
#[derive(Debug, Default)]
pub struct News {
    /// The lines, the oldest first, each with the place behind it.
    pub lines: Vec<(Place, LogLine)>,
    /// Up to where the log is told now.
    pub at: Option<Place>,
    /// What came in between is gone: the log was rotated so often that the place is no longer there.
    pub gap: bool,
    /// There is more to read at once.
    pub more: bool,
}

impl Tail {
    /// Follows a log from a place on; without one, from now on.
    pub fn new(panel: Panel, site: SiteId, log: LogKind, filter: Filter, at: Option<Place>) -> Self {
        Self { panel, site, log, filter, at }
    }

    /// Looks what came; the agent passes on what the web server wrote a moment ago.
    pub async fn read(&mut self) -> std::result::Result<News, ApiError> {
        let mut ask = OpenSiteLogs { site: self.site, log: self.log, first: 0, fresh: true };
        let mut files: Vec<(FileKey, OpenFile)> = Vec::new();
        loop {
            let batch = open(&self.panel, ask).await?;
            let reading = tokio::task::spawn_blocking(move || keyed(batch.files));
            for (key, file) in reading.await.map_err(ApiError::internal)?.map_err(ApiError::internal)? {
                if !files.iter().any(|(known, _)| *known == key) {
                    files.push((key, file));
                }
            }
            let is_met = match self.at {
                None => !files.is_empty(),
                Some(at) => files.iter().any(|(key, _)| *key == at.file),
            };
            let (at, log, filter) = (self.at, self.log, self.filter.clone());
            match batch.next {
                Some(next) if !is_met && next > ask.first => {
                    ask = OpenSiteLogs { first: next, fresh: false, ..ask };
                }
                _ => {
                    let reading =
                        tokio::task::spawn_blocking(move || step(&files, at, log, &filter, batch.utc_offset));
                    let news = reading.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
                    self.at = news.at;
                    return Ok(news);
                }
            }
        }
    }
}

/// The files that have a whole line.
pub(super) fn keyed(files: Vec<OpenFile>) -> Result<Vec<(FileKey, OpenFile)>> {
    let mut keyed = Vec::with_capacity(files.len());
    for file in files {
        if let Some(key) = FileKey::of(&file.file)? {
            keyed.push((key, file));
        }
    }
    Ok(keyed)
}

/// One look, over the files from the newest to the one of the place.
pub(super) fn step(
    files: &[(FileKey, OpenFile)],
    at: Option<Place>,
    log: LogKind,
    filter: &Filter,
    utc_offset: i32,
) -> Result<News> {
    let end = || -> Result<Place> {
        Ok(match files.first() {
            Some((key, open)) => Place { file: *key, offset: Backwards::whole(&open.file, open.size)? },
            None => Place::BEGINNING,
        })
    };
    let Some(place) = at else { return Ok(News { at: Some(end()?), ..News::default() }) };
    let (mut index, mut offset) = if place == Place::BEGINNING {
        match files.len().checked_sub(1) {
            Some(oldest) => (oldest, 0),
            None => return Ok(News { at, ..News::default() }),
        }
    } else {
        match files.iter().position(|(key, _)| *key == place.file) {
            Some(index) => (index, place.offset),
            None => return Ok(News { at: Some(end()?), gap: true, ..News::default() }),
        }
    };
    let mut news = News::default();
    let mut left = WINDOW;
    loop {
        let (key, open) = &files[index];
        let bytes = window(&open.file, offset, left)?;
        left -= bytes.len() as u64;
        let is_full = left == 0;
        let whole = match bytes.iter().rposition(|byte| *byte == b'\n') {
            // the rest of a file that is rotated is a line, too
            _ if index > 0 && !is_full => bytes.len(),
            Some(feed) => feed + 1,
            // one that fills the look is told in pieces
            None if bytes.len() as u64 == WINDOW => bytes.len(),
            None => 0,
        };
        for line in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            let begins = Place { file: *key, offset };
            offset += line.len() as u64;
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let mut line = LogLine::of(log, text, utc_offset);
            if filter.takes(&mut line) {
                line.id = begins.to_string();
                line.shorten();
                news.lines.push((Place { file: *key, offset }, line));
            }
        }
        news.at = Some(Place { file: *key, offset });
        if is_full {
            news.more = true;
            return Ok(news);
        }
        let Some(newer) = index.checked_sub(1) else { return Ok(news) };
        (index, offset) = (newer, 0);
        news.at = Some(Place { file: files[index].0, offset });
    }
}

/// What there is from a byte on, at most so much.
fn window(file: &File, from: u64, most: u64) -> Result<Vec<u8>> {
    let there = file.metadata()?.len().saturating_sub(from).min(most);
    let mut bytes = vec![0; usize::try_from(there).unwrap_or(0)];
    let mut len = 0;
    while len < bytes.len() {
        match file.read_at(&mut bytes[len..], from + len as u64) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}
