//! btrfs: a home is a subvolume of its own, in a qgroup `1/<uid>` that carries the limit.
//!
//! The limit is on a qgroup of the first level and not on the subvolume's own, because a tenant may make subvolumes in its home, which
//! needs no right but to write there. With simple quotas (Linux 6.7) these join the qgroups of the subvolume that they are made in.
//! With full qgroups they do not, and nothing counts them; there is no switch in older kernels that would.
//!
//! btrfs counts no inodes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use account_spec::{QuotaFile, QuotaKind, QuotaSeen};
use names::{Uid, UidRange};

use crate::error::QuotaError;
use crate::homes::{Home, Homes};

const PROGRAM: &str = "/usr/bin/btrfs";
const SYSFS: &str = "/sys/fs/btrfs";

/// The calls of the program that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call<'a> {
    Subvolumes,
    Groups,
    EnableSimple,
    Enable,
    CreateSubvolume(&'a str),
    CreateGroup(Uid),
    DestroyGroup(Uid),
    Assign { member: GroupId, to: Uid },
    Remove { member: GroupId, from: Uid },
    Limit { to: Option<u64>, of: Uid },
}

impl Call<'_> {
    fn args(self, homes: &Homes) -> Vec<String> {
        let group = |uid: Uid| GroupId::of_account(uid).to_string();
        let words: Vec<String> = match self {
            Self::Subvolumes => vec!["subvolume".into(), "list".into(), "-o".into()],
            Self::Groups => vec!["qgroup".into(), "show".into(), "--raw".into(), "-pcre".into()],
            Self::EnableSimple => vec!["quota".into(), "enable".into(), "--simple".into()],
            Self::Enable => vec!["quota".into(), "enable".into()],
            Self::CreateSubvolume(path) => {
                return vec!["subvolume".into(), "create".into(), path.to_owned()];
            }
            Self::CreateGroup(uid) => vec!["qgroup".into(), "create".into(), group(uid)],
            Self::DestroyGroup(uid) => vec!["qgroup".into(), "destroy".into(), group(uid)],
            Self::Assign { member, to } => {
                vec!["qgroup".into(), "assign".into(), member.to_string(), group(to)]
            }
            Self::Remove { member, from } => {
                vec!["qgroup".into(), "remove".into(), member.to_string(), group(from)]
            }
            Self::Limit { to, of } => {
                let limit = to.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string());
                vec!["qgroup".into(), "limit".into(), limit, group(of)]
            }
        };
        words.into_iter().chain([homes.path.clone()]).collect()
    }

    fn run(self, homes: &Homes) -> Result<String, QuotaError> {
        let args = self.args(homes);
        #[expect(clippy::disallowed_methods, reason = "the one program of this unit, with typed arguments")]
        let mut command = Command::new(PROGRAM);
        let command =
            command.args(&args).env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        let output = command.output().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => QuotaError::Lacking(format!(
                "the homes are on btrfs, and {PROGRAM} is not there: apt-get install btrfs-progs"
            )),
            _ => QuotaError::io(format!("run {PROGRAM}"), e),
        })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        Err(QuotaError::Program { call: args.join(" "), said: said.chars().take(1000).collect() })
    }
}

/// `level/id`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId {
    level: u16,
    id: u64,
}

impl GroupId {
    const fn of_subvolume(id: u64) -> Self {
        Self { level: 0, id }
    }

    fn of_account(uid: Uid) -> Self {
        Self { level: 1, id: uid.get().into() }
    }

    fn parse(text: &str) -> Option<Self> {
        let (level, id) = text.split_once('/')?;
        Some(Self { level: level.parse().ok()?, id: id.parse().ok()? })
    }
}

impl std::fmt::Display for GroupId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.level, self.id)
    }
}

/// One line of `qgroup show`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Group {
    referenced: u64,
    max_referenced: Option<u64>,
    parents: Vec<GroupId>,
}

/// Columns: id, referenced, exclusive, their limits, parents, children, path. The header and the line below it begin with no id.
pub(crate) fn groups(text: &str) -> BTreeMap<GroupId, Group> {
    let group = |line: &str| {
        let mut words = line.split_whitespace();
        let id = GroupId::parse(words.next()?)?;
        let referenced = words.next()?.parse().ok()?;
        let max_referenced = words.nth(1)?.parse().ok();
        let parents = words.nth(1).unwrap_or_default().split(',').filter_map(GroupId::parse).collect();
        Some((id, Group { referenced, max_referenced, parents }))
    };
    text.lines().filter_map(group).collect()
}

/// `ID 259 gen 21 top level 5 path home/alice`: ids by path within the file system.
pub(crate) fn subvolumes(text: &str) -> BTreeMap<String, u64> {
    let subvolume = |line: &str| {
        let (facts, path) = line.split_once(" path ")?;
        let id = facts.strip_prefix("ID ")?.split(' ').next()?.parse().ok()?;
        Some((path.to_owned(), id))
    };
    text.lines().filter_map(subvolume).collect()
}

/// What the file system says of all accounts.
struct State {
    /// None where quotas are off.
    groups: Option<BTreeMap<GroupId, Group>>,
    subvolumes: BTreeMap<String, u64>,
}

