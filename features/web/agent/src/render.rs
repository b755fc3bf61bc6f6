//! Templates to text: the base, and the blocks of sites with settings of their own.
//!
//! The templates are built in; an administrator's own in [`OVERRIDES`] wins if it is root's and nobody else may write it.
//! A value reaches the text through the filter `ngx` alone, which takes one plain word and nothing else; a test holds our
//! templates to it. An undefined value is an error.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use hostd::{Host, HostError, Http2};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, context};
use names::{BodySize, IndexOrder, ListenAddr, SiteId};
use web_spec::{SiteSpec, TlsProfile, WebServerSpec};

use crate::layout::{BaseFile, NGINX_LOGS, OVERRIDES, TLS, TREE};

/// Where the pools' sockets lie.
const SOCKETS: &str = "/run/holdfast-php";

/// The largest template, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

const BUILT_IN: [(&str, &str); 5] = [
    ("http.conf", include_str!("templates/http.conf.j2")),
    ("listen.conf", include_str!("templates/listen.conf.j2")),
    ("locations.conf", include_str!("templates/locations.conf.j2")),
    ("server.conf", include_str!("templates/server.conf.j2")),
    ("site.conf", include_str!("templates/site.conf.j2")),
];

/// Why a file could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template is wrong, or a value is no plain word.
    #[error("template {name}: {reason}")]
    Template {
        /// Which template.
        name: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// An administrator's template that others than root could have written.
    #[error(
        "{path} is not used: it must be a file of root's that nobody else may write (chown root, chmod 0644)"
    )]
    Untrusted {
        /// Its path.
        path: String,
    },
    /// It could not be read.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The templates, with the administrator's own in place of ours.
#[derive(Debug, Default)]
pub struct Templates {
    state: Mutex<Option<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    stamps: Vec<Option<Stamp>>,
    environment: Arc<Environment<'static>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    identity: (u64, u64),
    size: u64,
    mtime: i64,
}

fn override_path(name: &str) -> String {
    format!("{OVERRIDES}/{name}.j2")
}

impl Templates {
    fn environment(&self, host: &Host) -> Result<Arc<Environment<'static>>, RenderError> {
        let stamps = stamps(host)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = state.as_ref().filter(|l| l.stamps == stamps) {
            return Ok(loaded.environment.clone());
        }
        let environment = Arc::new(compile(host, &stamps)?);
        *state = Some(Loaded { stamps, environment: environment.clone() });
        Ok(environment)
    }

    /// The files of the base, in the order of [`BaseFile::ALL`]. `foreign` names the directives that the administrator's
    /// configuration sets already, and that may be given only once.
    pub fn base(
        &self,
        host: &Host,
        spec: &WebServerSpec,
        foreign: &BTreeSet<&'static str>,
    ) -> Result<[Arc<str>; 4], RenderError> {
        let environment = self.environment(host)?;
        let texts = |listen: &[ListenAddr]| listen.iter().map(ToString::to_string).collect::<Vec<_>>();
        let http2 = host.profile().web.http2;
        let values = context! {
            overrides => OVERRIDES,
            tree => TREE,
            logs => NGINX_LOGS,
            homes => host.bounds().homes.as_str(),
            sockets => SOCKETS,
            body_size => BodySize::default().to_string(),
            listen => texts(&spec.listen),
            listen_tls => texts(&spec.listen_tls),
            tls => TLS,
            modern => spec.tls_profile == TlsProfile::Modern,
            http2_by_listen => http2 == Http2::Listen,
            http2_by_directive => http2 == Http2::Directive,
            https_port => https_port(&spec.listen_tls).map(|port| port.to_string()),
            acme => spec.acme.as_ref().map(ToString::to_string),
            foreign => foreign.iter().copied().collect::<Vec<_>>(),
        };
        let [http, listen, locations, server] =
            BaseFile::ALL.map(|which| render(&environment, which.name(), &values));
        Ok([http?, listen?, locations?, server?])
    }

    /// The block of a site with settings of its own; none for the others.
    pub fn block(&self, host: &Host, id: SiteId, spec: &SiteSpec) -> Result<Option<Arc<str>>, RenderError> {
        if !spec.has_own_block() {
            return Ok(None);
        }
        let environment = self.environment(host)?;
        let values = context! {
            tree => TREE,
            id => id.to_string(),
            names => spec.names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            body_size => spec.body_size.unwrap_or_default().to_string(),
            index => spec.index.iter().flat_map(IndexOrder::files).map(ToString::to_string).collect::<Vec<_>>(),
        };
        render(&environment, "site.conf", &values).map(Some)
    }
}

