use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use desired::{Agents, Registry};
use store::testing::TestStore;
use store::{Statement, Tx, WriteTx};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use wire::Peer;

use super::*;
use crate::kind::BoxFuture;
use crate::store::Line;

const QUICK: Timing = Timing {
    lease: Duration::from_millis(300),
    beat: Duration::from_millis(50),
    look: Duration::from_millis(50),
};

/// What a job works on: a program that outlives the panel, with its log.
#[derive(Default)]
struct Host {
    begun: AtomicUsize,
    lines: Mutex<Vec<String>>,
}

/// How a kind writes down what it read.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Lines and place in one transaction.
    AtOnce,
    /// One after the other, which must lose.
    OneByOne,
}

/// Follows the host's log, and stops for ever at one of its operations.
struct Follow {
    host: Arc<Host>,
    way: Way,
    stop_at: usize,
    at: AtomicUsize,
    stopped: Arc<Notify>,
}

impl Follow {
    fn new(host: &Arc<Host>, way: Way, stop_at: usize) -> Self {
        Self { host: Arc::clone(host), way, stop_at, at: AtomicUsize::new(0), stopped: Arc::default() }
    }

    async fn point(&self) {
        if self.at.fetch_add(1, Ordering::SeqCst) == self.stop_at {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Kind for Follow {
    fn name(&self) -> &'static str {
        "test.follow"
    }

    fn steps(&self) -> &'static [&'static str] {
        &["begin", "follow", "verify"]
    }

    fn run<'a>(&'a self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Stop>> {
        Box::pin(async move {
            work.begin("begin").await?;
            self.point().await;
            // whether the host did it, the host says
            if self.host.begun.load(Ordering::SeqCst) == 0 {
                self.host.begun.fetch_add(1, Ordering::SeqCst);
            }
            self.point().await;
            work.begin("follow").await?;
            self.point().await;
            loop {
                let from = work.memory::<usize>().unwrap_or(0);
                let lines: Vec<String> =
                    self.host.lines.lock().unwrap().iter().skip(from).take(3).cloned().collect();
                if lines.is_empty() {
                    break;
                }
                let next = from + lines.len();
                match self.way {
                    Way::AtOnce => work.note(&lines, &next).await?,
                    Way::OneByOne => {
                        for line in &lines {
                            work.say(line.clone()).await?;
                        }
                        self.point().await;
                        work.note(&[], &next).await?;
                    }
                }
                self.point().await;
            }
            work.begin("verify").await?;
            self.point().await;
            Ok(())
        })
    }
}

/// Does what it is told.
struct Told(fn(&mut Work) -> BoxFuture<'_, Result<(), Stop>>);

impl Kind for Told {
    fn name(&self) -> &'static str {
        "test.follow"
    }

    fn steps(&self) -> &'static [&'static str] {
        &["first", "second"]
    }

    fn run<'a>(&'a self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Stop>> {
        (self.0)(work)
    }
}

/// A runner that ends with the test.
struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Bench {
    store: TestStore,
    panel: Panel,
}

