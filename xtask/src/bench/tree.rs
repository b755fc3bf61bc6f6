//! What rights cost: a tree of 1,000 organisations with 10,000 accounts, written straight into the panel's database.
//!
//! Nothing of it is on the server, so the agent is kept away, and each row says that it was observed: a panel without an agent serves such rows
//! and drives nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Connection, Target};
use names::{
    AccountId, ApiToken, OpaqueToken, OrganisationId, PackageId, PersonId, RoleId, SessionId, SiteId, TokenId,
};
use serde_json::{Value, json};
use store::{Statement, Store, StoreError, WriteTx};

use super::report::{Figure, quantile};
use super::rig::Rig;

const ORGANISATIONS: usize = 1000;
const ACCOUNTS: usize = 10_000;
/// Each organisation's packages.
const PACKAGES: usize = 10;
/// Resellers one below the other, from the one who has half of all down to the one who has two organisations.
const CHAIN: usize = 6;
/// Lists of each who asks.
const LISTS: usize = 1000;
/// Searches, and lists in other orders, of each who asks.
const SEARCHES: usize = 100;
/// Single requests of each who asks.
const SINGLES: usize = 4000;
/// Asked before it counts, so that nothing is asked for the first time.
const WARM: usize = 20;
const DATABASE: &str = "/var/lib/holdfast/holdfast.db";
const TREE: &str = "10,000 accounts in 1,000 organisations";

const ORGANISATION: Statement = Statement::new(
    "INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, $2, $3, $4, 0)",
);
const ITSELF: Statement =
    Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0)");
const ABOVE: Statement = Statement::new(
    "INSERT INTO organisation_above (organisation_id, above_id, depth)
     SELECT CAST($1 AS TEXT), above_id, depth + 1 FROM organisation_above WHERE organisation_id = $2",
);
const PERSON: Statement = Statement::new(
    "INSERT INTO person (id, login, organisation_id, created_at, updated_at) VALUES ($1, $2, $3, 0, 0)",
);
const UID: Statement =
    Statement::new("INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES ($1, $2, $3, 0)");
const ACCOUNT: Statement = Statement::new(
    "INSERT INTO account (id, name, organisation_id, owner_person_id, node_id, uid, email, created_at, updated_at, since,
                          observed_generation, condition, package_id)
     SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), n.id, CAST($5 AS BIGINT), 'a@example.test', 0, 0, 0, 1, 'ready',
            CAST($6 AS TEXT)
     FROM node n",
);
const SITE: Statement = Statement::new(
    "INSERT INTO site (id, account_id, node_id, docroot, created_at, updated_at, since, observed_generation, condition)
     SELECT CAST($1 AS TEXT), a.id, a.node_id, 'sites/x/public', 0, 0, 0, 1, 'ready' FROM account a WHERE a.id = $2",
);
const SITE_NAME: Statement = Statement::new(
    "INSERT INTO site_name (name, site_id, is_primary, ownership, created_at) VALUES ($1, $2, $3, 'approved', 0)",
);
const PACKAGE: Statement = Statement::new(
    "INSERT INTO package (id, organisation_id, name, created_at, updated_at) VALUES ($1, $2, $3, 0, 0)",
);
const TOKEN: Statement = Statement::new(
    "INSERT INTO token (id, person_id, name, token_hash, created_at, expires_at) VALUES ($1, $2, 'bench', $3, $4, $5)",
);
const TOKEN_MAY: Statement =
    Statement::new("INSERT INTO token_permission (token_id, permission) VALUES ($1, 'account.view')");
const ON_ORGANISATION: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $2, $3, $4, 0)",
);
const ON_ACCOUNT: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, account_id, created_at) VALUES ($1, $2, $3, $4, 0)",
);
const SESSION: Statement = Statement::new(
    "INSERT INTO session (id, person_id, token_hash, created_at, last_seen_at, idle_expires_at, expires_at, origin)
     VALUES ($1, $2, $3, $4, $4, $5, $5, 'socket')",
);

/// Who asks, and with what.
struct Caller {
    who: &'static str,
    bearer: Option<String>,
}

