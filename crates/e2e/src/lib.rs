//! Holdfast on real Debian servers, as administrators, owners and visitors meet it.
//!
//! What the end-to-end tests, the demo and the benchmarks share: the package, a server with Holdfast set up on it
//! ([`Node`]), its CLI, its API ([`Api`]), its sites over IPv4 and IPv6, SFTP from outside ([`Sftp`]), a visitor who never
//! stops ([`Load`]), a certificate authority ([`Pebble`]), checks that all run and are told together ([`Checks`]), and the stories of hosting a site
//! ([`story::play`]), of people, packages and rights ([`people::play`]), and of HTTPS and certificates ([`web_and_tls::play`]).
//!
//! Nothing here asserts: what does not hold is an error or a failed expectation, and the caller ends with it.

mod api;
mod checks;
mod connection;
mod deb;
pub mod life;
mod load;
mod node;
mod own_authority;
pub mod pebble;
pub mod people;
mod place;
mod random;
mod session;
mod sftp;
pub mod story;
pub mod suspension;
mod transcript;
pub mod web_and_tls;

pub use api::{Api, ApiAnswer, is_ready};
pub use checks::Checks;
pub use connection::{Answer, Connection, Target};
pub use deb::package;
pub use load::{Load, LoadReport};
pub use node::Node;
pub use own_authority::{OwnAuthority, Signed, Valid};
pub use pebble::{Chaos, Pebble};
pub use place::Place;
pub use random::Random;
pub use session::Session;
pub use sftp::Sftp;
pub use testhost::{
    Cmd, Distro, Error as HostError, Family, Options, Output, Reply, Request, Server, wait_for,
};
pub use transcript::{Prompt, Transcript};
