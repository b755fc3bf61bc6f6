use super::*;

fn os(id: &str, version: &str) -> OsRelease {
    OsRelease { id: id.to_owned(), version_id: version.to_owned(), pretty_name: String::new() }
}

#[test]
fn each_supported_distribution_has_its_profile() {
    for (version, php) in [("12", "8.2"), ("13", "8.4")] {
        let profile = Profile::for_os(&os("debian", version)).unwrap();
        assert_eq!(profile.php.default.to_string(), php);
        assert_eq!(profile.php.fpm_path(profile.php.default), format!("/usr/sbin/php-fpm{php}"));
        assert_eq!(profile.php.config_path(profile.php.default), format!("/etc/php/{php}/fpm"));
        assert_eq!(profile.web.group, "www-data");
    }
}

#[test]
fn an_unknown_distribution_is_named_in_the_error() {
    for (id, version) in [("debian", "11"), ("ubuntu", "24.04"), ("", "")] {
        let error = Profile::for_os(&os(id, version)).unwrap_err();
        assert!(error.to_string().contains(&format!("{id:?} {version:?}")), "{error}");
    }
}

#[test]
fn the_packages_of_a_role_hold_php_of_each_version_and_mask_its_default_service() {
    for profile in Profile::all().unwrap() {
        let role = profile.role(Role::Web);
        assert!(role.packages.iter().any(|p| p == "nginx"));
        assert!(role.packages.iter().any(|p| p == "openssh-server"));
        assert!(role.mask.contains(&MaskedUnit::Apache));
        for version in &profile.php.versions {
            assert!(role.packages.contains(&format!("php{version}-fpm")));
            assert!(role.mask.contains(&MaskedUnit::PhpFpm(*version)));
        }
        for package in &role.packages {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
            assert!(package.bytes().all(plain) && package.starts_with(|c: char| c.is_ascii_lowercase()));
        }
    }
}

#[test]
fn an_unknown_key_of_a_profile_is_refused() {
    let text = BUILT_IN[0].1.replace("[php]", "[php]\nsurprise = 1");
    assert!(matches!(parse("x", &text), Err(HostError::Profile { .. })));
}
