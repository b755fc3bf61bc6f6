//! Has a pool forget the scripts that it compiled.
//!
//! What a master keeps in memory is shared by its workers and goes with it, so the master is ended as for a new configuration: after the
//! requests in hand, while those that come wait at the socket that PID 1 holds. php-fpm's own reload would do the same with a second master
//! meanwhile, and with descriptors of its own making.

use converge::{LedgerError, LedgerStore};
use hostd::{Host, HostError, Unit};
use php_spec::{OpcacheReset, PoolSpec, RunOpcacheReset};

/// Why a pool was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The server holds no such pool, or it is on its way out.
    #[error("this server holds no pool of this id")]
    NoSuchPool,
    /// The ledger cannot be read.
    #[error("the ledger cannot be read")]
    Ledger(#[source] LedgerError),
    /// The host does not do it.
    #[error("the pool cannot be restarted")]
    Host(#[source] HostError),
}

/// Ends the pool's master, where one runs. The next request starts it with an empty cache.
pub fn reset_opcache(
    host: &Host,
    ledger: &impl LedgerStore,
    ask: &RunOpcacheReset,
) -> Result<OpcacheReset, ResetError> {
    let entry = ledger.load::<PoolSpec>(&ask.pool).map_err(ResetError::Ledger)?;
    let pool = entry.as_ref().and_then(|entry| entry.spec.present()).ok_or(ResetError::NoSuchPool)?;
    let unit = Unit::PhpPoolService(pool.name.clone());
    let end = || {
        let ran = host.systemd().state(&unit)?.active.is_up();
        if ran {
            host.systemd().stop(&unit)?.require_done("stop", &unit)?;
        }
        Ok(OpcacheReset { ran })
    };
    end().map_err(ResetError::Host)
}

#[cfg(test)]
mod tests;
