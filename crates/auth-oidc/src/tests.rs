//! Honest and hostile providers.

use std::collections::BTreeSet;
use std::time::Duration;

use names::{Digest, Micros, Secret};
use serde_json::{Map, Value, json};

use crate::testing::{Signed, TestProvider, Ways};
use crate::*;

const ISSUER: &str = "https://login.example.test/realms/staff";

fn now() -> Micros {
    Micros::parse("2026-11-25T12:00:00.000000Z").unwrap()
}

fn client() -> Client {
    Client {
        issuer: Issuer::parse(ISSUER).unwrap(),
        id: "panel".to_owned(),
        secret: Some(Secret::new("top secret".to_owned())),
        redirect: "https://panel.example.test:8443/login/oidc/corp/callback".to_owned(),
        scopes: vec!["profile".to_owned()],
        groups_claim: Some("groups".to_owned()),
    }
}

fn provider() -> TestProvider {
    TestProvider::new(ISSUER, "panel", "top+secret", now())
}

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("no object: {value}") };
    map
}

fn claims(value: Value) -> Ways {
    Ways { claims: map(value), ..Ways::default() }
}

/// One sign-in from the question to who it is.
async fn sign_in_with(
    provider: &TestProvider,
    issuers: &Issuers,
    client: &Client,
    at: Micros,
) -> Result<Identified, OidcError> {
    let secret = |text: &str| Secret::new(text.to_owned());
    let known = issuers.get(&client.issuer, &provider.http(), now()).await?;
    let asked = ask(&known, client, &secret("state"), &secret("nonce"))?;
    let query = provider.agree(&asked.url);
    let code = query.strip_prefix("code=").unwrap().split('&').next().unwrap();
    let returned = Returned { code: secret(code), verifier: asked.verifier, nonce: Digest::of("nonce") };
    returned.identify(client, issuers, &provider.http(), at).await
}

async fn sign_in(provider: &TestProvider) -> Result<Identified, OidcError> {
    sign_in_with(provider, &Issuers::default(), &client(), now()).await
}

