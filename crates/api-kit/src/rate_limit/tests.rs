use axum::Router;
use axum::routing::get;

use super::*;
use crate::testing::Client;

fn limits() -> NetworkLimits {
    NetworkLimits::new(NonZeroU32::new(1).unwrap(), NonZeroU32::new(3).unwrap())
}

fn client() -> Client {
    let layer = axum::middleware::from_fn_with_state(limits(), layer);
    Client::new(Router::new().route("/", get(|| async { "ok" })).layer(layer))
}

fn from(address: &str) -> Origin {
    Origin::Network(address.parse().unwrap())
}

#[tokio::test]
async fn a_network_that_asks_too_often_is_told_when_to_come_back() {
    let client = client().from(from("192.0.2.1"));
    for _ in 0..3 {
        client.get("/").await.is(200);
    }
    let answer = client.get("/").await;
    answer.refused(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), "1");
    client.clone().from(from("192.0.2.2")).get("/").await.is(200);
}

#[tokio::test]
async fn a_64_is_one_network_and_the_socket_is_free() {
    let client = client();
    for host in 0..3 {
        client.clone().from(from(&format!("2001:db8::{host}"))).get("/").await.is(200);
    }
    client.clone().from(from("2001:db8::ffff:0:0:9")).get("/").await.is(429);
    client.clone().from(from("2001:db8:0:1::1")).get("/").await.is(200);
    for _ in 0..50 {
        client.get("/").await.is(200);
    }
}

#[tokio::test]
async fn a_header_does_not_say_where_a_request_comes_from() {
    let client = client().from(from("192.0.2.1"));
    for n in 0..3 {
        client.clone().header("x-forwarded-for", format!("198.51.100.{n}")).get("/").await.is(200);
    }
    client.header("x-forwarded-for", "198.51.100.9").get("/").await.is(429);
}

#[test]
fn full_buckets_are_dropped() {
    let limit = NetworkLimit::new(NonZeroU32::new(1_000_000).unwrap(), NonZeroU32::new(3).unwrap());
    for n in 0..u32::try_from(SWEEP * 3).unwrap() {
        limit.check(&Origin::Network(IpAddr::V4(n.into()))).unwrap();
    }
    assert!(limit.buckets.len() < usize::try_from(SWEEP * 2).unwrap(), "{}", limit.buckets.len());
}

#[tokio::test]
async fn the_browser_panels_files_have_a_bucket_of_their_own() {
    let layer = axum::middleware::from_fn_with_state(limits(), layer);
    let router =
        Router::new().route("/assets/{file}", get(|| async { "ok" })).route("/", get(|| async { "ok" }));
    let client = Client::new(router.layer(layer)).from(from("192.0.2.1"));
    for _ in 0..30 {
        client.get("/assets/page-4f3a.js").await.is(200);
    }
    client.get("/assets/page-4f3a.js").await.refused(429, "rate_limited");
    for _ in 0..3 {
        client.get("/").await.is(200);
    }
    client.get("/").await.is(429);
}
