//! One kind of converging object, as the panel keeps it.

use std::future::Future;
use std::pin::Pin;

use api_kit::ApiError;
use converge::{Apply, Cause, Report, Spec, Wanted};
use names::{AccountId, Digest, Micros};
use serde_json::Value;
use store::{StoreError, Tx, WriteTx};
use wire::Peer;
use wire::WireError;

use crate::adopt::{self, Adopt, Besides};
use crate::block::{Block, BlockSql};
use crate::key::Key;

/// A future in a box, for what must be called through `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A row with all that the driver needs: what should be, and how it stands.
#[derive(Debug, Clone)]
pub struct Wish<S: Spec> {
    /// The object's key on the agent's side.
    pub scope: S::Key,
    /// The object's name, for people.
    pub name: String,
    /// Whose it is; none for what is the administrator's.
    pub account: Option<AccountId>,
    /// What should be.
    pub wanted: Wanted<S>,
    /// How it stands.
    pub block: Block,
    /// What must come first, so that the wish is not sent yet. Where `wanted` is `Absent` and the object is not to be deleted, what an
    /// earlier generation left on the host is taken away meanwhile.
    pub waits_for: Option<Before>,
}

/// What must come before a wish is sent, in words that follow `waits for`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// Another object, which comes or goes by itself.
    Object(String),
    /// An administrator's word.
    Approval(String),
}

impl Before {
    /// The words.
    pub fn words(&self) -> &str {
        match self {
            Self::Object(words) | Self::Approval(words) => words,
        }
    }
}

/// Implemented once per kind, in its feature's panel crate.
pub trait Object: Send + Sync + 'static {
    /// What is asked of the agent.
    type Spec: Spec;
    /// Lower ones are applied before, and removed after, higher ones.
    const RANK: u8;
    /// The statements over the block of the kind's table.
    const SQL: BlockSql;

    /// Fields of the specification that are shown to nobody.
    const SECRETS: &'static [&'static str] = &[];
    /// What a row that is rebuilt from a specification lacks, in words; none: rows of this kind cannot be rebuilt, nor made to say what
    /// the server holds.
    const LACKS: Option<&'static str> = None;

    /// Makes the row say what the server holds: an object that is gone there is deleted here, and a row that is not there is made. The
    /// generation is the caller's.
    fn adopt(
        _tx: &mut WriteTx,
        _adopt: &Adopt<'_, Self::Spec>,
    ) -> impl Future<Output = Result<(), ApiError>> + Send {
        async {
            Err(ApiError::conflict(
                "not_adoptable",
                "Rows of this kind are not made from what a server holds.",
            ))
        }
    }

    /// Reads the row and builds what should be. `id` is the text of an id; a row that is gone is no error.
    fn load(
        tx: &mut Tx,
        id: &str,
    ) -> impl Future<Output = Result<Option<Wish<Self::Spec>>, StoreError>> + Send;
}

/// How a wish is sent.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// Only plan.
    pub dry_run: bool,
    /// The only plan that may be applied.
    pub expect_plan: Option<Digest>,
    /// Hand edits may be overwritten.
    pub overwrite: bool,
    /// For the agent's log.
    pub cause: Cause,
}

/// A [`Wish`] of any kind.
pub trait AnyWish: Send + Sync {
    /// The object.
    fn key(&self) -> Key;
    /// The object's name, for people.
    fn name(&self) -> &str;
    /// Whose it is.
    fn account(&self) -> Option<AccountId>;
    /// The object is to be deleted.
    fn is_absent(&self) -> bool;
    /// The object stays, and nothing of it may be on the host for now, where something was.
    fn is_withdrawn(&self) -> bool;
    /// [`Wish::waits_for`]
    fn waits_for(&self) -> Option<&Before>;
    /// How it stands.
    fn block(&self) -> &Block;
    /// The digest of what should be.
    fn digest(&self) -> Digest;
    /// What should be, as JSON; null: that the object be gone.
    fn spec(&self) -> Value;
    /// The statements over the object's block, where they are not its kind's.
    fn sql(&self) -> Option<&'static BlockSql> {
        None
    }
    /// Another release built another specification from this very row, and the agent has that one.
    fn is_of_other_release(&self) -> bool {
        self.block().spec_digest.is_some_and(|held| held != self.digest())
    }
    /// Asks the agent.
    fn send<'a>(&'a self, agent: &'a Peer, how: How) -> BoxFuture<'a, Result<Report, WireError>>;
}

