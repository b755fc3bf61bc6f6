//! Where a password is set: by the installation's policy, whichever feature sets it.

use api_kit::ApiError;
use auth::Passwords;
use names::Password;
use store::{Store, Tx};

use crate::setting;

/// Refuses a password that is too short or easy to guess; `field` is where it stands, `about` what everybody knows of its person. Takes as
/// long as hashing does: never called within a transaction.
pub async fn check_password(
    store: &Store,
    passwords: &Passwords,
    field: &str,
    password: &Password,
    about: Vec<String>,
) -> Result<(), ApiError> {
    let policy = store.read(async |tx: &mut Tx| setting::password_policy(tx).await).await?;
    let checked = passwords.check(policy, password.clone(), about).await.map_err(ApiError::internal)?;
    checked.map_err(|weak| api_kit::weak(field, &weak))
}
