//! What the web server must know of one site.

use std::sync::Arc;

use hostd::Bounds;
use names::{DomainName, PoolName, SiteId};
use web_spec::SiteSpec;

/// A site in the tree: its lines in the maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRecord {
    /// All names that lead to it, sorted.
    pub names: Vec<DomainName>,
    /// The document root, absolute. Made of bounded parts alone; never of a host name at run time.
    pub root: Arc<str>,
    /// The pool that runs its PHP.
    pub pool: Option<PoolName>,
    /// It answers 503.
    pub suspended: bool,
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
            suspended: spec.suspended,
        }
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
