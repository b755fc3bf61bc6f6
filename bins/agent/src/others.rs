//! What a site needs of other kinds, looked up on the host itself: what is there is what counts.

use std::sync::Arc;

use hostd::Host;
use names::{AccountName, PoolName, Secret};
use web_agent::{DefaultCertificate, Others};

/// Looks on the host.
pub(crate) struct OnHost(pub(crate) Arc<Host>);

impl Others for OnHost {
    fn account_ready(&self, account: &AccountName) -> bool {
        let Ok(users) = self.0.users() else { return false };
        let ours = |uid: u32| self.0.is_account(uid).unwrap_or(false);
        let there = || self.0.files().stat(&self.0.bounds().home(account)).ok().flatten();
        users.user(account.as_str()).is_some_and(|user| {
            ours(user.uid) && there().is_some_and(|home| home.uid == user.uid && home.mode == 0o710)
        })
    }

    fn pool_ready(&self, pool: &PoolName) -> bool {
        // PID 1 listens there, whether the master sleeps or not
        matches!(self.0.files().stat(&format!("/run/holdfast-php/{pool}.sock")), Ok(Some(_)))
    }
}

/// Makes the certificate that is shown to visitors who name no site.
pub(crate) struct Nobodys;

impl DefaultCertificate for Nobodys {
    fn make(&self, host: &Host) -> Result<Secret<String>, String> {
        cert_agent::default_certificate(web_agent::DEFAULT_NAME, host.now()).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_who_name_no_site_are_shown_what_is_for_nobody() {
        let host = Host::for_test().unwrap();
        let pem = Nobodys.make(&host).unwrap();
        assert!(pem.expose().starts_with("-----BEGIN PRIVATE KEY-----"));
        assert!(pem.expose().contains("-----BEGIN CERTIFICATE-----"));
        assert_eq!(cert_agent::TLS, web_agent::layout::TLS, "both features mean one directory");
    }

    #[test]
    fn a_foreign_user_with_an_id_in_the_range_is_no_account() {
        let host = Arc::new(Host::for_test().unwrap());
        let others = OnHost(Arc::clone(&host));
        let alice: AccountName = "alice".parse().unwrap();
        let passwd = host.files().read_text("/etc/passwd").unwrap().unwrap();
        let passwd = format!("{passwd}alice:x:20001:33::/home/alice:/bin/bash\n");
        host.files().write("/etc/passwd", passwd.as_bytes(), 0o644, (0, 0)).unwrap();
        host.files().ensure_dir("/home/alice", 0o710, (20_001, 33)).unwrap();
        assert!(!others.account_ready(&alice));
        let note = hostd::uid_note(names::Uid::new(20_001).unwrap());
        host.files().ensure_dirs("/var/lib/holdfast-agent/uids", 0o700, (0, 0)).unwrap();
        host.files().write(&note, b"an account\n", 0o600, (0, 0)).unwrap();
        assert!(others.account_ready(&alice));
    }
}
