//! The procedures of the agent that concern every kind alike.

use names::{Digest, Generation};
use serde::{Deserialize, Deserializer, Serialize};
use wire::{Access, Method};

use crate::apply::{Cause, Report};
use crate::condition::Status;

mod host;

pub use host::{
    HostProcess, HostService, ListProcesses, ListServices, ProcessList, ProcessSort, ServiceList,
};
mod role;

pub use role::{GetRole, LogFrom, LogLine, Mark, RoleState, StartRole, StopRole};
mod changes;

pub use changes::{By, ChangePage, GetChange, HostChange, ListChanges, MAX_CHANGES, SHOWN_STEPS};

/// An object on the host, by kind and key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The kind, as [`crate::Spec::KIND`].
    pub kind: String,
    /// The key, as text.
    pub scope: String,
}

/// How one object of the ledger stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectStatus {
    /// Which object.
    #[serde(flatten)]
    pub object: Object,
    /// The accepted generation.
    pub generation: Generation,
    /// The digest of the accepted wish.
    pub digest: Digest,
    /// The generation last observed to be so.
    pub observed_generation: Option<Generation>,
    /// The wish is that it be gone.
    pub absent: bool,
    /// How it stands.
    pub status: Status,
    /// Since when, in microseconds since 1970 (UTC).
    pub since: i64,
}

/// All objects of the ledger. Streams pages as progress (`{"objects": [..]}`); the reply is the last page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListObjects {
    /// Only this kind.
    #[serde(default)]
    pub kind: Option<String>,
}

/// One page of [`ListObjects`] or one batch of [`WatchObjects`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ObjectPage {
    /// At most 500 objects.
    pub objects: Vec<ObjectStatus>,
}

impl Method for ListObjects {
    const NAME: &'static str = "holdfast.agent1.ListObjects";
    const ACCESS: Access = Access::Read;
    type Reply = ObjectPage;
}

/// What is wished of some objects, as the ledger holds it. For comparing both sides after an older database was put back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListWishes {
    /// Which; at most [`MAX_WISHES`]. Those that the ledger does not hold are left out of the answer.
    pub objects: Vec<Object>,
}

/// The most objects of one [`ListWishes`], so that the answer fits into a frame.
pub const MAX_WISHES: usize = 20;

/// What is wished of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldWish {
    /// Which object.
    #[serde(flatten)]
    pub object: Object,
    /// The accepted generation.
    pub generation: Generation,
    /// The digest of the accepted wish.
    pub digest: Digest,
    /// The specification; none where the wish is that the object be gone.
    pub spec: Option<serde_json::Value>,
    /// Since when it stands as it does, in microseconds since 1970 (UTC).
    pub since: i64,
}

/// The reply of [`ListWishes`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WishList {
    /// In the order in which they were asked for.
    pub wishes: Vec<HeldWish>,
}

impl Method for ListWishes {
    const NAME: &'static str = "holdfast.agent1.ListWishes";
    const ACCESS: Access = Access::Read;
    type Reply = WishList;
}

/// Streams each object whose status changed, from now on, until the caller hangs up. The first page is empty, and says that the agent
/// listens: what changed before it is found with [`ListObjects`], what changes after it comes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchObjects {}

impl Method for WatchObjects {
    const NAME: &'static str = "holdfast.agent1.WatchObjects";
    const ACCESS: Access = Access::Read;
    const DEADLINE: std::time::Duration = std::time::Duration::from_hours(24);
    type Reply = ObjectPage;
}

/// What passes over the whole ledger would do now. Streams each report with a plan that is not empty as progress; the
/// reply counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewAll {}

/// The counts of [`PreviewAll`] and [`RunSweep`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCounts {
    /// Objects that were looked at.
    pub objects: u64,
    /// Objects whose plan was not empty.
    pub differing: u64,
    /// Objects that are not ready after it.
    pub not_ready: u64,
    /// Processor time taken, in microseconds.
    pub cpu_micros: u64,
    /// Files written.
    pub writes: u64,
    /// Units reloaded, restarted, started or stopped.
    pub unit_changes: u64,
}

