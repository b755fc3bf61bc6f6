//! Logs of sites for tests: real files, whose descriptors cross the socket as the agent's do.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use names::SiteId;
use web_spec::{LogKind, OpenSiteLogs, SiteLogFile, SiteLogFiles};
use wire::{Call, Router};

/// The files, in a directory of their own.
#[derive(Clone)]
pub(crate) struct SiteLogs {
    place: Arc<tempfile::TempDir>,
    /// How often somebody asked for what is fresh.
    pub(crate) freshened: Arc<AtomicU64>,
}

impl SiteLogs {
    pub(crate) fn new() -> Self {
        Self { place: Arc::new(tempfile::tempdir().unwrap()), freshened: Arc::default() }
    }

    fn path(&self, site: SiteId, log: LogKind, number: u8) -> PathBuf {
        let name = if number == 0 { log.file().to_owned() } else { format!("{}.{number}", log.file()) };
        self.place.path().join(site.to_string()).join(name)
    }

    /// Writes to the end of a site's log.
    pub(crate) fn write(&self, site: SiteId, log: LogKind, text: &[u8]) {
        let path = self.path(site, log, 0);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text).unwrap();
    }

    /// Rotates it as the agent does.
    pub(crate) fn rotate(&self, site: SiteId, log: LogKind) {
        let _ = std::fs::remove_file(self.path(site, log, OpenSiteLogs::LAST));
        for number in (0..OpenSiteLogs::LAST).rev() {
            let _ = std::fs::rename(self.path(site, log, number), self.path(site, log, number + 1));
        }
    }

    /// Answers as the agent does.
    pub(crate) fn answered(&self, router: Router) -> Router {
        let me = self.clone();
        router.blocking(move |call: Call, ask: OpenSiteLogs| {
            me.freshened.fetch_add(u64::from(ask.fresh), Ordering::SeqCst);
            let mut answer = SiteLogFiles::default();
            for number in ask.first..=OpenSiteLogs::LAST {
                if answer.files.len() == OpenSiteLogs::PAGE {
                    answer.next = Some(number);
                    break;
                }
                let Ok(file) = File::open(me.path(ask.site, ask.log, number)) else { continue };
                let size = file.metadata().unwrap().len();
                answer.files.push(SiteLogFile { number, size, modified_at: 1_767_225_600_000_000 });
                call.attach(file.into())?;
            }
            Ok(answer)
        })
    }
}
