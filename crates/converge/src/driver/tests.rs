//! The schedule under paused time.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::*;

struct Recorder {
    seen: mpsc::UnboundedSender<(u32, Duration)>,
    start: Instant,
    again: Option<Duration>,
    takes: Duration,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Work for Recorder {
    type Key = u32;
    async fn run(&self, key: u32) -> Option<Duration> {
        let busy = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(busy, Ordering::SeqCst);
        self.seen.send((key, self.start.elapsed())).unwrap();
        tokio::time::sleep(self.takes).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        assert!(key != 13, "unlucky");
        self.again
    }
}

fn recorder(
    again: Option<Duration>,
    takes: Duration,
) -> (Arc<Recorder>, mpsc::UnboundedReceiver<(u32, Duration)>) {
    let (seen, rx) = mpsc::unbounded_channel();
    let work = Recorder { seen, start: Instant::now(), again, takes, now: 0.into(), most: 0.into() };
    (Arc::new(work), rx)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_earlier_time_wins_and_a_key_has_one_slot() {
    let (work, mut seen) = recorder(None, Duration::ZERO);
    let schedule = Schedule::new();
    schedule.wake_in(1, 50 * SECOND);
    schedule.wake_in(1, 5 * SECOND);
    schedule.wake_in(1, 90 * SECOND);
    assert_eq!(schedule.len(), 1);
    let drive = tokio::spawn({
        let schedule = schedule.clone();
        async move { schedule.drive(work, 2).await }
    });
    let (key, at) = seen.recv().await.unwrap();
    assert_eq!((key, at.as_secs()), (1, 5));
    tokio::time::sleep(200 * SECOND).await;
    assert!(seen.try_recv().is_err(), "it ran once");
    drive.abort();
}

#[tokio::test(start_paused = true)]
async fn a_busy_key_runs_once_more_and_never_twice_at_once() {
    let (work, mut seen) = recorder(None, 10 * SECOND);
    let schedule = Schedule::new();
    schedule.wake(1);
    let drive = tokio::spawn({
        let (schedule, work) = (schedule.clone(), Arc::clone(&work));
        async move { schedule.drive(work, 4).await }
    });
    seen.recv().await.unwrap();
    for _ in 0..5 {
        schedule.wake(1);
    }
    let (_, second) = seen.recv().await.unwrap();
    assert_eq!(second.as_secs(), 10);
    tokio::time::sleep(100 * SECOND).await;
    assert!(seen.try_recv().is_err(), "five wishes while busy are one more run");
    assert_eq!(work.most.load(Ordering::SeqCst), 1);
    drive.abort();
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_bound_run_at_once() {
    let (work, mut seen) = recorder(None, SECOND);
    let schedule = Schedule::new();
    (100..120).for_each(|key| schedule.wake(key));
    let drive = tokio::spawn({
        let (schedule, work) = (schedule.clone(), Arc::clone(&work));
        async move { schedule.drive(work, 3).await }
    });
    for _ in 0..20 {
        seen.recv().await.unwrap();
    }
    assert_eq!(work.most.load(Ordering::SeqCst), 3);
    drive.abort();
}

#[tokio::test(start_paused = true)]
async fn a_panic_frees_the_slot_for_a_later_try() {
    let (work, mut seen) = recorder(None, Duration::ZERO);
    let schedule = Schedule::new();
    schedule.wake(13);
    let drive = tokio::spawn({
        let schedule = schedule.clone();
        async move { schedule.drive(work, 2).await }
    });
    seen.recv().await.unwrap();
    let (_, second) = seen.recv().await.unwrap();
    assert_eq!(second.as_secs(), 600);
    drive.abort();
}
