//! Asking, and what comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ::http::{Method, Request, header};
use names::{Digest, Micros, Secret};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, AuthenticationFlow, AuthorizationCode, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken,
    IdTokenClaims, IdTokenFields, IdTokenVerifier, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{OidcError, TokenError, plain};
use crate::http::Http;
use crate::issuer::{Issuer, Issuers, Known};

/// The longest subject (OpenID Connect Core 1.0, section 2).
pub const LONGEST_SUBJECT: usize = 255;
/// Clocks may differ by so much.
const SKEW: Duration = Duration::from_mins(1);
/// A token is of this moment; one that was issued longer ago is not.
const FRESH: Duration = Duration::from_mins(10);
/// More groups of one person are not looked at.
const MOST_GROUPS: usize = 2000;
/// Ways of signing in that are a second factor (RFC 8176).
const SECOND: [&str; 12] =
    ["mfa", "otp", "hwk", "swk", "sc", "sms", "tel", "pop", "fpt", "face", "iris", "fido"];

/// The claims that the library does not know.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct More(BTreeMap<String, Value>);

impl AdditionalClaims for More {}

type OurClaims = IdTokenClaims<More, CoreGenderClaim>;
type OurToken = IdToken<More, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type OurFields = IdTokenFields<
    More,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type OurResponse = StandardTokenResponse<OurFields, CoreTokenType>;
type OurClient = openidconnect::Client<
    More,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    OurResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The panel, as it is registered with one provider.
#[derive(Debug, Clone)]
pub struct Client {
    /// Who the provider is.
    pub issuer: Issuer,
    /// What the provider calls the panel.
    pub id: String,
    /// What the panel shows to the provider; none for a public client.
    pub secret: Option<Secret<String>>,
    /// Where the provider sends people back to.
    pub redirect: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim with the person's groups, where there is one.
    pub groups_claim: Option<String>,
}

impl Client {
    fn of(&self, known: &Known) -> Result<OurClient, OidcError> {
        let redirect = RedirectUrl::new(self.redirect.clone());
        let redirect = redirect.map_err(|error| OidcError::Discovery(error.to_string()))?;
        let secret = self.secret.as_ref().map(|secret| ClientSecret::new(secret.expose().clone()));
        let id = ClientId::new(self.id.clone());
        let client = OurClient::from_provider_metadata(known.metadata.clone(), id, secret);
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
        let by_body =
            takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let by = if by_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        Ok(client.set_redirect_uri(redirect).set_auth_type(by))
    }
}

/// Where somebody is to be sent, and what has to be kept until they are back.
#[derive(Debug)]
pub struct Asked {
    /// The address.
    pub url: String,
    /// For [`Returned`]; nobody else may know it.
    pub verifier: Secret<String>,
}

/// Makes the question. `state` and `nonce` are random, and of this question alone.
pub fn ask(
    known: &Known,
    client: &Client,
    state: &Secret<String>,
    nonce: &Secret<String>,
) -> Result<Asked, OidcError> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (state, nonce) = (state.expose().clone(), nonce.expose().clone());
    let oauth = client.of(known)?;
    let request = oauth.authorize_url(
        AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
        || CsrfToken::new(state),
        || Nonce::new(nonce),
    );
    let scopes = client.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
    let (url, ..) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
    Ok(Asked { url: url.into(), verifier: Secret::new(verifier.into_secret()) })
}

/// Somebody who came back with a code, and what was kept of the question.
#[derive(Debug)]
pub struct Returned {
    /// The code.
    pub code: Secret<String>,
    /// Of [`Asked`].
    pub verifier: Secret<String>,
    /// SHA-256 of the nonce.
    pub nonce: Digest,
}

/// Who a provider says that somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// `sub`: the one thing by which the person is known. 1 to 255 visible ASCII characters.
    pub subject: String,
    /// What they are called, for a login that is proposed.
    pub called: Option<String>,
    /// Where to write to, where the provider says that it is theirs.
    pub email: Option<String>,
    /// Groups; none where the provider tells of none.
    pub groups: BTreeSet<String>,
    /// Whether a second factor was shown there; none where the provider does not say.
    pub second_factor: Option<bool>,
}

