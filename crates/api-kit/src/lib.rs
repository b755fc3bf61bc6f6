//! What every route of the panel shares: how requests are read, how answers and refusals are written, and the layers around them.
//!
//! A handler takes typed parts and returns `Result<_, ApiError>`:
//!
//! ```
//! use api_kit::{Accepted, ApiError, Caller, Change, IfMatch, Json, Page, Path, Prefer, Progress, Query};
//! # #[derive(serde::Deserialize)]
//! # struct EditSite;
//! # #[derive(serde::Serialize)]
//! # struct Site;
//!
//! async fn site_edit(
//!     Caller(actor): Caller,
//!     Path(name): Path<names::DomainName>,
//!     Query(change): Query<Change>,
//!     if_match: IfMatch,
//!     prefer: Prefer,
//!     Json(edit): Json<EditSite>,
//! ) -> Result<Accepted<Site>, ApiError> {
//!     if_match.check(7_u64)?;
//!     Ok(Accepted::changed(Site, 8_u64, Progress::UnderWay))
//! }
//! ```
//!
//! The layers, from the outside in: [`request_id`], [`security_headers`], [`rate_limit`], [`origin_guard`], the panel's
//! authentication (which puts an `auth::Actor` among the request's extensions), [`rate_limit`] of persons, [`idempotency`].

mod accepted;
mod caller;
mod carry;
mod change;
mod error;
mod etag;
pub mod fallback;
pub mod idempotency;
pub mod json;
mod language;
pub mod openapi;
pub mod origin_guard;
mod page;
mod path;
mod prefer;
pub mod query;
pub mod rate_limit;
pub mod request_id;
pub mod security_headers;
mod sign_in;
#[cfg(feature = "testing")]
pub mod testing;

pub use accepted::{Accepted, Progress, Tagged};
pub use caller::{Caller, From};
pub use carry::carry;
pub use change::{Change, ChangeParams, Rehearsal, RehearsalParams};
pub use error::{ApiError, FieldError, PROBLEM_JSON, Problem, Refused};
pub use etag::{IfMatch, etag};
pub use json::{Edit, Json};
pub use language::Language;
pub use page::{DEFAULT_LIMIT, LARGEST_LIMIT, List, Order, Page, PageParams, Sorted};
pub use path::Path;
pub use prefer::{LONGEST_WAIT, Prefer};
pub use query::{Query, QueryPart};
pub use sign_in::{require_step_up, shut_out, unconfirmed, weak};

#[cfg(test)]
mod tests;
