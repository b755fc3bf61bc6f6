//! Acting as another: whoever manages people works as one of them for a while, and everyone can see it.
//!
//! It is a session of the person with somebody else's name on it. It lasts [`LONGEST`] at most, however much it is used, and is begun by a link
//! that works once; the link is made by whoever holds [`ActAs`](crate::ActAs) on the person's organisation and may all that the person may
//! ([`person::is_covered`](crate::person::is_covered)). Both are looked at again at each use, with the person's consent where the organisation
//! or one above it asks for that: whoever loses the right is out with the next request, for good. Root on the server itself may all that a
//! session could, and needs no consent; what it does this way bears its name too.
//!
//! The person sees the session among their own and can end it; the accounts of the person tell when it begins and ends.

use std::time::Duration;

use names::{AccountId, Micros, OpaqueToken, PersonId, SessionId};
use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};

use crate::actor::{Acting, Actor};
use crate::login::Login;
use crate::origin::Origin;
use crate::permission::PermissionId;
use crate::session::NewSession;
use crate::{person, session};

/// The longest that one may act as another with one link.
pub const LONGEST: Duration = Duration::from_hours(1);
/// A link works for so long.
pub const LINK_LASTS: Duration = Duration::from_mins(5);
/// How long a consent counts where nothing else is said.
pub const CONSENT: Duration = Duration::from_hours(24);
/// The longest consent.
pub const LONGEST_CONSENT: Duration = Duration::from_hours(7 * 24);

const HOLDS: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM person p JOIN organisation_permission op ON op.organisation_id = p.organisation_id
     WHERE p.id = $1 AND op.holder_id = $2 AND op.permission = $3",
);
const NEEDS_CONSENT: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM person p JOIN organisation_above up ON up.organisation_id = p.organisation_id
            JOIN organisation o ON o.id = up.above_id
     WHERE p.id = $1 AND o.act_as_consent = 1",
);
const CONSENTED: Statement =
    Statement::new("SELECT expires_at AS value FROM act_as_consent WHERE person_id = $1 AND expires_at > $2");
const CONSENT_TO: Statement = Statement::new(
    "INSERT INTO act_as_consent (person_id, given_at, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT (person_id) DO UPDATE SET given_at = excluded.given_at, expires_at = excluded.expires_at",
);
const WITHDRAW: Statement = Statement::new("DELETE FROM act_as_consent WHERE person_id = $1");
const ADD_LINK: Statement = Statement::new(
    "INSERT INTO act_as_link (token_hash, person_id, impersonator_id, seconds, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)",
);
const USE_LINK: Statement = Statement::new(
    "UPDATE act_as_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
     RETURNING person_id, impersonator_id, seconds",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO session (id, person_id, token_hash, created_at, last_seen_at, idle_expires_at, expires_at, sudo_until, origin,
                          impersonator_id, by_root)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10)",
);
const END: Statement =
    Statement::new("UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");
const OVER: Statement = Statement::new(
    "SELECT s.id, s.person_id, p.login, s.by_root, i.login AS impersonator
     FROM session s JOIN person p ON p.id = s.person_id LEFT JOIN person i ON i.id = s.impersonator_id
     WHERE (s.impersonator_id IS NOT NULL OR s.by_root = 1) AND s.end_told = 0
       AND (s.revoked_at IS NOT NULL OR s.expires_at <= $1 OR s.idle_expires_at <= $1)
     ORDER BY s.id LIMIT 100",
);
const TOLD: Statement = Statement::new("UPDATE session SET end_told = 1 WHERE id = $1 AND end_told = 0");
const ACCOUNTS: Statement = Statement::new(
    "SELECT DISTINCT account_id AS value FROM person_role WHERE person_id = $1 AND account_id IS NOT NULL
     ORDER BY account_id LIMIT 50",
);
const PRUNE_LINKS: Statement = Statement::new("DELETE FROM act_as_link WHERE expires_at < $1");
const PRUNE_CONSENTS: Statement = Statement::new("DELETE FROM act_as_consent WHERE expires_at < $1");

pub(crate) const STATEMENTS: &[Statement] = &[
    HOLDS,
    NEEDS_CONSENT,
    CONSENTED,
    CONSENT_TO,
    WITHDRAW,
    ADD_LINK,
    USE_LINK,
    INSERT,
    END,
    OVER,
    TOLD,
    ACCOUNTS,
    PRUNE_LINKS,
    PRUNE_CONSENTS,
];

/// Why somebody may not act as a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is they themselves.
    Oneself,
    /// The right is not held on the person's organisation.
    NotAllowed,
    /// The person may more.
    NotCovered,
    /// The person has not consented, or the consent is over.
    NoConsent,
}

/// Why `by` may not act as this person at this moment; none: they may. `by` is none for root on the server itself.
pub async fn refusal(
    tx: &mut Tx,
    by: Option<PersonId>,
    person: PersonId,
    now: Micros,
) -> Result<Option<Refusal>, StoreError> {
    let Some(by) = by else { return Ok(None) };
    if by == person {
        return Ok(Some(Refusal::Oneself));
    }
    let holder = by.to_string();
    let holds = HOLDS.bind(person).bind(&holder).bind(PermissionId::ActAs.as_str());
    if tx.one::<i64>(holds).await? == 0 {
        return Ok(Some(Refusal::NotAllowed));
    }
    if !person::covers(tx, &holder, person).await? {
        return Ok(Some(Refusal::NotCovered));
    }
    if tx.one::<i64>(NEEDS_CONSENT.bind(person)).await? > 0 && consent(tx, person, now).await?.is_none() {
        return Ok(Some(Refusal::NoConsent));
    }
    Ok(None)
}

