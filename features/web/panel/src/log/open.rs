//! The files of a log, as the agent opens them.

use std::fs::File;

use api_kit::ApiError;
use desired::Panel;
use names::Micros;
use web_spec::OpenSiteLogs;

/// An open file of a log.
#[derive(Debug)]
pub(crate) struct OpenFile {
    /// 0: it is being written to; the higher, the older.
    pub(crate) number: u8,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// When something was last written to it.
    pub(crate) modified_at: Micros,
    /// Open for reading.
    pub(crate) file: File,
}

/// Some files of a log, the newest first.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) files: Vec<OpenFile>,
    /// From where on to ask for more.
    pub(crate) next: Option<u8>,
    /// How far the server's own time is ahead of UTC, in seconds.
    pub(crate) utc_offset: i32,
}

/// Has the agent open some files.
pub(crate) async fn open(panel: &Panel, ask: OpenSiteLogs) -> Result<Batch, ApiError> {
    let answer = panel.agent().call_with(&ask, &[], |_| ()).await.map_err(desired::agent_error)?;
    let (files, fds) = (answer.reply.files, answer.fds);
    if files.len() != fds.len() {
        return Err(ApiError::internal(format!("{} files, {} descriptors", files.len(), fds.len())));
    }
    let files = files.into_iter().zip(fds).map(|(told, fd)| OpenFile {
        number: told.number,
        size: told.size,
        modified_at: Micros::new(told.modified_at).unwrap_or(Micros::EPOCH),
        file: File::from(fd),
    });
    Ok(Batch { files: files.collect(), next: answer.reply.next, utc_offset: answer.reply.utc_offset })
}

/// Has the agent open all files.
pub(crate) async fn all(panel: &Panel, mut ask: OpenSiteLogs) -> Result<Batch, ApiError> {
    let mut all = open(panel, ask).await?;
    while let Some(next) = all.next.filter(|next| *next > ask.first) {
        ask = OpenSiteLogs { first: next, fresh: false, ..ask };
        let more = open(panel, ask).await?;
        all.files.extend(more.files);
        all.next = more.next;
    }
    Ok(all)
}
