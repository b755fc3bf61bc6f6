//! The notes of user ids that were ever given to an account.

use account_spec::{UIDS_PAGE, UidNote, UidPage};
use hostd::{Host, HostError};
use wire::Call;

/// Lists them all, page by page. A note that does not read as one names no account, and is left out.
pub(crate) fn list(host: &Host, call: &Call) -> Result<UidPage, HostError> {
    let mut uids = Vec::new();
    for (name, _) in host.files().list(hostd::UIDS)? {
        let Some(uid) = name.parse().ok() else { continue };
        let text = host.files().read_text(&hostd::uid_note(uid))?.unwrap_or_default();
        if let Ok(account) = text.trim().parse() {
            uids.push(UidNote { uid, account });
        }
        if uids.len() == UIDS_PAGE {
            call.blocking_progress(&UidPage { uids: std::mem::take(&mut uids) });
        }
    }
    Ok(UidPage { uids })
}
