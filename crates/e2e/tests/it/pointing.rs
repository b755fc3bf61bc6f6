//! Does a name lead here, and whose is it? A real server in a world whose DNS is the test's: what is told is what there is, a text proves a name, and
//! no order is made for a name that is certain to fail.

use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};

use e2e::{Api, Chaos, Checks, Distro, Node, Pebble, Request, Session};
use serde_json::{Value, json};

use crate::https;
use crate::support::{self, LIMIT};

const SITE: &str = "www.example.test";
const ALIAS: &str = "shop.example.test";
/// A name that its owner asks for.
const CLAIMED: &str = "claimed.example.test";
const CHALLENGES: &str = "/.well-known/acme-challenge";

struct Stage<'a> {
    node: &'a Node,
    world: Pebble,
}

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "pointing").unwrap();
    let world = Pebble::of(&node, Chaos::default()).unwrap();
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    let stage = Stage { node: &node, world };
    let mut checks = Checks::new(distro.name());
    checks.check("a name without an address is told with the records to set", || stage.nowhere(&mut api));
    checks.check("set so, it is seen to lead here by both families, and to answer", || stage.here(&mut api));
    checks.check("an old IPv6 address is found, and one of another server", || stage.astray(&mut api));
    checks.check("an address that hands on to this server is a proxy", || stage.forwarded(&mut api));
    checks.check("name servers that fail are told as that, and nothing is green", || stage.failing(&mut api));
    checks
        .check("nothing is answered for a claimed name before a text proves it", || stage.claimed(&mut api));
    checks.check(
        "a name that is certain to fail is left out of an order, and joins when it is mended",
        || {
            stage.preflight(&mut api);
        },
    );
    checks.check("egress visits nobody who is not of the public internet", || stage.inside(&mut api));
    checks.check("nothing is left to do, and the doctor is content", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.finish();
}

