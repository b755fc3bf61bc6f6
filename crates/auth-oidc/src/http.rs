//! How a provider is asked: by whoever is given, since this crate speaks to no network.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The address may not be called.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody answers there, or nobody who is trusted, or not in time.
    #[error("{0}")]
    NoAnswer(String),
    /// The answer is longer than was waited for.
    #[error("the answer is longer than {0} bytes, or came too slowly")]
    TooMuch(u32),
    /// Whoever asks is not there: nothing is known of the provider.
    #[error("{0}")]
    NobodyAsks(String),
}

type Asking<'c> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;
type Ask = dyn Fn(HttpRequest) -> Asking<'static> + Send + Sync;

/// Whoever asks. A clone is the same.
#[derive(Clone)]
pub struct Http(Arc<Ask>);

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// By this closure. It bounds what an answer may take, in bytes and in time, follows no redirection, and calls no private address.
    pub fn new<F>(ask: impl Fn(HttpRequest) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HttpResponse, HttpError>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(ask(request))))
    }

    pub(crate) async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        (self.0)(request).await
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Asking<'c>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        (self.0)(request)
    }
}
