//! What visitors of a site get: its files, another address, or a page that says that it is being worked on.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::subject;
use crate::change::{ChangeArgs, IfMatchArgs};
use crate::failure::Failure;
use crate::fields::text;
use crate::run::Session;

/// Where all visitors are sent on to
#[derive(Debug, Args)]
pub(crate) struct RedirectArgs {
    /// Send all visitors on to this address, such as `https://www.example.org/`; "none": show the files again
    #[arg(long, value_name = "URL")]
    redirect: Option<String>,
    /// The status that says so: 301 and 308 for good, 302 and 307 for now [default: 301]
    #[arg(long = "redirect-code", value_name = "STATUS", requires = "redirect",
          value_parser = clap::builder::PossibleValuesParser::new(["301", "302", "307", "308"]))]
    code: Option<String>,
    /// Add what was asked for to the address: path and query
    #[arg(long, requires = "redirect")]
    keep_path: bool,
}

impl RedirectArgs {
    /// What the API is asked for; none where nothing was said.
    pub(crate) fn value(self) -> Option<Value> {
        let to = self.redirect?;
        if to == "none" {
            return Some(Value::Null);
        }
        let code: u16 = self.code.and_then(|code| code.parse().ok()).unwrap_or(301);
        Some(json!({ "to": to, "code": code, "keep_path": self.keep_path }))
    }
}

/// Which further names change, and how.
#[derive(Debug)]
pub(crate) struct Aliases {
    /// The new primary name.
    pub(crate) name: Option<String>,
    pub(crate) add: Vec<String>,
    pub(crate) drop: Vec<String>,
    /// Visitors of these are sent on from now on.
    pub(crate) send: Vec<String>,
    /// And of these no longer.
    pub(crate) keep: Vec<String>,
}

fn list(site: &Value, field: &str) -> Vec<String> {
    let there = site.get(field).and_then(Value::as_array).into_iter().flatten();
    there.filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Aliases {
    /// Adds to the body what they become of a site as it is now.
    pub(crate) fn put(&self, site: &Value, body: &mut Map<String, Value>) -> Result<(), Failure> {
        if [&self.add, &self.drop, &self.send, &self.keep].iter().all(|names| names.is_empty()) {
            return Ok(());
        }
        let (mut aliases, mut redirected) = (list(site, "aliases"), list(site, "redirected"));
        let remedy = || format!("`holdfast site show {}` lists them.", text(site, "name"));
        if let Some(name) = self.drop.iter().find(|name| !aliases.contains(name)) {
            return Err(Failure::refused(format!("{name} is none of the site's further names"), remedy()));
        }
        if let Some(name) = self.keep.iter().find(|name| !redirected.contains(name)) {
            return Err(Failure::refused(format!("visitors of {name} are not sent on"), remedy()));
        }
        // the new primary name was a further one, mostly
        let goes = |name: &String| self.drop.contains(name) || self.name.as_ref() == Some(name);
        aliases.retain(|name| !goes(name));
        redirected.retain(|name| !goes(name) && !self.keep.contains(name));
        for name in self.add.iter().chain(&self.send) {
            if !aliases.contains(name) {
                aliases.push(name.clone());
            }
        }
        for name in &self.send {
            if !redirected.contains(name) {
                redirected.push(name.clone());
            }
        }
        body.insert("aliases".to_owned(), aliases.into());
        if !self.send.is_empty() || !self.keep.is_empty() || redirected != list(site, "redirected") {
            body.insert("redirected".to_owned(), redirected.into());
        }
        Ok(())
    }
}

/// A site that is being worked on: visitors get 503 and a page that says so
#[derive(Debug, Subcommand)]
pub(crate) enum MaintenanceCommand {
    /// From now on
    On(OnArgs),
    /// No longer
    Off(OffArgs),
}

/// Which site, and who gets to see it all the same
#[derive(Debug, Args)]
pub(crate) struct OnArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// A network whose visitors get to see the site, such as 203.0.113.0/24 or `2001:db8::/32`; may be given again
    #[arg(long = "allow", value_name = "NETWORK")]
    allow: Vec<String>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct OffArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl MaintenanceCommand {
    /// How the change is made.
    pub(crate) fn change(&mut self) -> &mut ChangeArgs {
        match self {
            Self::On(args) => &mut args.change,
            Self::Off(args) => &mut args.change,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let (site, if_match, change, wanted) = match self {
            Self::On(args) => (args.site, args.if_match, args.change, json!({ "allow": args.allow })),
            Self::Off(args) => (args.site, args.if_match, args.change, Value::Null),
        };
        let body = |_: &Value| Ok(json!({ "maintenance": wanted.clone() }));
        change.edit(session, subject(&site), &if_match, body).await
    }
}

/// What visitors get, in a few words.
pub(crate) fn redirect_words(site: &Value) -> String {
    let Some(redirect) = site.get("redirect").filter(|redirect| !redirect.is_null()) else {
        return String::new();
    };
    let path = redirect.get("keep_path").and_then(Value::as_bool).unwrap_or_default();
    let path = if path { ", path and query kept" } else { "" };
    format!("{} ({}{path})", text(redirect, "to"), text(redirect, "code"))
}

/// Who sees a site that is being worked on.
pub(crate) fn maintenance_words(site: &Value) -> String {
    let Some(maintenance) = site.get("maintenance").filter(|maintenance| !maintenance.is_null()) else {
        return "no".to_owned();
    };
    let allow = text(maintenance, "allow");
    if allow.is_empty() { "yes".to_owned() } else { format!("yes, but not for {allow}") }
}

#[cfg(test)]
mod tests;
