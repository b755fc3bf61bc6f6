//! What is on the host of an account.

use std::collections::BTreeMap;
use std::sync::Arc;

use account_spec::{AccountSpec, Limits, QuotaList};
use converge::file::{FilesPlan, plan_files};
use converge::{ManagedFile, ObserveError, Own, Wanted};
use hostd::{Host, HostError, Unit, UserDb};
use names::{AccountId, AccountName, Digest, Uid};

use crate::quota::HomeKind;
use crate::render;

/// Everything that a plan about an account needs.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the host, and they are independent")]
pub struct Observed {
    pub(crate) uid_noted: bool,
    pub(crate) note: Option<(String, String)>,
    pub(crate) group: bool,
    pub(crate) user: Option<UserSeen>,
    pub(crate) home: HomeSeen,
    pub(crate) files: FilesPlan,
    pub(crate) wanted: Vec<ManagedFile>,
    pub(crate) slice_loaded: bool,
    pub(crate) worker_listens: bool,
    pub(crate) processes: bool,
    /// Whom it is about: the wanted account, or the one that has to go.
    pub(crate) subject: Option<Subject>,
    pub(crate) web_gid: u32,
    /// What the kernel limits and counts.
    pub(crate) quota: Arc<QuotaList>,
    pub(crate) home_kind: HomeKind,
}

/// Name, id and home of the account that is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: AccountName,
    pub(crate) uid: Uid,
    pub(crate) home: String,
}

/// The Linux user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the user, and they are independent")]
pub(crate) struct UserSeen {
    pub(crate) as_made: bool,
    pub(crate) tenant: bool,
    pub(crate) hash: Option<String>,
    /// The password, locked or not, cannot be signed in with.
    pub(crate) password_locked: bool,
    /// The account as a whole is locked.
    pub(crate) locked: bool,
}

/// The home's own entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HomeSeen {
    Missing,
    AsMade,
    OtherMeta,
}

/// Stands for a slice file that is gone.
pub(crate) fn gone() -> Digest {
    Digest::of("")
}

fn failed(error: &HostError) -> ObserveError {
    ObserveError::Failed(error.chain())
}

/// What is asked once for many accounts.
pub(crate) trait Ask {
    fn worker_listens(&self, host: &Host, account: &AccountName) -> Result<bool, HostError>;
    fn quotas(&self, host: &Host) -> Result<Arc<QuotaList>, HostError>;
}

/// Reads the host for one account.
pub(crate) fn observe(
    host: &Host,
    id: AccountId,
    want: &Wanted<AccountSpec>,
    last: Option<&AccountSpec>,
    own: &Own,
    ask: &dyn Ask,
) -> Result<Observed, ObserveError> {
    let wanted = want.present().map(render::files).unwrap_or_default();
    let mut seen = BTreeMap::new();
    for path in wanted.iter().map(|f| &f.path).chain(own.claims.keys()) {
        if !seen.contains_key(path) {
            seen.insert(path.clone(), host.files().observe(path).map_err(|e| failed(&e))?);
        }
    }
    let files = plan_files(&wanted, &seen, own);
    let Some(spec) = want.present().or(last) else {
        return Ok(Observed::nothing(files));
    };
    let subject = Subject { name: spec.name.clone(), uid: spec.uid, home: host.bounds().home(&spec.name) };
    let leaving = want.present().is_none();
    let uid_noted = match noted(host, id, spec) {
        // it was refused for that, and nothing was made
        Err(ObserveError::Refused { .. }) if leaving => false,
        noted => noted?,
    };
    let users = host.users().map_err(|e| failed(&e))?;
    if !leaving {
        check_bounds(host, spec, &users, uid_noted)?;
    }
    let web_gid = host.web_gid().map_err(|e| failed(&e))?.ok_or_else(|| {
        ObserveError::WaitsFor("role web, which is not installed: `holdfast node install web`".to_owned())
    })?;
    let ours = uid_noted && users.user(spec.name.as_str()).is_some_and(|u| u.uid == subject.uid.get());
    let home = match home_seen(host, &subject, web_gid, ours) {
        // somebody else's stays where it is
        Err(ObserveError::Refused { .. }) if leaving => HomeSeen::Missing,
        home => home?,
    };
    let quota = ask.quotas(host).map_err(|e| failed(&e))?;
    let home_kind = home_kind(host, &spec.name).map_err(|e| failed(&e))?;
    if let (Some(error), HomeKind::Missing, false) = (&quota.error, home_kind, leaving) {
        // on btrfs it must be a subvolume, and what it is made as it stays
        return Err(ObserveError::Failed(format!("the home cannot be made yet: {error}")));
    }
    let slice = render::slice(spec);
    let slice_unit = Unit::AccountSlice(spec.name.clone()).name();
    Ok(Observed {
        uid_noted,
        note: Some((hostd::uid_note(spec.uid), render::uid_note_text(id))),
        group: uid_noted && users.group(spec.name.as_str()).is_some_and(|g| g.gid == subject.uid.get()),
        user: if ours { user_seen(&users, &subject) } else { None },
        home,
        slice_loaded: match (want, own.loaded.get(&slice_unit)) {
            (Wanted::Present(_), loaded) => loaded == Some(&slice.digest()),
            (Wanted::Absent, loaded) => loaded.is_none_or(|digest| *digest == gone()),
        },
        worker_listens: ask.worker_listens(host, &spec.name).map_err(|e| failed(&e))?,
        processes: (spec.suspended || leaving) && ours && runs(host, subject.uid.get())?,
        files,
        wanted,
        subject: Some(subject),
        web_gid,
        quota,
        home_kind,
    })
}

