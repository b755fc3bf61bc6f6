//! `Prefer: wait=N` (RFC 7240): answer when the host was observed to be as asked, or after N seconds.

use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;

/// Longer waits are cut to this: a client that wants to wait longer asks again.
pub const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How long the caller would wait for the change to be done; `None`: not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefer {
    /// At most [`LONGEST_WAIT`].
    pub wait: Option<Duration>,
}

impl<S: Sync> FromRequestParts<S> for Prefer {
    type Rejection = std::convert::Infallible;

    /// A preference that is not understood is passed over, as the RFC asks.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let values = parts.headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
        let mut preferences = values.flat_map(|value| value.split(',')).map(str::trim);
        let wait = preferences.find_map(|preference| {
            let (name, value) = preference.split_once('=')?;
            let value = value.split(';').next()?.trim().trim_matches('"');
            let seconds: u64 = name.trim().eq_ignore_ascii_case("wait").then(|| value.parse().ok())??;
            Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
        });
        Ok(Self { wait: wait.filter(|wait| !wait.is_zero()) })
    }
}

#[cfg(test)]
mod tests;
