//! What crosses the wire, as files.

use converge::{Apply, Cause, Condition, Plan, Reason, Refusal, Report, Spec, Status, Wanted};
use names::{ByteSize, Generation};
use wire::golden::Golden;

use crate::{
    Bounds, Bytes, Effective, Extensions, ListExtensions, OpcacheReset, PoolSpec, RunOpcacheReset, Setting,
    Settings, Source, Unit, errors,
};

/// A value for each setting that a person could choose, and not the usual one.
const CHOSEN: &str = r#"{
    "memory_limit": "256M", "upload_limit": "128M", "max_execution_time": 120, "max_input_time": 90, "max_input_vars": 5000,
    "max_file_uploads": 40, "display_errors": true, "error_reporting": "all", "log_errors": false, "time_zone": "Europe/Berlin",
    "session_lifetime": 7200, "session_cookie_lifetime": 86400, "session_cookie_secure": true, "session_cookie_httponly": true,
    "session_cookie_samesite": "lax", "output_buffering": "8K", "short_open_tag": true, "default_charset": "ISO-8859-1",
    "default_socket_timeout": 30, "allow_url_fopen": false, "opcache": false, "opcache_memory": "192M",
    "opcache_validate_timestamps": false, "opcache_revalidate_freq": 60, "realpath_cache_size": "8M", "realpath_cache_ttl": 600,
    "auto_prepend_file": "www/public/first.php", "disable_functions": ["exec", "shell_exec"], "precision": 17,
    "output_compression": true, "workers": 3, "worker_requests": 500, "worker_idle_time": 30
}"#;

fn chosen() -> Settings {
    serde_json::from_str(CHOSEN).unwrap()
}

fn bounds() -> Bounds {
    Bounds { memory: ByteSize::mebibytes(512), upload: ByteSize::mebibytes(1024), seconds: 300, workers: 8 }
}

#[test]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let spec = PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
        settings: Settings::default(),
    };
    let mut own =
        PoolSpec { name: "alice-8.4-01990000-0000-7000-8000-000000000003".parse().unwrap(), ..spec.clone() };
    Effective::of(&Settings::default(), &chosen(), bounds()).put(&mut own);
    let scope: names::PoolId = "01990000-0000-7000-8000-000000000002".parse().unwrap();
    let present = Apply::new(scope, Generation::new(1).unwrap(), Wanted::Present(spec));
    let settings = Apply::new(scope, Generation::new(3).unwrap(), Wanted::Present(own));
    let absent = Apply::<PoolSpec>::new(scope, Generation::new(2).unwrap(), Wanted::Absent);
    let report = |status| Report {
        kind: PoolSpec::KIND.to_owned(),
        scope: scope.to_string(),
        generation: present.generation,
        digest: present.digest,
        plan: Plan::default(),
        changed: false,
        taken: 0,
        status,
    };
    let missing = Status::not_ready(
        Condition::Pending,
        Reason::PhpVersionMissing,
        "PHP 8.1 is not installed on this server",
    );
    let conflict = Refusal::GenerationConflict { generation: Generation::new(1).unwrap() };
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&present, &report(Status::ready()))
        .request("absent", &absent)
        .request("settings", &settings)
        .reply::<Apply<PoolSpec>>("version-missing", &report(missing))
        .error::<Apply<PoolSpec>>("conflict", &conflict.into())
        .method(&RunOpcacheReset { pool: scope, cause: Cause::default() }, &OpcacheReset { ran: true })
        .error::<RunOpcacheReset>(
            "missing",
            &wire::Refusal::new(errors::NO_SUCH_POOL, "there is no such pool"),
        )
        .method(
            &ListExtensions { version: "8.4".parse().unwrap() },
            &Extensions { installed: true, extensions: vec!["curl".to_owned(), "mysqli".to_owned()] },
        )
        .check()
        .unwrap();
}

#[test]
fn a_specification_without_settings_is_the_one_that_older_agents_know() {
    let text = r#"{"name":"alice-8.4","account":"alice","version":"8.4","max_children":5,"memory_limit":"128M","upload_limit":"64M","suspended":false}"#;
    let spec: PoolSpec = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&spec).unwrap(), text);
}

#[test]
fn every_setting_has_a_name_a_usual_value_of_its_own_type_and_words() {
    let all = serde_json::to_value(chosen()).unwrap();
    assert_eq!(all.as_object().unwrap().len(), Setting::ALL.len(), "an example for each");
    for setting in Setting::ALL.iter().copied() {
        let facts = setting.facts();
        assert_eq!(serde_json::to_value(setting).unwrap(), setting.as_str());
        assert_eq!(Setting::named(setting.as_str()), Some(setting));
        assert!(facts.what.ends_with('.') && !facts.what.starts_with(' '), "{setting}: {:?}", facts.what);
        assert_eq!(facts.choices.is_empty(), facts.unit != Unit::Choice, "{setting}");
        assert_eq!(chosen().json(setting), all[setting.as_str()], "{setting}");
        let usual: Settings =
            serde_json::from_value(serde_json::json!({ setting.as_str(): facts.usual })).unwrap();
        assert_eq!(usual.json(setting), facts.usual, "{setting}");
        assert_ne!(chosen().json(setting), facts.usual, "{setting}: the example is the usual value");
    }
}

