//! Public keys that open an account's SFTP.

mod blob;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::error::quoted;
use crate::text::text_value;
use crate::{Digest, NameError};

/// The kinds of keys that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SshKeyKind {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
    SkEd25519,
    SkEcdsaP256,
}

impl SshKeyKind {
    const ALL: [Self; 7] = [
        Self::Ed25519,
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::EcdsaP521,
        Self::Rsa,
        Self::SkEd25519,
        Self::SkEcdsaP256,
    ];

    /// As the key's line begins.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256",
            Self::EcdsaP384 => "ecdsa-sha2-nistp384",
            Self::EcdsaP521 => "ecdsa-sha2-nistp521",
            Self::Rsa => "ssh-rsa",
            Self::SkEd25519 => "sk-ssh-ed25519@openssh.com",
            Self::SkEcdsaP256 => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }
}

/// A public key: exactly `type base64 [comment]`, the base64 decoded and its content checked.
///
/// Safe in `authorized_keys`: it is rendered from its parts, the type is one of seven constants (so no options can stand in front,
/// and a line cannot become two), the base64 is our own encoding of the decoded key, and the comment has only letters, digits,
/// space and `._@+:/#()[],-`. The owner sets no options; those in front are written by the agent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshPublicKey {
    kind: SshKeyKind,
    blob: Vec<u8>,
    comment: String,
}

text_value!(SshPublicKey, "an SSH public key");

impl SshPublicKey {
    /// The longest comment, in bytes.
    pub const MAX_COMMENT: usize = 100;
    /// The longest line, in bytes: more than RSA of 16384 bits needs.
    pub const MAX: usize = 4096;

    /// Refuses with `ssh_key_empty`, `ssh_key_is_private`, `ssh_key_too_long`, `ssh_key_character`, `ssh_key_type`, `ssh_key_options`,
    /// `ssh_key_base64`, `ssh_key_content`, `ssh_key_rsa_size`, `ssh_key_comment`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "paste the one line of the .pub file: type, key, comment";
        if text.is_empty() {
            return Err(NameError::new("ssh_key_empty", "the key is empty", remedy));
        }
        if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
            let reason = "this is a private key, which must never leave your computer";
            return Err(NameError::new(
                "ssh_key_is_private",
                reason,
                "make a new pair and paste its .pub file",
            ));
        }
        if text.len() > Self::MAX {
            return Err(NameError::new("ssh_key_too_long", "the key is longer than 4096 bytes", remedy));
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic() && *c != ' ') {
            let reason = format!("the key contains {}", quoted(bad));
            return Err(NameError::new("ssh_key_character", reason, remedy));
        }
        let mut parts = text.splitn(3, ' ');
        let kind = kind(parts.next().unwrap_or_default())?;
        let blob = STANDARD.decode(parts.next().unwrap_or_default()).map_err(|_| {
            NameError::new("ssh_key_base64", "the key behind the type is not complete base64", remedy)
        })?;
        blob::check(kind, &blob)?;
        let comment = parts.next().unwrap_or_default();
        check_comment(comment)?;
        Ok(Self { kind, blob, comment: comment.to_owned() })
    }

    /// The kind of key.
    pub const fn kind(&self) -> SshKeyKind {
        self.kind
    }

    /// The comment, possibly empty.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The key itself as in `authorized_keys`, without the comment.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.blob)
    }

    /// The fingerprint that `ssh-keygen -l` prints: `SHA256:` and base64 without padding. The same key with another comment has the
    /// same one.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Digest::of(&self.blob).as_bytes()))
    }
}

fn kind(word: &str) -> Result<SshKeyKind, NameError> {
    if let Some(kind) = SshKeyKind::ALL.into_iter().find(|k| k.as_str() == word) {
        return Ok(kind);
    }
    // "options type key": a line of authorized_keys rather than of a .pub file
    let bare = word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'@'));
    let known = word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-");
    if bare && known {
        let reason = "keys of this type are not taken";
        return Err(NameError::new("ssh_key_type", reason, "use an Ed25519 key (ssh-keygen -t ed25519)"));
    }
    let reason = "the line does not begin with a key's type; options are not allowed";
    Err(NameError::new("ssh_key_options", reason, "paste the line of the .pub file, beginning with its type"))
}

fn check_comment(comment: &str) -> Result<(), NameError> {
    let refuse = |reason: String| {
        let remedy = "use at most 100 letters, digits, spaces and . _ @ + : / # ( ) [ ] , -, or no comment";
        Err(NameError::new("ssh_key_comment", reason, remedy))
    };
    if comment.len() > SshPublicKey::MAX_COMMENT {
        return refuse("the comment is longer than 100 bytes".to_owned());
    }
    if let Some(bad) = comment.chars().find(|c| !c.is_ascii_alphanumeric() && !" ._@+:/#()[],-".contains(*c))
    {
        return refuse(format!("the comment contains {}", quoted(bad)));
    }
    if comment.starts_with(' ') || comment.ends_with(' ') {
        return refuse("the comment begins or ends with a space".to_owned());
    }
    Ok(())
}

impl fmt::Display for SshPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.base64())?;
        if self.comment.is_empty() { Ok(()) } else { write!(f, " {}", self.comment) }
    }
}

impl fmt::Debug for SshPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SshPublicKey({} {})", self.kind.as_str(), self.fingerprint())
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