/// Hands on to the server what a visitor sends, and back what it answers.
fn hand_on(visitor: &TcpStream, to: SocketAddr) {
    let Ok(server) = TcpStream::connect(to) else { return };
    std::thread::scope(|both| {
        both.spawn(|| {
            let _ = std::io::copy(&mut &*visitor, &mut &server);
            let _ = server.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut &server, &mut &*visitor);
        let _ = visitor.shutdown(Shutdown::Both);
    });
}

fn codes(name: &Value) -> Vec<&str> {
    let troubles = name["check"]["troubles"].as_array().unwrap_or_else(|| panic!("not looked at: {name:#}"));
    troubles.iter().map(|trouble| trouble["code"].as_str().unwrap()).collect()
}

impl Stage<'_> {
    fn check(&self, api: &mut Api, name: &str) -> Value {
        api.post(&format!("/sites/{name}/names/{name}/check"), &json!({})).unwrap()
    }

    fn own(&self) -> [IpAddr; 2] {
        [IpAddr::V4(self.node.ipv4()), IpAddr::V6(self.node.ipv6())]
    }

    fn outside(&self) -> [IpAddr; 2] {
        let (v4, v6) = self.node.outside();
        [IpAddr::V4(v4), IpAddr::V6(v6)]
    }

    fn nowhere(&self, api: &mut Api) {
        api.post("/sites", &json!({ "account": "alice", "name": SITE, "aliases": [ALIAS] })).unwrap();
        api.wait_ready(&format!("/sites/{SITE}"), LIMIT).unwrap();
        let seen = self.check(api, SITE);
        assert_eq!(
            (&seen["state"], &seen["check"]["leads"]),
            (&json!("trouble"), &json!("nowhere")),
            "{seen:#}"
        );
        assert!(matches!(codes(&seen)[..], ["no_address" | "no_such_name"]), "{seen:#}");
        let records = &seen["check"]["troubles"][0]["records"];
        let [v4, v6] = self.own().map(|address| address.to_string());
        assert_eq!(
            records,
            &json!([{ "name": SITE, "kind": "A", "value": v4 }, { "name": SITE, "kind": "AAAA", "value": v6 }])
        );
        let told = self.node.ok(&["site", "names", SITE]).unwrap().text();
        assert!(told.contains(&format!("Set an A record for {SITE} to {v4}")), "{told}");
    }

    fn here(&self, api: &mut Api) {
        self.world.point_to(self.node, &[SITE, ALIAS]).unwrap();
        let told = self.node.ok(&["site", "check", SITE]).unwrap().text();
        assert!(told.contains("leads here, and was seen to answer"), "{told}");
        let list = api.get(&format!("/sites/{SITE}/names")).unwrap();
        let seen = &list["items"][0];
        assert_eq!((&seen["state"], &seen["check"]["answers"]), (&json!("good"), &json!("yes")), "{seen:#}");
        let places = seen["check"]["places"].as_array().unwrap();
        assert_eq!(places.len(), 2, "{seen:#}");
        assert!(
            places.iter().all(|place| place["of_server"] == true && place["answers"] == "yes"),
            "{seen:#}"
        );
        // whatever the site does
        self.node.ok(&["site", "edit", SITE, "--redirect", "https://elsewhere.example.org/"]).unwrap();
        assert_eq!(self.check(api, SITE)["state"], "good");
        self.node.ok(&["site", "edit", SITE, "--redirect", "none"]).unwrap();
    }

    fn astray(&self, api: &mut Api) {
        let ([v4, v6], [other_4, other_6]) = (self.own(), self.outside());
        self.world.point(SITE, &[v4, other_6]).unwrap();
        let seen = self.check(api, SITE);
        assert_eq!(
            (&seen["check"]["leads"], codes(&seen)),
            (&json!("partly"), vec!["aaaa_elsewhere"]),
            "{seen:#}"
        );
        self.world.point(SITE, &[other_4]).unwrap();
        let seen = self.check(api, SITE);
        assert_eq!(
            (&seen["check"]["leads"], codes(&seen)),
            (&json!("elsewhere"), vec!["a_elsewhere"]),
            "{seen:#}"
        );
        self.world.point(SITE, &[v4, v6]).unwrap();
        assert_eq!(self.check(api, SITE)["state"], "good");
    }

    /// A proxy of this machine on the other end of the cable.
    fn forwarded(&self, api: &mut Api) {
        let (at, to) = (self.outside()[0], self.own()[0]);
        let listener = TcpListener::bind((at, 80)).unwrap();
        std::thread::spawn(move || {
            for visitor in listener.incoming().flatten() {
                std::thread::spawn(move || hand_on(&visitor, (to, 80).into()));
            }
        });
        self.world.point(SITE, &[at]).unwrap();
        let seen = self.check(api, SITE);
        assert_eq!(
            (&seen["state"], &seen["check"]["leads"]),
            (&json!("good"), &json!("forwarded")),
            "{seen:#}"
        );
        self.world.point_to(self.node, &[SITE]).unwrap();
        assert_eq!(self.check(api, SITE)["check"]["leads"], "here");
    }

    fn failing(&self, api: &mut Api) {
        self.world.fail(SITE).unwrap();
        let seen = self.check(api, SITE);
        assert_eq!(
            (&seen["state"], &seen["check"]["leads"]),
            (&json!("trouble"), &json!("unknown")),
            "{seen:#}"
        );
        assert_eq!(codes(&seen), ["servers_failed"], "{seen:#}");
        self.world.mend(SITE).unwrap();
        self.world.point_to(self.node, &[SITE]).unwrap();
        assert_eq!(self.check(api, SITE)["state"], "good");
    }

    fn claimed(&self, api: &mut Api) {
        let mut alice = Session::of(self.node, "alice").unwrap();
        let body = json!({ "account": "alice", "name": CLAIMED, "php": null });
        let asked = alice.send("POST", "/sites", Some(&body)).unwrap();
        assert!((200..300).contains(&asked.status), "{} {}", asked.status, asked.text());
        assert_eq!(api.get(&format!("/sites/{CLAIMED}")).unwrap()["pending_names"], json!([CLAIMED]));
        self.world.point_to(self.node, &[CLAIMED]).unwrap();
        let seen = self.check(api, CLAIMED);
        assert_eq!(
            (&seen["ownership"]["state"], &seen["state"]),
            (&json!("pending"), &json!("not_served")),
            "{seen:#}"
        );
        let url = format!("http://{CLAIMED}{CHALLENGES}/token");
        assert_eq!(
            self.node.request(&Request::get(url.clone())).unwrap().status,
            404,
            "nothing is answered for it"
        );
        let record = seen["ownership"]["record"].clone();
        let (place, text) = (record["name"].as_str().unwrap(), record["value"].as_str().unwrap());
        assert_eq!(place, format!("_holdfast-challenge.{CLAIMED}"));
        for wrong in ["holdfast-verify=", "v=spf1 -all", &text[..text.len() - 1]] {
            self.world.text(place, Some(wrong)).unwrap();
            let seen = self.check(api, CLAIMED);
            assert_eq!(
                (&seen["ownership"]["state"], &seen["ownership"]["record_seen"]),
                (&json!("pending"), &json!("another")),
                "{wrong}"
            );
        }
        self.world.text(place, Some(text)).unwrap();
        let told = self.node.ok(&["site", "check", CLAIMED]).unwrap().text();
        assert!(told.contains("proven by a record in the DNS"), "{told}");
        api.wait_ready(&format!("/sites/{CLAIMED}"), LIMIT).unwrap();
        https::sees(self.node, &format!("http://{CLAIMED}/"));
        self.world.text(place, None).unwrap();
        let seen = self.check(api, CLAIMED);
        assert_eq!(
            (&seen["ownership"]["state"], &seen["state"]),
            (&json!("proven"), &json!("good")),
            "{seen:#}"
        );
        let audit = json!(api.list("/audit").unwrap()).to_string();
        assert!(audit.contains("site.name.prove"), "{audit}");
    }

    fn preflight(&self, api: &mut Api) {
        self.world.point(ALIAS, &[]).unwrap();
        let made = self.world.made_known("pebble");
        self.node.ok(&made.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let id = https::certificate(api, SITE)["id"].as_str().unwrap().to_owned();
        let path = format!("/certificates/{id}");
        let view = api.wait_until(&path, LIMIT, |view| view["order"]["state"] == "issued").unwrap();
        assert_eq!(view["covers"], json!([SITE]), "{view:#}");
        let left = &view["order"]["left_out"][0];
        assert_eq!(left["name"], ALIAS, "{view:#}");
        assert!(
            matches!(left["reason"].as_str(), Some("preflight_no_address" | "preflight_no_such_name")),
            "{left:#}"
        );
        assert!(
            left["remedy"].to_string().contains("Set an A record") && left["retry_at"].is_string(),
            "{left:#}"
        );
        self.world.point_to(self.node, &[ALIAS]).unwrap();
        self.node.ok(&["certificate", "renew", &id]).unwrap();
        let both = json!([ALIAS, SITE]);
        api.wait_until(&path, LIMIT, |view| view["covers"] == both).unwrap();
    }

    /// A name that leads into this server, or to its neighbours, makes nobody be called.
    fn inside(&self, api: &mut Api) {
        for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254"] {
            self.world.point(SITE, &[address.parse().unwrap()]).unwrap();
            let seen = self.check(api, SITE);
            assert_ne!(seen["state"], "good", "{address}: {seen:#}");
            let answers = &seen["check"]["places"][0]["answers"];
            assert!(["silent", "unknown"].contains(&answers.as_str().unwrap()), "{address}: {seen:#}");
        }
        self.world.point_to(self.node, &[SITE]).unwrap();
        assert_eq!(self.check(api, SITE)["state"], "good");
    }
}
