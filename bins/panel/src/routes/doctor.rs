//! `/doctor`: the agent's look at everything, and the panel's own.

use std::time::Duration;

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json};
use auth::ViewNode;
use axum::extract::State;
use certificate::Certificate;
use converge::methods::{Finding, RunDoctor, Severity};
use desired::{Access, Table, Why};
use names::Micros;
use package_panel::Hosted;
use serde::{Deserialize, Serialize};
use store::{Statement, Tx};
use utoipa::ToSchema;
use utoipa_axum::routes;
use wire::Peer;

use crate::app::Parts;
use crate::world::World;

const NOT_READY: Statement = Statement::new(
    "SELECT CAST((SELECT COUNT(*) FROM account WHERE condition IN ('failed', 'degraded'))
               + (SELECT COUNT(*) FROM pool WHERE condition IN ('failed', 'degraded'))
               + (SELECT COUNT(*) FROM site WHERE condition IN ('failed', 'degraded'))
               + (SELECT COUNT(*) FROM certificate WHERE condition IN ('failed', 'degraded'))
               + (SELECT COUNT(*) FROM node WHERE condition IN ('failed', 'degraded')) AS BIGINT) AS value",
);

pub(super) const STATEMENTS: &[Statement] = &[NOT_READY];

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default().add(Access::everywhere::<ViewNode>(), routes!(doctor_run)).with_state(parts)
}

/// What the doctor found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct DoctorView {
    /// The most serious of all: `ok`, `warning` or `error`.
    #[schema(value_type = String)]
    worst: Severity,
    /// Everything that was looked at.
    #[schema(value_type = Vec<FindingView>)]
    findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct FindingView {
    /// A stable code, such as `unit.active`.
    code: String,
    /// What was looked at.
    subject: String,
    /// `ok`, `warning` or `error`.
    severity: String,
    /// What was seen.
    message: String,
    /// What to do.
    remedy: Option<String>,
}

fn finding(code: &str, subject: &str, seen: Result<String, (Severity, String, &str)>) -> Finding {
    let (severity, message, remedy) = match seen {
        Ok(message) => (Severity::Ok, message, None),
        Err((severity, message, remedy)) => (severity, message, Some(remedy.to_owned())),
    };
    Finding { code: code.to_owned(), subject: subject.to_owned(), severity, message, remedy }
}

/// Looks at every process, unit, socket, permission and row that Holdfast relies on.
#[utoipa::path(get, path = "/doctor", tag = "node",
    responses((status = 200, description = "What was found", body = DoctorView), Problems))]
async fn doctor_run(State(parts): State<Parts>, Caller(actor): Caller) -> Result<Json<DoctorView>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let mut findings = vec![database(&parts).await, audit(&parts).await?, objects(&parts).await?];
    findings.push(counters(&parts).await?);
    findings.push(webhooks(&parts).await?);
    findings.push(answers("probe.answers", "the probe", &parts.probe, "holdfast-probe").await);
    findings.push(answers("egress.answers", "egress", &parts.egress, "holdfast-egress").await);
    findings.extend(adoption(&parts).await);
    findings.push(certificate(&parts));
    match parts.panel.agent().call(&RunDoctor {}).await {
        Ok(diagnosis) => {
            findings.push(finding("agent.answers", "the agent", Ok("answers".to_owned())));
            findings.extend(diagnosis.findings);
        }
        Err(error) => {
            let remedy = "Look at `journalctl -u holdfast-agent.service`.";
            findings.push(finding(
                "agent.answers",
                "the agent",
                Err((Severity::Error, error.to_string(), remedy)),
            ));
        }
    }
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok);
    Ok(Json(DoctorView { worst, findings }))
}

async fn database(parts: &Parts) -> Finding {
    let read = parts
        .panel
        .store()
        .read(async |tx: &mut Tx| desired::setting::find(tx, "panel.hostname").await)
        .await;
    let seen = match read {
        Ok(_) => Ok("answers".to_owned()),
        Err(error) => {
            Err((Severity::Error, error.to_string(), "Look at the disk and the file's permissions."))
        }
    };
    finding("panel.database", "the panel's database", seen)
}

async fn audit(parts: &Parts) -> Result<Finding, ApiError> {
    let seen = match super::audit::fault(&parts.panel).await? {
        None => Ok("every entry is as it was written".to_owned()),
        Some(fault) => {
            Err((Severity::Error, fault, "Someone changed the database: compare it with a backup."))
        }
    };
    Ok(finding("panel.audit", "the audit", seen))
}

const NAMES_THEM: &str = "`holdfast plan` names what is not ready, and why.";

async fn objects(parts: &Parts) -> Result<Finding, ApiError> {
    let count: i64 = parts.panel.store().read(async |tx: &mut Tx| tx.one(NOT_READY).await).await?;
    let seen = match count {
        0 => Ok("none is failed or degraded".to_owned()),
        1 => Err((Severity::Warning, "one is failed or degraded".to_owned(), NAMES_THEM)),
        count => Err((Severity::Warning, format!("{count} are failed or degraded"), NAMES_THEM)),
    };
    Ok(finding("panel.objects", "accounts, pools, sites and the web server", seen))
}

