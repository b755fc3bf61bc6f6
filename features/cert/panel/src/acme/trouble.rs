//! Why an authority did not do what was asked: its own words, and what can be done.

use std::time::Duration;

use instant_acme::{Error, Problem, Subproblem};
use names::CertName;

use super::http::{Fault, Last};

/// What the types of problems begin with (RFC 8555, 6.7).
const PREFIX: &str = "urn:ietf:params:acme:error:";
/// The longest words of an authority that are kept, in characters.
const LONGEST: usize = 1000;

/// A name that an authority will not certify, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedName {
    pub(crate) name: CertName,
    /// The type of the problem without what all begin with, such as `caa`.
    pub(crate) kind: String,
    /// The authority's words.
    pub(crate) detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A problem document of this type.
    Problem(String),
    /// It does not answer, or says that it cannot now.
    Away,
    /// It answers what nobody understands.
    Odd,
}

/// Why an authority did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    kind: Kind,
    /// What it said, or what was seen.
    pub(crate) words: String,
    /// What it said of single names.
    names: Vec<RefusedName>,
    /// For how long it wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Trouble {
    /// It does not answer.
    pub(crate) fn away(words: impl Into<String>) -> Self {
        Self { kind: Kind::Away, words: words.into(), names: Vec::new(), retry_after: None }
    }

    /// It does something that no authority should.
    pub(crate) fn odd(words: impl Into<String>) -> Self {
        Self { kind: Kind::Odd, words: words.into(), names: Vec::new(), retry_after: None }
    }

    /// As the library tells it; `last` is what the last answer said beside its body.
    pub(crate) fn of(error: Error, last: &Last) -> Self {
        match error {
            Error::Api(problem) => Self::of_problem(&problem, last),
            Error::Other(other) => match other.downcast_ref::<Fault>() {
                Some(fault) => Self::of_fault(fault),
                None => Self::odd(clip(&other.to_string())),
            },
            // whatever stands before an authority answers in pages
            Error::Json(_) | Error::Str(_) => Self::of_status(&error.to_string(), last),
            other => Self::odd(clip(&other.to_string())),
        }
    }

    pub(crate) fn of_fault(fault: &Fault) -> Self {
        match fault {
            Fault::Forbidden(words) => Self::odd(words.clone()),
            Fault::NoAnswer(_) | Fault::NobodyAsks(_) => Self::away(fault.to_string()),
        }
    }

    pub(crate) fn of_problem(problem: &Problem, last: &Last) -> Self {
        let kind = short(problem.r#type.as_deref());
        let status = problem.status.or(last.status);
        let words = match (&problem.detail, kind.is_empty()) {
            (Some(detail), _) => clip(detail),
            (None, false) => format!("it refuses: {kind}"),
            (None, true) => return Self::of_status("it refuses without a word", last),
        };
        let names = problem.subproblems.iter().filter_map(of_name).collect();
        let kind = match (kind.as_str(), status) {
            ("serverInternal", _) | ("", Some(500..)) => Kind::Away,
            ("", Some(429)) => Kind::Problem("rateLimited".to_owned()),
            (kind, _) => Kind::Problem(kind.to_owned()),
        };
        Self { kind, words, names, retry_after: last.retry_after }
    }

    /// An answer that is no problem document.
    pub(crate) fn of_status(words: &str, last: &Last) -> Self {
        let Some(status) = last.status else { return Self::odd(clip(words)) };
        let (kind, words) = match status {
            429 => {
                (Kind::Problem("rateLimited".to_owned()), "it answers 429: it is asked too often".to_owned())
            }
            500.. => (Kind::Away, format!("it answers {status}")),
            300..400 => (Kind::Odd, format!("it answers {status}, a redirection, which is not followed")),
            400.. => (Kind::Odd, format!("it answers {status} without a word")),
            _ => (Kind::Odd, clip(words)),
        };
        Self { kind, words, names: Vec::new(), retry_after: last.retry_after }
    }

    /// Whether it is a problem of this type.
    pub(crate) fn is(&self, kind: &str) -> bool {
        matches!(&self.kind, Kind::Problem(own) if own == kind)
    }

    /// Whether it may well answer if it is asked again.
    pub(crate) fn is_away(&self) -> bool {
        self.kind == Kind::Away
    }

    /// A stable word: the type of the problem as the panel spells words, `authority_away`, or `authority_odd`.
    pub(crate) fn code(&self) -> String {
        match &self.kind {
            Kind::Problem(kind) => format!("authority_{}", snake(kind)),
            Kind::Away => "authority_away".to_owned(),
            Kind::Odd => "authority_odd".to_owned(),
        }
    }

    /// What can be done.
    pub(crate) fn remedy(&self) -> &'static str {
        match &self.kind {
            Kind::Problem(kind) => remedy(kind),
            Kind::Away => {
                "It is tried again by itself. If it stays so, look at https://letsencrypt.status.io or its like, and at the server's way out."
            }
            Kind::Odd => {
                "Look whether the address of the authority's directory is right, then renew the certificate by hand."
            }
        }
    }

    /// Which of the names that were asked for it will not certify. Where it names none and says that it is about one, those that its words
    /// name; where only one was asked for, that one.
    pub(crate) fn refused(&self, asked: &[CertName]) -> Vec<RefusedName> {
        let of: Vec<RefusedName> = self.names.iter().filter(|of| asked.contains(&of.name)).cloned().collect();
        if !of.is_empty() {
            return of;
        }
        let Kind::Problem(kind) = &self.kind else { return Vec::new() };
        let about_names = ["rejectedIdentifier", "unsupportedIdentifier", "caa", "dns"]
            .contains(&kind.as_str())
            || (kind == "rateLimited" && self.words.contains("authorization"));
        if !about_names {
            return Vec::new();
        }
        let refused = |name: &CertName| RefusedName {
            name: name.clone(),
            kind: kind.clone(),
            detail: self.words.clone(),
        };
        let named: Vec<RefusedName> =
            asked.iter().filter(|name| mentions(&self.words, name)).map(refused).collect();
        match (named.is_empty(), asked) {
            (true, [only]) if kind != "rateLimited" => vec![refused(only)],
            _ => named,
        }
    }

    /// Whether a limit that was reached is that of these very names, so that other certificates may be asked for all the same.
    pub(crate) fn is_limit_of(&self, asked: &[CertName]) -> bool {
        let parents = asked.iter().filter_map(|name| CertName::parse(name.base().registrable()).ok());
        self.words.contains("exact set")
            || asked.iter().any(|name| mentions(&self.words, name))
            || parents.into_iter().any(|parent| mentions(&self.words, &parent))
    }
}

