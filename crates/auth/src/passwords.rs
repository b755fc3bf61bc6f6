//! Passwords: argon2id for the panel, crypt(3) for SFTP.
//!
//! Each argon2 run takes 19 MiB and tens of milliseconds. Two run at once, on blocking threads; the rest wait their turn, so that
//! a flood of sign-ins costs time and not memory. A login that nobody has is checked against a hash that no password fits, so that
//! the time of an answer tells nothing.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use names::{CryptHash, Password, Secret};
use sha_crypt::ShaCrypt;
use tokio::sync::Semaphore;

use crate::policy::{Policy, Weak};

/// KiB: OWASP's least for argon2id with two passes.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// argon2 runs at once.
const AT_ONCE: usize = 2;
/// sshd checks an SFTP password at every connection: half of the time that a person would notice.
const SFTP_ROUNDS: u32 = 20_000;

/// A password could not be hashed or checked. It says nothing about the password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash function or the source of randomness failed.
    #[error("the password could not be hashed")]
    Hash,
    /// The panel is stopping.
    #[error("the password was not hashed: the panel is stopping")]
    Stopping,
}

/// Hashes and checks passwords. Clones share the turns.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    dummy: Arc<str>,
}

/// A hash for the database: a PHC string of argon2id.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    /// The string, for the database alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StoredHash(redacted)")
    }
}

impl Passwords {
    /// Makes the hash that no password fits; takes as long as one check.
    pub fn new() -> Result<Self, PasswordError> {
        let mut nothing = [0; 32];
        getrandom::fill(&mut nothing).map_err(|_| PasswordError::Hash)?;
        let dummy = argon2id()?.hash_password(&nothing).map_err(|_| PasswordError::Hash)?.to_string();
        Ok(Self { turns: Arc::new(Semaphore::new(AT_ONCE)), dummy: dummy.into() })
    }

    /// Whether the password may be taken; `about` is what everybody knows of the person. Takes a turn, as hashing does.
    pub async fn check(
        &self,
        policy: Policy,
        password: Password,
        about: Vec<String>,
    ) -> Result<Result<(), Weak>, PasswordError> {
        self.blocking(move || Ok(policy.check(&password, &about))).await
    }

    /// The hash to store, with a new salt.
    pub async fn hash(&self, password: Password) -> Result<StoredHash, PasswordError> {
        self.blocking(move || {
            let hash =
                argon2id()?.hash_password(password.expose().as_bytes()).map_err(|_| PasswordError::Hash)?;
            Ok(StoredHash(hash.to_string()))
        })
        .await
    }

    /// Whether the password is the one that was hashed. Takes the same time where there is no hash.
    ///
    /// What is offered may be any text; one that is longer than a password can be is not hashed at its length.
    pub async fn verify(
        &self,
        offered: Secret<String>,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.to_string());
        self.blocking(move || {
            let fits = offered.expose().len() <= Password::MAX;
            let offered = if fits { offered.expose().as_bytes() } else { b"" };
            let stored = PasswordHash::new(&stored).map_err(|_| PasswordError::Hash)?;
            let same = argon2id()?.verify_password(offered, &stored).is_ok();
            Ok(same && known && fits)
        })
        .await
    }

    /// The hash of an SFTP password for the system's login database: SHA-512 crypt with a new salt. It is made once, when the password
    /// is set, and stored: a salt made at each rendering would change the account's specification every time.
    pub async fn sftp_hash(&self, password: Password) -> Result<CryptHash, PasswordError> {
        self.blocking(move || {
            let mut salt = [0; 12]; // 16 characters of salt, the most that crypt(3) takes
            getrandom::fill(&mut salt).map_err(|_| PasswordError::Hash)?;
            let params = sha_crypt::Params::new(SFTP_ROUNDS).map_err(|_| PasswordError::Hash)?;
            let hasher = ShaCrypt::new(sha_crypt::Algorithm::Sha512Crypt, params);
            let hash = hasher
                .hash_password_with_salt(password.expose().as_bytes(), &salt)
                .map_err(|_| PasswordError::Hash)?;
            CryptHash::parse(hash.as_ref()).map_err(|_| PasswordError::Hash)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PasswordError::Stopping)?;
        let running = tokio::task::spawn_blocking(move || {
            // The turn is held by the thread, not by the caller, who may go away.
            let _turn = turn;
            work()
        });
        running.await.map_err(|_| PasswordError::Stopping)?
    }
}

fn argon2id() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| PasswordError::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests;