impl Bench {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let nobody = Peer::new("/nowhere");
        let agents = Agents { driver: nobody.clone(), people: nobody };
        let panel = Panel::new(store.store.clone(), agents, Registry::default(), CancellationToken::new());
        Self { store, panel }
    }

    fn jobs(&self, kind: impl Kind) -> Jobs {
        self.jobs_with(kind, QUICK)
    }

    fn jobs_with(&self, kind: impl Kind, timing: Timing) -> Jobs {
        Jobs::new(self.panel.clone(), vec![Arc::new(kind)], timing)
    }

    async fn ask(&self, jobs: &Jobs) -> (Job, bool) {
        let object = crate::Object { kind: "thing".into(), id: "1".into(), name: "the thing".into() };
        let ask = Ask {
            kind: "test.follow",
            key: "1".to_owned(),
            object,
            account: None,
            organisation: None,
            payload: serde_json::json!({}),
            created_by: "root".to_owned(),
            via: "socket".to_owned(),
        };
        let asked = self.store.store.write(async |tx: &mut WriteTx| jobs.ask(tx, &ask).await).await.unwrap();
        jobs.written();
        asked
    }

    async fn job(&self, id: JobId) -> Job {
        self.store.store.read(async |tx: &mut Tx| rows::find(tx, id).await).await.unwrap().unwrap()
    }

    async fn until(&self, id: JobId, wanted: impl Fn(&Job) -> bool) -> Job {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let job = self.job(id).await;
            if wanted(&job) {
                return job;
            }
            assert!(Instant::now() < end, "it never comes to that: {job:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn ended(&self, id: JobId) -> Job {
        self.until(id, |job| job.state.is_ended()).await
    }

    async fn lines(&self, id: JobId) -> Vec<Line> {
        self.store.store.read(async |tx: &mut Tx| rows::lines(tx, id, 0, 100_000).await).await.unwrap()
    }

    async fn texts(&self, id: JobId) -> Vec<String> {
        let lines = self.lines(id).await;
        let numbers: Vec<i64> = lines.iter().map(|line| line.seq).collect();
        let whole: Vec<i64> = (1..).take(numbers.len()).collect();
        assert_eq!(numbers, whole, "numbers without a gap");
        lines.into_iter().map(|line| line.text).collect()
    }

    async fn codes(&self) -> Vec<String> {
        const CODES: Statement = Statement::new("SELECT code AS value FROM event ORDER BY seq");
        self.store.store.read(async |tx: &mut Tx| tx.all(CODES).await).await.unwrap()
    }

    async fn execute(&self, statement: &'static str) {
        let statement = Statement::new(statement);
        self.store.store.write(async |tx: &mut WriteTx| tx.execute(statement).await).await.unwrap();
    }

    async fn cancel(&self, jobs: &Jobs, id: JobId) -> Result<Job, Refused> {
        let done = self.store.store.write(async |tx: &mut WriteTx| jobs.cancel(tx, id).await).await;
        jobs.written();
        done
    }

    async fn retry(&self, jobs: &Jobs, id: JobId) -> Result<Job, Refused> {
        let done = self.store.store.write(async |tx: &mut WriteTx| jobs.retry(tx, id).await).await;
        jobs.written();
        done
    }
}

fn run(jobs: &Jobs) -> Running {
    Running(tokio::spawn(jobs.clone().run(CancellationToken::new())))
}

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), crate::STATEMENTS).await;
}

