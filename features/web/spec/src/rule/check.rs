//! What contradicts itself in a list of rules, whoever asked for it: the panel says it to people, the agent holds to it.

use std::collections::BTreeSet;

use names::{BasicUser, FileEnding, HeaderName};

use super::{Cors, DirectoryUser, PathRedirect, Rewrite, Rule};

/// The most rules of a site: each costs every request to it a comparison.
pub const MOST: usize = 200;
/// The most different headers that rules of a site name.
const MOST_HEADERS: usize = 32;
/// The most limits of each kind: each takes 1 MiB of the web server's memory.
const MOST_LIMITS: usize = 8;
/// The most entries of a list within a rule.
const MOST_ENTRIES: usize = 100;
/// The longest time that browsers keep something, in seconds: a year.
const LONGEST_CACHE: u32 = 31_536_000;
/// The longest time that the answer to a browser which asks beforehand holds, in seconds: a day.
const LONGEST_PREFLIGHT: u32 = 86_400;
/// The most requests of a limit.
const MOST_REQUESTS: u16 = 10_000;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The rule and the field, below the list: `3/redirect/to`; empty for the list itself.
    pub place: String,
    /// Stable.
    pub code: &'static str,
    /// A sentence.
    pub reason: String,
    /// A sentence.
    pub remedy: &'static str,
}

/// What is known of somebody who may enter a directory.
pub trait Named {
    /// The name.
    fn name(&self) -> &BasicUser;
}

impl Named for DirectoryUser {
    fn name(&self) -> &BasicUser {
        &self.name
    }
}

type Checked = Result<(), RuleError>;

fn refuse(place: &str, code: &'static str, reason: impl Into<String>, remedy: &'static str) -> Checked {
    Err(RuleError { place: place.to_owned(), code, reason: reason.into(), remedy })
}

/// Refuses the first rule that contradicts itself or one before it.
pub fn check<U: Named>(rules: &[Rule<U>]) -> Checked {
    if rules.len() > MOST {
        let remedy = "Send 200 rules at most; a path with a wildcard stands for many without.";
        return refuse("", "rules_too_many", "There are too many rules.", remedy);
    }
    let mut seen = Seen::default();
    for (at, rule) in rules.iter().enumerate() {
        let kind = rule.kind();
        let placed = |error: RuleError| {
            let below = if error.place.is_empty() { String::new() } else { format!("/{}", error.place) };
            RuleError { place: format!("{at}/{kind}{below}"), ..error }
        };
        alone(rule).and_then(|()| seen.add(rule)).map_err(placed)?;
    }
    Ok(())
}

/// What the rules before say.
#[derive(Default)]
struct Seen {
    headers: BTreeSet<String>,
    once: BTreeSet<String>,
    rates: usize,
    connections: usize,
}

impl Seen {
    fn add<U>(&mut self, rule: &Rule<U>) -> Checked {
        let once = match rule {
            Rule::BodySize(_) | Rule::Index(_) => Some((rule.kind().to_owned(), "")),
            Rule::ErrorPage(page) => Some((format!("{} {}", rule.kind(), u16::from(page.status)), "status")),
            Rule::Listing(listing) => Some((format!("{} {}", rule.kind(), listing.path), "path")),
            _ => None,
        };
        if let Some((key, field)) = once
            && !self.once.insert(key)
        {
            let reason = "A rule before says the same already.";
            return refuse(field, "rule_twice", reason, "Change that one, or leave this one out.");
        }
        match rule {
            Rule::SetHeader(set) => self.header(&set.name),
            Rule::RemoveHeader(remove) => self.header(&remove.name),
            Rule::RateLimit(_) => {
                self.rates += 1;
                few_limits(self.rates)
            }
            Rule::ConnectionLimit(_) => {
                self.connections += 1;
                few_limits(self.connections)
            }
            _ => Ok(()),
        }
    }

    fn header(&mut self, name: &HeaderName) -> Checked {
        self.headers.insert(name.lower());
        if self.headers.len() > MOST_HEADERS {
            let reason = "The rules name too many different headers.";
            return refuse("name", "headers_too_many", reason, "Name 32 different headers at most.");
        }
        Ok(())
    }
}

fn few_limits(count: usize) -> Checked {
    if count > MOST_LIMITS {
        let reason = "There are too many limits of this kind.";
        return refuse("", "limits_too_many", reason, "Send eight limits of a kind at most.");
    }
    Ok(())
}

