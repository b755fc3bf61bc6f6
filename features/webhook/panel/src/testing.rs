//! A panel with a database, and an egress that a test plays: real calls over a real socket, and no network.

use std::collections::{HashMap, VecDeque};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::Actor;
use desired::event::{self, Code, Event};
use desired::{Agents, Key, Panel, Registry};
use egress_spec::{Body, Bounds, Fetch, FetchReply};
use names::{AccountId, Micros};
use seal::SealKey;
use store::testing::TestStore;
use store::{Tx, WriteTx};
use tokio::sync::Notify;
use wire::{AllowedPeers, CancellationToken, Limits, Peer, Refusal, Router};

use crate::access::{Managed, managed};
use crate::rules::{Act, CreateWebhook};
use crate::secret;
use crate::store::delivery::{self, Delivery};
use crate::store::webhook::{Webhook, WebhookKey};
use crate::{State, queue};

/// What the other server does with a message.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Status(u16),
    Refused(&'static str),
    /// It answers when the bench lets it.
    Late,
}

#[derive(Default)]
struct Played {
    calls: Mutex<Vec<Fetch>>,
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    arrived: Notify,
    let_go: Notify,
}

pub(crate) struct Bench {
    pub(crate) state: State,
    pub(crate) store: TestStore,
    pub(crate) actor: Actor,
    played: Arc<Played>,
    _stop: Stop,
    _folder: tempfile::TempDir,
}

/// Ends with the bench what its token ends.
struct Stop(CancellationToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("egress.sock");
        let played = Arc::new(Played::default());
        let stop = CancellationToken::new();
        let listener = UnixListener::bind(&socket).unwrap();
        let playing = Arc::clone(&played);
        let router = Router::new("egress").method(move |_, ask: Fetch| play(Arc::clone(&playing), ask));
        let own = own_uid();
        let limits = Limits { connections: 100, kept_for_root: 0, ..Limits::default() };
        tokio::spawn(wire::serve(listener, router, AllowedPeers::of([own]), limits, stop.clone()));
        let store = TestStore::new().await;
        let nobody = Peer::new("/nowhere");
        let agents = Agents { driver: nobody.clone(), people: nobody };
        let panel = Panel::new(store.store.clone(), agents, Registry::default(), stop.clone());
        let state = State {
            panel,
            seal: SealKey::throw_away().unwrap(),
            egress: Peer::with_connections(&socket, crate::PARALLEL),
            bounds: Arc::new(Bounds::default()),
        };
        let actor = Actor::root();
        Self { state, store, actor, played, _stop: Stop(stop), _folder: folder }
    }

    pub(crate) fn act(&self) -> Act<'_> {
        Act { actor: &self.actor, seal: &self.state.seal, now: Micros::now() }
    }

    /// A webhook at `https://<name>.example.test/`, and its key.
    pub(crate) async fn webhook(&self, name: &str, kinds: Option<&[Code]>) -> (Webhook, secret::Key) {
        let key = secret::Key::generate().unwrap();
        let body = CreateWebhook {
            name: name.parse().unwrap(),
            url: format!("https://{name}.example.test/").parse().unwrap(),
            kinds: kinds.map(|kinds| kinds.iter().map(|code| code.as_str().to_owned()).collect()),
            organisation: None,
        };
        let write = async |tx: &mut WriteTx| self.act().create(tx, &body, &key).await;
        (self.store.write(write).await.unwrap(), key)
    }

    /// Writes an event about a thing of this name, and says so.
    pub(crate) async fn happened(&self, code: Code, name: &str, account: Option<AccountId>) {
        let scope = Key { kind: "site", id: name.to_owned() };
        let event = Event::of(scope, account, code, name);
        let write = async |tx: &mut WriteTx| event::note(tx, Micros::now(), &event).await;
        self.store.write(write).await.unwrap();
        self.state.panel.events_written();
    }

    pub(crate) async fn fill(&self) {
        while queue::fill(&self.state.panel).await.unwrap() {}
    }

    /// All messages to a webhook, the oldest first.
    pub(crate) async fn messages(&self, webhook: &Webhook) -> Vec<Delivery> {
        let managed = self.managed(webhook).await;
        let read = async |tx: &mut Tx| delivery::list(tx, &managed, None, (None, 1000)).await;
        let mut rows = self.store.read(read).await.unwrap();
        rows.sort_by_key(|row| row.seq);
        rows.into_iter().map(Delivery::from).collect()
    }

    /// Root's proof for a webhook.
    pub(crate) async fn managed(&self, webhook: &Webhook) -> Managed {
        let key = WebhookKey::Id(webhook.id);
        self.store.read(async |tx: &mut Tx| managed(tx, &self.actor, &key).await).await.unwrap()
    }

    /// The webhook as it is now.
    pub(crate) async fn now(&self, webhook: &Webhook) -> Webhook {
        Webhook::from(&*self.managed(webhook).await)
    }

    /// The next replies of a webhook's receiver; after them it takes everything.
    pub(crate) fn replies(&self, name: &str, replies: &[Reply]) {
        self.played
            .replies
            .lock()
            .unwrap()
            .insert(format!("{name}.example.test"), replies.iter().cloned().collect());
    }

    /// What was sent to a webhook's receiver.
    pub(crate) fn calls(&self, name: &str) -> Vec<Fetch> {
        let host = format!("{name}.example.test");
        self.played
            .calls
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.url.host().to_string() == host)
            .cloned()
            .collect()
    }

    /// Waits until so many messages arrived at a webhook's receiver.
    pub(crate) async fn arrived(&self, name: &str, count: usize) -> Vec<Fetch> {
        let waiting = async {
            loop {
                let arrived = self.played.arrived.notified();
                let calls = self.calls(name);
                if calls.len() >= count {
                    return calls;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .unwrap_or_else(|_| panic!("{} of {count} messages arrived at {name}", self.calls(name).len()))
    }

    /// Waits until a webhook's messages are as wanted.
    pub(crate) async fn until(
        &self,
        webhook: &Webhook,
        wanted: impl Fn(&[Delivery]) -> bool,
    ) -> Vec<Delivery> {
        let end = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let messages = self.messages(webhook).await;
            if wanted(&messages) {
                return messages;
            }
            assert!(tokio::time::Instant::now() < end, "not as wanted: {messages:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets everyone who is late answer.
    pub(crate) fn let_go(&self) {
        self.played.let_go.notify_waiters();
    }
}

fn own_uid() -> u32 {
    wire::Call::local().caller().uid
}

async fn play(played: Arc<Played>, ask: Fetch) -> Result<FetchReply, Refusal> {
    let host = ask.url.host().to_string();
    let reply = played.replies.lock().unwrap().get_mut(&host).and_then(VecDeque::pop_front);
    let late = played.let_go.notified();
    played.calls.lock().unwrap().push(ask);
    played.arrived.notify_waiters();
    let status = match reply {
        None => 204,
        Some(Reply::Status(status)) => status,
        Some(Reply::Refused(name)) => return Err(Refusal::new(name, format!("{host} says no"))),
        Some(Reply::Late) => {
            late.await;
            204
        }
    };
    let address = "198.51.100.7".parse().unwrap();
    Ok(FetchReply { status, headers: Vec::new(), body: Body::default(), cut: false, address, micros: 1000 })
}
