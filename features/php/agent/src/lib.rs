//! Makes PHP pools on the host: a socket that PID 1 holds, a php-fpm master that runs as the tenant and starts at the
//! first request, and the stop of those that nobody asks.

mod idle;
mod observe;
mod pools;
mod render;
mod step;

pub use idle::IdleStopper;
pub use observe::Observed;
pub use pools::Pools;
pub use step::Step;
