//! What may be asked of a provider, and what follows from it.

use api_kit::{ApiError, Edit, FieldError, json};
use audit::{Entry, Object, Outcome, Who};
use auth::{Actor, EditSettings, ManageMembers, ManagePersons, OrganisationKey};
use auth_oidc::Issuer;
use desired::event::{self, Code, Event};
use desired::{Key, Note, setting};
use egress_spec::Bounds;
use names::{Hostname, IdentityProviderId, Label, Micros};
use seal::SealKey;
use serde::Deserialize;
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::State;
use crate::roles::{self, Of};
use crate::store::identity;
use crate::store::mapping::{self, Mapping, MappingRow, RoleKey};
use crate::store::provider::{self, IdentityProvider, Manages, Provider, ProviderKey};
use crate::text::{Claim, ClientId, ClientSecret, Scope};

/// The word for a provider in events and in the audit.
const KIND: &str = "identity_provider";
/// More of them would be a mistake.
const MOST: i64 = 50;
/// More mappings of one, and more scopes, likewise.
const MOST_MAPPINGS: usize = 200;
const MOST_SCOPES: usize = 20;

/// Which group is to have which role where.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingWanted {
    /// The group, as the provider writes it.
    #[schema(value_type = String)]
    group: Note,
    /// The role: the name or id of a built-in one, or of one of the organisation's own.
    #[schema(value_type = String, example = "developer")]
    role: RoleKey,
    /// The organisation: its name or id.
    #[schema(value_type = String)]
    organisation: OrganisationKey,
}

/// A new provider.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateProvider {
    /// Its name: lower-case letters, digits and hyphens. It is in the address that the provider sends people back to, and never changes.
    #[schema(value_type = String, example = "corp")]
    name: Label,
    /// What is on its button; left out: the name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    label: Option<Note>,
    /// Its issuer, letter by letter as it names itself: `https://`, without `/.well-known/openid-configuration`. It never changes.
    #[schema(value_type = String, format = "uri", example = "https://login.example.com")]
    issuer: Issuer,
    /// What it calls this panel.
    #[schema(value_type = String)]
    client_id: ClientId,
    /// What the panel shows to it; left out: a public client.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    client_secret: Option<ClientSecret>,
    /// What is asked for beside `openid`; left out: `profile` and `email`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    scopes: Option<Vec<Scope>>,
    /// The claim with a person's groups; null or left out: groups are not looked at.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "groups")]
    groups_claim: Option<Claim>,
    /// Make people who have a group that is mapped.
    #[serde(default)]
    makes_people: bool,
    /// What it asked people for is enough: Holdfast asks for no second factor of its own.
    #[serde(default)]
    second_factor_counts: bool,
    /// Whether one can sign in by it; left out: yes.
    #[serde(default = "yes")]
    enabled: bool,
    /// Which group has which role where.
    #[serde(default)]
    mappings: Vec<MappingWanted>,
}

const fn yes() -> bool {
    true
}

/// A change of a provider; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditProvider {
    /// What is on its button.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    label: Option<Note>,
    /// What it calls this panel.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    client_id: Option<ClientId>,
    /// What the panel shows to it; null: nothing, it is a public client.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    client_secret: Edit<ClientSecret>,
    /// What is asked for beside `openid`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    scopes: Option<Vec<Scope>>,
    /// The claim with a person's groups; null: groups are not looked at.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    groups_claim: Edit<Claim>,
    /// Whether people are made who have a group that is mapped.
    #[serde(default)]
    makes_people: Option<bool>,
    /// Whether what it asked people for is enough.
    #[serde(default)]
    second_factor_counts: Option<bool>,
    /// Whether one can sign in by it.
    #[serde(default)]
    enabled: Option<bool>,
    /// All mappings: which group has which role where. What none of them gives any more is taken from whoever had it by this provider.
    #[serde(default)]
    mappings: Option<Vec<MappingWanted>>,
}

/// What the rules need of a request.
pub(crate) struct Act<'a> {
    pub(crate) state: &'a State,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Micros,
}

/// Refuses what egress would refuse, as far as it can be told without a look at the name.
fn judge(bounds: &Bounds, issuer: &Issuer) -> Result<(), ApiError> {
    bounds.judge(issuer.url()).map_err(|forbidden| {
        let reason = format!("This address cannot be called: {forbidden}.");
        let remedy = format!("Use another address, or have root open it in {}.", egress_spec::PATH);
        json::refuse("issuer", forbidden.code(), reason, remedy)
    })
}

fn few(field: &str, count: usize, most: usize) -> Result<(), ApiError> {
    if count <= most {
        return Ok(());
    }
    let remedy = format!("Send {most} at most.");
    Err(json::refuse(field, "too_many", "There are too many.", remedy))
}

fn sealed(seal: &SealKey, id: IdentityProviderId, secret: &ClientSecret) -> Result<String, ApiError> {
    provider::sealed(seal, id, secret.expose()).map_err(ApiError::internal)
}