impl Returned {
    /// Exchanges the code, and says who it is.
    pub async fn identify(
        self,
        client: &Client,
        issuers: &Issuers,
        http: &Http,
        now: Micros,
    ) -> Result<Identified, OidcError> {
        let known = issuers.get(&client.issuer, http, now).await?;
        let response = self.exchange(&known, client, http).await?;
        let missing = || OidcError::Answer("there is no ID token in it".to_owned());
        let token = response.id_token().ok_or_else(missing)?;
        let claims = match verify(&known, client, token, &response, self.nonce, now) {
            Err(TokenError::UnknownKey) => {
                let renewed = issuers.renewed(&client.issuer, http, now).await?;
                verify(&renewed, client, token, &response, self.nonce, now)?
            }
            verified => verified?,
        };
        let mut person = Told::by_token(claims);
        if !person.is_enough(client) {
            person.ask_more(&known, &response, http).await?;
        }
        person.identified(client)
    }

    async fn exchange(&self, known: &Known, client: &Client, http: &Http) -> Result<OurResponse, OidcError> {
        let what = "giving the code to the provider";
        let oauth = client.of(known)?;
        let code = AuthorizationCode::new(self.code.expose().clone());
        let request = oauth.exchange_code(code).map_err(|error| OidcError::Discovery(error.to_string()))?;
        let verifier = PkceCodeVerifier::new(self.verifier.expose().clone());
        let answer = request.set_pkce_verifier(verifier).request_async(http).await;
        answer.map_err(|error| match error {
            RequestTokenError::Request(source) => OidcError::Http { what, source },
            RequestTokenError::ServerResponse(refused) => OidcError::Code(plain(refused.error().as_ref())),
            RequestTokenError::Parse(..) => OidcError::Answer("it is not as it should be".to_owned()),
            RequestTokenError::Other(why) => OidcError::Answer(plain(&why)),
        })
    }
}

/// The token's claims, where it is good.
fn verify<'t>(
    known: &Known,
    client: &Client,
    token: &'t OurToken,
    response: &OurResponse,
    nonce: Digest,
    now: Micros,
) -> Result<&'t OurClaims, TokenError> {
    let issuer = known.metadata.issuer().clone();
    let keys = known.metadata.jwks().clone();
    // As for a public client: a signature that is made with what both sides know is never taken.
    let verifier = IdTokenVerifier::new_public_client(ClientId::new(client.id.clone()), issuer, keys);
    // The library's own type of a moment is not named here: it is read.
    let earliest = now.minus(SKEW).to_string().parse().map_err(|_| TokenError::Time)?;
    let seconds = now.as_micros() / 1_000_000;
    let (skew, fresh) = (SKEW.as_secs().cast_signed(), FRESH.as_secs().cast_signed());
    let verifier = verifier.set_allowed_algs(known.algorithms()).set_time_fn(move || earliest);
    let verifier = verifier.set_issue_time_verifier_fn(move |at| {
        let at = at.timestamp();
        let is_now = at <= seconds + skew && at >= seconds - fresh - skew;
        if is_now { Ok(()) } else { Err("it was issued at another time".to_owned()) }
    });
    let is_asked = |shown: Option<&Nonce>| {
        let shown = shown.map(|shown| Digest::of(shown.secret().as_bytes()));
        if shown == Some(nonce) { Ok(()) } else { Err("it answers another question".to_owned()) }
    };
    let claims = token.claims(&verifier, is_asked).map_err(|error| TokenError::from(&error))?;
    if claims.authorized_party().is_some_and(|party| party.as_str() != client.id) {
        return Err(TokenError::Audience);
    }
    let later = seconds + skew;
    if claims.additional_claims().0.get("nbf").and_then(Value::as_i64).is_some_and(|from| from > later) {
        return Err(TokenError::Time);
    }
    if let Some(hash) = claims.access_token_hash() {
        let (algorithm, key) = (token.signing_alg(), token.signing_key(&verifier));
        let (Ok(algorithm), Ok(key)) = (algorithm, key) else { return Err(TokenError::Signature) };
        match AccessTokenHash::from_token(response.access_token(), algorithm, key) {
            Ok(own) if own == *hash => {}
            _ => return Err(TokenError::AccessToken),
        }
    }
    Ok(claims)
}

