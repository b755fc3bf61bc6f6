//! Another attempt at once, where a person mended what stood in the way.
//!
//! Nothing of what should be is changed: the generation stays, the pause between attempts begins anew, and the agent makes a pass now. An
//! object that waits for a person (it is bound to another plan, or a file of it was edited by hand) is not forced: it stands as before, with
//! its reason.

use api_kit::{ApiError, Change, Prefer, Rehearsal};
use names::AccountId;
use store::WriteTx;

use crate::change::{Asked, Draft, Outcome, Rules};
use crate::key::Key;
use crate::panel::Panel;

/// Has one object tried again.
struct Again {
    key: Key,
    object: audit::Object,
    action: String,
}

impl Rules for Again {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        draft.again(tx, &self.key).await?;
        draft.audit(tx, &self.action, self.object.clone(), None, None).await?;
        Ok(((), self.key.clone()))
    }
}

impl Panel {
    /// Has the object tried again at once. `word` is what the API calls it, `account` whose it is, where it is an account's. The plan of a dry
    /// run is what the pass would do.
    pub async fn retry(
        &self,
        actor: &auth::Actor,
        (rehearsal, prefer): (Rehearsal, Prefer),
        key: Key,
        (word, account): (&'static str, Option<AccountId>),
    ) -> Result<Outcome<()>, ApiError> {
        let Rehearsal { dry_run, expect_plan } = rehearsal;
        let asked = Asked::by(actor, Change { dry_run, expect_plan, overwrite: false }, prefer)?;
        let object = match account {
            Some(account) => audit::Object::of_account(word, &key.id, account),
            None => audit::Object::of_installation(word, &key.id),
        };
        let action = format!("{word}.retry");
        self.change(&asked, Again { key, object, action }).await
    }
}
