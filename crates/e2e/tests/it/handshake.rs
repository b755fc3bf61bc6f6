//! What a visitor is shown by TLS, before any request: by another implementation than the server's.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use e2e::{Family, Node};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

const PATIENCE: Duration = Duration::from_secs(20);

static ANY: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
static OLD: &[&SupportedProtocolVersion] = &[&TLS12];
static NEW: &[&SupportedProtocolVersion] = &[&TLS13];

/// A handshake with a server's port 443. Whoever answers is trusted, but must have the key of what it shows.
#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    at: SocketAddr,
    name: Option<String>,
    versions: &'static [&'static SupportedProtocolVersion],
    root: Option<String>,
}

/// What was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The certificates in DER, as they came.
    pub(crate) chain: Vec<Vec<u8>>,
    /// `TLSv1_3`
    pub(crate) protocol: String,
}

impl Handshake {
    /// Over this family, with no name asked for.
    pub(crate) fn over(node: &Node, family: Family) -> Self {
        let address = match family {
            Family::V4 => IpAddr::V4(node.ipv4()),
            Family::V6 => IpAddr::V6(node.ipv6()),
        };
        Self { at: SocketAddr::new(address, 443), name: None, versions: ANY, root: None }
    }

    /// Asks for this name (SNI).
    pub(crate) fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Speaks TLS 1.2 alone.
    pub(crate) fn tls12(mut self) -> Self {
        self.versions = OLD;
        self
    }

    /// Speaks TLS 1.3 alone.
    pub(crate) fn tls13(mut self) -> Self {
        self.versions = NEW;
        self
    }

    /// Trusts what leads to these certificates (PEM) and is for the name alone, as a browser does.
    pub(crate) fn trusting(mut self, root: &str) -> Self {
        self.root = Some(root.to_owned());
        self
    }

    /// Shakes hands.
    ///
    /// # Errors
    /// Why it did not come about.
    pub(crate) fn shown(&self) -> Result<Shown, String> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .unwrap();
        let mut config = if let Some(pem) = &self.root {
            let mut roots = RootCertStore::empty();
            for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.add(root.unwrap()).unwrap();
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        } else {
            let anyone = Arc::new(Anyone(provider));
            builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
        };
        config.enable_sni = self.name.is_some();
        let name = self.name.clone().unwrap_or_else(|| "nobody.invalid".to_owned());
        let name = ServerName::try_from(name).unwrap();
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = TcpStream::connect_timeout(&self.at, PATIENCE).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| error.to_string())?;
        }
        let chain = connection.peer_certificates().unwrap_or_default();
        let protocol = connection.protocol_version().map(|version| format!("{version:?}"));
        Ok(Shown {
            chain: chain.iter().map(|certificate| certificate.to_vec()).collect(),
            protocol: protocol.unwrap_or_default(),
        })
    }
}

impl Shown {
    fn first<T>(&self, read: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        let (_, certificate) = x509_parser::parse_x509_certificate(&self.chain[0]).unwrap();
        read(&certificate)
    }

    /// The names that it is for, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.first(|certificate| {
            let alternative = certificate.subject_alternative_name().unwrap();
            let general = alternative.map(|extension| &extension.value.general_names);
            let mut names: Vec<String> = general
                .into_iter()
                .flatten()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some((*name).to_owned()),
                    _ => None,
                })
                .collect();
            names.sort();
            names
        })
    }

    /// Whether it signs itself.
    pub(crate) fn signs_itself(&self) -> bool {
        self.chain.len() == 1
            && self.first(|certificate| certificate.issuer().as_raw() == certificate.subject().as_raw())
    }

    /// Its serial number in hexadecimal pairs.
    pub(crate) fn serial(&self) -> String {
        self.first(|certificate| certificate.raw_serial_as_string())
    }
}

/// What every visitor is shown at a name, over both families, which must be alike.
#[track_caller]
pub(crate) fn shown(node: &Node, name: &str) -> Shown {
    let of =
        |family| Handshake::over(node, family).name(name).shown().unwrap_or_else(|e| panic!("{name}: {e}"));
    let (four, six) = (of(Family::V4), of(Family::V6));
    assert_eq!(four.chain, six.chain, "{name}");
    four
}

/// The same to one who trusts this root alone. A certificate may come between two looks, and no second one as soon.
pub(crate) fn trusted(node: &Node, name: &str, root: &str) -> Result<Shown, String> {
    let of = |family| Handshake::over(node, family).name(name).trusting(root).shown();
    let (four, six) = (of(Family::V4)?, of(Family::V6)?);
    if four.chain == six.chain || of(Family::V4)?.chain == six.chain {
        return Ok(six);
    }
    Err(format!("{name}: not the same over both families"))
}

/// Takes whatever it is shown, by one who has its key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
