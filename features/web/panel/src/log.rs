//! A site's logs, as people read them.
//!
//! The agent opens the files and passes the descriptors on; they are read here. A log is hostile data: visitors wrote most of it. So each
//! line is taken apart into texts, characters that act on a terminal or turn text around are written as numbers, and what cannot be taken
//! apart is shown as it is. Whatever is asked for, an answer reads so many bytes and holds so much text at most, says when it stopped
//! early, and where to go on.
//!
//! A place in a log is a file, known by its inode and its first line, and a byte in it. A rotation changes neither, so that what is read from
//! a place on, backwards or forwards, loses no line and repeats none.

mod backwards;
mod line;
mod open;
mod page;
mod place;
mod tail;

pub use line::{Filter, LogLine, StatusFilter};
pub use place::Place;
pub use tail::{News, Tail};

pub(crate) use open::{OpenFile, all};
pub(crate) use page::{LogPage, Wanted, page};
pub(crate) use place::FileKey;

use auth::{Actor, Denied, ViewSites};
use names::SiteId;
use store::Tx;

use crate::store::site::{self, SiteKey};

/// The site whose logs somebody may see: whoever may see the site. Not there and not yours are one answer.
pub async fn site_of(tx: &mut Tx, actor: &Actor, key: &SiteKey) -> Result<SiteId, Denied> {
    Ok(site::find::<ViewSites>(tx, actor, key).await?.id)
}

#[cfg(test)]
mod tests;