impl Method for PreviewAll {
    const NAME: &'static str = "holdfast.agent1.PreviewAll";
    const ACCESS: Access = Access::Read;
    const DEADLINE: std::time::Duration = std::time::Duration::from_mins(5);
    type Reply = SweepCounts;
}

/// A pass over every object, now; what the ten-minute timer does. Streams reports of objects that differed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSweep {}

impl Method for RunSweep {
    const NAME: &'static str = "holdfast.agent1.RunSweep";
    const ACCESS: Access = Access::Run;
    const DEADLINE: std::time::Duration = std::time::Duration::from_mins(10);
    type Reply = SweepCounts;
}

/// One step of progress of [`PreviewAll`] and [`RunSweep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SweepProgress {
    /// An object that differed.
    pub report: Report,
}

/// Hand edits that wait for a decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListDrift {}

/// One file of ours that somebody edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Whose file it is.
    #[serde(flatten)]
    pub object: Object,
    /// Absolute path.
    pub path: String,
    /// When the file was changed, in microseconds since 1970 (UTC).
    pub mtime: i64,
    /// When it was noticed, in microseconds since 1970 (UTC).
    pub noticed: i64,
    /// SHA-256 of the foreign content; decisions name it, so that a later edit is not swept away by an earlier decision.
    pub foreign: Digest,
    /// Unified diff from our content to the foreign one; none where the content may not be shown.
    pub diff: Option<String>,
    /// Unified diff from our content to what a newer, waiting generation wants; none where no such thing waits.
    pub waiting: Option<String>,
    /// What can be decided.
    pub actions: Vec<DriftAction>,
}

/// The reply of [`ListDrift`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DriftList {
    /// Every edited file, by path.
    pub drift: Vec<Drift>,
}

impl Method for ListDrift {
    const NAME: &'static str = "holdfast.agent1.ListDrift";
    const ACCESS: Access = Access::Read;
    type Reply = DriftList;
}

/// A decision about a hand edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftAction {
    /// Put our content back; the foreign copy is kept under `/var/lib/holdfast-agent/drift`.
    Revert,
    /// Leave the object alone until a time.
    Pause,
    /// End a pause.
    Resume,
}

/// Carries out a decision about a hand edit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunDriftAction {
    /// Whose file it is.
    pub object: Object,
    /// The decision.
    pub action: DriftAction,
    /// `Revert`: the foreign content that was looked at; another is refused. None means what is noted of each file.
    #[serde(default)]
    pub foreign: Option<Digest>,
    /// `Revert`: which file; none means all of the object.
    #[serde(default)]
    pub path: Option<String>,
    /// `Pause`: until when, in microseconds since 1970 (UTC), at most 30 days ahead.
    #[serde(default)]
    pub until: Option<i64>,
    /// `Pause`: why; shown to whoever looks at the object. Cut off at [`crate::MAX_NOTE`].
    #[serde(default, deserialize_with = "some_note")]
    pub reason: Option<String>,
    /// Who decided.
    #[serde(default)]
    pub cause: Cause,
}

fn some_note<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Note(#[serde(deserialize_with = "crate::apply::note")] String);
    Ok(Option::<Note>::deserialize(from)?.map(|Note(text)| text))
}

impl Method for RunDriftAction {
    const NAME: &'static str = "holdfast.agent1.RunDriftAction";
    const ACCESS: Access = Access::Run;
    type Reply = Report;
}

/// Facts about the server that the panel may not read itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetHostMetrics {}

/// The reply of [`GetHostMetrics`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostMetrics {
    /// The host's name.
    pub hostname: String,
    /// `PRETTY_NAME` of `/etc/os-release`.
    pub os: String,
    /// The kernel's release.
    pub kernel: String,
    /// Seconds since boot.
    pub uptime_seconds: u64,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Processors.
    pub cpus: u32,
    /// Memory in bytes.
    pub memory_total: u64,
    /// Memory that programs could still have, in bytes.
    pub memory_available: u64,
    /// Size of the file system with the homes, in bytes.
    pub disk_total: u64,
    /// What is free there, in bytes.
    pub disk_available: u64,
    /// Addresses of the server, IPv4 and IPv6.
    pub addresses: Vec<std::net::IpAddr>,
    /// PHP versions that are installed.
    pub php_versions: Vec<names::PhpVersion>,
    /// The agent's version.
    pub agent_version: String,
    /// What the kernel counted, and what is there now; none of an older agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<HostFigures>,
}

