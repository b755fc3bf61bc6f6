//! The certificate of handshakes that name none of our sites: the web server must show one before it can say that it does not know the
//! name. It is nobody's, and no browser takes it.

use converge::{ObserveError, Own};
use hostd::Host;

use crate::held::{self, Held};
use crate::layout::DEFAULT;
use crate::pair::Pair;
use crate::self_signed;

/// The name that it is for: one that can never be anybody's (RFC 6761).
const NAME: &str = "holdfast.invalid";

/// What the certificate needs, for whoever holds the web server: the steps, its hand edits, and the file to be claimed. `own` may hold
/// other files as well.
pub fn default_certificate(host: &Host, own: &Own) -> Result<Held, ObserveError> {
    let group = held::web_group(host)?;
    let directory = held::directory(host, group)?;
    let there = host.files().observe(DEFAULT)?;
    let file = held::file(DEFAULT, text(host, &there)?, group);
    let files = held::plan(DEFAULT, Some(&file), &there, own);
    Ok(Held { directory, files, file: Some(file) })
}

/// What has to go of it when the web server is held no more.
pub fn no_default_certificate(host: &Host, own: &Own) -> Result<Held, ObserveError> {
    let there = host.files().observe(DEFAULT)?;
    let files = held::plan(DEFAULT, None, &there, own);
    Ok(Held { directory: None, files, file: None })
}

/// What is there, while it is good, or a new one.
fn text(host: &Host, there: &converge::FileSeen) -> Result<std::sync::Arc<str>, ObserveError> {
    let (names, now) = ([NAME.to_owned()].into(), host.now());
    let good = there.text().and_then(Pair::read).filter(|pair| self_signed::holds(pair, &names, now));
    match good {
        Some(pair) => Ok(pair.text),
        None => self_signed::make(&names, now).map_err(|e| ObserveError::Failed(e.to_string())),
    }
}

#[cfg(test)]
mod tests;
