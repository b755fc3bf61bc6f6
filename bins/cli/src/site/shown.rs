//! `holdfast site show`

use super::https::{hsts_words, https_words};
use super::serving::{maintenance_words, redirect_words};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::run::Session;

/// Shows a site, and how it stands.
pub(super) async fn show(session: &mut Session, name: &str) -> Result<(), Failure> {
    let reply = session.ask("looking at the site", Call::get(format!("/sites/{}", segment(name)))).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let site = reply.value()?;
    let php = Some(text(&site, "php")).filter(|php| !php.is_empty());
    let rows = [
        ("account", text(&site, "account")),
        ("aliases", text(&site, "aliases")),
        ("sent on", text(&site, "redirected")),
        ("not approved", text(&site, "pending_names")),
        ("php", php.unwrap_or_else(|| "none".to_owned())),
        ("pool", text(&site, "pool")),
        ("docroot", text(&site, "docroot")),
        ("body size", text(&site, "body_size")),
        ("index", text(&site, "index")),
        ("redirect", redirect_words(&site)),
        ("https", https_words(&site)),
        ("hsts", hsts_words(&site)),
        ("disabled", text(&site, "disabled")),
        ("maintenance", maintenance_words(&site)),
        ("suspended", text(&site, "suspended")),
        ("made", moment(&site, "created_at")),
        ("changed", moment(&site, "updated_at")),
        ("id", text(&site, "id")),
    ];
    Ok(fields::show_object(&mut session.screen, &text(&site, "name"), &site, &rows)?)
}
