//! Failed sign-ins are counted in the database, so that a restart forgives nothing.
//!
//! An attempt counts as failed *before* the password is looked at and is forgiven after it was right: many attempts at once cannot slip
//! through together. Five counters:
//!
//! | counter | failures in 15 minutes | then locked for | against |
//! | --- | --- | --- | --- |
//! | login from one network | 5 | 15 minutes | guessing one person's password |
//! | network | 30 | 15 minutes | trying many logins from one place |
//! | login | 100 | 5 minutes | guessing one password from many places |
//! | second factor of a person | 5 | 15 minutes | guessing codes with a password that is known |
//! | identity provider from one network | 10 | 15 minutes | trying answers of a provider |
//!
//! The last one is high and short, so that nobody is locked out for long by a stranger. A network is an IPv4 address or an IPv6 /64.
//! Root on the unix socket is not counted; the other users of the machine are one network.

use std::time::Duration;

use names::{Digest, Label, Micros, PersonId};
use store::{FromRow, Row, RowError, Statement, StoreError, WriteTx};

use crate::origin::Origin;

const FIND: Statement =
    Statement::new("SELECT failures, first_at, locked_until FROM login_failure WHERE failure_key = $1");
const PUT: Statement = Statement::new(
    "INSERT INTO login_failure (failure_key, failures, first_at, last_at, locked_until) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (failure_key) DO UPDATE SET failures = excluded.failures, first_at = excluded.first_at,
         last_at = excluded.last_at, locked_until = excluded.locked_until",
);
const FORGIVE: Statement = Statement::new("DELETE FROM login_failure WHERE failure_key = $1");
const PRUNE: Statement = Statement::new(
    "DELETE FROM login_failure WHERE last_at < $1 AND (locked_until IS NULL OR locked_until < $2)",
);

pub(crate) const STATEMENTS: &[Statement] = &[FIND, PUT, FORGIVE, PRUNE];

/// Failures further apart than this do not add up.
const WINDOW: Duration = Duration::from_mins(15);

struct Counter {
    key: String,
    failures: i64,
    locked_for: Duration,
}

struct Seen {
    failures: i64,
    first_at: Micros,
    locked_until: Option<Micros>,
}

impl FromRow for Seen {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            failures: row.int("failures")?,
            first_at: row.time("first_at")?,
            locked_until: row.opt_time("locked_until")?,
        })
    }
}

/// Whether an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The password may be looked at.
    Allowed,
    /// Not before this moment, whatever the password.
    Locked {
        /// When it may be tried again.
        until: Micros,
    },
}

/// Stored keys are digests: what a stranger typed as a login may have been a password.
fn counters(login: &str, origin: Origin) -> Vec<Counter> {
    let Some(network) = origin.network().map(|network| network.to_string()) else { return Vec::new() };
    let counter = |kind: &str, login: &str, network: &str, failures, locked_for| Counter {
        key: format!("{kind}:{}", Digest::of_parts([login, network])),
        failures,
        locked_for,
    };
    vec![
        counter("pair", login, &network, 5, Duration::from_mins(15)),
        counter("network", "", &network, 30, Duration::from_mins(15)),
        counter("login", login, "", 100, Duration::from_mins(5)),
    ]
}

/// Those of codes: whoever sends them knows the password, or is signed in, so that a lock is no weapon of strangers.
fn counters_of_codes(person: PersonId, origin: Origin) -> Vec<Counter> {
    let Some(network) = origin.network().map(|network| network.to_string()) else { return Vec::new() };
    let person = Digest::of_parts(["code", &person.to_string()]);
    vec![
        Counter { key: format!("code:{person}"), failures: 5, locked_for: Duration::from_mins(15) },
        Counter {
            key: format!("network:{}", Digest::of_parts(["", &network])),
            failures: 30,
            locked_for: Duration::from_mins(15),
        },
    ]
}

/// Those of answers of a provider. Only who began a sign-in there comes so far, so that a lock is no weapon of strangers.
fn counters_of_providers(provider: &Label, origin: Origin) -> Vec<Counter> {
    let Some(network) = origin.network().map(|network| network.to_string()) else { return Vec::new() };
    let pair = Digest::of_parts(["provider", provider.as_str(), &network]);
    vec![
        Counter { key: format!("provider:{pair}"), failures: 10, locked_for: Duration::from_mins(15) },
        Counter {
            key: format!("network:{}", Digest::of_parts(["", &network])),
            failures: 30,
            locked_for: Duration::from_mins(15),
        },
    ]
}

