//! What is on the host of a certificate, and what it needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use cert_spec::{CertificateSpec, Issued};
use converge::{Edit, FileSeen, FileStep, ManagedFile, ObserveError, Own, Wanted};
use hostd::Host;
use names::CertificateId;

use crate::held;
use crate::layout;
use crate::leaf::Leaf;
use crate::pair::{self, Pair};
use crate::private_key::PrivateKey;
use crate::self_signed;
use crate::step::{Install, Kept, Ready, Step};
use crate::store::{self, MAX_NAMES, Waiting};

/// What a look found to do.
#[derive(Default)]
pub struct Observed {
    pub(crate) steps: Vec<Step>,
    pub(crate) edits: Vec<Edit>,
    /// The wanted file, where its content is known.
    pub(crate) file: Option<ManagedFile>,
}

/// The place of one certificate, as it is.
struct Place<'a> {
    host: &'a Host,
    certificate: CertificateId,
    own: &'a Own,
    path: String,
    group: u32,
    there: FileSeen,
    /// What works of what is there.
    pair: Option<Pair>,
    used: Option<Arc<PrivateKey>>,
    waiting: Vec<Waiting>,
}

/// Reads the host for one certificate.
pub(crate) fn observe(
    host: &Host,
    certificate: CertificateId,
    want: &Wanted<CertificateSpec>,
    own: &Own,
) -> Result<Observed, ObserveError> {
    let path = layout::file(certificate);
    let there = host.files().observe(&path)?;
    let Wanted::Present(spec) = want else { return absent(host, certificate, &path, &there, own) };
    check(spec)?;
    let group = held::web_group(host)?;
    let pair = there.text().and_then(Pair::read);
    let (used, waiting) = (store::used(host, certificate)?, store::waiting(host, certificate)?);
    let place = Place { host, certificate, own, path, group, there, pair, used, waiting };
    let mut seen = match &spec.issued {
        Some(issued) => place.issued(spec, issued)?,
        None => place.self_signed(spec)?,
    };
    let directory = held::directory(host, group)?;
    seen.steps.splice(..0, directory.map(Step::Directory));
    Ok(seen)
}

fn absent(
    host: &Host,
    certificate: CertificateId,
    path: &str,
    there: &FileSeen,
    own: &Own,
) -> Result<Observed, ObserveError> {
    let planned = held::plan(path, None, there, own);
    let mut steps: Vec<Step> = planned.steps.into_iter().map(Step::File).collect();
    if host.files().stat(&layout::keys(certificate))?.is_some() {
        steps.push(Step::RemoveKeys(certificate));
    }
    Ok(Observed { steps, edits: planned.edits, file: None })
}

/// The spec agrees with itself: the web server can read the chain, and it is one for the key.
fn check(spec: &CertificateSpec) -> Result<(), ObserveError> {
    let refuse =
        |field: String, reason: &str| Err(ObserveError::Refused { field, reason: reason.to_owned() });
    let once: BTreeSet<_> = spec.names.iter().collect();
    if once.is_empty() || once.len() > MAX_NAMES || once.len() < spec.names.len() {
        return refuse("names".to_owned(), "a certificate is for 1 to 100 names, none of them twice");
    }
    let Some(issued) = &spec.issued else { return Ok(()) };
    if !(1..=Issued::MAX_CHAIN).contains(&issued.chain.len()) {
        return refuse("issued/chain".to_owned(), "a chain has 1 to 10 certificates");
    }
    for (at, der) in issued.chain.iter().enumerate() {
        match Leaf::read(der.bytes()) {
            None => return refuse(format!("issued/chain/{at}"), "this is no certificate in DER"),
            Some(leaf) if at == 0 && leaf.key != issued.key => {
                return refuse("issued/key".to_owned(), "the certificate is for another key");
            }
            Some(_) => {}
        }
    }
    Ok(())
}

