//! What writes that a crash interrupted left in our directories. Removed at the start, before anything is written.

use hostd::{Host, HostError, UNIT_DIR};
use hostfs::FileKind;

/// Directories of ours, with all below them.
const TREES: [&str; 3] = ["/var/lib/holdfast-agent", web_agent::layout::TREE, cert_agent::TLS];

/// Directories that we write files to, among those of others.
const DIRS: [&str; 4] = ["/etc/holdfast/php", "/etc/nginx/conf.d", "/etc/ssh/holdfast-keys", UNIT_DIR];

/// Removes them; answers how many there were. A directory that cannot be read is left alone.
pub(crate) fn sweep(host: &Host) -> usize {
    let told = |path: &str, swept: Result<usize, HostError>| {
        swept.unwrap_or_else(|error| {
            tracing::warn!(path, error = error.chain(), "leftovers could not be looked for");
            0
        })
    };
    let dirs = DIRS.iter().map(|dir| told(dir, host.files().sweep_temps(dir)));
    let trees = TREES.iter().map(|tree| told(tree, below(host, tree)));
    dirs.chain(trees).sum()
}

fn below(host: &Host, path: &str) -> Result<usize, HostError> {
    let mut swept = host.files().sweep_temps(path)?;
    for (name, kind) in host.files().list(path)? {
        if kind == FileKind::Dir {
            swept += below(host, &format!("{path}/{name}"))?;
        }
    }
    Ok(swept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_go_and_nothing_else() {
        let host = Host::for_test().unwrap();
        let write = |path: &str| host.files().write(path, b"x", 0o600, (0, 0)).unwrap();
        let ours = "/var/lib/holdfast-agent/ledger/account.json";
        write(ours);
        host.files().ensure_dir(cert_agent::TLS, 0o750, (0, 33)).unwrap();
        for dir in ["/var/lib/holdfast-agent/ledger", "/etc/nginx/holdfast/maps", UNIT_DIR, cert_agent::TLS] {
            write(&format!("{dir}/{}0123456789abcdef", hostfs::TEMP_PREFIX));
        }
        assert_eq!(sweep(&host), 4);
        assert_eq!(sweep(&host), 0);
        assert!(host.files().stat(ours).unwrap().is_some());
    }
}
