//! What is inside a key: the fields of RFC 4253, RFC 5656, RFC 8709 and OpenSSH's PROTOCOL.u2f, nothing missing, nothing more.

use super::SshKeyKind;
use crate::NameError;

/// Sizes of RSA keys that are taken, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=16384;

pub(super) fn check(kind: SshKeyKind, blob: &[u8]) -> Result<(), NameError> {
    let mut fields = Fields(blob);
    let sound = fields.take() == Some(kind.as_str().as_bytes())
        && match kind {
            SshKeyKind::Ed25519 => fields.ed25519(),
            SshKeyKind::EcdsaP256 => fields.ecdsa(b"nistp256", 32),
            SshKeyKind::EcdsaP384 => fields.ecdsa(b"nistp384", 48),
            SshKeyKind::EcdsaP521 => fields.ecdsa(b"nistp521", 66),
            SshKeyKind::SkEd25519 => fields.ed25519() && fields.application(),
            SshKeyKind::SkEcdsaP256 => fields.ecdsa(b"nistp256", 32) && fields.application(),
            SshKeyKind::Rsa => {
                let (Some(exponent), Some(modulus)) = (fields.number(), fields.number()) else {
                    return Err(broken());
                };
                let odd = |n: &[u8]| n.last().is_some_and(|b| b % 2 == 1);
                if !odd(exponent) || !odd(modulus) || bits(exponent) < 2 || bits(exponent) > 64 {
                    return Err(broken());
                }
                if !RSA_BITS.contains(&bits(modulus)) {
                    let remedy = "use an Ed25519 key (ssh-keygen -t ed25519), or RSA of 3072 bits";
                    let reason = "the RSA key has fewer than 2048 or more than 16384 bits";
                    return Err(NameError::new("ssh_key_rsa_size", reason, remedy));
                }
                true
            }
        }
        && fields.0.is_empty();
    if sound { Ok(()) } else { Err(broken()) }
}

fn broken() -> NameError {
    let reason = "the key's content does not match its type";
    NameError::new("ssh_key_content", reason, "copy the whole line of the .pub file again")
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// Length-prefixed fields, read from the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    /// A positive multi-precision integer in its shortest form, without the sign byte.
    fn number(&mut self) -> Option<&'a [u8]> {
        match self.take()? {
            [0, rest @ ..] => rest.first().is_some_and(|high| *high >= 0x80).then_some(rest),
            number => number.first().is_some_and(|high| *high < 0x80).then_some(number),
        }
    }

    fn ed25519(&mut self) -> bool {
        self.take().is_some_and(|key| key.len() == 32)
    }

    /// The curve's name and an uncompressed point.
    fn ecdsa(&mut self, curve: &[u8], size: usize) -> bool {
        self.take() == Some(curve)
            && self.take().is_some_and(|p| p.len() == 1 + 2 * size && p.first() == Some(&4))
    }

    /// The application of a security key, `ssh:...`.
    fn application(&mut self) -> bool {
        self.take()
            .is_some_and(|a| a.starts_with(b"ssh:") && a.len() <= 255 && a.iter().all(u8::is_ascii_graphic))
    }
}
