//! Where the web server's files lie, and the closed set of files that the tree consists of.

use std::fmt;

use names::{CertificateId, Digest, SiteId};

/// The live tree.
pub const TREE: &str = "/etc/nginx/holdfast";
/// The mirror of the live tree. Changed files are written and tested here first; what is here and not in a round under
/// way is what we last put into the live tree.
pub const STAGE: &str = "/var/lib/holdfast-agent/stage/nginx";
/// What the committer must know after a crash.
pub(crate) const STATE: &str = "/var/lib/holdfast-agent/stage/nginx.json";
/// Where copies of hand edits go before they are overwritten.
pub(crate) const DRIFT: &str = "/var/lib/holdfast-agent/drift";
/// Certificates with their keys: nginx's workers read them at each handshake, and nobody else may.
pub const TLS: &str = "/etc/nginx/holdfast-tls";
/// Mode of [`TLS`]; its group is the web server's.
pub const TLS_MODE: u32 = 0o750;
/// What visitors are shown who name no site of ours.
pub const DEFAULT_CERTIFICATE: &str = "/etc/nginx/holdfast-tls/default.pem";
/// An administrator's own templates.
pub const OVERRIDES: &str = "/etc/holdfast/templates/nginx";
/// Logs of all sites; below it a directory per site.
pub const LOGS: &str = "/var/log/holdfast";
/// The logs that nginx itself writes, and those that belong to nobody.
pub const NGINX_LOGS: &str = "/var/log/holdfast/nginx";
/// Where the logs of removed sites wait for their end.
pub const LOG_TRASH: &str = "/var/log/holdfast/.trash";

/// How many files a map is cut into, so that a change rewrites a small file at any number of sites.
pub const SHARDS: usize = 64;

/// A map from one key to one value, cut into [`SHARDS`] files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapKind {
    /// Host name to site.
    Host,
    /// Site to pool; only sites that run PHP.
    Pool,
    /// Site to document root.
    Root,
    /// Site to state; only sites that are not active.
    State,
    /// Host name to the name that its visitors are sent on to.
    SendOn,
    /// Site to the address that all its visitors are sent on to.
    Redirect,
    /// Site and visitor's address to the network that gets to see a site that is being worked on.
    Allow,
    /// Site to the certificate that it shows; only sites that answer by HTTPS.
    Certificate,
    /// Site to `yes`; only sites whose visitors by HTTP are sent on to HTTPS.
    ForceHttps,
    /// Site to what `Strict-Transport-Security` says.
    Hsts,
}

impl MapKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Host,
        Self::Pool,
        Self::Root,
        Self::State,
        Self::SendOn,
        Self::Redirect,
        Self::Allow,
        Self::Certificate,
        Self::ForceHttps,
        Self::Hsts,
    ];

    /// The word in file names.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Pool => "pool",
            Self::Root => "root",
            Self::State => "state",
            Self::SendOn => "send",
            Self::Redirect => "redirect",
            Self::Allow => "allow",
            Self::Certificate => "certificate",
            Self::ForceHttps => "https",
            Self::Hsts => "hsts",
        }
    }
}

/// A file of the base, made from a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BaseFile {
    /// Log formats, maps and the includes of all else.
    Http,
    /// Addresses, for blocks of sites with settings of their own.
    Listen,
    /// What every server block does with a request.
    Locations,
    /// The block that all sites without settings of their own share.
    Server,
}

impl BaseFile {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Http, Self::Listen, Self::Locations, Self::Server];

    /// The file's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http.conf",
            Self::Listen => "listen.conf",
            Self::Locations => "locations.conf",
            Self::Server => "server.conf",
        }
    }
}

/// A file of the tree. There are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TreeFile {
    /// Made from a template, the same for all sites.
    Base(BaseFile),
    /// One shard of a map.
    Map(MapKind, u8),
    /// The block of a site with settings of its own.
    Site(SiteId),
    /// The digest of all the others.
    Digest,
}

impl TreeFile {
    /// The path in the live tree.
    pub fn live(self) -> String {
        format!("{TREE}/{self}")
    }

    /// The path in the mirror.
    pub fn staged(self) -> String {
        format!("{STAGE}/{self}")
    }

    /// The file of a path relative to the tree.
    pub fn parse(rel: &str) -> Option<Self> {
        if rel == "tree.conf" {
            return Some(Self::Digest);
        }
        if let Some(base) = BaseFile::ALL.into_iter().find(|b| b.name() == rel) {
            return Some(Self::Base(base));
        }
        if let Some(id) = rel.strip_prefix("sites/") {
            return SiteId::parse(id.strip_suffix(".conf")?).ok().map(Self::Site);
        }
        let (word, shard) = rel.strip_prefix("maps/")?.strip_suffix(".map")?.split_once('-')?;
        let kind = MapKind::ALL.into_iter().find(|k| k.word() == word)?;
        let number = u8::from_str_radix(shard, 16).ok().filter(|n| usize::from(*n) < SHARDS)?;
        let file = Self::Map(kind, number);
        (file.to_string() == rel).then_some(file)
    }

    /// The file of a path in the live tree.
    pub fn of_live(path: &str) -> Option<Self> {
        Self::parse(path.strip_prefix(TREE)?.strip_prefix('/')?)
    }
}

impl fmt::Display for TreeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base(base) => f.write_str(base.name()),
            Self::Map(kind, shard) => write!(f, "maps/{}-{shard:02x}.map", kind.word()),
            Self::Site(id) => write!(f, "sites/{id}.conf"),
            Self::Digest => f.write_str("tree.conf"),
        }
    }
}

/// The shard of a key: the first six bits of its SHA-256.
pub fn shard_of(key: &str) -> u8 {
    Digest::of(key).as_bytes()[0] >> 2
}

/// The log directory of a site.
pub fn site_logs(site: SiteId) -> String {
    format!("{LOGS}/{site}")
}

/// The file of a certificate and its key.
pub fn certificate_file(certificate: CertificateId) -> String {
    format!("{TLS}/{certificate}.pem")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_again_by_its_path_and_nothing_else_is() {
        let id = SiteId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let mut files = vec![TreeFile::Site(id), TreeFile::Digest];
        files.extend(BaseFile::ALL.map(TreeFile::Base));
        for kind in MapKind::ALL {
            files.extend((0..64).map(|n| TreeFile::Map(kind, n)));
        }
        for file in files {
            assert_eq!(TreeFile::parse(&file.to_string()), Some(file));
            assert_eq!(TreeFile::of_live(&file.live()), Some(file));
        }
        let others = [
            "",
            "x.conf",
            "maps/host-40.map",
            "maps/host-3F.map",
            "maps/host-3.map",
            "maps/x-00.map",
            "sites/a.conf",
            "sites/../http.conf",
            "../nginx.conf",
        ];
        for other in others {
            assert_eq!(TreeFile::parse(other), None, "{other}");
        }
        assert_eq!(TreeFile::of_live("/etc/nginx/nginx.conf"), None);
    }
}