impl Place<'_> {
    fn plan(&self, want: &ManagedFile) -> converge::file::FilesPlan {
        held::plan(&self.path, Some(want), &self.there, self.own)
    }

    /// A certificate that signs itself, for the names; what is there, while it is good.
    fn own_file(&self, spec: &CertificateSpec) -> Result<ManagedFile, ObserveError> {
        let (names, now) = (spec.names.iter().map(ToString::to_string).collect(), self.host.now());
        let good = self.pair.as_ref().filter(|pair| self_signed::holds(pair, &names, now));
        let text = match good {
            Some(pair) => pair.text.clone(),
            None => self_signed::make(&names, now, self_signed::DAYS)
                .map_err(|e| ObserveError::Failed(e.to_string()))?,
        };
        Ok(held::file(&self.path, text, self.group))
    }

    fn self_signed(self, spec: &CertificateSpec) -> Result<Observed, ObserveError> {
        let file = self.own_file(spec)?;
        let planned = self.plan(&file);
        let step = |step| match step {
            write @ FileStep::Write { .. } => Step::SelfSign { names: spec.names.clone(), write },
            other => Step::File(other),
        };
        let mut steps: Vec<Step> = planned.steps.into_iter().map(step).collect();
        if planned.edits.is_empty() && self.used.is_some() {
            steps.push(Step::ForgetUsed(self.certificate));
        }
        Ok(Observed { steps, edits: planned.edits, file: Some(file) })
    }

    fn issued(self, spec: &CertificateSpec, issued: &Issued) -> Result<Observed, ObserveError> {
        let Some(key) = self.find(issued)? else { return self.without_key(spec, issued) };
        let chain = issued.chain.iter().map(cert_spec::Der::bytes);
        let file = held::file(&self.path, pair::text(&key, chain), self.group);
        let planned = self.plan(&file);
        let noted = self.used.as_ref().is_some_and(|used| used.digest() == issued.key);
        let keep = (!noted).then(|| Kept(key));
        let forget = store::outlived(&self.waiting, issued.key);
        let certificate = self.certificate;
        let mut steps = Vec::new();
        match planned.steps.into_iter().next() {
            Some(write @ FileStep::Write { .. }) => {
                let ready = Some(Ready { keep, write, forget });
                steps.push(Step::Install(Box::new(Install { ready, ..self.install(spec, issued) })));
            }
            other => {
                steps.extend(other.map(Step::File));
                steps.extend(keep.map(|key| Step::KeepKey { certificate, key }));
                if !forget.is_empty() {
                    steps.push(Step::ForgetKeys { certificate, keys: forget });
                }
            }
        }
        Ok(Observed { steps, edits: planned.edits, file: Some(file) })
    }

    fn install(&self, spec: &CertificateSpec, issued: &Issued) -> Install {
        let (certificate, path, names) = (self.certificate, self.path.clone(), spec.names.clone());
        Install { certificate, path, names, key: issued.key, ready: None, meanwhile: None }
    }

    /// The key, wherever it is: noted as the one that is used, waiting, or in the web server's file alone.
    fn find(&self, issued: &Issued) -> Result<Option<Arc<PrivateKey>>, ObserveError> {
        let fits = |key: &&Arc<PrivateKey>| key.digest() == issued.key;
        if let Some(used) = self.used.as_ref().filter(fits) {
            return Ok(Some(used.clone()));
        }
        let waits = store::find(self.host, self.certificate, issued.key)?;
        Ok(waits.or_else(|| self.pair.as_ref().map(|pair| &pair.key).filter(fits).cloned()))
    }

    /// The key is not on this server. What works stays; where nothing does, a certificate that signs itself takes its place meanwhile.
    fn without_key(self, spec: &CertificateSpec, issued: &Issued) -> Result<Observed, ObserveError> {
        let ours = self.own.may_replace(&self.path, &self.there);
        let stand_in = match &self.pair {
            None => self.own_file(spec)?,
            Some(pair) if ours => held::file(&self.path, pair.text.clone(), self.group),
            // edited by hand: whatever differs from it says so
            Some(_) => held::file(&self.path, "", self.group),
        };
        let planned = self.plan(&stand_in);
        let (writes, others): (Vec<_>, Vec<_>) =
            planned.steps.into_iter().partition(|step| matches!(step, FileStep::Write { .. }));
        let mut steps: Vec<Step> = others.into_iter().map(Step::File).collect();
        if planned.edits.is_empty() {
            let meanwhile = writes.into_iter().next();
            steps.push(Step::Install(Box::new(Install { meanwhile, ..self.install(spec, issued) })));
        }
        Ok(Observed { steps, edits: planned.edits, file: None })
    }
}
