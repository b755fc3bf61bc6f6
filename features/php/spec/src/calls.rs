//! What the agent is asked for besides the holding of pools.

use converge::Cause;
use names::{PhpVersion, PoolId};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// The names of refusals.
pub mod errors {
    /// The server holds no such pool, or it is on its way out.
    pub const NO_SUCH_POOL: &str = "holdfast.php1.NoSuchPool";
}

/// Has a pool forget the scripts that it compiled. Its master ends after the requests in hand; those that come meanwhile wait at the socket,
/// which PID 1 holds, and the first of them starts a new master. A pool that sleeps has nothing to forget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOpcacheReset {
    /// Which pool.
    pub pool: PoolId,
    /// Who asks, for the agent's log.
    #[serde(default)]
    pub cause: Cause,
}

/// The reply of [`RunOpcacheReset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpcacheReset {
    /// A master ran, and was ended; else the pool slept.
    pub ran: bool,
}

impl Method for RunOpcacheReset {
    const NAME: &'static str = "holdfast.php1.RunOpcacheReset";
    const ACCESS: Access = Access::Write;
    type Reply = OpcacheReset;
}

/// Lists the extensions that php-fpm of one version loads, as its configuration on the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListExtensions {
    /// Which version.
    pub version: PhpVersion,
}

/// The reply of [`ListExtensions`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions {
    /// The version is installed.
    pub installed: bool,
    /// Their names, sorted, without those that are built in.
    pub extensions: Vec<String>,
}

impl Method for ListExtensions {
    const NAME: &'static str = "holdfast.php1.ListExtensions";
    const ACCESS: Access = Access::Read;
    type Reply = Extensions;
}