#[test]
fn what_is_rendered_of_any_value_means_nothing_to_a_file_of_php_fpm() {
    for setting in Setting::ALL.iter().copied() {
        let (facts, text) = (setting.facts(), chosen().ini(setting).unwrap());
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+/,".contains(c);
        assert!(!text.is_empty() && text.chars().all(plain), "{setting}: {text:?}");
        for choice in facts.choices {
            let one: Settings =
                serde_json::from_value(serde_json::json!({ setting.as_str(): choice })).unwrap();
            assert!(one.ini(setting).unwrap().chars().all(plain), "{setting} {choice}");
        }
    }
}

#[test]
fn values_beyond_their_range_and_of_other_types_are_refused_with_a_code() {
    let refused = |field: &str, value: serde_json::Value| {
        let body = serde_json::json!({ field: value });
        serde_json::from_value::<Settings>(body).expect_err(field).to_string()
    };
    let range = refused("max_execution_time", 0.into());
    assert!(range.contains("below 1 or above 300") && range.ends_with("[php_range]"), "{range}");
    assert!(refused("max_execution_time", 301.into()).ends_with("[php_range]"));
    assert!(refused("memory_limit", "1M".into()).contains("below 16M or above 8G"));
    assert!(refused("memory_limit", "128M\nuser = root".into()).ends_with("[size]"));
    assert!(refused("time_zone", "../etc/passwd".into()).ends_with("[time_zone]"));
    assert!(refused("disable_functions", serde_json::json!(["exec,system"])).ends_with("[php_function]"));
    let many: Vec<String> = (0..101).map(|n| format!("f{n}")).collect();
    assert!(refused("disable_functions", serde_json::json!(many)).ends_with("[php_functions_too_many]"));
    for (field, value) in [
        ("max_execution_time", serde_json::json!("30")),
        ("display_errors", serde_json::json!(1)),
        ("error_reporting", serde_json::json!("E_ALL")),
        ("auto_prepend_file", serde_json::json!("/etc/passwd")),
        ("sendmail_path", serde_json::json!("/bin/sh")),
    ] {
        refused(field, value);
    }
}

#[test]
fn a_site_stands_over_its_account_and_the_package_over_both() {
    let settings = |text: &str| serde_json::from_str::<Settings>(text).unwrap();
    let account = settings(r#"{ "memory_limit": "1G", "display_errors": true, "workers": 20 }"#);
    let site = settings(r#"{ "display_errors": false, "max_input_vars": 2000 }"#);
    let of = Effective::of(&account, &site, bounds());
    let state = |setting| (of.value(setting), of.source(setting));
    assert_eq!(state(Setting::MemoryLimit), ("512M".into(), Source::Package));
    assert_eq!(state(Setting::DisplayErrors), (false.into(), Source::Site));
    assert_eq!(state(Setting::MaxInputVars), (2000.into(), Source::Site));
    assert_eq!(state(Setting::UploadLimit), ("64M".into(), Source::Usual));
    assert_eq!(state(Setting::Workers), (8.into(), Source::Package));
    assert_eq!(state(Setting::MaxExecutionTime), (30.into(), Source::Usual));
    assert_eq!(state(Setting::AutoPrependFile), (serde_json::Value::Null, Source::Usual));
    assert_eq!(of.most(Setting::MemoryLimit), Some(512 << 20));
    assert_eq!(of.most(Setting::MaxInputVars), Some(100_000));
}

#[test]
fn a_script_cannot_give_itself_more_time_than_a_package_allows() {
    let none = Settings::default();
    let free = Effective::of(&none, &none, bounds());
    assert_eq!(free.settings.max_execution_time, None, "it may, where no package says otherwise");
    let bound = Effective::of(&none, &none, Bounds { seconds: 60, ..bounds() });
    assert_eq!(bound.value(Setting::MaxExecutionTime), 30);
    assert_eq!(bound.source(Setting::MaxExecutionTime), Source::Usual);
    let tight = Effective::of(&none, &none, Bounds { seconds: 10, ..bounds() });
    assert_eq!(tight.source(Setting::MaxExecutionTime), Source::Package);
}

#[test]
fn the_same_settings_by_another_way_are_the_same() {
    let none = Settings::default();
    let site = Settings { memory_limit: Some(Bytes::clamped(ByteSize::mebibytes(128))), ..none.clone() };
    let (by_account, by_site) =
        (Effective::of(&none, &none, bounds()), Effective::of(&none, &site, bounds()));
    assert!(by_site.is_as(&by_account), "it chose what is usual");
    let beyond = Settings { memory_limit: Some(Bytes::clamped(ByteSize::mebibytes(4096))), ..none.clone() };
    let much = Settings { memory_limit: Some(Bytes::clamped(ByteSize::mebibytes(2048))), ..none };
    let of = |account, site| Effective::of(account, site, bounds());
    assert!(of(&beyond, &Settings::default()).is_as(&of(&beyond, &much)), "both get what the package allows");
}
