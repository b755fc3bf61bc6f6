//! What rights cost: a tree of 1,000 organisations with 10,000 accounts, written straight into the panel's database.
//!
//! Nothing of it is on the server, so the agent is kept away, and each row says that it was observed: a panel without an agent serves such rows
//! and drives nothing.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Connection, Target};
use names::{AccountId, OrganisationId, PersonId, RoleId, SessionId};
use serde_json::Value;
use store::{Statement, Store, StoreError, WriteTx};

use super::report::Figure;
use super::rig::Rig;

const ORGANISATIONS: usize = 1000;
const ACCOUNTS: usize = 10_000;
/// The reseller's branch: itself and what lies below it.
const BRANCH: usize = 100;
const SAMPLES: usize = 200;

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
                          observed_generation, condition)
     SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), n.id, CAST($5 AS BIGINT), 'a@example.test', 0, 0, 0, 1, 'ready'
     FROM node n",
);
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
    /// An account that they see.
    account: String,
}

/// Fills the database of a server, and measures.
pub(super) fn measure(rig: &Rig) -> Result<Vec<Figure>> {
    rig.sh("systemctl stop holdfast-panel.socket holdfast-panel.service holdfast-agent.service 2>/dev/null || true; \
            systemctl mask --runtime holdfast-agent.service holdfast-agent.socket 2>/dev/null || true")?;
    let database = format!("/proc/{}/root/var/lib/holdfast/holdfast.db", rig.server.leader());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let callers = runtime.block_on(fill(Path::new(&database)))?;
    rig.sh("chown holdfast: /var/lib/holdfast/holdfast.db*; systemctl start holdfast-panel.socket 2>/dev/null || true; \
            systemctl start holdfast-panel.service")?;
    let mut connection = Connection::new(Target::Unix(rig.socket()), Duration::from_mins(1))?;
    let mut figures = Vec::new();
    for caller in &callers {
        for (what, path) in [
            ("who am I (authorisation alone)", "/api/v1/session".to_owned()),
            ("one account", format!("/api/v1/accounts/{}", caller.account)),
            ("a page of 50 accounts", "/api/v1/accounts".to_owned()),
            ("a page of 50 organisations", "/api/v1/organisations".to_owned()),
        ] {
            let times = ask(&mut connection, caller, &path)?;
            figures.push(Figure::times(
                format!("10,000 accounts in 1,000 organisations, as {}: {what}", caller.who),
                &times,
            ));
            figures.push(p99(
                format!("10,000 accounts in 1,000 organisations, as {}: {what}, p99", caller.who),
                times,
            ));
        }
    }
    Ok(figures)
}

fn p99(what: String, mut times: Vec<Duration>) -> Figure {
    times.sort_unstable();
    let at = (times.len() * 99).div_ceil(100).saturating_sub(1);
    Figure::one(what, "s", times[at].as_secs_f64()).aim(0.05)
}

fn ask(connection: &mut Connection, caller: &Caller, path: &str) -> Result<Vec<Duration>> {
    let bearer = caller.bearer.clone().unwrap_or_default();
    let headers: Vec<_> = caller.bearer.iter().map(|_| ("authorization", bearer.as_str())).collect();
    let mut times = Vec::with_capacity(SAMPLES);
    for sample in 0..SAMPLES + 5 {
        let answer = connection.send("GET", "localhost", path, &headers, None)?;
        ensure!(answer.status == 200, "{} {path}: {} {}", caller.who, answer.status, answer.text());
        // what was asked for is there
        let body: Value = serde_json::from_slice(&answer.body)?;
        let full =
            body["items"].as_array().is_none_or(|items| !items.is_empty() || path.ends_with("organisations"));
        ensure!(full, "{} {path} shows nothing", caller.who);
        if sample >= 5 {
            times.push(answer.elapsed);
        }
    }
    Ok(times)
}

async fn fill(database: &Path) -> Result<Vec<Caller>> {
    let store = Store::open(database).await.context("the panel's database")?;
    let callers = store.write(async |tx: &mut WriteTx| rows(tx).await).await?;
    store.close().await;
    Ok(callers)
}

/// Resellers of 100 organisations each, below the root: the first of a hundred is above the other 99. Accounts go round.
async fn rows(tx: &mut WriteTx) -> Result<Vec<Caller>, StoreError> {
    let root = store::fixed::ROOT_ORGANISATION.to_owned();
    let mut organisations: Vec<String> = Vec::with_capacity(ORGANISATIONS);
    for number in 0..ORGANISATIONS {
        let id = OrganisationId::new().to_string();
        let first = number - number % BRANCH;
        let (parent, kind) = if first == number {
            (root.clone(), "reseller")
        } else {
            (organisations[first].clone(), "client")
        };
        tx.execute(ORGANISATION.bind(&id).bind(&parent).bind(format!("o{number}")).bind(kind)).await?;
        tx.execute(ITSELF.bind(&id)).await?;
        tx.execute(ABOVE.bind(&id).bind(&parent)).await?;
        organisations.push(id);
    }
    let mut chosen = None;
    for number in 0..ACCOUNTS {
        let (person, account) = (PersonId::new(), AccountId::new());
        let (name, organisation) = (format!("a{number}"), &organisations[number % ORGANISATIONS]);
        // uids that no account of the panel's own gets
        let uid = 30_000 + i64::try_from(number).unwrap_or_default();
        tx.execute(PERSON.bind(person).bind(&name).bind(organisation)).await?;
        tx.execute(UID.bind(uid).bind(account).bind(&name)).await?;
        tx.execute(ACCOUNT.bind(account).bind(&name).bind(organisation).bind(person).bind(uid)).await?;
        let role = store::fixed::OWNER_ROLE;
        tx.execute(ON_ACCOUNT.bind(RoleId::new()).bind(person).bind(role).bind(account)).await?;
        if number == 5500 {
            chosen = Some((person, name));
        }
    }
    // the branch of the sixth reseller, whose accounts are in the middle of all
    let mut on = async |login: &str, role: &str, organisation: &str| {
        let person = PersonId::new();
        tx.execute(PERSON.bind(person).bind(login).bind(organisation)).await?;
        tx.execute(ON_ORGANISATION.bind(RoleId::new()).bind(person).bind(role).bind(organisation)).await?;
        Ok::<_, StoreError>(person)
    };
    let administrator = on("bench-administrator", store::fixed::ADMINISTRATOR_ROLE, &root).await?;
    let reseller = on("bench-reseller", store::fixed::RESELLER_ROLE, &organisations[5 * BRANCH]).await?;
    let (owner, theirs) = chosen.ok_or(StoreError::Missing)?;
    let mut callers = vec![Caller { who: "root", bearer: None, account: theirs.clone() }];
    for (who, person) in [
        ("an administrator", administrator),
        ("a reseller of 100 organisations", reseller),
        ("an owner", owner),
    ] {
        let token = names::OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
        let now = names::Micros::now();
        let until = now.plus(Duration::from_hours(1));
        tx.execute(SESSION.bind(SessionId::new()).bind(person).bind(token.hash()).bind(now).bind(until))
            .await?;
        let bearer = Some(format!("Bearer {}", token.expose().expose()));
        callers.push(Caller { who, bearer, account: theirs.clone() });
    }
    Ok(callers)
}