impl Caller {
    fn get(&self, connection: &mut Connection, path: &str) -> Result<Value> {
        let answer = self.send(connection, "GET", path, None)?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn send(
        &self,
        connection: &mut Connection,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut headers = vec![("if-match", "*"), ("content-type", "application/json")];
        headers.extend(self.bearer.as_ref().map(|bearer| ("authorization", bearer.as_str())));
        let body = body.map(serde_json::to_vec).transpose()?;
        let answer = connection.send(method, "localhost", path, &headers, body.as_deref())?;
        let good = (200..300).contains(&answer.status);
        ensure!(good, "{method} {path} as {}: {} {}", self.who, answer.status, answer.text());
        Ok(answer)
    }
}

/// What was filled in.
struct Tree {
    callers: Vec<Caller>,
    /// How many accounts each of the callers sees.
    seen: Vec<usize>,
    /// An account that all of them see.
    account: String,
}

/// Fills the database of a server, and measures.
pub(super) fn measure(rig: &Rig) -> Result<Vec<Figure>> {
    rig.sh("systemctl stop holdfast-panel.socket holdfast-panel.service holdfast-agent.service 2>/dev/null || true; \
            systemctl mask --runtime holdfast-agent.service holdfast-agent.socket 2>/dev/null || true")?;
    let tree = filled(rig)?;
    rig.sh(
        "systemctl start holdfast-panel.socket 2>/dev/null || true; systemctl start holdfast-panel.service",
    )?;
    let mut connection = Connection::new(Target::Unix(rig.socket()), Duration::from_mins(1))?;
    let mut figures = lists(&mut connection, &tree)?;
    figures.extend(sorted(&mut connection, &tree)?);
    figures.extend(searches(&mut connection, &tree)?);
    figures.extend(single(&mut connection, &tree)?);
    figures.extend(packages(&mut connection, &tree.callers[0])?);
    Ok(figures)
}

/// The first page of 100 accounts, and one from the middle of all.
fn lists(connection: &mut Connection, tree: &Tree) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (caller, seen) in tree.callers.iter().zip(&tree.seen) {
        let first = caller.get(connection, "/api/v1/accounts?limit=100")?;
        let rows = first["items"].as_array().map_or(0, Vec::len);
        ensure!(rows == *seen.min(&100), "{} sees {rows} accounts on the first page", caller.who);
        let mut times = Vec::with_capacity(LISTS);
        for sample in 0..LISTS + WARM {
            let answer = caller.send(connection, "GET", "/api/v1/accounts?limit=100", None)?;
            if sample >= WARM {
                times.push(answer.elapsed);
            }
        }
        let what = format!("list of {TREE}, a page of 100, as {} (of {seen})", caller.who);
        figures.extend(quantiles(&what, &times, Some(20.0)));
    }
    Ok(figures)
}

/// A page of 100 in the costliest orders and with the costliest filter, counted.
fn sorted(connection: &mut Connection, tree: &Tree) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for caller in tree.callers.iter().skip(1) {
        for (what, path) in [
            ("accounts by organisation", "/api/v1/accounts?limit=100&sort=-organisation"),
            ("sites by account", "/api/v1/sites?limit=100&sort=-account"),
            ("accounts that are suspended, counted", "/api/v1/accounts?limit=100&suspended=true&total=true"),
        ] {
            let times = times(connection, caller, path, SEARCHES)?;
            let what = format!("list of {what}, {TREE}, as {}", caller.who);
            figures.extend(quantiles(&what, &times, Some(100.0)));
        }
    }
    Ok(figures)
}

/// Searches among all kinds: what a name begins with, what many have, and what none has.
fn searches(connection: &mut Connection, tree: &Tree) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for caller in &tree.callers {
        for (what, words) in [("one account", "a4711"), ("many", "shop"), ("nothing", "nowhere_at_all")] {
            let times = times(connection, caller, &format!("/api/v1/search?q={words}"), SEARCHES)?;
            let what = format!("search for {what}, {TREE} with as many sites, as {}", caller.who);
            figures.extend(quantiles(&what, &times, Some(100.0)));
        }
    }
    Ok(figures)
}

/// How long a request takes each time.
fn times(connection: &mut Connection, caller: &Caller, path: &str, samples: usize) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(samples);
    for sample in 0..samples + WARM {
        let answer = caller.send(connection, "GET", path, None)?;
        if sample >= WARM {
            times.push(answer.elapsed);
        }
    }
    Ok(times)
}