/// Until when the person lets others act as them; none: they do not.
pub async fn consent(tx: &mut Tx, person: PersonId, now: Micros) -> Result<Option<Micros>, StoreError> {
    let until: Option<i64> = tx.optional(CONSENTED.bind(person).bind(now)).await?;
    Ok(until.and_then(|until| Micros::new(until).ok()))
}

/// The person lets others act as them until then.
pub async fn set_consent(
    tx: &mut WriteTx,
    person: PersonId,
    until: Micros,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(CONSENT_TO.bind(person).bind(now).bind(until)).await?;
    Ok(())
}

/// The person no longer does; whether they did. Sessions that needed it are over with their next request.
pub async fn withdraw_consent(tx: &mut WriteTx, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.execute(WITHDRAW.bind(person)).await? == 1)
}

/// Makes a link that begins a session as this person, once and within [`LINK_LASTS`]. It cannot be had again. Whether the maker may, was
/// found by [`refusal`], and is looked at again when the link is used.
pub async fn make_link(
    tx: &mut WriteTx,
    by: Option<PersonId>,
    person: PersonId,
    lasts: Duration,
    now: Micros,
) -> Result<OpaqueToken, StoreError> {
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    let seconds = i64::try_from(lasts.min(LONGEST).as_secs()).unwrap_or(0);
    let link =
        ADD_LINK.bind(token.hash()).bind(person).bind(by).bind(seconds).bind(now).bind(now.plus(LINK_LASTS));
    tx.execute(link).await?;
    Ok(token)
}

struct Link {
    person: PersonId,
    by: Option<PersonId>,
    seconds: i64,
}

impl FromRow for Link {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            person: row.parse("person_id")?,
            by: row.opt_parse("impersonator_id")?,
            seconds: row.int("seconds")?,
        })
    }
}

/// What came of a link's token.
#[derive(Debug)]
pub enum Followed {
    /// It is no link of this kind, or was used, or is too old.
    Unknown,
    /// The right to act as the person is gone meanwhile; the link is used up.
    Refused,
    /// The session, and who it is.
    Begun(NewSession, Box<Actor>),
}

/// Uses a link's token up, and begins the session.
pub async fn follow(
    tx: &mut WriteTx,
    token: &OpaqueToken,
    origin: Origin,
    now: Micros,
) -> Result<Followed, StoreError> {
    let link: Option<Link> = tx.optional(USE_LINK.bind(token.hash()).bind(now)).await?;
    let Some(link) = link else { return Ok(Followed::Unknown) };
    let lasts = Duration::from_secs(u64::try_from(link.seconds).unwrap_or(0));
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    let new = NewSession { id: SessionId::new(), token, expires_at: now.plus(lasts) };
    let insert = INSERT
        .bind(new.id)
        .bind(link.person)
        .bind(new.token.hash())
        .bind(now)
        .bind(now.plus(session::IDLE))
        .bind(new.expires_at)
        .bind(None::<Micros>)
        .bind(origin.to_string())
        .bind(link.by)
        .bind(link.by.is_none());
    tx.execute(insert).await?;
    if let Some(actor) = session::by_id(tx, new.id, origin, now).await? {
        return Ok(Followed::Begun(new, Box::new(actor)));
    }
    tx.execute(END.bind(new.id).bind(now)).await?;
    tx.execute(TOLD.bind(new.id)).await?;
    Ok(Followed::Refused)
}

/// Ends a session that its impersonator has lost the right to.
pub(crate) async fn end_for_good(store: Store, session: SessionId, now: Micros) {
    let end = END.bind(session).bind(now);
    if let Err(error) = store.note(async |tx| tx.execute(end).await).await {
        tracing::warn!(error = %error, "the end of a session could not be written down");
    }
}

/// Somebody acted as a person, and does no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// The session.
    pub session: SessionId,
    /// Who was acted as.
    pub person: PersonId,
    /// By which name.
    pub login: Login,
    /// By whom.
    pub by: Login,
}

impl FromRow for Over {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let by = match row.opt_parse("impersonator")? {
            Some(login) => login,
            None => Acting::root().login,
        };
        Ok(Self {
            session: row.parse("id")?,
            person: row.parse("person_id")?,
            login: row.parse("login")?,
            by,
        })
    }
}

/// Sessions of this kind that are over and whose end was not told yet.
pub async fn over(tx: &mut Tx, now: Micros) -> Result<Vec<Over>, StoreError> {
    tx.all(OVER.bind(now)).await
}

/// The end of this session is told now; false where it was told already.
pub async fn tell_end(tx: &mut WriteTx, session: SessionId) -> Result<bool, StoreError> {
    Ok(tx.execute(TOLD.bind(session)).await? == 1)
}

/// The accounts that a person holds a role on, which hear of it.
pub async fn accounts_of(tx: &mut Tx, person: PersonId) -> Result<Vec<AccountId>, StoreError> {
    let texts: Vec<String> = tx.all(ACCOUNTS.bind(person)).await?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

/// Forgets links and consents that are over; called now and then.
pub(crate) async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    let links = tx.execute(PRUNE_LINKS.bind(now)).await?;
    Ok(links + tx.execute(PRUNE_CONSENTS.bind(now)).await?)
}

#[cfg(test)]
mod tests;
