//! What dpkg knows: installed packages, and its configuration files' content as it was delivered.

use std::collections::BTreeMap;

use crate::error::HostError;
use crate::files::Files;

const STATUS: &str = "/var/lib/dpkg/status";

/// dpkg's status, as far as set-up needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dpkg {
    /// Per package, whether it is installed and configured.
    installed: BTreeMap<String, bool>,
    /// Per configuration file, MD5 of the content that its package delivered, in hexadecimal.
    conffiles: BTreeMap<String, String>,
}

impl Dpkg {
    /// Reads the status of this host.
    pub fn read(files: &Files) -> Result<Self, HostError> {
        let bytes = files.read(STATUS)?.unwrap_or_default();
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Parses the status file (deb822; dpkg(1)). Lines that are not of the form are left out.
    pub fn parse(text: &str) -> Self {
        let mut dpkg = Self::default();
        let (mut package, mut field) = ("", "");
        for line in text.lines() {
            if line.is_empty() {
                (package, field) = ("", "");
            } else if let Some(more) = line.strip_prefix(' ') {
                // " /etc/file md5", perhaps with "obsolete" or "remove-on-upgrade" behind it
                let mut words = more.split(' ');
                if let (true, Some(path), Some(md5)) = (field == "Conffiles", words.next(), words.next()) {
                    dpkg.conffiles.insert(path.to_owned(), md5.to_owned());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                field = name;
                match (name, value.trim()) {
                    ("Package", name) => package = name,
                    ("Status", status) => {
                        dpkg.installed.insert(package.to_owned(), status.ends_with(" ok installed"));
                    }
                    _ => {}
                }
            }
        }
        dpkg
    }

    /// Those of `packages` that are not installed, or not configured.
    pub fn missing(&self, packages: &[String]) -> Vec<String> {
        packages.iter().filter(|p| self.installed.get(p.as_str()) != Some(&true)).cloned().collect()
    }

    /// MD5 of the content with which a package delivered a configuration file, in hexadecimal; none where none did.
    pub fn delivered(&self, path: &str) -> Option<&str> {
        self.conffiles.get(path).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
