//! A person signs in over HTTPS, from another machine.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use testhost::{Cmd, Output};

use super::{ACCOUNT, LIMIT, SITE, Teller, resolve, shown};
use crate::transcript::Prompt;

const PORT: u16 = 8443;

impl Teller<'_, '_> {
    pub(super) fn the_owner_signs_in_by_a_link(&mut self) -> Result<()> {
        self.told.heading("alice signs in over HTTPS, once, by a link")?;
        let link = self.line(&["holdfast", "login-link", ACCOUNT])?.text();
        let (url, token) = link.split_once("/login#").context("holdfast login-link printed no link")?;
        let host = url.trim_start_matches("https://").split(':').next().unwrap_or_default();
        let dir = std::env::temp_dir().join(format!("holdfast-story-people-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let told = self.signed_in(&dir, host, token);
        std::fs::remove_dir_all(&dir)?;
        told
    }

    fn signed_in(&mut self, dir: &Path, host: &str, token: &str) -> Result<()> {
        // the certificate alone: the key lies in the same file and stays on the server
        let argv = ["openssl", "x509", "-in", "/etc/holdfast/credentials/tls.pem"];
        let certificate = self.place.inside(&argv).check()?;
        std::fs::write(dir.join("panel.pem"), &certificate.stdout)?;
        let resolved = resolve(host, PORT, self.place.outside());
        let base = format!("https://{host}:{PORT}/api/v1");
        let common = [
            "curl",
            "-sS",
            "--cacert",
            "panel.pem",
            "--resolve",
            &resolved,
            "-b",
            "cookies",
            "-c",
            "cookies",
        ];
        let (link, body) = (format!("{base}/session/link"), format!("{{\"token\":\"{token}\"}}"));
        let status = ["-w", r"\n%{http_code}\n"];
        let post = ["-H", "Content-Type: application/json", "-d", &body, &link];
        let signed = self.there(dir, &[&common[..], &status, &post].concat())?;
        self.told.expect("the link signs her in", signed.text().ends_with("201"))?;
        let cookies = std::fs::read_to_string(dir.join("cookies"))?;
        self.told.expect("by a __Host- cookie", cookies.contains("__Host-holdfast"))?;
        let session = self.read(dir, &common, &format!("{base}/me"))?;
        self.told.expect("the session is hers", session["login"] == ACCOUNT)?;
        let roles = session["roles"].to_string();
        self.told
            .expect("she owns one account, and administers nothing", !roles.contains("administrator"))?;
        let sites = self.read(dir, &common, &format!("{base}/sites"))?;
        self.told.expect("she sees her site", sites["items"][0]["name"] == SITE)?;
        let node = format!("{base}/plan");
        let refused = self.there(dir, &[&common[..], &status, &[node.as_str()]].concat())?;
        self.told.expect("the server's plan is not for her", refused.text().ends_with("403"))?;
        let again = self.there(dir, &[&common[..6], &status, &post].concat())?;
        self.told.expect("the link works no second time", again.text().ends_with("401"))?;
        Ok(())
    }

    /// A line of somebody's shell on another machine, in this directory.
    fn there(&mut self, dir: &Path, argv: &[&str]) -> Result<Output> {
        let dir = dir.display().to_string();
        let command = Cmd::new([&["env", "-C", &dir], argv].concat()).deadline(LIMIT);
        self.told.run(Prompt::Outside, &shown(argv), command)
    }

    fn read(&mut self, dir: &Path, common: &[&str], url: &str) -> Result<Value> {
        let output = self.there(dir, &[common, &[url]].concat())?;
        serde_json::from_slice(&output.stdout).with_context(|| format!("{url} answered no JSON"))
    }
}
