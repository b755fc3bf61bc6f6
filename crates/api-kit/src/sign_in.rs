//! Why nobody is signed in, as an answer. Which of login and password is wrong, is not said.

use auth::allow_list::ShutOut;
use auth::sign_in::{ConfirmError, SignInError};
use auth::{Actor, Weak};
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
            SignInError::Code { .. } => Self::code_refused(),
            SignInError::Totp(error) => Self::internal(error),
            SignInError::Password(error) => Self::internal(error),
            SignInError::Store(error) => error.into(),
        }
    }
}

/// Refuses a session whose person has not shown the password or a code in the last 10 minutes.
pub fn require_step_up(actor: &Actor, now: Micros) -> Result<(), ApiError> {
    if actor.has_stepped_up(now) { Ok(()) } else { Err(ApiError::step_up_required()) }
}

/// Why a password is not taken; `field` is where it stands.
pub fn weak(field: &str, weak: &Weak) -> ApiError {
    match weak {
        Weak::TooShort { least } => {
            let reason = format!("The password has fewer than {least} characters.");
            json::refuse(field, "password_too_short", reason, "Use a longer one, such as four or five words.")
        }
        Weak::Guessable { why, remedy } => {
            json::refuse(field, "password_guessable", why.as_str(), remedy.as_str())
        }
    }
}

/// Why a password or a code does not confirm who asks; `field` is where it stands.
pub fn unconfirmed(field: &str, error: ConfirmError) -> ApiError {
    match error {
        ConfirmError::Missing => {
            let remedy = format!("Send it as {field}.");
            json::refuse(field, "missing_field", "The password of now is needed.", remedy)
        }
        ConfirmError::SignIn(SignInError::Refused) => {
            json::refuse(field, "password_wrong", "This is not the password of now.", "")
        }
        ConfirmError::SignIn(SignInError::Code { .. }) => {
            let remedy = "Wait for the next code, or send a recovery code.";
            json::refuse(field, "code_wrong", "This code is wrong, or was used already.", remedy)
        }
        ConfirmError::SignIn(other) => other.into(),
    }
}

/// Why networks are not set; `field` is where they stand.
pub fn shut_out(field: &str, why: &ShutOut) -> ApiError {
    match why {
        ShutOut::You => {
            let remedy = "Add the network that you are in.";
            json::refuse(field, "shuts_you_out", "You could not sign in again from where you are.", remedy)
        }
        ShutOut::EveryAdministrator => {
            let reason = "No administrator could sign in from anywhere that they signed in from before.";
            let remedy =
                "Add a network that an administrator signs in from, or let one sign in from there first.";
            json::refuse(field, "shuts_administrators_out", reason, remedy)
        }
    }
}
