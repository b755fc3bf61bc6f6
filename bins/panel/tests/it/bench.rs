//! A whole panel for tests: database, router, driver, and a fake agent; no sockets but the agent's.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api_kit::rate_limit::{NetworkLimits, PersonLimit};
use api_kit::testing::{Answer, Client};
use auth::{Actor, Origin, session, sign_in};
use names::{Micros, OpaqueToken};
use panel::app::{self, Limits, Parts};
use panel::config::Config;
use panel::start;
use seal::SealKey;
use serde_json::json;
use store::{Statement, StoreError, WriteTx};
use tokio::task::JoinHandle;
use wire::CancellationToken;

use crate::agent::FakeAgent;

/// The panel with all around it.
pub(crate) struct Bench {
    pub(crate) parts: Parts,
    pub(crate) agent: Arc<FakeAgent>,
    pub(crate) config: Config,
    pub(crate) router: axum::Router,
    tasks: Tasks,
    folder: tempfile::TempDir,
}

impl Bench {
    /// Everything is there, and the agent answers.
    pub(crate) async fn new() -> Self {
        let bench = Self::without_agent().await;
        bench.agent.start();
        bench.node_ready().await;
        bench
    }

    /// As [`Bench::new`], with an agent that is not started.
    pub(crate) async fn without_agent() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let agent = FakeAgent::new(&folder.path().join("agent.sock"));
        Self::over(folder, agent, SealKey::throw_away().unwrap()).await
    }

    /// As [`Bench::new`], but nothing goes on beside the requests: no upkeep looks at the server while a test says what is seen.
    pub(crate) async fn at_rest() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let agent = FakeAgent::new(&folder.path().join("agent.sock"));
        agent.start();
        let config = Self::config(&folder);
        let seal = SealKey::throw_away().unwrap();
        let parts = start::parts(&config, seal, CancellationToken::new()).await.unwrap();
        web_panel::node::ensure_local(&parts.panel, &config.web_listen, &config.listen_tls()).await.unwrap();
        let router = app::app(parts.clone(), unlimited());
        Self { parts, agent, config, router, tasks: Tasks(Vec::new()), folder }
    }

    fn config(folder: &tempfile::TempDir) -> Config {
        Config {
            hostname: Some("panel.example.test".parse().unwrap()),
            database: folder.path().join("holdfast.db"),
            agent_socket: folder.path().join("agent.sock"),
            probe_socket: folder.path().join("probe.sock"),
            egress_socket: folder.path().join("egress.sock"),
            egress_bounds: folder.path().join("egress.toml"),
            // tests of HTTPS let it listen
            web_listen_tls: Some(Vec::new()),
            ..Config::default()
        }
    }

    async fn over(folder: tempfile::TempDir, agent: Arc<FakeAgent>, seal: SealKey) -> Self {
        let config = Self::config(&folder);
        let parts = start::parts(&config, seal.clone(), CancellationToken::new()).await.unwrap();
        let mut tasks = Tasks(start::spawn(&parts, &config));
        tasks.0.push(egress(&config.egress_socket));
        let router = app::app(parts.clone(), unlimited());
        Self { parts, agent, config, router, tasks, folder }
    }

    /// The panel dies at once, wherever its tasks are, and starts again over the same files.
    pub(crate) async fn killed_and_started(mut self) -> Self {
        for task in self.tasks.0.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.parts.panel.store().close().await;
        Self::over(self.folder, self.agent, self.parts.seal).await
    }

    /// As [`Bench::killed_and_started`], with an older database put back as `holdfast restore-panel` does.
    pub(crate) async fn put_back(mut self, copy: &std::path::Path) -> Self {
        for task in self.tasks.0.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.parts.panel.store().close().await;
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.config.database.display()));
        }
        std::fs::copy(copy, &self.config.database).unwrap();
        let store = store::Store::open(&self.config.database).await.unwrap();
        let write = async |tx: &mut WriteTx| desired::mark_restored(tx, Micros::now()).await;
        store.write(write).await.unwrap();
        store.close().await;
        let bench = Self::over(self.folder, self.agent, self.parts.seal).await;
        // Nothing is changed before the database was held against what is on the server.
        let end = tokio::time::Instant::now() + Duration::from_secs(30);
        while bench.root().post("/api/v1/organisations?dry_run=true", json!({ "name": "any" })).await.json["code"]
            == "just_restored"
        {
            assert!(tokio::time::Instant::now() < end, "the database is never held against the server");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bench
    }

    /// Where the files are.
    pub(crate) fn database(&self) -> PathBuf {
        self.config.database.clone()
    }

    /// Nobody, from a network.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.router.clone()).from(Origin::Network("198.51.100.7".parse().unwrap()))
    }

    /// Root on the unix socket: what the listener knows is put in by the layer below the test's.
    pub(crate) fn root(&self) -> Client {
        Client::new(self.router.clone()).signed_in(Actor::root())
    }

    /// Someone who signed in with a session, as over the network.
    pub(crate) async fn person(&self, login: &str) -> Client {
        let token = self.session(login).await;
        let bearer = format!("Bearer {}", token.expose().expose());
        self.anonymous().header("authorization", bearer)
    }

    /// A session of a person, by a one-time link.
    pub(crate) async fn session(&self, login: &str) -> OpaqueToken {
        let login = login.parse().unwrap();
        let write = async |tx: &mut WriteTx| -> Result<_, StoreError> {
            let person = auth::person::by_login(tx, &login).await?.expect("a person");
            let link = sign_in::make_link_without_second_factor(tx, person.id, Micros::now()).await?;
            let origin = Origin::Network("198.51.100.7".parse().unwrap());
            let come_of = sign_in::by_link(tx, &link, origin, Micros::now()).await.expect("a good link");
            let verified = come_of.done().expect("no second factor");
            session::begin(tx, &verified, origin, Micros::now()).await
        };
        self.parts.panel.store().write(write).await.unwrap().token
    }

    /// Gives a person a passkey that no device has; its id is the last part of it. Again is no change.
    pub(crate) async fn passkey(&self, login: &str, id: &str) {
        const ADD: Statement = Statement::new(
            "INSERT INTO passkey (id, person_id, credential_id, relying_party, name, credential, created_at)
             SELECT $1, id, $1, 'panel.example.test', 'laptop', '{}', 0 FROM person WHERE login = $2
             ON CONFLICT DO NOTHING",
        );
        let add = async |tx: &mut WriteTx| tx.execute(ADD.bind(id).bind(login)).await;
        self.parts.panel.store().write(add).await.unwrap();
    }

    /// A certificate of an account, as if it had been brought, for one of its names. Again is no change.
    pub(crate) async fn certificate(&self, account: &str, name: &str, id: &str) {
        const ADD: Statement = Statement::new(
            "INSERT INTO certificate (id, account_id, node_id, source, key_kind, names, chain, key_digest, created_at, updated_at, since,
                                      observed_generation, condition)
             SELECT $1, id, node_id, 'brought', 'ecdsa', $3, '[]', $4, 0, 0, 0, 1, 'ready' FROM account WHERE name = $2
             ON CONFLICT DO NOTHING",
        );
        let names = json!([name]).to_string();
        let bound = ADD.bind(id).bind(account).bind(names).bind(names::Digest::of(id));
        self.parts
            .panel
            .store()
            .write(async |tx: &mut WriteTx| tx.execute(bound.clone()).await)
            .await
            .unwrap();
    }

    /// A job about a person's account that failed. Again is no change.
    pub(crate) async fn job(&self, account: &str, id: &str) {
        const ADD: Statement = Statement::new(
            "INSERT INTO job (id, kind, job_key, object_kind, object_id, object_name, account_id, payload, memory, state, steps, attempts,
                              problem, created_by, via, created_at, started_at, ended_at)
             SELECT $1, 'test.fail', $1, 'account', id, name, id, '{}', '{}', 'failed', '[]', 1,
                    '{\"code\":\"test\",\"detail\":\"It failed.\",\"remedy\":null}', 'root', 'socket', 0, 0, 1
             FROM account WHERE name = $2
             ON CONFLICT DO NOTHING",
        );
        let add = async |tx: &mut WriteTx| tx.execute(ADD.bind(id).bind(account)).await;
        self.parts.panel.store().write(add).await.unwrap();
    }

    /// Makes an identity provider, which nobody answers for, where it is not there.
    pub(crate) async fn provider(&self, name: &str) {
        if self.root().get(&format!("/api/v1/identity-providers/{name}")).await.status == 404 {
            let body = json!({ "name": name, "issuer": "https://login.example.test", "client_id": "panel" });
            self.root().post("/api/v1/identity-providers", body).await.is(201);
        }
    }

    /// An authority of this name, of which nothing is asked; made unless it is there.
    pub(crate) async fn authority(&self, name: &str) {
        if self.root().get(&format!("/api/v1/authorities/{name}")).await.status == 404 {
            let directory = format!("https://{name}.example.test/directory");
            let body =
                json!({ "name": name, "directory": directory, "terms_agreed": true, "default": false });
            self.root().post("/api/v1/authorities", body).await.is(201);
        }
    }

    /// Links a person to a provider that is there. Again is no change.
    pub(crate) async fn identity(&self, login: &str, provider: &str, id: &str) {
        const ADD: Statement = Statement::new(
            "INSERT INTO identity (id, provider_id, subject, person_id, made_person, created_at)
             SELECT $1, v.id, $1, p.id, 0, 0 FROM person p, identity_provider v WHERE p.login = $2 AND v.name = $3
             ON CONFLICT DO NOTHING",
        );
        let add = async |tx: &mut WriteTx| tx.execute(ADD.bind(id).bind(login).bind(provider)).await;
        self.parts.panel.store().write(add).await.unwrap();
    }

    /// All sessions were begun, and their persons last showed who they are, eleven minutes ago.
    pub(crate) async fn age_sessions(&self) {
        const AGE: Statement = Statement::new(
            "UPDATE session SET created_at = created_at - 660000000, sudo_until = sudo_until - 660000000",
        );
        self.parts.panel.store().write(async |tx: &mut WriteTx| tx.execute(AGE).await).await.unwrap();
    }

    /// Somebody with this token, as over the network.
    pub(crate) fn with_token(&self, token: &str) -> Client {
        self.anonymous().header("authorization", format!("Bearer {token}"))
    }

    /// A token of a person, made by themselves.
    pub(crate) async fn token(&self, login: &str, body: serde_json::Value) -> String {
        let answer = self.person(login).await.post("/api/v1/tokens", body).await;
        answer.is(201).json["token"].as_str().unwrap().to_owned()
    }

    /// A session in which one person acts as another.
    pub(crate) async fn acting(&self, by: &str, login: &str) -> Client {
        let link = self.person(by).await.post("/api/v1/act-as", json!({ "login": login })).await;
        let token = link.is(201).json["token"].clone();
        let answer = self.anonymous().post("/api/v1/session/link", json!({ "token": token })).await;
        let cookie = answer.is(201).header("set-cookie").to_owned();
        let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
        self.with_token(&token)
    }

    /// Makes an account and waits until it is ready.
    pub(crate) async fn account(&self, name: &str) -> Answer {
        self.account_in("root", name).await
    }

    /// Makes an account of an organisation, and waits until it is ready.
    pub(crate) async fn account_in(&self, organisation: &str, name: &str) -> Answer {
        let body =
            json!({ "name": name, "email": format!("{name}@example.test"), "organisation": organisation });
        let answer = self.waiting().post("/api/v1/accounts", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json["condition"], "ready", "{}", answer.text);
        answer
    }

    /// Makes a site and waits until it is ready.
    pub(crate) async fn site(&self, account: &str, name: &str) -> Answer {
        let answer = self.waiting().post("/api/v1/sites", json!({ "account": account, "name": name })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json["condition"], "ready", "{}", answer.text);
        answer
    }

    /// Makes a package of the root organisation with these limits.
    pub(crate) async fn package(&self, name: &str, limits: serde_json::Value) -> Answer {
        let answer = self.root().post("/api/v1/packages", json!({ "name": name, "limits": limits })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer
    }

    /// Root, who waits for the host.
    pub(crate) fn waiting(&self) -> Client {
        self.root().header("prefer", "wait=20")
    }

    /// Waits until what a path shows is as wanted.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let root = self.root();
        let end = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let answer = root.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            assert!(tokio::time::Instant::now() < end, "{path} never came to be as wanted: {}", answer.text);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn node_ready(&self) {
        self.until("/api/v1/node", |answer| answer.json["webserver"]["condition"] == "ready").await;
    }

    /// A number from the database.
    pub(crate) async fn count(&self, statement: &'static str) -> i64 {
        let statement = Statement::new(statement);
        self.parts
            .panel
            .store()
            .read(async |tx: &mut store::Tx| tx.one::<i64>(statement).await)
            .await
            .unwrap()
    }

    /// Changes the database behind the panel's back.
    pub(crate) async fn execute(&self, statement: &'static str) {
        let statement = Statement::new(statement);
        let write = async |tx: &mut WriteTx| tx.execute(statement).await;
        self.parts.panel.store().write(write).await.unwrap();
    }

    /// How many rows the tables have that changes write to, and all their generations, in one text.
    pub(crate) async fn rows(&self) -> String {
        let statement = Statement::new(
            "SELECT (SELECT COUNT(*) FROM account) || ' accounts, ' || (SELECT COUNT(*) FROM pool) || ' pools, '
                 || (SELECT COUNT(*) FROM site) || ' sites, ' || (SELECT COUNT(*) FROM site_name) || ' names, ' || (SELECT COUNT(*) FROM certificate) || ' certificates, ' || (SELECT COUNT(*) FROM authority) || ' authorities, '
                 || (SELECT COUNT(*) FROM person) || ' persons, ' || (SELECT COUNT(*) FROM setting WHERE name <> 'panel.checked_by') || ' settings, '
                 || (SELECT COUNT(*) FROM used_uid) || ' uids, ' || (SELECT COUNT(*) FROM token) || ' tokens, '
                 || (SELECT COUNT(*) FROM act_as_link) || ' act-as links, ' || (SELECT COUNT(*) FROM act_as_consent) || ' consents, ' || (SELECT COUNT(*) FROM webhook) || ' webhooks, ' || (SELECT COUNT(*) FROM identity_provider) || ' providers, ' || (SELECT COUNT(*) FROM package) || ' packages, '
                 || (SELECT COUNT(*) FROM package_limit) || ' limits of packages, ' || (SELECT COUNT(*) FROM organisation) || ' organisations, '
                 || (SELECT COUNT(*) FROM role) || ' roles, ' || (SELECT COUNT(*) FROM person_role) || ' members, '
                 || (SELECT COUNT(*) FROM invitation) || ' invitations, ' || (SELECT COUNT(*) FROM job WHERE state = 'queued') || ' queued jobs, ' || (SELECT COUNT(*) FROM login_link) || ' links, '
                 || ((SELECT COALESCE(SUM(version), 0) FROM organisation) + (SELECT COALESCE(SUM(version), 0) FROM role)
                     + (SELECT COALESCE(SUM(version), 0) FROM person)) || ' versions, '
                 || ((SELECT COALESCE(SUM(generation), 0) FROM account) + (SELECT COALESCE(SUM(generation), 0) FROM site)
                     + (SELECT COALESCE(SUM(generation), 0) FROM node) + (SELECT COALESCE(SUM(generation), 0) FROM certificate) + (SELECT COALESCE(SUM(version), 0) FROM package)) || ' generations' AS value",
        );
        self.parts
            .panel
            .store()
            .read(async |tx: &mut store::Tx| tx.one::<String>(statement).await)
            .await
            .unwrap()
    }
}

/// An egress that reaches nobody.
fn egress(socket: &Path) -> JoinHandle<()> {
    let _ = std::fs::remove_file(socket);
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    let router = wire::Router::new("egress").method(async |_, _: egress_spec::Fetch| {
        Err(wire::Refusal::new(egress_spec::errors::NO_ANSWER, "nobody answers"))
    });
    let own = wire::AllowedPeers::of([wire::Call::local().caller().uid]);
    let limits = wire::Limits { connections: 100, kept_for_root: 0, ..wire::Limits::default() };
    tokio::spawn(async move {
        let _ = wire::serve(listener, router, own, limits, CancellationToken::new()).await;
    })
}

/// More than any test asks for.
pub(crate) fn unlimited() -> Limits {
    let plenty = NonZeroU32::new(1_000_000).unwrap();
    Limits { networks: NetworkLimits::new(plenty, plenty), persons: PersonLimit::new(plenty, plenty) }
}

/// What goes on beside the requests; ends with the bench.
struct Tasks(Vec<JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
