//! Makes PHP pools on the host: a socket that PID 1 holds, a php-fpm master that runs as the tenant and starts at the
//! first request, and the stop of those that nobody asks.

mod extensions;
mod idle;
mod observe;
mod pools;
mod render;
mod reset;
mod step;

pub use extensions::list as list_extensions;
pub use idle::IdleStopper;
pub use observe::Observed;
pub use pools::Pools;
pub use reset::{ResetError, reset_opcache};
pub use step::Step;
