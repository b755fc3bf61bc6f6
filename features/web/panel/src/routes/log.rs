//! `/sites/{site}/logs`: pages, and the files. The stream of what comes is among the panel's own routes, as all streams are.

use std::str::FromStr;
use std::sync::Arc;

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, List, Path, Query, QueryPart};
use auth::ViewSites;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Panel, Table};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use names::{Micros, NameError};
use serde::{Deserialize, Serialize};
use store::Tx;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web_spec::{LogKind, OpenSiteLogs};

use crate::log::{self, FileKey, Filter, LogPage, OpenFile, Place, Wanted};
use crate::store::site::{self, SiteKey};

/// Pages that are read at once, of all sites; further ones wait.
const READS: usize = 4;
/// Lines where nobody says how many.
const USUAL_LIMIT: u64 = 50;
/// Lines at most.
const MOST_LINES: u64 = 500;
/// Sent at once of a file, in bytes.
const PIECE: usize = 64 * 1024;

/// The routes.
pub(crate) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::object::<ViewSites>(), routes!(site_log))
        .add(Access::object::<ViewSites>(), routes!(site_log_file_list))
        .add(Access::object::<ViewSites>(), routes!(site_log_download))
        .with_state(LogState { panel, reads: Arc::new(Semaphore::new(READS)) })
}

#[derive(Clone)]
struct LogState {
    panel: Panel,
    reads: Arc<Semaphore>,
}

/// `?kind=`: which log.
#[derive(Debug, Clone, Copy, Default)]
struct Kind(LogKind);

impl QueryPart for Kind {
    const NAMES: &'static [&'static str] = &["kind"];

    fn read(pairs: &mut Pairs) -> Self {
        Self(kind(pairs))
    }
}

fn kind(pairs: &mut Pairs) -> LogKind {
    match pairs.text("kind") {
        None | Some("access") => LogKind::Access,
        Some("error") => LogKind::Error,
        Some(_) => {
            pairs.refuse("kind", "unknown_kind", "A site has no such log.", "Send access or error.");
            LogKind::Access
        }
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
pub(crate) struct KindParams {
    /// `access`, the requests; or `error`, the web server's own words. Left out: `access`.
    kind: Option<String>,
}

/// `?kind=&search=&status=`: which lines of which log.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Which log.
    pub log: LogKind,
    /// Which lines.
    pub filter: Filter,
}

impl QueryPart for Lines {
    const NAMES: &'static [&'static str] = &["kind", "search", "status"];

    fn read(pairs: &mut Pairs) -> Self {
        let log = kind(pairs);
        let filter = Filter { search: pairs.word("search"), status: pairs.optional("status") };
        if log == LogKind::Error && pairs.text("status").is_some() {
            let remedy = "Leave it out, or ask for the access log.";
            pairs.refuse("status", "no_status", "Lines of the error log have no status.", remedy);
        }
        Self { log, filter }
    }
}

/// How the parameters are described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub struct LinesParams {
    /// `access`, the requests; or `error`, the web server's own words. Left out: `access`.
    kind: Option<String>,
    /// Only lines with this text in one of their fields, whether its letters are large or small. It is a text and no pattern.
    #[param(max_length = 200)]
    search: Option<String>,
    /// Only requests that were answered so: a status such as `404`, or a hundred of them such as `5xx`.
    status: Option<String>,
}

/// `?before=&limit=`
#[derive(Debug, Clone, Copy)]
struct Part {
    before: Option<Place>,
    limit: usize,
}

impl QueryPart for Part {
    const NAMES: &'static [&'static str] = &["before", "limit"];

    fn read(pairs: &mut Pairs) -> Self {
        let limit = if pairs.text("limit").is_some() { pairs.number("limit") } else { Some(USUAL_LIMIT) };
        if limit.is_some_and(|limit| !(1..=MOST_LINES).contains(&limit)) {
            let remedy = "Send a number from 1 to 500.";
            pairs.refuse("limit", "out_of_range", "One answer holds 1 to 500 lines.", remedy);
        }
        let limit = limit.and_then(|limit| usize::try_from(limit.min(MOST_LINES)).ok()).unwrap_or(1);
        Self { before: pairs.optional("before"), limit }
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct PartParams {
    /// Only what is older than this place: the `next_cursor` of an answer. Left out: from the newest line on.
    before: Option<String>,
    /// How many lines at most.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
}

/// A site's log, the newest line first, over the file that is written to and those that were rotated away. A rotation between two pages loses
/// no line and repeats none. What one request reads is bounded: an answer that ends early says so, and where to go on.
#[utoipa::path(get, path = "/sites/{site}/logs", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), LinesParams, PartParams),
    responses((status = 200, description = "Lines", body = LogPage), Problems))]
async fn site_log(
    State(LogState { panel, reads }): State<LogState>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query((lines, part)): Query<(Lines, Part)>,
) -> Result<Json<LogPage>, ApiError> {
    let site = panel.store().read(async |tx: &mut Tx| log::site_of(tx, &actor, &key).await).await?;
    let _turn = reads.acquire().await.map_err(ApiError::internal)?;
    let wanted = Wanted { filter: lines.filter, before: part.before, limit: part.limit };
    log::page(&panel, site, lines.log, wanted).await.map(Json)
}

