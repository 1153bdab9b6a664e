//! R5, R18: accounts that are deleted, renamed, replaced, locked, expired, or whose home only the password opens. The
//! daemon sees a `/etc/passwd` and a `/etc/shadow` of the test's own.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::Path;

use facelogin_protocol::types::{AuthenticateOut, Reason, Verdict};
use facelogin_protocol::{Client, Deadline};
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::act_as;
use facelogin_tests::system::{PATIENCE, System, SystemOptions, authenticate_account};

/// An uid that no distribution hands out by itself.
const UID: u32 = 61_234;
const MATCH: (Verdict, Reason) = (Verdict::Match, Reason::Matched);

fn passwd(system: &mut System, accounts: &[(&str, u32)]) {
    let homes = system.path("homes");
    let mut text = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n".to_owned();
    for (name, uid) in accounts {
        text += &format!("{name}:x:{uid}:{uid}::{}/{name}:/bin/sh\n", homes.display());
    }
    system.lay_over("/etc/passwd", &text, 0o644);
}

fn shadow(system: &mut System, entry: &str) {
    let text = format!("root:*:19000:0:99999:7:::\n{entry}\n");
    system.lay_over("/etc/shadow", &text, 0o640);
}

/// With ada, her password and her face.
fn with_ada() -> Option<System> {
    let mut system = System::prepare(&SystemOptions::default())?;
    system.folder("homes/ada");
    passwd(&mut system, &[("ada", UID)]);
    shadow(&mut system, "ada:$y$j9T$salt$hash:19000:0:99999:7:::");
    start(&mut system);
    system.enrol("ada", &["obama.jpg", "obama2.jpg"]);
    system.show(&Scene::of(Portrait::Obama));
    Some(system)
}

fn start(system: &mut System) {
    system.start_daemon();
    system.wait_until_ready();
}

/// What a module in a program of `peer`'s is answered.
fn ask_as(peer: u32, system: &System, user: &str, uid: u32, service: &str) -> (Verdict, Reason) {
    let request = authenticate_account(user, uid, service);
    let answer: AuthenticateOut = act_as(peer, || {
        let deadline = Deadline::after(PATIENCE);
        Client::connect(&system.socket(), deadline)
            .unwrap()
            .authenticate(&request, deadline)
            .unwrap()
    });
    (answer.verdict, answer.reason)
}

fn ask(system: &System, user: &str, uid: u32, service: &str) -> (Verdict, Reason) {
    ask_as(0, system, user, uid, service)
}

fn unavailable(reason: Reason) -> (Verdict, Reason) {
    (Verdict::Unavailable, reason)
}

#[test]
fn r05_r18_a_deleted_user_leaves_no_face_to_whoever_gets_the_uid_or_the_name() {
    let Some(mut system) = with_ada() else { return };
    let unknown = (Verdict::UnknownUser, Reason::UnknownUser);
    assert_eq!(ask(&system, "ada", UID, "login"), MATCH);

    passwd(&mut system, &[]);
    assert_eq!(ask(&system, "ada", UID, "login"), unknown);
    // The uid goes to somebody else, who looks just like her; then the name does.
    passwd(&mut system, &[("eve", UID)]);
    assert_eq!(
        ask(&system, "eve", UID, "login"),
        unavailable(Reason::NotEnrolled)
    );
    assert_eq!(ask(&system, "ada", UID, "login"), unknown);
    passwd(&mut system, &[("ada", UID + 1)]);
    assert_eq!(
        ask(&system, "ada", UID + 1, "login"),
        unavailable(Reason::NotEnrolled)
    );
    assert_eq!(ask(&system, "ada", UID, "login"), unknown);
    // Nothing was looked at for any of them.
    system.recorded();
    let scanned = system
        .attempts()
        .iter()
        .filter(|attempt| attempt.frames > 0)
        .count();
    assert_eq!(scanned, 1);

    // What is left of her can be seen, and removed, without the account.
    passwd(&mut system, &[("eve", UID)]);
    assert_eq!(system.templates(), [1]);
    system
        .cli(&["clear", "--unattended", "--user", "ada", "--yes"])
        .expect(0);
    assert!(system.templates().is_empty());
}

#[test]
fn r18_a_renamed_user_is_not_enrolled_until_enrolled_by_the_new_name() {
    let Some(mut system) = with_ada() else { return };
    passwd(&mut system, &[("lovelace", UID)]);
    shadow(&mut system, "lovelace:$y$j9T$salt$hash:19000:0:99999:7:::");
    system.folder("homes/lovelace");
    assert_eq!(
        ask(&system, "lovelace", UID, "login"),
        unavailable(Reason::NotEnrolled)
    );
    system
        .cli(&["clear", "--unattended", "--user", "ada", "--yes"])
        .expect(0);
    system.enrol("lovelace", &["obama.jpg", "obama2.jpg"]);
    assert_eq!(ask(&system, "lovelace", UID, "login"), MATCH);
}

