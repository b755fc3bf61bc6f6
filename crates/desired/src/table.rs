//! The table of routes: who may call each of them is part of the same declaration, and there is no way to add a route without it.
//!
//! The gate in front of a route turns away who is not signed in, and who lacks a permission over the whole installation. Permissions on
//! one account need the object: there the route's look-up gives a proof (`auth::Authorised`) without which its store cannot be called.
//! What makes or changes credentials is done by their person in a session alone ([`Access::by_session`]): no token makes itself a better one,
//! and nobody who acts as another stays them. What was declared is written into the API's description as `x-access`, and a test calls every route as everyone, and compares.

use api_kit::ApiError;
use auth::{Actor, Denied, OnAccount, OnOrganisation, Permission, PermissionId};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use names::Micros;
use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};

/// Who may call a route.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    rule: Rule,
    by: By,
    step_up: bool,
}

/// By what a person may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Anything,
    NotActing,
    Session,
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    Open,
    SignedIn,
    Everywhere(PermissionId, fn(&Actor) -> Result<(), Denied>),
    Object(PermissionId),
    Organisation(PermissionId),
    Listed(PermissionId),
}

impl Access {
    /// Besides, of a session, only where its person has shown the password or a code in the last 10 minutes: for what is dangerous in the
    /// hands of whoever finds a browser open.
    #[must_use]
    pub const fn with_step_up(self) -> Self {
        Self { step_up: true, ..self }
    }

    /// Anyone, signed in or not.
    pub const OPEN: Self = Self::of(Rule::Open);
    /// Anyone who is signed in; the route is about themselves.
    pub const SIGNED_IN: Self = Self::of(Rule::SignedIn);

    const fn of(rule: Rule) -> Self {
        Self { rule, by: By::Anything, step_up: false }
    }

    /// By the person in a session of their own alone: for whatever makes or changes what one shows to be somebody. A token, which could make
    /// itself a better one, and whoever acts as the person get 403. Root on the server itself is let through.
    #[must_use]
    pub const fn by_session(self) -> Self {
        Self { by: By::Session, ..self }
    }

    /// As [`Access::by_session`], but a token may: for what gives or takes rights and makes nobody anyone else.
    #[must_use]
    pub const fn not_acting(self) -> Self {
        Self { by: By::NotActing, ..self }
    }

    /// Who holds `P` over the whole installation; others get 403.
    pub fn everywhere<P: Permission>() -> Self {
        Self::of(Rule::Everywhere(P::ID, |actor| actor.everywhere::<P>().map(drop)))
    }

    /// Who holds `P` on the account of the object in the path or the body; to others who do not know the account it is not there.
    pub fn object<P: OnAccount>() -> Self {
        Self::of(Rule::Object(P::ID))
    }

    /// Who holds `P` on the organisation in the path or the body, or the one of the object there; to others who do not know it, it is not there.
    pub fn organisation<P: OnOrganisation>() -> Self {
        Self::of(Rule::Organisation(P::ID))
    }

    /// Anyone who is signed in, and sees what they hold `P` on.
    pub fn listed<P: OnOrganisation>() -> Self {
        Self::of(Rule::Listed(P::ID))
    }

    fn check(&self, actor: Option<&Actor>) -> Result<(), ApiError> {
        if let Some(actor) = actor {
            self.by.check(actor)?;
        }
        match (self.rule, actor) {
            (Rule::Open, _)
            | (Rule::SignedIn | Rule::Object(_) | Rule::Organisation(_) | Rule::Listed(_), Some(_)) => Ok(()),
            (Rule::Everywhere(_, allowed), Some(actor)) => Ok(allowed(actor)?),
            (_, None) => Err(ApiError::unauthenticated()),
        }?;
        match actor {
            Some(actor) if self.step_up => api_kit::require_step_up(actor, Micros::now()),
            _ => Ok(()),
        }
    }

    fn describe(&self) -> serde_json::Value {
        let mut described = self.describe_rule();
        match self.by {
            By::Anything => {}
            By::NotActing => described["by"] = "not_acting".into(),
            By::Session => described["by"] = "session".into(),
        }
        if self.step_up {
            described["step_up"] = true.into();
        }
        described
    }

    fn describe_rule(&self) -> serde_json::Value {
        match self.rule {
            Rule::Open => json!({ "who": "anyone" }),
            Rule::SignedIn => json!({ "who": "signed_in" }),
            Rule::Everywhere(permission, _) => {
                json!({ "who": "everywhere", "permission": permission.as_str() })
            }
            Rule::Object(permission) => json!({ "who": "object", "permission": permission.as_str() }),
            Rule::Organisation(permission) => {
                json!({ "who": "organisation", "permission": permission.as_str() })
            }
            Rule::Listed(permission) => json!({ "who": "listed", "permission": permission.as_str() }),
        }
    }
}

impl By {
    fn check(self, actor: &Actor) -> Result<(), ApiError> {
        match self {
            By::Session if actor.token().is_some() => {
                let detail =
                    "A token cannot do this, whatever it may otherwise. Sign in, and do it in a session.";
                Err(ApiError::forbidden_as("not_by_token", detail))
            }
            By::Session | By::NotActing if actor.acting().is_some() => {
                let detail = "This is the person's own: whoever acts as them cannot do it.";
                Err(ApiError::forbidden_as("not_while_acting", detail))
            }
            _ => Ok(()),
        }
    }
}

/// As [`Access::by_session`], for a single field of a route that is otherwise anyone's: a password among what can be edited.
pub fn by_session(actor: &Actor) -> Result<(), ApiError> {
    By::Session.check(actor)
}

/// As [`Access::not_acting`], for a single field.
pub fn not_acting(actor: &Actor) -> Result<(), ApiError> {
    By::NotActing.check(actor)
}

/// A table of routes over a state.
pub struct Table<S = ()> {
    router: OpenApiRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Default for Table<S> {
    fn default() -> Self {
        Self { router: OpenApiRouter::default() }
    }
}

impl<S: Clone + Send + Sync + 'static> Table<S> {
    /// Adds one operation: `.add(Access::object::<ViewSites>(), routes!(site_show))`.
    #[must_use]
    pub fn add(mut self, access: Access, mut operation: UtoipaMethodRouter<S>) -> Self {
        for item in operation.1.paths.values_mut() {
            for operation in operations(item) {
                let described = Extensions::builder().add("x-access", access.describe()).build();
                operation.extensions.get_or_insert_default().merge(described);
            }
        }
        self.router = self.router.routes(operation.layer(middleware::from_fn_with_state(access, gate)));
        self
    }

    /// Gives the routes their state.
    pub fn with_state<T: Clone + Send + Sync + 'static>(self, state: S) -> Table<T> {
        Table { router: self.router.with_state(state) }
    }

    /// Adds another table's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self
    }

    /// The router below a prefix, and its description.
    pub fn finish(self, prefix: &str, description: OpenApi) -> (axum::Router<S>, OpenApi) {
        OpenApiRouter::with_openapi(description).nest(prefix, self.router).split_for_parts()
    }
}

/// The operations of one path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

async fn gate(State(access): State<Access>, request: Request, next: Next) -> Response {
    match access.check(request.extensions().get::<Actor>()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}