/// The same cheap request, in turns, so that whatever else the machine does meets all alike.
fn single(connection: &mut Connection, tree: &Tree) -> Result<Vec<Figure>> {
    let path = format!("/api/v1/accounts/{}", tree.account);
    let mut times = vec![Vec::with_capacity(SINGLES); tree.callers.len()];
    for sample in 0..SINGLES + WARM {
        for (caller, times) in tree.callers.iter().zip(&mut times) {
            let answer = caller.send(connection, "GET", &path, None)?;
            if sample >= WARM {
                times.push(answer.elapsed);
            }
        }
    }
    let mut figures = Vec::new();
    let mut free = None;
    for (caller, times) in tree.callers.iter().zip(&times) {
        figures.extend(quantiles(&format!("one account of {TREE}, as {}", caller.who), times, None));
        let median = Figure::of("", "us", micros(times)).value;
        // the first is root by the socket, for whom no right is looked up
        let least = *free.get_or_insert(median);
        if caller.bearer.is_some() {
            let what = format!("authorisation of one request, {TREE}, as {}", caller.who);
            figures.push(Figure::one(what, "us", median - least).aim(100.0));
        }
    }
    Ok(figures)
}

/// A look-up by name among all packages, and a change of what half of all accounts have.
fn packages(connection: &mut Connection, root: &Caller) -> Result<Vec<Figure>> {
    let path = "/api/v1/packages/sold";
    let mut times = Vec::with_capacity(LISTS);
    for sample in 0..LISTS + WARM {
        let answer = root.send(connection, "GET", path, None)?;
        if sample >= WARM {
            times.push(answer.elapsed);
        }
    }
    let mut figures = quantiles("a package by its name, of 10,001", &times, None);
    for (what, field, values) in [
        ("sites, which the panel counts alone", "sites", [20, 30, 40]),
        ("memory, which the server holds", "memory_bytes", [256 << 20, 512 << 20, 768 << 20]),
    ] {
        let mut times = Vec::new();
        for value in values {
            let body = json!({ "limits": { field: value } });
            times.push(root.send(connection, "PATCH", path, Some(&body))?.elapsed.as_secs_f64());
        }
        let what = format!("change of a package that 5,000 accounts have, {what}: until it is written down");
        figures.push(Figure::of(what, "s", times));
    }
    Ok(figures)
}

fn micros(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1e6).collect()
}

fn quantiles(what: &str, times: &[Duration], aim: Option<f64>) -> Vec<Figure> {
    let mut samples: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    samples.sort_by(f64::total_cmp);
    let (least, most) = (quantile(&samples, 0), quantile(&samples, 100));
    let figure = |percent: usize| Figure {
        what: format!("{what}: p{percent}"),
        unit: "ms".to_owned(),
        aim: aim.filter(|_| percent == 99),
        value: quantile(&samples, percent),
        range: (least, most),
        samples: samples.len(),
    };
    vec![figure(50), figure(99)]
}