/// Whether a text has this name in it, and not only a longer one.
fn mentions(text: &str, name: &CertName) -> bool {
    let name = name.to_string();
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*' | '_');
    text.split(|c| !part(c)).any(|word| word.trim_matches('.').eq_ignore_ascii_case(&name))
}

fn short(kind: Option<&str>) -> String {
    let kind = kind.unwrap_or_default();
    kind.strip_prefix(PREFIX).unwrap_or(if kind == "about:blank" { "" } else { kind }).to_owned()
}

/// `rejectedIdentifier` as `rejected_identifier`.
pub(crate) fn snake(kind: &str) -> String {
    let (mut text, mut before) = (String::new(), '_');
    for c in kind.chars().take(60) {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            text.push('_');
        }
        text.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
        before = c;
    }
    text
}

fn of_name(problem: &Subproblem) -> Option<RefusedName> {
    let name = match problem.identifier.as_ref()? {
        instant_acme::Identifier::Dns(name) => CertName::parse(name).ok()?,
        _ => return None,
    };
    let kind = short(problem.r#type.as_deref());
    let detail = problem.detail.as_deref().map_or_else(|| format!("it refuses: {kind}"), clip);
    Some(RefusedName { name, kind, detail })
}

/// The error of a challenge that was not met.
pub(crate) fn of_challenge(name: CertName, error: Option<&Problem>) -> RefusedName {
    let kind = short(error.and_then(|problem| problem.r#type.as_deref()));
    let detail = error.and_then(|problem| problem.detail.as_deref());
    RefusedName {
        name,
        kind: if kind.is_empty() { "unauthorized".to_owned() } else { kind },
        detail: detail.map_or_else(|| "it does not say why".to_owned(), clip),
    }
}

/// One line, not too long, without control characters.
pub(crate) fn clip(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What can be done about a problem of this type.
pub(crate) fn remedy(kind: &str) -> &'static str {
    match kind {
        "dns" => {
            "Have the name lead to this server: an A record, and an AAAA record only where the server has an IPv6 address. It is tried again by itself."
        }
        "connection" => {
            "The authority could not reach the name on port 80. Let port 80 through every firewall, and look at the name's A and AAAA records. It is tried again by itself."
        }
        "unauthorized" | "incorrectResponse" => {
            "Another server answers for the name. Look at its A and AAAA records, and at what stands before this server, such as a CDN. It is tried again by itself."
        }
        "tls" => {
            "The name answers by HTTPS with something that is no TLS, where it should not have been sent there. Look at what stands before this server."
        }
        "caa" => {
            "A CAA record of the name, or of one above it, does not let this authority issue. Add a record that names it, or remove those there are."
        }
        "rejectedIdentifier" | "unsupportedIdentifier" => {
            "The authority issues nothing for this name. Use another authority, or bring a certificate."
        }
        "rateLimited" => {
            "The authority asks to be left alone for a while. It is tried again by itself when that is over; until then what works stays."
        }
        "externalAccountRequired" => {
            "The authority wants to know which of its customers asks: enter the key that it gave you for that (EAB)."
        }
        "accountDoesNotExist" => {
            "The panel makes a new account at the authority by itself when it is tried again."
        }
        "userActionRequired" => {
            "The authority wants something of you, likely that you agree to new terms. Follow what it says, then renew by hand."
        }
        "invalidContact" | "unsupportedContact" => {
            "The authority does not take the contact. Change it, or leave it out."
        }
        "badCSR" | "badPublicKey" | "badSignatureAlgorithm" => {
            "The authority does not take the request. Choose another kind of key, or another authority."
        }
        "alreadyRevoked" | "badRevocationReason" => "Renew the certificate by hand.",
        _ => "Read the authority's words. It is tried again by itself; `certificate renew` tries at once.",
    }
}

#[cfg(test)]
mod tests;
