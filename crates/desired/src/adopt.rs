//! After an older database was put back: what the server holds beyond it, and the decisions about that.
//!
//! Two sorts of objects. One is *behind*: its row is there, and the server holds a later wish. Nothing of the row is sent, and nothing
//! of it may be changed, until a person chose one of the sides; then its generation is lifted above the server's. The other is *unknown*:
//! the server holds it and there is no row. It runs on; a person may rebuild its row, have it removed, or have it kept aside.
//!
//! Until a person decided, nothing that an unknown object stands on (its account, its pool) is removed either.

use std::collections::HashMap;

use api_kit::ApiError;
use auth::{Actor, OrganisationKey};
use converge::methods::{HeldWish, ListWishes, MAX_WISHES, Object as HostObject, ObjectStatus};
use converge::{Spec, Wanted};
use names::{EmailAddress, Generation, Label, Micros, PackageId};
use serde_json::Value;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::block::{Block, BlockSql};
use crate::follow::{self, FollowError};
use crate::key::Key;
use crate::kind::{AnyKind, Wish};
use crate::panel::Panel;
use crate::plan::agent_error;
use crate::setting;

const FIND: Statement = Statement::new(
    "SELECT id, kind, name, account, decision, decided_at, decided_by, generation, observed_generation, spec_digest, condition,
            reason, message, since, attempts, next_attempt_at, deleted_at, expect_plan, overwrite
     FROM adoption WHERE id = $1",
);
const LIST: Statement = Statement::new(
    "SELECT id, kind, name, account, decision, decided_at, decided_by, generation, observed_generation, spec_digest, condition,
            reason, message, since, attempts, next_attempt_at, deleted_at, expect_plan, overwrite
     FROM adoption ORDER BY id LIMIT 100000",
);
const PUT: Statement = Statement::new(
    "INSERT INTO adoption (id, kind, name, account, decision, decided_at, decided_by, updated_at, since, generation, condition,
                           deleted_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $6, $8, $9, $10)
     ON CONFLICT (id) DO UPDATE SET decision = excluded.decision, decided_at = excluded.decided_at,
            decided_by = excluded.decided_by, updated_at = excluded.updated_at, since = excluded.since,
            generation = excluded.generation, condition = excluded.condition, deleted_at = excluded.deleted_at,
            observed_generation = 0, spec_digest = NULL, reason = NULL, message = NULL, attempts = 0, next_attempt_at = NULL,
            expect_plan = NULL, overwrite = 0",
);
const FORGET: Statement = Statement::new("DELETE FROM adoption WHERE id = $1");

/// The statements over the block of what is to be removed without a row of its own.
pub(crate) const SQL: BlockSql = BlockSql {
    raise: Statement::new(
        "UPDATE adoption SET generation = generation + 1, updated_at = $2, since = $2, overwrite = $3,
                condition = CASE WHEN deleted_at IS NULL THEN 'pending' ELSE 'deleting' END,
                reason = NULL, message = NULL, attempts = 0, next_attempt_at = NULL, expect_plan = NULL,
                spec_digest = NULL
         WHERE id = $1",
    ),
    lift: Statement::new("UPDATE adoption SET generation = $2 WHERE id = $1 AND generation < $2"),
    expect: Statement::new("UPDATE adoption SET expect_plan = $2 WHERE id = $1"),
    again: Statement::new("UPDATE adoption SET attempts = 0, next_attempt_at = NULL WHERE id = $1"),
    record: Statement::new(
        "UPDATE adoption SET observed_generation = COALESCE($3, observed_generation), spec_digest = COALESCE($4, spec_digest),
                condition = $5, reason = $6, message = $7, since = $8, attempts = $9, next_attempt_at = $10,
                expect_plan = CASE WHEN $5 = 'ready' THEN NULL ELSE expect_plan END,
                overwrite = CASE WHEN $5 = 'ready' THEN 0 ELSE overwrite END
         WHERE id = $1 AND generation = $2",
    ),
    behind: Statement::new("UPDATE adoption SET observed_generation = $2 WHERE id = $1 AND observed_generation < $2"),
    purge: Statement::new("DELETE FROM adoption WHERE id = $1 AND generation = $2 AND deleted_at IS NOT NULL"),
    unsettled: Statement::new("SELECT id AS value FROM adoption WHERE decision = 'remove'"),
    waiting: Statement::new("SELECT id AS value FROM adoption WHERE reason = 'waits_for' AND (id = $1 OR $1 IS NULL)"),
    page: Statement::new(
        "SELECT id, generation, observed_generation, spec_digest, condition, reason, message, since, attempts,
                next_attempt_at, deleted_at, expect_plan, overwrite
         FROM adoption WHERE decision = 'remove' AND id > $1 ORDER BY id LIMIT $2",
    ),
};

pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    LIST,
    PUT,
    FORGET,
    SQL.raise,
    SQL.lift,
    SQL.expect,
    SQL.again,
    SQL.record,
    SQL.behind,
    SQL.purge,
    SQL.unsettled,
    SQL.waiting,
    SQL.page,
];

