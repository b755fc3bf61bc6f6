use super::{Archive, Content, FORMAT, Kind, Manifest, Member, write};
use crate::life::tests::Server;
use names::Digest;

fn error(path: &std::path::Path) -> String {
    Archive::open(path).unwrap_err().chain()
}

#[test]
fn every_byte_that_differs_is_noticed_before_anything_is_touched() {
    let server = Server::new(1);
    let path = server.back_up("one.tar");
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(archive) = Archive::open(&path) {
            // what a tar keeps beside names, sizes and contents (and padding) says nothing here; the manifest's texts are no digests
            let reads = archive.each(|member, content| {
                let mut read = Vec::new();
                std::io::Read::read_to_end(content, &mut read).unwrap();
                assert_eq!(Digest::of(&read), member.sha256);
                Ok(())
            });
            reads.unwrap();
        }
    }
    for length in [0, 300, whole.len() / 2, whole.len() - 1600] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(error(&path).contains("nothing was changed"), "{length} bytes");
    }
}

#[test]
fn an_archive_of_a_newer_format_or_of_something_else_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    let manifest = |format, members| Manifest {
        format,
        release: "9.9.9".to_owned(),
        taken_at: String::new(),
        hostname: String::new(),
        database: None,
        members,
    };
    let put = |manifest: &Manifest, contents| {
        write(std::fs::File::create(&path).unwrap(), manifest, contents, 0).unwrap();
    };
    put(&manifest(FORMAT + 1, Vec::new()), Vec::new());
    assert!(error(&path).contains("9.9.9"), "{}", error(&path));
    let member = Member {
        name: "files/etc/shadow".to_owned(),
        path: Some("/etc/shadow".to_owned()),
        kind: Kind::File,
        mode: 0o600,
        uid: 0,
        gid: 0,
        size: 1,
        sha256: Digest::of(b"x"),
    };
    put(&manifest(FORMAT, vec![member.clone()]), vec![Content::Bytes(b"x".to_vec())]);
    assert!(error(&path).contains("files/etc/shadow"), "{}", error(&path));
    let outside = "/etc/holdfast/../shadow".to_owned();
    let member = Member { name: format!("files{outside}"), path: Some(outside), ..member };
    put(&manifest(FORMAT, vec![member]), Vec::new());
    assert!(error(&path).contains("not what a backup holds"), "{}", error(&path));
    std::fs::write(&path, "something else").unwrap();
    assert!(Archive::open(&path).is_err());
}
