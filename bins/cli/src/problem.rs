//! The panel's problem documents (RFC 9457), read leniently: a later release may say more, and a proxy may say nothing.

use std::io;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::failure;
use crate::plan::PlanView;
use crate::screen::{Screen, Style, plain, span};

/// One refused value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FieldError {
    pub(crate) pointer: String,
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

/// A problem document.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldError>,
    /// The plan as it is now, where another was expected.
    pub(crate) plan: Option<Value>,
    pub(crate) request_id: Option<String>,
    /// The document as it came, for `--json`; empty where the answer was none.
    #[serde(skip)]
    pub(crate) document: Vec<u8>,
}

impl Problem {
    /// Reads the body of an answer that is no success.
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice::<Self>(body) {
            Ok(problem) => Self { status: status.as_u16(), document: body.to_vec(), ..problem },
            Err(_) => Self {
                status: status.as_u16(),
                title: format!("The panel answered {status}."),
                ..Self::default()
            },
        }
    }

    /// What happened, in a sentence.
    pub(crate) fn sentence(&self) -> &str {
        if self.detail.is_empty() { &self.title } else { &self.detail }
    }

    /// What to do, where the document itself does not say.
    fn usual_remedy(&self) -> &'static str {
        match (self.status, self.code.as_str()) {
            (401, "second_factor_wrong") => "",
            (401, _) => {
                "Run this as root, or give a token that still works with --url and --token-file (`holdfast token create` makes one)."
            }
            (403, "step_up_required") => {
                "`holdfast session step-up` shows the password, or a code, for the session of --token-file; then repeat the command."
            }
            (409, "plan_changed") => "Look at the plan of now, and name its hash with --expect-plan.",
            (409, "account_has_sites") => {
                "`holdfast site list --account NAME` lists its sites, `holdfast site delete SITE` removes one."
            }
            (412, _) => "It was changed meanwhile: look at it again, and repeat the command.",
            (429, _) => "Wait a little, and repeat the command.",
            (500, _) => {
                "This is a defect. The panel's log has more under the request's id: `journalctl -u holdfast-panel`."
            }
            (503, _) => "`holdfast doctor` looks for the cause.",
            _ => "",
        }
    }

    /// `error: <field>: <reason>` and `remedy: ...`, for each refused value.
    pub(crate) fn tell(&self, screen: &mut Screen) -> io::Result<()> {
        if self.errors.is_empty() {
            failure::error(screen, self.sentence())?;
            failure::remedy(screen, self.usual_remedy())?;
        }
        for refused in &self.errors {
            let field = field(&refused.pointer);
            let reason = if field.is_empty() {
                refused.reason.clone()
            } else {
                format!("{field}: {}", refused.reason)
            };
            failure::error(screen, &reason)?;
            failure::remedy(screen, &refused.remedy)?;
        }
        if self.status >= 500
            && let Some(id) = &self.request_id
        {
            screen.note(&[span(Style::Dim, "request: "), plain(id)])?;
        }
        if let Some(plan) = self.plan.as_ref().and_then(PlanView::read) {
            screen.note(&[plain("The plan of now:")])?;
            plan.tell(screen)?;
        }
        Ok(())
    }
}

/// The field that a pointer names, as people write it: `/ssh_keys/0` is `ssh_keys/0`, `?limit` is `limit`, `header:If-Match` is `If-Match`.
fn field(pointer: &str) -> &str {
    let pointer = pointer.strip_prefix("header:").unwrap_or(pointer);
    pointer.trim_start_matches(['/', '?'])
}

#[cfg(test)]
mod tests;
