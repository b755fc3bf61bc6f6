//! How an object stands, as people read it.

use serde::Deserialize;
use serde_json::Value;

use crate::screen::{Span, Style, plain, span};
use crate::table::Cell;
use crate::time;

/// The fields that every converging object has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Convergence {
    pub(crate) generation: u64,
    observed_generation: Option<u64>,
    pub(crate) condition: String,
    reason: Option<String>,
    message: Option<String>,
    since: Value,
    attempts: u64,
    next_attempt_at: Value,
}

impl Convergence {
    /// Of an object's JSON. What converges of the node is its web server.
    pub(crate) fn of(object: &Value) -> Self {
        Self::deserialize(object.get("webserver").unwrap_or(object)).unwrap_or_default()
    }

    fn observed(&self) -> u64 {
        self.observed_generation.unwrap_or(0)
    }

    /// The server was seen to be as asked.
    pub(crate) fn is_ready(&self) -> bool {
        self.condition == "ready" && self.observed() == self.generation
    }

    /// The server reported on this very wish, well or badly: waiting longer is of no use.
    pub(crate) fn is_settled(&self) -> bool {
        self.observed() == self.generation
            && matches!(self.condition.as_str(), "ready" | "degraded" | "failed")
    }

    /// Nothing goes on before somebody decides: waiting longer is of no use.
    pub(crate) fn waits_for_person(&self) -> bool {
        let reason = self.reason.as_deref();
        matches!(reason, Some("not_approved" | "edited" | "paused" | "plan_changed" | "refused" | "behind"))
    }

    fn style(&self) -> Style {
        Self::style_of(&self.condition)
    }

    /// How a condition's word looks.
    pub(crate) fn style_of(condition: &str) -> Style {
        match condition {
            "ready" => Style::Good,
            "failed" | "degraded" => Style::Bad,
            _ => Style::Warn,
        }
    }

    /// `ready`, or `degraded: edited`.
    pub(crate) fn cell(&self) -> Cell {
        let reason = self.reason.as_ref().map(|reason| format!(": {reason}"));
        Cell::styled(self.style(), format!("{}{}", self.condition, reason.unwrap_or_default()))
    }

    /// `1/2`: the version that was seen, and the one that is asked for.
    pub(crate) fn generations(&self) -> String {
        format!("{}/{}", self.observed(), self.generation)
    }

    /// `pending, generation 0/1: agent_unreachable: connection refused`
    pub(crate) fn words(&self) -> String {
        let mut words = format!("{}, generation {}", self.condition, self.generations());
        for more in [&self.reason, &self.message].into_iter().flatten().filter(|more| !more.is_empty()) {
            words.push_str(": ");
            words.push_str(more);
        }
        words
    }

    /// The first lines of what is shown of an object.
    pub(crate) fn lines(&self) -> Vec<Vec<Span<'_>>> {
        let mut lines = vec![vec![
            plain("condition: "),
            span(self.style(), self.condition.as_str()),
            plain(format!(", generation {}", self.generations())),
        ]];
        if self.is_ready() {
            return lines;
        }
        let mut add = |title: &'static str, text: String| lines.push(vec![plain(title), plain(text)]);
        for (title, text) in [("reason: ", &self.reason), ("message: ", &self.message)] {
            if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
                add(title, text.clone());
            }
        }
        let since = time::show(&self.since);
        if !since.is_empty() {
            add("since: ", since);
        }
        let next = time::show(&self.next_attempt_at);
        if self.attempts > 0 {
            let next = if next.is_empty() { String::new() } else { format!(", the next at {next}") };
            add("attempts: ", format!("{}{next}", self.attempts));
        }
        lines
    }
}
