//! An authority for tests, with an intermediate as real ones have it.

use names::Micros;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData,
    date_time_ymd,
};

/// Root and intermediate.
pub(crate) struct Authority {
    root: Certificate,
    between: Certificate,
    params: CertificateParams,
    key: KeyPair,
}

/// A certificate as an owner has it.
pub(crate) struct Leaf {
    /// Its own certificate.
    pub(crate) own: String,
    /// Of the issuer.
    pub(crate) between: String,
    /// Of the issuer's issuer.
    pub(crate) root: String,
    /// Its key.
    pub(crate) key: String,
    /// SHA-256 of the public key.
    pub(crate) digest: names::Digest,
}

impl Leaf {
    /// The chain as it is usually given out.
    pub(crate) fn chain(&self) -> String {
        format!("{}{}", self.own, self.between)
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn year() -> i32 {
    Micros::now().to_string()[..4].parse().unwrap()
}

impl Authority {
    pub(crate) fn new() -> Self {
        let (above, key_above) = (authority("Test Root"), KeyPair::generate().unwrap());
        let (params, key) = (authority("Test Intermediate"), KeyPair::generate().unwrap());
        let root = above.self_signed(&key_above).unwrap();
        let between = params.signed_by(&key, &Issuer::from_params(&above, &key_above)).unwrap();
        Self { root, between, params, key }
    }

    /// A certificate for these names of this year and the next.
    pub(crate) fn leaf(&self, names: &[&str]) -> Leaf {
        self.of_years(names, (year(), year() + 2))
    }

    /// A certificate from the beginning of one year to that of another.
    pub(crate) fn of_years(&self, names: &[&str], (from, to): (i32, i32)) -> Leaf {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        Leaf {
            own: own.pem(),
            between: self.between.pem(),
            root: self.root.pem(),
            key: key.serialize_pem(),
            digest: names::Digest::of(key.subject_public_key_info()),
        }
    }
}
