//! The story of HTTPS and certificates, line by line: a site of ten names that answers by HTTPS at once; an authority, which finds that one
//! of the names does not lead here; renewals, one of which fails; visitors who are sent on to HTTPS; a certificate that the owner brings,
//! and what is refused.

mod brought;
mod ordered;
mod visited;

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testhost::{Cmd, Output};

use crate::node::Node;
use crate::pebble::{Chaos, Pebble};
use crate::story::{resolve, shown};
use crate::transcript::{Prompt, Transcript};

const LIMIT: Duration = Duration::from_secs(90);
/// How long an order may take: the authority refuses good nonces and lets one wait.
const ORDER: Duration = Duration::from_mins(4);
const CHAOS: Chaos = Chaos { refused_nonces: 50, reused_authorisations: 50, validation_pause: 2 };
const PASSWORD: &str = "correct horse battery staple";
const SITE: &str = "www.example.test";
/// The site's further names.
const ALIASES: [&str; 9] = [
    "example.test",
    "shop.example.test",
    "blog.example.test",
    "news.example.test",
    "docs.example.test",
    "wiki.example.test",
    "mail.example.test",
    "help.example.test",
    LOST,
];
/// The one that leads elsewhere, at first.
const LOST: &str = "lost.example.test";

/// The story's teller: a server, an authority on the other end of its cable, and what is told.
struct Teller<'a, 't> {
    node: &'a Node,
    told: &'a mut Transcript<'t>,
    authority: Pebble,
    roots: Roots,
    /// The id of the site's certificate.
    id: String,
}

/// Plays the story on a server with Holdfast set up and no account.
///
/// # Errors
/// A command could not be run at all. What does not hold is in the transcript.
pub fn play(node: &Node, told: &mut Transcript<'_>) -> Result<()> {
    let authority = Pebble::of(node, CHAOS)?;
    let roots = Roots::new()?;
    let mut teller = Teller { node, told, authority, roots, id: String::new() };
    teller.told.note(
        "`#` is root on the server; `outside$` is a visitor's machine, where the names lead to the server. The authority is Debian's pebble: it refuses half of all good nonces.",
    )?;
    teller.https_at_once()?;
    teller.nine_of_ten_names()?;
    teller.why_the_tenth_is_missing()?;
    teller.what_the_owner_puts_in_the_way()?;
    teller.the_tenth_joins()?;
    teller.a_renewal_that_fails()?;
    teller.visitors_are_sent_on()?;
    teller.nobody_else_is_shown()?;
    teller.a_certificate_of_the_owners()?;
    teller.what_is_refused()?;
    teller.everything_goes()
}

/// What visitors trust, in files of this machine; gone when dropped.
struct Roots(PathBuf);

impl Roots {
    fn new() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("holdfast-web-and-tls-{}", std::process::id()));
        fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        Ok(Self(dir))
    }

    /// Where a root lies.
    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn put(&self, name: &str, pem: &str) -> Result<()> {
        fs::write(self.path(name), pem).with_context(|| self.path(name))
    }
}

impl Drop for Roots {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// All ten names, the first one first.
fn names() -> Vec<&'static str> {
    [SITE].into_iter().chain(ALIASES).collect()
}

/// All that lead to the server from the beginning.
fn good_names() -> Vec<&'static str> {
    names().into_iter().filter(|name| *name != LOST).collect()
}

impl Teller<'_, '_> {
    /// `holdfast ...` as root.
    fn root(&mut self, args: &[&str]) -> Result<Output> {
        let typed = [&["holdfast"], args].concat();
        self.told.run(Prompt::Root, &shown(&typed), self.node.command(&typed).deadline(ORDER))
    }

    /// The status of a page that a visitor gets who trusts the root of this name alone; not of this status where the certificate is refused.
    fn visit(&mut self, root: &str, name: &str, address: IpAddr) -> Result<Output> {
        let (root, resolve) = (self.roots.path(root), resolve(name, 443, address));
        let url = format!("https://{name}/");
        let status = r"%{http_code}\n";
        self.outside(&[
            "curl",
            "-sS",
            "-o",
            "/dev/null",
            "-w",
            status,
            "--cacert",
            &root,
            "--resolve",
            &resolve,
            &url,
        ])
    }

    /// The addresses of the server, of both families.
    fn addresses(&self) -> [IpAddr; 2] {
        [IpAddr::V4(self.node.ipv4()), IpAddr::V6(self.node.ipv6())]
    }

    /// A line of root's shell.
    fn shell(&mut self, line: &str) -> Result<Output> {
        self.told.run(Prompt::Root, line, self.node.command(["sh", "-c", line]).deadline(LIMIT))
    }

    /// A line of somebody's shell on another machine.
    fn outside(&mut self, argv: &[&str]) -> Result<Output> {
        self.told.run(Prompt::Outside, &shown(argv), Cmd::new(argv).deadline(LIMIT))
    }

    /// What holds of a command that must succeed.
    fn done(&mut self, what: &str, output: &Output) -> Result<()> {
        Ok(self.told.expect(what, output.ok())?)
    }

    /// What holds of a command that must be refused: by this field, with these words, and with what to do.
    fn refused(&mut self, what: &str, output: &Output, words: &str) -> Result<()> {
        let said = output.error_text();
        let told = said.to_lowercase().contains(words) && said.contains("remedy: ");
        Ok(self.told.expect(&format!("refused, with a remedy: {what}"), output.code() == 1 && told)?)
    }

    /// How the site's certificate stands, untold.
    fn certificate(&self) -> Result<Value> {
        self.node.api()?.get(&format!("/certificates/{}", self.id))
    }

    /// Waits until it is as wanted, and tells how long that took.
    fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = std::time::Instant::now();
        let path = format!("/certificates/{}", self.id);
        let view = self.node.api()?.wait_until(&path, ORDER, |view| crate::is_ready(view) && wanted(view))?;
        self.told.note(&format!("[{what} after {:.1} s]", begun.elapsed().as_secs_f64()))?;
        Ok(view)
    }

    /// Asks for a renewal, and waits for another certificate that is as wanted.
    fn renewed(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let before = self.certificate()?["serial"].clone();
        let id = self.id.clone();
        let asked = self.root(&["certificate", "renew", &id])?;
        self.done("a renewal is asked for", &asked)?;
        self.until(what, |view| view["serial"] != before && view["self_signed"] == false && wanted(view))
    }

    /// The id that a command wrote as JSON.
    fn id_of(output: &Output) -> Result<String> {
        let object: Value = serde_json::from_slice(&output.stdout).context("no JSON was written")?;
        let id = object["id"].as_str().unwrap_or_default();
        ensure!(!id.is_empty(), "no id: {object}");
        Ok(id.to_owned())
    }
}
