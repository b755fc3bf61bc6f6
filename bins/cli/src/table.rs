//! Tables that fit the terminal: columns are cut, the name last, and nothing wraps.

use std::io;

use crate::screen::{Screen, Span, Style, columns, cut, span};

const GAP: usize = 2;
/// A column is not cut below this, as long as others can give.
const NARROW: usize = 8;

/// A cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) style: Style,
    pub(crate) text: String,
}

impl Cell {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { style: Style::Plain, text: text.into() }
    }

    pub(crate) fn styled(style: Style, text: impl Into<String>) -> Self {
        Self { style, text: text.into() }
    }
}

/// Writes rows below their titles.
pub(crate) fn write(screen: &mut Screen, titles: &[&str], rows: &[Vec<Cell>]) -> io::Result<()> {
    let mut widths: Vec<usize> = titles.iter().map(|title| columns(title)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(&cell.text));
        }
    }
    if let Some(width) = screen.width {
        fit(&mut widths, width);
    }
    let titles: Vec<Cell> =
        titles.iter().map(|title| Cell::styled(Style::Bold, title.to_uppercase())).collect();
    write_row(screen, &widths, &titles)?;
    rows.iter().try_for_each(|row| write_row(screen, &widths, row))
}

/// Makes columns narrower until they fit: a name that takes more than half, then the widest of the others, then any.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let over = |widths: &[usize]| (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    if let Some(name) = widths.first().copied() {
        widths[0] = name - over(widths).min(name.saturating_sub(width / 2));
    }
    for (from, least) in [(1, NARROW), (0, NARROW), (0, 1)] {
        while over(widths) > 0 {
            let widest = widths.get_mut(from..).and_then(|some| some.iter_mut().max());
            let Some(widest) = widest.filter(|widest| **widest > least) else { break };
            *widest -= 1;
        }
    }
}

fn write_row(screen: &mut Screen, widths: &[usize], row: &[Cell]) -> io::Result<()> {
    let mut spans: Vec<Span<'_>> = Vec::with_capacity(row.len() * 2);
    let mut owed = 0;
    for (index, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let text = cut(&cell.text, width);
        if index > 0 {
            owed += GAP;
        }
        if text.is_empty() {
            owed += width;
            continue;
        }
        if owed > 0 {
            spans.push(span(Style::Plain, " ".repeat(owed)));
        }
        owed = width.saturating_sub(columns(&text));
        spans.push(span(cell.style, text));
    }
    screen.line(&spans)
}

#[cfg(test)]
mod tests;