/// Counters are written with the rows that they count, and limits with what says them, so a difference is a defect, or somebody's hand in the database.
async fn counters(parts: &Parts) -> Result<Finding, ApiError> {
    let counts = World.counts();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        Ok((limits::differences(tx, &counts).await?.len(), limits::misstated(tx).await?.len()))
    };
    let words = match parts.panel.store().read(read).await? {
        (0, 0) => None,
        (wrong, 0) => Some(format!("{wrong} counters are not what they count")),
        (0, accounts) => Some(format!(
            "{accounts} accounts may have something else than their packages and own values say"
        )),
        (wrong, accounts) => Some(format!(
            "{wrong} counters are not what they count, and {accounts} accounts may have something else than their packages and own values say"
        )),
    };
    let remedy = "`holdfast limit recount --dry-run` names them, `holdfast limit recount` mends them.";
    let seen = match words {
        None => Ok("each is what it counts, and what is said".to_owned()),
        Some(words) => Err((Severity::Error, words, remedy)),
    };
    Ok(finding("panel.counters", "what accounts and organisations use and may have", seen))
}

/// What the server holds beyond this database.
async fn adoption(parts: &Parts) -> Vec<Finding> {
    // An agent that does not answer is told below.
    let Ok(differing) = desired::differing(&parts.panel).await else { return Vec::new() };
    let code = "panel.adoption";
    let undecided =
        differing.iter().filter(|object| matches!(object.why, Why::Behind | Why::Unknown)).count();
    let seen = match undecided {
        0 => Ok("the server holds nothing that waits for a decision".to_owned()),
        count => {
            let message = format!(
                "{count} on the server are not as this database says, which was put back from an older copy; they run on"
            );
            Err((Severity::Warning, message, "`holdfast adopt` shows both sides."))
        }
    };
    let mut findings = vec![finding(code, "objects of the server", seen)];
    for object in differing.iter().filter(|object| object.why == Why::Kept) {
        let subject = format!("{} {}", object.kind, object.name);
        let message = object.aside.as_ref().map_or_else(String::new, |aside| {
            format!("kept aside by {} since {}: it is not this panel's", aside.decided_by, aside.decided_at)
        });
        findings.push(finding("panel.kept", &subject, Ok(message)));
    }
    findings
}

/// A certificate that ends sooner is told.
const ENDS_SOON: Duration = Duration::from_hours(14 * 24);
const CERTIFICATE_REMEDY: &str = "Put certificate and key of the panel's name as PEM into /etc/holdfast/credentials/tls.pem, then: systemctl restart holdfast-panel.";

/// What browsers are shown by the panel itself.
fn certificate(parts: &Parts) -> Finding {
    let (code, subject) = ("panel.certificate", "the panel's certificate");
    let found = crate::tls::pem().map_err(|error| error.to_string());
    let found = found.and_then(|pem| Certificate::read(&pem).map_err(|error| error.to_string()));
    let seen = match found {
        Ok(found) => judge(&found, parts.panel.now()),
        Err(error) => Err((Severity::Warning, format!("cannot be read: {error}"), CERTIFICATE_REMEDY)),
    };
    finding(code, subject, seen)
}

fn judge(found: &Certificate, now: Micros) -> Result<String, (Severity, String, &'static str)> {
    let until = Micros::new(found.not_after.saturating_mul(1_000_000)).unwrap_or(now).to_string();
    let until = until.split('T').next().unwrap_or_default();
    if found.expired(now.as_micros()) {
        return Err((Severity::Error, format!("has expired on {until}"), CERTIFICATE_REMEDY));
    }
    if found.self_signed {
        let words = format!(
            "is self-signed, so browsers ask before they trust it; valid until {until}, SHA-256 {}",
            found.fingerprint
        );
        return Err((Severity::Warning, words, CERTIFICATE_REMEDY));
    }
    if found.expired(now.plus(ENDS_SOON).as_micros()) {
        return Err((Severity::Warning, format!("ends on {until}"), CERTIFICATE_REMEDY));
    }
    Ok(format!("valid until {until}"))
}

/// A receiver may be away for so long.
const AWAY: Duration = Duration::from_hours(1);

async fn webhooks(parts: &Parts) -> Result<Finding, ApiError> {
    let since = parts.panel.now().minus(AWAY);
    let away = parts.panel.store().read(async |tx: &mut Tx| webhook_panel::away(tx, since).await).await?;
    let seen = if away.is_empty() {
        Ok("every receiver takes its messages".to_owned())
    } else {
        let message = format!("receivers took nothing for an hour or more: {}", away.join(", "));
        Err((Severity::Warning, message, "Look at `holdfast webhook deliveries NAME`."))
    };
    Ok(finding("webhook.receivers", "webhooks", seen))
}

async fn answers(code: &str, what: &str, peer: &Peer, unit: &str) -> Finding {
    let remedy = format!("Look at `systemctl status {unit}.socket {unit}.service`.");
    let seen = match peer.hello().await {
        Ok(hello) => Ok(format!("answers, release {}", hello.version)),
        Err(error) => Err((Severity::Error, error.to_string(), remedy.as_str())),
    };
    finding(code, what, seen)
}
