//! Routes.

mod account;
mod limit;
mod organisation;
mod package;

use std::sync::Arc;

use desired::{Panel, Table};

use crate::hosted::Hosted;

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// The other features.
    pub hosted: Arc<dyn Hosted>,
}

/// The routes.
pub fn table(state: State) -> Table {
    package::table(state.clone())
        .merge(account::table(state.clone()))
        .merge(organisation::table(state.clone()))
        .merge(limit::table(state))
}