/// Fills a copy of the database, and puts it in its place: `SQLite` follows the links of a path by itself, and would not find the
/// server's root by that of its processes.
fn filled(rig: &Rig) -> Result<Tree> {
    let here = std::env::temp_dir().join(format!("holdfast-bench-{}.db", std::process::id()));
    // the panel is stopped: what its log still held is in the file
    fs::write(&here, rig.server.pull(DATABASE)?).with_context(|| here.display().to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tree = runtime.block_on(fill(&here));
    rig.sh(&format!("rm -f {DATABASE}-wal {DATABASE}-shm"))?;
    rig.server.push_file(&here, DATABASE, 0o600)?;
    rig.sh(&format!("chown holdfast: {DATABASE}"))?;
    fs::remove_file(&here).with_context(|| here.display().to_string())?;
    tree
}

async fn fill(database: &Path) -> Result<Tree> {
    let store = Store::open(database).await.context("the panel's database")?;
    let tree = store.write(async |tx: &mut WriteTx| rows(tx).await).await?;
    store.close().await;
    Ok(tree)
}

/// Half of the organisations are below one reseller: a chain of resellers, the rest clients of these in turn. The others are clients of
/// the provider. Accounts go round, so that each has ten.
async fn rows(tx: &mut WriteTx) -> Result<Tree, StoreError> {
    let root = store::fixed::ROOT_ORGANISATION.to_owned();
    let mut organisations: Vec<String> = Vec::with_capacity(ORGANISATIONS);
    for number in 0..ORGANISATIONS {
        let id = OrganisationId::new().to_string();
        let (parent, kind) = match number {
            0 => (root.clone(), "reseller"),
            1..CHAIN => (organisations[number - 1].clone(), "reseller"),
            // the last of the chain has one client, where the account is that all see
            CHAIN => (organisations[CHAIN - 1].clone(), "client"),
            _ if number < ORGANISATIONS / 2 => (organisations[number % (CHAIN - 1)].clone(), "client"),
            _ => (root.clone(), "client"),
        };
        tx.execute(ORGANISATION.bind(&id).bind(&parent).bind(format!("o{number}")).bind(kind)).await?;
        tx.execute(ITSELF.bind(&id)).await?;
        tx.execute(ABOVE.bind(&id).bind(&parent)).await?;
        for package in 0..PACKAGES {
            tx.execute(PACKAGE.bind(PackageId::new()).bind(&id).bind(format!("p{package}"))).await?;
        }
        organisations.push(id);
    }
    let sold = PackageId::new();
    tx.execute(PACKAGE.bind(sold).bind(&root).bind("sold")).await?;
    let mut chosen = None;
    for number in 0..ACCOUNTS {
        let (person, account) = (PersonId::new(), AccountId::new());
        // names in another order than the organisations, as they are
        let (name, organisation) =
            (format!("a{}", number * 7919 % 10_007), &organisations[number % ORGANISATIONS]);
        // uids that no account of the panel's own gets
        let uid = 30_000 + i64::try_from(number).unwrap_or_default();
        tx.execute(PERSON.bind(person).bind(&name).bind(organisation)).await?;
        tx.execute(UID.bind(uid).bind(account).bind(&name)).await?;
        let package = (number % 2 == 0).then_some(sold);
        let insert =
            ACCOUNT.bind(account).bind(&name).bind(organisation).bind(person).bind(uid).bind(package);
        tx.execute(insert).await?;
        let site = SiteId::new();
        tx.execute(SITE.bind(site).bind(account)).await?;
        for (prefix, is_primary) in [("www", true), ("shop", false)] {
            let domain = format!("{prefix}.{name}.example.test");
            tx.execute(SITE_NAME.bind(domain).bind(site).bind(is_primary)).await?;
        }
        let role = store::fixed::OWNER_ROLE;
        tx.execute(ON_ACCOUNT.bind(RoleId::new()).bind(person).bind(role).bind(account)).await?;
        if number == 5 * ORGANISATIONS + CHAIN {
            chosen = Some((person, name));
        }
    }
    let mut on = async |login: &str, role: &str, organisation: &str| {
        let person = PersonId::new();
        tx.execute(PERSON.bind(person).bind(login).bind(organisation)).await?;
        tx.execute(ON_ORGANISATION.bind(RoleId::new()).bind(person).bind(role).bind(organisation)).await?;
        Ok::<_, StoreError>(person)
    };
    let administrator = on("bench-administrator", store::fixed::ADMINISTRATOR_ROLE, &root).await?;
    let half = on("bench-half", store::fixed::RESELLER_ROLE, &organisations[0]).await?;
    let deep = on("bench-deep", store::fixed::RESELLER_ROLE, &organisations[CHAIN - 1]).await?;
    let (owner, account) = chosen.ok_or(StoreError::Missing)?;
    let mut callers = vec![Caller { who: "root by the socket, without any look-up", bearer: None }];
    let now = names::Micros::now();
    let until = now.plus(Duration::from_hours(1));
    let random = |error| StoreError::Other(Box::new(error));
    for (who, person) in [
        ("the administrator", administrator),
        ("the reseller of half", half),
        ("a reseller seven levels deep", deep),
        ("the owner of one", owner),
    ] {
        let token = OpaqueToken::generate().map_err(random)?;
        tx.execute(SESSION.bind(SessionId::new()).bind(person).bind(token.hash()).bind(now).bind(until))
            .await?;
        let bearer = Some(format!("Bearer {}", token.expose().expose()));
        callers.push(Caller { who, bearer });
    }
    for (who, person) in [("a token of the reseller of half", half), ("a token of the deep reseller", deep)] {
        let (token, id) = (ApiToken::generate().map_err(random)?, TokenId::new());
        tx.execute(TOKEN.bind(id).bind(person).bind(token.hash()).bind(now).bind(until)).await?;
        tx.execute(TOKEN_MAY.bind(id)).await?;
        callers.push(Caller { who, bearer: Some(format!("Bearer {}", token.expose().expose())) });
    }
    let (half, deep) = (ACCOUNTS / 2, 2 * ACCOUNTS / ORGANISATIONS);
    Ok(Tree { callers, seen: vec![ACCOUNTS, ACCOUNTS, half, deep, 1, half, deep], account })
}