/// How the API shows a provider.
pub(crate) async fn view(tx: &mut Tx, state: &State, row: &Provider) -> Result<IdentityProvider, ApiError> {
    let host: Option<Hostname> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
    let mut mappings = Vec::new();
    for mapping in mapping::list(tx, row.id).await? {
        mappings.push(Mapping {
            in_force: roles::is_in_force(tx, &mapping).await?,
            group: mapping.group,
            role: mapping.role_name,
            organisation: mapping.organisation_name,
        });
    }
    Ok(IdentityProvider {
        id: row.id,
        name: row.name.clone(),
        label: row.label.clone(),
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        has_secret: row.client_secret.is_some(),
        scopes: row.scopes.clone(),
        groups_claim: row.groups_claim.clone(),
        makes_people: row.makes_people,
        second_factor_counts: row.second_factor_counts,
        enabled: row.enabled,
        mappings,
        redirect_uri: host.map(|host| state.redirect(&host, &row.name)),
        people: provider::people(tx, row.id).await?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The provider of a key.
pub(crate) async fn find(tx: &mut Tx, key: &ProviderKey) -> Result<Provider, ApiError> {
    provider::find(tx, key).await?.ok_or_else(|| ApiError::not_found("identity provider"))
}

impl Act<'_> {
    fn proof(&self) -> Result<Manages, ApiError> {
        Ok(self.actor.everywhere::<EditSettings>()?)
    }

    /// Makes a provider.
    pub(crate) async fn create(
        &self,
        tx: &mut WriteTx,
        body: &CreateProvider,
    ) -> Result<IdentityProvider, ApiError> {
        let proof = self.proof()?;
        judge(&self.state.bounds, &body.issuer)?;
        if provider::count(tx).await? >= MOST {
            let detail = format!("There are {MOST} identity providers already. Delete one that is not used.");
            return Err(ApiError::conflict("identity_providers_too_many", detail));
        }
        let id = IdentityProviderId::new();
        let secret =
            body.client_secret.as_ref().map(|secret| sealed(&self.state.seal, id, secret)).transpose()?;
        let label = match &body.label {
            Some(label) => label.clone(),
            None => Note::parse(body.name.as_str()).map_err(ApiError::internal)?,
        };
        let scopes = match &body.scopes {
            Some(scopes) => scopes.clone(),
            None => ["profile", "email"].iter().filter_map(|scope| Scope::parse(scope).ok()).collect(),
        };
        few("scopes", scopes.len(), MOST_SCOPES)?;
        let row = Provider {
            id,
            name: body.name.clone(),
            label,
            issuer: body.issuer.clone(),
            client_id: body.client_id.clone(),
            client_secret: secret,
            scopes,
            groups_claim: body.groups_claim.clone(),
            makes_people: body.makes_people,
            second_factor_counts: body.second_factor_counts,
            enabled: body.enabled,
            created_at: self.now,
            updated_at: self.now,
        };
        if !provider::insert(tx, &proof, &row).await? {
            let reason = "Another identity provider has this name.";
            return Err(json::refuse("name", "name_taken", reason, "Choose another name."));
        }
        self.map(tx, &proof, id, &body.mappings).await?;
        let after = view(tx, self.state, &row).await?;
        self.done(tx, "identity_provider.create", (None, Some(&after)), Code::Created).await?;
        Ok(after)
    }

    /// Changes what is named.
    pub(crate) async fn edit(
        &self,
        tx: &mut WriteTx,
        key: &ProviderKey,
        body: &EditProvider,
    ) -> Result<IdentityProvider, ApiError> {
        let proof = self.proof()?;
        let mut row = find(tx, key).await?;
        let before = view(tx, self.state, &row).await?;
        if let Some(label) = &body.label {
            row.label = label.clone();
        }
        if let Some(id) = &body.client_id {
            row.client_id = id.clone();
        }
        match &body.client_secret {
            Edit::Keep => {}
            Edit::Clear => row.client_secret = None,
            Edit::Set(secret) => row.client_secret = Some(sealed(&self.state.seal, row.id, secret)?),
        }
        if let Some(scopes) = &body.scopes {
            few("scopes", scopes.len(), MOST_SCOPES)?;
            row.scopes = scopes.clone();
        }
        row.groups_claim = body.groups_claim.clone().or(row.groups_claim);
        row.makes_people = body.makes_people.unwrap_or(row.makes_people);
        row.second_factor_counts = body.second_factor_counts.unwrap_or(row.second_factor_counts);
        row.enabled = body.enabled.unwrap_or(row.enabled);
        row.updated_at = self.now;
        provider::edit(tx, &proof, &row).await?;
        if let Some(mappings) = &body.mappings {
            self.map(tx, &proof, row.id, mappings).await?;
            let mapped = mapping::list(tx, row.id).await?;
            for known in identity::of_provider(tx, row.id).await? {
                roles::take_unmapped(tx, &Of::known(&known, &row.name), &mapped, self.now).await?;
            }
        }
        let after = view(tx, self.state, &row).await?;
        self.done(tx, "identity_provider.edit", (Some(&before), Some(&after)), Code::Changed).await?;
        Ok(after)
    }

    /// Removes it. What it gave goes with it; people whom it made stay, and cannot sign in by it.
    pub(crate) async fn delete(&self, tx: &mut WriteTx, key: &ProviderKey) -> Result<(), ApiError> {
        let proof = self.proof()?;
        let row = find(tx, key).await?;
        let before = view(tx, self.state, &row).await?;
        for known in identity::of_provider(tx, row.id).await? {
            roles::take_all(tx, &Of::known(&known, &row.name), self.now).await?;
        }
        provider::delete(tx, &proof, row.id).await?;
        self.done(tx, "identity_provider.delete", (Some(&before), None), Code::Removed).await
    }

    /// Puts these mappings in the place of those there are. Nobody maps what they may not give by hand.
    async fn map(
        &self,
        tx: &mut WriteTx,
        proof: &Manages,
        id: IdentityProviderId,
        wanted: &[MappingWanted],
    ) -> Result<(), ApiError> {
        few("mappings", wanted.len(), MOST_MAPPINGS)?;
        let before = mapping::list(tx, id).await?;
        let mut rows: Vec<MappingRow> = Vec::with_capacity(wanted.len());
        for (at, one) in wanted.iter().enumerate() {
            let row = self.mapping(tx, at, one).await?;
            let is_same = |old: &&MappingRow| old.group == row.group && old.gives(row.role, row.organisation);
            if rows.iter().any(|old| is_same(&old)) {
                let reason = "This group has this role here already.";
                let error =
                    FieldError::new(format!("/mappings/{at}"), "mapping_twice", reason, "Send it once.");
                return Err(ApiError::invalid(error));
            }
            // What stays and is in force stays whose it was; what is not becomes the caller's, who may give it.
            let old = before.iter().find(is_same);
            match old {
                Some(old) if roles::is_in_force(tx, old).await? => rows.push(old.clone()),
                _ => rows.push(row),
            }
        }
        mapping::replace(tx, proof, id, &rows).await?;
        Ok(())
    }

    async fn mapping(&self, tx: &mut Tx, at: usize, wanted: &MappingWanted) -> Result<MappingRow, ApiError> {
        let actor = self.actor;
        let organisation = auth::organisation::<ManageMembers>(tx, actor, &wanted.organisation).await?;
        auth::organisation::<ManagePersons>(tx, actor, &wanted.organisation).await?;
        let refuse = |code: &'static str, reason: &str, remedy: &str| {
            let pointer = format!("/mappings/{at}/role");
            ApiError::invalid(FieldError::new(pointer, code, reason.to_owned(), remedy.to_owned()))
        };
        let found = mapping::role(tx, &wanted.role, organisation.id).await?;
        let (role, role_name) = found.ok_or_else(|| {
            refuse(
                "role_unknown",
                "There is no such role here.",
                "`holdfast role list` names those that there are.",
            )
        })?;
        let row = MappingRow {
            group: wanted.group.clone(),
            role,
            role_name,
            organisation: organisation.id,
            organisation_name: organisation.name.clone(),
            made_by: actor.person_id(),
        };
        let allowed = mapping::allowed(tx, role, row.place()).await?;
        if allowed.is_empty() {
            return Err(refuse(
                "role_means_nothing",
                "The role allows nothing here.",
                "Choose another role.",
            ));
        }
        if let Some(missing) = allowed.difference(&actor.held_on(tx, row.place()).await?).next() {
            let detail = format!(
                "Nobody allows what they do not hold themselves, and you do not hold {missing} there."
            );
            return Err(ApiError::forbidden(detail));
        }
        Ok(row)
    }

    /// Writes an act into the audit, and its event, and its request down as done.
    async fn done(
        &self,
        tx: &mut WriteTx,
        action: &str,
        (before, after): (Option<&IdentityProvider>, Option<&IdentityProvider>),
        code: Code,
    ) -> Result<(), ApiError> {
        let value = |view: Option<&IdentityProvider>| {
            view.map(serde_json::to_value).transpose().map_err(ApiError::internal)
        };
        let Some(view) = after.or(before) else { return Err(ApiError::internal("a change of nothing")) };
        let entry = Entry {
            who: Who::from(self.actor),
            request_id: &api_kit::request_id::current().unwrap_or_default(),
            action,
            object: Object::of_installation(KIND, view.id),
            before: value(before)?,
            after: value(after)?,
            plan_hash: None,
            outcome: Outcome::Done,
        };
        audit::append(tx, &entry, self.now).await?;
        let scope = Key { kind: KIND, id: view.id.to_string() };
        event::note(tx, self.now, &Event::of(scope, None, code, view.name.as_str())).await?;
        match api_kit::idempotency::current() {
            Some(claim) => Ok(claim.done(tx).await?),
            None => Ok(()),
        }
    }
}
