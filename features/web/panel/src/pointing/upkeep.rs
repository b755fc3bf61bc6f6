//! All names are looked at now and then.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use store::{StoreError, Tx, WriteTx};

use super::Pointing;
use super::check::By;
use super::judge::State;
use super::prove::by_system;
use crate::rules::names::new_token;
use crate::store::name;
use crate::store::name_check::{self, Due};

/// A look for names whose time has come at least this often.
const QUIET: Duration = Duration::from_secs(20);
/// Between two looks for them, so that a burst of events is few of them.
const GATHER: Duration = Duration::from_secs(2);
/// Names that are looked at in one go, and at once; people who ask wait behind no more than these.
const BATCH: i64 = 40;
const AT_ONCE: usize = 3;

/// What is about to change is looked at again.
pub(super) const SOON: Duration = Duration::from_secs(30);
/// What is as it should be.
const GOOD: Duration = Duration::from_hours(12);
/// What waits for its owner: people look on while they set a record.
const WAITING: Duration = Duration::from_mins(5);
/// What is not as it should be, the first time.
const TROUBLE: Duration = Duration::from_mins(10);
/// What stays as it should not be.
const LONGEST: Duration = Duration::from_hours(12);

/// When a name is looked at again that was found so for the nth time.
pub(super) fn again(is_known: bool, state: State, times: i64) -> Duration {
    let doubled = |first: Duration, from: i64| {
        let times = u32::try_from((times - from).clamp(0, 12)).unwrap_or(0);
        first.saturating_mul(1 << times).min(LONGEST)
    };
    match state {
        State::Good => GOOD,
        // for an hour, and then less and less often
        _ if !is_known => doubled(WAITING, 12),
        State::NotServed | State::Unseen => doubled(SOON, 4),
        State::Trouble | State::Unknown => doubled(TROUBLE, 1),
    }
}

/// Goes on for ever. Drop the future to stop.
pub async fn run(pointing: Pointing) {
    let mut moved = pointing.panel().events_moved();
    loop {
        moved.borrow_and_update();
        let looked = round(&pointing).await;
        if let Err(error) = &looked {
            tracing::warn!(%error, "names that are due could not be looked at");
        }
        if matches!(looked, Ok(true)) {
            continue;
        }
        tokio::select! {
            changed = moved.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(QUIET) => {}
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Looks at some of the names whose time has come; whether there may be more.
pub async fn round(pointing: &Pointing) -> Result<bool, StoreError> {
    make_tokens(pointing).await?;
    let now = pointing.panel().now();
    let read = async |tx: &mut Tx| name_check::due(tx, now, BATCH).await;
    let due = pointing.panel().store().read(read).await?;
    let is_full = i64::try_from(due.len()).is_ok_and(|found| found == BATCH);
    stream::iter(due).for_each_concurrent(AT_ONCE, |due| look(pointing, due)).await;
    Ok(is_full)
}

async fn look(pointing: &Pointing, Due { name, site }: Due) {
    if let Err(error) = pointing.check(site, &name, (&by_system(), By::Time)).await {
        let detail = &error.problem().detail;
        tracing::warn!(%name, %detail, "what was seen of a name came to nothing");
    }
}

/// Names from before there were proofs, and those that an older panel took in.
async fn make_tokens(pointing: &Pointing) -> Result<(), StoreError> {
    let store = pointing.panel().store();
    let names = store.read(async |tx: &mut Tx| name::tokenless(tx).await).await?;
    for name in names {
        let Ok(token) = new_token() else { return Ok(()) };
        store.write(async |tx: &mut WriteTx| name::set_token(tx, &name, &token).await).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(is_known: bool, state: State, times: impl IntoIterator<Item = i64>) -> Vec<u64> {
        times.into_iter().map(|times| again(is_known, state, times).as_secs() / 60).collect()
    }

    #[test]
    fn what_is_good_is_left_alone_and_what_is_not_less_and_less_often() {
        assert_eq!(minutes(true, State::Good, [0]), [720]);
        assert_eq!(minutes(true, State::Trouble, [1, 2, 3, 7, 8, 1000]), [10, 20, 40, 640, 720, 720]);
        assert_eq!(minutes(true, State::Unknown, [1, 2]), [10, 20]);
        assert_eq!(minutes(true, State::NotServed, [1, 4, 5, 6]), [0, 0, 1, 2]);
    }

    #[test]
    fn what_waits_for_its_owner_is_looked_at_often_for_an_hour() {
        assert_eq!(minutes(false, State::Trouble, [1, 12, 13, 14, i64::MAX]), [5, 5, 10, 20, 720]);
        // leading here is not enough where that proves nothing
        assert_eq!(minutes(false, State::NotServed, [1, 13]), [5, 10]);
    }
}
