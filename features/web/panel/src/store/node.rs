//! The row of a node, which is also that of its web server, and how the API shows it.

use std::net::IpAddr;

use auth::{Authorised, EditNode, Installation};
use converge::methods::HostMetrics;
use desired::{Block, BlockSql, Convergence};
use names::{Hostname, ListenAddr, Micros, NodeId, PhpVersion, Thumbprint};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use web_spec::TlsProfile;

const FIND: Statement = Statement::new(
    "SELECT id, name, addresses, listen, listen_tls, tls_profile, php_versions, (SELECT thumbprint FROM acme_key WHERE id = 1) AS acme, updated_at, generation, observed_generation, spec_digest, condition,
            reason, message, since, attempts, next_attempt_at, deleted_at, expect_plan, overwrite
     FROM node WHERE id = $1",
);
const LOCAL: Statement = Statement::new(
    "SELECT id, name, addresses, listen, listen_tls, tls_profile, php_versions, (SELECT thumbprint FROM acme_key WHERE id = 1) AS acme, updated_at, generation, observed_generation, spec_digest, condition,
            reason, message, since, attempts, next_attempt_at, deleted_at, expect_plan, overwrite
     FROM node ORDER BY created_at LIMIT 1",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO node (id, name, listen, listen_tls, created_at, updated_at, since) VALUES ($1, $2, $3, $4, $5, $5, $5)
     ON CONFLICT DO NOTHING",
);
const NAMES: Statement = Statement::new("SELECT name AS value FROM node ORDER BY id");
const SET_LISTEN: Statement = Statement::new(
    "UPDATE node SET listen = $2, listen_tls = $3, tls_profile = $4, updated_at = $5 WHERE id = $1",
);
const SET_FACTS: Statement = Statement::new(
    "UPDATE node SET name = $2, addresses = $3, php_versions = $4, updated_at = $5 WHERE id = $1",
);

/// The statements over the columns that converging rows share. A node's row does not go.
pub(crate) const BLOCK: BlockSql = BlockSql {
    raise: Statement::new(
        "UPDATE node SET generation = generation + 1, updated_at = $2, since = $2, overwrite = $3,
                condition = CASE WHEN deleted_at IS NULL THEN 'pending' ELSE 'deleting' END,
                reason = NULL, message = NULL, attempts = 0, next_attempt_at = NULL, expect_plan = NULL,
                spec_digest = NULL
         WHERE id = $1",
    ),
    lift: Statement::new("UPDATE node SET generation = $2 WHERE id = $1 AND generation < $2"),
    expect: Statement::new("UPDATE node SET expect_plan = $2 WHERE id = $1"),
    again: Statement::new("UPDATE node SET attempts = 0, next_attempt_at = NULL WHERE id = $1"),
    record: Statement::new(
        "UPDATE node SET observed_generation = COALESCE($3, observed_generation), spec_digest = COALESCE($4, spec_digest),
                condition = $5, reason = $6, message = $7, since = $8, attempts = $9, next_attempt_at = $10,
                expect_plan = CASE WHEN $5 = 'ready' THEN NULL ELSE expect_plan END,
                overwrite = CASE WHEN $5 = 'ready' THEN 0 ELSE overwrite END
         WHERE id = $1 AND generation = $2",
    ),
    behind: Statement::new("UPDATE node SET observed_generation = $2 WHERE id = $1 AND observed_generation < $2"),
    purge: Statement::new("DELETE FROM node WHERE id = $1 AND generation = $2 AND deleted_at IS NOT NULL"),
    unsettled: Statement::new(
        "SELECT id AS value FROM node WHERE condition <> 'ready' OR observed_generation < generation",
    ),
    // A node waits for nothing of an account's.
    waiting: Statement::new("SELECT id AS value FROM node WHERE reason = 'waits_for' AND (id = $1 OR $1 IS NULL)"),
    page: Statement::new(
        "SELECT id, generation, observed_generation, spec_digest, condition, reason, message, since, attempts,
                next_attempt_at, deleted_at, expect_plan, overwrite
         FROM node WHERE id > $1 ORDER BY id LIMIT $2",
    ),
};

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    LOCAL,
    INSERT,
    NAMES,
    SET_LISTEN,
    SET_FACTS,
    BLOCK.raise,
    BLOCK.lift,
    BLOCK.expect,
    BLOCK.again,
    BLOCK.record,
    BLOCK.behind,
    BLOCK.purge,
    BLOCK.unsettled,
    BLOCK.waiting,
    BLOCK.page,
];

