//! A certificate authority on the other end of a server's cable: Debian's Pebble, and the name server that goes with it.
//!
//! Both are real programs of this machine, at its addresses of the server's network. A name leads where the test says, and nowhere before
//! that.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testhost::{Cmd, Running, wait_for};

use crate::node::Node;

const START_LIMIT: Duration = Duration::from_secs(20);
/// As long as a test may need it.
const LIFE: Duration = Duration::from_hours(1);

/// The authority's name.
pub const AUTHORITY: &str = "acme.example.test";
/// Where the server is given what it trusts.
const ROOTS: &str = "/etc/holdfast/test-roots.pem";

/// How hard the authority makes it for its clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chaos {
    /// Of a hundred nonces that are good, so many are refused.
    pub refused_nonces: u8,
    /// Of a hundred authorisations that could be used again, so many are.
    pub reused_authorisations: u8,
    /// A validation begins only after up to so many seconds.
    pub validation_pause: u8,
}

/// The authority while it runs. Gone when dropped.
#[derive(Debug)]
pub struct Pebble {
    at: IpAddr,
    dir: PathBuf,
    _names: Running,
    authority: Option<Running>,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.authority = None;
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Pebble {
    /// Starts both at this machine's addresses of the node's network, and has the node's egress trust and reach them.
    ///
    /// # Errors
    /// A program is missing or does not come up.
    pub fn of(node: &Node, chaos: Chaos) -> Result<Self> {
        let (v4, _) = node.outside();
        let at = IpAddr::V4(v4);
        let dir = std::env::temp_dir().join(format!("holdfast-pebble-{v4}"));
        std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        let root = write_certificate(&dir, at)?;
        let names = Cmd::new([
            "pebble-challtestsrv",
            "-dns01",
            &format!("{v4}:53"),
            "-management",
            &format!("{v4}:8055"),
            "-defaultIPv4",
            "",
            "-defaultIPv6",
            "",
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
        ]);
        let names = names.deadline(LIFE).spawn()?;
        let mut pebble = Self { at, dir, _names: names, authority: None };
        wait_for("the name server", START_LIMIT, || Ok(pebble.point(AUTHORITY, &[at]).ok()))?;
        pebble.restart(chaos)?;
        node.push(ROOTS, root, 0o644)?;
        let bounds = format!(
            "allow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\nroots = \"{ROOTS}\"\nnameservers = [\"{v4}:53\"]\n"
        );
        node.push("/etc/holdfast/egress.toml", bounds, 0o644)?;
        node.set_up()?;
        node.check(["systemctl", "stop", "holdfast-egress.service"])?;
        node.check(["systemctl", "restart", "holdfast-panel.service"])?;
        Ok(pebble)
    }

    /// Starts the authority anew. It forgets its accounts, orders and root.
    ///
    /// # Errors
    /// It does not come up.
    pub fn restart(&mut self, chaos: Chaos) -> Result<()> {
        self.authority = None;
        let Self { at, dir, .. } = &*self;
        let config = json!({ "pebble": {
            "listenAddress": format!("{at}:443"),
            "managementListenAddress": format!("{at}:15000"),
            "certificate": dir.join("certificate.pem"),
            "privateKey": dir.join("key.pem"),
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": 90 * 24 * 3600,
        } });
        let path = dir.join("config.json");
        std::fs::write(&path, config.to_string()).with_context(|| path.display().to_string())?;
        let pebble =
            Cmd::new(["pebble", "-config", &path.to_string_lossy(), "-dnsserver", &format!("{at}:53")])
                .env("PEBBLE_WFE_NONCEREJECT", chaos.refused_nonces.to_string())
                .env("PEBBLE_AUTHZREUSE", chaos.reused_authorisations.to_string());
        let pebble = match chaos.validation_pause {
            0 => pebble.env("PEBBLE_VA_NOSLEEP", "1"),
            seconds => pebble.env("PEBBLE_VA_SLEEPTIME", seconds.to_string()),
        };
        self.authority = Some(pebble.deadline(LIFE).spawn()?);
        wait_for("the authority", START_LIMIT, || Ok(self.management("/roots/0").ok()))?;
        Ok(())
    }

    /// Ends the authority alone; nobody answers until [`Self::restart`].
    pub fn stop(&mut self) {
        self.authority = None;
    }

    /// Its directory.
    pub fn directory(&self) -> String {
        format!("https://{AUTHORITY}/dir")
    }

    /// What `holdfast` is told so that certificates are ordered there, by this name.
    pub fn made_known(&self, name: &str) -> Vec<String> {
        let directory = self.directory();
        let words = ["authority", "create", name, &directory, "--contact", "admin@example.test", "--default"];
        let words = words.into_iter().chain(["--terms-agreed"]);
        words.map(str::to_owned).collect()
    }

    /// The root of what it issues, in PEM.
    ///
    /// # Errors
    /// It does not answer.
    pub fn root(&self) -> Result<String> {
        self.management("/roots/0")
    }

    /// Has a name lead to these addresses alone; to none: it has no address.
    ///
    /// # Errors
    /// The name server does not answer.
    pub fn point(&self, name: &str, addresses: &[IpAddr]) -> Result<()> {
        let of = |v4: bool| -> Vec<String> {
            addresses.iter().filter(|a| a.is_ipv4() == v4).map(ToString::to_string).collect()
        };
        for (path, found) in [("a", of(true)), ("aaaa", of(false))] {
            self.tell(&format!("/clear-{path}"), &json!({ "host": format!("{name}.") }))?;
            if !found.is_empty() {
                self.tell(
                    &format!("/add-{path}"),
                    &json!({ "host": format!("{name}."), "addresses": found }),
                )?;
            }
        }
        Ok(())
    }

    /// Has these names lead to the server, by both families.
    ///
    /// # Errors
    /// The name server does not answer.
    pub fn point_to(&self, node: &Node, names: &[&str]) -> Result<()> {
        let addresses = [IpAddr::V4(node.ipv4()), IpAddr::V6(node.ipv6())];
        names.iter().try_for_each(|name| self.point(name, &addresses))
    }

    /// Has the authorities that may issue for a name be these alone.
    ///
    /// # Errors
    /// The name server does not answer.
    pub fn allow_authorities(&self, name: &str, authorities: &[&str]) -> Result<()> {
        let policies: Vec<Value> =
            authorities.iter().map(|authority| json!({ "tag": "issue", "value": authority })).collect();
        self.tell("/add-caa", &json!({ "host": format!("{name}."), "policies": policies }))
    }

    /// Has every question for a name fail.
    ///
    /// # Errors
    /// The name server does not answer.
    pub fn fail(&self, name: &str) -> Result<()> {
        self.tell("/set-servfail", &json!({ "host": format!("{name}.") }))
    }

    fn tell(&self, path: &str, body: &Value) -> Result<()> {
        let url = format!("http://{}:8055{path}", self.at);
        let said = Cmd::new(["curl", "-sS", "--fail", "-d", &body.to_string(), &url]).run()?;
        ensure!(said.ok(), "{path}: {}", said.error_text());
        Ok(())
    }

    fn management(&self, path: &str) -> Result<String> {
        let url = format!("https://{}:15000{path}", self.at);
        let said = Cmd::new(["curl", "-sS", "--fail", "--insecure", &url]).run()?;
        ensure!(said.ok(), "{path}: {}", said.error_text());
        Ok(said.text())
    }
}

/// The certificate that the authority itself shows, with its key; answers the root that signed it, in PEM.
fn write_certificate(dir: &std::path::Path, at: IpAddr) -> Result<String> {
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new())?;
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = rcgen::CertifiedIssuer::self_signed(parameters, rcgen::KeyPair::generate()?)?;
    let key = rcgen::KeyPair::generate()?;
    let names = vec![AUTHORITY.to_owned(), at.to_string()];
    let certificate = rcgen::CertificateParams::new(names)?.signed_by(&key, &root)?;
    std::fs::write(dir.join("certificate.pem"), certificate.pem()).context("write the certificate")?;
    std::fs::write(dir.join("key.pem"), key.serialize_pem()).context("write the key")?;
    Ok(root.pem())
}
