//! Holdfast on real Debian servers. They need root; without, they fail: a skipped proof would look like a proof.
//!
//! A test is one server of one distribution, set up once; many checks share it, and all of them run.

#![cfg(test)]

mod brought;
mod browser;
mod certificates;
mod faults;
mod handshake;
mod https;
mod identity;
mod inside;
mod jobs;
mod keys;
mod life;
mod many;
mod outside;
mod packages;
mod passkeys;
mod programs;
mod quota;
mod sandbox;
mod serving;
mod setup;
mod signing_in;
mod story;
mod support;
mod tenants;
mod upgrade;
mod web;
mod webhook;

/// The same test for every distribution.
macro_rules! on_both {
    ($($name:ident => $body:path;)+) => {
        $(mod $name {
            #[test]
            fn on_debian_12() {
                $body(e2e::Distro::Debian12);
            }

            #[test]
            fn on_debian_13() {
                $body(e2e::Distro::Debian13);
            }
        })+
    };
}

on_both! {
    a_site_is_hosted_and_tenants_are_apart => crate::story::on;
    nothing_is_lost_when_processes_are_killed => crate::many::on;
    a_package_is_held_by_the_server => crate::packages::on;
    one_bad_site_stops_no_other => crate::web::on;
    a_site_serves_as_its_owner_says => crate::serving::on;
    a_site_answers_by_https => crate::https::on;
    certificates_are_ordered_and_renewed => crate::certificates::on;
    a_role_is_installed_by_the_panel => crate::jobs::on;
    the_panel_is_put_back_and_upgraded => crate::life::on;
    faults_wait_and_heal => crate::faults::on;
    programs_and_helpers_act_for_people => crate::programs::on;
    limits_of_the_disk_are_held_on_btrfs => crate::quota::on;
    people_sign_in_with_a_second_factor => crate::signing_in::on;
    people_sign_in_with_a_passkey => crate::passkeys::on;
    events_are_told_to_other_servers => crate::webhook::on;
    people_sign_in_by_an_identity_provider => crate::identity::on;
    setup_is_resumed_and_destroys_nothing => crate::setup::on;
}