/// The names of all servers.
pub(crate) async fn names(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    tx.all(NAMES).await
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The id.
    pub id: NodeId,
    /// The host's name, once it is known.
    pub name: String,
    /// Addresses, IPv4 and IPv6, as last reported.
    pub addresses: Vec<IpAddr>,
    /// What the web server listens on.
    pub listen: Vec<ListenAddr>,
    /// What it listens on for HTTPS.
    pub listen_tls: Vec<ListenAddr>,
    /// How old a visitor's software may be.
    pub tls_profile: TlsProfile,
    /// The thumbprint of the key that signs at certificate authorities, once there is one.
    pub acme: Option<Thumbprint>,
    /// PHP versions that are installed, as last reported.
    pub php_versions: Vec<PhpVersion>,
    /// How the web server stands.
    pub block: Block,
}

/// The profile's word, which is that of the wire.
fn profile(word: &str) -> Result<TlsProfile, RowError> {
    let read = serde_json::from_value(Value::from(word));
    read.map_err(|_| RowError { column: "tls_profile".to_owned(), problem: "no such word".to_owned() })
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.text("name")?,
            addresses: row.json("addresses")?,
            listen: row.json("listen")?,
            listen_tls: row.json("listen_tls")?,
            tls_profile: profile(&row.text("tls_profile")?)?,
            acme: row.opt_parse("acme")?,
            php_versions: row.json("php_versions")?,
            block: Block::from_row(row)?,
        })
    }
}

/// The server, and how its web server stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: NodeId,
    /// The host's name.
    pub name: String,
    /// Addresses, IPv4 and IPv6.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<IpAddr>,
    /// What the web server listens on, such as `[::]:80`.
    #[schema(value_type = Vec<String>)]
    pub listen: Vec<ListenAddr>,
    /// What it listens on for HTTPS, such as `[::]:443`; none: sites answer by HTTP alone.
    #[schema(value_type = Vec<String>)]
    pub listen_tls: Vec<ListenAddr>,
    /// How old visitors' software may be: `intermediate` (TLS 1.2 and 1.3) or `modern` (TLS 1.3 alone).
    #[schema(value_type = String, example = "intermediate")]
    pub tls_profile: TlsProfile,
    /// PHP versions that are installed.
    #[schema(value_type = Vec<String>)]
    pub php_versions: Vec<PhpVersion>,
    /// The panel's release.
    pub panel_version: String,
    /// Figures of this moment; null while the agent does not answer.
    pub host: Option<Host>,
    /// How the web server stands.
    pub webserver: Convergence,
}

/// Figures of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Host {
    /// The operating system.
    pub os: String,
    /// The kernel's release.
    pub kernel: String,
    /// Seconds since the server started.
    pub uptime_seconds: u64,
    /// Load over 1, 5 and 15 minutes.
    #[schema(value_type = Vec<f64>)]
    pub load: [f64; 3],
    /// Processors.
    pub cpus: u32,
    /// Memory, in bytes.
    pub memory_total: u64,
    /// Memory that programs could still have, in bytes.
    pub memory_available: u64,
    /// Size of the file system with the homes, in bytes.
    pub disk_total: u64,
    /// What is free there, in bytes.
    pub disk_available: u64,
    /// The agent's release.
    pub agent_version: String,
    /// What part of all processors' time was worked since somebody looked last, from 0 to 1; null at the first look, and where the last one
    /// is more than a minute ago.
    pub cpu: Option<f64>,
    /// Swap space, in bytes; null where an older agent does not say.
    pub swap_total: Option<u64>,
    /// What is free of it, in bytes.
    pub swap_free: Option<u64>,
    /// Processes.
    pub processes: Option<u64>,
}

