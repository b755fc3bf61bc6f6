use hostd::Bounds;

use super::*;

fn spec() -> PoolSpec {
    PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
    }
}

#[test]
fn the_sandbox_hides_the_other_homes_wherever_they_lie() {
    let hidden = |homes: &str| {
        let bounds = Bounds { homes: homes.to_owned(), ..Bounds::default() };
        let host = Host::for_test_with(bounds).unwrap();
        let service = render(&host, &spec()).service.content;
        let line = service.lines().find(|line| line.starts_with("TemporaryFileSystem=")).unwrap().to_owned();
        assert!(service.contains(&format!("\nBindPaths={homes}/alice\n")));
        line
    };
    let usual = "TemporaryFileSystem=/home:ro /root:ro /run/user:ro /var:ro /srv:ro /opt:ro \
                 /dev/shm:mode=1777,size=64M,noexec,nosuid,nodev";
    for homes in ["/home", "/home/customers", "/srv/www", "/var/www"] {
        assert_eq!(hidden(homes), usual, "{homes}");
    }
    for homes in ["/data/homes", "/homes", "/mnt/disk"] {
        let line = usual.replacen('=', &format!("={homes}:ro "), 1);
        assert_eq!(hidden(homes), line);
    }
}
