//! A certificate that the owner brings, what is refused, and the end of all.

use anyhow::Result;

use super::{SITE, Teller};
use crate::own_authority::{OwnAuthority, Signed, Valid};

/// What visitors trust who trust the owner's own authority.
const ROOT: &str = "own.pem";
const DIR: &str = "/etc/nginx/holdfast-tls";
const CHAIN: &str = "/root/chain.pem";
const KEY: &str = "/root/key.pem";
const BRING: [&str; 7] = ["certificate", "bring", "alice", "--chain", CHAIN, "--key", KEY];

impl Teller<'_, '_> {
    fn lay(&self, chain: &str, key: &str) -> Result<()> {
        self.node.push(CHAIN, chain, 0o644)?;
        self.node.push(KEY, key, 0o600)?;
        Ok(())
    }

    /// How many certificates the account has.
    fn how_many(&self) -> Result<usize> {
        Ok(self.node.api()?.list("/certificates")?.len())
    }

    pub(super) fn a_certificate_of_the_owners(&mut self) -> Result<()> {
        self.told.heading("The owner brings a certificate, its chain in the wrong order")?;
        let authority = OwnAuthority::new("Example Trust")?;
        self.roots.put(ROOT, &authority.root())?;
        let signed = authority.sign(&[SITE, "example.test"], Valid::Now)?;
        self.lay(&authority.jumbled(&signed), &signed.key)?;
        self.told.note(&format!("In {CHAIN}: the root, an issuer, the certificate, the issuer's issuer."))?;
        let brought = self.root(&[&["--json"], &BRING[..]].concat())?;
        self.done("it is taken", &brought)?;
        let id = Self::id_of(&brought)?;
        let shown = self.root(&["site", "https", SITE, "--certificate", &id])?;
        self.done("the site shows it", &shown)?;
        for address in self.addresses() {
            let status = self.visit(ROOT, SITE, address)?;
            self.told.expect("visitors trust it who trust its root", status.text() == "200")?;
        }
        let order = format!("grep BEGIN {DIR}/{id}.pem; stat -c '%a %U:%G' {DIR} {DIR}/{id}.pem");
        let said = self.shell(&order)?.text();
        let right = said.matches("BEGIN CERTIFICATE").count() == 3;
        self.told.expect("its chain is as servers send it, without the root", right)?;
        let modes = said.contains("750 root:www-data") && said.contains("640 root:www-data");
        self.told.expect("root and nginx read it", modes)?;
        let read = self.shell(&format!("runuser -u alice -- cat {DIR}/{id}.pem"))?;
        self.told.expect("and no tenant, not even its own", !read.ok() && read.text().is_empty())?;
        let kept = self.root(&["certificate", "delete", &id])?;
        self.told
            .expect("it stays while the site shows it", !kept.ok() && kept.error_text().contains(SITE))?;
        Ok(())
    }

    pub(super) fn what_is_refused(&mut self) -> Result<()> {
        self.told.heading("What does not fit is refused, and says why")?;
        let before = self.how_many()?;
        let authority = OwnAuthority::new("Example Trust")?;
        let signed = authority.sign(&[SITE], Valid::Now)?;
        let other = authority.sign(&[SITE], Valid::Now)?;
        let expired = authority.sign(&[SITE], Valid::Before)?;
        let encrypt = ["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:holdfast"];
        let encrypted = self.node.command(encrypt).stdin(signed.key.clone()).check()?.text();
        let chain = |signed: &Signed| authority.jumbled(signed);
        let with_key = format!("{}\n{}", chain(&signed), signed.key);
        let unlinked = [signed.certificate.clone(), OwnAuthority::new("Another")?.lower()].join("\n");
        for (what, chain, key, words) in [
            ("the key of another certificate", chain(&signed), &other.key, "fit"),
            ("an expired certificate", chain(&expired), &expired.key, "expired"),
            ("an encrypted key", chain(&signed), &encrypted, "encrypted"),
            ("the key among the certificates", with_key, &signed.key, "private key"),
            ("an issuer of another certificate", unlinked, &signed.key, "chain"),
            ("no certificate", "hello\n".to_owned(), &signed.key, "certificate"),
        ] {
            self.lay(&chain, key)?;
            self.told.note(&format!("\nIn {CHAIN} and {KEY}: {what}."))?;
            let refused = self.root(&BRING)?;
            self.refused(what, &refused, words)?;
        }
        self.told.expect("nothing of it stayed", self.how_many()? == before)?;
        let status = self.visit(ROOT, SITE, self.addresses()[0])?;
        self.told.expect("the site shows what it showed", status.text() == "200")?;
        Ok(())
    }

    pub(super) fn everything_goes(&mut self) -> Result<()> {
        self.told.heading("Everything goes, and leaves no file")?;
        let gone = self.root(&["site", "delete", SITE, "--yes"])?;
        self.done("the site is deleted", &gone)?;
        let gone = self.root(&["authority", "delete", "pebble"])?;
        self.done("the authority is deleted", &gone)?;
        let gone = self.root(&["account", "delete", "alice", "--yes"])?;
        self.done("the account is deleted, and its certificates with it", &gone)?;
        let left = self.shell(&format!("ls -A {DIR}; find /var/lib/holdfast-agent/keys -type f"))?;
        self.told.expect("the certificate for nobody alone is left", left.text() == "default.pem")?;
        let plan = self.root(&["plan"])?;
        self.told.expect("nothing to do", plan.text() == "nothing to do")?;
        let doctor = self.root(&["doctor"])?;
        self.told.expect("`holdfast doctor` ends with 0", doctor.code() == 0)?;
        Ok(())
    }
}
