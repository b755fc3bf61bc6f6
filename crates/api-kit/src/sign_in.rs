//! Why nobody is signed in, as an answer. Which of login and password is wrong, is not said.

use auth::sign_in::{ConfirmError, SignInError};
use names::Micros;

use crate::error::ApiError;
use crate::json;

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::sign_in_refused(),
            SignInError::Locked { until } => {
                let wait = until.since(Micros::now());
                let detail = "There were too many failed sign-ins. Wait, then try again.";
                Self::too_many("sign_in_locked", detail, wait)
            }
            SignInError::Password(error) => Self::internal(error),
            SignInError::Store(error) => error.into(),
        }
    }
}

/// Why a password is not replaced; `field` is where the one of now belongs.
pub fn unconfirmed(field: &str, error: ConfirmError) -> ApiError {
    match error {
        ConfirmError::Missing => {
            let remedy = format!("Send it as {field}.");
            json::refuse(field, "missing_field", "The password of now is needed.", remedy)
        }
        ConfirmError::SignIn(SignInError::Refused) => {
            json::refuse(field, "password_wrong", "This is not the password of now.", "")
        }
        ConfirmError::SignIn(other) => other.into(),
    }
}
