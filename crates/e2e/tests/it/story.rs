//! The story of hosting a site; then, on the same server, what tenants cannot do and what sandboxes hold.

use e2e::{Checks, Distro, Node, Place, Transcript, story};

use crate::{sandbox, tenants};

pub(crate) fn on(distro: Distro) {
    let mut node = Node::ready(distro, "story").unwrap();
    let mut checks = Checks::new(distro.name());
    checks.check("the story, line by line", || {
        let mut text = Vec::new();
        let mut told = Transcript::new(&mut text);
        let played = story::play(Place::server(&node), &mut told);
        let failed = told.failed().to_vec();
        let text = String::from_utf8_lossy(&text);
        played.unwrap_or_else(|error| panic!("{error:#}\n{text}"));
        assert!(failed.is_empty(), "{failed:#?}\n{text}");
    });
    tenants::checks(&mut node, &mut checks);
    sandbox::checks(&node, &mut checks);
    checks.finish();
}
