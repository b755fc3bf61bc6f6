//! A provider made of software, for tests: it signs with a key of its own, and lies as it is told.
#![expect(clippy::expect_used, reason = "a test's support fails by panicking")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use names::Micros;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use ring::{digest, hmac};
use serde_json::{Map, Value, json};

use crate::http::{Http, HttpError};
use crate::{HttpRequest, HttpResponse};

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// By the provider's key.
    Well,
    /// By nobody: `alg: none`.
    Not,
    /// With the bytes of the key that the provider publishes, as if it were a secret (HS256).
    WithThePublicKey,
    /// With the client's secret (HS256).
    WithTheSecret,
    /// By a key that the provider does not publish, under the id of one that it does.
    ByAnother,
    /// By the provider's key, over other claims.
    OverOthers,
    /// By a key that the provider publishes from now on.
    ByANewKey,
}

/// What the provider does with the next questions.
#[derive(Debug, Clone)]
pub struct Ways {
    /// How tokens are signed.
    pub signed: Signed,
    /// Claims of the ID token, over the usual ones; null leaves one out.
    pub claims: Map<String, Value>,
    /// What `userinfo` says; none: nothing is said there.
    pub userinfo: Option<Map<String, Value>>,
    /// Members of the document, over the usual ones; null leaves one out.
    pub document: Map<String, Value>,
    /// What is answered in place of everything: a status, a content type and a body.
    pub instead: Option<(u16, &'static str, Vec<u8>)>,
    /// The access token.
    pub access_token: String,
}

struct Asked {
    challenge: String,
    nonce: String,
    redirect: String,
}

struct Inner {
    ways: Ways,
    codes: HashMap<String, Asked>,
    keys: Vec<EcdsaKeyPair>,
    asked: Vec<String>,
}

/// The provider. A clone is the same.
#[derive(Clone)]
pub struct TestProvider {
    issuer: String,
    client: (String, String),
    now: Micros,
    inner: Arc<Mutex<Inner>>,
}

/// Nothing is lied about.
impl Default for Ways {
    fn default() -> Self {
        Self {
            signed: Signed::Well,
            claims: Map::new(),
            userinfo: None,
            document: Map::new(),
            instead: None,
            access_token: "access".to_owned(),
        }
    }
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).expect("a key")
}

fn random() -> String {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).expect("randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn over(base: &mut Map<String, Value>, with: &Map<String, Value>) {
    for (name, value) in with {
        if value.is_null() {
            base.remove(name);
        } else {
            base.insert(name.clone(), value.clone());
        }
    }
}

