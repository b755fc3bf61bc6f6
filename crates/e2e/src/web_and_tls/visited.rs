//! Visitors: sent on to HTTPS, told to stay there, and shown nothing of anyone's where they ask for nobody.

use anyhow::Result;

use super::{SITE, Teller};
use crate::story::resolve;

const NOBODY: &str = "nobody.example.test";

impl Teller<'_, '_> {
    pub(super) fn visitors_are_sent_on(&mut self) -> Result<()> {
        self.told.heading("Visitors are sent on to HTTPS, and browsers told to stay there")?;
        let hsts = ["--hsts", "31536000"];
        let refused = self.root(&[&["site", "https", SITE], &hsts[..]].concat())?;
        self.refused("to be told to stay where they are not sent", &refused, "hsts")?;
        let done = self.root(&[&["site", "https", SITE, "--force"], &hsts[..]].concat())?;
        self.done("the site is by HTTPS alone", &done)?;
        let address = self.addresses()[1];
        let there = resolve(SITE, 80, address);
        let url = format!("http://{SITE}/cart?id=7");
        let sent = self.outside(&["curl", "-sSi", "--resolve", &there, &url])?.text().to_lowercase();
        let to = format!("location: https://{SITE}/cart?id=7");
        self.told.expect("who comes by HTTP is sent on", sent.contains(&to))?;
        let root = self.roots.path("authority.pem");
        let there = resolve(SITE, 443, address);
        let url = format!("https://{SITE}/");
        let argv = ["curl", "-sSI", "--cacert", &root, "--resolve", &there, &url];
        let said = self.outside(&argv)?.text().to_lowercase();
        let told = said.lines().any(|line| line.trim() == "strict-transport-security: max-age=31536000");
        self.told.expect("who comes by HTTPS is told to stay", told)?;
        Ok(())
    }

    pub(super) fn nobody_else_is_shown(&mut self) -> Result<()> {
        self.told.heading("Who asks for nobody is shown nobody's certificate")?;
        for address in self.addresses() {
            let at = if address.is_ipv6() { format!("[{address}]:443") } else { format!("{address}:443") };
            let line = format!(
                "openssl s_client -connect {at} -servername {NOBODY} < /dev/null 2> /dev/null | openssl x509 -noout -ext subjectAltName"
            );
            let said = self.outside(&["sh", "-c", &line])?;
            self.told.expect("it is for holdfast.invalid", said.text().contains("DNS:holdfast.invalid"))?;
        }
        let (there, host) = (resolve(NOBODY, 443, self.addresses()[0]), format!("Host: {SITE}"));
        let url = format!("https://{NOBODY}/");
        let argv = [
            "curl",
            "-sSk",
            "-o",
            "/dev/null",
            "-w",
            r"%{http_code}\n",
            "--resolve",
            &there,
            "-H",
            &host,
            &url,
        ];
        let status = self.outside(&argv)?;
        self.told.expect("a site is not served under another's certificate: 421", status.text() == "421")?;
        let (there, url) = (resolve(SITE, 443, self.addresses()[0]), format!("https://{SITE}/"));
        let old = ["curl", "-sSk", "-o", "/dev/null", "--tls-max", "1.2", "--resolve", &there, &url];
        for (profile, ok) in [("modern", false), ("intermediate", true)] {
            let edited = self.root(&["node", "edit", "--tls-profile", profile])?;
            self.done(&format!("the profile is {profile}"), &edited)?;
            let said = self.outside(&old)?;
            let what = if ok { "TLS 1.2 is spoken" } else { "TLS 1.2 is refused" };
            self.told.expect(what, said.ok() == ok)?;
        }
        Ok(())
    }
}
