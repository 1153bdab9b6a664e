//! R15, R16, R22: what somebody who is not root may ask, and what they cannot keep root from.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use facelogin_protocol::types::{AuthenticateOut, Reason, Verdict};
use facelogin_protocol::{Client, ClientError, Deadline};
use facelogin_tests::bins;
use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, act_as, uid};
use facelogin_tests::system::{System, SystemOptions, Wire, authenticate_in, method};
use serde_json::{Value, json};

/// What the module does inside a lock screen that runs as `peer`.
fn ask_as(peer: u32, socket: &Path, user: &str) -> Result<AuthenticateOut, ClientError> {
    let request = authenticate_in(user, "swaylock");
    act_as(peer, || {
        let deadline = Deadline::after(Duration::from_secs(40));
        Client::connect(socket, deadline)?.authenticate(&request, deadline)
    })
}

#[track_caller]
fn verdict(answer: Result<AuthenticateOut, ClientError>) -> (Verdict, Reason) {
    let answer = answer.unwrap();
    (answer.verdict, answer.reason)
}

#[test]
fn r16_r22_an_ordinary_user_may_ask_about_itself_and_nobody_else() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let (games, man) = (uid(ENROLLED), uid(STRANGER));
    let ask = |peer, user| ask_as(peer, &system.socket(), user);

    assert_eq!(verdict(ask(games, ENROLLED)), (Verdict::Match, Reason::Matched));
    let attempt = system.attempt_after(0);
    assert_eq!(
        (attempt.class.as_str(), attempt.peer_uid),
        ("unprivileged", games)
    );

    // At once again: too soon. Another user, and root, are not slowed down by that.
    assert_eq!(
        verdict(ask(games, ENROLLED)),
        (Verdict::Unavailable, Reason::RateLimited)
    );
    assert_eq!(
        verdict(ask(man, STRANGER)),
        (Verdict::Unavailable, Reason::NotEnrolled)
    );
    assert_eq!(code::name(system.login("swaylock", ENROLLED)), "PAM_SUCCESS");

    for (peer, user) in [(man, ENROLLED), (games, "root"), (games, STRANGER)] {
        let error = ask(peer, user).unwrap_err();
        assert!(
            matches!(&error, ClientError::Refused { name, .. } if name.ends_with(".NotPermitted")),
            "{peer} {user}: {error}"
        );
    }
    // Claiming one's own uid with another's name is no way round: name and uid disagree.
    let mut request = authenticate_in(ENROLLED, "swaylock");
    request.uid = man;
    let answer = act_as(man, || {
        let deadline = Deadline::after(Duration::from_secs(30));
        Client::connect(&system.socket(), deadline)?.authenticate(&request, deadline)
    });
    assert_eq!(verdict(answer), (Verdict::UnknownUser, Reason::UnknownUser));

    // After a pause it may ask again, and sees no more than yes or no.
    thread::sleep(Duration::from_secs(2));
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(
        verdict(ask(games, ENROLLED)),
        (Verdict::NoMatch, Reason::NotMatching)
    );
}

#[test]
fn r21_r22_a_user_s_own_mismatches_lock_only_the_user_s_own_entry() {
    let options = SystemOptions::default().tables("[lockout]\nfailures = 1");
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    let ask = || verdict(ask_as(uid(ENROLLED), &system.socket(), ENROLLED));
    assert_eq!(ask(), (Verdict::NoMatch, Reason::NotMatching));
    thread::sleep(Duration::from_secs(2));
    assert_eq!(ask(), (Verdict::LockedOut, Reason::LockedOut));
    system.show(&Scene::of(Portrait::Obama));
    for service in ["login", "gdm-password", "swaylock"] {
        assert_eq!(
            code::name(system.login(service, ENROLLED)),
            "PAM_SUCCESS",
            "{service}"
        );
    }
    assert_eq!(ask(), (Verdict::LockedOut, Reason::LockedOut));
}

#[test]
fn r22_a_lock_screen_that_runs_as_its_user_gets_in_through_pam() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let pam_try = env!("CARGO_BIN_EXE_pam-try");
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let stacks = system.path("stacks");
    std::fs::create_dir(&stacks).unwrap();
    let module = system.reachable(&bins::module());
    let stack = format!(
        "auth required {} socket={}\naccount required pam_permit.so\n",
        module.display(),
        system.socket().display()
    );
    std::fs::write(stacks.join("swaylock"), stack).unwrap();
    let program: PathBuf = system.reachable(Path::new(pam_try));
    let run = |user: &str| {
        let games = uid(ENROLLED);
        let output = Command::new(&program)
            .args(["--service", "swaylock", "--user", user, "--confdir"])
            .arg(&stacks)
            .current_dir("/")
            .uid(games)
            .gid(games)
            .output()
            .unwrap();
        output.status.code()
    };
    assert_eq!(run(ENROLLED), Some(code::SUCCESS));
    assert_ne!(run(STRANGER), Some(code::SUCCESS));
}

