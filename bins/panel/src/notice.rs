//! What calls for somebody: events of the last weeks that nobody has settled, gathered by what they are about.
//!
//! Nothing is written when something happens: a notice is what the reader may see of the events ([`desired::event`]), by the same rules, less
//! what is well again. So a site that came back does not shout, and what became another's is another's.

use std::collections::BTreeMap;
use std::time::Duration;

use auth::TenantScope;
use desired::event::Logged;
use names::{Micros, PersonId};
use store::{Statement, StoreError, Tx, WriteTx};

/// What happened longer ago calls for nobody.
const LASTS: Duration = Duration::from_hours(30 * 24);
/// Events that are looked at, the newest. Where more call for somebody, the counts are at least so many.
const MOST_EVENTS: i64 = 2000;
/// Objects that a notice names.
const MOST_OBJECTS: usize = 20;

// The events of these numbers that are not settled: of an object or a job, that nothing better or other came later; of what is told of once, that it is
// still so. A macro, since it is the text of two statements.
macro_rules! unsettled {
    ($seqs:expr) => {
        concat!(
            "SELECT e.seq, e.at, e.last_at, e.scope_kind, e.scope_id, e.account_id, e.severity, e.code, e.params, e.count
             FROM event e WHERE e.seq IN (",
            $seqs,
            ") AND CASE
                WHEN e.code IN ('object.degraded', 'object.failed', 'object.unknown') THEN NOT EXISTS
                    (SELECT 1 FROM event later
                     WHERE later.scope_kind = e.scope_kind AND later.scope_id = e.scope_id AND later.seq > e.seq AND later.last_at >= e.last_at
                       AND later.code IN ('object.ready', 'object.removed', 'object.adopted',
                                          CASE e.code WHEN 'object.degraded' THEN 'object.failed' ELSE 'object.degraded' END))
                WHEN e.code = 'job.failed' THEN NOT EXISTS
                    (SELECT 1 FROM event later
                     WHERE later.scope_kind = e.scope_kind AND later.scope_id = e.scope_id AND later.seq > e.seq AND later.last_at >= e.last_at
                       AND later.code IN ('job.done', 'job.cancelled'))
                WHEN e.code IN ('usage.high', 'usage.full') THEN EXISTS
                    (SELECT 1 FROM account_usage u
                     WHERE u.account_id = e.scope_id
                       AND CASE e.code WHEN 'usage.full' THEN 100 ELSE 1 END
                           <= CASE WHEN e.params LIKE '%\"what\":\"disk_space\"%' THEN u.disk_told
                                   WHEN e.params LIKE '%\"what\":\"files\"%' THEN u.inodes_told ELSE u.traffic_told END
                       AND CASE e.code WHEN 'usage.full' THEN 100 ELSE 99 END
                           >= CASE WHEN e.params LIKE '%\"what\":\"disk_space\"%' THEN u.disk_told
                                   WHEN e.params LIKE '%\"what\":\"files\"%' THEN u.inodes_told ELSE u.traffic_told END)
                WHEN e.code = 'webhook.disabled' THEN EXISTS
                    (SELECT 1 FROM webhook w WHERE w.id = e.scope_id AND w.enabled = 0)
                WHEN e.code = 'node.disk_high' THEN EXISTS
                    (SELECT 1 FROM node_watch n WHERE n.node_id = e.scope_id AND n.disk_told > 0)
                WHEN e.code = 'node.agent_away' THEN EXISTS
                    (SELECT 1 FROM node_watch n WHERE n.node_id = e.scope_id AND n.away = 1)
                ELSE e.code = 'person.acting_began' END
             ORDER BY e.seq DESC"
        )
    };
}

// The loud ones are in an index of their own: the others are not walked.
const ALL: Statement = Statement::new(unsettled!(
    "SELECT seq FROM (SELECT seq FROM event WHERE severity <> 'info' AND code <> 'object.waiting' AND last_at >= $2
                      ORDER BY seq DESC LIMIT $1) newest"
));
// Who sees an event is said by the same words as in `desired::event`.
const GRANTED: Statement = Statement::new(unsettled!(
    "SELECT of_account.seq FROM
        (SELECT e.seq
         FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $3 AND permission = $4) g
              CROSS JOIN event e
         WHERE e.account_id = g.account_id AND e.severity <> 'info' AND e.code <> 'object.waiting' AND e.last_at >= $2
         ORDER BY e.seq DESC LIMIT $1) of_account
     UNION
     SELECT of_organisation.seq FROM
        (SELECT e.seq
         FROM (SELECT DISTINCT organisation_id FROM organisation_permission WHERE holder_id = $3 AND permission = $4) g
              CROSS JOIN event e
         WHERE e.organisation_id = g.organisation_id AND e.severity <> 'info' AND e.code <> 'object.waiting' AND e.last_at >= $2
           AND (e.permission = $4
                OR EXISTS (SELECT 1 FROM organisation_permission too
                           WHERE too.holder_id = $3 AND too.organisation_id = e.organisation_id
                             AND too.permission = e.permission))
         ORDER BY e.seq DESC LIMIT $1) of_organisation"
));
const READ: Statement = Statement::new("SELECT until_seq AS value FROM notice_read WHERE person_id = $1");
// It never goes back: of two windows, the one that has seen more counts.
const SET_READ: Statement = Statement::new(
    "INSERT INTO notice_read (person_id, until_seq, read_at) VALUES ($1, $2, $3)
     ON CONFLICT (person_id) DO UPDATE SET until_seq = excluded.until_seq, read_at = excluded.read_at
     WHERE notice_read.until_seq < excluded.until_seq",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[ALL, GRANTED, READ, SET_READ];

/// An object that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Events of one code about one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gathered {
    pub(crate) topic: &'static str,
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) count: i64,
    pub(crate) first_at: Micros,
    pub(crate) last_at: Micros,
    /// The number of the newest event.
    pub(crate) newest: i64,
    /// The newest first.
    pub(crate) objects: Vec<About>,
    /// Objects beyond those.
    pub(crate) more: usize,
}

