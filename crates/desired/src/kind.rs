//! One kind of converging object, as the panel keeps it.

use std::future::Future;
use std::pin::Pin;

use converge::{Apply, Cause, Report, Spec, Wanted};
use names::{AccountId, Digest};
use store::{StoreError, Tx};
use wire::Peer;
use wire::WireError;

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

/// An [`Object`] behind `dyn`.
pub trait AnyKind: Send + Sync {
    /// The kind's word.
    fn kind(&self) -> &'static str;
    /// [`Object::RANK`]
    fn rank(&self) -> u8;
    /// [`Object::SQL`]
    fn sql(&self) -> &'static BlockSql;
    /// [`Object::load`]
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

    fn load<'a>(
        &'a self,
        tx: &'a mut Tx,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Box<dyn AnyWish>>, StoreError>> {
        Box::pin(async move {
            let wish = O::load(tx, id).await?;
            Ok(wish.map(|wish| Box::new(wish) as Box<dyn AnyWish>))
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
