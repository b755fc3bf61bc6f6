//! What the tests of this crate share: names, an authority, and what was written.

use cert_spec::{Der, Issued};
use hostd::Host;
use names::{CertName, CertificateId, Digest};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::layout;

pub(crate) fn id() -> CertificateId {
    CertificateId::parse("01990000-0000-7000-8000-000000000007").unwrap()
}

pub(crate) fn names(names: &[&str]) -> Vec<CertName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// What an authority issues for a key that waits on this host.
pub(crate) fn issue(host: &Host, key: Digest, names: &[&str]) -> Issued {
    let text = host.files().read_text(&layout::waiting(id(), key)).unwrap().unwrap();
    let pair = KeyPair::from_pem(&text).unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let leaf = CertificateParams::new(names).unwrap().signed_by(&pair, &authority).unwrap();
    let ders = [leaf.der().to_vec(), authority.der().to_vec()];
    Issued { chain: ders.into_iter().map(|der| Der::new(der).unwrap()).collect(), key }
}

/// The names of files below the directory of the certificate's keys.
pub(crate) fn keys(host: &Host) -> Vec<String> {
    host.files().list(&layout::keys(id())).unwrap().into_iter().map(|(name, _)| name).collect()
}
