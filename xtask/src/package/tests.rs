use super::{depending_on, glibc_versions, needed};

const VERSIONS: &str = "Version needs section '.gnu.version_r' contains 2 entries:
  000000: Version: 1  File: libgcc_s.so.1  Cnt: 1
  0x0010:   Name: GCC_3.0  Flags: none  Version: 10
  0x0020: Version: 1  File: libc.so.6  Cnt: 3
  0x0030:   Name: GLIBC_2.9  Flags: none  Version: 9
  0x0040:   Name: GLIBC_2.34  Flags: none  Version: 8
  0x0050:   Name: GLIBC_2.2.5  Flags: none  Version: 2
";

const DYNAMIC: &str = " 0x0000000000000001 (NEEDED)             Shared library: [libgcc_s.so.1]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000c (INIT)               0x59000
";

#[test]
fn the_newest_version_is_by_number_not_by_text() {
    assert_eq!(glibc_versions(VERSIONS).into_iter().next_back(), Some((2, 34)));
}

#[test]
fn libraries_are_read_from_the_dynamic_section() {
    assert_eq!(needed(DYNAMIC).collect::<Vec<_>>(), ["libgcc_s.so.1", "libc.so.6"]);
}

#[test]
fn a_package_for_this_machine_depends_on_its_c_library() {
    let control = "Package: holdfast\nDepends: libc6 (>= 2.36), libgcc-s1\n";
    let here = depending_on(control, (2, 41)).unwrap();
    assert_eq!(here, "Package: holdfast\nDepends: libc6 (>= 2.41), libgcc-s1\n");
    assert!(depending_on("Package: holdfast\n", (2, 41)).is_err());
}

#[test]
fn what_set_up_declares_is_what_the_check_holds_it_to() {
    let manifest = include_str!("../../../bins/setup/Cargo.toml");
    assert!(depending_on(manifest, super::OLDEST_GLIBC).is_ok());
}