impl Observed {
    fn nothing(files: FilesPlan) -> Self {
        Self {
            uid_noted: false,
            note: None,
            group: false,
            user: None,
            home: HomeSeen::Missing,
            files,
            wanted: Vec::new(),
            slice_loaded: false,
            worker_listens: false,
            processes: false,
            subject: None,
            web_gid: 0,
            quota: Arc::default(),
            home_kind: HomeKind::Missing,
        }
    }

    /// The digest of the wanted slice file, under the slice's name.
    pub(crate) fn loaded(&self) -> BTreeMap<String, Digest> {
        let Some(subject) = &self.subject else { return BTreeMap::new() };
        let slice = Unit::AccountSlice(subject.name.clone());
        let file = self.wanted.iter().find(|f| Some(&f.path) == slice.rendered_path().as_ref());
        file.map(|f| (slice.name(), f.digest())).into_iter().collect()
    }
}

/// Whether the user id is noted as this account's. Another account's id is refused for good.
fn noted(host: &Host, id: AccountId, spec: &AccountSpec) -> Result<bool, ObserveError> {
    let note = host.files().read_text(&hostd::uid_note(spec.uid)).map_err(|e| failed(&e))?;
    match note {
        None => Ok(false),
        Some(text) if text == render::uid_note_text(id) => Ok(true),
        Some(_) => Err(ObserveError::Refused {
            field: "uid".to_owned(),
            reason: format!(
                "{} belonged to another account and is never given again; choose a new one",
                spec.uid
            ),
        }),
    }
}

