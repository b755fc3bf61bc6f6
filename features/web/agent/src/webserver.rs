//! The kind `webserver`: the base that all sites share.
//!
//! It owns the drop-in that makes nginx read our tree, the files of the base, and the care for every shared file of the
//! live tree: what is missing or has a wrong mode is put back, what somebody edited is held and shown.

use std::collections::BTreeSet;
use std::sync::Arc;

use converge::file::plan_files;
use converge::{
    Describe, Done, Edit, FileStep, Impact, ManagedFile, ObserveError, Own, Reason, Reconcile, Settled,
    StepError, Wanted,
};
use hostd::Host;
use hostfs::{FileKind, Owner};
use names::{Digest, NodeId};
use web_spec::WebServerSpec;

use crate::committer::{Committer, Listen, Request};
use crate::default_certificate::{self, DefaultCertificate};
use crate::layout::{DEFAULT_CERTIFICATE, LOGS, NGINX_LOGS, TLS, TLS_MODE, TREE};
use crate::record::Want;
use crate::render::foreign_directives;

/// The drop-in's text. The pattern makes a tree that is not there yet (or no more) no error.
const DROP_IN: &str = "# Written by Holdfast: its sites. Remove this file to have nginx ignore them.\n\
                       include /etc/nginx/holdfast/http.con[f];\n";

/// See the module.
pub struct WebServer {
    committer: Arc<Committer>,
    maker: Box<dyn DefaultCertificate>,
}

/// What a pass over the base saw.
#[derive(Debug)]
pub struct WebServerSeen {
    steps: Vec<WebServerStep>,
    edits: Vec<Edit>,
    drop_in: Option<ManagedFile>,
    default_certificate: Option<Digest>,
}

/// One step of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebServerStep {
    /// Make a directory, or set its mode and owner.
    Dir {
        /// Absolute path.
        path: String,
        /// Permission bits.
        mode: u32,
        /// User and group.
        owner: Owner,
    },
    /// Make the certificate of visitors who name no site.
    DefaultCertificate {
        /// User and group.
        owner: Owner,
    },
    /// The drop-in.
    DropIn(FileStep),
    /// A file that the next [`WebServerStep::Switch`] changes; nothing by itself.
    File(FileStep),
    /// Test the tree, put it in place, have nginx load it and see that it is served.
    Switch(Box<Request>),
}

impl Describe for WebServerStep {
    fn code(&self) -> &'static str {
        match self {
            Self::Dir { .. } => "dir.make",
            Self::DefaultCertificate { .. } => "nginx.default_certificate",
            Self::DropIn(step) | Self::File(step) => step.code(),
            Self::Switch(_) => "nginx.switch",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Dir { path, mode, owner: (uid, gid) } => {
                format!("make {path}/ with mode {mode:04o} and owner {uid}:{gid}")
            }
            Self::DefaultCertificate { .. } => {
                format!("make {DEFAULT_CERTIFICATE} for visitors who name no site of this server")
            }
            Self::DropIn(step) | Self::File(step) => step.summary(),
            Self::Switch(_) => format!("test {TREE}, reload nginx and see that it is served"),
        }
    }

    fn impact(&self) -> Impact {
        match self {
            Self::Switch(_) => Impact::Reload,
            _ => Impact::None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::Dir { path, .. } => Some(path),
            Self::DefaultCertificate { .. } => Some(DEFAULT_CERTIFICATE),
            Self::DropIn(step) | Self::File(step) => step.path(),
            Self::Switch(_) => None,
        }
    }

    fn diff(&self) -> Option<String> {
        match self {
            Self::DropIn(step) | Self::File(step) => step.diff(),
            // what is in the file is shown to nobody
            Self::Dir { .. } | Self::DefaultCertificate { .. } | Self::Switch(_) => None,
        }
    }
}

/// The path of the drop-in on this host.
pub fn drop_in_path(host: &Host) -> String {
    format!("{}/holdfast.conf", host.profile().web.include_dir)
}

impl WebServer {
    /// The kind, over a committer that it shares with the sites.
    pub fn new(committer: Arc<Committer>, maker: Box<dyn DefaultCertificate>) -> Self {
        Self { committer, maker }
    }

    fn want(&self, host: &Host, want: &Wanted<WebServerSpec>) -> Result<(Want, Listen), ObserveError> {
        let failed = |e: crate::committer::CommitError| e.unobservable();
        let Some(spec) = want.present() else {
            if let Some((id, count)) = self.committer.first_site(host).map_err(failed)? {
                return Err(ObserveError::WaitsFor(format!("the end of site {id} (of {count} left)")));
            }
            return Ok((Want::Base(None), Listen::default()));
        };
        check(host, spec)?;
        installed(host)?;
        let foreign = foreign_directives(host, &drop_in_path(host))?;
        let texts = self.committer.templates().base(host, spec, &foreign);
        let texts = texts.map_err(|e| ObserveError::Because(Reason::ConfigRefused, e.to_string()))?;
        let listen = Listen { http: spec.listen.clone(), https: spec.listen_tls.clone() };
        Ok((Want::Base(Some(texts)), listen))
    }
}

/// Before the role is installed nothing is tried, and nothing fails: it waits.
pub(crate) fn installed(host: &Host) -> Result<(), ObserveError> {
    if host.files().stat(&host.profile().web.main_config)?.is_some() {
        return Ok(());
    }
    Err(ObserveError::WaitsFor("role web, which is not installed: `holdfast node install web`".to_owned()))
}

