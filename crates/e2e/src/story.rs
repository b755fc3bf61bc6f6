//! The story of hosting a site, line by line as a person types it: the demo shows it, the tests hold it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testhost::Output;

use crate::api::is_ready;
use crate::node::steps;
use crate::place::Place;
use crate::sftp::Sftp;
use crate::transcript::Transcript;

const ACCOUNT: &str = "alice";
const SITE: &str = "www.example.test";
const PASSWORD: &str = "correct horse battery staple";
const LIMIT: Duration = Duration::from_secs(90);
/// The managed file that is edited by hand.
const EDITED: &str = "/etc/nginx/holdfast/locations.conf";
const EDIT: &str = "# edited by hand at three in the morning";
const PAGE: &str =
    "<?php echo 'a page of ', posix_getpwuid(posix_geteuid())['name'], ' by PHP ', PHP_VERSION;\n";

/// The story's teller: a place, and what is told.
struct Teller<'a, 't> {
    place: Place<'a>,
    told: &'a mut Transcript<'t>,
}

/// Plays the story on a place with Holdfast set up and no account.
///
/// # Errors
/// A command could not be run at all. What does not hold is in the transcript.
pub fn play(place: Place<'_>, told: &mut Transcript<'_>) -> Result<()> {
    let mut teller = Teller { place, told };
    teller.an_account_and_a_site()?;
    teller.a_visitor_sees_the_starter_page()?;
    teller.the_owner_puts_a_page()?;
    teller.the_site_is_ready()?;
    teller.a_plan_before_a_change()?;
    teller.a_hand_edit_is_held()?;
    teller.everything_goes()?;
    teller.the_doctor_is_content()
}

impl Teller<'_, '_> {
    /// A line of the administrator's shell.
    fn line(&mut self, argv: &[&str]) -> Result<Output> {
        let shown = argv.join(" ");
        self.told.run(&shown, self.place.command(argv).deadline(LIMIT))
    }

    /// The same with `--json`, read.
    fn json(&mut self, argv: &[&str]) -> Result<Value> {
        let output = self.line(argv)?;
        ensure!(output.ok(), "{} failed", argv.join(" "));
        serde_json::from_slice(&output.stdout).with_context(|| format!("{} wrote no JSON", argv.join(" ")))
    }

    fn an_account_and_a_site(&mut self) -> Result<()> {
        self.told.heading("An account and a site")?;
        let argv =
            ["holdfast", "account", "create", ACCOUNT, "--email", "alice@example.test", "--password-stdin"];
        let command = self.place.command(&argv).stdin(format!("{PASSWORD}\n")).deadline(LIMIT);
        let made = self.told.run(&argv.join(" "), command)?;
        self.told.expect("the account is made", made.ok())?;
        let php = self.place.php();
        let made = self.line(&["holdfast", "site", "create", ACCOUNT, SITE, "--php", php])?;
        self.told.expect("the site is made", made.ok())?;
        Ok(())
    }

