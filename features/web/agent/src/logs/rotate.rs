//! Rotating: nginx's logs when they were passed on, the sites' when they are large or a day old.

use hostd::{Host, Signal, Unit};
use hostfs::FileKind;
use names::{Micros, SiteId};

use super::{LogError, Old, Source, State, nobodys, old_path, path_of};
use crate::layout::{LOG_TRASH, LOGS, site_logs};

/// nginx's logs are renamed at this size, in bytes, ...
const LARGE: u64 = 64 * 1024 * 1024;
/// ... or at this age.
const DAY: i64 = 24 * 3600 * 1_000_000;
/// How long a renamed log of nginx waits for workers that still write to it, in microseconds.
pub(super) const LATECOMERS: i64 = 60 * 1_000_000;
/// A site's log is rotated at this size, in bytes, also before the day is over: with those that are kept, and the batch by
/// which it may be larger, a site's logs take some 140 MiB at most.
const SITE_LARGE: u64 = 8 * 1024 * 1024;
/// How many older logs a site keeps of each sort.
const KEEP: u32 = 7;
/// How long the logs of a removed site stay in the trash, in days.
const TRASH_DAYS: u64 = 14;

/// Notices which file is being read: a new one, or one that somebody cut off.
pub(super) fn follow(host: &Host, state: &mut State, source: Source) -> Result<(), LogError> {
    let now = host.now().as_micros();
    let path = path_of(source);
    let there = host.files().stat(&path)?;
    let progress = state.progress(source);
    if let Some(old) = progress.old {
        // a crash in the middle of a rotation
        if there.is_some_and(|meta| meta.identity == old.file) {
            host.files().rename(&path, &old_path(source))?;
        }
        if host.files().stat(&path)?.is_none() {
            reopen(host)?;
        }
        if host.files().stat(&old_path(source))?.is_none_or(|meta| meta.identity != old.file) {
            tracing::warn!(path, "the rotated log went away before it was read to its end");
            progress.old = None;
            state.save(host)?;
        }
    }
    let Some(meta) = host.files().stat(&path)? else { return Ok(()) };
    let progress = state.progress(source);
    if progress.file != Some(meta.identity) {
        if progress.file.is_some() {
            tracing::warn!(path, "another file is in the place of the log; it is read from its beginning");
        }
        (progress.file, progress.offset) = (Some(meta.identity), 0);
        if progress.rotated == 0 {
            progress.rotated = now;
        }
        state.save(host)?;
    } else if meta.size < progress.offset {
        tracing::warn!(path, "the log was cut off; it is read from its beginning");
        progress.offset = 0;
        state.save(host)?;
    }
    Ok(())
}

/// Renames a log of nginx that was passed on and is large or old, and ends the wait for latecomers of the one before.
pub(super) fn rotate(host: &Host, state: &mut State, source: Source) -> Result<(), LogError> {
    let now = host.now().as_micros();
    let (path, old_path) = (path_of(source), old_path(source));
    if let Some(old) = state.progress(source).old {
        let read = host.files().stat(&old_path)?.is_none_or(|meta| meta.size <= old.offset);
        let reopened = host.files().stat(&path)?.is_some();
        if read && reopened && now - old.since > LATECOMERS {
            state.progress(source).old = None;
            state.save(host)?;
            host.files().remove(&old_path)?;
        }
        return Ok(());
    }
    let progress = state.progress(source);
    let (Some(file), Some(meta)) = (progress.file, host.files().stat(&path)?) else { return Ok(()) };
    let due = meta.size >= LARGE || (meta.size > 0 && now - progress.rotated >= DAY);
    if !due || meta.identity != file || meta.size > progress.offset {
        return Ok(());
    }
    // a leftover of a rotation that was read to its end
    host.files().remove(&old_path)?;
    progress.old = Some(Old { file, offset: progress.offset, since: now });
    (progress.file, progress.offset, progress.rotated) = (None, 0, now);
    state.save(host)?;
    host.files().rename(&path, &old_path)?;
    reopen(host)
}

/// Has nginx open its logs again. One that does not run opens them when it starts.
fn reopen(host: &Host) -> Result<(), LogError> {
    if host.systemd().state(&Unit::Nginx)?.active.is_up() {
        host.systemd().kill_main(&Unit::Nginx, Signal::Usr1)?;
    }
    Ok(())
}

/// Once a day: the sites' logs, the logs of nobody, and the trash.
pub(super) fn daily(host: &Host, state: &mut State) -> Result<(), LogError> {
    let today = host.now().as_micros() / DAY;
    if state.day == today {
        return Ok(());
    }
    let first = state.day == 0;
    if !first {
        for (name, kind) in host.files().list(LOGS)? {
            let Some(id) = SiteId::parse(&name).ok().filter(|_| kind == FileKind::Dir) else { continue };
            for source in Source::ALL {
                shift(host, &format!("{}/{}", site_logs(id), source.file()))?;
            }
        }
        for source in Source::ALL {
            shift(host, &nobodys(source))?;
        }
        empty_trash(host)?;
    }
    super::traffic::daily(host)?;
    state.day = today;
    state.save(host)
}

/// Rotates a log that grew too large.
pub(super) fn if_large(host: &Host, path: &str) -> Result<(), LogError> {
    if host.files().stat(path)?.is_some_and(|meta| meta.size >= SITE_LARGE) {
        shift(host, path)?;
    }
    Ok(())
}

/// `access.log` becomes `access.log.1`, that becomes `access.log.2`, and the oldest goes. An empty one stays. A crash in
/// the middle leaves a gap in the numbers, nothing more.
fn shift(host: &Host, path: &str) -> Result<(), LogError> {
    if host.files().stat(path)?.is_none_or(|meta| meta.size == 0) {
        return Ok(());
    }
    let numbered = |n: u32| format!("{path}.{n}");
    if host.files().stat(&numbered(KEEP))?.is_some() {
        host.files().remove(&numbered(KEEP))?;
    }
    for n in (1..KEEP).rev() {
        if host.files().stat(&numbered(n))?.is_some() {
            host.files().rename(&numbered(n), &numbered(n + 1))?;
        }
    }
    host.files().rename(path, &numbered(1))?;
    Ok(())
}

fn empty_trash(host: &Host) -> Result<(), LogError> {
    let limit: Micros = host.now().minus(std::time::Duration::from_secs(TRASH_DAYS * 24 * 3600));
    let limit: String = limit.to_string().chars().take(19).filter(|c| *c != ':').collect();
    for (name, _) in host.files().list(LOG_TRASH)? {
        // names begin with the time at which they came, so that they sort by it
        if name.as_bytes() < limit.as_bytes() {
            host.files().remove_tree(&format!("{LOG_TRASH}/{name}"))?;
        }
    }
    Ok(())
}
