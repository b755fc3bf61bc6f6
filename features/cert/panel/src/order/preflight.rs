//! What could be in the way of a name is looked for before an authority is asked: an authority counts every name that it refuses.
//!
//! What stands in the way for certain is told with its remedy, and the name waits. What could not be found out stands in nobody's way: the
//! authority is asked, and its word counts.

use std::sync::Arc;

use desired::BoxFuture;
use egress_spec::Caa;
use futures_util::stream::{self, StreamExt};
use names::{CertName, DomainName};

use super::Issuing;

/// Whether names are looked at before they are ordered, as a JSON truth value; true where it was never set.
pub const PREFLIGHT: &str = "certificates.preflight";

/// Names that are looked at at once.
const AT_ONCE: usize = 6;

/// Whoever looks at names as an authority would.
pub trait Lookout: Send + Sync + 'static {
    /// What is seen of a name now.
    fn look<'a>(&'a self, name: &'a DomainName) -> BoxFuture<'a, Looked>;
}

/// What was seen of a name.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// What keeps an authority from proving it by HTTP, for certain; none: nothing, or that is not known.
    pub hindrance: Option<Hindrance>,
    /// Who may issue for it, as CAA records say: none of them where everybody may; none at all where that is not known.
    pub caa: Option<Vec<Caa>>,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// A stable code.
    pub code: String,
    /// What was seen.
    pub detail: String,
    /// What can be done.
    pub remedy: String,
}

/// Who would issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Issuer<'a> {
    /// By which domains the authority knows itself in CAA records.
    pub(crate) identities: &'a [String],
    /// What it calls our account (RFC 8657, 3).
    pub(crate) account: &'a str,
}

/// Looks at these names.
pub(crate) async fn look(state: &Issuing, names: &[CertName]) -> Vec<(CertName, Looked)> {
    let look = |name: &CertName| {
        let (name, lookout) = (name.clone(), Arc::clone(&state.lookout));
        async move {
            let looked = lookout.look(name.base()).await;
            (name, looked)
        }
    };
    let all: Vec<_> = names.iter().map(look).collect();
    stream::iter(all).buffered(AT_ONCE).collect().await
}

/// Why CAA records keep an authority from issuing for a name without a star that is proven by HTTP (RFC 8659, 4; RFC 8657); none where they
/// do not.
pub(crate) fn forbidden(name: &CertName, all: &[Caa], issuer: Issuer<'_>) -> Option<Hindrance> {
    let refuse = |why: String| {
        let whom = issuer.identities.first().map_or("the authority", String::as_str);
        let remedy =
            format!("Add the record `{} CAA 0 issue \"{whom}\"`, or remove the CAA records.", name.base());
        Some(Hindrance { code: "caa".to_owned(), detail: format!("{name}: {why}"), remedy })
    };
    let known = ["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"];
    let odd = all.iter().find(|caa| caa.critical && !known.iter().any(|tag| is(caa, tag)));
    if let Some(odd) = odd {
        return refuse(format!("its CAA records demand that the property {} be understood.", odd.tag));
    }
    let issue: Vec<&Caa> = all.iter().filter(|caa| is(caa, "issue")).collect();
    // an authority that does not say how it calls itself is asked
    if issue.is_empty() || issuer.identities.is_empty() {
        return None;
    }
    if issue.iter().any(|caa| admits(caa.value.as_str(), issuer)) {
        return None;
    }
    let values: Vec<&str> = issue.iter().map(|caa| caa.value.as_str()).collect();
    refuse(format!("its CAA records admit other authorities alone ({}).", values.join("), (")))
}

fn is(caa: &Caa, tag: &str) -> bool {
    caa.tag.as_str().eq_ignore_ascii_case(tag)
}

/// Whether an `issue` property is for this authority, this account, and a proof by HTTP.
fn admits(value: &str, issuer: Issuer<'_>) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let domain = parts.next().unwrap_or_default().trim_end_matches('.');
    if !issuer.identities.iter().any(|identity| identity.eq_ignore_ascii_case(domain)) {
        return false;
    }
    parts.filter_map(|part| part.split_once('=')).all(|(tag, value)| {
        match tag.trim().to_ascii_lowercase().as_str() {
            "validationmethods" => value.split(',').any(|method| method.trim() == "http-01"),
            "accounturi" => value.trim() == issuer.account,
            // parameters that an authority has of its own
            _ => true,
        }
    })
}

#[cfg(test)]
mod tests;
