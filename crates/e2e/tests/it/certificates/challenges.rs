//! Challenges: answered for every name that is a site's and approved, whatever its owner does; and for no other.

use e2e::{Api, Request, Session};
use serde_json::{Value, json};

use super::{ALIASES, PENDING, SITE, Stage, names};
use crate::https::visit;
use crate::support::{LIMIT, docroot, put};

const CHALLENGES: &str = "/.well-known/acme-challenge";

impl Stage<'_> {
    /// The answer to a challenge at a name.
    #[track_caller]
    fn answer(&self, name: &str, token: &str) -> String {
        let reply = visit(self.node, &format!("http://{name}{CHALLENGES}/{token}"));
        assert_eq!(reply.status, 200, "{name} {token}: {}", reply.text());
        reply.text()
    }

    pub(super) fn tenants_change_nothing(&self, api: &mut Api) {
        let (node, public) = (self.node, docroot("alice", SITE));
        let answer = self.answer(SITE, "token");
        let thumbprint = answer.strip_prefix("token.").unwrap_or_else(|| panic!("{answer}")).to_owned();
        assert_eq!(thumbprint.len(), 43, "SHA-256 in base64url: {thumbprint}");
        let own = format!("{public}{CHALLENGES}");
        put(node, "alice", &format!("{own}/token"), "alice's own");
        put(node, "alice", &format!("{own}/index.php"), "<?php echo 'by alice';");
        put(node, "alice", &format!("{own}/.htaccess"), "RewriteEngine on\nRewriteRule .* /index.php [L]\n");
        // whatever is no file of hers goes to this one
        let front = format!("{public}/index.php");
        let page = String::from_utf8(node.pull(&front).unwrap()).unwrap();
        put(node, "alice", &front, "<?php http_response_code(200); echo 'by alice';");
        let same = |what: &str| {
            for name in [SITE, "example.test"] {
                for token in ["token", "another-TOKEN_1"] {
                    assert_eq!(self.answer(name, token), format!("{token}.{thumbprint}"), "{what}: {name}");
                }
            }
        };
        same("files of her own");
        for odd in ["a.b", "x%0d%0aset-cookie:y", "", "index.php", "a/b", ".htaccess", "%2e%2e/x"] {
            let reply = visit(node, &format!("http://{SITE}{CHALLENGES}/{odd}"));
            let climbs = odd.starts_with("%2e");
            assert!(reply.status == 404 || climbs, "{odd}: {} {}", reply.status, reply.text());
            assert!(!reply.text().contains(&thumbprint) && !reply.text().contains("alice's own"), "{odd}");
            assert_eq!(reply.header("set-cookie"), None, "{odd}");
        }
        let nobody =
            node.request(&Request::get(format!("http://nobody.example.test{CHALLENGES}/token"))).unwrap();
        assert_eq!(nobody.status, 404, "a name that is no site's: {}", nobody.text());

        let link = format!("rm -r {public}/.well-known && ln -s /etc {public}/.well-known");
        node.run_as("alice", ["sh", "-ec", &link]).unwrap().checked().unwrap();
        same("a link");
        let link = format!("rm {public}/.well-known && mkdir {public}/.well-known && ln -s / {own}");
        node.run_as("alice", ["sh", "-ec", &link]).unwrap().checked().unwrap();
        same("a link in a directory");
        node.ok(&["site", "edit", SITE, "--redirect", "https://elsewhere.example.org/", "--keep-path"])
            .unwrap();
        node.ok(&["site", "https", SITE, "--force"]).unwrap();
        same("all visitors are sent elsewhere");
        // and so an authority is content, too
        self.renew(api);
        node.ok(&["site", "edit", SITE, "--redirect", "none"]).unwrap();
        node.ok(&["site", "maintenance", "on", SITE]).unwrap();
        same("it is worked on");
        node.ok(&["site", "maintenance", "off", SITE]).unwrap();
        node.ok(&["site", "https", SITE, "--no-force"]).unwrap();
        node.run_as("alice", ["rm", "-r", &format!("{public}/.well-known")]).unwrap().checked().unwrap();
        put(node, "alice", &front, &page);
        // PHP looks for a changed file every two seconds
        e2e::wait_for("the page of before", LIMIT, || {
            let reply = node.http(SITE, "/")?;
            Ok((reply.status == 200 && !reply.text().contains("by alice")).then_some(()))
        })
        .unwrap();
    }

    pub(super) fn pending(&self, api: &mut Api) {
        self.authority.point_to(self.node, &[PENDING]).unwrap();
        let aliases: Vec<&str> = ALIASES.into_iter().chain([PENDING]).collect();
        let mut alice = Session::of(self.node, "alice").unwrap();
        let body = json!({ "aliases": aliases });
        let asked = alice.send("PATCH", &format!("/sites/{SITE}"), Some(&body)).unwrap();
        assert!((200..300).contains(&asked.status), "{} {}", asked.status, asked.text());
        // nobody but an administrator says that the name is hers: an order is for the others alone
        let view = self.renew(api);
        assert_eq!((&view["covers"], &view["names"]), (&json!(names()), &json!(names())), "{view:#}");
        let proven = visit(self.node, &format!("http://{PENDING}{CHALLENGES}/token"));
        assert_eq!(proven.status, 404, "{}", proven.text());
        let refused = json!({ "account": "alice", "names": ["elsewhere.example.org"] });
        let refused = alice.send("POST", "/certificates", Some(&refused)).unwrap();
        assert_eq!(refused.status, 422, "{}", refused.text());

        self.node.ok(&["site", "approve", SITE]).unwrap();
        let covered =
            |view: &Value| view["covers"].as_array().is_some_and(|all| all.contains(&json!(PENDING)));
        self.wait(api, "a certificate for the approved name, too", true, covered);
        assert_eq!(self.shown(PENDING), self.shown(SITE));
        self.node.ok(&["site", "edit", SITE, "--drop-alias", PENDING]).unwrap();
        let ten = json!(names());
        self.wait(api, "the names of before", true, |view| view["names"] == ten);
    }
}
