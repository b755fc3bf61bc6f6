//! Users and groups of the host, read from `passwd`, `group` and `shadow` in-process.
//!
//! No `getent`, no name service switch: our tenants are local users, and a sweep over thousands of objects must not start
//! a process or a lookup each. A snapshot is kept until one of the three files changes (inode, size or mtime), so that
//! any number of lookups costs one parse.
//!
//! The parsers are lenient: a line that is not of the form is left out (and counted), since a foreign line is none of
//! our business. They never fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::HostError;
use crate::files::{Files, Stamp};

/// A line of `passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Full name and the like.
    pub gecos: String,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
}

/// A line of `group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Group name.
    pub name: String,
    /// Group id.
    pub gid: u32,
    /// Members beyond those who have it as their primary group.
    pub members: Vec<String>,
}

/// What `shadow` says of a user's password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    field: String,
    expired: bool,
}

impl Password {
    /// The hash, where there is one, also while it is locked.
    pub fn hash(&self) -> Option<&str> {
        let hash = self.field.trim_start_matches('!');
        hash.starts_with('$').then_some(hash)
    }

    /// Nobody can sign in with this password: it is locked, or there is none. An empty field is a password that is empty.
    pub fn locked(&self) -> bool {
        self.field.starts_with(['!', '*'])
    }

    /// The account as a whole has expired (`usermod --expiredate 1`): sshd refuses it with keys too.
    pub fn expired(&self) -> bool {
        self.expired
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Password").field("locked", &self.locked()).finish_non_exhaustive()
    }
}

/// Users and groups at one moment.
#[derive(Debug, Clone, Default)]
pub struct UserDb {
    users: Vec<User>,
    groups: Vec<Group>,
    user_by_name: HashMap<String, usize>,
    user_by_uid: HashMap<u32, usize>,
    group_by_name: HashMap<String, usize>,
    group_by_gid: HashMap<u32, usize>,
    passwords: HashMap<String, Password>,
    ignored: usize,
}

impl UserDb {
    /// Parses the three files. Where a name or id stands twice, the first line counts, as for the C library.
    pub fn parse(passwd: &str, group: &str, shadow: &str) -> Self {
        let mut db = Self::default();
        for line in lines(passwd) {
            let Some(user) = parse_user(line) else {
                db.ignored += 1;
                continue;
            };
            db.user_by_name.entry(user.name.clone()).or_insert(db.users.len());
            db.user_by_uid.entry(user.uid).or_insert(db.users.len());
            db.users.push(user);
        }
        for line in lines(group) {
            let Some(group) = parse_group(line) else {
                db.ignored += 1;
                continue;
            };
            db.group_by_name.entry(group.name.clone()).or_insert(db.groups.len());
            db.group_by_gid.entry(group.gid).or_insert(db.groups.len());
            db.groups.push(group);
        }
        for line in lines(shadow) {
            let Some((name, password)) = parse_shadow(line) else {
                db.ignored += 1;
                continue;
            };
            db.passwords.entry(name).or_insert(password);
        }
        db
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.user_by_name.get(name).map(|i| &self.users[*i])
    }

    /// The first user with this id.
    pub fn user_by_uid(&self, uid: u32) -> Option<&User> {
        self.user_by_uid.get(&uid).map(|i| &self.users[*i])
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.group_by_name.get(name).map(|i| &self.groups[*i])
    }

    /// The first group with this id.
    pub fn group_by_gid(&self, gid: u32) -> Option<&Group> {
        self.group_by_gid.get(&gid).map(|i| &self.groups[*i])
    }

    /// What `shadow` says of this user.
    pub fn password(&self, name: &str) -> Option<&Password> {
        self.passwords.get(name)
    }

    /// Is the user in the group, by its primary group or as a member?
    pub fn in_group(&self, user: &str, group: &str) -> bool {
        self.group(group).is_some_and(|g| {
            g.members.iter().any(|m| m == user) || self.user(user).is_some_and(|u| u.gid == g.gid)
        })
    }

    /// All users, in the order of the file.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// All groups, in the order of the file.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many lines were left out because they are not of the form.
    pub fn ignored(&self) -> usize {
        self.ignored
    }
}

/// Lines that hold something; comments are no part of these files' form but people write them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = name(fields.next()?)?;
    let _password = fields.next()?;
    let uid = id(fields.next()?)?;
    let gid = id(fields.next()?)?;
    let gecos = fields.next()?.to_owned();
    let home = fields.next()?.to_owned();
    let shell = fields.next()?.to_owned();
    if fields.next().is_some() {
        return None;
    }
    Some(User { name, uid, gid, gecos, home, shell })
}

fn parse_group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = name(fields.next()?)?;
    let _password = fields.next()?;
    let gid = id(fields.next()?)?;
    let members = fields.next()?.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect();
    if fields.next().is_some() {
        return None;
    }
    Some(Group { name, gid, members })
}

fn parse_shadow(line: &str) -> Option<(String, Password)> {
    let fields: Vec<&str> = line.split(':').collect();
    // shadow(5): name, hash, last change, min, max, warn, inactive, expire, reserved
    let [user, field, _, _, _, _, _, expire, _] = fields[..] else { return None };
    // day 1 and day 0 are both long past; a later date is a policy of the administrator's and not ours to read
    let expired = matches!(expire, "0" | "1");
    Some((name(user)?, Password { field: field.to_owned(), expired }))
}

/// A name, but not the `+` and `-` lines of NIS.
fn name(field: &str) -> Option<String> {
    (!field.is_empty() && !field.starts_with(['+', '-'])).then(|| field.to_owned())
}

/// Digits alone: `u32::from_str` would take a leading plus.
fn id(field: &str) -> Option<u32> {
    (!field.is_empty() && field.bytes().all(|b| b.is_ascii_digit())).then(|| field.parse().ok()).flatten()
}

const FILES: [&str; 3] = ["/etc/passwd", "/etc/group", "/etc/shadow"];

/// A snapshot, and how the files stood when it was made.
type Kept = ([Option<Stamp>; 3], Arc<UserDb>);

/// Reads the three files and keeps the result until one of them changes.
#[derive(Debug, Default)]
pub(crate) struct Passwd {
    kept: Mutex<Option<Kept>>,
}

impl Passwd {
    /// Users and groups as they are now. A file that is not there counts as empty.
    pub(crate) fn read(&self, files: &Files) -> Result<Arc<UserDb>, HostError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // stamps first: a change between the two reads is seen by the next call
        let mut stamps = [None, None, None];
        for (stamp, path) in stamps.iter_mut().zip(FILES) {
            *stamp = files.stamp(path)?;
        }
        if let Some((old, db)) = kept.as_ref()
            && *old == stamps
        {
            return Ok(db.clone());
        }
        let mut texts = [String::new(), String::new(), String::new()];
        for (text, path) in texts.iter_mut().zip(FILES) {
            *text = files.read_lossy(path)?.unwrap_or_default();
        }
        let db = Arc::new(UserDb::parse(&texts[0], &texts[1], &texts[2]));
        *kept = Some((stamps, db.clone()));
        Ok(db)
    }
}

#[cfg(test)]
mod tests;