/// What the kernel counts up from boot on, where a lower number than before says that the server, or the device, began anew; and swap
/// space and processes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostFigures {
    /// Time of all processors that was worked, in hundredths of a second.
    pub cpu_busy: u64,
    /// Time of all processors, in hundredths of a second.
    pub cpu_total: u64,
    /// Bytes that came over the network.
    pub network_in: u64,
    /// Bytes that went over the network.
    pub network_out: u64,
    /// Bytes read from disks.
    pub disk_read: u64,
    /// Bytes written to disks.
    pub disk_write: u64,
    /// Swap space in bytes.
    pub swap_total: u64,
    /// What is free of it, in bytes.
    pub swap_free: u64,
    /// Processes.
    pub processes: u64,
}

impl Method for GetHostMetrics {
    const NAME: &'static str = "holdfast.agent1.GetHostMetrics";
    const ACCESS: Access = Access::Read;
    type Reply = HostMetrics;
}

/// Looks at every process, unit, socket and permission that Holdfast relies on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunDoctor {}

/// How serious a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Works, but look at it.
    Warning,
    /// Does not work, or is unsafe.
    Error,
}

/// One thing that the doctor looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code, for example `unit.active`.
    pub code: String,
    /// What was looked at.
    pub subject: String,
    /// The verdict.
    pub severity: Severity,
    /// What was seen.
    pub message: String,
    /// What to do; none where nothing is wrong.
    pub remedy: Option<String>,
}

/// The reply of [`RunDoctor`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Everything that was looked at, the good as well.
    pub findings: Vec<Finding>,
}

impl Method for RunDoctor {
    const NAME: &'static str = "holdfast.agent1.RunDoctor";
    const ACCESS: Access = Access::Run;
    const DEADLINE: std::time::Duration = std::time::Duration::from_mins(1);
    type Reply = Diagnosis;
}

/// Notes the head of the panel's audit chain in the agent's own log, which the panel cannot change. A head before the last
/// one, or another of the same number, is refused with `holdfast.agent1.AuditRewound`, and that is noted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordAuditHead {
    /// The number of the chain's last entry.
    pub seq: u64,
    /// That entry's hash.
    pub hash: Digest,
}

impl Method for RecordAuditHead {
    const NAME: &'static str = "holdfast.agent1.RecordAuditHead";
    const ACCESS: Access = Access::Write;
    type Reply = AuditHeads;
}

/// The heads that were noted last.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAuditHeads {}

/// The reply of [`ListAuditHeads`] and [`RecordAuditHead`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHeads {
    /// The last heads, oldest first; at most 100.
    pub heads: Vec<AuditHead>,
}

/// One noted head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// When it was noted, in microseconds since 1970 (UTC).
    pub at: i64,
    /// The number of the entry.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// Root put an older panel back then: entries from this number on that were noted before are not in its audit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
}

impl AuditHeads {
    /// Those that the panel's audit of now must hold: what was noted after a backup was taken is not in one that was put back.
    pub fn standing(&self) -> Vec<&AuditHead> {
        let mut standing: Vec<&AuditHead> = Vec::new();
        for head in &self.heads {
            if head.restored {
                standing.retain(|before| before.seq < head.seq);
            }
            standing.push(head);
        }
        standing
    }

    /// The last time that an older panel was put back, with the number of the last entry that was known then and is not in it.
    pub fn restored(&self) -> Option<(&AuditHead, Option<u64>)> {
        let at = self.heads.iter().rposition(|head| head.restored)?;
        let lost = self.heads[..at].iter().map(|head| head.seq).max();
        Some((&self.heads[at], lost.filter(|lost| *lost >= self.heads[at].seq)))
    }
}

impl Method for ListAuditHeads {
    const NAME: &'static str = "holdfast.agent1.ListAuditHeads";
    const ACCESS: Access = Access::Read;
    type Reply = AuditHeads;
}

#[cfg(test)]
mod tests;
