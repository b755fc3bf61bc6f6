//! Which handler answers which method.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};

use crate::error::{Refusal, names};
use crate::hello::{Hello, HelloReply};
use crate::method::{Access, Method};
use crate::server::call::Call;
use crate::server::introspection::{self, GetInfo, GetInterfaceDescription};

type Answer = Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send>>;

/// One method: its properties, and the handler with its types hidden.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) access: Access,
    pub(super) deadline: Duration,
    pub(super) fds_in: usize,
    run: Box<dyn Fn(Call, Box<RawValue>) -> Answer + Send + Sync>,
}

impl Entry {
    pub(super) fn run(&self, call: Call, parameters: Box<RawValue>) -> Answer {
        (self.run)(call, parameters)
    }
}

/// The methods of a service.
///
/// ```ignore
/// let router = Router::new("holdfast-agent").method(get_site).blocking(apply_site);
/// ```
#[derive(Default)]
pub struct Router {
    product: String,
    capabilities: BTreeSet<String>,
    methods: BTreeMap<&'static str, Arc<Entry>>,
}

impl Router {
    /// A router without methods; `product` is the service's name in `GetInfo`.
    pub fn new(product: impl Into<String>) -> Self {
        Self { product: product.into(), ..Self::default() }
    }

    /// Names an addition within an interface in the reply to [`Hello`].
    #[must_use]
    pub fn capability(mut self, name: impl Into<String>) -> Self {
        self.capabilities.insert(name.into());
        self
    }

    /// Adds an async handler. Its argument's type says which method it answers.
    ///
    /// # Panics
    /// When the method has a handler already.
    #[must_use]
    pub fn method<M, F, Fut>(self, handler: F) -> Self
    where
        M: Method,
        F: Fn(Call, M) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<M::Reply, Refusal>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert::<M>(Box::new(move |call, parameters| {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let request = parse::<M>(&parameters)?;
                encode::<M>(&handler(call, request).await?)
            })
        }))
    }

    /// Adds a handler that blocks; it runs on a thread of its own. What it has begun is never torn off: it looks at
    /// [`Call::is_cancelled`] between its steps.
    ///
    /// # Panics
    /// When the method has a handler already.
    #[must_use]
    pub fn blocking<M, F>(self, handler: F) -> Self
    where
        M: Method,
        F: Fn(Call, M) -> Result<M::Reply, Refusal> + Send + Sync + 'static,
    {
        let handler = Arc::new(handler);
        self.insert::<M>(Box::new(move |call, parameters| {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let request = parse::<M>(&parameters)?;
                match tokio::task::spawn_blocking(move || handler(call, request)).await {
                    Ok(reply) => encode::<M>(&reply?),
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(_) => Err(Refusal::new(names::STOPPING, "the service is stopping")),
                }
            })
        }))
    }

    /// Takes over the methods and capabilities of another router, as a feature brings them.
    ///
    /// # Panics
    /// When both have a handler for one method.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.capabilities.extend(other.capabilities);
        other.methods.into_values().fold(self, Self::add)
    }

    /// The methods' names, sorted; without those that every service answers.
    pub fn names(&self) -> Vec<&'static str> {
        self.methods.keys().copied().collect()
    }

    fn insert<M: Method>(self, run: Box<dyn Fn(Call, Box<RawValue>) -> Answer + Send + Sync>) -> Self {
        let entry = Entry { name: M::NAME, access: M::ACCESS, deadline: M::DEADLINE, fds_in: M::FDS_IN, run };
        self.add(Arc::new(entry))
    }

    fn add(mut self, entry: Arc<Entry>) -> Self {
        let name = entry.name;
        // A defect of the program, which must be seen at start.
        assert!(self.methods.insert(name, entry).is_none(), "the method {name} has two handlers");
        self
    }

    /// Adds what every service answers.
    pub(super) fn with_introspection(self) -> Self {
        let hello = HelloReply {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            interfaces: interfaces(&self.methods),
            capabilities: self.capabilities.iter().cloned().collect(),
            boot_id: introspection::boot_id(),
        };
        let info = introspection::info(&self.product, &hello);
        let names = self.names();
        self.method(move |_, _: Hello| std::future::ready(Ok(hello.clone())))
            .method(move |_, _: GetInfo| std::future::ready(Ok(info.clone())))
            .method(move |_, request: GetInterfaceDescription| {
                std::future::ready(introspection::describe(&names, &request))
            })
    }

    pub(super) fn find(&self, name: &str) -> Option<&Arc<Entry>> {
        self.methods.get(name)
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("product", &self.product)
            .field("methods", &self.names())
            .finish_non_exhaustive()
    }
}

fn interfaces(methods: &BTreeMap<&'static str, Arc<Entry>>) -> Vec<String> {
    let set: BTreeSet<&str> =
        methods.keys().filter_map(|name| name.rsplit_once('.')).map(|(interface, _)| interface).collect();
    set.into_iter().map(str::to_owned).collect()
}

fn parse<M: Method>(parameters: &RawValue) -> Result<M, Refusal> {
    serde_json::from_str(parameters.get())
        .map_err(|error| Refusal::new(names::INVALID_PARAMETER, format!("{}: {error}", M::NAME)))
}

fn encode<M: Method>(reply: &M::Reply) -> Result<Box<RawValue>, Refusal> {
    to_raw_value(reply).map_err(|error| Refusal::internal(format!("the reply is not JSON: {error}")))
}
