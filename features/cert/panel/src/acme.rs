//! How an authority is spoken to: ACME (RFC 8555), by way of egress.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`http`] | one request, by egress, with bounds of time and size |
//! | [`key`] | the one key that signs for this panel at every authority |
//! | [`directory`] | what an authority offers, and where |
//! | [`register`] | an account at an authority, bound to one that a person has there |
//! | [`prove`] | how a name is proven |
//! | [`renewal`] | when an authority would have a certificate renewed (RFC 9773) |
//! | [`trouble`] | why it did not do what was asked, in its words, and what can be done |
//!
//! `instant-acme` signs and reads; here is what it leaves to its users: nonces that are refused again and again, answers that are lost, and
//! how long an authority wants to be left alone. It makes a new key with each account that is bound to another, so accounts are made here.

pub(crate) mod directory;
pub(crate) mod http;
pub(crate) mod key;
pub(crate) mod prove;
pub(crate) mod register;
pub(crate) mod renewal;
pub(crate) mod trouble;

use std::time::Duration;

use instant_acme::{Account, Error, Identifier, NewOrder, Order, OrderStatus};
use names::CertName;
use tokio::time::Instant;

use self::http::Http;
use self::renewal::Replaced;
use self::trouble::Trouble;

/// How often a nonce may be refused within one step; each try of `instant-acme` is three of them.
const NONCES: u32 = 60;
/// How often an answer may be lost within one step.
const FAULTS: u32 = 3;
/// The first pause after a lost answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long an authority may take to issue what it promised to.
const ISSUING: Duration = Duration::from_mins(5);
/// The longest pause between two looks.
const LOOK: Duration = Duration::from_secs(10);

/// What went wrong within one step and may pass by itself.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    nonces: u32,
    faults: u32,
}

impl Tries {
    /// Whether the step is to be tried again: then this waited as long as it should. Otherwise why it failed.
    pub(crate) async fn again(&mut self, http: &Http, error: Error) -> Result<(), Trouble> {
        let trouble = Trouble::of(error, &http.last());
        if trouble.is("badNonce") && self.nonces < NONCES {
            self.nonces += 1;
            return Ok(());
        }
        let pause = trouble.retry_after.unwrap_or(PAUSE * 2u32.pow(self.faults));
        if trouble.is_away() && self.faults < FAULTS && pause <= LOOK {
            self.faults += 1;
            tokio::time::sleep(pause).await;
            return Ok(());
        }
        Err(trouble)
    }
}

/// Our account at one authority.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) account: Account,
    pub(crate) http: Http,
}

impl Client {
    /// A new order for these names. That it replaces a certificate is left out where the authority does not take it: it is a hint.
    pub(crate) async fn new_order(
        &self,
        names: &[CertName],
        replaced: Option<&Replaced>,
    ) -> Result<Order, Trouble> {
        let identifiers: Vec<Identifier> =
            names.iter().map(|name| Identifier::Dns(name.to_string())).collect();
        let mut tries = Tries::default();
        let mut replaced = replaced;
        loop {
            let mut order = NewOrder::new(&identifiers);
            if let Some(replaced) = replaced {
                order = order.replaces(replaced.identifier());
            }
            match self.account.new_order(&order).await {
                Ok(order) => return Ok(order),
                Err(error) if replaced.is_some() && is_about_replacing(&error) => replaced = None,
                Err(error) => tries.again(&self.http, error).await?,
            }
        }
    }

    /// An order that was made before.
    pub(crate) async fn order(&self, url: &str) -> Result<Order, Trouble> {
        let mut tries = Tries::default();
        loop {
            match self.account.order(url.to_owned()).await {
                Ok(order) => return Ok(order),
                Err(error) => tries.again(&self.http, error).await?,
            }
        }
    }

    /// How an order stands.
    pub(crate) async fn look(&self, order: &mut Order) -> Result<OrderStatus, Trouble> {
        let mut tries = Tries::default();
        loop {
            match order.refresh().await {
                Ok(state) => return Ok(state.status),
                Err(error) => tries.again(&self.http, error).await?,
            }
        }
    }

    /// Asks for the certificate of an order whose names are proven; of one that was asked already, that is no error.
    pub(crate) async fn finalize(&self, order: &mut Order, request: &[u8]) -> Result<(), Trouble> {
        let mut tries = Tries::default();
        loop {
            let error = match order.finalize_csr(request).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let trouble = match tries.again(&self.http, error).await {
                Ok(()) => continue,
                Err(trouble) => trouble,
            };
            // an answer was lost, and the request was not
            let known = trouble.is("orderNotReady")
                && matches!(self.look(order).await?, OrderStatus::Processing | OrderStatus::Valid);
            return if known { Ok(()) } else { Err(trouble) };
        }
    }

    /// The chain in PEM, as soon as it is issued.
    pub(crate) async fn certificate(&self, order: &mut Order) -> Result<String, Trouble> {
        let end = Instant::now() + ISSUING;
        let mut tries = Tries::default();
        loop {
            match order.certificate().await {
                Ok(Some(pem)) => return Ok(pem),
                Ok(None) if Instant::now() >= end => {
                    let minutes = ISSUING.as_secs() / 60;
                    return Err(Trouble::odd(format!(
                        "it did not issue the certificate within {minutes} minutes"
                    )));
                }
                Ok(None) => {
                    let pause = self.http.last().retry_after.unwrap_or(Duration::from_secs(2));
                    tokio::time::sleep(pause.min(LOOK)).await;
                }
                Err(error) => tries.again(&self.http, error).await?,
            }
        }
    }
}

/// The order may well be taken without the word of what it replaces.
fn is_about_replacing(error: &Error) -> bool {
    match error {
        Error::Unsupported(_) => true,
        Error::Other(other) => other.downcast_ref::<http::Fault>().is_none(),
        Error::Api(problem) => problem.r#type.as_deref().is_some_and(|kind| {
            ["alreadyReplaced", "malformed", "unauthorized", "conflict"]
                .iter()
                .any(|word| kind.ends_with(word))
        }),
        _ => false,
    }
}
