use std::collections::BTreeMap;

use hostd::Bounds;
use testkit::hostile::{FieldKind, cases};

use super::*;

/// A value for each setting that has a line of its own, or stands on the command line.
const CHOSEN: &str = r#"{
    "max_execution_time": 120, "max_input_time": 90, "max_input_vars": 5000, "max_file_uploads": 40, "display_errors": true,
    "error_reporting": "all", "log_errors": false, "time_zone": "Europe/Berlin", "session_lifetime": 7200,
    "session_cookie_lifetime": 86400, "session_cookie_secure": true, "session_cookie_httponly": true,
    "session_cookie_samesite": "none", "output_buffering": "8K", "short_open_tag": true, "default_charset": "ISO-8859-1",
    "default_socket_timeout": 30, "allow_url_fopen": false, "opcache": false, "opcache_memory": "192M",
    "opcache_validate_timestamps": false, "opcache_revalidate_freq": 60, "realpath_cache_size": "8M", "realpath_cache_ttl": 600,
    "auto_prepend_file": "www/public/first.php", "disable_functions": ["exec", "shell_exec"], "precision": -1,
    "output_compression": true, "worker_requests": 500, "worker_idle_time": 30
}"#;

fn chosen() -> PoolSpec {
    PoolSpec { settings: serde_json::from_str(CHOSEN).unwrap(), ..spec() }
}

/// What a pool's file says, by key; a key that comes twice is a mistake.
fn read(conf: &str) -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    for line in conf.lines().filter(|line| !line.is_empty() && !line.starts_with([';', '['])) {
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{line:?}"));
        assert!(said.insert(key.to_owned(), value.to_owned()).is_none(), "{key} comes twice");
    }
    said
}

fn spec() -> PoolSpec {
    PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
        settings: php_spec::Settings::default(),
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

/// Who upgrades has no pool restarted for settings that nobody chose.
#[test]
fn a_pool_without_settings_is_as_it_was_before_there_were_any() {
    let host = Host::for_test().unwrap();
    let rendered = render(&host, &spec());
    let said = read(&rendered.conf.content);
    assert_eq!(said["pm.max_requests"], "1000");
    assert_eq!(said["pm.process_idle_timeout"], "10s");
    assert_eq!(said["php_value[opcache.revalidate_freq]"], "0");
    assert_eq!(said["php_flag[log_errors]"], "on");
    assert_eq!(said["php_flag[display_errors]"], "off");
    assert!(rendered.conf.content.ends_with("php_flag[display_errors] = off\n"));
    assert!(rendered.service.content.contains("--fpm-config /etc/holdfast/php/alice-8.4.conf\n"));
}

#[test]
fn every_setting_reaches_php_in_its_own_way() {
    let host = Host::for_test().unwrap();
    let rendered = render(&host, &chosen());
    let said = read(&rendered.conf.content);
    for (key, value) in [
        ("php_admin_value[memory_limit]", "128M"),
        ("php_admin_value[max_execution_time]", "120"),
        ("php_value[max_input_vars]", "5000"),
        ("php_flag[display_errors]", "on"),
        ("php_value[error_reporting]", "\"32767\""),
        ("php_flag[log_errors]", "off"),
        ("php_value[date.timezone]", "\"Europe/Berlin\""),
        ("php_value[session.gc_maxlifetime]", "7200"),
        ("php_value[session.gc_probability]", "1"),
        ("php_value[session.cookie_samesite]", "\"None\""),
        ("php_value[output_buffering]", "8192"),
        ("php_admin_flag[allow_url_fopen]", "off"),
        ("php_value[opcache.revalidate_freq]", "60"),
        ("php_admin_value[realpath_cache_size]", "8M"),
        ("php_value[auto_prepend_file]", "\"/home/alice/www/public/first.php\""),
        ("php_admin_value[disable_functions]", "\"exec,shell_exec\""),
        ("php_value[precision]", "-1"),
        ("php_flag[zlib.output_compression]", "on"),
        ("pm.max_requests", "500"),
        ("pm.process_idle_timeout", "30s"),
    ] {
        assert_eq!(said.get(key).map(String::as_str), Some(value), "{key}");
    }
    let start = rendered.service.content.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    assert!(start.ends_with(".conf -d opcache.enable=0 -d opcache.memory_consumption=192"), "{start}");
    for setting in Setting::ALL.iter().copied().filter(|s| s.facts().told != Told::AtStart) {
        let directive = setting.facts().directive;
        let told = said.keys().any(|key| key == directive || key.contains(&format!("[{directive}]")));
        assert!(told, "{setting} is in no line");
    }
}

#[test]
fn what_stands_for_nothing_has_no_line() {
    let host = Host::for_test().unwrap();
    let settings = r#"{ "session_cookie_samesite": "unset", "disable_functions": [] }"#;
    let nothing = PoolSpec { settings: serde_json::from_str(settings).unwrap(), ..spec() };
    assert_eq!(render(&host, &nothing).conf.content, render(&host, &spec()).conf.content);
}

#[test]
fn no_hostile_string_reaches_a_file_but_as_what_it_means() {
    let host = Host::for_test().unwrap();
    let keys: Vec<String> = read(&render(&host, &chosen()).conf.content).into_keys().collect();
    let words = |service: &str| service.split_ascii_whitespace().count();
    let service = words(&render(&host, &chosen()).service.content);
    let settings = serde_json::to_value(&chosen().settings).unwrap();
    let (mut tried, mut taken) = (0, 0);
    for case in cases(&settings, |_| FieldKind::Any) {
        tried += 1;
        let Ok(settings) = serde_json::from_slice::<Settings>(&case.body) else { continue };
        taken += 1;
        let about = format!("{} in {}", case.payload.id, case.pointer);
        let rendered = render(&host, &PoolSpec { settings, ..spec() });
        let conf = &rendered.conf.content;
        assert!(conf.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{about}: {conf}");
        // null takes a line away, and nothing brings one
        let foreign: Vec<String> = read(conf).into_keys().filter(|key| !keys.contains(key)).collect();
        assert!(foreign.is_empty(), "{about}: {foreign:?}");
        assert!(words(&rendered.service.content) <= service, "{about}");
        for value in read(conf).values() {
            assert!(
                value.matches('"').count() % 2 == 0 && !value.contains(['$', ';', '\\']),
                "{about}: {value}"
            );
        }
    }
    assert!(tried > 1000 && taken > 0, "{taken} of {tried}");
}
