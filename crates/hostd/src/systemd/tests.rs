use super::*;
use crate::Host;

#[test]
fn the_words_of_systemd_are_understood() {
    assert_eq!(JobResult::from_word("done"), JobResult::Done);
    assert_eq!(JobResult::from_word("failed"), JobResult::Failed);
    assert_eq!(JobResult::from_word("a later word"), JobResult::Other);
    assert_eq!(Active::from_word("active"), Active::Active);
    assert!(Active::from_word("reloading").is_up());
    assert!(!Active::from_word("deactivating").is_up());
    assert_eq!(Active::from_word("a later word"), Active::Inactive);
}

#[test]
fn a_job_that_is_not_done_is_an_error_that_says_how_it_ended() {
    assert!(JobResult::Done.require_done("start", &Unit::Nginx).is_ok());
    let error = JobResult::Timeout.require_done("start", &Unit::Nginx).unwrap_err();
    assert_eq!(error.to_string(), "start nginx.service: ran into its time limit");
}

fn pool_host() -> (Host, Unit, Unit) {
    let host = Host::for_test().unwrap();
    let pool: names::PoolName = "alice-8.4".parse().unwrap();
    let (socket, service) = (Unit::PhpPoolSocket(pool.clone()), Unit::PhpPoolService(pool));
    for unit in [&socket, &service] {
        let path = unit.rendered_path().unwrap();
        host.files().write(&path, b"[Unit]\n", 0o644, host.test_owner()).unwrap();
    }
    (host, socket, service)
}

fn uid() -> names::Uid {
    names::Uid::new(20000).unwrap()
}

fn add_alice(host: &Host) {
    let account: names::AccountName = "alice".parse().unwrap();
    host.run(&crate::Tool::AddGroup { account: account.clone(), gid: uid() }).unwrap();
    host.run(&crate::Tool::AddUser { account, uid: uid(), gid: uid(), home: "/home/alice".to_owned() })
        .unwrap();
}

#[test]
fn in_effigy_a_unit_without_a_file_does_not_exist() {
    let host = Host::for_test().unwrap();
    let unit = Unit::PhpPoolSocket("bob-8.4".parse().unwrap());
    assert!(matches!(host.systemd().start(&unit), Err(HostError::NoSuchUnit { .. })));
    assert!(!host.systemd().state(&unit).unwrap().loaded);
    assert_eq!(host.systemd().stop(&unit).unwrap(), JobResult::Done);
}

#[test]
fn in_effigy_a_service_needs_its_user_and_brings_up_its_socket() {
    let (host, socket, service) = pool_host();
    assert_eq!(host.systemd().start(&service).unwrap(), JobResult::Failed);
    assert_eq!(host.systemd().state(&service).unwrap().active, Active::Failed);
    add_alice(&host);
    assert_eq!(host.systemd().start(&service).unwrap(), JobResult::Done);
    let state = host.systemd().state(&service).unwrap();
    assert_eq!((state.active, state.sub.as_str()), (Active::Active, "running"));
    assert!(state.main_pid.is_some());
    assert_eq!(host.systemd().state(&socket).unwrap().sub, "listening");
    assert_eq!(host.systemd().list(UnitSet::Pools).unwrap().len(), 2);
}

#[test]
fn in_effigy_a_socket_does_not_start_under_a_running_service_and_takes_it_down() {
    let (host, socket, service) = pool_host();
    add_alice(&host);
    host.systemd().start(&service).unwrap().require_done("start", &service).unwrap();
    assert_eq!(host.systemd().stop(&socket).unwrap(), JobResult::Done);
    assert_eq!(host.systemd().state(&service).unwrap().active, Active::Inactive);
    host.fake_systemd().unwrap().set_active(&service, Active::Active);
    assert_eq!(host.systemd().start(&socket).unwrap(), JobResult::Failed);
}

#[test]
fn in_effigy_a_slice_takes_down_what_is_in_it() {
    let (host, socket, service) = pool_host();
    add_alice(&host);
    host.systemd().start(&service).unwrap().require_done("start", &service).unwrap();
    let slice = Unit::AccountSlice("alice".parse().unwrap());
    assert_eq!(host.systemd().stop(&slice).unwrap(), JobResult::Done);
    assert_eq!(host.systemd().state(&service).unwrap().active, Active::Inactive);
    assert!(host.systemd().state(&socket).unwrap().active.is_up(), "sockets are in no slice of the account");
}

#[test]
fn in_effigy_a_changed_file_is_noticed_and_read_at_daemon_reload() {
    let host = Host::for_test().unwrap();
    let slice = Unit::AccountSlice("alice".parse().unwrap());
    let path = slice.rendered_path().unwrap();
    let write = |text: &str| host.files().write(&path, text.as_bytes(), 0o644, host.test_owner()).unwrap();
    write("[Slice]\nMemoryMax=1G\nTasksMax=128\nCPUQuota=150%\n");
    host.systemd().start(&slice).unwrap().require_done("start", &slice).unwrap();
    assert!(!host.systemd().state(&slice).unwrap().need_daemon_reload);
    let limits = host.systemd().limits(&slice).unwrap();
    assert_eq!(
        (limits.memory_max, limits.tasks_max, limits.cpu_quota_per_sec_usec),
        (Some(1 << 30), Some(128), Some(1_500_000))
    );
    write("[Slice]\nMemoryMax=infinity\n");
    assert!(host.systemd().state(&slice).unwrap().need_daemon_reload);
    assert_eq!(host.systemd().limits(&slice).unwrap().memory_max, Some(1 << 30), "not read yet");
    host.systemd().daemon_reload().unwrap();
    assert!(!host.systemd().state(&slice).unwrap().need_daemon_reload);
    assert_eq!(host.systemd().limits(&slice).unwrap().memory_max, None);
}

#[test]
fn in_effigy_hooks_decide_how_a_check_ends() {
    let host = Host::for_test().unwrap();
    let fake = host.fake_systemd().unwrap();
    assert_eq!(host.systemd().start(&Unit::NginxCheck).unwrap(), JobResult::Done);
    fake.on_start(&Unit::NginxCheck, || JobResult::Failed);
    assert_eq!(host.systemd().start(&Unit::NginxCheck).unwrap(), JobResult::Failed);
    fake.on_reload(&Unit::Nginx, || JobResult::Failed);
    assert_eq!(host.systemd().reload(&Unit::Nginx).unwrap(), JobResult::Failed);
    fake.clear_hooks();
    assert_eq!(host.systemd().reload(&Unit::Nginx).unwrap(), JobResult::Done);
    assert_eq!(fake.take_calls().len(), 4);
}
