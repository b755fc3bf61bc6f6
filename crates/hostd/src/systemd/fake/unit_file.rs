//! As much of a unit file as the fake has to understand.

use crate::systemd::Limits;

/// `1G`, `64M`, `infinity`, `2048`: sizes as unit files write them.
fn size(text: &str) -> Option<u64> {
    let (number, unit) = match text.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(number) => (number, text.as_bytes().last().copied()),
        None => (text, None),
    };
    let shift = match unit {
        Some(b'K') => 10,
        Some(b'M') => 20,
        Some(b'G') => 30,
        Some(b'T') => 40,
        _ => 0,
    };
    number.parse::<u64>().ok().map(|n| n << shift)
}

/// The limits that a unit file sets.
pub(super) fn limits(slice: String, text: &str) -> Limits {
    let value = |key: &str| {
        text.lines().filter_map(|l| l.split_once('=')).filter(|(k, _)| *k == key).map(|(_, v)| v).next_back()
    };
    let percent = |text: &str| text.strip_suffix('%').and_then(|n| n.parse::<u64>().ok()).map(|n| n * 10_000);
    Limits {
        slice,
        memory_max: value("MemoryMax").and_then(size),
        memory_high: value("MemoryHigh").and_then(size),
        cpu_quota_per_sec_usec: value("CPUQuota").and_then(percent),
        tasks_max: value("TasksMax").and_then(size),
        io_weight: value("IOWeight").and_then(size),
    }
}
