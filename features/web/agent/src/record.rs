//! What the web server must know of one site.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostd::Bounds;
use names::{DomainName, IpNetwork, PoolName, SiteId};
use web_spec::{Redirect, Serves, SiteSpec, SiteTls};

/// Whether visitors get to see a site. Of several wishes the one that shuts it the most holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SiteState {
    /// All do.
    #[default]
    Active,
    /// None; it answers 503, and says that it is suspended.
    Suspended,
    /// None; it answers as if nobody knew its names.
    Disabled,
    /// Those of these networks, sorted; it answers the others 503, and says that it is being worked on.
    Maintenance(Vec<IpNetwork>),
}

impl SiteState {
    fn of(spec: &SiteSpec) -> Self {
        match &spec.maintenance {
            _ if spec.suspended => Self::Suspended,
            _ if spec.disabled => Self::Disabled,
            None => Self::Active,
            Some(maintenance) => {
                let mut allow = maintenance.allow.clone();
                allow.sort_unstable();
                allow.dedup();
                Self::Maintenance(allow)
            }
        }
    }

    /// The networks whose visitors get to see it all the same.
    pub fn allow(&self) -> &[IpNetwork] {
        match self {
            Self::Maintenance(allow) => allow,
            _ => &[],
        }
    }
}

/// A site in the tree: its lines in the maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRecord {
    /// All names that lead to it, sorted.
    pub names: Vec<DomainName>,
    /// The document root, absolute. Made of bounded parts alone; never of a host name at run time.
    pub root: Arc<str>,
    /// The pool that runs its PHP.
    pub pool: Option<PoolName>,
    /// Whether visitors get to see it.
    pub state: SiteState,
    /// Those of its names whose visitors are sent on, and the name that they are sent to.
    pub sent_on: BTreeMap<DomainName, DomainName>,
    /// Where all its visitors are sent on to.
    pub redirect: Option<Redirect>,
    /// How it answers by HTTPS.
    pub tls: Option<SiteTls>,
}

impl SiteRecord {
    /// The record of a wish.
    pub fn of(spec: &SiteSpec, bounds: &Bounds) -> Self {
        let mut names = spec.names.clone();
        names.sort_unstable();
        Self {
            names,
            root: format!("{}/{}", bounds.home(&spec.account), spec.docroot).into(),
            pool: spec.pool.clone(),
            state: SiteState::of(spec),
            sent_on: spec
                .names
                .first()
                .into_iter()
                .flat_map(|first| spec.redirected.iter().map(|name| (name.clone(), first.clone())))
                .collect(),
            redirect: match &spec.serves {
                Serves::Files => None,
                Serves::Redirect(redirect) => Some(redirect.clone()),
            },
            tls: spec.tls.clone(),
        }
    }

    /// The record without the names that lead elsewhere.
    pub(crate) fn keep_names(&mut self, mut keep: impl FnMut(&DomainName) -> bool) {
        self.names.retain(&mut keep);
        self.sent_on.retain(|name, _| keep(name));
    }
}

/// A site as it should be in the tree: its record, and the text of its own block where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteWant {
    /// The lines in the maps.
    pub record: SiteRecord,
    /// The rendered block of a site with settings of its own.
    pub block: Option<Arc<str>>,
}

/// Whose part of the tree a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The base: the `webserver` object.
    Base,
    /// One site.
    Site(SiteId),
}

/// What an object wants its part of the tree to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one for each object of a round")]
pub enum Want {
    /// The files of the base, in the order of [`crate::layout::BaseFile::ALL`]; none removes them.
    Base(Option<[Arc<str>; 4]>),
    /// A site; none removes it.
    Site(SiteId, Option<SiteWant>),
}

impl Want {
    /// Whose part it is.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Base(_) => Owner::Base,
            Self::Site(id, _) => Owner::Site(*id),
        }
    }
}
