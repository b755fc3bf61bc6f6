//! An account, a site, its visitors and its owner.

use anyhow::Result;

use super::{ACCOUNT, LIMIT, PASSWORD, SITE, Teller, resolve};
use crate::api::is_ready;
use crate::node::steps;
use crate::sftp::Sftp;
use crate::transcript::Prompt;

const PAGE: &str =
    "<?php echo 'a page of ', posix_getpwuid(posix_geteuid())['name'], ' by PHP ', PHP_VERSION, \"\\n\";\n";

impl Teller<'_, '_> {
    pub(super) fn an_account(&mut self) -> Result<()> {
        self.told.heading("An account")?;
        let argv =
            ["holdfast", "account", "create", ACCOUNT, "--email", "alice@example.test", "--password-stdin"];
        let command = self.place.command(&argv).stdin(format!("{PASSWORD}\n")).deadline(LIMIT);
        let made = self.told.run(Prompt::Root, &format!("{} < password", argv.join(" ")), command)?;
        self.told.expect("the account is made", made.ok() && made.text().contains("ready"))?;
        let shown = self.line(&["holdfast", "account", "show", ACCOUNT])?;
        self.told.expect("it is ready", shown.text().contains("condition: ready"))?;
        Ok(())
    }

    pub(super) fn a_plan_and_a_site(&mut self) -> Result<()> {
        self.told.heading("What a site would do, before it is made; then exactly that")?;
        let php = self.place.php();
        let create = ["holdfast", "site", "create", ACCOUNT, SITE, "--php", php];
        let plan = self.line(&[&create[..], &["--dry-run"]].concat())?;
        let said = plan.text();
        self.told.expect("the plan names the files", said.contains("/etc/nginx/holdfast/maps/"))?;
        self.told.expect("and the reload", said.contains("[reload]"))?;
        let hash = said.lines().filter_map(|line| line.strip_prefix("plan ")).next_back().unwrap_or_default();
        self.told.expect("and has a hash", hash.len() == 64)?;
        let sites = self.line(&["holdfast", "site", "list"])?;
        self.told.expect("nothing was made", !sites.text().contains(SITE))?;
        let made = self.line(&[&create[..], &["--expect-plan", hash]].concat())?;
        self.told.expect("the site is made, as planned", made.ok() && made.text().contains("ready"))?;
        Ok(())
    }

    pub(super) fn a_visitor_sees_the_starter_page(&mut self) -> Result<()> {
        self.told.heading("A visitor sees the starter page, run by PHP as alice")?;
        let (resolved, url) = (resolve(SITE, 80, self.place.local()), format!("http://{SITE}/"));
        let page = self.line(&["curl", "-sS", "-i", "--resolve", &resolved, &url])?;
        let text = page.text();
        self.told.expect("the answer is 200", text.starts_with("HTTP/1.1 200"))?;
        let php = format!("PHP {}", self.place.php());
        self.told.expect("the page was made by PHP of that version", text.contains(&php))?;
        self.told
            .expect("the page names alice as the one that runs it", text.contains("<code>alice</code>"))?;
        for address in self.place.both() {
            let status = self.visit(address)?;
            self.told.expect(&format!("{address} answers 200 outside"), status == "200")?;
        }
        Ok(())
    }

    pub(super) fn the_owner_puts_a_page(&mut self) -> Result<()> {
        self.told.heading("alice puts a page by SFTP, and sees nothing but her home")?;
        let sftp = Sftp::new(self.place.outside(), ACCOUNT, PASSWORD).port(self.place.ssh_port());
        let dir = std::env::temp_dir().join(format!("holdfast-story-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join("index.php"), PAGE)?;
        let commands = format!(
            "pwd\nls -la\nlcd {}\nput index.php sites/{SITE}/public/index.php\nls -la /\n-ls /etc\n-get /etc/passwd\n-ls /root\n",
            dir.display()
        );
        let shown = format!("sftp {ACCOUNT}@{} < commands", self.place.outside());
        let session = self.told.run(Prompt::Outside, &shown, sftp.batch(&commands))?;
        std::fs::remove_dir_all(&dir)?;
        let said = format!("{}\n{}", session.text(), session.error_text());
        self.told.expect("the session works", session.ok())?;
        self.told.expect("she begins in her home", said.contains("Remote working directory: /home"))?;
        self.told.expect("there is no /etc for her", said.contains("\"/etc\" not found"))?;
        self.told
            .expect("no file of the system can be fetched", said.contains("\"/etc/passwd\" not found"))?;
        let (resolved, url) = (resolve(SITE, 80, self.place.local()), format!("http://{SITE}/"));
        let page = self.line(&["curl", "-sS", "--resolve", &resolved, &url])?;
        let wanted = format!("a page of {ACCOUNT} by PHP {}", self.place.php());
        self.told.expect("the site shows it, run as alice", page.text().starts_with(&wanted))?;
        Ok(())
    }

    pub(super) fn the_site_is_ready(&mut self) -> Result<()> {
        self.told.heading("The site is ready, and nothing is left to do")?;
        let shown = self.line(&["holdfast", "site", "show", SITE])?;
        let ready = shown.text().contains("condition: ready, generation 1/1");
        self.told.expect("condition: ready, generation 1/1", shown.ok() && ready)?;
        let site = self.json(&["holdfast", "site", "show", SITE, "--json"])?;
        let first = site["generation"] == 1 && site["observed_generation"] == 1;
        self.told.expect("the same in JSON", is_ready(&site) && first)?;
        let plan = self.line(&["holdfast", "plan"])?;
        self.told.expect("nothing to do", plan.ok() && plan.text() == "nothing to do")?;
        Ok(())
    }

    pub(super) fn a_plan_as_json(&mut self) -> Result<()> {
        self.told.heading("The plan of another site, as JSON")?;
        let new = "shop.example.test";
        let plan = self.json(&[
            "holdfast",
            "site",
            "create",
            ACCOUNT,
            new,
            "--alias",
            "shop.example.org",
            "--dry-run",
            "--json",
        ])?;
        self.told.expect("the plan has steps", !steps(&plan).is_empty())?;
        self.told.expect("and a hash", plan["plan"]["hash"].is_string())?;
        let sites = self.json(&["holdfast", "site", "list", "--json"])?;
        self.told.expect("nothing was made", !sites.to_string().contains(new))?;
        Ok(())
    }

    pub(super) fn refusals_say_what_to_do(&mut self) -> Result<()> {
        self.told.heading("What is refused says the field, the reason and the remedy")?;
        for (argv, field) in [
            (vec!["site", "create", ACCOUNT, "www.exa mple.test"], "name:"),
            (vec!["site", "create", ACCOUNT, SITE], "name:"),
            (vec!["site", "create", ACCOUNT, "old.example.test", "--php", "5.6"], "php:"),
            (vec!["site", "create", ACCOUNT, "x.example.test", "--docroot", "../bob"], "docroot:"),
        ] {
            let refused = self.line(&[&["holdfast"], &argv[..]].concat())?;
            let said = refused.error_text();
            let told = said.contains(&format!("error: {field}")) && said.contains("remedy: ");
            self.told.expect(&format!("refused, `{field}` with a remedy"), refused.code() == 1 && told)?;
        }
        Ok(())
    }
}
