//! cert in the panel: routes, rules, rows, and rows to specs.
