//! An account at an authority, for the one key of this panel (RFC 8555, 7.3), bound to an account that a person has there where that is
//! asked for (7.3.4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use egress_spec::Verb;
use instant_acme::Problem;
use names::{EmailAddress, Micros, Secret, WebUrl};
use ring::hmac;
use serde_json::{Value, json};

use super::directory::Directory;
use super::http::{self, Http};
use super::key::AcmeKey;
use super::trouble::Trouble;

/// How often a nonce may be refused.
const NONCES: u32 = 100;

/// A key by which an authority knows one of its customers.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) key_id: String,
    pub(crate) key: Secret<Vec<u8>>,
}

/// What an account is made of.
pub(crate) struct NewAccount<'a> {
    pub(crate) directory: &'a WebUrl,
    pub(crate) key: &'a AcmeKey,
    pub(crate) contact: Option<&'a EmailAddress>,
    pub(crate) binding: Option<&'a Binding>,
}

/// An account that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registered {
    /// What the authority calls it.
    pub(crate) url: String,
    /// It was there before, and so the contact was not looked at.
    pub(crate) was_there: bool,
}

/// Makes the account, or finds the one that there is.
pub(crate) async fn register(http: &Http, new: &NewAccount<'_>, now: Micros) -> Result<Registered, Trouble> {
    let directory = Directory::read(http, new.directory, now).await?;
    if directory.meta.external_account_required && new.binding.is_none() {
        let document = json!({
            "type": "urn:ietf:params:acme:error:externalAccountRequired",
            "detail": "the authority makes accounts for its customers alone",
        });
        return Err(refused(&document.to_string().into_bytes(), http));
    }
    let url = directory.new_account.as_str();
    let payload = payload(new, url)?;
    let mut nonce = None;
    for _ in 0..NONCES {
        let fresh = match nonce.take() {
            Some(nonce) => nonce,
            None => new_nonce(http, &directory.new_nonce).await?,
        };
        let header = json!({ "alg": "ES256", "jwk": new.key.jwk_value(), "nonce": fresh, "url": url });
        let body = signed(&header, &payload, |text| new.key.sign(text).ok())?;
        let reply = http.fetch(Verb::Post, url, Some("application/jose+json"), body).await;
        let reply = reply.map_err(|fault| Trouble::of_fault(&fault))?;
        nonce = http::value(&reply, "replay-nonce").map(str::to_owned);
        if !(200..300).contains(&reply.status) {
            let trouble = refused(&reply.body.0, http);
            if trouble.is("badNonce") {
                continue;
            }
            return Err(trouble);
        }
        let Some(account) = http::value(&reply, "location") else {
            return Err(Trouble::odd("it made an account and does not say where"));
        };
        return Ok(Registered { url: account.to_owned(), was_there: reply.status == 200 });
    }
    Err(Trouble::odd("it refuses each of its own nonces"))
}

async fn new_nonce(http: &Http, url: &str) -> Result<String, Trouble> {
    let reply = http.fetch(Verb::Head, url, None, Vec::new()).await;
    let reply = reply.map_err(|fault| Trouble::of_fault(&fault))?;
    match http::value(&reply, "replay-nonce") {
        Some(nonce) => Ok(nonce.to_owned()),
        None => Err(Trouble::of_status("it gives no nonce", &http.last())),
    }
}

fn refused(body: &[u8], http: &Http) -> Trouble {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Trouble::of_problem(&problem, &http.last()),
        Err(_) => Trouble::of_status("it refuses without a word", &http.last()),
    }
}

/// The terms were agreed to by the person who made the authority here.
fn payload(new: &NewAccount<'_>, url: &str) -> Result<Value, Trouble> {
    let mut payload = json!({ "termsOfServiceAgreed": true });
    if let Some(contact) = new.contact {
        payload["contact"] = json!([format!("mailto:{contact}")]);
    }
    if let Some(binding) = new.binding {
        let header = json!({ "alg": "HS256", "kid": binding.key_id, "url": url });
        let key = hmac::Key::new(hmac::HMAC_SHA256, binding.key.expose());
        let body = signed(&header, &new.key.jwk_value(), |text| {
            Some(hmac::sign(&key, text.as_bytes()).as_ref().to_vec())
        })?;
        payload["externalAccountBinding"] = serde_json::from_slice(&body).unwrap_or_default();
    }
    Ok(payload)
}

/// A signed object in the one form that ACME takes (RFC 7515, 7.2.2).
fn signed(
    header: &Value,
    payload: &Value,
    sign: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, Trouble> {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let (protected, payload) = (encoded(header), encoded(payload));
    let signature =
        sign(&format!("{protected}.{payload}")).ok_or_else(|| Trouble::odd("our key does not sign"))?;
    let signature = URL_SAFE_NO_PAD.encode(signature);
    Ok(json!({ "protected": protected, "payload": payload, "signature": signature }).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(value: &Value) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_binding_signs_our_public_key_with_the_customers() {
        let key = AcmeKey::generate().unwrap();
        let binding = Binding { key_id: "kid-1".to_owned(), key: vec![7; 32].into() };
        let new = NewAccount {
            directory: &"https://acme.example.com/dir".parse().unwrap(),
            key: &key,
            contact: Some(&"admin@example.com".parse().unwrap()),
            binding: Some(&binding),
        };
        let payload = payload(&new, "https://acme.example.com/new-account").unwrap();
        assert_eq!(payload["contact"], json!(["mailto:admin@example.com"]));
        let bound = &payload["externalAccountBinding"];
        let header = part(&bound["protected"]);
        let url = "https://acme.example.com/new-account";
        assert_eq!(header, json!({ "alg": "HS256", "kid": "kid-1", "url": url }));
        assert_eq!(part(&bound["payload"]), key.jwk_value());
        let text = format!("{}.{}", bound["protected"].as_str().unwrap(), bound["payload"].as_str().unwrap());
        let signature = URL_SAFE_NO_PAD.decode(bound["signature"].as_str().unwrap()).unwrap();
        let known = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        assert!(hmac::verify(&known, text.as_bytes(), &signature).is_ok());
    }
}