/// An older database was put back and not yet held against the server.
const RESTORED: &str = "panel.restored";

/// What was decided about an object without a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The kind's word.
    pub kind: String,
    /// The id.
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// The name of its account.
    pub account: Option<String>,
    /// It is kept; otherwise it is being removed.
    pub kept: bool,
    /// When that was decided.
    pub decided_at: Micros,
    /// By whom.
    pub decided_by: String,
    /// How the removal stands.
    pub block: Block,
}

impl FromRow for Aside {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            kind: row.text("kind")?,
            id: row.text("id")?,
            name: row.text("name")?,
            account: row.opt_text("account")?,
            kept: row.text("decision")? == "keep",
            decided_at: row.time("decided_at")?,
            decided_by: row.text("decided_by")?,
            block: Block::from_row(row)?,
        })
    }
}

/// What a row is to be made of, or made to say.
pub struct Adopt<'a, S: Spec> {
    /// The object.
    pub id: &'a S::Key,
    /// What the server holds.
    pub held: &'a Wanted<S>,
    /// What the specification does not say.
    pub besides: &'a Besides,
    /// When it was decided.
    pub now: Micros,
}

/// What a specification does not say of a row.
pub struct Besides {
    /// Who decided.
    pub by: Actor,
    /// The address of a new account.
    pub email: Option<EmailAddress>,
    /// The organisation of a new account; none: the root one.
    pub organisation: Option<OrganisationKey>,
    /// What a new account was sold; none: nothing.
    pub package: Option<auth::Key<PackageId, Label>>,
}

/// Why an object waits for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The server holds a later wish than the row.
    Behind,
    /// There is no row.
    Unknown,
    /// There is none, and it was decided that the object stays as it is.
    Kept,
    /// There is none, and the object is being removed.
    Removing,
}

/// An object of the server that this database does not know, or knows an older wish of.
#[derive(Debug, Clone)]
pub struct Differing {
    /// Why.
    pub why: Why,
    /// The kind's word.
    pub kind: String,
    /// The id.
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// The name of its account.
    pub account: Option<String>,
    /// The name of the pool that it stands on.
    pub pool: Option<String>,
    /// The row's generation, and what it says; no value: that the object be gone.
    pub panel: Option<(Generation, Option<Value>)>,
    /// What the server holds.
    pub held: HeldWish,
    /// What was decided before.
    pub aside: Option<Aside>,
}

impl Differing {
    fn of(why: Why, held: HeldWish) -> Self {
        let said = |field: &str| held.spec.as_ref()?.get(field)?.as_str().map(str::to_owned);
        let first = || held.spec.as_ref()?.get("names")?.get(0)?.as_str().map(str::to_owned);
        Self {
            why,
            kind: held.object.kind.clone(),
            id: held.object.scope.clone(),
            name: said("name").or_else(first).unwrap_or_else(|| held.object.scope.clone()),
            account: said("account"),
            pool: said("pool"),
            panel: None,
            held,
            aside: None,
        }
    }

    /// Whether it stands on an account or a pool of this name.
    pub fn stands_on(&self, kind: &str, name: &str) -> bool {
        match kind {
            "account" => self.account.as_deref() == Some(name) && self.kind != "account",
            "pool" => self.pool.as_deref() == Some(name),
            _ => false,
        }
    }
}

/// What the server holds of a row is later than the row, or another wish of the same version.
pub(crate) fn is_ahead(held: &ObjectStatus, block: &Block) -> bool {
    let other = block.spec_digest.is_some_and(|digest| digest != held.digest);
    held.generation > block.generation || (held.generation == block.generation && other)
}

/// What is to be removed and has no row.
pub(crate) async fn leaving<S: Spec>(tx: &mut Tx, id: &str) -> Result<Option<Wish<S>>, StoreError> {
    let Some(aside) = tx.optional::<Aside>(FIND.bind(id)).await? else { return Ok(None) };
    let Ok(scope) = aside.id.parse::<S::Key>() else { return Ok(None) };
    if aside.kept || aside.kind != S::KIND {
        return Ok(None);
    }
    Ok(Some(Wish {
        scope,
        name: aside.name,
        account: None,
        wanted: Wanted::Absent,
        block: aside.block,
        waits_for: None,
    }))
}

/// Everything that was decided about objects without a row.
pub(crate) async fn asides(tx: &mut Tx) -> Result<Vec<Aside>, StoreError> {
    tx.all(LIST).await
}

/// Decides that an object without a row stays as it is, or goes.
pub async fn set_aside(
    tx: &mut WriteTx,
    object: &Differing,
    keep: bool,
    by: &str,
    now: Micros,
) -> Result<(), StoreError> {
    let (decision, condition) = if keep { ("keep", "ready") } else { ("remove", "deleting") };
    let generation = object.held.generation.as_i64() + i64::from(!keep);
    let put = PUT
        .bind(object.id.as_str())
        .bind(object.kind.as_str())
        .bind(object.name.as_str())
        .bind(object.account.as_deref())
        .bind(decision)
        .bind(now)
        .bind(by)
        .bind(generation)
        .bind(condition)
        .bind((!keep).then_some(now));
    tx.execute(put).await?;
    Ok(())
}