/// A file of a log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct LogFile {
    /// Its name now; a rotation gives it the next number.
    name: String,
    /// What tells it from the others, also after a rotation; null where nothing whole is in it yet.
    id: Option<String>,
    /// Its length, in bytes.
    bytes: u64,
    /// When its last line was written.
    #[schema(value_type = String, format = DateTime)]
    modified_at: Micros,
}

fn name(log: LogKind, number: u8) -> String {
    if number == 0 { log.file().to_owned() } else { format!("{}.{number}", log.file()) }
}

/// The files of a site's log, the newest first, for a download.
#[utoipa::path(get, path = "/sites/{site}/logs/files", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), KindParams),
    responses((status = 200, description = "The files", body = List<LogFile>), Problems))]
async fn site_log_file_list(
    State(LogState { panel, .. }): State<LogState>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query(Kind(log)): Query<Kind>,
) -> Result<Json<List<LogFile>>, ApiError> {
    let site = panel.store().read(async |tx: &mut Tx| log::site_of(tx, &actor, &key).await).await?;
    let found = log::all(&panel, OpenSiteLogs { site, log, first: 0, fresh: true }).await?;
    let reading = tokio::task::spawn_blocking(move || -> std::io::Result<Vec<LogFile>> {
        let mut files: Vec<LogFile> = Vec::new();
        for file in found.files {
            let id = FileKey::of(&file.file)?.map(|key| key.to_string());
            // a rotation at this moment brings a file twice
            if id.is_none() || !files.iter().any(|known| known.id == id) {
                let (name, modified_at) = (name(log, file.number), file.modified_at);
                files.push(LogFile { name, id, bytes: file.size, modified_at });
            }
        }
        Ok(files)
    });
    let files = reading.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    Ok(Json(List::whole(files)))
}

/// Which file of a log, in a path: by its name, or by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Numbered(LogKind, u8),
    Of(FileKey),
}

impl FromStr for Which {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        for log in [LogKind::Access, LogKind::Error] {
            for number in 0..=OpenSiteLogs::LAST {
                if text == name(log, number) {
                    return Ok(Self::Numbered(log, number));
                }
            }
        }
        text.parse().map(Self::Of)
    }
}

/// A file of a site's log as it is, to be kept: its name, such as `access.log` or `error.log.2`, or its id.
#[utoipa::path(get, path = "/sites/{site}/logs/files/{file}", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), ("file" = String, Path, description = "Name or id of the file")),
    responses((status = 200, description = "The file, as an attachment", body = String, content_type = "text/plain"), Problems))]
async fn site_log_download(
    State(LogState { panel, .. }): State<LogState>,
    Caller(actor): Caller,
    Path((key, file)): Path<(SiteKey, String)>,
) -> Result<Response, ApiError> {
    let find = async |tx: &mut Tx| site::find::<ViewSites>(tx, &actor, &key).await;
    let site = panel.store().read(find).await?;
    let missing = || ApiError::not_found("log");
    let which: Which = file.parse().map_err(|_| missing())?;
    let logs = match which {
        Which::Numbered(log, _) => vec![log],
        Which::Of(_) => vec![LogKind::Access, LogKind::Error],
    };
    let mut found = None;
    for log in logs {
        let batch = log::all(&panel, OpenSiteLogs { site: site.id, log, first: 0, fresh: true }).await?;
        let is_it = move |open: &OpenFile| match which {
            Which::Numbered(_, number) => open.number == number,
            Which::Of(key) => matches!(FileKey::of(&open.file), Ok(Some(its)) if its == key),
        };
        let reading = tokio::task::spawn_blocking(move || batch.files.into_iter().find(is_it));
        if let Some(open) = reading.await.map_err(ApiError::internal)? {
            found = Some((name(log, open.number), Some(open)));
            break;
        }
    }
    let (title, content) = match (found, which) {
        (Some(found), _) => found,
        // a site without visitors has an empty log
        (None, Which::Numbered(log, 0)) => (name(log, 0), None),
        (None, _) => return Err(missing()),
    };
    let disposition = format!("attachment; filename=\"{}-{title}\"", site.name);
    let disposition = HeaderValue::try_from(disposition).map_err(ApiError::internal)?;
    let length = content.as_ref().map_or(0, |open| open.size);
    let body = match content {
        Some(open) => {
            let bytes = tokio::fs::File::from_std(open.file).take(length);
            Body::from_stream(ReaderStream::with_capacity(bytes, PIECE))
        }
        None => Body::empty(),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    Ok((headers, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_what_a_log_has_or_by_its_id_and_by_no_path() {
        assert_eq!("access.log".parse(), Ok(Which::Numbered(LogKind::Access, 0)));
        assert_eq!("error.log.7".parse(), Ok(Which::Numbered(LogKind::Error, 7)));
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(id.parse(), Ok(Which::Of(id.parse().unwrap())));
        for bad in ["", "access.log.0", "access.log.8", "access.log.07", "../access.log", "ABCDEF", "access"]
        {
            assert!(bad.parse::<Which>().is_err(), "{bad}");
        }
    }
}
