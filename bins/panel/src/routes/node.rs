//! `/node/metrics`, `/node/processes`, `/node/services`: how the server fares, and what runs on it.

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, FieldError, Json, Query, QueryPart};
use auth::ViewNode;
use axum::extract::State;
use converge::methods::{
    HostProcess, HostService, ListProcesses, ListServices, ProcessList, ProcessSort, ServiceList,
};
use desired::{Access, Panel, Table, agent_error};
use names::Micros;
use serde::{Deserialize, Serialize};
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::metric::{self, Range, SERIES};

/// Points where nobody says how many.
const USUAL_POINTS: i64 = 300;
/// Points at most.
const MOST_POINTS: i64 = 1000;
/// Processes where nobody says how many.
const USUAL_PROCESSES: u32 = 50;

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(node_metrics))
        .add(Access::everywhere::<ViewNode>(), routes!(node_process_list))
        .add(Access::everywhere::<ViewNode>(), routes!(node_service_list))
        .with_state(panel)
}

/// A figure over a time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct MetricSeries {
    /// `cpu` (the worked part of all processors' time), `load`, `memory`, `swap`, `disk` (of the file system with the homes), `network_in`,
    /// `network_out`, `disk_read`, `disk_write`.
    name: String,
    /// `ratio` (0 to 1), `count`, `bytes`, `bytes_per_second`.
    unit: String,
    /// The average of each step; null: nothing is known.
    average: Vec<Option<f64>>,
    /// The highest minute of each step; null: nothing is known.
    peak: Vec<Option<f64>>,
}

/// How the server fared.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Metrics {
    /// When the first step begins.
    #[schema(value_type = String, format = DateTime)]
    from: Micros,
    /// When the last step ends.
    #[schema(value_type = String, format = DateTime)]
    to: Micros,
    /// How long a step is.
    step_seconds: i64,
    /// When each step begins.
    #[schema(value_type = Vec<String>, format = DateTime)]
    times: Vec<Micros>,
    /// The figures, each with one value a step.
    series: Vec<MetricSeries>,
}

/// Which time, and how finely.
#[derive(Debug, Default)]
struct Span {
    from: Option<Micros>,
    to: Option<Micros>,
    points: i64,
}

impl QueryPart for Span {
    const NAMES: &'static [&'static str] = &["from", "to", "points"];

    fn read(pairs: &mut Pairs) -> Self {
        let (from, to) = (pairs.optional("from"), pairs.optional("to"));
        let points = if pairs.text("points").is_some() { pairs.number("points") } else { None };
        let points = match points.map(i64::try_from) {
            None => USUAL_POINTS,
            Some(Ok(points @ 1..=MOST_POINTS)) => points,
            Some(_) => {
                let remedy = "Send a number from 1 to 1000.";
                pairs.refuse("points", "out_of_range", "These are too many points, or none.", remedy);
                USUAL_POINTS
            }
        };
        Self { from, to, points }
    }
}

/// How the parameters are described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct SpanParams {
    /// From when on; a day before the end where it is left out. What is older than 48 hours is known by the hour, for 90 days.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Until when; until now where it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// So many steps at most.
    #[param(minimum = 1, maximum = 1000, default = 300)]
    points: Option<u32>,
}

/// How the server fared over a time: averages and peaks in even steps. Where nothing is known, because nobody looked or a counter began anew,
/// the value is null.
#[utoipa::path(get, path = "/node/metrics", tag = "node", params(SpanParams),
    responses((status = 200, description = "The figures", body = Metrics), Problems))]
async fn node_metrics(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(span): Query<Span>,
) -> Result<Json<Metrics>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let range = Range::new((span.from, span.to), span.points, panel.now());
    let range = range.map_err(|(parameter, code, reason, remedy)| {
        ApiError::invalid(FieldError::new(format!("?{parameter}"), code, reason, remedy))
    })?;
    let found = panel.store().read(async |tx: &mut Tx| metric::read(tx, &range).await).await?;
    let series = SERIES.iter().zip(found).map(|((name, unit), points)| MetricSeries {
        name: (*name).to_owned(),
        unit: unit.as_str().to_owned(),
        average: points.average,
        peak: points.peak,
    });
    Ok(Json(Metrics {
        from: moment(range.first),
        to: moment(range.end()),
        step_seconds: range.step / 1_000_000,
        times: range.times().map(moment).collect(),
        series: series.collect(),
    }))
}

fn moment(micros: i64) -> Micros {
    Micros::new(micros).unwrap_or(Micros::EPOCH)
}

/// A process on the server. What it was started with is not shown: that may be a password.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Process {
    /// Its number.
    pid: u32,
    /// The name of its program.
    command: String,
    /// The user that it runs as.
    user: String,
    /// The account's name, where the user is an account's.
    account: Option<String>,
    /// The systemd unit that it belongs to.
    unit: Option<String>,
    /// Processor time since somebody looked last, as a part of one processor's: 2 is two of them. Null at the first look.
    cpu: Option<f64>,
    /// Memory that it holds, in bytes.
    memory_bytes: u64,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Micros,
}

