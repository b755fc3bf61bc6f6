//! What is another's is not there: the whole matrix by its size, which the panel's tests hold, and its readings on this server.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{FOREIGN, SITE, Teller};
use crate::session::Session;

const DESCRIPTION: &str = include_str!("../../../../docs/reference/openapi.json");
/// Who asks, and for whose objects, in the panel's test of every route; that test fails where this file is not what it plays.
const MATRIX: &str = include_str!("../../../../docs/reference/rights-matrix.json");

/// Every method and path of the API's description.
fn operations() -> Result<Vec<(String, String)>> {
    let description: Value = serde_json::from_str(DESCRIPTION)?;
    let paths = description["paths"].as_object().context("a description without paths")?;
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flat_map(|methods| methods.keys());
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    Ok(all.collect())
}

/// The path of one object, of somebody else's, and of one that is not there; none where it names nothing of these.
fn three(path: &str, php: &str) -> Option<[String; 3]> {
    let (pool, foreign) = (format!("alice-{php}"), format!("zoe-{php}"));
    for (word, [own, other, missing]) in [
        ("{account}", ["alice", "zoe", "carol"]),
        ("{site}", [SITE, FOREIGN, "no.example.test"]),
        ("{organisation}", ["flora", "zeta", "nowhere"]),
        ("{person}", ["alice", "zoe", "carol"]),
        ("{package}", ["mini", "zpack", "nothing"]),
        ("{pool}", [pool.as_str(), foreign.as_str(), "carol-8.0"]),
    ] {
        if path.contains(word) {
            let all = [own, other, missing].map(|name| path.replace(word, name));
            return all.iter().all(|path| !path.contains('{')).then_some(all);
        }
    }
    None
}

/// An answer without what differs from request to request.
fn told_apart(status: u16, mut body: Value) -> (u16, Value) {
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (status, body)
}

impl Teller<'_, '_> {
    pub(super) fn what_is_another_s_is_not_there(&mut self) -> Result<()> {
        self.told
            .heading("Every route, as everyone, on one's own, on another's, and on what is not there")?;
        let operations = operations()?;
        let matrix: Value = serde_json::from_str(MATRIX)?;
        let count = |name: &str| matrix[name].as_array().map(Vec::len).with_context(|| format!("no {name}"));
        let (roles, targets) = (count("roles")?, count("targets")?);
        self.told.note(&format!(
            "The panel's tests play {} operations x {roles} roles x {targets} targets = {} cells (docs/reference/rights-matrix.json; the test \
             `every_route_as_everyone_on_everything` fails where it is another number).",
            operations.len(),
            operations.len() * roles * targets,
        ))?;
        self.told.note("Here, on this server, everything that can be read of one object:")?;
        let token = self.root(&[
            "token",
            "create",
            "look",
            "--login",
            "alice",
            "--read-only",
            "--save",
            "/root/look.token",
        ])?;
        self.done("a token of the owner, for looking", &token)?;
        let token = self.node.check(["cat", "/root/look.token"])?.text();
        let php = self.node.distro().php();
        let readings: Vec<_> = operations
            .iter()
            .filter(|(method, _)| method == "GET")
            .filter_map(|(_, path)| three(path.trim_start_matches("/api/v1"), php))
            .collect();
        let mut cells = 0;
        for who in ["rita", "sven", "alice", "dev@alice", "alice's token"] {
            let mut session = match who {
                "alice's token" => Session::by_token(self.node, token.trim())?,
                login => Session::of(self.node, login)?,
            };
            let (mut seen, mut wrong) = (0, Vec::new());
            for [own, other, missing] in &readings {
                cells += 3;
                let (status, _) = session.get(own)?;
                seen += usize::from(status == 200);
                let (status, body) = session.get(other)?;
                let foreign = told_apart(status, body);
                let (status, body) = session.get(missing)?;
                let missing = told_apart(status, body);
                if foreign.0 != 404 || foreign != missing {
                    wrong.push(format!("{other}: {foreign:?}; what is not there: {missing:?}"));
                }
            }
            for wrong in &wrong {
                self.told.note(wrong)?;
            }
            self.told.expect(
                &format!(
                    "{who}: sees {seen} of {} of their own; another's is 404, word for word like what is not there",
                    readings.len()
                ),
                wrong.is_empty() && seen > 0,
            )?;
        }
        self.told.note(&format!("{} readings x 5 who ask x 3 = {cells} requests", readings.len()))?;
        Ok(())
    }
}
