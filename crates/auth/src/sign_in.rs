//! Showing who one is: by password, by a one-time link, or by an identity provider; and what more is asked for then.
//!
//! All end in a [`SignIn`]: either the person is [`Verified`], or they owe a [second factor](crate::second_factor), as everyone does who
//! has one.

use std::time::Duration;

use names::{Label, Micros, NameError, OpaqueToken, PersonId, Secret};
use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};

use crate::agent::Agent;
use crate::login::Login;
use crate::origin::Origin;
use crate::passkey::Shown;
use crate::passwords::{PasswordError, Passwords};
use crate::second_factor::{NeedsSecondFactor, Second};
use crate::throttle::{self, Attempt};
use crate::totp::TotpError;
use crate::{allow_list, second_factor};

/// A one-time link works for so long.
pub const LINK_LASTS: Duration = Duration::from_mins(15);

const FIND: Statement =
    Statement::new("SELECT id, login, password_hash FROM person WHERE login = $1 AND suspended_at IS NULL");
const UNCHANGED: Statement = Statement::new(
    "SELECT id, login, password_hash FROM person WHERE id = $1 AND password_hash = $2 AND suspended_at IS NULL",
);
const ADD_LINK: Statement = Statement::new(
    "INSERT INTO login_link (token_hash, person_id, created_at, expires_at, skips_second_factor)
     VALUES ($1, $2, $3, $4, $5)",
);
const FIND_LINK: Statement = Statement::new(
    "SELECT person_id, skips_second_factor FROM login_link
     WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
);
const USE_LINK: Statement = Statement::new(
    "UPDATE login_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
);
const DROP_LINKS: Statement =
    Statement::new("DELETE FROM login_link WHERE person_id = $1 AND used_at IS NULL");
const BY_ID: Statement =
    Statement::new("SELECT id, login, password_hash FROM person WHERE id = $1 AND suspended_at IS NULL");
const PRUNE: Statement = Statement::new("DELETE FROM login_link WHERE expires_at < $1");

pub(crate) const STATEMENTS: &[Statement] =
    &[FIND, UNCHANGED, ADD_LINK, FIND_LINK, USE_LINK, DROP_LINKS, BY_ID, PRUNE];

/// How someone showed who they are, before any second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// By password.
    Password,
    /// By a one-time link.
    Link,
    /// By a passkey, which is two factors at once: the device, and what unlocks it.
    Passkey,
    /// By an identity provider of this name.
    Provider(Label),
}

impl Means {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Passkey => "passkey",
            Self::Provider(_) => "provider",
        }
    }
}

impl std::fmt::Display for Means {
    /// The word, and which one where there are several: `password`, `provider:corp`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provider(name) => write!(f, "{}:{name}", self.as_str()),
            _ => f.write_str(self.as_str()),
        }
    }
}

impl std::str::FromStr for Means {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if let Some(name) = text.strip_prefix("provider:") {
            return Ok(Self::Provider(Label::parse(name)?));
        }
        let all = [Self::Password, Self::Link, Self::Passkey];
        let found = all.into_iter().find(|means| means.as_str() == text);
        found.ok_or_else(|| NameError::new("means", "this is no way of signing in", ""))
    }
}

/// Proof that someone has just shown who they are, with all that is asked of them; what a session is begun with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    person: PersonId,
    login: Login,
    means: Means,
    second: Option<Second>,
    agent: Agent,
}

/// What came of a first factor.
#[derive(Debug)]
pub enum SignIn {
    /// Nothing more is asked for.
    Done(Verified),
    /// The person has a second factor, and must show it.
    NeedsSecondFactor(NeedsSecondFactor),
}

impl SignIn {
    /// Who is verified, where nothing more is asked for.
    pub fn done(self) -> Option<Verified> {
        match self {
            Self::Done(verified) => Some(verified),
            Self::NeedsSecondFactor(_) => None,
        }
    }