/// The object has a row again.
pub async fn forget(tx: &mut WriteTx, id: &str) -> Result<(), StoreError> {
    tx.execute(FORGET.bind(id)).await?;
    Ok(())
}

/// Notes in a database that is put back that it was not yet held against the server.
pub async fn mark_restored(tx: &mut WriteTx, now: Micros) -> Result<(), StoreError> {
    setting::put(tx, RESTORED, &true, now).await
}

/// Both sides of everything that differs, as it is now.
pub async fn list(panel: &Panel) -> Result<Vec<Differing>, ApiError> {
    differing(panel).await.map_err(|error| match error {
        FollowError::Agent(error) => agent_error(error),
        FollowError::Store(error) => error.into(),
    })
}

async fn differing(panel: &Panel) -> Result<Vec<Differing>, FollowError> {
    let mut held = follow::list(panel.agent()).await?;
    let (mut behind, mut ahead) = (HashMap::new(), Vec::new());
    for kind in panel.registry().iter() {
        let mut after = String::new();
        loop {
            let page = kind.sql().page.bind(&after).bind(follow::PAGE);
            let rows: Vec<follow::Compared> =
                panel.store().read(async |tx: &mut Tx| tx.all(page).await).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            for row in rows {
                let key = (kind.kind().to_owned(), row.id);
                let Some(status) = held.remove(&key).filter(|held| is_ahead(held, &row.block)) else {
                    continue;
                };
                ahead.push(status);
                behind.insert(key.1, key.0);
            }
        }
    }
    let asides = panel.store().read(asides).await?;
    let unknown = held.into_values().filter(|status| !status.absent);
    let mut found = Vec::new();
    for wish in wishes(panel, ahead.into_iter().chain(unknown)).await? {
        let why = if behind.contains_key(&wish.object.scope) { Why::Behind } else { Why::Unknown };
        let mut object = Differing::of(why, wish);
        if why == Why::Behind {
            with_row(panel, &mut object).await?;
        } else if let Some(aside) = asides.iter().find(|aside| aside.id == object.id) {
            object.why = if aside.kept { Why::Kept } else { Why::Removing };
            object.aside = Some(aside.clone());
        }
        found.push(object);
    }
    let rank = |object: &Differing| panel.registry().find(&object.kind).map_or(u8::MAX, AnyKind::rank);
    found.sort_by(|a, b| (rank(a), &a.name).cmp(&(rank(b), &b.name)));
    Ok(found)
}

/// What the row says.
async fn with_row(panel: &Panel, object: &mut Differing) -> Result<(), StoreError> {
    let Some(kind) = panel.registry().find(&object.kind) else { return Ok(()) };
    let key = Key { kind: kind.kind(), id: object.id.clone() };
    let Some(wish) = panel.load(&key).await? else { return Ok(()) };
    wish.name().clone_into(&mut object.name);
    let spec = Some(wish.spec()).filter(|spec| !spec.is_null());
    object.panel = Some((wish.block().generation, spec));
    Ok(())
}

/// What the server holds of these objects.
async fn wishes(panel: &Panel, of: impl Iterator<Item = ObjectStatus>) -> Result<Vec<HeldWish>, FollowError> {
    let objects: Vec<HostObject> = of.map(|status| status.object).collect();
    let mut wishes = Vec::new();
    for some in objects.chunks(MAX_WISHES) {
        wishes.extend(panel.agent().call(&ListWishes { objects: some.to_vec() }).await?.wishes);
    }
    Ok(wishes)
}

/// Objects of the server that have no row and are not on their way out: what they stand on stays.
pub(crate) async fn unknown(panel: &Panel, held: &[ObjectStatus]) -> Result<Vec<Differing>, FollowError> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let asides = panel.store().read(asides).await?;
    let removing = |id: &str| asides.iter().any(|aside| aside.id == id && !aside.kept);
    let kept = |id: &str| asides.iter().any(|aside| aside.id == id && aside.kept);
    let found = wishes(panel, held.iter().cloned()).await?;
    let found = found.into_iter().filter(|wish| wish.spec.is_some() && !removing(&wish.object.scope));
    Ok(found
        .map(|wish| {
            let why = if kept(&wish.object.scope) { Why::Kept } else { Why::Unknown };
            Differing::of(why, wish)
        })
        .collect())
}

/// Whether an older database was put back that is not yet held against the server.
pub async fn is_restored(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(setting::get::<bool>(tx, RESTORED).await?.unwrap_or(false))
}

/// The database was held against the server.
pub(crate) async fn met(panel: &Panel) -> Result<(), StoreError> {
    let now = panel.now();
    panel.store().write(async |tx: &mut WriteTx| setting::put(tx, RESTORED, &false, now).await).await
}
