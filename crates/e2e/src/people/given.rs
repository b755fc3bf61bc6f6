//! What is sold, from the provider down, and what cannot be.

use anyhow::Result;

use super::Teller;

impl Teller<'_, '_> {
    pub(super) fn the_provider_sells(&mut self) -> Result<()> {
        self.told.heading("The provider makes packages, and a reseller")?;
        let limits =
            ["--limit", "sites=20", "--limit", "memory=1G", "--feature", "php=on", "--feature", "sftp=on"];
        let made = self.root(&[&["package", "create", "basic"], &limits[..]].concat())?;
        self.done("the package is made", &made)?;
        let made = self.root(&["organisation", "create", "acme", "--kind", "reseller"])?;
        self.done("the reseller's organisation is made", &made)?;
        let limits = [
            "--limit",
            "accounts=20",
            "--limit",
            "sites=100",
            "--limit",
            "memory=1G",
            "--feature",
            "mail=off",
        ];
        let set = self.root(&[&["organisation", "limits", "acme"], &limits[..]].concat())?;
        self.done("what it has is set", &set)?;
        let made = self.root(&["person", "create", "rita", "--organisation", "acme"])?;
        self.done("its first person is made", &made)?;
        let given = self.root(&["member", "add", "rita", "--organisation", "acme", "--role", "reseller"])?;
        self.done("and is its reseller", &given)?;
        self.follows("rita", &made)
    }

    pub(super) fn a_reseller_sells_what_it_has(&mut self) -> Result<()> {
        self.told.heading("The reseller makes packages of its own, and a reseller below it")?;
        let limits =
            ["--limit", "sites=10", "--limit", "memory=512M", "--feature", "php=on", "--feature", "sftp=on"];
        let made = self.by("rita", &[&["package", "create", "starter"], &limits[..]].concat())?;
        self.done("she makes a package", &made)?;
        let listed = self.by("rita", &["package", "list"])?;
        let both = ["starter", "basic"].iter().all(|name| listed.text().contains(name));
        self.told.expect("she sees her own and the provider's", both)?;
        let made =
            self.by("rita", &["organisation", "create", "nova", "--kind", "reseller", "--parent", "acme"])?;
        self.done("the organisation below hers is made", &made)?;
        let limits = ["--limit", "accounts=10", "--limit", "sites=50", "--limit", "memory=512M"];
        let set = self.by("rita", &[&["organisation", "limits", "nova"], &limits[..]].concat())?;
        self.done("what it has is set", &set)?;
        let made = self.by("rita", &["person", "create", "sven", "--organisation", "nova"])?;
        self.done("its first person is made", &made)?;
        let given =
            self.by("rita", &["member", "add", "sven", "--organisation", "nova", "--role", "reseller"])?;
        self.done("and is its reseller", &given)?;
        self.follows("sven", &made)
    }

    pub(super) fn one_below_it_sells_less(&mut self) -> Result<()> {
        self.told.heading("The reseller's reseller makes packages of its own, and a client")?;
        let limits =
            ["--limit", "sites=4", "--limit", "memory=256M", "--feature", "php=on", "--feature", "sftp=on"];
        let made = self.by("sven", &[&["package", "create", "mini"], &limits[..]].concat())?;
        self.done("he makes a package", &made)?;
        let made = self.by("sven", &["organisation", "create", "flora", "--parent", "nova"])?;
        self.done("the client's organisation is made", &made)?;
        let listed = self.by("sven", &["organisation", "list"])?;
        let said = listed.text();
        let hidden = said.contains("flora")
            && said.contains("nova")
            && !said.contains("acme")
            && !said.contains("root");
        self.told.expect("he sees his own and what is below, and nothing above", hidden)?;
        Ok(())
    }

    pub(super) fn nobody_gives_what_they_have_not(&mut self) -> Result<()> {
        self.told.heading("Nobody gives what they have not")?;
        let refused = self.by("sven", &["package", "create", "huge", "--limit", "sites=500"])?;
        self.refused("more sites than nova has", &refused, "sites")?;
        let refused = self.by("sven", &["package", "create", "strong", "--limit", "memory=1G"])?;
        self.refused("more memory than nova has for one account", &refused, "memory")?;
        let refused = self.by("rita", &["package", "create", "post", "--feature", "mail=on"])?;
        self.refused("a feature that acme has not", &refused, "mail")?;
        let refused = self.by("sven", &["organisation", "limits", "nova", "--limit", "sites=500"])?;
        self.refused("its own limits", &refused, "")?;
        let refused = self.by("rita", &["organisation", "limits", "nova", "--limit", "sites=500"])?;
        self.refused("more to the one below than acme has itself", &refused, "sites")?;
        let missing = self.by("sven", &["package", "edit", "basic", "--limit", "sites=1"])?;
        self.told.expect(
            "the provider's package is not his to change, as if there were none",
            missing.code() == 3,
        )?;
        let missing =
            self.by("sven", &["member", "add", "sven", "--organisation", "acme", "--role", "reseller"])?;
        self.told.expect(
            "nor is what is above him there, where he could give himself a role",
            missing.code() == 3,
        )?;
        Ok(())
    }
}
