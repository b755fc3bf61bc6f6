use http::Request;

use super::*;

async fn read(values: &[&str]) -> Result<IfMatch, ApiError> {
    let mut request = Request::builder();
    for value in values {
        request = request.header("if-match", *value);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    IfMatch::from_request_parts(&mut parts, &()).await
}

#[tokio::test]
async fn tags_are_read_back() {
    let tag = etag(names::Generation::new(7).unwrap());
    assert_eq!(tag, "\"g7\"");
    assert_eq!(read(&[tag.to_str().unwrap()]).await.unwrap(), IfMatch::Generations(vec![7]));
    assert_eq!(read(&["\"g1\", \"g2\"", "\"g3\""]).await.unwrap(), IfMatch::Generations(vec![1, 2, 3]));
    assert_eq!(read(&["*"]).await.unwrap(), IfMatch::Any);
    assert_eq!(read(&[]).await.unwrap(), IfMatch::Absent);
}

#[tokio::test]
async fn what_is_no_tag_of_ours_matches_nothing() {
    for foreign in ["W/\"g7\"", "g7", "\"7\"", "\"g7", "\"g-7\"", "\"g99999999999999999999\"", ""] {
        let refused = read(&[foreign]).await.unwrap().check(7_u64).unwrap_err();
        assert_eq!(refused.status(), 412, "{foreign}");
    }
}

#[tokio::test]
async fn a_stale_tag_is_412_and_a_missing_one_428_where_it_is_required() {
    let stale = read(&["\"g6\""]).await.unwrap();
    assert_eq!(stale.check(7_u64).unwrap_err().status(), 412);
    assert_eq!(stale.require(7_u64).unwrap_err().status(), 412);
    assert!(stale.require(6_u64).is_ok());
    let absent = read(&[]).await.unwrap();
    assert!(absent.check(7_u64).is_ok());
    assert_eq!(absent.require(7_u64).unwrap_err().status(), 428);
    assert!(read(&["*"]).await.unwrap().require(7_u64).is_ok());
}
