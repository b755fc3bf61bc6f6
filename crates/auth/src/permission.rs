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

/// A permission that is about organisations; held on one, it reaches all below it.
pub trait OnOrganisation: Permission {}

/// A permission that is about accounts, and can be held on a single one too. The others are about organisations or the whole installation.
pub trait OnAccount: OnOrganisation {}

// A macro of our own: the type, its value, its name in the database and the lists of roles must not differ by accident.
macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $reach:ident;)+) => {
        $(
            $(#[doc = $doc])*
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
            $($(#[doc = $doc])* $name,)+
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

            /// What it allows, in a sentence.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim(),)+
                }
            }

            /// What it is about: `account`, `organisation` or `system`.
            pub const fn reach(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($reach),)+
                }
            }
        }
    };
    (@ account $name:ident) => {
        impl OnOrganisation for $name {}
        impl OnAccount for $name {}
    };
    (@ organisation $name:ident) => { impl OnOrganisation for $name {} };
    (@ system $name:ident) => {};
}

permissions! {
    /// See an account.
    ViewAccount = "account.view", account;
    /// Change what the owner may change of an account: address, SFTP password, keys.
    EditAccount = "account.edit", account;
    /// Suspend accounts and let them go on.
    SuspendAccounts = "account.suspend", account;
    /// Make, move and delete accounts, and say what they were sold.
    ManageAccounts = "account.manage", account;
    /// See the sites and pools of an account.
    ViewSites = "site.view", account;
    /// Make, change and delete sites of an account.
    EditSites = "site.edit", account;
    /// Suspend sites and approve names.
    ManageSites = "site.manage", account;
    /// See what happened to an account and its objects.
    ViewEvents = "event.view", account;
    /// See jobs about an account, and their logs.
    ViewJobs = "job.view", account;
    /// Cancel jobs about an account, and have them tried again.
    ManageJobs = "job.manage", account;
    /// See who did what to an account and its objects.
    ViewAudit = "audit.view", account;
    /// See who has which role, on an account or in an organisation.
    ViewMembers = "member.view", account;
    /// Give people roles, on an account or in an organisation, and take them away.
    ManageMembers = "member.manage", account;
    /// See an organisation and those below it.
    ViewOrganisations = "organisation.view", organisation;
    /// Make, change, suspend and delete the organisations below.
    ManageOrganisations = "organisation.manage", organisation;
    /// See the packages of an organisation.
    ViewPackages = "package.view", organisation;
    /// Make, change and delete the packages of an organisation.
    ManagePackages = "package.manage", organisation;
    /// Make, change and delete the roles of an organisation.
    ManageRoles = "role.manage", organisation;
    /// See and make an organisation's people and their sign-in links, suspend and delete them.
    ManagePersons = "person.manage", organisation;
    /// Act as one of an organisation's people, for a while, visibly.
    ActAs = "person.act_as", organisation;
    /// Make, change and delete the webhooks of an organisation.
    ManageWebhooks = "webhook.manage", organisation;
    /// See the server: its state, its plan, its drift.
    ViewNode = "node.view", system;
    /// Change the server: revert or adopt drift, pause.
    EditNode = "node.edit", system;
    /// See the installation's settings.
    ViewSettings = "setting.view", system;
    /// Change the installation's settings.
    EditSettings = "setting.edit", system;
}

impl PermissionId {
    /// Whether it lets one look and change nothing.
    pub fn is_view(self) -> bool {
        self.as_str().split_once('.').is_some_and(|(_, verb)| verb == "view")
    }

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

/// The built-in roles, with what they hold. All but the administrator's count where they are given, and below: nobody holds what is about
/// the whole installation by a role in a branch of the tree.
pub(crate) const BUILT_IN: &[(&str, &[PermissionId])] = {
    use PermissionId as P;
    &[
        (store::fixed::ADMINISTRATOR_ROLE, P::ALL),
        (
            store::fixed::RESELLER_ROLE,
            &[
                P::ViewAccount,
                P::EditAccount,
                P::SuspendAccounts,
                P::ManageAccounts,
                P::ViewSites,
                P::EditSites,
                P::ManageSites,
                P::ViewEvents,
                P::ViewJobs,
                P::ManageJobs,
                P::ViewAudit,
                P::ViewMembers,
                P::ManageMembers,
                P::ViewOrganisations,
                P::ManageOrganisations,
                P::ViewPackages,
                P::ManagePackages,
                P::ManageRoles,
                P::ManagePersons,
                P::ActAs,
                P::ManageWebhooks,
            ],
        ),
        (
            store::fixed::OWNER_ROLE,
            &[
                P::ViewAccount,
                P::EditAccount,
                P::ViewSites,
                P::EditSites,
                P::ViewEvents,
                P::ViewJobs,
                P::ManageJobs,
                P::ViewAudit,
                P::ViewMembers,
                P::ManageMembers,
            ],
        ),
        (
            store::fixed::DEVELOPER_ROLE,
            &[P::ViewAccount, P::ViewSites, P::EditSites, P::ViewEvents, P::ViewJobs],
        ),
        (store::fixed::MAIL_MANAGER_ROLE, &[P::ViewAccount, P::ViewEvents]),
        (
            store::fixed::BILLING_ROLE,
            &[P::ViewAccount, P::SuspendAccounts, P::ViewOrganisations, P::ViewPackages],
        ),
        (
            store::fixed::READ_ONLY_ROLE,
            &[
                P::ViewAccount,
                P::ViewSites,
                P::ViewEvents,
                P::ViewJobs,
                P::ViewMembers,
                P::ViewOrganisations,
                P::ViewPackages,
            ],
        ),
    ]
};
