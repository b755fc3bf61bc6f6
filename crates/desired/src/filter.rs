//! Which objects of a list are shown: how they stand, whether they are suspended, in whose organisation.

use api_kit::QueryPart;
use api_kit::query::Pairs;
use auth::{Actor, Denied, OnOrganisation, OrganisationKey};
use converge::Condition;
use names::OrganisationId;
use store::{Bound, Statement, Tx, Value};
use utoipa::IntoParams;

use crate::search::Search;

/// How an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// In this condition.
    So(Condition),
    /// Degraded or failed.
    Unwell,
}

/// `?condition=&suspended=&organisation=&total=`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    stands: Option<Stands>,
    suspended: Option<bool>,
    organisation: Option<OrganisationKey>,
    /// How many match on all pages is asked for.
    pub total: bool,
}

impl QueryPart for Filter {
    const NAMES: &'static [&'static str] = &["condition", "suspended", "organisation", "total"];

    fn read(pairs: &mut Pairs) -> Self {
        let stands = match pairs.text("condition").map(|word| (word == "unwell", Condition::from_word(word)))
        {
            None => None,
            Some((true, _)) => Some(Stands::Unwell),
            Some((_, Some(condition))) => Some(Stands::So(condition)),
            Some((_, None)) => {
                let remedy = "Send pending, converging, ready, degraded, failed, deleting, or unwell for degraded or failed.";
                pairs.refuse("condition", "unknown_condition", "There is no such condition.", remedy);
                None
            }
        };
        Self {
            stands,
            suspended: pairs.optional_flag("suspended"),
            organisation: pairs.optional("organisation"),
            total: pairs.flag("total"),
        }
    }
}

impl Filter {
    /// The filter with what it names looked up, for whoever holds `P`, which shows the list's objects, on the organisation. One that is not
    /// there and one that is not the caller's are the same.
    pub async fn find<P: OnOrganisation>(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        search: &Search,
    ) -> Result<Chosen, Denied> {
        let organisation = match &self.organisation {
            Some(key) => Some(auth::organisation::<P>(tx, actor, key).await?.id),
            None => None,
        };
        Ok(Chosen { like: search.like(), stands: self.stands, suspended: self.suspended, organisation })
    }
}

/// A filter that can be bound into a list's statement.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    like: Option<String>,
    stands: Option<Stands>,
    suspended: Option<bool>,
    organisation: Option<OrganisationId>,
}

impl Chosen {
    /// Names alone.
    pub fn named(like: String) -> Self {
        Self { like: Some(like), ..Self::default() }
    }

    /// The pattern of names, where nothing else is asked for.
    pub fn is_of_names_alone(&self) -> bool {
        self.stands.is_none() && self.suspended.is_none() && self.organisation.is_none()
    }

    /// The pattern of names.
    pub fn like(&self) -> Option<&str> {
        self.like.as_deref()
    }

    /// Binds `$1` the pattern of names, `$2` and `$3` the conditions, `$4` whether suspended, `$5` the organisation; each NULL: all.
    pub fn bind(&self, statement: Statement) -> Bound {
        let conditions = match self.stands {
            None => (None, None),
            Some(Stands::So(condition)) => (Some(condition), Some(condition)),
            Some(Stands::Unwell) => (Some(Condition::Degraded), Some(Condition::Failed)),
        };
        let word = |condition: Option<Condition>| Value::optional_text(condition.map(Condition::as_str));
        statement
            .bind(self.like.as_deref())
            .bind(word(conditions.0))
            .bind(word(conditions.1))
            .bind(self.suspended.map(i64::from))
            .bind(Value::optional_text(self.organisation))
    }
}

/// How the parameters are described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub struct FilterParams {
    /// Only those that stand so: `pending`, `converging`, `ready`, `degraded`, `failed` or `deleting`; `unwell` is degraded or failed.
    condition: Option<String>,
    /// Only those that are suspended, by whatever; `false`: only those that are not.
    suspended: Option<bool>,
    /// Only those in this organisation or below it: its name or id.
    organisation: Option<String>,
    /// Also count all that match, on all pages.
    #[param(default = false)]
    total: Option<bool>,
}