/// The job is killed at each of its operations, and goes on in the next panel; what came of it.
async fn killed_everywhere(way: Way) -> Vec<Vec<String>> {
    let wanted: Vec<String> = (0..10).map(|n| format!("line {n}")).collect();
    let mut wrong = Vec::new();
    for k in 0.. {
        let bench = Bench::new().await;
        let host = Arc::new(Host::default());
        host.lines.lock().unwrap().clone_from(&wanted);
        let kind = Follow::new(&host, way, k);
        let stopped = Arc::clone(&kind.stopped);
        let first = bench.jobs(kind);
        let running = run(&first);
        let (job, _) = bench.ask(&first).await;
        let was_stopped = tokio::select! {
            () = stopped.notified() => true,
            _ = bench.ended(job.id) => false,
        };
        drop(running);
        let second = bench.jobs(Follow::new(&host, way, usize::MAX));
        let _running = run(&second);
        let job = bench.ended(job.id).await;
        assert_eq!(job.state, State::Done, "stopped at {k}");
        assert_eq!(job.attempts, 1, "taken up again is the same attempt");
        assert!(job.steps.iter().all(|step| step.state == StepState::Done), "{:?}", job.steps);
        assert_eq!(host.begun.load(Ordering::SeqCst), 1, "the host's part was begun once");
        assert_eq!(bench.codes().await, ["job.queued", "job.started", "job.done"], "stopped at {k}");
        let texts = bench.texts(job.id).await;
        if texts != wanted {
            wrong.push(texts);
        }
        if !was_stopped {
            assert!(k > 6, "only {k} places to stop at");
            return wrong;
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_it_goes_on_and_its_log_has_no_gap_and_nothing_twice() {
    assert_eq!(killed_everywhere(Way::AtOnce).await, Vec::<Vec<String>>::new());
}

/// The control: what is written one after the other is told twice, so the test above can fail.
#[tokio::test(flavor = "multi_thread")]
async fn lines_and_their_place_in_two_transactions_lose() {
    assert!(!killed_everywhere(Way::OneByOne).await.is_empty());
}

#[tokio::test]
async fn of_one_kind_and_key_there_is_one_open_job() {
    let bench = Bench::new().await;
    let host = Arc::new(Host::default());
    let jobs = bench.jobs(Follow::new(&host, Way::AtOnce, usize::MAX));
    let (first, new) = bench.ask(&jobs).await;
    assert!(new && first.state == State::Queued, "{first:?}");
    let (again, new) = bench.ask(&jobs).await;
    assert_eq!((again.id, new), (first.id, false));
    let position = async |tx: &mut Tx| jobs.position(tx, &first).await;
    assert_eq!(bench.store.store.read(position).await.unwrap(), Some(1));
    let _running = run(&jobs);
    bench.ended(first.id).await;
    let (next, new) = bench.ask(&jobs).await;
    assert!(new && next.id != first.id);
    bench.ended(next.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_panels_never_work_on_one_job() {
    let bench = Bench::new().await;
    let hosts = [Arc::new(Host::default()), Arc::new(Host::default())];
    let both: Vec<Jobs> =
        hosts.iter().map(|host| bench.jobs(Follow::new(host, Way::AtOnce, usize::MAX))).collect();
    let _running: Vec<Running> = both.iter().map(run).collect();
    for _ in 0..10 {
        let (job, _) = bench.ask(&both[0]).await;
        both[1].written();
        bench.ended(job.id).await;
    }
    assert_eq!(bench.codes().await.iter().filter(|code| *code == "job.done").count(), 1, "a series");
    let begun: usize = hosts.iter().map(|host| host.begun.load(Ordering::SeqCst)).sum();
    assert!((1..=2).contains(&begun), "{begun}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lease_writes_nothing_more() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|work| {
        Box::pin(async move {
            work.say("mine").await?;
            let end = Instant::now() + Duration::from_secs(20);
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                if Instant::now() > end || work.percent(1).await.is_err() {
                    break;
                }
                work.job.percent = None;
            }
            work.say("not mine").await
        })
    }));
    let running = run(&jobs);
    let (job, _) = bench.ask(&jobs).await;
    bench.until(job.id, |job| job.log_lines == 1).await;
    bench.execute("UPDATE job SET lease_owner = 'another', lease_until = 9000000000000000").await;
    tokio::time::sleep(QUICK.lease * 2).await;
    drop(running);
    let job = bench.job(job.id).await;
    assert_eq!((job.state, job.log_lines), (State::Running, 1), "it is the other's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_stops_in_order_lets_go_at_once() {
    let bench = Bench::new().await;
    let long = Timing { lease: Duration::from_mins(10), ..QUICK };
    let host = Arc::new(Host::default());
    let kind = Follow::new(&host, Way::AtOnce, 1);
    let stopped = Arc::clone(&kind.stopped);
    let first = bench.jobs_with(kind, long);
    let stop = CancellationToken::new();
    let running = tokio::spawn(first.clone().run(stop.clone()));
    let (job, _) = bench.ask(&first).await;
    stopped.notified().await;
    stop.cancel();
    first.stopped().await;
    running.await.unwrap();
    let second = bench.jobs_with(Follow::new(&host, Way::AtOnce, usize::MAX), long);
    let _running = run(&second);
    assert_eq!(bench.ended(job.id).await.state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_is_cancelled_at_once_and_what_runs_as_soon_as_it_can() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|work| {
        Box::pin(async move {
            work.begin("first").await?;
            work.cancelled().await;
            work.say("the host is at rest").await?;
            Err(Stop::Cancelled)
        })
    }));
    let (queued, _) = bench.ask(&jobs).await;
    let cancelled = bench.cancel(&jobs, queued.id).await.unwrap();
    assert_eq!((cancelled.state, cancelled.attempts), (State::Cancelled, 0));
    assert!(matches!(bench.cancel(&jobs, queued.id).await, Err(Refused::Ended)));
    let _running = run(&jobs);
    let (job, _) = bench.ask(&jobs).await;
    bench.until(job.id, |job| job.step() == Some("first")).await;
    let asked = bench.cancel(&jobs, job.id).await.unwrap();
    assert!(asked.cancel_asked && asked.state == State::Running, "{asked:?}");
    let job = bench.ended(job.id).await;
    assert_eq!(job.state, State::Cancelled);
    assert_eq!(job.steps[0].state, StepState::Cancelled);
    assert_eq!(job.steps[1].state, StepState::Pending);
    assert_eq!(bench.texts(job.id).await, ["the host is at rest"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_says_why_and_can_be_tried_again() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|work| {
        Box::pin(async move {
            work.begin("second").await?;
            work.percent(40).await?;
            if work.job().attempts == 1 {
                return Err(Stop::Failed(Problem::new("no_luck", "It did not work.", "Try again.")));
            }
            Ok(())
        })
    }));
    let _running = run(&jobs);
    let (job, _) = bench.ask(&jobs).await;
    let failed = bench.ended(job.id).await;
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.problem.as_ref().map(|problem| problem.code.as_str()), Some("no_luck"));
    assert_eq!((failed.step(), failed.percent), (Some("second"), Some(40)));
    assert_eq!(failed.steps[0].state, StepState::Done, "what never ran was found to be so");
    assert!(matches!(bench.cancel(&jobs, job.id).await, Err(Refused::Ended)));
    bench.retry(&jobs, job.id).await.unwrap();
    let done = bench.until(job.id, |job| job.state == State::Done).await;
    assert_eq!((done.attempts, done.problem, done.percent), (2, None, Some(100)));
    assert!(matches!(bench.retry(&jobs, job.id).await, Err(Refused::NotFailed)));
    let codes = bench.codes().await;
    for code in ["job.queued", "job.started", "job.failed", "job.done"] {
        assert!(codes.iter().any(|its| its == code), "{code} is not among {codes:?}");
    }
}

#[tokio::test]
async fn an_older_job_is_not_tried_again_beside_an_open_one() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|_| Box::pin(async { Ok(()) })));
    let (old, _) = bench.ask(&jobs).await;
    bench.cancel(&jobs, old.id).await.unwrap();
    let (open, _) = bench.ask(&jobs).await;
    match bench.retry(&jobs, old.id).await {
        Err(Refused::Another(id)) => assert_eq!(id, open.id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_panics_fails_its_job_and_no_other() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|work| {
        Box::pin(async move {
            assert!(work.job().attempts > 1, "a fault of ours");
            Ok(())
        })
    }));
    let _running = run(&jobs);
    let (job, _) = bench.ask(&jobs).await;
    let failed = bench.ended(job.id).await;
    assert_eq!(failed.problem.map(|problem| problem.code).as_deref(), Some("internal"));
    bench.retry(&jobs, job.id).await.unwrap();
    bench.until(job.id, |job| job.state == State::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_the_panel_again_and_again_is_given_up() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|_| Box::pin(std::future::pending())));
    let (job, _) = bench.ask(&jobs).await;
    bench.execute("UPDATE job SET state = 'running', taken = 20, attempts = 1, lease_until = 1").await;
    let _running = run(&jobs);
    let failed = bench.ended(job.id).await;
    assert_eq!(failed.problem.map(|problem| problem.code).as_deref(), Some("job_interrupted"));
}

