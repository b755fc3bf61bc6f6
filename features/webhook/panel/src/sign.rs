//! The signature, as "Standard Webhooks" has it: `v1,` and base64 of HMAC-SHA-256 over `<webhook-id>.<webhook-timestamp>.<body>`.

use egress_spec::Header;
use names::{DeliveryId, Micros};

use crate::secret::Key;

/// The headers by which a receiver knows the message for ours, and for new. Signed by each of these keys: after a rotation by both for
/// a day, so that a receiver may change its own at any moment of it.
pub(crate) fn headers(id: DeliveryId, at: Micros, body: &str, keys: &[&Key]) -> Vec<Header> {
    let seconds = at.as_micros() / 1_000_000;
    let signatures: Vec<String> =
        keys.iter().map(|key| format!("v1,{}", key.sign(&[&id, &seconds, &body]))).collect();
    let header = |name: &str, value: String| Header { name: name.to_owned(), value };
    vec![
        header("content-type", "application/json".to_owned()),
        header("webhook-id", id.to_string()),
        header("webhook-timestamp", seconds.to_string()),
        header("webhook-signature", signatures.join(" ")),
    ]
}

#[cfg(test)]
mod tests;
