//! A client with an owner, and the developer whom she invites.

use anyhow::Result;

use super::{FOREIGN, PASSWORD, SITE, Teller};

impl Teller<'_, '_> {
    pub(super) fn a_client_with_an_owner(&mut self) -> Result<()> {
        self.told.heading("A client: an account with an owner, and her site")?;
        let create = |name, organisation, package| {
            [
                "account",
                "create",
                name,
                "--email",
                "x@example.test",
                "--organisation",
                organisation,
                "--package",
                package,
                "--password-stdin",
            ]
        };
        let password = format!("{PASSWORD}\n");
        for name in ["alice", "bob"] {
            let made = self.by_with("sven", &create(name, "flora", "mini"), &password)?;
            self.done(&format!("the account {name} is made, by what nova sells"), &made)?;
        }
        let signs = ["session", "create", "--login", "alice", "--save", "/root/alice.session"];
        let signed = self.by_with("alice", &signs, &password)?;
        self.done("its owner signs in by her password", &signed)?;
        let php = self.node.distro().php();
        let made = self.by("alice", &["site", "create", "alice", SITE, "--php", php])?;
        let waits = made.code() == 4 && made.error_text().contains("waits for an administrator's approval");
        self.told.expect("she makes a site; whether the name is hers, an administrator says", waits)?;
        let approved = self.root(&["site", "approve", SITE])?;
        self.done("the name is approved, and the site is ready", &approved)?;
        let page = self.node.page(SITE, "/")?;
        let served = page.status == 200 && page.text().contains("<code>alice</code>");
        self.told.expect("it is served, by PHP as alice", served)?;
        self.told.note("Somebody else's, with whom none of them has to do:")?;
        let made = self.root(&["organisation", "create", "zeta", "--kind", "reseller"])?;
        self.done("another reseller of the provider is made", &made)?;
        let made = self.root(&[
            "package",
            "create",
            "zpack",
            "--organisation",
            "zeta",
            "--feature",
            "php=on",
            "--feature",
            "sftp=on",
        ]);
        self.done("with a package", &made?)?;
        let command = self.node.holdfast(&create("zoe", "zeta", "zpack")).stdin(password);
        let made = command.run()?;
        self.done("and an account", &made)?;
        let made = self.root(&["site", "create", "zoe", FOREIGN, "--php", php])?;
        self.done("and a site", &made)?;
        Ok(())
    }

    pub(super) fn the_owner_invites_a_developer(&mut self) -> Result<()> {
        self.told.heading("The owner invites a developer, who comes by the link and sees sites alone")?;
        let add = ["member", "add", "dev@alice", "--account", "alice", "--role", "developer", "--new"];
        let added = self.by("alice", &add)?;
        self.done("she makes a login for the developer, and has a link to send", &added)?;
        self.follows("dev@alice", &added)?;
        let again =
            self.node.holdfast(&["session", "create", "--link-stdin", "--save", "/root/again.session"]);
        let link = added.text().lines().find(|line| line.contains("/login#")).unwrap_or_default().to_owned();
        let again = again.stdin(format!("{link}\n")).run()?;
        self.told.expect("the link works no second time", !again.ok())?;
        let sites = self.by("dev@alice", &["site", "list"])?;
        let hers = sites.ok() && sites.text().contains(SITE) && !sites.text().contains(FOREIGN);
        self.told.expect("the developer sees her site, and no other", hers)?;
        let edited = self.by("dev@alice", &["site", "edit", SITE, "--body-size", "8M"])?;
        self.done("and changes it", &edited)?;
        for (what, args) in [
            ("the account's keys", &["account", "edit", "alice", "--email", "new@example.test"][..]),
            (
                "inviting others",
                &["member", "add", "more@alice", "--account", "alice", "--role", "developer", "--new"][..],
            ),
            ("another owner", &["member", "add", "dev@alice", "--account", "alice", "--role", "owner"][..]),
        ] {
            let refused = self.by("dev@alice", args)?;
            self.refused(what, &refused, "")?;
        }
        let people = self.by("dev@alice", &["person", "list"])?;
        self.told.expect("no person is listed to the developer", !people.text().contains("alice"))?;
        let packages = self.by("dev@alice", &["package", "list"])?;
        self.told.expect("nor what is sold", !packages.text().contains("mini"))?;
        let missing = self.by("dev@alice", &["account", "show", "bob"])?;
        self.told.expect("another account of the same client is not there", missing.code() == 3)?;
        let members = self.by("alice", &["member", "list", "--account", "alice"])?;
        let both = members.text().contains("dev@alice") && members.text().contains("developer");
        self.told.expect("the owner sees who is there", both)?;
        Ok(())
    }

    pub(super) fn acting_as_is_seen(&mut self) -> Result<()> {
        self.told.heading("Acting as somebody is seen by that person, and by the audit")?;
        let begun = self.by(
            "sven",
            &[
                "act-as",
                "alice",
                "--minutes",
                "10",
                "--reason",
                "Ticket 17",
                "--save",
                "/root/acting.session",
            ],
        )?;
        self.done("the reseller's reseller acts as the owner, for ten minutes", &begun)?;
        let sessions = self.by("alice", &["session", "list"])?;
        self.told.expect("she sees it among her sessions", sessions.text().contains("sven"))?;
        let edited = self.by("acting", &["site", "edit", SITE, "--body-size", "16M"])?;
        self.done("what she may is done", &edited)?;
        let foreign = self.by("acting", &["account", "show", "bob"])?;
        self.told.expect("his own rights do not come along", foreign.code() == 3)?;
        let refused =
            self.by("acting", &["token", "create", "stay", "--read-only", "--save", "/root/stay.token"])?;
        self.refused("what is the person's own", &refused, "")?;
        let events = self.by("alice", &["event", "list"])?;
        self.told
            .expect("an event tells her that it began", events.text().contains("person.acting_began"))?;
        let audit = self.by("alice", &["audit", "list", "--action", "site.edit"])?;
        self.told.expect("the audit names both", audit.text().contains("alice by sven"))?;
        let ended = self.by("acting", &["session", "delete"])?;
        self.done("it is ended", &ended)?;
        Ok(())
    }

    pub(super) fn the_audit_is_whole(&mut self) -> Result<()> {
        self.told.heading("The audit is whole")?;
        let verdict = self.root(&["audit", "verify"])?;
        self.told
            .expect("it is intact, to the last entry", verdict.ok() && verdict.text().contains("intact"))?;
        Ok(())
    }
}
