use super::{FORMAT, INCLUDE, Recipe};

fn recipe(packages: &[&str]) -> Recipe<'static> {
    Recipe {
        format: FORMAT,
        suite: "trixie",
        include: &INCLUDE,
        packages: packages.iter().map(|&name| name.to_owned()).collect(),
        masks: Vec::new(),
        installed_on: None,
    }
}

#[test]
fn whatever_changes_an_image_changes_its_hash() {
    let hash = |recipe: &Recipe<'_>| recipe.hash().expect("hash");
    let one = recipe(&["nginx"]);
    assert_eq!(hash(&one), hash(&recipe(&["nginx"])));
    assert_ne!(hash(&one), hash(&recipe(&["nginx", "php8.4-fpm"])));
    assert_ne!(hash(&one), hash(&Recipe { suite: "bookworm", ..recipe(&["nginx"]) }));
    assert_ne!(hash(&one), hash(&Recipe { masks: vec!["apache2.service".into()], ..recipe(&["nginx"]) }));
    assert_ne!(hash(&one), hash(&Recipe { installed_on: Some("00".into()), ..recipe(&["nginx"]) }));
    assert_ne!(hash(&one), hash(&Recipe { format: FORMAT + 1, ..recipe(&["nginx"]) }));
}
