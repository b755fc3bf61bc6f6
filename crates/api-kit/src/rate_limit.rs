//! How often one network may ask: a token bucket per IPv4 address and per IPv6 /64.
//!
//! The address is the socket's, never a header's. The panel's unix socket is not limited: only root is known there.
//! Failed sign-ins are counted on their own, in the database (`auth`), so that a restart forgives nothing.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use auth::Origin;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::ApiError;

/// After so many requests, full buckets are dropped, so that their number is bounded by the networks seen meanwhile.
const SWEEP: u64 = 4096;

/// The buckets.
#[derive(Debug)]
pub struct RateLimit {
    buckets: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    asked: AtomicU64,
}

impl RateLimit {
    /// `per_second` requests in the long run, `burst` at once.
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Arc<Self> {
        Arc::new(Self {
            buckets: RateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
            asked: AtomicU64::new(0),
        })
    }

    /// Takes one from the network's bucket.
    pub fn check(&self, origin: &Origin) -> Result<(), ApiError> {
        let Some(network) = origin.network() else { return Ok(()) };
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(&network).map_err(|full| {
            let wait = full.wait_time_from(self.clock.now());
            ApiError::too_many("rate_limited", "Your network asks too often. Wait a moment.", wait)
        })
    }
}

/// The layer: `axum::middleware::from_fn_with_state(limit, rate_limit::layer)`. The listener puts the [`Origin`] among the extensions;
/// a request without one is refused, so that a listener that forgets it is found at once.
pub async fn layer(State(limit): State<Arc<RateLimit>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.extensions().get::<Origin>() else {
        return ApiError::internal("the listener did not say where the request comes from").into_response();
    };
    match limit.check(origin) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

#[cfg(test)]
mod tests;