#[test]
fn a_locked_or_expired_account_is_refused_at_every_door_before_the_camera_opens() {
    let Some(mut system) = with_ada() else { return };
    for entry in [
        "ada:!$y$j9T$salt$hash:19000:0:99999:7:::",
        "ada:!:19000:0:99999:7:::",
        "ada:$y$j9T$salt$hash:19000:0:99999:7::1:",
        "ada:*:19000:0:99999:7::19000:",
        "ada:$y$j9T$salt$hash:10000:0:90:7:30::",
        "ada:$y$j9T$salt$hash:19000:0:99999:7::soon:",
    ] {
        shadow(&mut system, entry);
        for service in ["login", "gdm-password", "swaylock"] {
            let answer = ask(&system, "ada", UID, service);
            assert_eq!(answer, unavailable(Reason::AccountLocked), "{entry} {service}");
        }
        // Root may try out whether the face would do.
        system.cli(&["test", "--user", "ada"]).expect(0);
    }
    let own = ask_as(UID, &system, "ada", UID, "swaylock");
    assert_eq!(own, unavailable(Reason::AccountLocked));
    system.recorded();
    let attempts = system.attempts();
    let locked = attempts
        .iter()
        .filter(|attempt| attempt.reason == "account_locked");
    assert!(locked.clone().count() == 18 && locked.clone().all(|attempt| attempt.frames == 0));

    // Unlocked again; a password that is kept elsewhere; a directory's account, which has no entry.
    for entry in [
        "ada:$y$j9T$salt$hash:19000:0:99999:7:::",
        "ada:*:19000:0:99999:7:::",
        "",
    ] {
        shadow(&mut system, entry);
        assert_eq!(ask(&system, "ada", UID, "login"), MATCH, "{entry}");
    }
}

#[test]
fn root_without_capabilities_tells_what_it_can_and_leaves_the_rest_to_the_account_phase() {
    let Some(mut system) = with_ada() else { return };
    let home = system.folder("homes/ada");
    fs::set_permissions(&home, PermissionsExt::from_mode(0o700)).unwrap();
    chown(&home, Some(UID), None).unwrap();
    let restart = |system: &mut System| {
        system.stop_daemon();
        start(system);
    };
    system.drop_capabilities(false);
    restart(&mut system);
    assert_eq!(ask(&system, "ada", UID, "login"), MATCH);
    // Root's own, as on Debian.
    shadow(&mut system, "ada:!:19000:0:99999:7:::");
    assert_eq!(
        ask(&system, "ada", UID, "login"),
        unavailable(Reason::AccountLocked)
    );
    // Mode 0000, as on Fedora: a locked account cannot be told, unless the one capability is given.
    let file = system.path("laid-over-etc-shadow");
    fs::set_permissions(&file, PermissionsExt::from_mode(0o000)).unwrap();
    assert_eq!(ask(&system, "ada", UID, "login"), MATCH);
    system.drop_capabilities(true);
    restart(&mut system);
    assert_eq!(
        ask(&system, "ada", UID, "login"),
        unavailable(Reason::AccountLocked)
    );
    // Somebody's home is seen from outside.
    system.drop_capabilities(false);
    restart(&mut system);
    system.folder("homes/.ecryptfs/ada");
    assert_eq!(ask(&system, "ada", UID, "login"), unavailable(Reason::HomeLocked));
}

#[test]
fn an_ecryptfs_home_is_left_to_the_password_until_it_is_mounted() {
    let Some(mut system) = with_ada() else { return };
    let home = system.folder("homes/ada");
    system.folder("homes/.ecryptfs/ada");
    let closed = unavailable(Reason::HomeLocked);
    assert_eq!(ask(&system, "ada", UID, "login"), closed);
    assert_eq!(ask(&system, "ada", UID, "gdm-password"), closed);
    // Behind a lock screen she is logged in.
    assert_eq!(ask(&system, "ada", UID, "swaylock"), MATCH);
    system.beside_the_daemon("mount", &["-t", "tmpfs", "none", home.to_str().unwrap()]);
    assert_eq!(ask(&system, "ada", UID, "gdm-password"), MATCH);
    system.beside_the_daemon("umount", &[home.to_str().unwrap()]);
    assert_eq!(ask(&system, "ada", UID, "gdm-password"), closed);
    // Somebody else's encrypted home is none of her business.
    fs::rename(
        system.path("homes/.ecryptfs/ada"),
        system.path("homes/.ecryptfs/eve"),
    )
    .unwrap();
    assert_eq!(ask(&system, "ada", UID, "gdm-password"), MATCH);
    system.stop_daemon();
}

