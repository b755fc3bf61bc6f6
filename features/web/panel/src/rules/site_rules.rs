//! The typed rules of a site: the whole list at once.

use std::collections::BTreeMap;

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{Authorised, EditSites, Passwords};
use desired::event::{Code, Event};
use desired::{Convergence, Draft, Key, Rules};
use names::{BasicUser, CryptHash, SiteId};
use store::{Tx, WriteTx};
use web_spec::rule::DirectoryUser;
use web_spec::rule::check::{Named, check};
use web_spec::{Rule, SiteSpec};

use crate::object::SiteObject;
use crate::rules::site::{check_staying, now};
use crate::site_rules::{SentUser, SiteRule, SiteRules};
use crate::store::site::Row;
use crate::store::site_rules;

/// The most bytes of a list as it is stored.
const LARGEST: usize = 64 * 1024;
/// The most passwords that one request may set: each takes milliseconds of hashing.
const MOST_PASSWORDS: usize = 100;

/// Somebody who is to enter a directory; no hash: the one that the name has there already.
#[derive(Debug, Clone)]
pub(crate) struct HashedUser {
    name: BasicUser,
    hash: Option<CryptHash>,
}

impl Named for HashedUser {
    fn name(&self) -> &BasicUser {
        &self.name
    }
}

fn invalid(place: &str, code: &'static str, reason: impl Into<String>, remedy: &'static str) -> ApiError {
    let slash = if place.is_empty() { "" } else { "/" };
    ApiError::invalid(FieldError::new(format!("/rules{slash}{place}"), code, reason, remedy))
}

/// Checks what was sent, and hashes its passwords. Before any transaction: it takes its time.
pub(crate) async fn hashed(
    passwords: &Passwords,
    sent: Vec<Rule<SentUser>>,
) -> Result<Vec<Rule<HashedUser>>, ApiError> {
    check(&sent).map_err(|error| invalid(&error.place, error.code, error.reason, error.remedy))?;
    let users = sent.iter().filter_map(|rule| match rule {
        Rule::Password(directory) => Some(&directory.users),
        _ => None,
    });
    let mut given = Vec::new();
    for user in users.flatten() {
        given.extend(user.password.clone());
    }
    if given.len() > MOST_PASSWORDS {
        let reason = "There are too many new passwords.";
        let remedy = "Send 100 new passwords at most in one request; those that stay are left out.";
        return Err(invalid("", "passwords_too_many", reason, remedy));
    }
    let mut hashes = Vec::new();
    for password in given {
        hashes.push(passwords.directory_hash(password).await.map_err(ApiError::internal)?);
    }
    let mut hashes = hashes.into_iter();
    let mut with = |user: SentUser| {
        let hash = user.password.as_ref().and_then(|_| hashes.next());
        HashedUser { name: user.name, hash }
    };
    let rules = sent.into_iter().map(|rule| rule.with_users(|_, user| Ok::<_, ApiError>(with(user))));
    rules.collect()
}

/// Puts others in the place of a site's rules.
pub(crate) struct Put {
    pub(crate) site: Authorised<Row, EditSites>,
    pub(crate) if_match: IfMatch,
    pub(crate) rules: Vec<Rule<HashedUser>>,
}

impl Rules for Put {
    type Value = SiteRules;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(SiteRules, Key), ApiError> {
        let id = self.site.id;
        let row = now(tx, id).await?;
        self.if_match.require(row.block.generation)?;
        check_staying(&row)?;
        let before = site_rules::of_site(tx, id).await?;
        let rules = kept(&self.rules, &before)?;
        let size = serde_json::to_string(&rules).map_err(ApiError::internal)?.len();
        if size > LARGEST {
            let reason = "The rules are longer than 64 KiB in all.";
            return Err(invalid("", "rules_too_large", reason, "Leave some out, or shorten their lists."));
        }
        site_rules::set(tx, id, &rules).await?;
        draft.raise::<SiteObject>(tx, &id).await?;
        let after = show(tx, id).await?;
        told(tx, draft, (row.account_id, id), before, &after).await?;
        Ok((after, Key::of::<SiteSpec>(&id)))
    }
}

/// The rules with a hash for everybody: of the same directory before, or where that is another now, of the same name if there is one alone.
fn kept(wanted: &[Rule<HashedUser>], before: &[Rule]) -> Result<Vec<Rule>, ApiError> {
    let mut by_place: BTreeMap<(Option<String>, BasicUser), CryptHash> = BTreeMap::new();
    let mut by_name: BTreeMap<BasicUser, Vec<CryptHash>> = BTreeMap::new();
    for rule in before {
        let Rule::Password(directory) = rule else { continue };
        for user in &directory.users {
            let place = directory.path.as_ref().map(ToString::to_string);
            by_place.entry((place, user.name.clone())).or_insert_with(|| user.hash.clone());
            by_name.entry(user.name.clone()).or_default().push(user.hash.clone());
        }
    }
    let mut rules = Vec::with_capacity(wanted.len());
    for (at, rule) in wanted.iter().enumerate() {
        let mut number = 0;
        rules.push(rule.clone().with_users(|path, user| {
            let place = format!("{at}/password/users/{number}/password");
            number += 1;
            let there = by_place.get(&(path.map(ToString::to_string), user.name.clone())).cloned();
            let alone =
                || by_name.get(&user.name).and_then(|hashes| hashes.first().filter(|_| hashes.len() == 1));
            let Some(hash) = user.hash.or(there).or_else(|| alone().cloned()) else {
                let reason = "This name has no password there yet.";
                return Err(invalid(&place, "password_missing", reason, "Send one of 8 characters or more."));
            };
            Ok(DirectoryUser { name: user.name, hash })
        })?);
    }
    Ok(rules)
}

/// The rules of a site, and how it stands.
pub(crate) async fn show(tx: &mut Tx, id: SiteId) -> Result<SiteRules, ApiError> {
    let row = now(tx, id).await?;
    let rules = site_rules::of_site(tx, id).await?.into_iter().map(SiteRule::of).collect();
    Ok(SiteRules { name: row.name, rules, convergence: Convergence::from(&row.block) })
}

/// The audit and the event of a change; the rules as they are shown, without hashes.
async fn told(
    tx: &mut WriteTx,
    draft: &Draft,
    (account, site): (names::AccountId, SiteId),
    before: Vec<Rule>,
    after: &SiteRules,
) -> Result<(), ApiError> {
    let before: Vec<SiteRule> = before.into_iter().map(SiteRule::of).collect();
    let json = |rules: &[SiteRule]| serde_json::to_value(rules).map_err(ApiError::internal);
    let json = |rules| Ok::<_, ApiError>(serde_json::json!({ "rules": json(rules)? }));
    let object = audit::Object::of_account("site", site, account);
    draft.audit(tx, "site.rules", object, Some(json(&before)?), Some(json(&after.rules)?)).await?;
    let event = Event::of(Key::of::<SiteSpec>(&site), Some(account), Code::Changed, after.name.as_str());
    draft.event(tx, &event).await
}

#[cfg(test)]
mod tests;
