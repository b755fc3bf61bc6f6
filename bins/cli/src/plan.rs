//! A plan as people read it: steps, impacts, diffs, and the hash to hold to.

use serde::Deserialize;
use serde_json::Value;

use crate::screen::{Screen, Span, Style, plain, span};

/// One step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Step {
    summary: String,
    impact: String,
    diff: Option<String>,
    unknown: Option<String>,
}

/// The steps of one object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PlannedObject {
    kind: String,
    #[serde(alias = "scope")]
    id: String,
    name: String,
    generation: u64,
    steps: Vec<Step>,
}

/// One value, before and after.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct EffectChange {
    what: String,
    before: Value,
    after: Value,
    used: Option<i64>,
    over: bool,
}

/// What an object may have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Effect {
    kind: String,
    name: String,
    changes: Vec<EffectChange>,
}

/// What objects may have, before and after.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Effects {
    total: u64,
    over: u64,
    shown: Vec<Effect>,
}

/// A plan, as far as this program shows it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PlanView {
    pub(crate) hash: String,
    impact: String,
    objects: Vec<PlannedObject>,
    left_out: Option<u64>,
    effects: Option<Effects>,
}

/// A strong impact in words; nothing where nobody notices.
fn impact(word: &str) -> Option<(Style, &'static str)> {
    match word {
        "reload" => Some((Style::Dim, "reload")),
        "restart" => Some((Style::Warn, "restart: requests may wait")),
        "data_loss" => Some((Style::Bad, "removes data")),
        _ => None,
    }
}

/// The lines of a unified diff, in their colours.
pub(crate) fn diff_lines(diff: &str) -> Vec<Vec<Span<'_>>> {
    let style = |line: &str| match line.as_bytes().first() {
        Some(b'+') => Style::Good,
        Some(b'-') => Style::Bad,
        Some(b'@') => Style::Place,
        _ => Style::Plain,
    };
    // A tab is harmless, but its width is the terminal's: it is written as four spaces, as all text here has a width that is known.
    diff.lines().map(|line| vec![plain("      "), span(style(line), line.replace('\t', "    "))]).collect()
}

/// Accounts that are shown one by one.
const SHOWN: usize = 20;

impl Effects {
    fn lines(&self) -> Vec<Vec<Span<'_>>> {
        let mut lines = Vec::new();
        for effect in self.shown.iter().take(SHOWN) {
            lines.push(vec![span(Style::Bold, format!("{} {} may have", effect.kind, effect.name))]);
            for change in &effect.changes {
                lines.push(change.line());
            }
        }
        let shown = self.shown.len().min(SHOWN) as u64;
        if self.total > shown {
            lines.push(vec![span(Style::Dim, format!("and {} more", self.total - shown))]);
        }
        if self.over > 0 {
            let words = format!(
                "{} of {} would have more in use than they may: nothing is taken away",
                self.over, self.total
            );
            lines.push(vec![span(Style::Warn, words)]);
        }
        lines
    }
}

impl EffectChange {
    fn line(&self) -> Vec<Span<'_>> {
        let value = |value: &Value| match value {
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            value => crate::sold::amount(&self.what, value),
        };
        let mut line =
            vec![plain(format!("  - {}: {} -> {}", self.what, value(&self.before), value(&self.after)))];
        if let Some(used) = self.used {
            line.push(span(Style::Dim, format!(", {used} in use")));
        }
        if self.over {
            line.push(span(Style::Warn, "  [more in use]"));
        }
        line
    }
}

impl PlanView {
    /// Reads a plan, or an answer that holds one as `plan`.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value.get("plan").unwrap_or(value)).ok()
    }

    /// Nothing would be done.
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_none() && self.objects.iter().all(|object| object.steps.is_empty())
    }

    /// How many objects have steps.
    pub(crate) fn objects(&self) -> u64 {
        self.objects.iter().filter(|object| !object.steps.is_empty()).count() as u64
    }

    fn lines(&self) -> Vec<Vec<Span<'_>>> {
        if self.is_empty() {
            return vec![vec![span(Style::Good, "nothing to do")]];
        }
        let mut lines = Vec::new();
        for object in self.objects.iter().filter(|object| !object.steps.is_empty()) {
            let name = if object.name.is_empty() { &object.id } else { &object.name };
            let mut title = vec![span(Style::Bold, format!("{} {name}", object.kind))];
            if object.generation > 0 {
                title.push(span(Style::Dim, format!("  generation {}", object.generation)));
            }
            lines.push(title);
            for step in &object.steps {
                let mut line = vec![plain("  - "), plain(&step.summary)];
                if let Some((style, words)) = impact(&step.impact) {
                    line.push(span(style, format!("  [{words}]")));
                }
                lines.push(line);
                if let Some(on) = &step.unknown {
                    lines.push(vec![span(Style::Dim, format!("      details are known once {on} is there"))]);
                }
                lines.extend(step.diff.as_deref().map(diff_lines).unwrap_or_default());
            }
        }
        if let Some(more) = self.left_out {
            lines.push(vec![span(Style::Dim, format!("and {more} more objects"))]);
        }
        if let Some(effects) = &self.effects {
            lines.extend(effects.lines());
        }
        let steps: usize = self.objects.iter().map(|object| object.steps.len()).sum();
        let plural = if steps == 1 { "" } else { "s" };
        let mut sum = vec![plain(format!("{steps} step{plural}"))];
        if let Some((style, words)) = impact(&self.impact) {
            sum.extend([plain(", strongest impact: "), span(style, words)]);
        }
        lines.push(sum);
        if !self.hash.is_empty() {
            lines.push(vec![plain("plan "), span(Style::Bold, self.hash.as_str())]);
        }
        lines
    }

    /// As the answer.
    pub(crate) fn show(&self, screen: &mut Screen) -> std::io::Result<()> {
        self.lines().iter().try_for_each(|line| screen.line(line))
    }

    /// As words about the answer.
    pub(crate) fn tell(&self, screen: &mut Screen) -> std::io::Result<()> {
        self.lines().iter().try_for_each(|line| screen.note(line))
    }
}

#[cfg(test)]
pub(crate) mod tests;
