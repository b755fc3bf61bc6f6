//! A person signs in over HTTPS, from another machine.

use anyhow::{Context, Result};
use serde_json::Value;

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

    fn signed_in(&mut self, dir: &std::path::Path, host: &str, token: &str) -> Result<()> {
        // what a browser's user compares by eye: the certificate that set-up printed the fingerprint of
        let certificate = self.place.inside(&["cat", "/etc/holdfast/credentials/tls.pem"]).check()?;
        let (pem, jar) = (dir.join("panel.pem"), dir.join("cookies"));
        std::fs::write(&pem, &certificate.stdout)?;
        let (pem, jar) = (pem.display().to_string(), jar.display().to_string());
        let resolved = resolve(host, PORT, self.place.outside());
        let base = format!("https://{host}:{PORT}/api/v1");
        let common = ["curl", "-sS", "--cacert", &pem, "--resolve", &resolved, "-b", &jar, "-c", &jar];
        let (link, body) = (format!("{base}/session/link"), format!("{{\"token\":\"{token}\"}}"));
        let status = ["-w", r"\n%{http_code}\n"];
        let post = ["-H", "Content-Type: application/json", "-d", &body, &link];
        let signed = self.outside(&[&common[..], &status, &post].concat())?;
        self.told.expect("the link signs her in", signed.text().ends_with("201"))?;
        let cookies = std::fs::read_to_string(&jar)?;
        self.told.expect("by a __Host- cookie", cookies.contains("__Host-holdfast"))?;
        let session = self.read(&common, &format!("{base}/session"))?;
        self.told.expect("the session is hers", session["login"] == ACCOUNT)?;
        let roles = session["roles"].to_string();
        self.told
            .expect("she owns one account, and administers nothing", !roles.contains("administrator"))?;
        let sites = self.read(&common, &format!("{base}/sites"))?;
        self.told.expect("she sees her site", sites["items"][0]["name"] == SITE)?;
        let node = format!("{base}/plan");
        let refused = self.outside(&[&common[..], &status, &[node.as_str()]].concat())?;
        self.told.expect("the server's plan is not for her", refused.text().ends_with("403"))?;
        let again = self.outside(&[&common[..4], &["--resolve", &resolved], &status, &post].concat())?;
        self.told.expect("the link works no second time", again.text().ends_with("401"))?;
        Ok(())
    }

    fn read(&mut self, common: &[&str], url: &str) -> Result<Value> {
        let argv = [common, &[url]].concat();
        let command = testhost::Cmd::new(&argv).deadline(LIMIT);
        let output = self.told.run(Prompt::Outside, &shown(&argv), command)?;
        serde_json::from_slice(&output.stdout).with_context(|| format!("{url} answered no JSON"))
    }
}
