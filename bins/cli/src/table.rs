//! Tables that fit the terminal: columns are cut, widest first, and nothing wraps.

use std::io;

use crate::screen::{Screen, Span, Style, columns, cut, span};

const GAP: usize = 2;
/// A column is not cut below this, as long as others can give.
const NARROW: usize = 6;

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

/// Makes columns narrower until they fit: the widest first; below [`NARROW`] only when all are that narrow.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    for least in [NARROW, 1] {
        while widths.iter().sum::<usize>() + gaps > width {
            let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > least) else { break };
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
