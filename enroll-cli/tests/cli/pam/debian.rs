//! Where pam-auth-update makes the stacks.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::system::{CONFIG, NOTE_PROFILE, PAM_AUTH_UPDATE, PROFILE, System, works};
use crate::run::{built, finish, skip_without_root};

#[test]
fn r06_debian_s_services_before_and_after() {
    let Some(system) = System::debian() else {
        return;
    };
    let before = system.files();
    for service in [
        "gdm-password",
        "login",
        "sddm",
        "lightdm",
        "greetd",
        "swaylock",
        "i3lock",
        "mate-screensaver",
    ] {
        assert_eq!(system.row(service), works(false, false), "{service}");
    }
    assert!(!system.rows().contains_key("sudo"));

    let ran = system.run(&["enable", "sudo", "gdm-password"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // R26: the risk in one line, and only of what hands out rights.
    assert!(ran.err.starts_with("sudo: a face is no consent"), "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    let common = system.auth("etc/pam.d/common-auth");
    assert_eq!(common[0], "auth [success=2 default=ignore] pam_facelogin.so");
    // Every service that the configuration allows uses the face now; all others only come by it.
    for (service, row) in system.rows() {
        if row["file"].is_null() {
            continue;
        }
        assert_eq!(row["password"], "works", "{service}: {row}");
        assert_eq!(row["reaches"], true, "{service}: {row}");
        assert_eq!(row["uses_face"], row["enabled"], "{service}: {row}");
    }
    assert_eq!(system.row("sudo"), works(true, true));
    for never in [
        "sshd", "cron", "passwd", "cockpit", "samba", "vsftpd", "atd", "other", "chsh",
    ] {
        assert_eq!(system.rows()[never]["why"], "never asked here", "{never}");
    }
    assert!(system.rows()["su"]["why"].as_str().unwrap().starts_with("off: "));

    // Again changes nothing.
    let on = system.files();
    assert_eq!(system.run(&["enable", "sudo", "gdm-password"]).code, 0);
    assert_eq!(system.changed(&on), Vec::<String>::new());
    // One off, in the configuration alone.
    assert_eq!(system.run(&["disable", "sudo"]).code, 0);
    assert_eq!(system.changed(&on), ["etc/facelogin/facelogin.toml"]);
    assert_eq!(system.row("sudo"), works(true, false));

    // And the way back, twice.
    for _ in 0..2 {
        let ran = system.run(&["disable", "--all"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(system.changed(&before), ["etc/facelogin/facelogin.toml"]);
        assert!(
            system
                .rows()
                .values()
                .all(|row| row["enabled"] == false && row["uses_face"] == false)
        );
    }
}

#[test]
fn network_users_passwords_and_a_note_of_typed_ones_go_on_working() {
    let Some(system) = System::debian() else {
        return;
    };
    system.lay_over("debian-12-sss");
    system.put("usr/share/pam-configs/facelogin-password", NOTE_PROFILE);
    // Somebody's own profile, which no `disable` knows.
    let own = NOTE_PROFILE
        .replace("Default: no", "Default: yes")
        .replace("note_password", "note_password debug");
    system.put("usr/share/pam-configs/mine", &own);
    let ran = system.run(&["enable", "login"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let auth = system.auth("etc/pam.d/common-auth");
    assert_eq!(auth[0], "auth [success=3 default=ignore] pam_facelogin.so");
    assert!(auth.iter().any(|line| line.contains("pam_sss.so")), "{auth:?}");
    assert!(
        auth.iter()
            .any(|line| line.ends_with("pam_facelogin.so note_password")),
        "{auth:?}"
    );
    assert!(
        auth.iter().any(|line| line.ends_with("note_password debug")),
        "{auth:?}"
    );
    assert_eq!(system.row("login"), works(true, true));
    // What another profile put there is taken out line by line.
    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert!(!system.text("etc/pam.d/common-auth").contains("pam_facelogin"));
    assert_eq!(system.row("login"), works(false, false));
}

#[test]
fn a_profile_that_would_lock_out_is_not_turned_on() {
    let Some(system) = System::debian() else {
        return;
    };
    let before = system.files();
    for line in [
        "required\tpam_facelogin.so",
        "[success=end default=die]\tpam_facelogin.so",
        "[default=end]\tpam_facelogin.so",
    ] {
        let profile =
            format!("Name: Face login\nDefault: no\nPriority: 257\nAuth-Type: Primary\nAuth:\n\t{line}\n");
        system.put("usr/share/pam-configs/facelogin", &profile);
        let ran = system.run(&["enable", "login"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains("nothing was changed"), "{ran:?}");
        system.put("usr/share/pam-configs/facelogin", PROFILE);
        assert_eq!(system.changed(&before), Vec::<String>::new(), "{line}");
    }
    fs::remove_file(system.path("usr/share/pam-configs/facelogin")).unwrap();
    assert!(system.run(&["enable", "login"]).err.contains("is not there"));
}

#[test]
fn edited_common_files_are_left_alone_and_said() {
    let Some(system) = System::debian() else {
        return;
    };
    let common = "auth required pam_unix.so\n";
    system.put("etc/pam.d/common-auth", common);
    let before = system.files();
    let ran = system.run(&["enable", "login"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("common-auth has been edited"), "{ran:?}");
    assert_eq!(system.changed(&before), Vec::<String>::new());
}

#[test]
fn the_way_back_works_with_a_broken_configuration_and_with_none() {
    for broken in [
        Some("[services"),
        Some("frames = 99\n[services.login]\nenabled = true\n"),
        None,
    ] {
        let system = System::of("arch");
        let before = system.files();
        assert_eq!(system.run(&["enable", "login", "--apply"]).code, 0);
        match broken {
            Some(text) => system.put("etc/facelogin/facelogin.toml", text),
            None => fs::remove_file(system.path("etc/facelogin/facelogin.toml")).unwrap(),
        }
        // Nothing can be turned on, and the way out is named.
        let ran = system.run(&["enable", "sudo", "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        if broken == Some("[services") {
            let ran = system.run(&["disable", "login"]);
            assert_eq!(ran.code, 5, "{ran:?}");
            assert!(ran.err.contains("disable --all"), "{ran:?}");
            assert!(system.run(&["status"]).out.contains("configuration is broken"));
        }
        let ran = system.run(&["disable", "--all"]);
        // Only TOML can be changed; the stacks are free of the face in any case.
        assert_eq!(ran.code, i32::from(broken == Some("[services")), "{ran:?}");
        assert_eq!(system.changed(&before), ["etc/facelogin/facelogin.toml"]);
        if broken.is_some_and(|text| text.contains("login")) {
            assert_eq!(
                system.text("etc/facelogin/facelogin.toml"),
                "frames = 99\n[services.login]\nenabled = false\n"
            );
        }
    }
}

/// Copies of what pam-auth-update and its debconf write, over the real ones, where nobody else sees them; and no systemd
/// whose daemon could be restarted.
const NAMESPACE: &str = r#"set -eu
mount --make-rprivate /
for folder in etc/pam.d var/lib/pam var/cache/debconf usr/share/pam-configs; do
    mkdir -p "$1/$folder"
    cp -a "/$folder/." "$1/$folder"
    mount --bind "$1/$folder" "/$folder"
done
mount -t tmpfs none /run
cp "$2" /usr/share/pam-configs/facelogin
cp /etc/pam.d/common-auth "$1/before"
"$3" --config "$1/facelogin.toml" pam enable login
grep -q pam_facelogin /etc/pam.d/common-auth
"$3" --config "$1/facelogin.toml" pam status --json
"$3" --config "$1/facelogin.toml" pam disable --all >&2
cmp "$1/before" /etc/pam.d/common-auth >&2
"#;

#[test]
fn pam_auth_update_itself_turns_the_profile_on_and_off() {
    if skip_without_root("a mount namespace hides this machine's files")
        || !Path::new(PAM_AUTH_UPDATE).exists()
    {
        return;
    }
    let here = fs::read("/etc/pam.d/common-auth").unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("facelogin.toml"), CONFIG).unwrap();
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam-configs/facelogin");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", NAMESPACE, "sh"]);
    let ran = finish(command.arg(dir.path()).arg(profile).arg(built()));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("The face is on for login."), "{ran:?}");
    let json: Value = serde_json::from_str(&ran.out[ran.out.find('{').unwrap()..]).unwrap();
    let rows = json["services"].as_array().unwrap();
    let login = rows.iter().find(|row| row["service"] == "login").unwrap();
    assert_eq!(
        (&login["reaches"], &login["password"]),
        (&true.into(), &"works".into())
    );
    assert_eq!(fs::read("/etc/pam.d/common-auth").unwrap(), here);
}

#[test]
fn r17_pam_auth_update_is_not_run_where_it_would_follow_a_link_out_of_an_image() {
    let Some(system) = System::debian() else {
        return;
    };
    assert_eq!(system.run(&["enable", "login"]).code, 0);
    let elsewhere = tempfile::tempdir().unwrap();
    let seen = elsewhere.path().join("seen");
    fs::write(&seen, "mine").unwrap();
    fs::remove_file(system.path("var/lib/pam/seen")).unwrap();
    std::os::unix::fs::symlink(&seen, system.path("var/lib/pam/seen")).unwrap();
    let ran = system.run(&["disable", "--all"]);
    assert_eq!(fs::read_to_string(&seen).unwrap(), "mine");
    // The lines are gone all the same; what is left to do is said, and counts.
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("var/lib/pam/seen") && ran.out.contains("pam-auth-update --remove facelogin"),
        "{ran:?}"
    );
    assert!(!system.text("etc/pam.d/common-auth").contains("pam_facelogin"));
}

#[test]
fn a_profile_after_which_nobody_asks_for_the_password_is_not_turned_on() {
    let Some(system) = System::debian() else {
        return;
    };
    system.lay_over("debian-12-sss");
    assert_eq!(system.run(&["enable", "login"]).code, 0);
    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    // Without unix, sss would come first: the first of its block asks, any other takes what was typed before.
    fs::remove_file(system.path("usr/share/pam-configs/unix")).unwrap();
    let before = system.files();
    let ran = system.run(&["enable", "login"]);
    assert_eq!(ran.code, 5, "{ran:?} {}", system.text("etc/pam.d/common-auth"));
    assert!(
        ran.err.contains("pam_sss.so would no longer open login"),
        "{ran:?}"
    );
    assert_eq!(system.changed(&before), Vec::<String>::new());
}