fn check_bounds(
    host: &Host,
    spec: &AccountSpec,
    users: &UserDb,
    uid_noted: bool,
) -> Result<(), ObserveError> {
    let refuse = |field: &str, reason: String| Err(ObserveError::Refused { field: field.to_owned(), reason });
    let (bounds, uid) = (host.bounds(), spec.uid.get());
    if !bounds.uids.contains(spec.uid) {
        let (first, last) = (bounds.uids.first(), bounds.uids.last());
        return refuse("uid", format!("{uid} is outside {first} to {last}, the range of agent.toml"));
    }
    let limits = &spec.limits;
    if limits.cpu_percent == 0 || limits.cpu_percent > bounds.account.cpu_percent {
        return refuse("limits.cpu_percent", format!("must be 1 to {}", bounds.account.cpu_percent));
    }
    if limits.memory_bytes < 64 << 20 || limits.memory_bytes > bounds.account.memory_mib << 20 {
        return refuse("limits.memory_bytes", format!("must be 64 MiB to {} MiB", bounds.account.memory_mib));
    }
    if limits.tasks < 8 || limits.tasks > bounds.account.tasks {
        return refuse("limits.tasks", format!("must be 8 to {}", bounds.account.tasks));
    }
    if !(1..=10_000).contains(&limits.io_weight) {
        return refuse("limits.io_weight", "must be 1 to 10000".to_owned());
    }
    let most = bounds.account.disk_mib << 20;
    if limits.disk_bytes.is_some_and(|bytes| !Limits::DISK_BYTES.contains(&bytes) || bytes > most) {
        return refuse("limits.disk_bytes", format!("must be 1 MiB to {} MiB", bounds.account.disk_mib));
    }
    let most = bounds.account.inodes;
    if limits.inodes.is_some_and(|count| !Limits::INODES.contains(&count) || count > most) {
        return refuse("limits.inodes", format!("must be 100 to {most}"));
    }
    if uid_noted {
        return Ok(());
    }
    let taken = "is already on this server and not Holdfast's";
    if users.user(spec.name.as_str()).is_some() {
        return refuse("name", format!("user {} {taken}; choose another name", spec.name));
    }
    if users.group(spec.name.as_str()).is_some() {
        return refuse("name", format!("group {} {taken}; choose another name", spec.name));
    }
    if users.user_by_uid(uid).is_some() || users.group_by_gid(uid).is_some() {
        return refuse("uid", format!("id {uid} {taken}; choose another id"));
    }
    Ok(())
}

fn user_seen(users: &UserDb, subject: &Subject) -> Option<UserSeen> {
    let user = users.user(subject.name.as_str())?;
    let password = users.password(subject.name.as_str());
    Some(UserSeen {
        as_made: user.gid == subject.uid.get() && user.home == subject.home && user.shell == hostd::NO_SHELL,
        tenant: users.in_group(subject.name.as_str(), hostd::SharedGroup::Tenants.name()),
        hash: password.and_then(|p| p.hash().map(str::to_owned)),
        password_locked: password.is_none_or(hostd::Password::locked),
        locked: password.is_some_and(hostd::Password::expired),
    })
}

fn home_seen(host: &Host, subject: &Subject, web_gid: u32, ours: bool) -> Result<HomeSeen, ObserveError> {
    match host.files().stat(&subject.home).map_err(|e| failed(&e))? {
        None => Ok(HomeSeen::Missing),
        Some(meta) if meta.kind != hostfs::FileKind::Dir => Err(ObserveError::Refused {
            field: "name".to_owned(),
            reason: format!("{} is there and is no directory; move it away", subject.home),
        }),
        Some(meta) if (meta.uid, meta.gid, meta.mode) == (subject.uid.get(), web_gid, 0o710) => {
            Ok(HomeSeen::AsMade)
        }
        // a directory that is root's or the account's may be made the home; anybody else's may not
        Some(meta) if meta.uid == subject.uid.get() || (meta.uid == 0 && ours) => Ok(HomeSeen::OtherMeta),
        Some(meta) => Err(ObserveError::Refused {
            field: "name".to_owned(),
            reason: format!(
                "{} is there already and belongs to user id {}; move it away",
                subject.home, meta.uid
            ),
        }),
    }
}

/// The inode of the top of every btrfs subvolume (`BTRFS_FIRST_FREE_OBJECTID`).
const TOP_OF_SUBVOLUME: u64 = 256;

/// What is at the place of an account's home. Says something about subvolumes on btrfs alone.
pub fn home_kind(host: &Host, account: &AccountName) -> Result<HomeKind, HostError> {
    Ok(match host.files().stat(&host.bounds().home(account))? {
        None => HomeKind::Missing,
        Some(meta) if meta.kind == hostfs::FileKind::Dir && meta.identity.1 == TOP_OF_SUBVOLUME => {
            HomeKind::Subvolume
        }
        Some(_) => HomeKind::Plain,
    })
}

/// Whether a process of the user runs, by the kernel's own list.
fn runs(host: &Host, uid: u32) -> Result<bool, ObserveError> {
    hostd::processes_of(host, uid).map(|pids| !pids.is_empty()).map_err(|e| failed(&e))
}
