//! Limits under attack, the plan of a change of what was sold, and a suspension.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::Instant;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::{PASSWORD, SITE, Teller, hash};
use crate::session::Session;
use crate::suspension::{ENDS_WITHIN, Tenant};

/// How many ask at once.
const MANY: usize = 200;
const SLICE: &str = "holdfast-alice.slice";

impl Teller<'_, '_> {
    pub(super) fn limits_hold_against_two_hundred(&mut self) -> Result<()> {
        self.told.heading("One below the limit, two hundred ask at once, and one gets it")?;
        self.told.note(
            "They ask as administrators: a tenant's own changes are held to 50 at once and 5 a second before any limit is reached.",
        )?;
        self.one_more_is_left()?;
        let one = "holdfast site create alice cli{}.example.test --no-wait > /tmp/cli{} 2>&1; echo \"exit $?: $(sed -n 's/^error: //p' /tmp/cli{})\"";
        let line = format!(
            "seq {MANY} | xargs -P {MANY} -I {{}} sh -c '{}' | sort | uniq -c",
            one.replace('\'', "'\\''")
        );
        let counted = self.shell(&line)?;
        let said = counted.text();
        let exactly = |count: usize, words: &str| {
            said.lines().any(|line| line.trim_start().starts_with(&format!("{count} {words}")))
        };
        self.told.expect("by the command: one exits with 0", exactly(1, "exit 0"))?;
        let rest = exactly(MANY - 1, "exit 1: The account alice has") && said.lines().count() == 2;
        self.told
            .expect(&format!("and {} are told that the account has all of its sites", MANY - 1), rest)?;
        self.the_limit_is_reached()?;

        self.one_more_is_left()?;
        let session = Session::of(self.node, "admin")?;
        self.two_hundred("by the API, in a session", "session", session.bearer())?;

        self.one_more_is_left()?;
        let made = self.root(&[
            "token",
            "create",
            "burst",
            "--login",
            "admin",
            "--may",
            "site.edit,site.view,account.view,account.manage",
            "--expires",
            "1d",
            "--save",
            "/root/burst.token",
        ])?;
        self.done("a token is made", &made)?;
        let token = self.node.check(["cat", "/root/burst.token"])?.text();
        self.two_hundred("by the API, with a token", "token", &format!("Bearer {}", token.trim()))?;
        let counted = self.root(&["limit", "recount", "--dry-run"])?;
        self.told.expect(
            "each counter is what it counts",
            counted.text().contains("each counter is what it counts"),
        )?;
        Ok(())
    }

    /// Gives the account a limit of one site more than it has.
    fn one_more_is_left(&mut self) -> Result<()> {
        let (used, _) = self.sites()?;
        let limit = format!("sites={}", used + 1);
        let sold = self.root(&["account", "sell", "alice", "--limit", &limit])?;
        self.done(&format!("the account has {used} sites, and may have {}", used + 1), &sold)
    }

    fn the_limit_is_reached(&mut self) -> Result<()> {
        let (used, most) = self.sites()?;
        let there =
            self.json(&["site", "list", "--account", "alice"])?["items"].as_array().map_or(0, Vec::len);
        self.told.note(&format!("counted: {used} of {most} sites; listed: {there}"))?;
        self.told.expect(
            "used is the limit exactly, and that many are there",
            used == most && used == there as u64,
        )?;
        Ok(())
    }

    /// How many sites the account has, and may have.
    fn sites(&self) -> Result<(u64, u64)> {
        let limits = self.json(&["account", "limits", "alice"])?;
        let items = limits["limits"].as_array().cloned().unwrap_or_default();
        let sites = items.into_iter().find(|limit| limit["name"] == "sites");
        let sites = sites.ok_or_else(|| anyhow!("no limit of sites: {limits}"))?;
        let number = |name: &str| sites[name].as_u64().ok_or_else(|| anyhow!("no {name}: {sites}"));
        Ok((number("used")?, number("most")?))
    }

