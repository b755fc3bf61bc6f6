//! What may be asked of the node.

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{Authorised, EditNode, Installation};
use desired::event::{Code, Event};
use desired::{Draft, Key, Rules};
use names::ListenAddr;
use serde::Deserialize;
use serde_json::json;
use store::{Tx, WriteTx};
use utoipa::ToSchema;
use web_spec::{TlsProfile, WebServerSpec};

use crate::object::WebServerObject;
use crate::store::node::{self, Listening, Row};
use crate::store::site_https;

/// What is to be otherwise; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditNodeBody {
    /// All addresses with ports on which the web server listens, such as `0.0.0.0:80` and `[::]:80`.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) listen: Option<Vec<ListenAddr>>,
    /// All addresses with ports on which it listens for HTTPS, such as `0.0.0.0:443` and `[::]:443`; none: sites answer by HTTP alone.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) listen_tls: Option<Vec<ListenAddr>>,
    /// How old visitors' software may be: `intermediate` (TLS 1.2 and 1.3) or `modern` (TLS 1.3 alone).
    #[schema(value_type = Option<String>, example = "intermediate")]
    pub(crate) tls_profile: Option<TlsProfile>,
}

/// So many addresses at most.
const MOST: usize = 16;
/// So many sites are named in a refusal.
const NAMED: i64 = 5;

fn refuse<T>(pointer: String, code: &'static str, reason: &str, remedy: &str) -> Result<T, ApiError> {
    Err(ApiError::invalid(FieldError::new(pointer, code, reason, remedy)))
}

impl EditNodeBody {
    /// At least one address for HTTP, not too many, none twice.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        if self.listen.as_ref().is_some_and(Vec::is_empty) {
            let remedy = "Name at least one address with a port.";
            return refuse("/listen".to_owned(), "listen_empty", "There is no address.", remedy);
        }
        for (pointer, listen) in [("/listen", &self.listen), ("/listen_tls", &self.listen_tls)] {
            check_each(pointer, listen.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}

fn check_each(pointer: &str, listen: &[ListenAddr]) -> Result<(), ApiError> {
    if listen.len() > MOST {
        let (reason, remedy) = ("There are too many addresses.", "Name 16 at most.");
        return refuse(pointer.to_owned(), "listen_too_many", reason, remedy);
    }
    match listen.iter().enumerate().find(|(i, address)| listen[..*i].contains(address)) {
        Some((i, _)) => {
            let reason = "The address is there already.";
            refuse(format!("{pointer}/{i}"), "listen_twice", reason, "Send it once.")
        }
        None => Ok(()),
    }
}

/// Changes the node.
pub(crate) struct Edit {
    pub(crate) proof: Authorised<Installation, EditNode>,
    pub(crate) if_match: IfMatch,
    /// Checked.
    pub(crate) body: EditNodeBody,
}

impl Rules for Edit {
    type Value = Row;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Row, Key), ApiError> {
        let row = node::local(tx).await?.ok_or_else(|| ApiError::not_found("node"))?;
        self.if_match.require(row.block.generation)?;
        let key = Key::of::<WebServerSpec>(&row.id);
        let listening = self.listening(&row)?;
        check_forced(tx, &row, listening.listen_tls).await?;
        node::set_listening(tx, &self.proof, row.id, listening, draft.now).await?;
        draft.raise::<WebServerObject>(tx, &row.id).await?;
        let after = node::local(tx).await?.ok_or_else(|| ApiError::not_found("node"))?;
        let object = audit::Object::of_installation("node", row.id);
        let told = |row: &Row| json!({ "listen": row.listen, "listen_tls": row.listen_tls, "tls_profile": row.tls_profile });
        draft.audit(tx, "node.edit", object, Some(told(&row)), Some(told(&after))).await?;
        draft.event(tx, &Event::of(key.clone(), None, Code::Changed, &row.name)).await?;
        Ok((after, key))
    }
}

impl Edit {
    /// How it listens from now on. An address is for HTTP or for HTTPS, not for both.
    fn listening<'a>(&'a self, row: &'a Row) -> Result<Listening<'a>, ApiError> {
        let EditNodeBody { listen, listen_tls, tls_profile } = &self.body;
        let listening = Listening {
            listen: listen.as_ref().unwrap_or(&row.listen),
            listen_tls: listen_tls.as_ref().unwrap_or(&row.listen_tls),
            tls_profile: tls_profile.unwrap_or(row.tls_profile),
        };
        let (pointer, these, others) = match listen_tls {
            Some(_) => ("/listen_tls", listening.listen_tls, listening.listen),
            None => ("/listen", listening.listen, listening.listen_tls),
        };
        match these.iter().position(|address| others.contains(address)) {
            Some(i) => {
                let reason = "The web server listens there for HTTP or for HTTPS, not for both.";
                let remedy = "Leave the address out of one of the two, or name another port.";
                refuse(format!("{pointer}/{i}"), "listen_for_both", reason, remedy)
            }
            None => Ok(listening),
        }
    }
}

/// Visitors who are sent on to HTTPS must find it.
async fn check_forced(tx: &mut Tx, row: &Row, listen_tls: &[ListenAddr]) -> Result<(), ApiError> {
    if !listen_tls.is_empty() || row.listen_tls.is_empty() {
        return Ok(());
    }
    let mut forced = site_https::forced(tx, row.id, NAMED + 1).await?;
    if forced.is_empty() {
        return Ok(());
    }
    let more = forced.len() > usize::try_from(NAMED).unwrap_or(usize::MAX);
    if more {
        forced.pop();
    }
    let reason = format!(
        "Sites send their visitors on to HTTPS: {}{}.",
        forced.join(", "),
        if more { " and more" } else { "" }
    );
    let remedy =
        "Let these sites send nobody on first (`holdfast site https SITE --no-force`), or name an address.";
    refuse("/listen_tls".to_owned(), "https_forced", &reason, remedy)
}

#[cfg(test)]
mod tests;
