//! Debian packages as files: looked into, unpacked, made again from what is installed, installed.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use hostd::HostError;

use crate::error::SetupError;

/// The package that this program is of.
pub(crate) const NAME: &str = "holdfast";
const INFO: &str = "/var/lib/dpkg/info";
/// What dpkg keeps of a package beside its control file and its list of files.
const PARTS: [&str; 6] = ["conffiles", "md5sums", "postinst", "postrm", "preinst", "prerm"];

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// What it runs on.
    pub(crate) architecture: String,
}

fn run(program: &'static str, args: &[&std::ffi::OsStr]) -> Result<String, SetupError> {
    let doing = || {
        let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        format!("{program} {}", words.join(" "))
    };
    #[expect(clippy::disallowed_methods, reason = "dpkg, with typed arguments")]
    let mut command = Command::new(program);
    let output = command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/root")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("NEEDRESTART_SUSPEND", "1")
        .current_dir("/")
        // a key that ends this program does not end dpkg half-way
        .process_group(0)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| SetupError::host(doing())(HostError::ToolIo { program, source }))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let last: Vec<&str> = said.lines().rev().take(4).collect();
        let stderr = last.into_iter().rev().collect::<Vec<_>>().join("; ");
        let code = output.status.code();
        return Err(SetupError::host(doing())(HostError::ToolFailed { program, code, stderr }));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a package file says of itself.
pub(crate) fn of(deb: &Path) -> Result<Package, SetupError> {
    let field = |name: &str| -> Result<String, SetupError> {
        let said = run("/usr/bin/dpkg-deb", &["--field".as_ref(), deb.as_ref(), name.as_ref()])?;
        Ok(said.trim().to_owned())
    };
    Ok(Package { name: field("Package")?, version: field("Version")?, architecture: field("Architecture")? })
}

/// What this server runs.
pub(crate) fn architecture() -> Result<String, SetupError> {
    Ok(run("/usr/bin/dpkg", &["--print-architecture".as_ref()])?.trim().to_owned())
}

/// The version that is installed.
pub(crate) fn installed() -> Result<String, SetupError> {
    run("/usr/bin/dpkg-query", &["--show".as_ref(), "--showformat=${Version}".as_ref(), NAME.as_ref()])
}

/// Unpacks a package's files, and runs nothing of it.
pub(crate) fn unpack(deb: &Path, into: &Path) -> Result<(), SetupError> {
    run("/usr/bin/dpkg-deb", &["--extract".as_ref(), deb.as_ref(), into.as_ref()]).map(drop)
}

/// Installs a package. Configuration files that were changed here stay.
pub(crate) fn install(deb: &Path) -> Result<(), SetupError> {
    let words = ["--force-confdef", "--force-confold", "--install"].map(std::ffi::OsStr::new);
    let args: Vec<_> = words.into_iter().chain([deb.as_ref()]).collect();
    run("/usr/bin/dpkg", &args).map(drop)
}

/// Makes a package of what is installed, below `tree`, so that it can come back without a network.
pub(crate) fn again(tree: &Path, deb: &Path) -> Result<(), SetupError> {
    let status = run("/usr/bin/dpkg-query", &["--status".as_ref(), NAME.as_ref()])?;
    build(tree, &control(&status)).map_err(|source| {
        SetupError::host("make a package of the release that is installed")(HostError::ToolIo {
            program: "copy its files",
            source,
        })
    })?;
    let options = ["--root-owner-group", "-Zgzip", "-z1", "--build"].map(std::ffi::OsStr::new);
    let args: Vec<_> = options.into_iter().chain([tree.as_ref(), deb.as_ref()]).collect();
    run("/usr/bin/dpkg-deb", &args).map(drop)
}

/// A package's own description in what dpkg says of an installed one.
fn control(status: &str) -> String {
    let mut text = String::new();
    let mut kept = true;
    for line in status.lines() {
        if !line.starts_with(' ') {
            let field = line.split(':').next().unwrap_or_default();
            kept = !matches!(field, "Status" | "Conffiles" | "Config-Version");
        }
        if kept {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn build(tree: &Path, control: &str) -> io::Result<()> {
    match fs::remove_dir_all(tree) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let debian = tree.join("DEBIAN");
    fs::create_dir_all(&debian)?;
    fs::write(debian.join("control"), control)?;
    for part in PARTS {
        let from = format!("{INFO}/{NAME}.{part}");
        match fs::copy(from, debian.join(part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for path in fs::read_to_string(format!("{INFO}/{NAME}.list"))?.lines() {
        let place = tree.join(path.trim_start_matches(['/', '.']));
        let Ok(meta) = fs::symlink_metadata(path) else { continue };
        if meta.is_dir() {
            fs::create_dir_all(&place)?;
        } else if let Some(directory) = place.parent() {
            fs::create_dir_all(directory)?;
            if meta.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(path)?, &place)?;
            } else {
                fs::copy(path, &place)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::control;

    #[test]
    fn a_description_is_what_dpkg_says_without_what_is_of_this_server() {
        let status = "Package: holdfast\nStatus: install ok installed\nVersion: 0.1.0\nConffiles:\n /etc/a 0123\n /etc/b 4567\nDescription: a\n b\n";
        assert_eq!(control(status), "Package: holdfast\nVersion: 0.1.0\nDescription: a\n b\n");
    }
}
