//! One file that holds a panel: a tar archive whose first member, `manifest.json`, names all others with their SHA-256.
//!
//! Plain tar, so that a person gets at everything with what every server has. Nothing of an archive is used before all of it was
//! held against the manifest.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use names::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::parts;
use super::tools::Head;
use crate::error::SetupError;

/// The format that this release writes, and the newest that it reads.
pub(crate) const FORMAT: u32 = 1;
/// The member that holds the database.
const DATABASE: &str = "holdfast.db";
/// The member that holds its write-ahead log, where the database could only be copied as it lay there.
const LOG: &str = "holdfast.db-wal";
const MANIFEST: &str = "manifest.json";
/// What a member or manifest may hold at most where it is held in memory, in bytes.
const LARGEST: u64 = 64 << 20;

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`]
    pub(crate) format: u32,
    /// The release that wrote it.
    pub(crate) release: String,
    /// When, RFC 3339.
    pub(crate) taken_at: String,
    /// The server's name.
    pub(crate) hostname: String,
    /// What the database was found to be; none where it is a copy of a damaged one, as it lay there.
    pub(crate) database: Option<Database>,
    /// All other members.
    pub(crate) members: Vec<Member>,
}

/// The database in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Database {
    /// The newest migration that was applied.
    pub(crate) schema: i64,
    /// Accounts that are to stay.
    pub(crate) accounts: i64,
    /// Sites that are to stay.
    pub(crate) sites: i64,
    /// The servers that it rules.
    pub(crate) nodes: Vec<String>,
    /// The last entry of its audit.
    pub(crate) audit: Option<Head>,
}

/// One file, link or directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// Its name in the archive.
    pub(crate) name: String,
    /// Absolute path on the server; none for the database.
    pub(crate) path: Option<String>,
    /// What it is.
    pub(crate) kind: Kind,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Owner.
    pub(crate) uid: u32,
    /// Group.
    pub(crate) gid: u32,
    /// Bytes.
    pub(crate) size: u64,
    /// SHA-256 of the content.
    pub(crate) sha256: Digest,
}

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The panel's database.
    Database,
    /// The log of a damaged one.
    DatabaseLog,
    /// A regular file.
    File,
    /// A symbolic link.
    Link(String),
    /// A directory.
    Directory,
}

/// The content of a member.
pub(crate) enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// Read when it is its turn; nobody changes it meanwhile.
    Open(File),
}

impl Member {
    /// A file that is held in memory.
    pub(crate) fn file(path: &str, meta: &hostfs::Meta, bytes: &[u8]) -> Self {
        let (size, sha256) = (bytes.len() as u64, Digest::of(bytes));
        Self { size, sha256, ..Self::of(path, Kind::File, meta) }
    }

    /// A link or directory, which has no content.
    pub(crate) fn of(path: &str, kind: Kind, meta: &hostfs::Meta) -> Self {
        Self {
            name: format!("files{path}"),
            path: Some(path.to_owned()),
            kind,
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            size: 0,
            sha256: Digest::of(b""),
        }
    }

    /// The database, or its log, in a file that nobody changes.
    pub(crate) fn database(log: bool, file: &mut File) -> io::Result<Self> {
        let mut hash = Hashing::new(&mut *file);
        let size = io::copy(&mut hash, &mut io::sink())?;
        let sha256 = hash.digest();
        io::Seek::rewind(file)?;
        let (name, kind) = if log { (LOG, Kind::DatabaseLog) } else { (DATABASE, Kind::Database) };
        let name = name.to_owned();
        Ok(Self { name, path: None, kind, mode: 0o600, uid: 0, gid: 0, size, sha256 })
    }
}

/// Writes an archive.
pub(crate) fn write(
    out: impl Write,
    manifest: &Manifest,
    contents: Vec<Content>,
    mtime: u64,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(out);
    let json = serde_json::to_vec_pretty(manifest)?;
    let mut add = |name: &str, size: u64, content: &mut dyn Read| {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(mtime);
        tar.append_data(&mut header, name, content)
    };
    add(MANIFEST, json.len() as u64, &mut json.as_slice())?;
    for (member, content) in manifest.members.iter().zip(contents) {
        match content {
            Content::Bytes(bytes) => add(&member.name, member.size, &mut bytes.as_slice())?,
            Content::Open(mut file) => add(&member.name, member.size, &mut file)?,
        }
    }
    tar.into_inner()?.flush()
}

/// An archive that was held against its manifest, every byte of it.
#[derive(Debug)]
pub(crate) struct Archive {
    file: File,
    path: String,
    /// What is in it.
    pub(crate) manifest: Manifest,
    /// SHA-256 of the whole file, which tells one archive from another.
    pub(crate) digest: Digest,
}

impl Archive {
    /// Opens an archive and walks all of it. Nothing else is touched.
    pub(crate) fn open(path: &Path) -> Result<Self, SetupError> {
        let shown = path.display().to_string();
        let refuse = |reason: String| SetupError::Refused {
            reason: format!("{shown}: {reason}"),
            remedy: "nothing was changed; take another backup".to_owned(),
        };
        let mut file = File::open(path).map_err(|error| refuse(error.to_string()))?;
        let mut whole = Hashing::new(&mut file);
        io::copy(&mut whole, &mut io::sink()).map_err(|error| refuse(error.to_string()))?;
        let digest = whole.digest();
        let mut manifest = None;
        let mut seen = BTreeSet::new();
        let walked = each(&file, |name, content| {
            let Some(known) = &manifest else {
                if name != MANIFEST {
                    return Err(other("it is not a backup of a panel: it does not begin with a manifest"));
                }
                let mut text = Vec::new();
                content.take(LARGEST).read_to_end(&mut text)?;
                manifest = Some(read_manifest(&text)?);
                return Ok(());
            };
            let Some(member) = known.members.iter().find(|member| member.name == name) else {
                return Err(other(&format!("{name} is in it, and not in its manifest")));
            };
            let mut hash = Hashing::new(content);
            let size = io::copy(&mut hash, &mut io::sink())?;
            if (size, hash.digest()) != (member.size, member.sha256) {
                return Err(other(&format!("{name} is not as it was written: it is damaged")));
            }
            if !seen.insert(name.to_owned()) {
                return Err(other(&format!("{name} is in it twice")));
            }
            Ok(())
        });
        walked.map_err(|error| refuse(error.to_string()))?;
        let manifest = manifest.ok_or_else(|| refuse("it is empty".to_owned()))?;
        if let Some(missing) = manifest.members.iter().find(|member| !seen.contains(&member.name)) {
            return Err(refuse(format!("{} is missing: it was cut off", missing.name)));
        }
        Ok(Self { file, path: shown, manifest, digest })
    }

    /// Goes through the members again; each content is whole when `take` has returned, or it is an error.
    pub(crate) fn each(
        &self,
        mut take: impl FnMut(&Member, &mut dyn Read) -> Result<(), SetupError>,
    ) -> Result<(), SetupError> {
        let mut taken = Ok(());
        let walked = each(&self.file, |name, content| {
            let Some(member) = self.manifest.members.iter().find(|member| member.name == name) else {
                return Ok(());
            };
            let mut hash = Hashing::new(content);
            taken = take(member, &mut hash);
            if taken.is_err() {
                return Err(other("stopped"));
            }
            io::copy(&mut hash, &mut io::sink())?;
            if hash.digest() != member.sha256 {
                return Err(other(&format!("{name} was changed while it was read")));
            }
            Ok(())
        });
        taken?;
        walked.map_err(|error| SetupError::Refused {
            reason: format!("{}: {error}", self.path),
            remedy: "see that nothing writes to the file, then call this again".to_owned(),
        })
    }
}

fn read_manifest(text: &[u8]) -> io::Result<Manifest> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
        #[serde(default)]
        release: String,
    }
    let version: Version = serde_json::from_slice(text)?;
    if version.format > FORMAT {
        return Err(other(&format!(
            "it was written by release {}, in format {}, and this release reads {FORMAT} at most: install that release first",
            version.release, version.format
        )));
    }
    let manifest: Manifest = serde_json::from_slice(text)?;
    for member in &manifest.members {
        let known = match (&member.kind, &member.path) {
            (Kind::Database | Kind::DatabaseLog, path) => path.is_none(),
            (_, Some(path)) => parts::tree_of(path).is_some() && member.name == format!("files{path}"),
            (_, None) => false,
        };
        let small = matches!(member.kind, Kind::Database | Kind::DatabaseLog) || member.size <= LARGEST;
        if !known || !small {
            return Err(other(&format!("{} is not what a backup holds", member.name)));
        }
    }
    Ok(manifest)
}

fn each(file: &File, mut take: impl FnMut(&str, &mut dyn Read) -> io::Result<()>) -> io::Result<()> {
    let mut file = file;
    io::Seek::rewind(&mut file)?;
    let mut tar = tar::Archive::new(file);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(io::Error::other)?;
        take(&name, &mut entry)?;
    }
    Ok(())
}

fn other(text: &str) -> io::Error {
    io::Error::other(text.to_owned())
}

/// Passes on what it reads, and keeps its SHA-256.
struct Hashing<R> {
    from: R,
    sha256: Sha256,
}

impl<R: Read> Hashing<R> {
    fn new(from: R) -> Self {
        Self { from, sha256: Sha256::new() }
    }

    fn digest(&self) -> Digest {
        Digest::from_bytes(self.sha256.clone().finalize().into())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.sha256.update(&into[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