#[tokio::test]
async fn a_log_is_bounded_and_old_jobs_go() {
    let bench = Bench::new().await;
    let jobs = bench.jobs(Told(|_| Box::pin(async { Ok(()) })));
    let (job, _) = bench.ask(&jobs).await;
    let lease = Lease { job: job.id, owner: "me".to_owned() };
    let now = bench.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        assert!(lease.take(tx, now.plus(Duration::from_mins(1)), now).await?);
        for batch in 0..41 {
            let lines: Vec<String> = (0..500).map(|n| format!("\u{1b}[1m{}", batch * 500 + n)).collect();
            assert!(lease.add_lines(tx, &lines, now).await?);
        }
        Ok(())
    };
    bench.store.store.write(write).await.unwrap();
    let lines = bench.lines(job.id).await;
    assert_eq!(lines.len(), 20_000);
    assert_eq!((lines[0].seq, lines[0].text.as_str()), (501, "500"), "the oldest are gone");
    let job = bench.job(job.id).await;
    assert_eq!((job.log_lines, job.last_line.as_deref()), (20_500, Some("20499")));
    let prune = async |tx: &mut WriteTx| rows::prune(tx, now.plus(Duration::from_hours(1))).await;
    assert_eq!(bench.store.store.write(prune).await.unwrap(), 0, "it has not ended");
    bench.execute("UPDATE job SET state = 'done', ended_at = 1").await;
    assert_eq!(bench.store.store.write(prune).await.unwrap(), 1);
    assert!(bench.lines(job.id).await.is_empty());
}
