//! How often one may ask: token buckets.
//!
//! - [`NetworkLimits`], before anything else: all requests of one IPv4 address or one IPv6 /64. The address is the socket's, never a
//!   header's. Root on the panel's unix socket is not limited; the other users of the machine are one network.
//! - [`PersonLimit`], behind authentication: what a tenant changes, from however many networks; each of their tokens has a bucket of its own,
//!   so that a program which runs wild does not lock its person out. Who manages all accounts is not limited.
//!
//! Failed sign-ins are counted on their own, in the database (`auth`), so that a restart forgives nothing.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth::{Actor, ManageAccounts, Origin};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::Method;

use crate::error::ApiError;

/// After so many requests, full buckets are dropped, so that their number is bounded by those seen meanwhile.
const SWEEP: u64 = 4096;

/// So many files of the browser panel count as one request.
const FILES: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// One bucket per network.
pub type NetworkLimit = RateLimit<IpAddr>;
/// One bucket per person, and per token.
pub type PersonLimit = RateLimit<String>;

/// The buckets.
#[derive(Debug)]
pub struct RateLimit<K: Hash + Eq + Clone> {
    buckets: DefaultKeyedRateLimiter<K>,
    clock: DefaultClock,
    asked: AtomicU64,
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// `per_second` requests in the long run, `burst` at once.
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Arc<Self> {
        Arc::new(Self {
            buckets: RateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
            asked: AtomicU64::new(0),
        })
    }

    /// Takes one from the bucket; where it is empty, how long until there is one again.
    fn take(&self, key: &K) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(key).map_err(|empty| empty.wait_time_from(self.clock.now()))
    }
}

impl NetworkLimit {
    /// Takes one from the network's bucket.
    pub fn check(&self, origin: &Origin) -> Result<(), ApiError> {
        let Some(network) = origin.network() else { return Ok(()) };
        self.take(&network).map_err(|wait| {
            ApiError::too_many("rate_limited", "Your network asks too often. Wait a moment.", wait)
        })
    }
}

impl PersonLimit {
    /// Takes one from the bucket of a person, or a token, that does not manage all accounts.
    pub fn check(&self, actor: &Actor) -> Result<(), ApiError> {
        if actor.person_id().is_none() || actor.everywhere::<ManageAccounts>().is_ok() {
            return Ok(());
        }
        self.take(&actor.key()).map_err(|wait| {
            ApiError::too_many("rate_limited", "You ask for changes too often. Wait a moment.", wait)
        })
    }
}

/// What networks may ask for: each has a bucket for requests, and one for the browser panel's files, which holds ten times as many. Those
/// come from memory and are kept by the browser for a year, but a first visit asks for dozens of them at once.
#[derive(Debug, Clone)]
pub struct NetworkLimits {
    requests: Arc<NetworkLimit>,
    files: Arc<NetworkLimit>,
}

impl NetworkLimits {
    /// `per_second` requests in the long run, `burst` at once.
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        let files = |number: NonZeroU32| number.saturating_mul(FILES);
        Self {
            requests: RateLimit::new(per_second, burst),
            files: RateLimit::new(files(per_second), files(burst)),
        }
    }
}

/// The layer: `axum::middleware::from_fn_with_state(limits, rate_limit::layer)`. The listener puts the [`Origin`] among the extensions;
/// a request without one is refused, so that a listener that forgets it is found at once.
pub async fn layer(State(limits): State<NetworkLimits>, request: Request, next: Next) -> Response {
    let Some(origin) = request.extensions().get::<Origin>() else {
        return ApiError::internal("the listener did not say where the request comes from").into_response();
    };
    let is_file = request.uri().path().starts_with("/assets/");
    let limit = if is_file { &limits.files } else { &limits.requests };
    match limit.check(origin) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The layer of the [`PersonLimit`], inside of the one that finds the [`Actor`]. Reading is not counted.
pub async fn person_layer(State(limit): State<Arc<PersonLimit>>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let actor = request.extensions().get::<Actor>().filter(|_| changes);
    match actor.map_or(Ok(()), |actor| limit.check(actor)) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

#[cfg(test)]
mod tests;
