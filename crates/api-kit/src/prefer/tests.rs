use http::Request;

use super::*;

async fn wait(value: &str) -> Option<u64> {
    let (mut parts, ()) = Request::builder().header("prefer", value).body(()).unwrap().into_parts();
    let Ok(prefer) = Prefer::from_request_parts(&mut parts, &()).await;
    prefer.wait.map(|wait| wait.as_secs())
}

#[tokio::test]
async fn wait_is_read_among_other_preferences_and_bounded() {
    assert_eq!(wait("wait=10").await, Some(10));
    assert_eq!(wait("respond-async, WAIT=\"5\"; x=y").await, Some(5));
    assert_eq!(wait("wait=100000").await, Some(60));
    for nothing in ["wait=0", "wait=-1", "wait=x", "wait", "return=minimal", ""] {
        assert_eq!(wait(nothing).await, None, "{nothing}");
    }
}
