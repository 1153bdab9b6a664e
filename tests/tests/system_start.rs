//! What keeps the daemon from starting: each time with its reason, and with every login left to the password.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{System, SystemOptions};

#[test]
fn r17_r18_r23_r26_an_error_in_the_configuration_names_file_line_and_key() {
    let Some(mut system) = System::prepare(&SystemOptions::default()) else {
        return;
    };
    let good = fs::read_to_string(system.config()).unwrap();
    for (text, line, words) in [
        ("frames = 0\n", 1, "frames"),
        ("\nframes = 11\n", 2, "frames"),
        ("threshold = 0.9\n", 1, "threshold"),
        ("threshold = nan\n", 1, "threshold"),
        ("timeout_ms = 99999999\n", 1, "timeout_ms"),
        ("security = \"lax\"\n", 1, "lax"),
        ("secrity = \"strict\"\n", 1, "secrity"),
        ("frames = \"3\"\n", 1, "expected"),
        ("frames = 3\nframes = 3\n", 2, "duplicate"),
        ("frames = \n", 1, ""),
        ("[camera]\ndevice = \"/dev/video0\"\n", 2, "camera.device"),
        ("[camera]\nreplay = \"/srv\"\n", 2, "camera.replay"),
        (
            "[camera]\nallow_virtual = true\nreplay = \"srv\"\n",
            3,
            "camera.replay",
        ),
        ("[lockout]\nfailures = 0\n", 2, "lockout.failures"),
        ("[liveness]\n", 1, "liveness"),
        (
            "[services.sudo]\nenabled = true\ntrigger = \"immediate\"\n",
            3,
            "services.sudo.trigger",
        ),
        ("[services.passwd]\nenabled = true\n", 1, "services.passwd"),
        ("presence = \"here\"\n", 1, "presence"),
        ("[services.sshd]\nenabled = true\n", 1, "services.sshd"),
        ("[services.other]\nenabled = true\n", 1, "services.other"),
        ("[services.login]\nframes = 99\n", 2, "services.login.frames"),
    ] {
        system.write_config(text);
        let refused = system.start_refused();
        assert_eq!(refused.code, Some(1), "{text}: {refused:?}");
        let place = format!("{}:{line}: ", system.config().display());
        assert!(refused.said.contains(&place), "{text}: {refused:?}");
        assert!(refused.said.contains(words), "{text}: {refused:?}");
        let checked = system.cli(&["config", "check"]).expect(5);
        assert!(checked.err.contains(&place), "{text}: {checked:?}");
    }
    assert_eq!(
        code::name(system.login("login", ENROLLED)),
        "PAM_AUTHINFO_UNAVAIL"
    );

    // The file itself.
    let config = system.config();
    let mut refused = |words: &str| {
        let refused = system.start_refused();
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let file = config.display().to_string();
        assert!(
            refused.said.contains(&file) && refused.said.contains(words),
            "{words}: {refused:?}"
        );
    };
    let mode = |bits| fs::set_permissions(&config, PermissionsExt::from_mode(bits)).unwrap();
    fs::write(&config, &good).unwrap();
    mode(0o664);
    refused("writable by its group or by everyone");
    mode(0o646);
    refused("writable by its group or by everyone");
    mode(0o644);
    std::os::unix::fs::chown(&config, Some(uid(STRANGER)), None).unwrap();
    refused("not owned by root");
    fs::remove_file(&config).unwrap();
    refused("there is no such file");
    let elsewhere = config.with_extension("elsewhere");
    fs::write(&elsewhere, &good).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &config).unwrap();
    refused("cannot be read");
    fs::remove_file(&config).unwrap();
    fs::write(&config, [0xff; 16]).unwrap();
    refused("not UTF-8");
    fs::write(&config, &good).unwrap();
    system.start_daemon();
    system.wait_until_ready();
}

#[test]
fn r15_the_socket_takes_nobody_else_s_place() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let socket = system.socket();
    system.stop_daemon();
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "precious").unwrap();
    let refused = system.start_refused();
    assert!(refused.said.contains("is not a socket"), "{refused:?}");
    assert_eq!(fs::read(&socket).unwrap(), b"precious");
    fs::remove_file(&socket).unwrap();

    let other = UnixListener::bind(&socket).unwrap();
    let refused = system.start_refused();
    assert!(
        refused.said.contains("another facelogind is listening"),
        "{refused:?}"
    );
    drop(other);
    fs::remove_file(&socket).unwrap();

    fs::set_permissions(system.path("run"), PermissionsExt::from_mode(0o777)).unwrap();
    let refused = system.start_refused();
    assert!(refused.said.contains("writable by nobody else"), "{refused:?}");
    fs::set_permissions(system.path("run"), PermissionsExt::from_mode(0o755)).unwrap();
    system.start_daemon();
    system.wait_until_ready();
}

#[test]
fn a_second_daemon_over_the_same_store_does_not_start() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let output = std::process::Command::new(facelogin_tests::bins::daemon())
        .arg("--config")
        .arg(system.config())
        .arg("--socket")
        .arg(system.path("second"))
        .arg("--state")
        .arg(system.state())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("in use by another process"), "{said}");
    assert_eq!(system.status(ENROLLED).vision, "ready");
}

#[test]
fn who_is_not_root_is_no_daemon() {
    use std::os::unix::process::CommandExt;
    let Some(system) = System::prepare(&SystemOptions::default()) else {
        return;
    };
    let output = std::process::Command::new(system.reachable(&facelogin_tests::bins::daemon()))
        .arg("--config")
        .arg(system.config())
        .uid(uid(STRANGER))
        .gid(uid(STRANGER))
        .current_dir("/")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("must be started by root"));
}
