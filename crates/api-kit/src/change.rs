//! What every route that changes something takes beside its body: see the plan first, insist on it, or overrule a hand edit.

use names::Digest;
use utoipa::IntoParams;

use crate::query::{Pairs, QueryPart};

/// `?dry_run=true&expect_plan=<digest>`, where there is nothing to overrule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rehearsal {
    /// Change nothing, answer with the plan.
    pub dry_run: bool,
    /// Change something only where the plan has this digest; else 409 `plan_changed`, with the plan of now.
    pub expect_plan: Option<Digest>,
}

impl Rehearsal {
    /// Whether it is to be found out first what the change would do.
    pub fn is_asked(&self) -> bool {
        self.dry_run || self.expect_plan.is_some()
    }
}

impl QueryPart for Rehearsal {
    const NAMES: &'static [&'static str] = &["dry_run", "expect_plan"];

    fn read(pairs: &mut Pairs) -> Self {
        let rehearsal = Self { dry_run: pairs.flag("dry_run"), expect_plan: pairs.optional("expect_plan") };
        if rehearsal.dry_run && rehearsal.expect_plan.is_some() {
            pairs.refuse(
                "expect_plan",
                "contradiction",
                "A dry run changes nothing, so it expects no plan.",
                "Send either dry_run or expect_plan.",
            );
        }
        rehearsal
    }
}

/// `?dry_run=true&expect_plan=<digest>&overwrite=true`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Change nothing, answer with the plan.
    pub dry_run: bool,
    /// Change something only where the plan has this digest; else 409 `plan_changed`, with the plan of now.
    pub expect_plan: Option<Digest>,
    /// Hand edits of the files concerned are overwritten; a copy is kept.
    pub overwrite: bool,
}

impl QueryPart for Change {
    const NAMES: &'static [&'static str] = &["dry_run", "expect_plan", "overwrite"];

    fn read(pairs: &mut Pairs) -> Self {
        let Rehearsal { dry_run, expect_plan } = Rehearsal::read(pairs);
        Self { dry_run, expect_plan, overwrite: pairs.flag("overwrite") }
    }
}

/// How the parameters of a [`Rehearsal`] are described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub struct RehearsalParams {
    /// Change nothing; answer with the plan.
    #[param(default = false)]
    dry_run: Option<bool>,
    /// Digest of the plan that was shown: the change is made only if it would still do exactly that.
    expect_plan: Option<String>,
}

/// How the parameters of a [`Change`] are described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub struct ChangeParams {
    /// Change nothing; answer with the plan.
    #[param(default = false)]
    dry_run: Option<bool>,
    /// Digest of the plan that was shown: the change is made only if it would still do exactly that.
    expect_plan: Option<String>,
    /// Overwrite files that were edited by hand; a copy of them is kept.
    #[param(default = false)]
    overwrite: Option<bool>,
}
