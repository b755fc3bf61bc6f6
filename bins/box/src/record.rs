//! What is written down about the box, so that it is started again as it was made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use testhost::{Distro, ImageKind, Network, Options, Root};

use crate::ports;

/// The box's name, by which its server is found.
pub(crate) const NAME: &str = "holdfast-box";
/// Where all of it lies.
pub(crate) const TOP: &str = "/var/lib/holdfast-box";

/// How the box was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `debian12` or `debian13`.
    pub(crate) distro: String,
    /// It has this machine's network, and not one of its own.
    pub(crate) host_network: bool,
    /// Where its SSH server listens.
    pub(crate) ssh_port: u16,
}

impl Record {
    /// A new box: this machine's network if the ports are free there.
    pub(crate) fn new(distro: Distro) -> Self {
        let host_network = ports::PORTS.into_iter().all(ports::is_free);
        // this machine's own SSH server keeps its port
        let ssh_port = if host_network && !ports::is_free(ports::SSH) { 2222 } else { ports::SSH };
        Self { distro: distro.name().to_owned(), host_network, ssh_port }
    }

    /// The record of the box that is here; none where there is none.
    pub(crate) fn read(top: &Path) -> Result<Option<Self>> {
        let path = top.join("box.json");
        match fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).with_context(|| format!("read {}", path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// Writes it down.
    pub(crate) fn write(&self, top: &Path) -> Result<()> {
        fs::create_dir_all(top).with_context(|| format!("make {}", top.display()))?;
        let path = top.join("box.json");
        let temporary = top.join("box.json.new");
        fs::write(&temporary, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("write {}", path.display()))?;
        fs::rename(&temporary, &path).with_context(|| format!("write {}", path.display()))
    }

    /// The server that it describes.
    pub(crate) fn options(&self, top: &Path) -> Result<Options> {
        let mut options = Options::fresh(self.distro.parse::<Distro>()?).name(NAME);
        options.image = ImageKind::Fresh;
        options.root = Root::Directory(root(top));
        options.persistent = true;
        options.network = if self.host_network { Network::Host } else { Network::Private };
        if self.ssh_port != ports::SSH {
            let text = format!(
                "# The machine around the box has an SSH server of its own.\nPort {}\n",
                self.ssh_port
            );
            options.files.push(("/etc/ssh/sshd_config.d/10-box.conf".to_owned(), text.into_bytes(), 0o644));
        }
        Ok(options)
    }
}

/// The box's tree.
pub(crate) fn root(top: &Path) -> PathBuf {
    top.join("root")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let top = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(top.path()).unwrap(), None);
        let record = Record { distro: "debian12".to_owned(), host_network: true, ssh_port: 2222 };
        record.write(top.path()).unwrap();
        assert_eq!(Record::read(top.path()).unwrap(), Some(record));
    }

    #[test]
    fn another_ssh_port_reaches_the_server() {
        let top = tempfile::tempdir().unwrap();
        let record = Record { distro: "debian13".to_owned(), host_network: true, ssh_port: 2222 };
        let options = record.options(top.path()).unwrap();
        assert_eq!(options.network, Network::Host);
        assert!(String::from_utf8_lossy(&options.files[0].1).ends_with("Port 2222\n"));
        let record = Record { host_network: false, ssh_port: 22, ..record };
        assert!(record.options(top.path()).unwrap().files.is_empty());
    }
}