/// What was told of a person, by the token and then by `userinfo`.
struct Told {
    subject: String,
    called: Option<String>,
    email: Option<String>,
    email_verified: bool,
    second_factor: Option<bool>,
    more: BTreeMap<String, Value>,
}

impl Told {
    fn by_token(claims: &OurClaims) -> Self {
        let methods = claims.auth_method_refs();
        let second_factor = methods.map(|all| all.iter().any(|one| SECOND.contains(&one.as_str())));
        Self {
            subject: claims.subject().as_str().to_owned(),
            called: claims.preferred_username().map(|name| name.as_str().to_owned()),
            email: claims.email().map(|email| email.as_str().to_owned()),
            email_verified: claims.email_verified() == Some(true),
            second_factor,
            more: claims.additional_claims().0.clone(),
        }
    }

    /// Whether the token told all that is wanted.
    fn is_enough(&self, client: &Client) -> bool {
        let has_groups = client.groups_claim.as_ref().is_none_or(|claim| self.more.contains_key(claim));
        has_groups && (self.called.is_some() || self.email.is_some())
    }

    /// What a provider tells at `userinfo` alone, as many do where an access token is given out.
    async fn ask_more(
        &mut self,
        known: &Known,
        response: &OurResponse,
        http: &Http,
    ) -> Result<(), OidcError> {
        let Some(url) = known.metadata.userinfo_endpoint() else { return Ok(()) };
        let refuse = |why: &str| OidcError::UserInfo(why.to_owned());
        let token = response.access_token().secret();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("the access token is no text"));
        }
        let request = Request::builder()
            .method(Method::GET)
            .uri(url.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Vec::new())
            .map_err(|_| refuse("its address is no address"))?;
        let what = "asking the provider about the person";
        let answer = http.ask(request).await.map_err(|source| OidcError::Http { what, source })?;
        if answer.status() != 200 {
            return Err(OidcError::UserInfo(format!("it answered {}", answer.status().as_u16())));
        }
        let mut told: BTreeMap<String, Value> =
            serde_json::from_slice(answer.body()).map_err(|_| refuse("it is no JSON"))?;
        if told.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err(refuse("it is about somebody else"));
        }
        let text = |told: &BTreeMap<String, Value>, name: &str| {
            told.get(name).and_then(Value::as_str).map(str::to_owned)
        };
        self.called = self.called.take().or_else(|| text(&told, "preferred_username"));
        if self.email.is_none() {
            self.email = text(&told, "email");
            self.email_verified = told.get("email_verified").is_some_and(|value| *value == true);
        }
        // What is signed goes before what is not.
        told.extend(std::mem::take(&mut self.more));
        self.more = told;
        Ok(())
    }

    fn identified(self, client: &Client) -> Result<Identified, OidcError> {
        let plain = self.subject.bytes().all(|byte| byte.is_ascii_graphic());
        if self.subject.is_empty() || self.subject.len() > LONGEST_SUBJECT || !plain {
            return Err(TokenError::Subject.into());
        }
        let groups = client.groups_claim.as_ref().and_then(|claim| self.more.get(claim));
        let verified = self.email_verified;
        Ok(Identified {
            subject: self.subject,
            called: self.called.or_else(|| self.email.clone()),
            email: self.email.filter(|_| verified),
            groups: groups.map(group_names).unwrap_or_default(),
            second_factor: self.second_factor,
        })
    }
}

/// A list of names, or one name. Anything else names nothing.
fn group_names(value: &Value) -> BTreeSet<String> {
    let names: Vec<&str> = match value {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).take(MOST_GROUPS).collect(),
        _ => Vec::new(),
    };
    names.into_iter().filter(|name| !name.is_empty() && name.len() <= 800).map(str::to_owned).collect()
}
