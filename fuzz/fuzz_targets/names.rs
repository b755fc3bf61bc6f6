//! Every parser of `names` on any text: no panic, what is accepted reads back as itself, and no byte outside printable ASCII
//! gets through.
#![no_main]

use std::fmt::{Debug, Display};

use libfuzzer_sys::fuzz_target;
use names::{
    AccountName, BodySize, ByteSize, CryptHash, Digest, DomainName, EmailAddress, Generation, Hostname, IndexFile, IndexOrder,
    IpNetwork, ListenAddr, Micros, NameError, OpaqueToken, Password, PhpVersion, PoolName, RelPath, SiteId, SshPublicKey, Uid,
    WebUrl,
};

fn holds<T: Display + Debug + PartialEq>(parse: impl Fn(&str) -> Result<T, NameError>, text: &str) {
    match parse(text) {
        Ok(value) => {
            let printed = value.to_string();
            assert!(printed.bytes().all(|b| (b' '..=b'~').contains(&b)), "{text:?} -> {printed:?}");
            assert!(!text.contains(char::is_control), "{text:?}");
            assert_eq!(parse(&printed).as_ref(), Ok(&value), "{text:?} -> {printed:?}");
        }
        Err(error) => {
            assert!(error.to_string().bytes().all(|b| (b' '..=b'~').contains(&b)), "{error}");
        }
    }
}

fuzz_target!(|text: &str| {
    holds(AccountName::parse, text);
    holds(BodySize::parse, text);
    holds(ByteSize::parse, text);
    holds(Digest::parse, text);
    holds(DomainName::parse, text);
    holds(EmailAddress::parse, text);
    holds(Generation::parse, text);
    holds(Hostname::parse, text);
    holds(IndexFile::parse, text);
    holds(IndexOrder::parse, text);
    holds(IpNetwork::parse, text);
    holds(ListenAddr::parse, text);
    holds(Micros::parse, text);
    holds(PhpVersion::parse, text);
    holds(PoolName::parse, text);
    holds(RelPath::parse, text);
    holds(SiteId::parse, text);
    holds(SshPublicKey::parse, text);
    holds(Uid::parse, text);
    holds(WebUrl::parse, text);
    if let Ok(name) = DomainName::parse(text) {
        assert_eq!(DomainName::parse(&name.unicode()), Ok(name), "{text:?}");
    }
    if let Ok(hash) = CryptHash::parse(text) {
        assert_eq!(hash.expose(), text);
        assert!(!text.contains([':', '\n', '\0']));
    }
    if let Ok(password) = Password::parse(text) {
        assert_eq!(password.expose(), text);
        assert!(!text.contains(char::is_control));
    }
    if let Ok(token) = OpaqueToken::parse(text) {
        assert_eq!(token.expose().expose(), text);
    }
});