fn check(host: &Host, spec: &WebServerSpec) -> Result<(), ObserveError> {
    let refuse =
        |field: String, reason: &str| Err(ObserveError::Refused { field, reason: reason.to_owned() });
    if spec.listen.is_empty() {
        return refuse("listen".to_owned(), "the web server needs an address to listen on");
    }
    let allowed = &host.bounds().listen;
    let http = spec.listen.iter().enumerate().map(|(at, address)| (format!("listen/{at}"), address));
    let https = spec.listen_tls.iter().enumerate().map(|(at, address)| (format!("listen_tls/{at}"), address));
    let mut named = BTreeSet::new();
    for (field, address) in http.chain(https) {
        if !named.insert(*address) {
            return refuse(field, "this address is named twice");
        }
        if !allowed.is_empty() && !allowed.contains(&address.ip()) {
            return refuse(field, "this address is not among those that agent.toml allows (listen)");
        }
    }
    Ok(())
}

/// The log directories: nginx's workers open the logs again after a rotation, so they must reach them; tenants may not.
fn log_dirs(host: &Host) -> Result<Vec<WebServerStep>, ObserveError> {
    let Some(gid) = host.web_gid()? else {
        return Err(ObserveError::WaitsFor("the web server's package".to_owned()));
    };
    let mut steps = Vec::new();
    let reachable = host.files().stat(LOGS)?.is_some_and(|m| m.kind == FileKind::Dir && m.mode & 0o001 != 0);
    if !reachable {
        steps.push(WebServerStep::Dir { path: LOGS.to_owned(), mode: 0o711, owner: (0, 0) });
    }
    let (mode, owner) = (0o710, (0, gid));
    let there = host.files().stat(NGINX_LOGS)?;
    if !there.is_some_and(|m| m.kind == FileKind::Dir && (m.mode, (m.uid, m.gid)) == (mode, owner)) {
        steps.push(WebServerStep::Dir { path: NGINX_LOGS.to_owned(), mode, owner });
    }
    Ok(steps)
}

impl Reconcile for WebServer {
    type Host = Host;
    type Spec = WebServerSpec;
    type Observed = WebServerSeen;
    type Step = WebServerStep;

    fn observe(
        &self,
        host: &Host,
        _: &NodeId,
        want: &Wanted<WebServerSpec>,
        _: Option<&WebServerSpec>,
        own: &Own,
    ) -> Result<WebServerSeen, ObserveError> {
        let (base, listen) = self.want(host, want)?;
        let look =
            self.committer.look_base(host, &base, &listen, &own.take_back).map_err(|e| e.unobservable())?;

        let path = drop_in_path(host);
        let drop_in = want.present().map(|_| ManagedFile::root(path.clone(), DROP_IN));
        let seen = host.files().observe(&path)?;
        let seen = [(path.clone(), seen)].into();
        let drop_ins = plan_files(drop_in.as_slice(), &seen, own);
        let drop_ins_steps = drop_ins.steps.into_iter().map(WebServerStep::DropIn);

        let tls = match want {
            Wanted::Present(spec) if !spec.listen_tls.is_empty() => default_certificate::observe(host, own)?,
            _ => default_certificate::Seen::default(),
        };
        let dir = tls.dir.map(|owner| WebServerStep::Dir { path: TLS.to_owned(), mode: TLS_MODE, owner });
        let file = tls.file.map(|owner| WebServerStep::DefaultCertificate { owner });
        let tls_steps = dir.into_iter().chain(file);

        let due = look.is_due();
        let mut tree: Vec<WebServerStep> = look.steps.into_iter().map(WebServerStep::File).collect();
        if due {
            let request = Request {
                want: base,
                listen,
                repair: look.repair,
                take_back: own.take_back.clone(),
                reload: look.contradicted,
            };
            tree.push(WebServerStep::Switch(Box::new(request)));
        }
        let mut edits = drop_ins.edits;
        edits.extend(look.edits);
        // the drop-in comes first (the test would see nothing of the tree without it), and goes last
        let steps = match want {
            Wanted::Present(_) => {
                log_dirs(host)?.into_iter().chain(tls_steps).chain(drop_ins_steps).chain(tree).collect()
            }
            Wanted::Absent => tree.into_iter().chain(drop_ins_steps).collect(),
        };
        Ok(WebServerSeen { steps, edits, drop_in, default_certificate: tls.digest })
    }

    fn plan(&self, _: &Wanted<WebServerSpec>, seen: &WebServerSeen) -> Vec<WebServerStep> {
        seen.steps.clone()
    }

    fn edits(&self, seen: &WebServerSeen) -> Vec<Edit> {
        seen.edits.clone()
    }

    /// The drop-in is claimed in the ledger; for the tree, the mirror knows what is ours.
    fn settled(&self, _: &Wanted<WebServerSpec>, seen: &WebServerSeen) -> Option<Settled> {
        let loaded = seen.default_certificate.map(default_certificate::loaded).into_iter().collect();
        Some(Settled { loaded, ..Settled::files(seen.drop_in.as_slice()) })
    }

    fn claim(&self, step: &WebServerStep) -> Option<(String, Digest)> {
        match step {
            WebServerStep::DropIn(step) => step.claim(),
            _ => None,
        }
    }

    fn apply(&self, host: &Host, step: &WebServerStep) -> Result<Done, StepError> {
        match step {
            WebServerStep::Dir { path, mode, owner } => {
                host.files().ensure_dirs(path, *mode, *owner)?;
            }
            WebServerStep::DefaultCertificate { owner } => {
                return default_certificate::make(host, self.maker.as_ref(), *owner);
            }
            WebServerStep::DropIn(step) => host.files().take(step)?,
            WebServerStep::File(_) => {}
            WebServerStep::Switch(request) => self.committer.commit(host, Request::clone(request))?,
        }
        Ok(Done::default())
    }
}

#[cfg(test)]
mod tests;