/// What an event is about, for whoever looks after it.
fn topic(event: &Logged) -> &'static str {
    let reason = event.params.get("reason").and_then(serde_json::Value::as_str);
    match event.code.as_str() {
        "object.degraded" | "object.failed" if reason == Some("edited") => "drift",
        "object.unknown" => "unknown",
        "usage.high" | "usage.full" => "usage",
        "webhook.disabled" => "webhooks",
        "person.acting_began" => "people",
        "job.failed" => "jobs",
        "node.disk_high" | "node.agent_away" => "server",
        _ => "objects",
    }
}

/// Gathers events, the newest first.
fn gather(events: &[Logged]) -> Vec<Gathered> {
    let mut by_topic: BTreeMap<(&'static str, &str), Vec<&Logged>> = BTreeMap::new();
    for event in events {
        by_topic.entry((topic(event), event.code.as_str())).or_default().push(event);
    }
    let mut gathered: Vec<Gathered> =
        by_topic.into_iter().filter_map(|(key, events)| one(key, &events)).collect();
    gathered.sort_by_key(|notice| std::cmp::Reverse(notice.newest));
    gathered
}

fn one((topic, code): (&'static str, &str), events: &[&Logged]) -> Option<Gathered> {
    let newest = events.first()?;
    let mut objects: Vec<About> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for event in events {
        if known.insert((event.scope_kind.as_str(), event.scope_id.as_str())) && objects.len() < MOST_OBJECTS
        {
            let name = event.params.get("name").and_then(serde_json::Value::as_str);
            objects.push(About {
                kind: event.scope_kind.clone(),
                id: event.scope_id.clone(),
                name: name.unwrap_or(&event.scope_id).to_owned(),
            });
        }
    }
    let is_error = events.iter().any(|event| event.severity == "error");
    Some(Gathered {
        topic,
        code: code.to_owned(),
        severity: if is_error { "error" } else { "warning" }.to_owned(),
        count: events.iter().map(|event| event.count).fold(0, i64::saturating_add),
        first_at: events.iter().map(|event| event.at).min()?,
        last_at: events.iter().map(|event| event.last_at).max()?,
        newest: newest.seq,
        more: known.len() - objects.len(),
        objects,
    })
}

/// What calls for whoever sees this scope, the newest first. What `login` did themselves is no news to them.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    login: &str,
    now: Micros,
) -> Result<Vec<Gathered>, StoreError> {
    let page = |statement: Statement| statement.bind(MOST_EVENTS).bind(now.minus(LASTS));
    let mut events: Vec<Logged> = match scope {
        TenantScope::All => tx.all(page(ALL)).await?,
        TenantScope::Granted { .. } => tx.all(scope.bind(page(GRANTED))).await?,
    };
    events.retain(|event| event.code != "person.acting_began" || event.params["by"] != login);
    Ok(gather(&events))
}

/// Up to which event a person has read; 0: none.
pub(crate) async fn read_until(tx: &mut Tx, person: PersonId) -> Result<i64, StoreError> {
    Ok(tx.optional(READ.bind(person)).await?.unwrap_or(0))
}

/// A person has read up to this event.
pub(crate) async fn set_read(
    tx: &mut WriteTx,
    person: PersonId,
    until: i64,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_READ.bind(person).bind(until).bind(now)).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
