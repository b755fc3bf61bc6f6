//! Certificates are got from a real authority that makes it hard.

use std::time::Duration;

use ::store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use auth::Actor;
use jobs::{Job, State};
use names::{AccountId, AuthorityId, CertName, CertificateId, Micros, NodeId, SiteId};
use serde_json::json;

use super::testing::{AUTHORITY, Bench, Chaos, Instead};
use super::{CertificateOrder, rules, upkeep, view};
use crate::authority::rules::{Act, CreateAuthority, EditAuthority};
use crate::authority::store::{Authority, AuthorityKey};
use crate::authority::{account, store as authorities};
use crate::certificates::ensure_for_site;
use crate::store::certificate;

const ADD_SITE: Statement = Statement::new(
    "INSERT INTO site (id, account_id, node_id, docroot, created_at, updated_at, since, generation, observed_generation, condition)
     VALUES ($1, $2, $3, 'www', 0, 0, 0, 1, $4, 'ready')",
);
const ADD_NAME: Statement = Statement::new(
    "INSERT INTO site_name (name, site_id, is_primary, ownership, created_at) VALUES ($1, $2, $3, 'approved', 0)",
);
const SERVED: Statement = Statement::new("UPDATE site SET observed_generation = generation");
const NODE_UP: Statement = Statement::new("UPDATE node SET observed_generation = generation");
const OBSERVED: Statement =
    Statement::new("UPDATE certificate SET observed_generation = generation, condition = 'ready'");
const DUE_NOW: Statement =
    Statement::new("UPDATE certificate_order SET renew_at = 1 WHERE certificate_id = $1");
const SEALED: Statement = Statement::new("SELECT eab_key AS value FROM authority WHERE eab_key IS NOT NULL");

/// What a test made.
struct Made {
    account: AccountId,
    node: NodeId,
    site: SiteId,
    certificate: CertificateId,
    names: Vec<CertName>,
}

/// A change by the panel itself, whatever it is.
struct Ensure {
    account: AccountId,
    site: SiteId,
    names: Vec<names::DomainName>,
}

impl desired::Rules for Ensure {
    type Value = CertificateId;

    async fn run(
        &self,
        tx: &mut WriteTx,
        draft: &mut desired::Draft,
    ) -> Result<(CertificateId, desired::Key), api_kit::ApiError> {
        let id = ensure_for_site(tx, draft, self.account, self.site, &self.names).await?;
        Ok((id, desired::Key::of::<cert_spec::CertificateSpec>(&id)))
    }
}