    async fn after(
        tx: &mut WriteTx,
        verified: Verified,
        origin: Origin,
        now: Micros,
    ) -> Result<Self, StoreError> {
        let held = second_factor::held(tx, verified.person).await?;
        if !held.is_asked() {
            return Ok(Self::Done(verified));
        }
        let asked = second_factor::ask(tx, (verified.person, &verified.means), held, origin, now).await?;
        Ok(Self::NeedsSecondFactor(asked))
    }
}

impl Verified {
    fn by(means: Means, candidate: Candidate) -> Self {
        let Candidate { person, login, .. } = candidate;
        Self { person, login, means, second: None, agent: Agent::default() }
    }

    /// With the second factor that was asked for.
    pub(crate) fn with_second(person: PersonId, login: Login, means: Means, second: Second) -> Self {
        Self { person, login, means, second: Some(second), agent: Agent::default() }
    }

    /// With this browser or program.
    #[must_use]
    pub fn with_agent(mut self, agent: Agent) -> Self {
        self.agent = agent;
        self
    }

    pub(crate) fn agent(&self) -> Agent {
        self.agent
    }

    /// What was shown: `password`, `link`, `password+totp`, `provider:corp`, ...
    pub fn factors(&self) -> String {
        match self.second {
            None => self.means.to_string(),
            Some(second) => format!("{}+{}", self.means, second.as_str()),
        }
    }

    /// Who.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// By which name.
    pub fn login(&self) -> &Login {
        &self.login
    }
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The login, the password or the link is not right, or the person is suspended. Which, is not said.
    #[error("the login or the password is not right")]
    Refused,
    /// Too many failures.
    #[error("too many failed sign-ins")]
    Locked {
        /// Not before this moment.
        until: Micros,
    },
    /// The code of a second factor is not right or was used before, or nobody waits for one any more.
    #[error("the code is not right")]
    Code {
        /// Whose it should have been; none where nobody waits.
        person: Option<Box<(PersonId, Login)>>,
    },
    /// The authenticator could not be asked.
    #[error(transparent)]
    Totp(#[from] TotpError),
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database.
    #[error("the sign-in could not be looked up")]
    Store(#[from] StoreError),
}

/// Why a password may not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The one of now was not shown.
    #[error("the password of now is missing")]
    Missing,
    /// It is not the one of now, or could not be checked.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

struct Candidate {
    person: PersonId,
    login: Login,
    hash: Option<String>,
}

impl FromRow for Candidate {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            person: row.parse("id")?,
            login: row.parse("login")?,
            hash: row.opt_text("password_hash")?,
        })
    }
}

/// Checks a login and a password, as they were typed.
///
/// The time it takes, and the answer, are the same whether the login is unknown, has no password, is suspended or may not sign in from
/// there, or the password is wrong.
pub async fn by_password(
    store: &Store,
    passwords: &Passwords,
    login: &str,
    password: Secret<String>,
    origin: Origin,
    now: Micros,
) -> Result<SignIn, SignInError> {
    let candidate = password_of(store, passwords, login, password, origin, now).await?;
    let verified = Verified::by(Means::Password, candidate);
    Ok(store.write(async |tx: &mut WriteTx| SignIn::after(tx, verified, origin, now).await).await?)
}

