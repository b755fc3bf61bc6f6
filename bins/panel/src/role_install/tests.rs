use super::*;

#[test]
fn apt_says_how_many_packages_there_are() {
    assert_eq!(newly_installed("0 upgraded, 57 newly installed, 0 to remove and 3 not upgraded."), Some(57));
    assert_eq!(newly_installed("1 upgraded, 2 newly installed, 1 downgraded, 0 to remove"), Some(2));
    for line in ["", "newly installed", "a newly installed", "Setting up nginx ..."] {
        assert_eq!(newly_installed(line), None, "{line}");
    }
}
