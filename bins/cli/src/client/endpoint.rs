//! Where the panel is, and how it is reached and trusted.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use names::ApiToken;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::tls;
use crate::failure::Failure;

/// The panel's socket on its own server.
const SOCKET: &str = "/run/holdfast-panel/panel.sock";

/// How long it may take to be connected.
const CONNECT: Duration = Duration::from_secs(10);

/// Where the panel is
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Panel")]
pub(crate) struct EndpointArgs {
    /// The panel's address, such as `https://panel.example.test:8443`; without it, the unix socket of this server
    #[arg(long, global = true, hide_env_values = true, env = "HOLDFAST_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// File with a token, made by `holdfast token create` or, for a session, by `holdfast session create`
    #[arg(long, global = true, hide_env_values = true, env = "HOLDFAST_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Do this one command as somebody below, visibly; see `holdfast act-as`
    #[arg(long = "as", global = true, value_name = "LOGIN")]
    pub(crate) as_login: Option<String>,
    /// PEM file with the certificates that are trusted, in place of the system's
    #[arg(long, global = true, hide_env_values = true, env = "HOLDFAST_CA_FILE", value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// SHA-256 fingerprint of the panel's certificate, which is trusted then, whoever signed it
    #[arg(long, global = true, hide_env_values = true, env = "HOLDFAST_FINGERPRINT", value_name = "HEX")]
    pub(crate) fingerprint: Option<String>,
    /// The panel's unix socket
    #[arg(long, global = true, hide_env_values = true, env = "HOLDFAST_SOCKET", value_name = "PATH", conflicts_with = "url", default_value = SOCKET)]
    pub(crate) socket: PathBuf,
}

/// A panel on another server.
#[derive(Debug)]
pub(crate) struct Remote {
    host: String,
    port: u16,
    authority: String,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

/// Where requests go.
#[derive(Debug)]
pub(crate) enum Endpoint {
    /// This server's panel, which knows us by our uid.
    Socket(PathBuf),
    /// HTTPS.
    Remote(Box<Remote>),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// No socket, nobody behind it, or not allowed.
    #[error("{0}")]
    Connect(io::Error),
    /// It answers, but as somebody who is not trusted.
    #[error("{0}")]
    Tls(io::Error),
    /// Nothing happens.
    #[error("not connected within {} s", CONNECT.as_secs())]
    Late,
}

/// What HTTP is spoken over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

impl EndpointArgs {
    /// Checks what was said, and reads the files that it names.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        let Some(url) = &self.url else {
            return Ok(Endpoint::Socket(self.socket.clone()));
        };
        let usage =
            |what: &str| Failure::Usage(format!("--url: {what}, such as https://panel.example.test:8443"));
        let uri: Uri = url.parse().map_err(|_| usage("must be an address"))?;
        if uri.scheme_str() != Some("https") {
            return Err(usage("must begin with https://"));
        }
        let authority = uri.authority().ok_or_else(|| usage("must name a host"))?;
        if !uri.path().trim_matches('/').is_empty()
            || uri.query().is_some()
            || authority.as_str().contains('@')
        {
            return Err(usage("is a host and a port alone"));
        }
        let port = authority.port_u16().unwrap_or(443);
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|_| usage("must name a host"))?;
        let tls = tls::config(self.ca_file.as_deref(), self.fingerprint.as_deref())?;
        let authority = authority.as_str().to_owned();
        Ok(Endpoint::Remote(Box::new(Remote { host, port, authority, name, tls: Arc::new(tls) })))
    }
}

impl EndpointArgs {
    /// The token that was named. Who presents one is who the token says, root or not.
    pub(crate) fn token(&self) -> Result<Option<String>, Failure> {
        self.token_file.as_deref().map(read_token).transpose()
    }
}

fn read_token(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("--token-file {}: {error}", path.display())))?;
    let token = text.trim();
    if token.is_empty()
        || !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return Err(Failure::Usage(format!("--token-file {}: this is no token", path.display())));
    }
    if ApiToken::is_meant(token)
        && let Err(error) = ApiToken::parse(token)
    {
        return Err(Failure::Usage(format!("--token-file {}: {}", path.display(), error.reason)));
    }
    Ok(token.to_owned())
}

impl Endpoint {
    /// For the header `Host`.
    pub(super) fn authority(&self) -> &str {
        match self {
            Self::Socket(_) => "localhost",
            Self::Remote(remote) => &remote.authority,
        }
    }

    /// Connects, and checks who is there.
    pub(super) async fn connect(&self) -> Result<TokioIo<Pin<Box<dyn Stream>>>, ConnectError> {
        let connecting = async {
            let stream: Pin<Box<dyn Stream>> = match self {
                Self::Socket(path) => {
                    Box::pin(UnixStream::connect(path).await.map_err(ConnectError::Connect)?)
                }
                Self::Remote(remote) => {
                    let address = (remote.host.as_str(), remote.port);
                    let stream = TcpStream::connect(address).await.map_err(ConnectError::Connect)?;
                    let connector = tokio_rustls::TlsConnector::from(Arc::clone(&remote.tls));
                    let stream = connector.connect(remote.name.clone(), stream).await;
                    Box::pin(stream.map_err(ConnectError::Tls)?)
                }
            };
            Ok(TokioIo::new(stream))
        };
        tokio::time::timeout(CONNECT, connecting).await.unwrap_or(Err(ConnectError::Late))
    }

    /// Who cannot be reached, and why.
    pub(super) fn reason(&self, error: &ConnectError) -> String {
        let place = match self {
            Self::Socket(path) => path.display().to_string(),
            Self::Remote(remote) => format!("https://{}", remote.authority),
        };
        format!("the panel at {place} cannot be reached: {error}")
    }

    /// What to do about it.
    pub(super) fn remedy(&self, error: &ConnectError) -> String {
        let text = match (self, error) {
            (Self::Socket(_), ConnectError::Connect(error))
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                "Run this as root, or give --url and --token-file."
            }
            (Self::Socket(_), ConnectError::Connect(error)) if error.kind() == io::ErrorKind::NotFound => {
                "Is Holdfast set up on this server? `systemctl start holdfast-panel.socket`, or `holdfast setup`; for another server give --url."
            }
            (Self::Socket(_), _) => {
                "`systemctl status holdfast-panel.socket holdfast-panel.service` and `holdfast doctor` tell more."
            }
            (Self::Remote(_), ConnectError::Tls(_)) => {
                "If the fingerprint is the one that the server shows (`openssl x509 -noout -fingerprint -sha256 -in /etc/holdfast/credentials/tls.pem`), give it with --fingerprint."
            }
            (Self::Remote(_), _) => {
                "Is the address right, is the panel up, and does a firewall let you through?"
            }
        };
        text.to_owned()
    }
}
