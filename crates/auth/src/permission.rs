//! What may be done, as types: a function that edits a site asks for a proof that names [`EditSites`], and no other proof fits.

use std::fmt;

mod sealed {
    pub trait Sealed {}
}

/// A permission as a type.
pub trait Permission: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The permission as a value.
    const ID: PermissionId;
}

/// A permission that can be held on one account. The others are about the whole installation.
pub trait OnAccount: Permission {}

// A macro of our own: the type, its value, its name in the database and the lists of roles must not differ by accident.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $reach:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl Permission for $name {
                const ID: PermissionId = PermissionId::$name;
            }
            permissions!(@ $reach $name);
        )+

        /// A permission as a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PermissionId {
            $($(#[$doc])* $name,)+
        }

        impl PermissionId {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name that is stored.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
    (@ account $name:ident) => { impl OnAccount for $name {} };
    (@ system $name:ident) => {};
}

permissions! {
    /// See an account.
    ViewAccount = "account.view", account;
    /// Change what the owner may change of an account: address, SFTP password, keys.
    EditAccount = "account.edit", account;
    /// Make, suspend, move and delete accounts.
    ManageAccounts = "account.manage", account;
    /// See the sites and pools of an account.
    ViewSites = "site.view", account;
    /// Make, change and delete sites of an account.
    EditSites = "site.edit", account;
    /// Suspend sites and approve names.
    ManageSites = "site.manage", account;
    /// See what happened to an account and its objects.
    ViewEvents = "event.view", account;
    /// See who did what to an account and its objects.
    ViewAudit = "audit.view", account;
    /// See the server: its state, its plan, its drift.
    ViewNode = "node.view", system;
    /// Change the server: revert or adopt drift, pause.
    EditNode = "node.edit", system;
    /// See the installation's settings.
    ViewSettings = "setting.view", system;
    /// Change the installation's settings.
    EditSettings = "setting.edit", system;
    /// See and make persons, sign-in links and roles.
    ManagePersons = "person.manage", system;
}

impl PermissionId {
    /// Reads a stored name; `None` for one that a newer release stored.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text)
    }
}

impl fmt::Display for PermissionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What the owner of an account may do with it.
pub(crate) const OWNER: &[PermissionId] = &[
    PermissionId::ViewAccount,
    PermissionId::EditAccount,
    PermissionId::ViewSites,
    PermissionId::EditSites,
    PermissionId::ViewEvents,
    PermissionId::ViewAudit,
];