    fn a_visitor_sees_the_starter_page(&mut self) -> Result<()> {
        self.told.heading("A visitor sees the starter page, run by PHP as alice")?;
        let resolve = format!("{SITE}:80:{}", self.place.local());
        let page = self.line(&["curl", "-sS", "-i", "--resolve", &resolve, &format!("http://{SITE}/")])?;
        let text = page.text();
        self.told.expect("the answer is 200", text.starts_with("HTTP/1.1 200"))?;
        let php = format!("PHP {}", self.place.php());
        self.told.expect("the page was made by PHP of that version", text.contains(&php))?;
        self.told
            .expect("the page names alice as the one that runs it", text.contains("<code>alice</code>"))?;
        for address in self.place.both() {
            let address = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            let resolve = format!("{SITE}:80:{address}");
            let url = format!("http://{SITE}/");
            let argv = [
                "curl",
                "-sS",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}\n",
                "--noproxy",
                "*",
                "--resolve",
                &resolve,
                &url,
            ];
            let shown = format!("{} # from outside", argv.join(" ").replace('\n', "\\n"));
            let page = self.told.run(&shown, testhost::Cmd::new(argv).deadline(LIMIT))?;
            self.told.expect(&format!("{address} answers 200 outside"), page.text() == "200")?;
        }
        Ok(())
    }

    fn the_owner_puts_a_page(&mut self) -> Result<()> {
        self.told.heading("alice puts a page by SFTP, and sees nothing but her home")?;
        let sftp = Sftp::new(self.place.outside(), ACCOUNT, PASSWORD);
        let here = std::env::temp_dir().join(format!("holdfast-story-{}.php", std::process::id()));
        std::fs::write(&here, PAGE)?;
        let there = format!("sites/{SITE}/public/index.php");
        let commands = format!(
            "pwd\nls -la\nput {} {there}\ncd /\nls -la\nls -la /home/..\n-ls /etc\n-get /etc/passwd /dev/null\n-ls /home/{ACCOUNT}\n",
            here.display()
        );
        let shown = format!(
            "sftp {ACCOUNT}@{} # from outside: {}",
            self.place.outside(),
            commands.trim_end().replace('\n', "; ")
        );
        let session = self.told.run(&shown, sftp.batch(&commands))?;
        let _ = std::fs::remove_file(&here);
        let said = format!("{}\n{}", session.text(), session.error_text());
        self.told.expect("the session works", session.ok())?;
        self.told.expect("she begins in her home", said.contains("Remote working directory: /home"))?;
        self.told.expect("there is no /etc for her", said.contains("\"/etc\" not found"))?;
        self.told
            .expect("no file of the system can be fetched", said.contains("\"/etc/passwd\" not found"))?;
        let resolve = format!("{SITE}:80:{}", self.place.local());
        let page = self.line(&["curl", "-sS", "--resolve", &resolve, &format!("http://{SITE}/")])?;
        let wanted = format!("a page of {ACCOUNT} by PHP {}", self.place.php());
        self.told.expect("the site shows it, run as alice", page.text().starts_with(&wanted))?;
        Ok(())
    }

    fn the_site_is_ready(&mut self) -> Result<()> {
        self.told.heading("The site is ready, and nothing is left to do")?;
        let shown = self.line(&["holdfast", "site", "show", SITE])?;
        self.told.expect("condition: ready", shown.ok() && shown.text().contains("ready"))?;
        let site = self.json(&["holdfast", "--json", "site", "show", SITE])?;
        let first = site["generation"] == 1 && site["observed_generation"] == 1;
        self.told.expect("ready, generation 1/1", is_ready(&site) && first)?;
        let plan = self.line(&["holdfast", "plan"])?;
        self.told.expect("`holdfast plan` ends well", plan.ok())?;
        let plan = self.json(&["holdfast", "--json", "plan"])?;
        self.told.expect("the plan is empty", steps(&plan).is_empty())?;
        Ok(())
    }

    fn a_plan_before_a_change(&mut self) -> Result<()> {
        self.told.heading("What a new site would do, before it is made")?;
        let plan =
            self.json(&["holdfast", "--json", "--dry-run", "site", "create", ACCOUNT, "shop.example.test"])?;
        let steps = steps(&plan);
        self.told.expect("the plan has steps", !steps.is_empty())?;
        self.told.expect("and a hash", plan["plan"]["hash"].is_string() || plan["hash"].is_string())?;
        let sites = self.json(&["holdfast", "--json", "site", "list"])?;
        self.told.expect("nothing was made", !sites.to_string().contains("shop.example.test"))?;
        Ok(())
    }

    fn a_hand_edit_is_held(&mut self) -> Result<()> {
        self.told.heading("A hand edit of a managed file is held, shown, and reverted")?;
        let edit = format!("echo '{EDIT}' >> {EDITED}");
        self.told.run(&edit, self.place.inside(&["sh", "-c", &edit]))?;
        let swept = self.line(&["holdfast", "sweep"])?;
        self.told.expect("`holdfast sweep` ends well", swept.ok())?;
        let drift = self.line(&["holdfast", "drift"])?;
        let said = drift.text();
        self.told.expect("`holdfast drift` names the file", said.contains(EDITED))?;
        self.told.expect("and shows the edit as a diff", said.contains(&format!("+{EDIT}")))?;
        let list = self.json(&["holdfast", "--json", "drift", "list"])?;
        let item = &list["items"][0];
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let (kind, id) = (text("kind"), text("id"));
        self.told.expect("and tells when", list.to_string().contains("20"))?;
        let reverted = self.line(&["holdfast", "drift", "revert", &kind, &id])?;
        self.told.expect("`holdfast drift revert` ends well", reverted.ok())?;
        let argv = ["grep", "-c", EDIT, EDITED];
        let grep = self.told.run(&format!("grep -c '{EDIT}' {EDITED}"), self.place.inside(&argv))?;
        self.told.expect("the file is as it should be", grep.text() == "0")?;
        let drift = self.json(&["holdfast", "--json", "drift", "list"])?;
        self.told.expect("no drift is left", drift["items"].as_array().is_some_and(Vec::is_empty))?;
        let resolve = format!("{SITE}:80:{}", self.place.local());
        let page = self.line(&["curl", "-sS", "--resolve", &resolve, &format!("http://{SITE}/")])?;
        self.told.expect("the site was served all the while", page.text().contains("a page of alice"))?;
        Ok(())
    }

    fn everything_goes(&mut self) -> Result<()> {
        self.told.heading("The site and the account go")?;
        let gone = self.line(&["holdfast", "site", "delete", SITE])?;
        self.told.expect("the site is deleted", gone.ok())?;
        let gone = self.line(&["holdfast", "account", "delete", ACCOUNT])?;
        self.told.expect("the account is deleted", gone.ok())?;
        let resolve = format!("{SITE}:80:{}", self.place.local());
        let url = format!("http://{SITE}/");
        let page = self.line(&[
            "curl",
            "-sS",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--resolve",
            &resolve,
            &url,
        ])?;
        self.told.expect("the name is unknown again", page.text() == "404")?;
        let accounts = self.json(&["holdfast", "--json", "account", "list"])?;
        self.told.expect("no account is left", accounts["items"].as_array().is_some_and(Vec::is_empty))?;
        Ok(())
    }

    fn the_doctor_is_content(&mut self) -> Result<()> {
        self.told.heading("Every process, unit, socket and permission")?;
        let doctor = self.line(&["holdfast", "doctor"])?;
        self.told.expect("`holdfast doctor` ends with 0", doctor.code() == 0)?;
        Ok(())
    }
}
