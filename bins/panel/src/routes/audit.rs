//! `/audit`

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, List, Page, PageParams, Query, QueryPart};
use audit::{Filter, Head, Of, Recorded, Verdict};
use auth::{Actor, OrganisationKey, ViewAudit};
use axum::extract::State;
use converge::methods::{AuditHead, ListAuditHeads};
use desired::{Access, OfAccount, OfAccountParams, Panel, Table};
use names::Micros;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

mod export;

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::listed::<ViewAudit>(), routes!(audit_list))
        .add(Access::everywhere::<ViewAudit>(), routes!(audit_verify))
        .add(Access::listed::<ViewAudit>(), routes!(export::audit_export))
        .with_state(panel)
}

/// Which entries.
#[derive(Debug, Clone, Default)]
struct Wanted {
    organisation: Option<OrganisationKey>,
    filter: Filter,
}

impl QueryPart for Wanted {
    const NAMES: &'static [&'static str] = &["organisation", "actor", "action", "kind", "object", "outcome"];

    fn read(pairs: &mut Pairs) -> Self {
        let filter = Filter {
            actor: pairs.word("actor"),
            action: pairs.word("action"),
            kind: pairs.word("kind"),
            object: pairs.word("object"),
            outcome: pairs.word("outcome"),
        };
        if filter.outcome.as_deref().is_some_and(|outcome| !matches!(outcome, "done" | "refused")) {
            let reason = "There is no such outcome.";
            pairs.refuse("outcome", "outcome_unknown", reason, "Send done or refused.");
        }
        Self { organisation: pairs.optional("organisation"), filter }
    }
}

impl Wanted {
    /// Whose entries: of one account, one organisation, or all that the caller sees.
    async fn of(&self, tx: &mut Tx, actor: &Actor, account: &OfAccount) -> Result<Of, ApiError> {
        let account = account.find::<ViewAudit>(tx, actor).await?;
        match (account, &self.organisation) {
            (Some(account), None) => Ok(Of::Account(account)),
            (None, Some(key)) => {
                Ok(Of::Organisation(auth::organisation::<ViewAudit>(tx, actor, key).await?.id))
            }
            (None, None) => Ok(Of::Everyone),
            (Some(_), Some(_)) => {
                let remedy = "Send one of account and organisation.";
                let reason = "An account has one organisation.";
                Err(api_kit::json::refuse("organisation", "contradiction", reason, remedy))
            }
        }
    }
}

/// How the parameters are described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct WantedParams {
    /// Only what concerned this organisation, those below it, and their accounts: its name or id.
    organisation: Option<String>,
    /// Only what was done by this one: a name as entries have it, or the id of a person or a token; an id finds what was done by acting as
    /// others too.
    actor: Option<String>,
    /// Only this action, such as `site.create`.
    action: Option<String>,
    /// Only about objects of this kind.
    kind: Option<String>,
    /// Only about the object of this id.
    object: Option<String>,
    /// `done` or `refused`.
    outcome: Option<String>,
}

/// Who did what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct AuditView {
    /// Its number.
    seq: i64,
    /// Its id.
    id: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Micros,
    /// `root`, `system`, `person` or `anonymous`.
    actor_kind: String,
    /// The person's id.
    actor_id: Option<String>,
    /// Who.
    actor_name: String,
    /// An address, or `socket`.
    origin: String,
    /// The request.
    request_id: String,
    /// What was done, such as `site.create`; of what was refused, the request.
    action: String,
    /// The object's kind.
    object_kind: String,
    /// The object's id.
    object_id: Option<String>,
    /// Whose object.
    account: Option<String>,
    /// The object before.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// The object after; of what was refused, the codes.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// The plan that was insisted on.
    plan_hash: Option<String>,
    /// `done` or `refused`.
    outcome: String,
    /// The organisation that it concerned, by id.
    organisation: Option<String>,
    /// `token`, or `person` or `root` where somebody acted as the person; null: the person in a session of their own.
    via: Option<String>,
    /// The token's id, or that of whoever acted as the person.
    via_id: Option<String>,
}

