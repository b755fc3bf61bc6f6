//! Files of those who may enter directories that ask for a password.
//!
//! nginx's workers read them at each request, and nobody else may: the directory is root's and the web server's group's, and no site's
//! document root lies there. A file is named by the directory and the names that are in it, so that the configuration which names it and
//! the file change together: a new file is there before nginx is told of it, and an old one goes after. A new password of the same people is
//! no other configuration; and since it is hashed with a new salt each time, a name that hung on it would make every plan another.

use std::fmt::Write as _;

use converge::{Done, ObserveError, Own, StepError};
use hostd::Host;
use hostfs::{FileKind, Owner};
use names::{Digest, PathPattern, Secret, SiteId};
use web_spec::rule::PasswordDirectory;
use web_spec::{Rule, SiteSpec};

use crate::layout::{USERS, USERS_MODE};

/// The agent writes it, nginx's workers read it.
const MODE: u32 = 0o640;

/// A file, with what is to be in it.
#[derive(Debug, Clone)]
pub struct UsersFile {
    path: String,
    text: Secret<String>,
}

impl PartialEq for UsersFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.digest() == other.digest()
    }
}

impl Eq for UsersFile {}

impl UsersFile {
    /// The file of a directory.
    pub(crate) fn of(site: SiteId, directory: &PasswordDirectory) -> Self {
        let mut text = String::new();
        for user in &directory.users {
            // a name has no colon and no line end, and neither has a hash
            let _ = writeln!(text, "{}:{}", user.name, user.hash.expose());
        }
        let place = directory.path.as_ref().map_or("/", PathPattern::as_str);
        let names = directory.users.iter().map(|user| user.name.as_str());
        let key = Digest::of_parts(std::iter::once(place).chain(names));
        Self { path: format!("{USERS}/{site}-{}.users", key.short()), text: Secret::new(text) }
    }

    /// Absolute.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Of what is in it.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.text.expose())
    }
}

/// What is to be done about a site's files.
#[derive(Debug, Default)]
pub(crate) struct UsersSeen {
    /// The directory must be made, or get this owner.
    pub(crate) dir: Option<Owner>,
    /// Files that are missing, or not as they should be; with their owner.
    pub(crate) write: Vec<(UsersFile, Owner)>,
    /// Files that are needed no longer.
    pub(crate) remove: Vec<String>,
    /// All that should be there.
    pub(crate) wanted: Vec<(String, Digest)>,
}

/// Looks at the files of a site, and at no other's. Costs nothing for a site without.
pub(crate) fn observe(
    host: &Host,
    site: SiteId,
    spec: Option<&SiteSpec>,
    own: &Own,
) -> Result<UsersSeen, ObserveError> {
    let mut seen = UsersSeen::default();
    let rules = spec.map(|spec| spec.rules.as_slice()).unwrap_or_default();
    let mut files: Vec<UsersFile> = Vec::new();
    for rule in rules {
        let Rule::Password(directory) = rule else { continue };
        let file = UsersFile::of(site, directory);
        // of two rules for one directory the first is asked
        if files.iter().all(|known| known.path != file.path) {
            files.push(file);
        }
    }
    // the ledger remembers every file that was written for the site
    let before = own.loaded.keys().filter(|key| key.starts_with(USERS));
    for path in before.filter(|path| !files.iter().any(|file| file.path == **path)) {
        if host.files().stat(path)?.is_some() {
            seen.remove.push(path.clone());
        }
    }
    if files.is_empty() {
        return Ok(seen);
    }
    let Some(gid) = host.web_gid()? else {
        return Err(ObserveError::WaitsFor("the web server's package".to_owned()));
    };
    let owner = (0, gid);
    let dir = host.files().stat(USERS)?;
    let fits =
        dir.is_some_and(|m| m.kind == FileKind::Dir && (m.mode, (m.uid, m.gid)) == (USERS_MODE, owner));
    seen.dir = (!fits).then_some(owner);
    for file in files {
        let digest = file.digest();
        let meta = host.files().stat(&file.path)?;
        let fits =
            meta.is_some_and(|m| m.kind == FileKind::File && (m.mode, (m.uid, m.gid)) == (MODE, owner));
        seen.wanted.push((file.path.clone(), digest));
        if !fits || host.files().read(&file.path)?.map(Digest::of) != Some(digest) {
            seen.write.push((file, owner));
        }
    }
    Ok(seen)
}

/// Writes a file.
pub(crate) fn write(host: &Host, file: &UsersFile, owner: Owner) -> Result<Done, StepError> {
    host.files().write(&file.path, file.text.expose().as_bytes(), MODE, owner)?;
    Ok(Done { loaded: Some((file.path.clone(), file.digest())) })
}