/// As [`begin`], for an answer of an identity provider.
pub(crate) async fn begin_provider(
    tx: &mut WriteTx,
    provider: &Label,
    origin: Origin,
    now: Micros,
) -> Result<Attempt, StoreError> {
    count(tx, counters_of_providers(provider, origin), now).await
}

/// As [`forgive`], for an answer of an identity provider.
pub(crate) async fn forgive_provider(
    tx: &mut WriteTx,
    provider: &Label,
    origin: Origin,
    now: Micros,
) -> Result<(), StoreError> {
    take_back(tx, counters_of_providers(provider, origin), now).await
}

/// Counts an attempt as failed, unless it is locked out.
pub(crate) async fn begin(
    tx: &mut WriteTx,
    login: &str,
    origin: Origin,
    now: Micros,
) -> Result<Attempt, StoreError> {
    count(tx, counters(login, origin), now).await
}

/// As [`begin`], for a code of a second factor.
pub(crate) async fn begin_code(
    tx: &mut WriteTx,
    person: PersonId,
    origin: Origin,
    now: Micros,
) -> Result<Attempt, StoreError> {
    count(tx, counters_of_codes(person, origin), now).await
}

async fn count(tx: &mut WriteTx, counters: Vec<Counter>, now: Micros) -> Result<Attempt, StoreError> {
    let mut seen = Vec::with_capacity(counters.len());
    for counter in &counters {
        seen.push(tx.optional::<Seen>(FIND.bind(&counter.key)).await?);
    }
    let locks = seen.iter().flatten().filter_map(|seen| seen.locked_until);
    if let Some(until) = locks.filter(|&until| until > now).max() {
        return Ok(Attempt::Locked { until });
    }
    for (counter, seen) in counters.iter().zip(seen) {
        // A clock that was set back must not keep a window open for years.
        let current = seen.filter(|seen| {
            seen.locked_until.is_none() && seen.first_at <= now && now.since(seen.first_at) < WINDOW
        });
        let (failures, first_at) = current.map_or((1, now), |seen| (seen.failures + 1, seen.first_at));
        let locked_until = (failures >= counter.failures).then(|| now.plus(counter.locked_for));
        let put = PUT.bind(&counter.key).bind(failures).bind(first_at).bind(now).bind(locked_until);
        tx.execute(put).await?;
    }
    Ok(Attempt::Allowed)
}

/// The password was right: the person's own counters are forgotten, and the network's attempt is taken back by one.
pub(crate) async fn forgive(
    tx: &mut WriteTx,
    login: &str,
    origin: Origin,
    now: Micros,
) -> Result<(), StoreError> {
    take_back(tx, counters(login, origin), now).await
}

/// As [`forgive`], for a code of a second factor.
pub(crate) async fn forgive_code(
    tx: &mut WriteTx,
    person: PersonId,
    origin: Origin,
    now: Micros,
) -> Result<(), StoreError> {
    take_back(tx, counters_of_codes(person, origin), now).await
}

async fn take_back(tx: &mut WriteTx, counters: Vec<Counter>, now: Micros) -> Result<(), StoreError> {
    for counter in counters {
        if !counter.key.starts_with("network:") {
            tx.execute(FORGIVE.bind(&counter.key)).await?;
            continue;
        }
        // Not forgotten: else whoever has one login of their own could reset the count of a network at will.
        if let Some(seen) = tx.optional::<Seen>(FIND.bind(&counter.key)).await? {
            let failures = seen.failures - 1;
            let locked_until = seen.locked_until.filter(|_| failures >= counter.failures);
            let put = PUT.bind(&counter.key).bind(failures).bind(seen.first_at).bind(now).bind(locked_until);
            tx.execute(put).await?;
        }
    }
    Ok(())
}

/// Forgets counters that no longer count; called now and then.
pub(crate) async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now.minus(WINDOW)).bind(now)).await
}

#[cfg(test)]
mod tests;