/// The parameters of a form or a query.
fn form(text: &str) -> HashMap<String, String> {
    let pairs = openidconnect::url::form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

impl TestProvider {
    /// With this issuer, client and secret, at this moment.
    pub fn new(issuer: &str, client: &str, secret: &str, now: Micros) -> Self {
        let inner =
            Inner { ways: Ways::default(), codes: HashMap::new(), keys: vec![key()], asked: Vec::new() };
        let client = (client.to_owned(), secret.to_owned());
        Self { issuer: issuer.to_owned(), client, now, inner: Arc::new(Mutex::new(inner)) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it does from now on.
    pub fn goes(&self, ways: Ways) {
        self.lock().ways = ways;
    }

    /// Paths that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.lock().asked.clone()
    }

    /// Whoever asks it, without a network.
    pub fn http(&self) -> Http {
        let own = self.clone();
        Http::new(move |request| {
            let own = own.clone();
            async move { own.answer(&request) }
        })
    }

    /// A browser opens the address of the sign-in page, and its person agrees: the query with which it is sent back.
    pub fn agree(&self, url: &str) -> String {
        let (_, query) = url.split_once('?').expect("a query");
        let asked = form(query);
        let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
        assert_eq!(
            (of("response_type"), of("code_challenge_method")),
            ("code".to_owned(), "S256".to_owned())
        );
        assert!(of("scope").split(' ').any(|scope| scope == "openid"), "{query}");
        assert_eq!(of("client_id"), self.client.0);
        let code = random();
        let kept =
            Asked { challenge: of("code_challenge"), nonce: of("nonce"), redirect: of("redirect_uri") };
        self.lock().codes.insert(code.clone(), kept);
        format!(
            "code={code}&state={}&iss={}",
            of("state"),
            self.issuer.replace(':', "%3A").replace('/', "%2F")
        )
    }

    /// The answer to one request.
    pub fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = request.uri().to_string();
        let origin = self.issuer.trim_end_matches('/');
        let Some(path) = url.strip_prefix(origin) else {
            return Err(HttpError::NoAnswer("nobody answers".to_owned()));
        };
        let mut inner = self.lock();
        inner.asked.push(path.to_owned());
        if let Some((status, kind, body)) = inner.ways.instead.clone() {
            return Ok(reply(status, kind, body));
        }
        let body = match path {
            "/.well-known/openid-configuration" => self.document(&inner),
            "/jwks" => json!({ "keys": inner.keys.iter().enumerate().map(published).collect::<Vec<_>>() }),
            "/token" => return Ok(self.token(&mut inner, request)),
            "/userinfo" => match &inner.ways.userinfo {
                Some(told) => Value::Object(told.clone()),
                None => return Ok(reply(404, "text/plain", Vec::new())),
            },
            _ => return Ok(reply(404, "text/plain", Vec::new())),
        };
        Ok(reply(200, "application/json", body.to_string().into_bytes()))
    }

    fn document(&self, inner: &Inner) -> Value {
        let origin = self.issuer.trim_end_matches('/');
        let document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": format!("{origin}/auth"),
            "token_endpoint": format!("{origin}/token"),
            "userinfo_endpoint": format!("{origin}/userinfo"),
            "jwks_uri": format!("{origin}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": true,
        });
        let Value::Object(mut document) = document else { return Value::Null };
        over(&mut document, &inner.ways.document);
        Value::Object(document)
    }

    fn token(&self, inner: &mut Inner, request: &HttpRequest) -> HttpResponse {
        let sent = form(&String::from_utf8_lossy(request.body()));
        let refuse =
            |error: &str| reply(400, "application/json", json!({ "error": error }).to_string().into_bytes());
        let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let wanted = format!("Basic {}", STANDARD.encode(format!("{}:{}", self.client.0, self.client.1)));
        if shown != Some(wanted.as_str()) {
            return reply(
                401,
                "application/json",
                json!({ "error": "invalid_client" }).to_string().into_bytes(),
            );
        }
        let of = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
        // a code works once
        let Some(asked) = inner.codes.remove(of("code")) else { return refuse("invalid_grant") };
        let challenge = base64(digest::digest(&digest::SHA256, of("code_verifier").as_bytes()));
        if challenge != asked.challenge || asked.redirect != of("redirect_uri") {
            return refuse("invalid_grant");
        }
        let seconds = self.now.as_micros() / 1_000_000;
        let claims = json!({ "iss": self.issuer, "sub": "somebody", "aud": self.client.0, "nonce": asked.nonce,
                             "iat": seconds, "exp": seconds + 300, "preferred_username": "ann", "groups": ["staff"] });
        let Value::Object(mut claims) = claims else { return refuse("server_error") };
        over(&mut claims, &inner.ways.claims);
        let token = signed(inner, &self.client.1, &claims);
        let answer =
            json!({ "access_token": inner.ways.access_token, "token_type": "Bearer", "id_token": token });
        reply(200, "application/json", answer.to_string().into_bytes())
    }
}

fn reply(status: u16, kind: &str, body: Vec<u8>) -> HttpResponse {
    let response = ::http::Response::builder().status(status).header("content-type", kind);
    response.body(body).expect("a response")
}

/// A key as it is published (RFC 7518, section 6.2).
fn published((at, key): (usize, &EcdsaKeyPair)) -> Value {
    let point = &key.public_key().as_ref()[1..];
    let (x, y) = point.split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": format!("k{at}"), "x": base64(x), "y": base64(y) })
}

fn signed(inner: &mut Inner, secret: &str, claims: &Map<String, Value>) -> String {
    let ways = inner.ways.signed;
    if ways == Signed::ByANewKey && inner.keys.len() == 1 {
        inner.keys.push(key());
    }
    let (algorithm, kid) = match ways {
        Signed::Not => ("none", "k0"),
        Signed::WithThePublicKey | Signed::WithTheSecret => ("HS256", "k0"),
        Signed::ByANewKey => ("ES256", "k1"),
        _ => ("ES256", "k0"),
    };
    let head = base64(json!({ "alg": algorithm, "kid": kid, "typ": "JWT" }).to_string());
    let body = base64(Value::Object(claims.clone()).to_string());
    let text = format!("{head}.{body}");
    let random = SystemRandom::new();
    let by = |key: &EcdsaKeyPair, text: &str| {
        base64(key.sign(&random, text.as_bytes()).expect("a signature").as_ref())
    };
    let signature = match ways {
        Signed::Well => by(&inner.keys[0], &text),
        Signed::ByANewKey => by(&inner.keys[1], &text),
        Signed::Not => String::new(),
        Signed::WithThePublicKey => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, inner.keys[0].public_key().as_ref());
            base64(hmac::sign(&key, text.as_bytes()).as_ref())
        }
        Signed::WithTheSecret => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            base64(hmac::sign(&key, text.as_bytes()).as_ref())
        }
        Signed::ByAnother => by(&key(), &text),
        Signed::OverOthers => by(&inner.keys[0], &format!("{head}.{}", base64("{}"))),
    };
    format!("{text}.{signature}")
}
