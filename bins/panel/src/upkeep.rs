//! What is due now and then: facts and figures of the server, telling that somebody no longer acts as another, forgetting what is over, and the audit's head for the agent to keep.

use std::time::Duration;

use converge::methods::RecordAuditHead;
use desired::{Panel, event, setting};
use store::{StoreError, Tx, WriteTx};

use crate::metric::{self, Sampler};
use crate::routes::setting::EVENT_DAYS;

/// How long messages to webhooks are kept that were taken; dead letters are kept as long as events.
const DELIVERED: Duration = Duration::from_hours(7 * 24);
/// How long jobs are kept that ended, with their logs.
const JOBS: Duration = Duration::from_hours(90 * 24);
/// The rest, in minutes.
const HOURLY: u32 = 60;

/// Goes on for ever. Drop the future to stop.
pub async fn run(panel: Panel) {
    let sampler = Sampler::new(panel.clone());
    let mut round: u32 = 0;
    loop {
        if let Err(error) = sampler.look().await {
            tracing::warn!(error = %error, "the server's figures could not be kept");
        }
        if let Err(error) = crate::routes::act_as::tell_ends(&panel).await {
            tracing::warn!(error = %error, "it was not told that somebody no longer acts as a person");
        }
        if round.is_multiple_of(HOURLY) {
            if let Err(error) = forget(&panel).await {
                tracing::warn!(error = %error, "what is over could not be forgotten");
            }
            if let Err(error) = hand_over_head(&panel).await {
                tracing::warn!(error = %error, "the audit's head was not handed over");
            }
        }
        round = round.wrapping_add(1);
        tokio::time::sleep(metric::until_next(panel.now())).await;
    }
}

/// Forgets sessions, links, invitations, counters and kept answers that are over, and old events; makes hours of the minutes of the server's figures.
pub async fn forget(panel: &Panel) -> Result<(), StoreError> {
    let now = panel.now();
    panel
        .store()
        .write(async |tx: &mut WriteTx| -> Result<(), StoreError> {
            auth::prune(tx, now).await?;
            people_panel::prune(tx, now).await?;
            identity_panel::prune(tx, now).await?;
            api_kit::idempotency::prune(tx, now).await?;
            let days: u64 = setting::get(tx, EVENT_DAYS.name).await?.unwrap_or(90);
            let kept = now.minus(Duration::from_secs(days.saturating_mul(86_400)));
            event::prune(tx, kept).await?;
            jobs::prune(tx, now.minus(JOBS)).await?;
            webhook_panel::prune(tx, now.minus(DELIVERED), kept).await?;
            metric::table::roll_up(tx, now).await
        })
        .await
}

/// The agent keeps the audit's head in a log of its own, which the panel cannot write.
async fn hand_over_head(panel: &Panel) -> anyhow::Result<()> {
    let head = panel.store().read(async |tx: &mut Tx| audit::head(tx).await).await?;
    let Some(head) = head else { return Ok(()) };
    let seq = u64::try_from(head.seq)?;
    panel.agent().call(&RecordAuditHead { seq, hash: head.hash }).await?;
    Ok(())
}
