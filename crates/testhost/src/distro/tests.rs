use super::Distro;

#[test]
fn every_profile_names_its_own_php_and_masks_its_default_pool() {
    for distro in Distro::ALL {
        let profile = distro.profile().expect("profile");
        let web = &profile.role["web"];
        let fpm = format!("php{}-fpm", distro.php());
        assert!(web.packages.contains(&fpm), "{distro}: {:?}", web.packages);
        assert!(web.mask.contains(&format!("{fpm}.service")), "{distro}: {:?}", web.mask);
        assert!(web.mask.contains(&"apache2.service".to_owned()), "{distro}: {:?}", web.mask);
    }
}

#[test]
fn a_name_reads_back_as_the_same_distribution() {
    for distro in Distro::ALL {
        assert_eq!(distro.name().parse::<Distro>().expect("known"), distro);
    }
    assert!("debian".parse::<Distro>().is_err());
    assert!("Debian13".parse::<Distro>().is_err());
}
