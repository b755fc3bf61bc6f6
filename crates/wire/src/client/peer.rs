//! A service that is called again and again: a few connections, made anew when they broke.

use std::future::Future;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::client::{Answer, Client, SLACK, decode, request_frame};
use crate::error::{WireError, names};
use crate::hello::{Hello, HelloReply};
use crate::method::Method;

/// Calls at once where nobody says otherwise; further ones wait.
const CONNECTIONS: usize = 8;

/// What a call waits for a service that has no room for one more connection.
const ROOM: Duration = Duration::from_secs(5);

/// Between two questions whether there is room.
const ASKED_AGAIN: Duration = Duration::from_millis(50);

/// A service at a path. Cheap to clone; the clones share the connections.
#[derive(Clone, Debug)]
pub struct Peer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    slots: Semaphore,
    idle: Mutex<Vec<Client>>,
    hello: Mutex<Option<HelloReply>>,
}

impl Peer {
    /// Nothing is connected until the first call.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with_connections(path, CONNECTIONS)
    }

    /// As [`Peer::new`], with so many calls at once; further ones wait. The service allows a limited number in all.
    pub fn with_connections(path: impl Into<PathBuf>, connections: usize) -> Self {
        let slots = Semaphore::new(connections);
        Self {
            inner: Arc::new(Inner {
                path: path.into(),
                slots,
                idle: Mutex::default(),
                hello: Mutex::default(),
            }),
        }
    }

    /// The socket's path.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Calls a method. A connection that the service closed since the last call (a restart) is made anew, once.
    pub fn call<'a, M: Method>(
        &'a self,
        request: &M,
    ) -> impl Future<Output = Result<M::Reply, WireError>> + Send + use<'a, M> {
        let frame = request_frame(M::NAME, request, false);
        async move { Ok(self.send::<M>(frame?, &[], |_| ()).await?.reply) }
    }

    /// Calls a method with descriptors and progress messages, and takes the descriptors of the reply.
    pub fn call_with<'a, M: Method, P: FnMut(Value) + Send + 'a>(
        &'a self,
        request: &M,
        fds: &'a [BorrowedFd<'a>],
        on_progress: P,
    ) -> impl Future<Output = Result<Answer<M::Reply>, WireError>> + Send + use<'a, M, P> {
        let frame = request_frame(M::NAME, request, true);
        async move { self.send::<M>(frame?, fds, on_progress).await }
    }

    /// What the service said of itself on the newest connection; connects where there is none yet.
    pub async fn hello(&self) -> Result<HelloReply, WireError> {
        let _slot = self.inner.slots.acquire().await.map_err(|_| WireError::Closed)?;
        let (client, _) = self.connection().await?;
        self.put_back(client);
        Ok(self.last_hello().unwrap_or_default())
    }

    async fn send<M: Method>(
        &self,
        frame: Vec<u8>,
        fds: &[BorrowedFd<'_>],
        mut on_progress: impl FnMut(Value) + Send,
    ) -> Result<Answer<M::Reply>, WireError> {
        let _slot = self.inner.slots.acquire().await.map_err(|_| WireError::Closed)?;
        loop {
            let (mut client, fresh) = self.connection().await?;
            let deadline = M::DEADLINE + SLACK;
            match client.exchange(M::NAME, frame.clone(), deadline, fds, &mut on_progress).await {
                // Every method may be repeated harmlessly; a connection that lay idle may be a restarted service's.
                Err(WireError::Closed) if !fresh => {
                    self.forget_idle();
                }
                Ok(answer) => {
                    self.put_back(client);
                    return Ok(Answer { reply: decode::<M>(&answer.reply)?, fds: answer.fds });
                }
                Err(error) => {
                    self.put_back(client);
                    return Err(error);
                }
            }
        }
    }

    /// A connection and whether it is new. A service that has no room for one more is asked again for a while: it was asked for
    /// nothing yet.
    async fn connection(&self) -> Result<(Client, bool), WireError> {
        let until = Instant::now() + ROOM;
        loop {
            if let Some(client) = self.take_idle() {
                return Ok((client, false));
            }
            match self.connect().await {
                Err(error) if error.is_refused(names::BUSY) && Instant::now() < until => {
                    tokio::time::sleep(ASKED_AGAIN).await;
                }
                connected => return Ok((connected?, true)),
            }
        }
    }

    async fn connect(&self) -> Result<Client, WireError> {
        let mut client = Client::connect(&self.inner.path).await?;
        let hello = match client.call(&Hello {}).await {
            // A service that is not ours; it can be called all the same.
            Err(error) if error.is_refused(names::METHOD_NOT_FOUND) => HelloReply::default(),
            reply => reply?,
        };
        *self.inner.hello.lock().unwrap_or_else(PoisonError::into_inner) = Some(hello);
        Ok(client)
    }

    fn last_hello(&self) -> Option<HelloReply> {
        self.inner.hello.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take_idle(&self) -> Option<Client> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, client: Client) {
        if client.is_usable() {
            self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
    }

    fn forget_idle(&self) {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