/// The person whose login and password these are.
async fn password_of(
    store: &Store,
    passwords: &Passwords,
    login: &str,
    password: Secret<String>,
    origin: Origin,
    now: Micros,
) -> Result<Candidate, SignInError> {
    let login = login.get(..login.len().min(256)).unwrap_or_default();
    let (attempt, candidate, is_admitted) = store
        .write(async |tx| -> Result<_, StoreError> {
            let attempt = throttle::begin(tx, login, origin, now).await?;
            // A text that is no login is looked up too: the same work, the same answer.
            let candidate: Option<Candidate> = tx.optional(FIND.bind(login)).await?;
            let person = candidate.as_ref().map(|candidate| candidate.person);
            let is_admitted = allow_list::admits(tx, person, origin).await?;
            Ok((attempt, candidate, is_admitted))
        })
        .await?;
    if let Attempt::Locked { until } = attempt {
        return Err(SignInError::Locked { until });
    }
    let hash = candidate.as_ref().and_then(|candidate| candidate.hash.clone());
    let right = passwords.verify(password, hash.clone()).await?;
    let (Some(candidate), Some(hash), true) = (candidate, hash, right && is_admitted) else {
        return Err(SignInError::Refused);
    };
    store
        .write(async |tx| -> Result<_, SignInError> {
            // The password may have been changed, or the person suspended, while it was checked.
            let still: Option<Candidate> = tx.optional(UNCHANGED.bind(candidate.person).bind(hash)).await?;
            let still = still.ok_or(SignInError::Refused)?;
            throttle::forgive(tx, login, origin, now).await?;
            Ok(still)
        })
        .await
}

/// Checks the password of now, before another takes its place: a session alone, of a browser that was left open, is not enough to keep its
/// person out. Who has no password has none to show.
pub async fn confirm(
    store: &Store,
    passwords: &Passwords,
    person: PersonId,
    offered: Option<Secret<String>>,
    origin: Origin,
    now: Micros,
) -> Result<(), ConfirmError> {
    let read = async |tx: &mut Tx| tx.optional::<Candidate>(BY_ID.bind(person)).await;
    let candidate = store.read(read).await.map_err(SignInError::from)?.ok_or(SignInError::Refused)?;
    if candidate.hash.is_none() {
        return Ok(());
    }
    let offered = offered.ok_or(ConfirmError::Missing)?;
    password_of(store, passwords, candidate.login.as_str(), offered, origin, now).await?;
    Ok(())
}

/// Makes a link's token for a person, which works once and for [`LINK_LASTS`]. It cannot be had again. A second factor is asked for
/// after it, as after a password.
pub async fn make_link(tx: &mut WriteTx, person: PersonId, now: Micros) -> Result<OpaqueToken, StoreError> {
    add_link(tx, person, false, now).await
}

/// As [`make_link`], for a person who has lost the second factor: none is asked for. Root's alone to give.
pub async fn make_link_without_second_factor(
    tx: &mut WriteTx,
    person: PersonId,
    now: Micros,
) -> Result<OpaqueToken, StoreError> {
    add_link(tx, person, true, now).await
}

async fn add_link(
    tx: &mut WriteTx,
    person: PersonId,
    skips_second_factor: bool,
    now: Micros,
) -> Result<OpaqueToken, StoreError> {
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    let add = ADD_LINK.bind(token.hash()).bind(person).bind(now).bind(now.plus(LINK_LASTS));
    tx.execute(add.bind(skips_second_factor)).await?;
    Ok(token)
}

/// Takes back the links of a person that were not used, and the sign-ins that wait for a second factor.
pub(crate) async fn drop_links(tx: &mut WriteTx, person: PersonId) -> Result<(), StoreError> {
    tx.execute(DROP_LINKS.bind(person)).await?;
    second_factor::drop_pending(tx, person).await
}

struct Link {
    person: PersonId,
    skips_second_factor: bool,
}

impl FromRow for Link {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { person: row.parse("person_id")?, skips_second_factor: row.flag("skips_second_factor")? })
    }
}

/// Uses a link's token up. Of two that come at once, one gets in. One that is followed from where its person may not sign in is refused, and
/// still works from where they may.
///
/// Attempts are not counted: 256 bits are not guessed, and the general limit of requests holds.
pub async fn by_link(
    tx: &mut WriteTx,
    token: &OpaqueToken,
    origin: Origin,
    now: Micros,
) -> Result<SignIn, SignInError> {
    let link: Option<Link> = tx.optional(FIND_LINK.bind(token.hash()).bind(now)).await?;
    let link = link.ok_or(SignInError::Refused)?;
    let candidate: Option<Candidate> = tx.optional(BY_ID.bind(link.person)).await?;
    let candidate = candidate.ok_or(SignInError::Refused)?;
    let is_admitted = allow_list::admits(tx, Some(link.person), origin).await?;
    if !is_admitted || tx.execute(USE_LINK.bind(token.hash()).bind(now)).await? != 1 {
        return Err(SignInError::Refused);
    }
    let verified = Verified::by(Means::Link, candidate);
    if link.skips_second_factor {
        return Ok(SignIn::Done(verified));
    }
    Ok(SignIn::after(tx, verified, origin, now).await?)
}