#[test]
fn an_fscrypt_home_is_left_to_the_password_unless_its_user_has_a_session() {
    let Some(mut system) = with_ada() else { return };
    system.stop_daemon();
    let run = system.folder("run-of-the-machine");
    system.folder("run-of-the-machine/systemd/users");
    system.lay(run.clone(), "/run");
    start(&mut system);
    // A file system of its own, mounted for the daemon alone, with one folder that is encrypted.
    let image = system.path("image");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    let (image, homes) = (image.to_str().unwrap().to_owned(), system.path("homes"));
    let encrypt = "mkfs.ext4 -q -O encrypt \"$1\" && mount -o loop \"$1\" \"$2\" && mkdir \"$2/ada\" && \
                   echo secret | e4crypt add_key -S s:0011223344556677 \"$2/ada\"";
    let homes = homes.to_str().unwrap().to_owned();
    system.beside_the_daemon("sh", &["-ec", encrypt, "sh", &image, &homes]);

    let session = run.join("systemd/users").join(UID.to_string());
    let closed = unavailable(Reason::HomeLocked);
    assert_eq!(ask(&system, "ada", UID, "login"), closed);
    fs::write(&session, "STATE=lingering\n").unwrap();
    assert_eq!(ask(&system, "ada", UID, "login"), closed);
    assert_eq!(ask(&system, "ada", UID, "swaylock"), MATCH);
    fs::write(&session, "NAME=ada\nSTATE=online\n").unwrap();
    assert_eq!(ask(&system, "ada", UID, "login"), MATCH);
    system.beside_the_daemon("umount", &[&homes]);
}

/// Answers as systemd-homed does, and says so of `ada` alone.
fn play_homed(socket: &Path, machine: String, states: Vec<&'static str>) -> std::thread::JoinHandle<()> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for state in states {
            let (mut peer, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut byte = [0];
            while peer.read(&mut byte).unwrap() == 1 && byte[0] != 0 {
                asked.push(byte[0]);
            }
            assert!(String::from_utf8(asked).unwrap().contains("\"userName\":\"ada\""));
            let answer = format!(
                "{{\"parameters\":{{\"record\":{{\"userName\":\"ada\",\"status\":{{\"{machine}\":{{\
                 \"state\":\"{state}\",\"service\":\"io.systemd.Home\"}}}}}},\"incomplete\":false}}}}\0"
            );
            peer.write_all(answer.as_bytes()).unwrap();
        }
    })
}

#[test]
fn a_home_of_systemd_homed_is_left_to_the_password_until_it_is_active() {
    let Some(mut system) = with_ada() else { return };
    system.stop_daemon();
    let run = system.folder("run-of-the-machine");
    let socket = system
        .folder("run-of-the-machine/systemd/userdb")
        .join("io.systemd.Home");
    let machine = "00112233445566778899aabbccddeeff";
    system.lay(run, "/run");
    // Not every machine has a file for the test's to lie over.
    let laid = Path::new("/etc/machine-id").exists();
    if laid {
        system.lay_over("/etc/machine-id", &format!("{machine}\n"), 0o444);
    }
    start(&mut system);
    assert_eq!(ask(&system, "ada", UID, "gdm-password"), MATCH, "nobody listens");

    // An attempt that comes to a scan asks twice: before it waits for the camera, and when it has it.
    let states = match laid {
        true => vec!["inactive", "locked", "active", "active"],
        false => vec!["inactive", "locked"],
    };
    let homed = play_homed(&socket, machine.into(), states);
    assert_eq!(
        ask(&system, "ada", UID, "gdm-password"),
        unavailable(Reason::HomeLocked)
    );
    assert_eq!(ask(&system, "ada", UID, "login"), unavailable(Reason::HomeLocked));
    // Nobody asks about a session that is there already.
    assert_eq!(ask(&system, "ada", UID, "swaylock"), MATCH);
    if laid {
        assert_eq!(ask(&system, "ada", UID, "gdm-password"), MATCH);
    }
    homed.join().unwrap();

    // Only root's word counts.
    fs::remove_file(&socket).unwrap();
    let free = system.folder("free");
    chown(&free, Some(UID), None).unwrap();
    let free = free.join("socket");
    let _impostor = act_as(UID, || UnixListener::bind(&free).unwrap());
    fs::rename(&free, &socket).unwrap();
    assert_eq!(ask(&system, "ada", UID, "login"), unavailable(Reason::HomeLocked));
}