    /// As many POSTs at once, each over a connection of its own.
    fn two_hundred(&mut self, way: &str, name: &str, bearer: &str) -> Result<()> {
        self.told.note(&format!(
            "{MANY} connections: POST /api/v1/sites {{\"account\":\"alice\",\"name\":\"{name}N.example.test\"}}, all at the same moment"
        ))?;
        let token = bearer.trim_start_matches("Bearer ");
        let (gate, node) = (Barrier::new(MANY), self.node);
        let begun = Instant::now();
        let answers: Vec<Result<(u16, Value)>> = std::thread::scope(|scope| {
            let ask = |number: usize| {
                let gate = &gate;
                scope.spawn(move || {
                    let session = Session::by_token(node, token);
                    gate.wait();
                    let body = json!({ "account": "alice", "name": format!("{name}{number}.example.test") });
                    let answer = session?.send("POST", "/sites", Some(&body))?;
                    Ok((answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()))
                })
            };
            let asking: Vec<_> = (0..MANY).map(ask).collect();
            asking
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a fault"))))
                .collect()
        });
        let mut counts = BTreeMap::<String, usize>::new();
        for answer in answers {
            let (status, body) = answer?;
            let code = body["code"].as_str().unwrap_or("accepted");
            *counts.entry(format!("{status} {code}")).or_default() += 1;
        }
        for (what, count) in &counts {
            self.told.note(&format!("{count:>7} {what}"))?;
        }
        self.told.note(&format!("[{:.3} s]", begun.elapsed().as_secs_f64()))?;
        let wanted =
            BTreeMap::from([("202 accepted".to_owned(), 1), ("409 limit_reached".to_owned(), MANY - 1)]);
        self.told.expect(
            &format!("{way}: one is accepted, {} have reached the limit", MANY - 1),
            counts == wanted,
        )?;
        self.the_limit_is_reached()
    }

    pub(super) fn a_change_of_a_package_is_shown_first(&mut self) -> Result<()> {
        self.told
            .heading("A change of a package is shown over all its accounts, and then done exactly so")?;
        let edit = ["package", "edit", "mini", "--limit", "memory=128M"];
        let plan = self.by("sven", &[&edit[..], &["--dry-run"]].concat())?;
        let said = plan.text();
        let both = said.contains("account alice") && said.contains("account bob");
        self.told.expect("the plan names each account", plan.ok() && both)?;
        self.told.expect(
            "with what it may have before and after",
            said.contains("memory_bytes: 256.0 MiB -> 128.0 MiB"),
        )?;
        let before = self.node.number(SLICE, "MemoryMax")?;
        self.told.expect("nothing was done", before == 256 << 20)?;
        let other = "0".repeat(64);
        let refused = self.by("sven", &[&edit[..], &["--expect-plan", &other]].concat())?;
        self.refused("another plan than that which would be done", &refused, "plan")?;
        let done = self.by("sven", &[&edit[..], &["--expect-plan", &hash(&plan)?]].concat())?;
        self.done("it is done, as planned", &done)?;
        let shown = self.shell(&format!("systemctl show --value -p MemoryMax {SLICE} holdfast-bob.slice"))?;
        let held = shown.text().split_whitespace().all(|value| value == (128 << 20).to_string());
        self.told.expect("the server holds both accounts to it", held)?;
        Ok(())
    }

    pub(super) fn a_suspension_is_measured(&mut self) -> Result<()> {
        self.told.heading("A suspension ends every access, and gives back exactly what was there")?;
        let tenant = Tenant { account: "alice", password: PASSWORD, site: SITE, developer: "dev@alice" };
        tenant.prepare(self.node)?;
        let reseller = self.root(&["organisation", "suspend", "acme", "--accounts", "--dry-run"])?;
        let named = ["alice", "bob"].iter().all(|name| reseller.text().contains(name));
        self.told.expect("what suspending the reseller would do is shown first", reseller.ok() && named)?;
        for (what, path, body) in [
            ("the account", "/accounts/alice", json!({ "reason": "unpaid" })),
            ("the reseller two levels above", "/organisations/acme", json!({ "accounts": true })),
        ] {
            self.told.note(&format!(
                "\nSuspending {what}, while a PHP request, its child in the background, an SFTP upload, a stream of events and two sessions go on:"
            ))?;
            let measured = tenant.measure(self.node, path, &body)?;
            for (what, took) in &measured.ended {
                self.told.note(&format!("  {what:<10} ended after {:.2} s", took.as_secs_f64()))?;
            }
            for wrong in &measured.wrong {
                self.told.note(&format!("  {wrong}"))?;
            }
            let within = ENDS_WITHIN.as_secs();
            let in_time = measured.ended.iter().all(|(_, took)| *took <= ENDS_WITHIN);
            self.told.expect(&format!("all of it ended within {within} s"), in_time)?;
            self.told.expect("nobody came in meanwhile, and all came back", measured.wrong.is_empty())?;
            let [before, after] = &measured.rights;
            self.told.expect("the rights after are those of before", before == after)?;
        }
        Ok(())
    }
}
