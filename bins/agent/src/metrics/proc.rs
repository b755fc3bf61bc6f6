//! The kernel's own files below `/proc`, parsed. Nothing here fails: what does not read as it should counts as nothing.

/// Bytes of a sector in `/proc/diskstats`, whatever the device's own are.
const SECTOR: u64 = 512;

/// Hundredths of a second of all processors, worked and in all: the first line of `/proc/stat`.
///
/// Time that the processor waited for a disk is not worked. Guests' time is in `user` and `nice` already.
pub(crate) fn cpu(stat: &str) -> (u64, u64) {
    let Some(line) = stat.lines().find_map(|line| line.strip_prefix("cpu ")) else { return (0, 0) };
    let mut times = [0_u64; 8];
    for (time, word) in times.iter_mut().zip(line.split_ascii_whitespace()) {
        *time = word.parse().unwrap_or(0);
    }
    let [user, nice, system, idle, waits, irq, softirq, steal] = times;
    let busy = [user, nice, system, irq, softirq, steal].into_iter().fold(0, u64::saturating_add);
    (busy, busy.saturating_add(idle).saturating_add(waits))
}

/// Seconds since 1970 at which the server started: `btime` of `/proc/stat`.
pub(crate) fn booted(stat: &str) -> i64 {
    stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok()).unwrap_or(0)
}

/// Interfaces that show once more what goes through another: bridges, VLANs, tunnels, containers' ends.
fn repeats(name: &str) -> bool {
    const KINDS: [&str; 14] = [
        "veth", "docker", "br", "virbr", "vnet", "tap", "tun", "wg", "bond", "team", "dummy", "ifb", "vlan",
        "cni",
    ];
    name.contains(['.', ':', '@']) || KINDS.iter().any(|kind| name.starts_with(kind))
}

/// Bytes in and out of `/proc/1/net/dev`: of the interfaces that lead outside, or of all but loopback where none seems to.
pub(crate) fn network(dev: &str) -> (u64, u64) {
    let (mut outside, mut all) = (None, (0_u64, 0_u64));
    for line in dev.lines() {
        let Some((name, counts)) = line.split_once(':') else { continue };
        let mut counts = counts.split_ascii_whitespace();
        let (Some(Ok(received)), Some(Ok(sent))) =
            (counts.next().map(str::parse::<u64>), counts.nth(7).map(str::parse::<u64>))
        else {
            continue;
        };
        let name = name.trim();
        if name == "lo" {
            continue;
        }
        let add = |(i, o): (u64, u64)| (i.saturating_add(received), o.saturating_add(sent));
        all = add(all);
        if !repeats(name) {
            outside = Some(add(outside.unwrap_or_default()));
        }
    }
    outside.unwrap_or(all)
}

/// Bytes read and written by whole disks in `/proc/diskstats`. What lies on other devices there (partitions, RAID, LVM, loops)
/// would be counted twice.
pub(crate) fn disks(diskstats: &str) -> (u64, u64) {
    const KINDS: [&str; 9] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "drbd"];
    let mut found: Vec<(&str, u64, u64)> = Vec::new();
    for line in diskstats.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().take(10).collect();
        let [_, _, name, _, _, read, _, _, _, written] = words[..] else { continue };
        let (Ok(read), Ok(written)) = (read.parse(), written.parse()) else { continue };
        if !KINDS.iter().any(|kind| name.starts_with(kind)) {
            found.push((name, read, written));
        }
    }
    let is_part = |name: &str| found.iter().any(|(of, ..)| is_part_of(name, of));
    let whole = found.iter().filter(|(name, ..)| !is_part(name));
    let sum = whole.fold((0_u64, 0_u64), |(r, w), (_, read, written)| {
        (r.saturating_add(*read), w.saturating_add(*written))
    });
    (sum.0.saturating_mul(SECTOR), sum.1.saturating_mul(SECTOR))
}

/// `sda1` is a partition of `sda`, `nvme0n1p2` of `nvme0n1`; `sdaa` is none of `sda`.
fn is_part_of(name: &str, device: &str) -> bool {
    let Some(rest) = name.strip_prefix(device) else { return false };
    let digits =
        if device.ends_with(|c: char| c.is_ascii_digit()) { rest.strip_prefix('p') } else { Some(rest) };
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// What `/proc/<pid>/stat` says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The program's name, without control characters: a tenant chooses it freely.
    pub(crate) command: String,
    /// Processor time, in hundredths of a second.
    pub(crate) ticks: u64,
    /// When it started, in hundredths of a second since boot.
    pub(crate) started: u64,
    /// Resident memory, in pages.
    pub(crate) pages: u64,
}

/// The longest name of a program that is told: a thread of the kernel's may have one of 63 bytes.
const LONGEST_COMMAND: usize = 64;

/// Reads `/proc/<pid>/stat`. The name stands in parentheses and may itself hold some, and blanks, line ends and what is no text.
pub(crate) fn stat(bytes: &[u8]) -> Option<Stat> {
    let text = String::from_utf8_lossy(bytes);
    let (_, rest) = text.split_once('(')?;
    let (command, rest) = rest.rsplit_once(')')?;
    // the state is field 3
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat {
        command: plain(command, LONGEST_COMMAND),
        ticks: number(14)?.saturating_add(number(15)?),
        started: number(22)?,
        // it may be below nothing for a moment
        pages: number(24).unwrap_or(0),
    })
}

/// The effective user id in `/proc/<pid>/status`.
pub(crate) fn uid(status: &str) -> Option<u32> {
    // `Name:` comes first, and the kernel escapes line ends in it
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The longest name of a unit, as systemd has it.
const LONGEST_UNIT: usize = 255;

/// The unit that a process belongs to: the last part of its control group that is a service or a scope.
pub(crate) fn unit(cgroup: &str) -> Option<String> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
    let is_unit = |part: &&str| matches!(part.rsplit_once('.'), Some((_, "service" | "scope")));
    // the name is told whole or not at all
    path.split('/')
        .rfind(is_unit)
        .filter(|name| name.len() <= LONGEST_UNIT)
        .map(|name| plain(name, LONGEST_UNIT))
}

fn plain(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).take(most).collect()
}

#[cfg(test)]
mod tests;