impl Node {
    /// The view of a row, with what the agent says of this moment, and the processors' part.
    pub(crate) fn of(row: &Row, metrics: Option<HostMetrics>, cpu: Option<f64>) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            addresses: row.addresses.clone(),
            listen: row.listen.clone(),
            listen_tls: row.listen_tls.clone(),
            tls_profile: row.tls_profile,
            php_versions: row.php_versions.clone(),
            panel_version: env!("CARGO_PKG_VERSION").to_owned(),
            host: metrics.map(|m| Host {
                os: m.os,
                kernel: m.kernel,
                uptime_seconds: m.uptime_seconds,
                load: m.load,
                cpus: m.cpus,
                memory_total: m.memory_total,
                memory_available: m.memory_available,
                disk_total: m.disk_total,
                disk_available: m.disk_available,
                agent_version: m.agent_version,
                cpu,
                swap_total: m.figures.map(|figures| figures.swap_total),
                swap_free: m.figures.map(|figures| figures.swap_free),
                processes: m.figures.map(|figures| figures.processes),
            }),
            webserver: Convergence::from(&row.block),
        }
    }
}

/// The node of this id, for the driver.
pub(crate) async fn unscoped(tx: &mut Tx, id: &str) -> Result<Option<Row>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The server that the panel runs on: the only one for now.
pub(crate) async fn local(tx: &mut Tx) -> Result<Option<Row>, StoreError> {
    tx.optional(LOCAL).await
}

/// Makes the row of the server that the panel runs on, with what it listens on for HTTP and for HTTPS.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    id: NodeId,
    (listen, listen_tls): (&[ListenAddr], &[ListenAddr]),
    now: Micros,
) -> Result<(), StoreError> {
    let insert = INSERT.bind(id).bind("local").bind(json(listen)).bind(json(listen_tls)).bind(now);
    tx.execute(insert).await?;
    Ok(())
}

/// How the web server listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listening<'a> {
    pub(crate) listen: &'a [ListenAddr],
    pub(crate) listen_tls: &'a [ListenAddr],
    pub(crate) tls_profile: TlsProfile,
}

/// Changes how the web server listens.
pub(crate) async fn set_listening(
    tx: &mut WriteTx,
    _proof: &Authorised<Installation, EditNode>,
    id: NodeId,
    listening: Listening<'_>,
    now: Micros,
) -> Result<(), StoreError> {
    listening_adopted(tx, id, listening, now).await
}

/// As the server holds it.
pub(crate) async fn listening_adopted(
    tx: &mut WriteTx,
    id: NodeId,
    Listening { listen, listen_tls, tls_profile }: Listening<'_>,
    now: Micros,
) -> Result<(), StoreError> {
    let profile = match tls_profile {
        TlsProfile::Intermediate => "intermediate",
        TlsProfile::Modern => "modern",
    };
    let set = SET_LISTEN.bind(id).bind(json(listen)).bind(json(listen_tls)).bind(profile).bind(now);
    tx.execute(set).await?;
    Ok(())
}

/// Keeps what the agent reported.
pub(crate) async fn set_facts(
    tx: &mut WriteTx,
    row: &Row,
    metrics: &HostMetrics,
    now: Micros,
) -> Result<(), StoreError> {
    let name = Hostname::parse(&metrics.hostname).map_or_else(|_| row.name.clone(), |name| name.to_string());
    let facts = SET_FACTS
        .bind(row.id)
        .bind(name)
        .bind(json(&metrics.addresses))
        .bind(json(&metrics.php_versions))
        .bind(now);
    tx.execute(facts).await?;
    Ok(())
}

/// Lists of texts, which are always JSON.
fn json(list: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}
