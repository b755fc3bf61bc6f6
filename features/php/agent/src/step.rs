//! The steps that make or remove a pool.

use converge::{Describe, FileStep, Impact};
use names::{Digest, PhpVersion, PoolName};

/// One step about a pool.
#[derive(Debug, Clone)]
pub enum Step {
    /// Let php-fpm itself read the new configuration, set aside, before it goes live.
    Test {
        /// Whose configuration it is.
        pool: PoolName,
        /// Which php-fpm reads it.
        version: PhpVersion,
        /// The configuration.
        conf: std::sync::Arc<str>,
    },
    /// Write or remove a file.
    File(FileStep),
    /// Let systemd read the unit files.
    LoadUnits {
        /// The pool.
        pool: PoolName,
        /// The digest of the unit files.
        digest: Digest,
    },
    /// Stop the master after the requests in hand; the next request starts it with the new configuration.
    Restart {
        /// The pool.
        pool: PoolName,
        /// The digest of what the next master will load.
        digest: Digest,
    },
    /// Listen on the pool's socket, now and at boot.
    Listen(PoolName),
    /// Stop the socket and the master.
    Stop(PoolName),
}

impl Describe for Step {
    fn code(&self) -> &'static str {
        match self {
            Self::Test { .. } => "config.test",
            Self::File(step) => step.code(),
            Self::LoadUnits { .. } => "unit.load",
            Self::Restart { .. } => "unit.restart",
            Self::Listen(_) => "unit.start",
            Self::Stop(_) => "unit.stop",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Test { pool, version, .. } => {
                format!("test the configuration of pool {pool} with PHP {version}")
            }
            Self::File(step) => step.summary(),
            Self::LoadUnits { pool, .. } => format!("load the units of pool {pool}"),
            Self::Restart { pool, .. } => {
                format!("restart the PHP of pool {pool} after the requests in hand")
            }
            Self::Listen(pool) => format!("listen on the socket of pool {pool}"),
            Self::Stop(pool) => format!("stop pool {pool}"),
        }
    }

    fn impact(&self) -> Impact {
        match self {
            Self::Restart { .. } | Self::Stop(_) => Impact::Restart,
            _ => Impact::None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::File(step) => step.path(),
            _ => None,
        }
    }

    fn diff(&self) -> Option<String> {
        match self {
            Self::File(step) => step.diff(),
            _ => None,
        }
    }
}
