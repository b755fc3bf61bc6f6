use std::cell::RefCell;

use hostd::{Active, MaskedUnit, SetupSystemd, Unit};

use super::*;
use crate::testing::Fresh;

#[derive(Default)]
struct Kept(Vec<String>);

impl Log for Kept {
    fn line(&mut self, text: &str) -> Result<()> {
        self.0.push(text.to_owned());
        Ok(())
    }
}

impl Kept {
    fn steps(&self) -> Vec<&str> {
        let marks = self.0.iter().filter_map(|line| Mark::read(line));
        marks.filter_map(|mark| if let Mark::Step(step) = mark { Some(step) } else { None }).collect()
    }
}

#[test]
fn units_are_masked_before_their_packages_come_and_the_web_server_runs_after() {
    let server = Fresh::new();
    let mut log = Kept::default();
    let seen = RefCell::new(None);
    install(server.world(), &mut log, |_| {
        *seen.borrow_mut() = Some(server.systemd().state_masked(MaskedUnit::Apache).unwrap().masked);
        server.install_packages();
        Ok(())
    })
    .unwrap();
    assert_eq!(*seen.borrow(), Some(true), "masked before");
    assert_eq!(log.steps(), ["check", "masks", "packages", "web_server"]);
    assert_eq!(log.0.last().map(String::as_str), Some("#done"));
    assert!(server.host.systemd().state(&Unit::Nginx).unwrap().active.is_up());
    // again is no change
    server.host.take_changes();
    install(server.world(), &mut Kept::default(), |_| Ok(())).unwrap();
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
}

#[test]
fn what_is_in_the_way_ends_it_before_anything_is_changed() {
    let server = Fresh::new();
    server.systemd().set_active_masked(MaskedUnit::Apache, Active::Active);
    server.host.take_changes();
    let mut log = Kept::default();
    let refused = install(server.world(), &mut log, |_| panic!("no packages are installed")).unwrap_err();
    assert!(format!("{refused:#}").contains("apache2.service"), "{refused:#}");
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    assert_eq!(log.steps(), ["check"]);
    let marks: Vec<_> = log.0.iter().filter_map(|line| Mark::read(line)).collect();
    assert!(matches!(marks[1..], [Mark::Failed(_), Mark::Remedy(_)]), "{marks:?}");
}

#[test]
fn packages_that_do_not_come_are_told_with_their_words_and_what_to_do() {
    let server = Fresh::new();
    let mut log = Kept::default();
    let error = install(server.world(), &mut log, |_| anyhow::bail!("/usr/bin/apt-get ended with signal: 9"))
        .unwrap_err();
    assert!(format!("{error:#}").contains("signal: 9"));
    assert!(log.0.contains(&"#failed /usr/bin/apt-get ended with signal: 9".to_owned()), "{:?}", log.0);
    assert!(log.0.last().is_some_and(|line| line.starts_with("#remedy mend")), "{:?}", log.0);
}
