//! Which names are asked for, and which are left out for now. Pure.

use names::{CertName, Micros};
use serde::{Deserialize, Serialize};

use super::schedule;

/// The most names of one certificate, as the agent makes requests.
pub(crate) const MOST: usize = 100;

/// A name that the certificate lacks for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    pub(crate) name: CertName,
    /// A stable code.
    pub(crate) reason: String,
    /// In the authority's words, where it was asked.
    pub(crate) detail: String,
    /// What can be done.
    #[serde(default)]
    pub(crate) remedy: String,
    /// How often it was refused in a row.
    #[serde(default)]
    pub(crate) refusals: i64,
    /// When it is asked for again; none: whenever the certificate is ordered.
    #[serde(default)]
    pub(crate) retry_at: Option<Micros>,
}

impl LeftOut {
    /// A name that is not asked for at all.
    pub(crate) fn never(name: &CertName, reason: &str, detail: &str, remedy: &str) -> Self {
        Self {
            name: name.clone(),
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            remedy: remedy.to_owned(),
            refusals: 0,
            retry_at: None,
        }
    }
}

/// The certificate that is shown now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Working {
    pub(crate) covers: Vec<CertName>,
    pub(crate) not_before: Micros,
    pub(crate) not_after: Micros,
}

/// What a choice is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    /// All names that it is wanted for.
    pub(crate) wanted: &'a [CertName],
    /// Those that are left out.
    pub(crate) left_out: &'a [LeftOut],
    /// What is shown; none: it signs itself.
    pub(crate) working: Option<&'a Working>,
    /// It is to be renewed, whether or not it gains a name.
    pub(crate) due: bool,
    pub(crate) now: Micros,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Order these.
    Order(Vec<CertName>),
    /// What is there has all that can be had.
    Enough,
    /// No name is left to order.
    Nothing,
    /// What works has these besides, which are wanted: it stays.
    Worse(Vec<CertName>),
}

/// Which names to order.
pub(crate) fn choose(case: Case<'_>) -> Choice {
    let is_left_out = |name: &CertName| case.left_out.iter().any(|left| left.name == *name);
    let names: Vec<CertName> = case.wanted.iter().filter(|name| !is_left_out(name)).cloned().collect();
    if let Some(working) = case.working.filter(|working| working.not_after > case.now) {
        let lost: Vec<CertName> = working
            .covers
            .iter()
            .filter(|name| case.wanted.contains(name) && is_left_out(name))
            .cloned()
            .collect();
        let is_ending = schedule::last_days(working.not_before, working.not_after) <= case.now;
        if !lost.is_empty() && (!is_ending || names.is_empty()) {
            return if case.due { Choice::Worse(lost) } else { Choice::Enough };
        }
        if !case.due && names.iter().all(|name| working.covers.contains(name)) {
            return Choice::Enough;
        }
    }
    if names.is_empty() { Choice::Nothing } else { Choice::Order(names) }
}

/// What is left out before anything is asked: names that this server cannot prove, that are not the account's any longer, those that are too
/// many, and those whose time to be asked for again has not come, unless a person asked.
pub(crate) fn before(
    wanted: &[CertName],
    own: &[CertName],
    can_prove: impl Fn(&CertName) -> bool,
    known: &[LeftOut],
    (asked, now): (bool, Micros),
) -> Vec<LeftOut> {
    let mut left = Vec::new();
    let mut asked_for = 0;
    for name in wanted {
        let known = known.iter().find(|known| known.name == *name);
        if !own.contains(name) {
            let remedy = "Give the name to a site of the account, or have an administrator approve it.";
            left.push(LeftOut::never(
                name,
                "name_not_of_account",
                "The name is another's, or waits for approval.",
                remedy,
            ));
        } else if !can_prove(name) {
            let detail = "Authorities prove a name with a star by DNS, and there is no DNS provider yet.";
            left.push(LeftOut::never(
                name,
                "no_dns_provider",
                detail,
                "Name the single names, or bring such a certificate.",
            ));
        } else if let Some(waits) = known.filter(|known| known.retry_at.is_some_and(|at| at > now && !asked))
        {
            left.push(waits.clone());
        } else if asked_for == MOST {
            let remedy = "Give some of the names to another site.";
            left.push(LeftOut::never(
                name,
                "names_too_many",
                "A certificate is for 100 names at most.",
                remedy,
            ));
        } else {
            asked_for += 1;
        }
    }
    left
}

/// When the next name is asked for again.
pub(crate) fn next_retry(left_out: &[LeftOut]) -> Option<Micros> {
    left_out.iter().filter_map(|left| left.retry_at).min()
}

#[cfg(test)]
mod tests;
