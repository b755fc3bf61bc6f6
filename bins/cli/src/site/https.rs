//! How a site answers by HTTPS.

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use super::subject;
use crate::change::{ChangeArgs, IfMatchArgs};
use crate::failure::Failure;
use crate::fields::text;
use crate::run::Session;

/// How a new site answers by HTTPS
#[derive(Debug, Args)]
pub(crate) struct NewHttpsArgs {
    /// Answer by HTTP alone
    #[arg(long, conflicts_with = "certificate")]
    no_https: bool,
    /// Show this certificate of the account, by its id, in place of one of its own
    #[arg(long, value_name = "ID")]
    certificate: Option<String>,
}

impl NewHttpsArgs {
    /// What the API is asked for; none where nothing was said.
    pub(crate) fn value(self) -> Option<Value> {
        if self.no_https {
            return Some(Value::Null);
        }
        self.certificate.map(|certificate| json!({ "certificate": own(certificate) }))
    }
}

/// `own` is null: a certificate of its own.
fn own(certificate: String) -> Value {
    if certificate == "own" { Value::Null } else { certificate.into() }
}

/// Which site, and how it is to answer by HTTPS; what is not said stays
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast site https [OPTIONS] <SITE>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["on", "off", "certificate", "force", "no_force", "hsts"]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct HttpsArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// Answer by HTTPS, too; with a certificate of its own, unless another is named
    #[arg(long)]
    on: bool,
    /// Answer by HTTP alone; its own certificate is removed
    #[arg(long, conflicts_with_all = ["on", "certificate", "force", "no_force", "hsts"])]
    off: bool,
    /// Show this certificate of the account, by its id; "own": one of its own, which follows its names
    #[arg(long, value_name = "ID")]
    certificate: Option<String>,
    /// Send visitors by HTTP on to HTTPS
    #[arg(long)]
    force: bool,
    /// Send nobody on; browsers are told nothing, either
    #[arg(long, conflicts_with_all = ["force", "hsts"])]
    no_force: bool,
    /// Tell browsers to come by HTTPS alone for so many seconds, such as 31536000; "none": tell them nothing. Visitors by HTTP must be sent
    /// on
    #[arg(long, value_name = "SECONDS", value_parser = Hsts::parse)]
    hsts: Option<Hsts>,
    /// With --hsts: for all names below, too
    #[arg(long, requires = "hsts")]
    include_subdomains: bool,
    /// With --hsts: browsers' makers may build it in, which is hard to take back
    #[arg(long, requires = "hsts")]
    preload: bool,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// For how long browsers are to come by HTTPS alone.
#[derive(Debug, Clone, Copy)]
enum Hsts {
    /// Nothing is said.
    None,
    /// Seconds.
    For(u32),
}

impl Hsts {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            text => text
                .parse()
                .map(Self::For)
                .map_err(|_| "write seconds, such as 31536000, or \"none\"".to_owned()),
        }
    }
}

impl HttpsArgs {
    /// What the API is asked for.
    fn value(&self) -> Value {
        if self.off {
            return Value::Null;
        }
        let mut https = Map::new();
        if let Some(certificate) = &self.certificate {
            https.insert("certificate".to_owned(), own(certificate.clone()));
        }
        if self.force || self.no_force {
            https.insert("force".to_owned(), self.force.into());
        }
        let hsts = match self.hsts {
            Some(Hsts::For(max_age)) => Some(
                json!({ "max_age": max_age, "include_subdomains": self.include_subdomains, "preload": self.preload }),
            ),
            Some(Hsts::None) => Some(Value::Null),
            None => self.no_force.then_some(Value::Null),
        };
        if let Some(hsts) = hsts {
            https.insert("hsts".to_owned(), hsts);
        }
        Value::Object(https)
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let body = |_: &Value| Ok(json!({ "https": self.value() }));
        self.change.edit(session, subject(&self.site), &self.if_match, body).await
    }
}

/// The part of a site that says it; none where the panel says nothing.
fn part<'a>(site: &'a Value, name: &str) -> Option<&'a Value> {
    site.get("https")?.get(name).filter(|value| !value.is_null())
}

/// How it answers by HTTPS, in a few words.
pub(crate) fn https_words(site: &Value) -> String {
    let Some(https) = site.get("https") else { return String::new() };
    if https.is_null() {
        return "no".to_owned();
    }
    let certificate = match part(site, "certificate") {
        None => "a certificate of its own as soon as a name is approved".to_owned(),
        Some(certificate) => {
            let own = certificate.get("own").and_then(Value::as_bool).unwrap_or_default();
            let whose = if own { "its own certificate" } else { "certificate" };
            format!("{whose} {}", text(certificate, "id"))
        }
    };
    let force = https.get("force").and_then(Value::as_bool).unwrap_or_default();
    let force = if force { "; visitors by HTTP are sent on" } else { "" };
    format!("yes, with {certificate}{force}")
}

/// What browsers are told.
pub(crate) fn hsts_words(site: &Value) -> String {
    let Some(hsts) = part(site, "hsts") else { return String::new() };
    let is = |name: &str| hsts.get(name).and_then(Value::as_bool).unwrap_or_default();
    let below = if is("include_subdomains") { ", for all names below, too" } else { "" };
    let preload = if is("preload") { ", to be built in" } else { "" };
    format!("{} seconds{below}{preload}", text(hsts, "max_age"))
}

#[cfg(test)]
mod tests;