/// The port in the address of a site by HTTPS; none where it is the usual one.
fn https_port(listen: &[ListenAddr]) -> Option<u16> {
    let usual = listen.iter().any(|address| address.port() == 443);
    listen.first().map(|address| address.port()).filter(|_| !usual)
}

/// The state of every template of the administrator's, looked at afresh each time: a site that was rendered by the template of
/// a moment ago would be called ready.
fn stamps(host: &Host) -> Result<Vec<Option<Stamp>>, RenderError> {
    // the usual case, for the cost of one look
    if host.files().stat(OVERRIDES)?.is_none() {
        return Ok(vec![None; BUILT_IN.len()]);
    }
    BUILT_IN.iter().map(|(name, _)| stamp(host, name)).collect()
}

fn stamp(host: &Host, name: &str) -> Result<Option<Stamp>, RenderError> {
    let path = override_path(name);
    let Some(meta) = host.files().stat(&path)? else { return Ok(None) };
    if meta.kind != hostfs::FileKind::File || meta.uid != 0 || meta.mode & 0o022 != 0 || meta.size > MAX_BYTES
    {
        return Err(RenderError::Untrusted { path });
    }
    Ok(Some(Stamp { identity: meta.identity, size: meta.size, mtime: meta.mtime_micros }))
}

fn compile(host: &Host, stamps: &[Option<Stamp>]) -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    let syntax = syntax.map_err(|e| template_error("syntax", &e))?;
    environment.set_syntax(syntax);
    environment.add_filter("ngx", plain_word);
    for ((name, ours), stamp) in BUILT_IN.into_iter().zip(stamps) {
        let text = match stamp {
            Some(_) => host.files().read_text(&override_path(name))?,
            None => None,
        };
        environment
            .add_template_owned(name, text.unwrap_or_else(|| ours.to_owned()))
            .map_err(|e| template_error(name, &e))?;
    }
    Ok(environment)
}

fn render(environment: &Environment<'_>, name: &str, values: &Value) -> Result<Arc<str>, RenderError> {
    let template = environment.get_template(name).map_err(|e| template_error(name, &e))?;
    template.render(values).map(Arc::from).map_err(|e| template_error(name, &e))
}

fn template_error(name: &str, error: &minijinja::Error) -> RenderError {
    let line = error.line().map(|n| format!(" (line {n})")).unwrap_or_default();
    RenderError::Template { name: name.to_owned(), reason: format!("{error}{line}") }
}

/// One word that means nothing to nginx but itself.
#[expect(clippy::needless_pass_by_value, reason = "the form of a filter")]
fn plain_word(value: Value) -> Result<String, minijinja::Error> {
    let text = value.to_string();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/:[]".contains(&b);
    if text.is_empty() || value.is_none() || value.is_undefined() || !text.bytes().all(plain) {
        return Err(minijinja::Error::new(
            ErrorKind::InvalidOperation,
            "the value is not one plain word for nginx",
        ));
    }
    Ok(text)
}

/// The directives of ours at the level of `http` that nginx takes only once.
const ONCE: [&str; 4] = [
    "map_hash_bucket_size",
    "map_hash_max_size",
    "server_names_hash_bucket_size",
    "server_names_hash_max_size",
];

/// Those of them that the administrator's own configuration sets.
pub(crate) fn foreign_directives(host: &Host, drop_in: &str) -> Result<BTreeSet<&'static str>, HostError> {
    let web = &host.profile().web;
    let mut found = BTreeSet::new();
    let mut paths = vec![web.main_config.clone()];
    for (name, _) in host.files().list(&web.include_dir)? {
        let path = format!("{}/{name}", web.include_dir);
        if name.strip_suffix(".conf").is_some() && path != drop_in {
            paths.push(path);
        }
    }
    for path in paths {
        // a link or anything else that we cannot read is no reason to stop: nginx's own test has the last word
        let Ok(Some(bytes)) = host.files().read(&path) else { continue };
        for line in String::from_utf8_lossy(&bytes).lines() {
            let word = line.trim_start().split([' ', '\t']).next().unwrap_or_default();
            found.extend(ONCE.into_iter().filter(|once| *once == word));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