#[test]
fn r22_root_gets_the_camera_from_an_ordinary_user_s_scan() {
    let Some(mut system) = System::start(&SystemOptions::patient()) else {
        return;
    };
    system.enrol_usual();
    system.stack("login", "timeout=2");
    let socket = system.socket();
    let lock_screen = thread::spawn(move || ask_as(uid(ENROLLED), &socket, ENROLLED));
    system.wait_for_vision("busy");
    let result = code::name(system.login("login", ENROLLED));
    let attempt = system.attempt_after(0);
    // Whichever is recorded first: root's scan ran to its end in the empty room, the user's was ended by it.
    assert_eq!(result, "PAM_AUTHINFO_UNAVAIL");
    assert_eq!(
        verdict(lock_screen.join().unwrap()),
        (Verdict::Unavailable, Reason::Busy)
    );
    let mut reasons = [attempt, system.attempt_after(1)].map(|one| (one.peer_uid, one.reason));
    reasons.sort();
    let expected = [(0, "nobody_seen".to_owned()), (uid(ENROLLED), "busy".to_owned())];
    assert_eq!(reasons, expected);
}

#[test]
fn r22_an_ordinary_user_does_not_get_the_camera_from_root() {
    let Some(mut system) = System::start(&SystemOptions::patient()) else {
        return;
    };
    system.enrol_usual();
    let mut root = Wire::connect(&system.socket());
    let mut request = authenticate_in(ENROLLED, "login");
    request.timeout_ms = 5000;
    root.call(&method("Authenticate", serde_json::to_value(request).unwrap()))
        .unwrap();
    system.wait_for_vision("busy");
    let mut request = authenticate_in(ENROLLED, "swaylock");
    request.timeout_ms = 500;
    let socket = system.socket();
    let answer = act_as(uid(ENROLLED), || {
        let deadline = Deadline::after(Duration::from_secs(30));
        Client::connect(&socket, deadline)?.authenticate(&request, deadline)
    });
    assert_eq!(verdict(answer), (Verdict::Unavailable, Reason::Busy));
    let answer = root.reply().unwrap();
    assert_eq!(answer["parameters"]["reason"], "nobody_seen", "{answer}");
}

#[test]
fn r20_an_ordinary_user_s_messages_are_capped_at_4_kib() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    let list = |length: usize| {
        // White space is allowed in JSON.
        let call = method("ListTemplates", json!({})).to_string();
        format!("{call}{}\0", " ".repeat(length - call.len()))
    };
    let answered = |mut wire: Wire, length: usize| {
        // It may close before all is sent.
        let _ = wire.send(list(length).as_bytes());
        wire.reply().is_some_and(|reply| reply["error"] == Value::Null)
    };
    let user = || Wire::connect_as(&system.socket(), uid(ENROLLED));
    let root = || Wire::connect(&system.socket());
    assert!(answered(user(), 4096));
    assert!(!answered(user(), 4097));
    assert!(!answered(user(), 5 * 1024));
    assert!(!answered(user(), 10 * 1024 * 1024));
    assert!(answered(root(), 5 * 1024));
    assert!(answered(root(), 10 * 1024 * 1024));
    assert!(!answered(root(), 25 * 1024 * 1024));
}

#[test]
fn r15_idle_connections_of_a_user_keep_nobody_else_out() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap();
    assert_eq!(mode(system.socket()).mode() & 0o777, 0o666);
    assert_eq!(mode(system.path("run")).mode() & 0o7777, 0o755);
    assert_eq!(mode(system.path("run")).uid(), 0);

    let mut idle: Vec<Wire> = (0..20)
        .map(|_| Wire::connect_as(&system.socket(), uid(STRANGER)))
        .collect();
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
    let own = ask_as(uid(ENROLLED), &system.socket(), ENROLLED);
    assert_eq!(verdict(own), (Verdict::Match, Reason::Matched));
    // Those over the quota were closed without a word; the others still answer.
    let info = json!({ "method": "org.varlink.service.GetInfo" });
    let served = idle
        .iter_mut()
        .filter_map(|wire| wire.call(&info).ok().and_then(|()| wire.reply()))
        .count();
    assert!((1..=8).contains(&served), "{served}");
}

#[test]
fn r15_all_users_together_keep_root_not_out() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    // More uids than there are places; none of them needs an account.
    let idle: Vec<Wire> = (0..80)
        .map(|number| Wire::connect_as(&system.socket(), 20_000 + number / 8))
        .collect();
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
    drop(idle);
}