/// Signs in by a passkey, which is two factors at once: nothing more is asked for.
pub async fn by_passkey(tx: &mut Tx, shown: &Shown, origin: Origin) -> Result<Verified, SignInError> {
    let candidate: Option<Candidate> = tx.optional(BY_ID.bind(shown.person())).await?;
    let candidate = candidate.ok_or(SignInError::Refused)?;
    if !allow_list::admits(tx, Some(candidate.person), origin).await? {
        return Err(SignInError::Refused);
    }
    Ok(Verified::by(Means::Passkey, candidate))
}

/// That an identity provider said who somebody is. Made by `identity-panel` alone, of an answer that was verified.
#[derive(Debug)]
pub struct Vouched {
    person: PersonId,
    provider: Label,
    with_second_factor: bool,
}

impl Vouched {
    /// For `identity-panel`, which has verified the provider's answer. `with_second_factor`: the provider asked for one, and its word counts.
    pub fn checked(person: PersonId, provider: Label, with_second_factor: bool) -> Self {
        Self { person, provider, with_second_factor }
    }
}

/// Signs in by the word of an identity provider. Where the provider's second factor does not count, whoever has one is asked for it.
pub async fn by_provider(
    tx: &mut WriteTx,
    vouched: &Vouched,
    origin: Origin,
    now: Micros,
) -> Result<SignIn, SignInError> {
    let candidate: Option<Candidate> = tx.optional(BY_ID.bind(vouched.person)).await?;
    let candidate = candidate.ok_or(SignInError::Refused)?;
    if !allow_list::admits(tx, Some(vouched.person), origin).await? {
        return Err(SignInError::Refused);
    }
    throttle::forgive_provider(tx, &vouched.provider, origin, now).await?;
    let verified = Verified::by(Means::Provider(vouched.provider.clone()), candidate);
    if vouched.with_second_factor {
        return Ok(SignIn::Done(verified));
    }
    Ok(SignIn::after(tx, verified, origin, now).await?)
}

/// Counts an attempt to sign in by a provider as failed, until [`by_provider`] or [`forgive_provider`] forgives it.
pub async fn begin_by_provider(
    tx: &mut WriteTx,
    provider: &Label,
    origin: Origin,
    now: Micros,
) -> Result<(), SignInError> {
    match throttle::begin_provider(tx, provider, origin, now).await? {
        Attempt::Allowed => Ok(()),
        Attempt::Locked { until } => Err(SignInError::Locked { until }),
    }
}

/// An attempt that [`begin_by_provider`] counted was none at anybody: what came of it is no sign-in.
pub async fn forgive_provider(
    tx: &mut WriteTx,
    provider: &Label,
    origin: Origin,
    now: Micros,
) -> Result<(), StoreError> {
    throttle::forgive_provider(tx, provider, origin, now).await
}

/// Whether a person who is not suspended may sign in from there; none: whether a new one might.
pub async fn may_come(tx: &mut Tx, person: Option<PersonId>, origin: Origin) -> Result<bool, StoreError> {
    if let Some(person) = person
        && tx.optional::<Candidate>(BY_ID.bind(person)).await?.is_none()
    {
        return Ok(false);
    }
    allow_list::admits(tx, person, origin).await
}

/// Forgets links that are over; called now and then.
pub async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now)).await
}

#[cfg(test)]
mod tests;
