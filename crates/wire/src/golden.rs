//! Golden files: what crosses the wire, kept as files, so that a change of the API is a change in review.
//!
//! For each method a directory `<dir>/<method name>/` with `request.json`, `reply.json`, further `request-<case>.json`
//! and `reply-<case>.json`, and `error-<case>.json`. [`Golden::check`] reads each as its type and writes it again: the
//! bytes must be the same. A file is never edited; with `HOLDFAST_BLESS=1` those that are missing are written from the
//! samples.
//!
//! ```ignore
//! Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
//!     .method(&GetSite { id }, &site)
//!     .error::<GetSite>("unknown", &Refusal::new("holdfast.web1.NoSuchSite", "no such site"))
//!     .covers(router.names())
//!     .check()
//!     .unwrap();
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Refusal;
use crate::method::Method;

/// What is wrong with the golden files, one line each.
#[derive(Debug, thiserror::Error)]
#[error("golden files:\n  {}", problems.join("\n  "))]
pub struct GoldenError {
    /// The findings.
    pub problems: Vec<String>,
}

type Rewrite = fn(&str) -> serde_json::Result<String>;

struct Entry {
    request: Rewrite,
    reply: Rewrite,
    samples: BTreeMap<String, Result<String, String>>,
}

/// The golden files of one spec crate.
pub struct Golden {
    dir: PathBuf,
    methods: BTreeMap<&'static str, Entry>,
    wanted: BTreeSet<String>,
}

/// The form of an `error-*.json`: an error frame.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorFrame {
    error: String,
    parameters: ErrorBody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorBody {
    message: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    detail: Value,
}

impl Golden {
    /// The files below `dir`, usually the crate's `golden/`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), methods: BTreeMap::new(), wanted: BTreeSet::new() }
    }

    /// A method with samples for its `request.json` and `reply.json`.
    #[must_use]
    pub fn method<M: Method>(self, request: &M, reply: &M::Reply) -> Self {
        self.sample::<M>("request.json", request).sample::<M>("reply.json", reply)
    }

    /// A further request of a method: `request-<case>.json`.
    #[must_use]
    pub fn request<M: Method>(self, case: &str, request: &M) -> Self {
        self.sample::<M>(&format!("request-{case}.json"), request)
    }

    /// A further reply of a method: `reply-<case>.json`.
    #[must_use]
    pub fn reply<M: Method>(self, case: &str, reply: &M::Reply) -> Self {
        self.sample::<M>(&format!("reply-{case}.json"), reply)
    }

    /// A refusal that a method answers: `error-<case>.json`.
    #[must_use]
    pub fn error<M: Method>(self, case: &str, refusal: &Refusal) -> Self {
        let parameters = ErrorBody { message: refusal.message.clone(), detail: refusal.detail.clone() };
        let frame = ErrorFrame { error: refusal.name.clone(), parameters };
        self.sample::<M>(&format!("error-{case}.json"), &frame)
    }

    /// Demands files for each of these methods, usually [`Router::names`](crate::Router::names).
    #[must_use]
    pub fn covers<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.wanted.extend(names.into_iter().map(Into::into));
        self
    }

    /// Compares files and types.
    pub fn check(self) -> Result<(), GoldenError> {
        let bless = std::env::var_os("HOLDFAST_BLESS").is_some_and(|value| value == "1");
        self.check_with(bless)
    }

    fn check_with(self, bless: bool) -> Result<(), GoldenError> {
        let mut problems = Vec::new();
        for name in &self.wanted {
            if !self.methods.contains_key(name.as_str()) {
                problems.push(format!("{name}: the method has no sample in this test"));
            }
        }
        for (name, entry) in &self.methods {
            let dir = self.dir.join(name);
            for (file, sample) in &entry.samples {
                missing(&dir.join(file), sample, bless, &mut problems);
            }
            for (file, path) in files_in(&dir, &mut problems) {
                let rewrite: Rewrite = match file.as_str() {
                    "request.json" => entry.request,
                    "reply.json" => entry.reply,
                    file if file.starts_with("request-") => entry.request,
                    file if file.starts_with("reply-") => entry.reply,
                    file if file.starts_with("error-") => rewrite::<ErrorFrame>,
                    _ => {
                        problems.push(format!("{}: not a golden file's name", path.display()));
                        continue;
                    }
                };
                compare(&path, rewrite, &mut problems);
            }
        }
        for (name, path) in files_in(&self.dir, &mut problems) {
            if !self.methods.contains_key(name.as_str()) {
                problems.push(format!("{}: belongs to no method", path.display()));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(GoldenError { problems }) }
    }

    fn sample<M: Method>(mut self, file: &str, value: &impl Serialize) -> Self {
        let entry = self.methods.entry(M::NAME).or_insert_with(|| Entry {
            request: rewrite::<M>,
            reply: rewrite::<M::Reply>,
            samples: BTreeMap::new(),
        });
        entry.samples.insert(file.to_owned(), pretty(value).map_err(|error| error.to_string()));
        self
    }
}

/// A file that is not there: written from the sample when blessing, else a finding.
fn missing(path: &Path, sample: &Result<String, String>, bless: bool, problems: &mut Vec<String>) {
    if path.exists() {
        return;
    }
    let written = match (sample, bless) {
        (Err(error), _) => Err(format!("the sample is not JSON: {error}")),
        (_, false) => Err("missing; write it by HOLDFAST_BLESS=1".to_owned()),
        (Ok(text), true) => write(path, text).map_err(|error| error.to_string()),
    };
    if let Err(reason) = written {
        problems.push(format!("{}: {reason}", path.display()));
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(path, text)
}

fn compare(path: &Path, rewrite: Rewrite, problems: &mut Vec<String>) {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return problems.push(format!("{}: {error}", path.display())),
    };
    match rewrite(&text) {
        Ok(again) if again == text => {}
        Ok(again) => problems.push(format!("{}: reads and writes as another text:\n{again}", path.display())),
        Err(error) => problems.push(format!("{}: does not read: {error}", path.display())),
    }
}

/// Names and paths in a directory; nothing where it is missing.
fn files_in(dir: &Path, problems: &mut Vec<String>) -> Vec<(String, PathBuf)> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(format!("{}: {error}", dir.display()));
            return Vec::new();
        }
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    files.sort();
    files
}

fn rewrite<T: Serialize + DeserializeOwned>(text: &str) -> serde_json::Result<String> {
    pretty(&serde_json::from_str::<T>(text)?)
}

fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests;