impl From<Recorded> for AuditView {
    fn from(row: Recorded) -> Self {
        Self {
            seq: row.seq,
            id: row.id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            origin: row.origin,
            request_id: row.request_id,
            action: row.action,
            object_kind: row.object_kind,
            object_id: row.object_id,
            account: row.account_id,
            before: row.before,
            after: row.after,
            plan_hash: row.plan_hash,
            outcome: row.outcome,
            organisation: row.organisation_id,
            via: row.via,
            via_id: row.via_id,
        }
    }
}

/// Whether the audit is as it was written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct AuditVerdict {
    /// Every entry is as it was written, and all heads that the agent noted are among them.
    intact: bool,
    /// How many entries there are; where it is broken, the first that does not fit.
    seq: i64,
    /// What does not fit.
    reason: Option<String>,
    /// The number of the entry that the agent had noted last; null: it noted none, or does not answer.
    noted_by_agent: Option<u64>,
    /// The last time that `holdfast restore-panel` put an older database back.
    restored: Option<RestoredView>,
}

/// An older database was put back: the agent knew later entries, which are not in it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct RestoredView {
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Micros>,
    /// The number of the entry that tells of it.
    seq: u64,
    /// The last entry that the agent had noted before, and that is of the time after the backup; null: there was none.
    lost_up_to: Option<u64>,
}

/// Who did what, the newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(PageParams, OfAccountParams, WantedParams),
    responses((status = 200, description = "A page of entries", body = List<AuditView>), Problems))]
async fn audit_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query((page, account, wanted)): Query<(Page, OfAccount, Wanted)>,
) -> Result<Json<List<AuditView>>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let of = wanted.of(tx, &actor, &account).await?;
        let scope = actor.scope::<ViewAudit>();
        Ok(audit::list(tx, &scope, &of, &wanted.filter, (page.after_number(), page.rows())).await?)
    };
    let rows = panel.store().read(read).await?;
    Ok(Json(page.list(rows, |row| row.seq.to_string()).map(AuditView::from)))
}

/// Walks the whole audit, and compares it with what the agent noted.
#[utoipa::path(get, path = "/audit/verify", tag = "audit",
    responses((status = 200, description = "The verdict", body = AuditVerdict), Problems))]
async fn audit_verify(
    State(panel): State<Panel>,
    Caller(actor): Caller,
) -> Result<Json<AuditVerdict>, ApiError> {
    actor.everywhere::<ViewAudit>()?;
    Ok(Json(verify(&panel).await?))
}

async fn verify(panel: &Panel) -> Result<AuditVerdict, ApiError> {
    let noted = panel.agent().call(&ListAuditHeads {}).await.unwrap_or_default();
    let head = |noted: &AuditHead| {
        Some(Head { seq: i64::try_from(noted.seq).ok()?, hash: noted.hash, at: Micros::new(noted.at).ok()? })
    };
    let known: Vec<Head> = noted.standing().into_iter().filter_map(head).collect();
    let noted_by_agent = noted.heads.last().map(|noted| noted.seq);
    let restored = noted.restored().map(|(head, lost_up_to)| RestoredView {
        at: Micros::new(head.at).ok(),
        seq: head.seq,
        lost_up_to,
    });
    let (intact, seq, reason) = match audit::verify(panel.store(), &known).await? {
        Verdict::Intact { entries, .. } => (true, entries, None),
        Verdict::Broken { seq, reason } => (false, seq, Some(reason.to_owned())),
    };
    Ok(AuditVerdict { intact, seq, reason, noted_by_agent, restored })
}

/// For the doctor: none where all is well.
pub(super) async fn fault(panel: &Panel) -> Result<Option<String>, ApiError> {
    let verdict = verify(panel).await?;
    Ok(verdict.reason.map(|reason| format!("entry {}: {reason}", verdict.seq)))
}
