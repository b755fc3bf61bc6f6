//! Which user ids were ever given to an account of a server.

use names::{AccountId, Uid};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// All user ids that are noted on the server. Streams pages as progress; the reply is the last page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListUids {}

/// The most notes of one page.
pub const UIDS_PAGE: usize = 5_000;

/// One page of [`ListUids`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UidPage {
    /// By number.
    pub uids: Vec<UidNote>,
}

/// A user id that was given, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UidNote {
    /// The number.
    pub uid: Uid,
    /// Whose it is or was.
    pub account: AccountId,
}

impl Method for ListUids {
    const NAME: &'static str = "holdfast.account1.ListUids";
    const ACCESS: Access = Access::Read;
    type Reply = UidPage;
}
