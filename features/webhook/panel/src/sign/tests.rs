use names::WebhookId;
use seal::SealKey;

use super::*;

/// Computed by another implementation:
/// `printf '%s' "$id.$seconds.$body" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '01%.0s' $(seq 32)) -binary | base64`
#[test]
fn a_signature_is_what_others_compute() {
    let key = Key::from_clear("whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    let id: DeliveryId = "01935b2e-7a4d-7c3e-8f10-0123456789ab".parse().unwrap();
    let at = Micros::new(1_764_100_000_999_999).unwrap();
    let headers = headers(id, at, r#"{"type":"object.ready"}"#, &[&key]);
    let value = |name: &str| headers.iter().find(|header| header.name == name).unwrap().value.clone();
    assert_eq!(value("webhook-id"), "01935b2e-7a4d-7c3e-8f10-0123456789ab");
    assert_eq!(value("webhook-timestamp"), "1764100000");
    assert_eq!(value("webhook-signature"), "v1,AQhr9MBfQml2V/RnZsnGNflmRd2l5ZyA4VdNRVgNsJo=");
}

#[test]
fn after_a_rotation_both_keys_sign() {
    let (new, old) = (Key::generate().unwrap(), Key::generate().unwrap());
    let id = DeliveryId::new();
    let at = Micros::now();
    let signature = |keys: &[&Key]| headers(id, at, "{}", keys)[3].value.clone();
    assert_eq!(signature(&[&new, &old]), format!("{} {}", signature(&[&new]), signature(&[&old])));
    assert_ne!(signature(&[&new]), signature(&[&old]));
}

#[test]
fn a_key_is_sealed_for_its_webhook_and_shown_and_never_printed() {
    let (key, seal, id) = (Key::generate().unwrap(), SealKey::throw_away().unwrap(), WebhookId::new());
    let sealed = key.sealed(&seal, id).unwrap();
    assert_eq!(Key::open(&seal, id, &sealed).unwrap().sign(&[&"x"]), key.sign(&[&"x"]));
    assert!(Key::open(&seal, WebhookId::new(), &sealed).is_err(), "in another row it is nothing");
    assert!(Key::open(&SealKey::throw_away().unwrap(), id, &sealed).is_err());
    assert!(Key::open(&seal, id, key.shown().expose()).is_err(), "what is not sealed is not taken");
    assert_eq!(Key::from_clear(key.shown().expose()).unwrap().sign(&[&"x"]), key.sign(&[&"x"]));
    assert_eq!(key.shown().expose().len(), "whsec_".len() + 44);
    assert!(!format!("{key:?}").contains(&key.shown().expose()[6..]));
    for text in ["", "whsec_", "whsec_AQEB", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="] {
        assert!(Key::from_clear(text).is_err(), "{text}");
    }
}
