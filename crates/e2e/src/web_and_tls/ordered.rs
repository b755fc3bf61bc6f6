//! A site's own certificate: signed by itself at once, by an authority as soon as there is one, and never less.

use anyhow::{Context, Result};
use serde_json::json;

use super::{ALIASES, LIMIT, LOST, PASSWORD, SITE, Teller, good_names, names};
use crate::story::{resolve, shown};
use crate::transcript::Prompt;

/// What visitors trust who trust the authority.
const ROOT: &str = "authority.pem";
/// A challenge, as the authority asks for it.
const CHALLENGE: &str = "http://www.example.test/.well-known/acme-challenge/token";
const WORKERS: &str = "pgrep -P \"$(cat /run/nginx.pid)\" | sort";

impl Teller<'_, '_> {
    pub(super) fn https_at_once(&mut self) -> Result<()> {
        self.told.heading("A site of ten names answers by HTTPS at once")?;
        let create =
            ["holdfast", "account", "create", "alice", "--email", "alice@example.test", "--password-stdin"];
        let command = self.node.command(create).stdin(format!("{PASSWORD}\n")).deadline(LIMIT);
        let made = self.told.run(Prompt::Root, &format!("{} < password", shown(&create)), command)?;
        self.done("the account is made", &made)?;
        let mut create = vec!["site", "create", "alice", SITE];
        create.extend(ALIASES.into_iter().flat_map(|alias| ["--alias", alias]));
        let made = self.root(&create)?;
        self.done("the site is made", &made)?;
        let site = self.node.json(&["site", "show", SITE])?;
        let id = site["https"]["certificate"]["id"].as_str().context("the site shows no certificate")?;
        id.clone_into(&mut self.id);
        let listed = self.root(&["certificate", "list"])?;
        let marked = listed.text().contains(SITE) && listed.text().contains("self-signed");
        self.told.expect("it has a certificate, which signs itself and is said to", marked)?;
        for address in self.addresses() {
            let resolve = resolve(SITE, 443, address);
            let url = format!("https://{SITE}/");
            let argv = ["curl", "-sS", "-o", "/dev/null", "--resolve", &resolve, &url];
            let refused = self.outside(&argv)?;
            self.told.expect("a visitor's program refuses it", refused.code() == 60)?;
            let argv = ["curl", "-sSk", "--resolve", &resolve, &url];
            let page = self.outside(&argv)?;
            self.told
                .expect("and who looks away sees the site", page.text().contains("<code>alice</code>"))?;
        }
        Ok(())
    }

    pub(super) fn nine_of_ten_names(&mut self) -> Result<()> {
        self.told.heading("An authority is made, and the certificate is ordered by itself")?;
        self.authority.point_to(self.node, &good_names())?;
        self.authority.point(LOST, &[self.node.outside().0.into()])?;
        self.told.note(&format!("Nine of the names lead to the server; {LOST} leads elsewhere."))?;
        let args = self.authority.made_known("pebble");
        let made = self.root(&args.iter().map(String::as_str).collect::<Vec<_>>())?;
        self.done("the authority is made", &made)?;
        let mut nine = good_names();
        nine.sort_unstable();
        let nine = json!(nine);
        self.until("the certificate is there", |view| view["covers"] == nine)?;
        self.roots.put(ROOT, &self.authority.root()?)?;
        for (number, name) in good_names().into_iter().enumerate() {
            let status = self.visit(ROOT, name, self.addresses()[number % 2])?;
            self.told.expect(&format!("visitors of {name} trust it"), status.text() == "200")?;
        }
        let listed = self.root(&["certificate", "list"])?;
        self.told.expect("it no longer signs itself", !listed.text().contains("self-signed"))?;
        Ok(())
    }

    pub(super) fn why_the_tenth_is_missing(&mut self) -> Result<()> {
        self.told.heading("The tenth name is missing, and the authority's words say why")?;
        let id = self.id.clone();
        let told = self.root(&["certificate", "show", &id])?;
        let said = told.text();
        self.told.expect("it names the name", said.contains(LOST))?;
        self.told.expect("and says what the authority met", said.contains("connection refused"))?;
        let refused = self.visit(ROOT, LOST, self.addresses()[0])?;
        self.told.expect("visitors of that name do not trust it", refused.code() == 60)?;
        Ok(())
    }

    pub(super) fn what_the_owner_puts_in_the_way(&mut self) -> Result<()> {
        self.told.heading("What the owner puts at the challenges' place changes nothing")?;
        let dir = format!("/home/alice/sites/{SITE}/public/.well-known");
        let address = self.addresses()[0];
        for (what, script) in [
            ("a file", format!("mkdir -p {dir}/acme-challenge; echo mine > {dir}/acme-challenge/token")),
            ("a link", format!("rm -r {dir}; ln -s /etc {dir}")),
        ] {
            let put = self.shell(&format!("runuser -u alice -- sh -c '{script}'"))?;
            self.done(what, &put)?;
            let resolve = resolve(SITE, 80, address);
            let said = self.outside(&["curl", "-sS", "--resolve", &resolve, CHALLENGE])?.text();
            let answered = said.starts_with("token.") && said.len() == "token.".len() + 43;
            self.told.expect("the challenge is answered by the panel's key", answered)?;
        }
        Ok(())
    }

    pub(super) fn the_tenth_joins(&mut self) -> Result<()> {
        self.told.heading("The tenth name is mended, and joins without a reload of the web server")?;
        self.authority.point_to(self.node, &[LOST])?;
        self.told.note(&format!("{LOST} leads to the server now."))?;
        let before = self.shell(WORKERS)?;
        let mut all = names();
        all.sort_unstable();
        let all = json!(all);
        self.renewed("it is for all ten names", |view| {
            view["covers"] == all && view["order"]["left_out"] == json!([])
        })?;
        for address in self.addresses() {
            let status = self.visit(ROOT, LOST, address)?;
            self.told.expect("its visitors trust it", status.text() == "200")?;
        }
        let after = self.shell(WORKERS)?;
        self.told.expect("the same processes of nginx answer", before.text() == after.text())?;
        Ok(())
    }

    pub(super) fn a_renewal_that_fails(&mut self) -> Result<()> {
        self.told.heading("A renewal that fails takes nothing away")?;
        self.authority.stop();
        self.told.note("The authority is gone.")?;
        let id = self.id.clone();
        self.root(&["certificate", "renew", &id])?;
        let failed = self.until("it failed", |view| view["order"]["state"] == "failed")?;
        let shown = self.root(&["certificate", "show", &id])?;
        self.told.expect("it says so", shown.text().contains("failed"))?;
        let again = failed["order"]["renew_at"].is_string() && failed["order"]["error"].is_string();
        self.told.expect("and why, and when it is tried again", again)?;
        let status = self.visit(ROOT, SITE, self.addresses()[1])?;
        self.told.expect("visitors trust what they are shown, as before", status.text() == "200")?;
        self.authority.restart(super::CHAOS)?;
        self.told.note("The authority is back. It has forgotten its accounts, and has a new root.")?;
        self.renewed("it is renewed", |view| view["order"]["state"] == "issued")?;
        self.roots.put(ROOT, &self.authority.root()?)?;
        let status = self.visit(ROOT, SITE, self.addresses()[1])?;
        self.told.expect("visitors trust the new one", status.text() == "200")?;
        Ok(())
    }
}
