//! Who asks for more rights: the kernel's word goes before `PAM_RUSER` (R27).
#![allow(clippy::unwrap_used)]

mod common;

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use common::{at, line, root};
use facelogin_tests::pam_host::{ConfDir, PamHost};
use facelogin_tests::scripted::{Script, ScriptedDaemon};
use facelogin_tests::system::user::{ENROLLED, STRANGER, act_as, start_as, uid};
use nix::unistd::{dup, dup2_stdin};

/// What the daemon hears of who asks for root's rights at `service`, of a program that says `claimed`.
fn heard(service: &str, claimed: Option<&'static std::ffi::CStr>) -> Option<String> {
    let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
    let stacks = ConfDir::new().unwrap();
    stacks
        .service(service, &line("auth", "required", at(daemon.socket())))
        .unwrap();
    let mut host = PamHost::mute(service, "root", stacks.path()).unwrap();
    if let Some(name) = claimed {
        assert_eq!(host.set_ruser(name), 0);
    }
    host.authenticate(0);
    drop(host);
    daemon.stop().remove(0).request.unwrap().ruser
}

#[test]
fn r27_who_started_a_set_uid_program_asks_whatever_it_says() {
    if !root() {
        return;
    }
    let stranger = uid(STRANGER);
    for service in ["su", "polkit-1"] {
        for claimed in [None, Some(c"root"), Some(c"games"), Some(c"no-such-user-here")] {
            let asks = start_as(stranger, || heard(service, claimed));
            assert_eq!(asks.as_deref(), Some(STRANGER), "{service} {claimed:?}");
        }
    }
    assert_eq!(
        start_as(stranger, || heard("su", Some(c"man"))).as_deref(),
        Some(STRANGER)
    );
    // A uid without an account asks in nobody's name.
    let nameless = (60_000..).find(|uid| name_of(*uid).is_none()).unwrap();
    assert_eq!(
        start_as(nameless, || heard("su", Some(c"root"))),
        Some(format!("#{nameless}"))
    );
    // Root itself says for whom: sudo is root altogether by then.
    assert_eq!(heard("sudo", Some(c"games")).as_deref(), Some(ENROLLED));
    assert_eq!(heard("sudo", None), None);
}

#[test]
fn r27_who_connected_to_polkit_s_helper_asks() {
    if !root() {
        return;
    }
    let before = dup(io::stdin().as_fd()).unwrap();
    let (near, _far) = act_as(uid(STRANGER), || UnixStream::pair().unwrap());
    dup2_stdin(&near).unwrap();
    let connected = heard("polkit-1", Some(c"root"));
    let (near, _far) = UnixStream::pair().unwrap();
    dup2_stdin(&near).unwrap();
    let by_root = heard("polkit-1", Some(c"games"));
    dup2_stdin(std::fs::File::open("/dev/null").unwrap()).unwrap();
    let by_nobody = heard("polkit-1", Some(c"games"));
    let elsewhere = heard("sudo", Some(c"games"));
    dup2_stdin(before).unwrap();
    assert_eq!(connected.as_deref(), Some(STRANGER));
    assert_eq!(by_root.as_deref(), Some("root"));
    assert_eq!(by_nobody.as_deref(), Some("root"));
    assert_eq!(elsewhere.as_deref(), Some(ENROLLED));
}

fn name_of(uid: u32) -> Option<String> {
    let account = nix::unistd::User::from_uid(uid.into()).unwrap();
    account.map(|account| account.name)
}
