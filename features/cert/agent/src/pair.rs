//! A key and the chain that goes with it, as they lie in one file: nginx reads both from it, so that it never sees a pair that does not
//! fit.

use std::sync::Arc;

use crate::leaf::Leaf;
use crate::private_key::{PRIVATE_KEY, PrivateKey, block};

const CERTIFICATE: &str = "CERTIFICATE";

/// A key with a certificate for it.
pub(crate) struct Pair {
    /// The key.
    pub(crate) key: Arc<PrivateKey>,
    /// The certificate that is shown for it.
    pub(crate) leaf: Leaf,
    /// What the file holds.
    pub(crate) text: Arc<str>,
}

impl Pair {
    /// Reads a file; none where it does not hold key and certificate, or the key does not fit.
    pub(crate) fn read(text: &Arc<str>) -> Option<Self> {
        let blocks = pem::parse_many(text.as_bytes()).ok()?;
        let named = |name: &'static str| blocks.iter().filter(move |block| block.tag() == name);
        let key = PrivateKey::of_pkcs8(named(PRIVATE_KEY).next()?.contents()).ok()?;
        let leaf = Leaf::read(named(CERTIFICATE).next()?.contents())?;
        (leaf.key == key.digest()).then(|| Self { key: Arc::new(key), leaf, text: text.clone() })
    }

    /// Whether the file is, byte for byte, what we write of one certificate that signs itself.
    pub(crate) fn is_as_written(&self) -> bool {
        let Ok(blocks) = pem::parse_many(self.text.as_bytes()) else { return false };
        let chain = blocks.iter().filter(|block| block.tag() == CERTIFICATE).map(pem::Pem::contents);
        blocks.len() == 2 && text(&self.key, chain) == *self.text
    }
}

/// The file: the key first, then the chain, the certificate itself first.
pub(crate) fn text<'a>(key: &PrivateKey, chain: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut text = key.pem().expose().clone();
    chain.into_iter().for_each(|der| text.push_str(&block(CERTIFICATE, der)));
    text
}