async fn refused(ways: Ways) -> TokenError {
    let provider = provider();
    provider.goes(ways);
    match sign_in(&provider).await {
        Err(OidcError::Token(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_honest_provider_says_who_it_is() {
    let provider = provider();
    let who = sign_in(&provider).await.unwrap();
    assert_eq!(who.subject, "somebody");
    assert_eq!(who.called.as_deref(), Some("ann"));
    assert_eq!(who.groups, BTreeSet::from(["staff".to_owned()]));
    assert_eq!((who.email, who.second_factor), (None, None));
    assert_eq!(provider.asked(), ["/.well-known/openid-configuration", "/jwks", "/token"]);
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_is_refused() {
    for signed in
        [Signed::Not, Signed::WithThePublicKey, Signed::WithTheSecret, Signed::ByAnother, Signed::OverOthers]
    {
        let error = refused(Ways { signed, ..Ways::default() }).await;
        assert_eq!(error, TokenError::Signature, "{signed:?}");
    }
}

#[tokio::test]
async fn claims_that_are_not_of_this_sign_in_are_refused() {
    let seconds = now().as_micros() / 1_000_000;
    for (wrong, why) in [
        (json!({ "iss": "https://other.example.test" }), TokenError::Issuer),
        (json!({ "iss": "https://login.example.test/realms/staff/" }), TokenError::Issuer),
        (json!({ "aud": "another" }), TokenError::Audience),
        (json!({ "aud": ["panel", "another"] }), TokenError::Audience),
        (json!({ "azp": "another" }), TokenError::Audience),
        (json!({ "nonce": "other" }), TokenError::Nonce),
        (json!({ "nonce": null }), TokenError::Nonce),
        (json!({ "exp": seconds - 61 }), TokenError::Time),
        (json!({ "iat": seconds + 120, "exp": seconds + 300 }), TokenError::Time),
        (json!({ "iat": seconds - 3600 }), TokenError::Time),
        (json!({ "nbf": seconds + 120 }), TokenError::Time),
        (json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), TokenError::AccessToken),
        (json!({ "sub": "" }), TokenError::Subject),
        (json!({ "sub": "a b" }), TokenError::Subject),
        (json!({ "sub": "a\nb" }), TokenError::Subject),
        (json!({ "sub": "x".repeat(256) }), TokenError::Subject),
    ] {
        assert_eq!(refused(claims(wrong.clone())).await, why, "{wrong}");
    }
    // clocks that differ a little, and one audience in a list
    for right in [
        json!({ "exp": seconds - 59 }),
        json!({ "iat": seconds + 59 }),
        json!({ "aud": ["panel"], "azp": "panel" }),
        json!({ "sub": "x".repeat(255) }),
    ] {
        let provider = provider();
        provider.goes(claims(right.clone()));
        assert!(sign_in(&provider).await.is_ok(), "{right}");
    }
}

#[tokio::test]
async fn a_code_works_once_and_with_its_own_verifier_alone() {
    let (provider, client, issuers) = (provider(), client(), Issuers::default());
    let secret = |text: &str| Secret::new(text.to_owned());
    let known = issuers.get(&client.issuer, &provider.http(), now()).await.unwrap();
    let asked = ask(&known, &client, &secret("state"), &secret("nonce")).unwrap();
    let other = ask(&known, &client, &secret("state"), &secret("nonce")).unwrap();
    let code = || {
        let query = provider.agree(&asked.url);
        secret(query.strip_prefix("code=").unwrap().split('&').next().unwrap())
    };
    let with = |code: Secret<String>, verifier: &Secret<String>| {
        let returned = Returned { code, verifier: verifier.clone(), nonce: Digest::of("nonce") };
        returned.identify(&client, &issuers, Box::leak(Box::new(provider.http())), now())
    };
    let stolen = with(code(), &other.verifier).await;
    assert!(matches!(stolen, Err(OidcError::Code(_))), "{stolen:?}");
    let good = code();
    assert!(with(good.clone(), &asked.verifier).await.is_ok());
    let again = with(good, &asked.verifier).await;
    assert!(matches!(again, Err(OidcError::Code(_))), "{again:?}");
}

#[tokio::test]
async fn keys_are_fetched_anew_after_a_while_and_not_at_every_strange_token() {
    let (provider, issuers, client) = (provider(), Issuers::default(), client());
    assert!(sign_in_with(&provider, &issuers, &client, now()).await.is_ok());
    provider.goes(Ways { signed: Signed::ByANewKey, ..Ways::default() });
    let fetched = || provider.asked().iter().filter(|path| *path == "/jwks").count();
    let early = sign_in_with(&provider, &issuers, &client, now().plus(Duration::from_secs(30))).await;
    assert!(matches!(early, Err(OidcError::Token(TokenError::UnknownKey))), "{early:?}");
    assert_eq!(fetched(), 1);
    let later = sign_in_with(&provider, &issuers, &client, now().plus(Duration::from_secs(61))).await;
    assert!(later.is_ok(), "{later:?}");
    assert_eq!(fetched(), 2);
}

#[tokio::test]
async fn what_only_userinfo_tells_is_asked_for_and_must_be_about_the_same() {
    let provider = provider();
    let bare = json!({ "groups": null, "preferred_username": null });
    let told =
        json!({ "sub": "somebody", "groups": ["ops"], "email": "ann@example.test", "email_verified": true });
    provider.goes(Ways { userinfo: Some(map(told)), ..claims(bare.clone()) });
    let who = sign_in(&provider).await.unwrap();
    assert_eq!(who.groups, BTreeSet::from(["ops".to_owned()]));
    assert_eq!(who.email.as_deref(), Some("ann@example.test"));
    let other = json!({ "sub": "another", "groups": ["admins"] });
    provider.goes(Ways { userinfo: Some(map(other)), ..claims(bare.clone()) });
    assert!(matches!(sign_in(&provider).await, Err(OidcError::UserInfo(_))));
    // what is signed goes before what is not
    let more = json!({ "sub": "somebody", "groups": ["admins"], "email": "ann@example.test" });
    provider.goes(Ways { userinfo: Some(map(more)), ..claims(json!({ "preferred_username": null })) });
    let who = sign_in(&provider).await.unwrap();
    assert_eq!(who.groups, BTreeSet::from(["staff".to_owned()]));
    assert_eq!((who.called.as_deref(), who.email), (Some("ann@example.test"), None), "not verified");
    // an access token that is no header's value ends in an error, not in a fault
    let ways = Ways { access_token: "a\r\nx: y".to_owned(), userinfo: Some(Map::new()), ..claims(bare) };
    provider.goes(ways);
    assert!(matches!(sign_in(&provider).await, Err(OidcError::UserInfo(_))));
}

#[tokio::test]
async fn groups_of_any_other_shape_are_none() {
    for (groups, wanted) in [
        (json!("staff"), vec!["staff"]),
        (json!(["a", 1, null, "", "b", ["c"]]), vec!["a", "b"]),
        (json!({ "staff": true }), vec![]),
        (json!(7), vec![]),
    ] {
        let provider = provider();
        provider.goes(claims(json!({ "groups": groups })));
        let found: Vec<String> = sign_in(&provider).await.unwrap().groups.into_iter().collect();
        assert_eq!(found, wanted, "{groups}");
    }
}

#[tokio::test]
async fn a_second_factor_is_what_the_token_says() {
    for (methods, wanted) in [
        (json!(["pwd"]), Some(false)),
        (json!(["pwd", "otp"]), Some(true)),
        (json!(["mfa"]), Some(true)),
        (json!(null), None),
    ] {
        let provider = provider();
        provider.goes(claims(json!({ "amr": methods })));
        assert_eq!(sign_in(&provider).await.unwrap().second_factor, wanted, "{methods}");
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_used_is_told() {
    let document = |value: Value| Ways { document: map(value), ..Ways::default() };
    let instead = |status, kind, body: &str| Ways {
        instead: Some((status, kind, body.as_bytes().to_vec())),
        ..Ways::default()
    };
    for (ways, words) in [
        (document(json!({ "issuer": "https://other.example.test" })), "another issuer"),
        (document(json!({ "token_endpoint": null })), "token_endpoint"),
        (document(json!({ "authorization_endpoint": "http://login.example.test/auth" })), "not https"),
        (document(json!({ "authorization_endpoint": "javascript:alert(1)" })), "not https"),
        (
            document(json!({ "id_token_signing_alg_values_supported": ["none", "HS256"] })),
            "signs by no method",
        ),
        (document(json!({ "jwks_uri": null })), "not as it should be"),
        (instead(302, "text/html", ""), "a redirection"),
        (instead(500, "text/html", "oh"), "500"),
        (instead(200, "text/html", "<html>"), "else than JSON"),
        (instead(200, "application/json", "[]"), "not as it should be"),
        (instead(200, "application/json", "{\"issuer\":"), "not as it should be"),
    ] {
        let provider = provider();
        provider.goes(ways);
        match sign_in(&provider).await {
            Err(OidcError::Discovery(why)) => assert!(why.contains(words), "{why} lacks {words}"),
            other => panic!("{words}: {other:?}"),
        }
    }
    let other = Client { issuer: Issuer::parse("https://nobody.example.test").unwrap(), ..client() };
    let gone = sign_in_with(&provider(), &Issuers::default(), &other, now()).await;
    assert!(matches!(&gone, Err(OidcError::Http { source: HttpError::NoAnswer(_), .. })), "{gone:?}");
}

#[tokio::test]
async fn an_answer_names_its_issuer_where_the_provider_says_so() {
    let (provider, issuers) = (provider(), Issuers::default());
    let known = issuers.get(&client().issuer, &provider.http(), now()).await.unwrap();
    assert!(known.may_have_answered(Some(ISSUER)));
    assert!(!known.may_have_answered(Some("https://other.example.test")) && !known.may_have_answered(None));
    provider.goes(Ways {
        document: map(json!({ "authorization_response_iss_parameter_supported": null })),
        ..Ways::default()
    });
    issuers.forget(&client().issuer);
    let known = issuers.get(&client().issuer, &provider.http(), now()).await.unwrap();
    assert!(known.may_have_answered(None) && !known.may_have_answered(Some("https://other.example.test")));
}

#[test]
fn an_issuer_has_one_spelling() {
    for good in
        ["https://login.example.com", "https://login.example.com/", "https://login.example.com/realms/a"]
    {
        assert_eq!(Issuer::parse(good).unwrap().as_str(), good);
    }
    for (bad, code) in [
        ("http://login.example.com", "url_scheme"),
        ("https://login.example.com/?a=b", "url_query"),
        ("https://LOGIN.example.com", "url_spelling"),
        ("login.example.com", "url_scheme"),
        ("https://a@login.example.com", "url_user"),
        ("https://localhost", "url_reserved"),
    ] {
        assert_eq!(Issuer::parse(bad).unwrap_err().code, code, "{bad}");
    }
}