impl State {
    fn read(homes: &Homes) -> Result<Self, QuotaError> {
        let subvolumes = subvolumes(&Call::Subvolumes.run(homes)?);
        let groups = match Call::Groups.run(homes) {
            Ok(text) => Some(groups(&text)),
            Err(QuotaError::Program { said, .. })
                if said.contains("quota") && said.contains("not enabled") =>
            {
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self { groups, subvolumes })
    }

    fn members(&self, uid: Uid) -> Vec<GroupId> {
        let group = GroupId::of_account(uid);
        let all = self.groups.iter().flatten();
        all.filter(|(_, member)| member.parents.contains(&group)).map(|(id, _)| *id).collect()
    }

    fn group(&self, uid: Uid) -> Option<&Group> {
        self.groups.as_ref()?.get(&GroupId::of_account(uid))
    }

    fn home(&self, homes: &Homes, file: &QuotaFile) -> Option<GroupId> {
        self.subvolumes.get(&homes.home_within(&file.account)).copied().map(GroupId::of_subvolume)
    }

    fn seen(&self, homes: &Homes, uid: Uid, file: Option<&QuotaFile>) -> QuotaSeen {
        let group = self.group(uid);
        let home = file.and_then(|file| self.home(homes, file));
        let counted = group.is_some() && home.is_some_and(|home| self.members(uid).contains(&home));
        QuotaSeen {
            counted,
            disk_bytes: group.and_then(|group| group.max_referenced),
            inodes: None,
            used_bytes: group.filter(|_| counted).map(|group| group.referenced),
            used_inodes: None,
        }
    }
}

/// What the kernel holds of these accounts, and of those of which only the qgroup is left.
pub(crate) fn look(
    homes: &Homes,
    uids: UidRange,
    files: &BTreeMap<Uid, QuotaFile>,
) -> Result<(QuotaKind, BTreeMap<Uid, QuotaSeen>), QuotaError> {
    let state = State::read(homes)?;
    let kind = match state.groups {
        None => QuotaKind::BtrfsOff,
        Some(_) if is_simple(homes) => QuotaKind::BtrfsSimple,
        Some(_) => QuotaKind::BtrfsFull,
    };
    let left = state.groups.iter().flatten().filter(|(id, _)| id.level == 1);
    let left = left
        .filter_map(|(id, _)| Uid::new(u32::try_from(id.id).ok()?).ok())
        .filter(|uid| uids.contains(*uid));
    let all = files.keys().copied().chain(left).collect::<std::collections::BTreeSet<_>>();
    let seen = all.into_iter().map(|uid| (uid, state.seen(homes, uid, files.get(&uid)))).collect();
    Ok((kind, seen))
}

/// By the kernel's own word below `/sys`, of the file system that has the homes' device. Where it is not there, full is assumed: it
/// promises less.
fn is_simple(homes: &Homes) -> bool {
    let device = fs::canonicalize(&homes.source).unwrap_or_else(|_| homes.source.clone().into());
    let Some(device) = device.file_name() else { return false };
    let Ok(all) = fs::read_dir(SYSFS) else { return false };
    let ours = |path: &Path| path.join("devices").join(device).exists();
    let mode = |path: &Path| fs::read_to_string(path.join("qgroups/mode")).unwrap_or_default();
    all.flatten()
        .map(|entry| entry.path())
        .filter(|path| ours(path))
        .any(|path| mode(&path).trim() == "squota")
}

/// Makes the home where it is missing, and the qgroup and its limit where quotas are on or a limit is wanted. Without a file: takes the
/// qgroup away.
pub(crate) fn set(
    homes: &Homes,
    uids: UidRange,
    uid: Uid,
    file: Option<&QuotaFile>,
) -> Result<(), QuotaError> {
    uids.check(uid).map_err(|e| QuotaError::Lacking(e.reason))?;
    let state = State::read(homes)?;
    let Some(file) = file else { return clear(homes, &state, uid) };
    let home = homes.at(&file.account)?;
    if home == Home::Missing {
        Call::CreateSubvolume(&homes.home(&file.account)).run(homes)?;
    }
    if home == Home::Other {
        if file.disk_bytes.is_none() {
            return Ok(());
        }
        let path = homes.home(&file.account);
        return Err(QuotaError::Lacking(format!(
            "{path} is no subvolume of its own, so that btrfs cannot count it"
        )));
    }
    if state.groups.is_none() {
        if file.disk_bytes.is_none() {
            return Ok(());
        }
        enable(homes)?;
    }
    let state = State::read(homes)?;
    let member = state.home(homes, file).ok_or_else(|| {
        QuotaError::Lacking(format!("`btrfs subvolume list` does not know {}", homes.home(&file.account)))
    })?;
    if state.group(uid).is_none() {
        Call::CreateGroup(uid).run(homes)?;
    }
    if !state.members(uid).contains(&member) {
        Call::Assign { member, to: uid }.run(homes)?;
    }
    if state.group(uid).and_then(|group| group.max_referenced) != file.disk_bytes {
        Call::Limit { to: file.disk_bytes, of: uid }.run(homes)?;
    }
    Ok(())
}

/// Simple quotas where kernel and program have them: they cost nothing at a write, and count what a tenant makes in its home.
fn enable(homes: &Homes) -> Result<(), QuotaError> {
    match Call::EnableSimple.run(homes) {
        Err(QuotaError::Program { .. }) => Call::Enable.run(homes).map(drop),
        done => done.map(drop),
    }
}

fn clear(homes: &Homes, state: &State, uid: Uid) -> Result<(), QuotaError> {
    if state.group(uid).is_none() {
        return Ok(());
    }
    for member in state.members(uid) {
        Call::Remove { member, from: uid }.run(homes)?;
    }
    Call::DestroyGroup(uid).run(homes).map(drop)
}

#[cfg(test)]
mod tests;
