//! Which command calls which operation of the API. The reference shows it, and a test holds it against the API's description: every
//! operation has a command.

/// `operationId` and command.
pub(crate) const OPERATIONS: &[(&str, &str)] = &[
    ("account_create", "account create"),
    ("account_delete", "account delete"),
    ("account_edit", "account edit"),
    ("account_list", "account list"),
    ("account_show", "account show"),
    ("account_suspend", "account suspend"),
    ("account_unsuspend", "account unsuspend"),
    ("account_usage", "account usage"),
    ("account_usage_history", "account usage"),
    ("act_as_consent_give", "session consent"),
    ("act_as_consent_withdraw", "session withdraw-consent"),
    ("act_as_create", "act-as"),
    ("audit_export", "audit export"),
    ("audit_list", "audit list"),
    ("audit_verify", "audit verify"),
    ("doctor_run", "doctor"),
    ("drift_decide", "drift pause"),
    ("drift_decide", "drift resume"),
    ("drift_decide", "drift revert"),
    ("drift_list", "drift list"),
    ("event_list", "event follow"),
    ("event_list", "event list"),
    ("health_show", "node health"),
    ("login_link_create", "login-link"),
    ("node_edit", "node edit"),
    ("node_show", "node show"),
    ("openapi_show", "api"),
    ("password_set", "password"),
    ("person_token_delete", "token delete"),
    ("person_token_delete_all", "token delete"),
    ("person_token_list", "token list"),
    ("plan_show", "plan"),
    ("pool_list", "pool list"),
    ("pool_show", "pool show"),
    ("session_create", "session create"),
    ("session_create_by_link", "session create"),
    ("session_delete", "session delete"),
    ("session_list", "session list"),
    ("session_revoke", "session revoke"),
    ("session_show", "session show"),
    ("setting_list", "setting list"),
    ("setting_set", "setting set"),
    ("setting_show", "setting show"),
    ("site_approve", "site approve"),
    ("site_create", "site create"),
    ("site_delete", "site delete"),
    ("site_edit", "site edit"),
    ("site_list", "site list"),
    ("site_show", "site show"),
    ("site_suspend", "site suspend"),
    ("site_unsuspend", "site unsuspend"),
    ("sweep_run", "sweep"),
    ("token_create", "token create"),
    ("token_delete", "token delete"),
    ("token_delete_all", "token delete"),
    ("token_list", "token list"),
    ("token_show", "token show"),
];

/// The operations of a command, such as `site create`.
pub(crate) fn of(command: &str) -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().filter(move |(_, its)| *its == command).map(|(operation, _)| *operation)
}

#[cfg(test)]
mod tests;