impl Bench {
    /// A site of these names, served as it is wanted, with a certificate of its own.
    async fn site(&self, account: &str, names: &[&str]) -> Made {
        let (node, account) = self.store.add_account(account).await;
        let site = SiteId::new();
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            tx.execute(NODE_UP).await?;
            tx.execute(ADD_SITE.bind(site).bind(account).bind(node).bind(1_i64)).await?;
            for (at, name) in names.iter().filter(|name| !name.starts_with('*')).enumerate() {
                tx.execute(ADD_NAME.bind(*name).bind(site).bind(at == 0)).await?;
            }
            Ok(())
        };
        self.store.write(write).await.unwrap();
        let plain = names.iter().filter(|name| !name.starts_with('*'));
        let ensure = Ensure { account, site, names: plain.map(|name| name.parse().unwrap()).collect() };
        let certificate = self.change(ensure).await;
        let mut made = Made { account, node, site, certificate, names: Vec::new() };
        self.rename(&mut made, names).await;
        made
    }

    async fn change(&self, ensure: Ensure) -> CertificateId {
        match self.state.panel.change(&super::job::by_system(String::new()), ensure).await.unwrap() {
            desired::Outcome::Done { value, .. } => value,
            desired::Outcome::Plan(_) => panic!("a change is no plan"),
        }
    }

    /// The names that the certificate is wanted for, stars among them.
    async fn rename(&self, made: &mut Made, names: &[&str]) {
        made.names = names.iter().map(|name| name.parse().unwrap()).collect();
        made.names.sort();
        let (id, names) = (made.certificate, &made.names);
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            let row = certificate::unscoped(tx, &id.to_string()).await?.unwrap();
            certificate::set_names(tx, &row, names, Micros::now()).await
        };
        self.store.write(write).await.unwrap();
    }

    async fn create(&self, body: serde_json::Value) -> Authority {
        let body: CreateAuthority = serde_json::from_value(body).unwrap();
        let actor = Actor::root();
        let act = Act { state: &self.state, actor: &actor, now: Micros::now() };
        self.store.write(async |tx: &mut WriteTx| act.create(tx, &body).await).await.unwrap()
    }

    async fn authority(&self) -> Authority {
        let directory = format!("https://{AUTHORITY}/dir");
        self.create(json!({ "name": "pebble", "directory": directory, "terms_agreed": true })).await
    }

    async fn shown(&self, id: AuthorityId) -> Authority {
        let row = self.store.read(async |tx: &mut Tx| authorities::by_id(tx, id).await).await.unwrap();
        Authority::from(&row.unwrap())
    }

    async fn order(&self, made: &Made) -> CertificateOrder {
        self.store.read(async |tx: &mut Tx| view::of(tx, made.certificate).await).await.unwrap().unwrap()
    }

    async fn row(&self, made: &Made) -> certificate::Row {
        let id = made.certificate.to_string();
        self.store.read(async |tx: &mut Tx| certificate::unscoped(tx, &id).await).await.unwrap().unwrap()
    }

    async fn job(&self, made: &Made) -> Option<Job> {
        let id = made.certificate.to_string();
        self.store.read(async |tx: &mut Tx| jobs::newest_of(tx, "certificate", &id).await).await.unwrap()
    }

    async fn look(&self) {
        upkeep::look(&self.state, &self.jobs).await.unwrap();
    }

    /// Orders it as a person would, and waits for the end.
    async fn renew(&self, made: &Made) -> Job {
        let before = self.job(made).await.map(|job| job.id);
        let actor = Actor::root();
        let write = async |tx: &mut WriteTx| {
            rules::renew(tx, &self.jobs, (&actor, "socket"), made.certificate, Micros::now()).await
        };
        let job = self.store.write(write).await.unwrap();
        assert_ne!(Some(job.id), before);
        self.jobs.written();
        self.ended(made).await
    }

    async fn ended(&self, made: &Made) -> Job {
        self.until("the job ends", async || self.job(made).await.filter(|job| job.state.is_ended())).await
    }

    async fn covers(&self, made: &Made) -> Vec<CertName> {
        self.row(made).await.shown.map(|shown| shown.names).unwrap_or_default()
    }

    async fn log(&self, job: &Job) -> Vec<String> {
        let lines =
            self.store.read(async |tx: &mut Tx| jobs::lines(tx, job.id, 0, 1000).await).await.unwrap();
        lines.into_iter().map(|line| line.text).collect()
    }

    async fn done(&self, made: &Made) -> Job {
        let job = self.ended(made).await;
        assert_eq!(job.state, State::Done, "{:?} {:#?}", job.problem, self.log(&job).await);
        job
    }
}

fn names(texts: &[&str]) -> Vec<CertName> {
    let mut names: Vec<CertName> = texts.iter().map(|text| text.parse().unwrap()).collect();
    names.sort();
    names
}

