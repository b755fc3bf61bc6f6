//! The certificate of handshakes that name none of our sites: the web server must show one before it can say that it does not know the
//! name. It is nobody's, and no browser takes it.

use names::{Micros, Secret};

use crate::self_signed;

/// How long it is valid, in days: as it proves nothing, nobody need make it again.
const DAYS: i64 = 36_500;

/// A new key and a certificate for this name that it signs itself, in PEM, the key first.
pub fn default_certificate(name: &str, now: Micros) -> Result<Secret<String>, rcgen::Error> {
    self_signed::make(&[name.to_owned()].into(), now, DAYS).map(|text| Secret::new(text.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pair::Pair;

    #[test]
    fn the_default_is_for_one_name_and_lasts() {
        let now = Micros::EPOCH.plus(Duration::from_hours(490_896));
        let made = default_certificate("holdfast.invalid", now).unwrap();
        let pair = Pair::read(&made.expose().as_str().into()).unwrap();
        assert_eq!(pair.leaf.names, ["holdfast.invalid".to_owned()].into());
        assert!(pair.leaf.ours && pair.is_as_written());
        assert!(
            pair.leaf.is_valid_at(now)
                && pair.leaf.is_valid_at(now.plus(Duration::from_hours(99 * 365 * 24)))
        );
        let again = default_certificate("holdfast.invalid", now).unwrap();
        assert_ne!(again.expose(), made.expose());
    }

    #[test]
    fn a_clock_at_the_end_of_time_makes_one_nevertheless() {
        assert!(default_certificate("holdfast.invalid", Micros::MAX).is_ok());
        assert!(default_certificate("holdfast.invalid", Micros::EPOCH).is_ok());
    }
}
