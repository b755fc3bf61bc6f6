//! The trash of homes: beside them, so that a move is a rename; root's alone, dated, never emptied by this crate.

use hostd::{Host, HostError};
use names::AccountName;

/// Moves a home to `<homes>/.holdfast-trash/<account>-<microseconds>`.
pub(crate) fn move_home(
    host: &Host,
    homes: &str,
    path: &str,
    account: &AccountName,
) -> Result<(), HostError> {
    let trash = format!("{homes}/.holdfast-trash");
    host.files().ensure_dir(&trash, 0o700, (0, 0))?;
    host.files().rename_new(path, &format!("{trash}/{account}-{}", host.now().as_micros()))
}