fn far(at: Option<Micros>) -> bool {
    at.is_some_and(|at| at.since(Micros::now()) > Duration::from_hours(24 * 20))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_ordered_by_itself_though_half_of_all_nonces_are_refused() {
    let bench = Bench::new(Chaos { refused_nonces: 50, reused: 50, ..Chaos::default() }).await;
    let made = bench.site("alice", &["a.example", "www.a.example"]).await;
    bench.look().await;
    assert!(bench.job(&made).await.is_none(), "nobody made an authority");
    assert_eq!(bench.order(&made).await.state, "none");
    assert!(bench.take_calls().is_empty(), "nothing is asked before a person agreed");

    let authority = bench.authority().await;
    assert!(authority.default && !authority.registered);
    bench.look().await;
    bench.done(&made).await;
    let (row, order) = (bench.row(&made).await, bench.order(&made).await);
    assert_eq!(row.shown.unwrap().names, made.names);
    assert_eq!((row.block.generation.get(), order.state.as_str()), (2, "issued"));
    assert_eq!((order.authority.as_deref(), order.job, order.failures), (Some("pebble"), None, 0));
    assert!(order.left_out.is_empty() && order.error.is_none() && far(order.renew_at), "{order:?}");
    assert!(bench.shown(authority.id).await.registered);
    bench.look().await;
    assert_eq!(bench.job(&made).await.map(|job| job.attempts), Some(1), "it is not due");

    // what is due is renewed, with a new key
    let job = bench.renew(&made).await;
    assert_eq!(job.state, State::Done, "{:?}", job.problem);
    assert_eq!(bench.row(&made).await.block.generation.get(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_name_of_ten_stands_in_no_others_way() {
    let bench = Bench::new(Chaos { reused: 100, ..Chaos::default() }).await;
    bench.authority().await;
    let all: Vec<String> = (0..10).map(|n| format!("n{n}.example")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    bench.elsewhere(&["n3.example"]);
    let made = bench.site("alice", &all).await;
    bench.look().await;
    bench.done(&made).await;
    let order = bench.order(&made).await;
    assert_eq!(
        bench.covers(&made).await,
        names(&all).into_iter().filter(|n| n.to_string() != "n3.example").collect::<Vec<_>>()
    );
    let [left] = &order.left_out[..] else { panic!("{order:?}") };
    assert_eq!(
        (left.name.to_string().as_str(), left.reason.as_str()),
        ("n3.example", "authority_unauthorized")
    );
    assert!(left.detail.contains("404") && !left.remedy.is_empty(), "{left:?}");
    let again = left.retry_at.unwrap().since(Micros::now());
    assert!(again > Duration::from_mins(45) && again < Duration::from_mins(75), "{again:?}");
    assert_eq!((order.renew_at, order.renew_because.as_deref()), (left.retry_at, Some("names")));

    // its time comes, and it is still elsewhere: nothing is issued for nothing
    let (generation, keys) = (bench.row(&made).await.block.generation, bench.keys().0);
    let write = async |tx: &mut WriteTx| tx.execute(DUE_NOW.bind(made.certificate)).await;
    bench.store.write(write).await.unwrap();
    bench.look().await;
    bench.done(&made).await;
    assert_eq!((bench.row(&made).await.block.generation, bench.keys().0), (generation, keys));

    bench.elsewhere(&[]);
    let job = bench.renew(&made).await;
    assert_eq!(job.state, State::Done, "{:?}", job.problem);
    assert_eq!(bench.covers(&made).await, names(&all));
    assert!(bench.order(&made).await.left_out.is_empty() && far(bench.order(&made).await.renew_at));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_refused_at_once_and_one_that_cannot_be_proven_are_left_out_with_reasons() {
    let bench = Bench::new(Chaos::default()).await;
    bench.authority().await;
    let all = ["a.example", "www.blocked.example", "*.unproven.example", "*.a.example"];
    let made = bench.site("alice", &all).await;
    bench.look().await;
    bench.done(&made).await;
    assert_eq!(bench.covers(&made).await, names(&["a.example", "*.a.example"]));
    let mut left: Vec<(String, String)> = bench
        .order(&made)
        .await
        .left_out
        .into_iter()
        .map(|left| (left.name.to_string(), left.reason))
        .collect();
    left.sort();
    let reason = |name: &str, reason: &str| (name.to_owned(), reason.to_owned());
    let expected = [
        reason("*.unproven.example", "no_dns_provider"),
        reason("www.blocked.example", "authority_rejected_identifier"),
    ];
    assert_eq!(left, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_works_is_not_replaced_by_less() {
    let bench = Bench::new(Chaos::default()).await;
    bench.authority().await;
    let mut made = bench.site("alice", &["a.example", "b.example"]).await;
    bench.look().await;
    bench.done(&made).await;
    bench.store.write(async |tx: &mut WriteTx| tx.execute(OBSERVED).await).await.unwrap();
    let before = bench.row(&made).await;
    bench.elsewhere(&["b.example"]);
    let job = bench.renew(&made).await;
    assert_eq!(job.problem.as_ref().map(|problem| problem.code.as_str()), Some("names_would_be_lost"));
    let order = bench.order(&made).await;
    assert_eq!((order.state.as_str(), order.failures), ("failed", 1));
    assert!(order.error.unwrap().contains("b.example") && order.remedy.is_some());
    let after = bench.row(&made).await;
    assert_eq!((after.block.generation, after.key_digest), (before.block.generation, before.key_digest));

    // nobody wants the name any longer
    bench.rename(&mut made, &["a.example"]).await;
    let job = bench.renew(&made).await;
    assert_eq!(job.state, State::Done, "{:?}", job.problem);
    assert_eq!(bench.covers(&made).await, names(&["a.example"]));
    assert_eq!(bench.order(&made).await.state, "issued");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_killed_at_any_call_goes_on_and_is_not_made_twice() {
    let mut bench = Bench::new(Chaos::default()).await;
    bench.authority().await;
    for number in 0..60 {
        let made = bench
            .site(&format!("a{number}"), &[&format!("k{number}.example"), &format!("l{number}.example")])
            .await;
        let keys = bench.keys().0;
        bench.stop_at(number);
        bench.look().await;
        let ended = async |bench: &Bench| bench.job(&made).await.is_some_and(|job| job.state.is_ended());
        let killed = bench.kill_when_stopped(ended).await;
        bench.done(&made).await;
        assert_eq!(bench.covers(&made).await, made.names, "killed at call {number}");
        assert_eq!(bench.keys().0 - keys, 1, "killed at call {number}");
        let calls = bench.take_calls();
        let orders = calls.iter().filter(|call| *call == "POST /order-plz").count();
        // what was sent and not answered is not known to be there
        let unanswered = calls.get(number).is_some_and(|call| call == "POST /order-plz");
        assert!(orders == 1 || (orders == 2 && unanswered), "killed at call {number}: {calls:#?}");
        if !killed {
            assert!(number > 8, "an order has more calls than {number}");
            return;
        }
    }
    panic!("an order has no end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_forgot_its_accounts_is_given_a_new_one() {
    let mut bench = Bench::new(Chaos::default()).await;
    let authority = bench.authority().await;
    let made = bench.site("alice", &["a.example"]).await;
    bench.look().await;
    bench.done(&made).await;
    bench.restart_authority().await;
    let job = bench.renew(&made).await;
    assert_eq!(job.state, State::Done, "{:?} {:#?}", job.problem, bench.log(&job).await);
    assert!(bench.log(&job).await.iter().any(|line| line.contains("does not know the panel's account")));
    assert!(bench.shown(authority.id).await.registered);
}

fn problem(kind: &str, detail: &str) -> serde_json::Value {
    json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_asks_to_be_left_alone_is() {
    let bench = Bench::new(Chaos::default()).await;
    let authority = bench.authority().await;
    let made = bench.site("alice", &["a.example"]).await;
    let other = bench.site("bob", &["b.example"]).await;
    let limit = |detail: &str| Instead {
        to: "/order-plz",
        status: 429,
        headers: vec![("retry-after", "7200".to_owned())],
        body: problem("rateLimited", detail),
    };
    // a limit of this name alone is no other's
    bench.instead(limit("too many certificates already issued for this exact set of identifiers"));
    bench.renew(&made).await;
    let order = bench.order(&made).await;
    assert_eq!(order.state, "failed");
    assert!(order.renew_at.unwrap().since(Micros::now()) > Duration::from_mins(119), "{order:?}");
    assert_eq!(bench.shown(authority.id).await.not_before, None);
    bench.look().await;
    bench.done(&other).await;

    bench.instead(limit("too many new orders (300) from this account in the last 3h0m0s"));
    bench.renew(&made).await;
    let rests = bench.shown(authority.id).await;
    assert!(rests.not_before.unwrap().since(Micros::now()) > Duration::from_mins(119), "{rests:?}");
    assert!(rests.error.unwrap().contains("too many new orders"));
    bench.take_calls();
    let third = bench.site("carol", &["c.example"]).await;
    bench.look().await;
    assert!(bench.job(&third).await.is_none(), "nothing is ordered meanwhile");
    let job = bench.renew(&third).await;
    assert_eq!(job.problem.unwrap().code, "authority_rests");
    assert!(bench.take_calls().is_empty(), "nothing is asked meanwhile, whoever asks");
    assert_eq!(bench.order(&third).await.failures, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_is_away_is_told_as_such_and_what_it_lost_for_a_moment_is_asked_again() {
    let bench = Bench::new(Chaos::default()).await;
    let authority = bench.authority().await;
    let made = bench.site("alice", &["a.example"]).await;
    let busy = |to: &'static str| Instead {
        to,
        status: 503,
        headers: vec![("retry-after", "0".to_owned())],
        body: json!("busy"),
    };
    bench.instead(busy("/order-plz"));
    bench.look().await;
    bench.done(&made).await;

    bench.away(true);
    let job = bench.renew(&made).await;
    assert_eq!(job.problem.unwrap().code, "authority_away");
    let shown = bench.shown(authority.id).await;
    assert!(shown.error.is_some() && shown.not_before.is_some());
    let row = bench.row(&made).await;
    assert!(row.shown.is_some(), "what works stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_bound_to_that_of_a_customer_and_its_key_lies_sealed() {
    const KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let bench = Bench::new(Chaos { customers: Some(("kid-1", KEY)), ..Chaos::default() }).await;
    let authority = bench.authority().await;
    account::register_all(&bench.state).await.unwrap();
    let shown = bench.shown(authority.id).await;
    assert!(!shown.registered && shown.error.is_some() && shown.not_before.is_some(), "{shown:?}");

    let edit = async |body: serde_json::Value| {
        let body: EditAuthority = serde_json::from_value(body).unwrap();
        let actor = Actor::root();
        let act = Act { state: &bench.state, actor: &actor, now: Micros::now() };
        let key = AuthorityKey::Id(authority.id);
        bench.store.write(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await.unwrap()
    };
    edit(json!({ "eab": { "key_id": "kid-1", "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } })).await;
    account::register_all(&bench.state).await.unwrap();
    assert!(!bench.shown(authority.id).await.registered, "it is another key");

    let after =
        edit(json!({ "eab": { "key_id": "kid-1", "key": KEY }, "contact": "admin@example.com" })).await;
    assert_eq!((after.error, after.not_before), (None, None));
    account::register_all(&bench.state).await.unwrap();
    let shown = bench.shown(authority.id).await;
    assert!(shown.registered && shown.error.is_none(), "{shown:?}");
    let sealed: String = bench.store.read(async |tx: &mut Tx| tx.one(SEALED).await).await.unwrap();
    assert!(sealed.starts_with("x1.") && !sealed.contains(KEY));
    let made = bench.site("alice", &["a.example"]).await;
    bench.look().await;
    bench.done(&made).await;
}

/// How many jobs there are.
struct Count(i64);

impl FromRow for Count {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self(row.int("value")?))
    }
}

const JOBS: Statement = Statement::new("SELECT COUNT(*) AS value FROM job");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_served_is_not_ordered_and_a_burst_leaves_room_for_other_jobs() {
    let bench = Bench::new(Chaos::default()).await;
    bench.authority().await;
    bench.away(true);
    let made = bench.site("alice", &["a.example"]).await;
    let unserved = Statement::new("UPDATE site SET observed_generation = 0");
    bench.store.write(async |tx: &mut WriteTx| tx.execute(unserved).await).await.unwrap();
    bench.look().await;
    assert!(bench.job(&made).await.is_none());

    for number in 0..10 {
        bench.site(&format!("a{number}"), &[&format!("n{number}.example")]).await;
    }
    bench.store.write(async |tx: &mut WriteTx| tx.execute(SERVED).await).await.unwrap();
    bench.look().await;
    let Count(jobs) = bench.store.read(async |tx: &mut Tx| tx.one(JOBS).await).await.unwrap();
    assert_eq!(jobs, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_was_cancelled_is_settled_and_a_name_that_moved_is_not_asked_for() {
    let bench = Bench::new(Chaos::default()).await;
    bench.authority().await;
    let made = bench.site("alice", &["a.example", "b.example"]).await;
    // the other's name by now
    let (_, bob) = bench.store.add_account("bob").await;
    let moved = Statement::new("DELETE FROM site_name WHERE name = 'b.example'");
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        tx.execute(moved).await?;
        let site = SiteId::new();
        tx.execute(ADD_SITE.bind(site).bind(bob).bind(made.node).bind(1_i64)).await?;
        tx.execute(ADD_NAME.bind("b.example").bind(site).bind(true)).await?;
        Ok(())
    };
    bench.store.write(write).await.unwrap();
    bench.look().await;
    bench.done(&made).await;
    assert_eq!(bench.covers(&made).await, names(&["a.example"]));
    assert_eq!(bench.order(&made).await.left_out[0].reason, "name_not_of_account");

    // the job never begins, since others are under way
    let waits = bench.site("carol", &["c.example"]).await;
    bench.stop_at(0);
    bench.look().await;
    let job = bench
        .until("the job runs", async || bench.job(&waits).await.filter(|job| job.state == State::Running))
        .await;
    let write = async |tx: &mut WriteTx| -> Result<(), jobs::Refused> {
        bench.jobs.cancel(tx, job.id).await.map(drop)
    };
    bench.store.write(write).await.unwrap();
    bench.jobs.written();
    let job = bench.ended(&waits).await;
    assert_eq!(job.state, State::Cancelled);
    bench.look().await;
    let order = bench.order(&waits).await;
    assert_eq!((order.state.as_str(), order.job), ("failed", None));
    assert!(order.renew_at.unwrap() > Micros::now());
    assert_ne!(made.account, bob);
    assert_ne!(made.site, waits.site);
}