/// The processes that take most.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Processes {
    /// When it was looked.
    #[schema(value_type = String, format = DateTime)]
    read_at: Micros,
    /// How many processes there are in all.
    count: u64,
    /// Those that take most, the most first.
    items: Vec<Process>,
}

impl From<HostProcess> for Process {
    fn from(process: HostProcess) -> Self {
        Self {
            pid: process.pid,
            command: process.command,
            user: process.user,
            account: process.account,
            unit: process.unit,
            cpu: process.cpu,
            memory_bytes: process.memory,
            started_at: moment(process.started),
        }
    }
}

/// Of what the processes take most, and how many.
#[derive(Debug)]
struct Most {
    sort: ProcessSort,
    limit: u32,
}

impl QueryPart for Most {
    const NAMES: &'static [&'static str] = &["sort", "limit"];

    fn read(pairs: &mut Pairs) -> Self {
        let sort = match pairs.text("sort") {
            None | Some("memory") => ProcessSort::Memory,
            Some("cpu") => ProcessSort::Cpu,
            Some(_) => {
                pairs.refuse("sort", "unknown_value", "There is no such order.", "Send memory or cpu.");
                ProcessSort::Memory
            }
        };
        let limit = if pairs.text("limit").is_some() { pairs.number("limit") } else { None };
        let limit = match limit.map(u32::try_from) {
            None => USUAL_PROCESSES,
            Some(Ok(limit @ 1..=ListProcesses::MOST)) => limit,
            Some(_) => {
                let remedy = "Send a number from 1 to 100.";
                pairs.refuse("limit", "out_of_range", "These are too many processes, or none.", remedy);
                USUAL_PROCESSES
            }
        };
        Self { sort, limit }
    }
}

/// How the parameters are described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct MostParams {
    /// Of what they take most: `memory` or `cpu`.
    #[param(default = "memory")]
    sort: Option<String>,
    /// So many at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

/// The processes that take most of the server now.
#[utoipa::path(get, path = "/node/processes", tag = "node", params(MostParams),
    responses((status = 200, description = "The processes", body = Processes), Problems))]
async fn node_process_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(Most { sort, limit }): Query<Most>,
) -> Result<Json<Processes>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let ask = ListProcesses { sort, limit };
    let ProcessList { at, count, processes } = panel.agent().call(&ask).await.map_err(agent_error)?;
    let items = processes.into_iter().map(Process::from).collect();
    Ok(Json(Processes { read_at: moment(at), count, items }))
}

/// A service or socket that the server's work stands on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Service {
    /// Its systemd unit.
    unit: String,
    /// What it is for.
    what: String,
    /// `active`, `activating`, `reloading`, `deactivating`, `failed`, `inactive`; `missing` where there is no such unit.
    active: String,
    /// systemd's finer word, such as `running`, `listening` or `dead`.
    sub: String,
    /// How its last run ended, such as `success` or `exit-code`.
    result: Option<String>,
    /// Since when it stands so.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Micros>,
    /// Memory, in bytes.
    memory_bytes: Option<u64>,
    /// Its processes and their threads.
    tasks: Option<u64>,
    /// Processor time, in seconds.
    cpu_seconds: Option<f64>,
    /// How often systemd started it again by itself.
    restarts: u64,
}

/// The services of the server.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Services {
    /// When it was looked.
    #[schema(value_type = String, format = DateTime)]
    read_at: Micros,
    /// The services, in an order that stays.
    items: Vec<Service>,
    /// Pools whose PHP runs.
    pools_active: u64,
    /// Pools that wait for a request.
    pools_idle: u64,
    /// Names of pools that failed, at most 1000.
    pools_failed: Vec<String>,
}

impl From<HostService> for Service {
    #[expect(clippy::cast_precision_loss, reason = "hundredths of a second are enough")]
    fn from(service: HostService) -> Self {
        Self {
            unit: service.unit,
            what: service.what,
            active: service.active,
            sub: service.sub,
            result: service.result,
            since: service.since.map(moment),
            memory_bytes: service.memory,
            tasks: service.tasks,
            cpu_seconds: service.cpu_micros.map(|micros| (micros / 10_000) as f64 / 100.0),
            restarts: service.restarts,
        }
    }
}

/// The services that the server's work stands on, and how many pools run.
#[utoipa::path(get, path = "/node/services", tag = "node",
    responses((status = 200, description = "The services", body = Services), Problems))]
async fn node_service_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
) -> Result<Json<Services>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let found = panel.agent().call(&ListServices {}).await.map_err(agent_error)?;
    let ServiceList { at, services, pools_active, pools_idle, pools_failed } = found;
    let items = services.into_iter().map(Service::from).collect();
    Ok(Json(Services { read_at: moment(at), items, pools_active, pools_idle, pools_failed }))
}