/// What is wrong with a rule by itself.
fn alone<U: Named>(rule: &Rule<U>) -> Checked {
    match rule {
        Rule::SetHeader(set) => free(&set.name),
        Rule::RemoveHeader(remove) => free(&remove.name),
        Rule::Rewrite(rewrite) => check_rewrite(rewrite),
        Rule::Redirect(redirect) => check_redirect(redirect),
        Rule::Addresses(addresses) => entries("networks", addresses.networks.len(), 1),
        Rule::Password(directory) => {
            entries("users", directory.users.len(), 1)?;
            let mut names = BTreeSet::new();
            let twice = directory.users.iter().position(|user| !names.insert(user.name()));
            twice.map_or(Ok(()), |at| {
                refuse(
                    &format!("users/{at}/name"),
                    "user_twice",
                    "This name is here already.",
                    "Send it once.",
                )
            })
        }
        Rule::Cache(cache) => {
            endings(&cache.endings, 0)?;
            within("seconds", cache.seconds, 0, LONGEST_CACHE)
        }
        Rule::Cors(cors) => check_cors(cors),
        Rule::Hotlink(hotlink) => {
            endings(&hotlink.endings, 1)?;
            entries("referers", hotlink.referers.len(), 0)
        }
        Rule::RateLimit(limit) => {
            within("requests", limit.requests.into(), 1, MOST_REQUESTS.into())?;
            within("burst", limit.burst.into(), 0, MOST_REQUESTS.into())
        }
        Rule::ConnectionLimit(limit) => {
            within("connections", limit.connections.into(), 1, MOST_REQUESTS.into())
        }
        Rule::Deny(_)
        | Rule::BodySize(_)
        | Rule::ErrorPage(_)
        | Rule::Index(_)
        | Rule::Listing(_)
        | Rule::FrontController(_) => Ok(()),
    }
}

fn free(name: &HeaderName) -> Checked {
    if name.is_free() {
        return Ok(());
    }
    let reason = format!("The header {name} is the web server's own, or has a setting of its own.");
    refuse("name", "header_own", reason, "Name another header.")
}

fn check_rewrite(rewrite: &Rewrite) -> Checked {
    captured(rewrite.to.captures(), rewrite.from.wildcards())
}

fn check_redirect(redirect: &PathRedirect) -> Checked {
    captured(redirect.to.captures(), redirect.from.wildcards())?;
    if redirect.keep_query && redirect.to.has_query() {
        let reason = "A query cannot be added to an address with a question mark.";
        let remedy = "Leave out the question mark and what follows, or do not keep the query.";
        return refuse("to", "redirect_query", reason, remedy);
    }
    if let Some(path) = redirect.to.site_path()
        && (redirect.from.matches(path) || same_shape(redirect))
    {
        let reason = "The path that visitors are sent on to is one that is sent on: they would go round.";
        return refuse(
            "to",
            "redirect_loop",
            reason,
            "Send them to a path that this rule does not stand for.",
        );
    }
    Ok(())
}

/// The target is the pattern again, with its captures: `/a/*` to `/a/$1`.
fn same_shape(redirect: &PathRedirect) -> bool {
    let Some(path) = redirect.to.site_path().filter(|path| path.contains('$')) else { return false };
    let mut plain = String::new();
    for (at, part) in path.split('$').enumerate() {
        plain.push_str(if at == 0 { part } else { part.get(1..).unwrap_or_default() });
        if at == 0 || at < path.matches('$').count() {
            plain.push('0');
        }
    }
    redirect.from.matches(&plain)
}

fn captured(used: usize, there: usize) -> Checked {
    if used <= there {
        return Ok(());
    }
    let reason = format!("${used} stands for no wildcard: the path has {there}.");
    refuse("to", "capture_unknown", reason, "Use the numbers of the wildcards alone, from 1 on.")
}

fn check_cors(cors: &Cors) -> Checked {
    entries("origins", cors.origins.len(), 1)?;
    entries("methods", cors.methods.len(), 1)?;
    entries("headers", cors.headers.len(), 0)?;
    let any = cors.origins.iter().position(names::WebOrigin::is_any);
    if any.is_some() && cors.origins.len() > 1 {
        let remedy = "Send * alone, or leave it out.";
        return refuse("origins", "origin_any", "Every origin is meant already.", remedy);
    }
    if any.is_some() && cors.credentials {
        let reason = "Browsers take no answer with credentials that is for every origin.";
        return refuse("credentials", "origin_any", reason, "Name the origins, or leave credentials out.");
    }
    within("preflight", cors.preflight.unwrap_or(0), 0, LONGEST_PREFLIGHT)
}

fn endings(endings: &[FileEnding], least: usize) -> Checked {
    entries("endings", endings.len(), least)
}

fn entries(field: &str, count: usize, least: usize) -> Checked {
    if count < least {
        return refuse(field, "list_empty", "The list is empty.", "Name one at least.");
    }
    if count > MOST_ENTRIES {
        return refuse(field, "list_too_long", "The list is too long.", "Send 100 entries at most.");
    }
    Ok(())
}

fn within(field: &str, number: u32, least: u32, most: u32) -> Checked {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    let reason = format!("The number is not one from {least} to {most}.");
    refuse(field, "number_out_of_range", reason, "Send a number in that range.")
}

#[cfg(test)]
mod tests;
