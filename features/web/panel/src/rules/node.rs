//! What may be asked of the node.

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{Authorised, EditNode, Installation};
use desired::event::{Code, Event};
use desired::{Draft, Key, Rules};
use names::ListenAddr;
use serde::Deserialize;
use serde_json::json;
use store::WriteTx;
use utoipa::ToSchema;
use web_spec::WebServerSpec;

use crate::object::WebServerObject;
use crate::store::node::{self, Row};

/// What is to be otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditNodeBody {
    /// All addresses with ports on which the web server listens, such as `0.0.0.0:80` and `[::]:80`.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) listen: Option<Vec<ListenAddr>>,
}

/// At least one address, none twice.
pub(crate) fn check_listen(listen: &[ListenAddr]) -> Result<(), ApiError> {
    let refuse = |pointer: String, code: &'static str, reason: &str, remedy: &str| {
        Err(ApiError::invalid(FieldError::new(pointer, code, reason, remedy)))
    };
    if listen.is_empty() {
        return refuse(
            "/listen".into(),
            "listen_empty",
            "There is no address.",
            "Name at least one address with a port.",
        );
    }
    if listen.len() > 16 {
        return refuse(
            "/listen".into(),
            "listen_too_many",
            "There are too many addresses.",
            "Name 16 at most.",
        );
    }
    match listen.iter().enumerate().find(|(i, address)| listen[..*i].contains(address)) {
        Some((i, _)) => {
            refuse(format!("/listen/{i}"), "listen_twice", "The address is there already.", "Send it once.")
        }
        None => Ok(()),
    }
}

/// Changes the node.
pub(crate) struct Edit {
    pub(crate) proof: Authorised<Installation, EditNode>,
    pub(crate) if_match: IfMatch,
    pub(crate) listen: Option<Vec<ListenAddr>>,
}

impl Rules for Edit {
    type Value = Row;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Row, Key), ApiError> {
        let row = node::local(tx).await?.ok_or_else(|| ApiError::not_found("node"))?;
        self.if_match.require(row.block.generation)?;
        let key = Key::of::<WebServerSpec>(&row.id);
        if let Some(listen) = &self.listen {
            node::set_listen(tx, &self.proof, row.id, listen, draft.now).await?;
        }
        draft.raise::<WebServerObject>(tx, &row.id).await?;
        let after = node::local(tx).await?.ok_or_else(|| ApiError::not_found("node"))?;
        let object = audit::Object::of_installation("node", row.id);
        let (old, new) = (json!({ "listen": row.listen }), json!({ "listen": after.listen }));
        draft.audit(tx, "node.edit", object, Some(old), Some(new)).await?;
        draft.event(tx, &Event::of(key.clone(), None, Code::Changed, &row.name)).await?;
        Ok((after, key))
    }
}