impl<S: Spec> AnyWish for Wish<S> {
    fn key(&self) -> Key {
        Key::of::<S>(&self.scope)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn account(&self) -> Option<AccountId> {
        self.account
    }

    fn is_absent(&self) -> bool {
        self.block.deleted_at.is_some()
    }

    fn is_withdrawn(&self) -> bool {
        self.wanted == Wanted::Absent && !self.is_absent() && self.block.observed_generation.is_some()
    }

    fn waits_for(&self) -> Option<&Before> {
        self.waits_for.as_ref()
    }

    fn block(&self) -> &Block {
        &self.block
    }

    fn digest(&self) -> Digest {
        self.wanted.digest()
    }

    fn spec(&self) -> Value {
        // A specification is what crosses the wire as JSON.
        self.wanted.present().and_then(|spec| serde_json::to_value(spec).ok()).unwrap_or_default()
    }

    fn send<'a>(&'a self, agent: &'a Peer, how: How) -> BoxFuture<'a, Result<Report, WireError>> {
        let mut call = Apply::new(self.scope.clone(), self.block.generation, self.wanted.clone());
        call.dry_run = how.dry_run;
        call.expect_plan = how.expect_plan;
        call.overwrite = how.overwrite;
        call.cause = how.cause;
        let calling = agent.call(&call);
        Box::pin(calling)
    }
}

/// An object that has no row of its kind and is to be removed.
struct Leaving<S: Spec>(Wish<S>);

impl<S: Spec> AnyWish for Leaving<S> {
    fn key(&self) -> Key {
        self.0.key()
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn account(&self) -> Option<AccountId> {
        None
    }

    fn is_absent(&self) -> bool {
        true
    }

    fn is_withdrawn(&self) -> bool {
        false
    }

    fn waits_for(&self) -> Option<&Before> {
        None
    }

    fn block(&self) -> &Block {
        self.0.block()
    }

    fn digest(&self) -> Digest {
        self.0.digest()
    }

    fn spec(&self) -> Value {
        Value::Null
    }

    fn sql(&self) -> Option<&'static BlockSql> {
        Some(&adopt::SQL)
    }

    fn send<'a>(&'a self, agent: &'a Peer, how: How) -> BoxFuture<'a, Result<Report, WireError>> {
        self.0.send(agent, how)
    }
}

/// An [`Object`] behind `dyn`.
pub trait AnyKind: Send + Sync {
    /// The kind's word.
    fn kind(&self) -> &'static str;
    /// [`Object::RANK`]
    fn rank(&self) -> u8;
    /// [`Object::SQL`]
    fn sql(&self) -> &'static BlockSql;
    /// [`Object::SECRETS`]
    fn secrets(&self) -> &'static [&'static str];
    /// [`Object::LACKS`]
    fn lacks(&self) -> Option<&'static str>;
    /// [`Object::adopt`] of what the server holds as JSON; none: that the object be gone.
    fn adopt<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        id: &'a str,
        held: Option<&'a Value>,
        besides: &'a Besides,
        now: Micros,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
    /// [`Object::load`]; of an object without a row that is to be removed, its removal.
    fn load<'a>(
        &'a self,
        tx: &'a mut Tx,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Box<dyn AnyWish>>, StoreError>>;
}

/// The entry of a kind in the registry.
#[derive(Debug)]
pub(crate) struct Registered<O>(std::marker::PhantomData<fn() -> O>);

impl<O> Default for Registered<O> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<O: Object> AnyKind for Registered<O> {
    fn kind(&self) -> &'static str {
        O::Spec::KIND
    }

    fn rank(&self) -> u8 {
        O::RANK
    }

    fn sql(&self) -> &'static BlockSql {
        &O::SQL
    }

    fn secrets(&self) -> &'static [&'static str] {
        O::SECRETS
    }

    fn lacks(&self) -> Option<&'static str> {
        O::LACKS
    }

    fn adopt<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        id: &'a str,
        held: Option<&'a Value>,
        besides: &'a Besides,
        now: Micros,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let unread = |reason: String| {
                let detail = format!("What the server holds does not read as of this release: {reason}.");
                ApiError::conflict("not_adoptable", detail)
            };
            let id = id.parse().map_err(|_| unread("its id".to_owned()))?;
            let held = match held {
                Some(spec) => Wanted::Present(
                    serde_json::from_value(spec.clone()).map_err(|error| unread(error.to_string()))?,
                ),
                None => Wanted::Absent,
            };
            O::adopt(tx, &Adopt { id: &id, held: &held, besides, now }).await
        })
    }

    fn load<'a>(
        &'a self,
        tx: &'a mut Tx,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Box<dyn AnyWish>>, StoreError>> {
        Box::pin(async move {
            if let Some(wish) = O::load(tx, id).await? {
                return Ok(Some(Box::new(wish) as Box<dyn AnyWish>));
            }
            let leaving = adopt::leaving::<O::Spec>(tx, id).await?;
            Ok(leaving.map(|wish| Box::new(Leaving(wish)) as Box<dyn AnyWish>))
        })
    }
}

/// All kinds, in the order of their ranks.
#[derive(Default)]
pub struct Registry {
    kinds: Vec<Box<dyn AnyKind>>,
}

impl Registry {
    /// Adds a kind.
    #[must_use]
    pub fn with<O: Object>(mut self) -> Self {
        self.kinds.push(Box::new(Registered::<O>::default()));
        self.kinds.sort_by_key(|kind| kind.rank());
        self
    }

    /// Every kind, lowest rank first.
    pub fn iter(&self) -> impl Iterator<Item = &dyn AnyKind> {
        self.kinds.iter().map(AsRef::as_ref)
    }

    /// The kind of this word.
    pub fn find(&self, kind: &str) -> Option<&dyn AnyKind> {
        self.iter().find(|known| known.kind() == kind)
    }
}
