//! `pam status`, `pam enable` and `pam disable` on copies of distributions' stacks: nothing here touches this machine's.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Ran, built, finish, run, run_without_root, skip_without_root};

const CONFIG: &str = include_str!("../../../config/facelogin.toml");
const PROFILE: &str = include_str!("../../../packaging/pam-configs/facelogin");
const PAM_AUTH_UPDATE: &str = "/usr/sbin/pam-auth-update";

/// The second profile: a note of a typed password, after the password.
const NOTE_PROFILE: &str = "Name: Face login: a typed password resets its lockout\nDefault: no\nPriority: 0\n\
                            Auth-Type: Additional\nAuth:\n\toptional\tpam_facelogin.so note_password\n";

/// A system in a folder of its own.
struct System(tempfile::TempDir);

impl System {
    /// A copy of stacks of `tests/stacks`, with facelogin installed.
    fn of(stacks: &str) -> Self {
        let system = Self(tempfile::tempdir().unwrap());
        system.lay_over(stacks);
        system.put("etc/facelogin/facelogin.toml", CONFIG);
        system.put("usr/lib/security/pam_facelogin.so", "");
        system
    }

    /// Debian's, where pam-auth-update is there to be run.
    fn debian() -> Option<Self> {
        if !Path::new(PAM_AUTH_UPDATE).exists() {
            eprintln!("skipped, no {PAM_AUTH_UPDATE} here: what it does with the profile");
            return None;
        }
        let system = Self::of("debian-12");
        system.put(&PAM_AUTH_UPDATE[1..], "");
        system.put("usr/share/pam-configs/facelogin", PROFILE);
        system.put("usr/share/pam-configs/facelogin-password", NOTE_PROFILE);
        Some(system)
    }

    fn lay_over(&self, stacks: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/stacks")
            .join(stacks);
        let copied = Command::new("cp")
            .arg("-r")
            .arg(from.join("."))
            .arg(self.0.path())
            .status();
        assert!(copied.unwrap().success());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn auth(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let lines = text
            .lines()
            .filter(|line| line.trim_start_matches('-').starts_with("auth"));
        lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    fn run(&self, args: &[&str]) -> Ran {
        let root = self.0.path().to_str().unwrap();
        run(&[&["pam"], args, &["--root", root]].concat())
    }

    fn rows(&self) -> BTreeMap<String, Value> {
        let ran = self.run(&["status", "--json"]);
        let json = ran.json();
        let rows = json["services"].as_array().unwrap().iter();
        rows.map(|row| (row["service"].as_str().unwrap().to_owned(), row.clone()))
            .collect()
    }

    /// `reaches`, `password` and `uses_face` of a service.
    fn row(&self, service: &str) -> (bool, String, bool) {
        let rows = self.rows();
        let row = rows
            .get(service)
            .unwrap_or_else(|| panic!("no row {service}: {:?}", rows.keys()));
        let yes = |key: &str| row[key].as_bool().unwrap();
        (
            yes("reaches"),
            row["password"].as_str().unwrap_or("-").to_owned(),
            yes("uses_face"),
        )
    }

    /// Every file below it but backups, by name.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap();
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_symlink() {
                    files.insert(
                        path.clone(),
                        fs::read_link(&path)
                            .unwrap()
                            .into_os_string()
                            .into_encoded_bytes(),
                    );
                } else if !path.to_string_lossy().ends_with(".facelogin-backup") {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The files that differ from `before`, by their names below the root.
    fn changed(&self, before: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
        let now = self.files();
        let names = before
            .keys()
            .chain(now.keys())
            .filter(|name| before.get(*name) != now.get(*name));
        let mut names: Vec<_> = names
            .map(|name| name.strip_prefix(self.0.path()).unwrap().display().to_string())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

fn works(reaches: bool, uses_face: bool) -> (bool, String, bool) {
    (reaches, "works".into(), uses_face)
}

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
fn arch_s_lines_are_shown_applied_and_taken_out_again() {
    let system = System::of("arch");
    let before = system.files();
    let services = ["gdm-password", "sudo", "su"];
    let enable = |more: &[&str]| system.run(&[&["enable"], &services[..], more].concat());
    let ran = enable(&[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("auth [success=3 default=ignore] pam_facelogin.so"),
        "{ran:?}"
    );
    assert_eq!(system.changed(&before), Vec::<String>::new());

    let ran = enable(&["--apply"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        system.changed(&before),
        [
            "etc/facelogin/facelogin.toml",
            "etc/pam.d/su",
            "etc/pam.d/system-auth"
        ]
    );
    assert_eq!(
        system.auth("etc/pam.d/system-auth"),
        [
            "auth required pam_faillock.so preauth",
            "auth [success=3 default=ignore] pam_facelogin.so",
            "-auth [success=2 default=ignore] pam_systemd_home.so",
            "auth [success=1 default=bad] pam_unix.so try_first_pass nullok",
            "auth [default=die] pam_faillock.so authfail",
            "auth optional pam_permit.so",
            "auth required pam_env.so",
            "auth required pam_faillock.so authsucc",
            "auth optional pam_facelogin.so note_password",
        ]
    );
    assert_eq!(system.auth("etc/pam.d/su")[1], "auth sufficient pam_facelogin.so");
    for service in ["gdm-password", "login", "sddm", "swaylock", "sudo", "su"] {
        assert_eq!(system.row(service), works(true, true), "{service}");
    }
    assert_eq!(system.rows()["sshd"]["why"], "never asked here");
    let backup = fs::read(system.path("etc/pam.d/system-auth.facelogin-backup")).unwrap();
    assert_eq!(backup, before[&system.path("etc/pam.d/system-auth")]);
    let on = system.files();
    assert_eq!(enable(&["--apply"]).code, 0);
    assert_eq!(system.changed(&on), Vec::<String>::new());

    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert_eq!(system.changed(&before), ["etc/facelogin/facelogin.toml"]);
}

#[test]
fn fedora_s_files_are_authselect_s_and_not_touched() {
    for (stacks, lines) in [
        (
            "fedora-local",
            [
                "authselect create-profile facelogin --base-on local",
                "/etc/authselect/custom/facelogin/password-auth: before the line (auth sufficient pam_unix.so nullok): \
                 auth sufficient pam_facelogin.so",
                "authselect select custom/facelogin with-faillock with-fingerprint",
            ],
        ),
        (
            "fedora-sssd",
            [
                "authselect create-profile facelogin --base-on sssd",
                "/etc/authselect/custom/facelogin/password-auth: before the line (auth [default=1 ignore=ignore \
                 success=ok] pam_usertype.so isregular): auth sufficient pam_facelogin.so",
                "authselect select custom/facelogin",
            ],
        ),
    ] {
        let system = System::of(stacks);
        let before = system.files();
        let ran = system.run(&["enable", "gdm-password", "--apply"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        for line in lines {
            assert!(ran.out.contains(line), "{line}\n{ran:?}");
        }
        assert_eq!(system.changed(&before), Vec::<String>::new());
        // As the administrator does it.
        for file in ["system-auth", "password-auth"] {
            let name = format!("etc/authselect/{file}");
            let anchor = if stacks == "fedora-sssd" {
                "auth [default=1"
            } else {
                "auth sufficient pam_unix.so"
            };
            let line = "auth sufficient pam_facelogin.so\n";
            let text = system.text(&name).replacen(anchor, &format!("{line}{anchor}"), 1);
            system.put(&name, &text);
        }
        let ran = system.run(&["enable", "gdm-password", "sudo", "su"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for service in ["gdm-password", "login", "sudo", "su"] {
            assert_eq!(system.row(service), works(true, true), "{stacks} {service}");
        }
        // Taking it out is authselect's too.
        let ran = system.run(&["disable", "--all"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains("authselect select "), "{ran:?}");
        assert!(system.rows().values().all(|row| row["enabled"] == false));
    }
}

#[test]
fn what_the_configuration_refuses_is_refused_in_its_words() {
    let system = System::of("arch");
    let before = system.files();
    for (service, words) in [
        ("sshd", "the face is never asked here"),
        ("other", "the face is never asked here"),
        ("frobnicate", "no PAM service frobnicate"),
        (
            "kde-face",
            "auth required pam_facelogin.so timeout_result=auth_err",
        ),
        ("../../etc/shadow", "cannot be a PAM service"),
    ] {
        let ran = system.run(&["enable", service, "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
        assert_eq!(system.changed(&before), Vec::<String>::new(), "{service}");
    }
    // A misspelt name is not said to be off without a word.
    let ran = system.run(&["disable", "frobnicate"]);
    assert_eq!(
        (ran.code, ran.err.contains("no PAM service frobnicate")),
        (0, true),
        "{ran:?}"
    );
    assert_eq!(system.changed(&before), Vec::<String>::new());
    let ran = run(&["pam", "status", "--root", "/nonexistent/system"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    for usage in [&["enable"][..], &["disable"], &["disable", "sudo", "--all"]] {
        assert_eq!(system.run(usage).code, 2, "{usage:?}");
    }
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

#[test]
fn a_hand_made_end_is_told_and_taken_out() {
    let system = System::of("arch");
    let good = system.text("etc/pam.d/sudo");
    let bad = good.replacen(
        "auth ",
        "auth [success=end default=ignore] pam_facelogin.so\nauth ",
        1,
    );
    system.put("etc/pam.d/sudo", &bad);
    let ran = system.run(&["status"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("THE PASSWORD DOES NOT WORK /etc/pam.d/sudo:3 (libpam: "),
        "{ran:?}"
    );
    assert_eq!(system.row("sudo").1, "broken");
    // Nothing is built on it.
    let ran = system.run(&["enable", "sudo", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("the password does not open sudo"), "{ran:?}");
    assert_eq!(system.text("etc/pam.d/sudo"), bad);
    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert_eq!(system.text("etc/pam.d/sudo"), good);
}

#[test]
fn linked_files_keep_their_links_and_owners_their_modes() {
    let system = System::of("arch");
    let (real, link) = (
        system.path("etc/pam.d/system-auth-mine"),
        system.path("etc/pam.d/system-auth"),
    );
    fs::rename(&link, &real).unwrap();
    symlink("system-auth-mine", &link).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(system.run(&["enable", "login", "--apply"]).code, 0);
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("system-auth-mine"));
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(system.row("login"), works(true, true));
    // A link to nowhere, or to a file of another package's, is read as libpam reads it.
    symlink("/etc/nowhere", system.path("etc/pam.d/dangling")).unwrap();
    assert_eq!(system.run(&["status"]).code, 0);
}

#[test]
fn a_file_that_cannot_be_written_leaves_everything_as_it_was() {
    for blocked in [
        "etc/pam.d/su.facelogin-new",
        "etc/pam.d/system-auth.facelogin-backup/x",
    ] {
        let system = System::of("arch");
        let path = system.path(blocked);
        let folder = if blocked.ends_with('x') {
            path.parent().unwrap().to_path_buf()
        } else {
            path.clone()
        };
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("keep"), "").unwrap();
        let before = system.files();
        let ran = system.run(&["enable", "login", "su", "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert_eq!(system.changed(&before), Vec::<String>::new(), "{blocked}");
        assert_eq!(system.row("login"), works(false, false));
    }
}

#[test]
fn a_stack_that_cannot_be_understood_is_not_edited() {
    let system = System::of("arch");
    for text in ["auth include sudo\n", "auth required pam_unix.so \\\n"] {
        system.put("etc/pam.d/sudo", text);
        let before = system.files();
        let ran = system.run(&["enable", "sudo", "--apply"]);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.contains("is not understood"), "{ran:?}");
        assert_eq!(system.changed(&before), Vec::<String>::new());
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
fn this_machine_s_files_need_root() {
    for args in [
        &["pam", "enable", "login"][..],
        &["pam", "disable", "login"],
        &["pam", "disable", "--all"],
    ] {
        let ran = run_without_root(args);
        assert_eq!(ran.code, 3, "{ran:?}");
    }
    let ran = run_without_root(&["pam", "status", "--json"]);
    assert!(ran.json()["services"].is_array(), "{ran:?}");
}

#[test]
fn r17_an_image_s_links_lead_to_no_file_of_this_machine() {
    let (host, image) = (System::of("arch"), System::of("arch"));
    let before = host.files();
    for folder in ["etc/pam.d", "etc/facelogin"] {
        fs::remove_dir_all(image.path(folder)).unwrap();
        std::os::unix::fs::symlink(host.path(folder), image.path(folder)).unwrap();
    }
    for args in [
        &["enable", "login", "--apply"][..],
        &["disable", "login"],
        &["disable", "--all"],
    ] {
        let ran = image.run(args);
        assert_eq!(host.changed(&before), Vec::<String>::new(), "{ran:?}");
    }
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
fn a_configuration_that_cannot_be_written_leaves_the_stacks_as_they_were() {
    let system = System::of("arch");
    fs::rename(
        system.path("etc/facelogin/facelogin.toml"),
        system.path("etc/real.toml"),
    )
    .unwrap();
    fs::create_dir(system.path("etc/facelogin/facelogin.toml.facelogin-new")).unwrap();
    system.put("etc/facelogin/facelogin.toml", CONFIG);
    let before = system.files();
    let ran = system.run(&["enable", "sudo", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("facelogin.toml cannot be written"), "{ran:?}");
    assert_eq!(system.changed(&before), Vec::<String>::new());
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

#[test]
fn r17_two_at_once_do_not_mix_their_files() {
    let system = System::of("arch");
    let root = system.0.path().to_str().unwrap();
    let before = system.files();
    for _ in 0..5 {
        let start = |args: &[&str]| {
            let mut command = Command::new(built());
            command.arg("pam").args(args).args(["--root", root]);
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        let names = ["login", "sudo", "gdm-password", "su"];
        let children: Vec<_> = names.map(|name| start(&["enable", name, "--apply"])).into();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        for name in names {
            assert_eq!(system.row(name), works(true, true), "{name}");
        }
        assert_eq!(system.run(&["disable", "--all"]).code, 0);
        assert!(
            system
                .changed(&before)
                .iter()
                .all(|name| name.contains("facelogin.toml"))
        );
    }
}

#[test]
fn a_line_that_lets_anybody_in_is_told_and_taken_out() {
    let system = System::of("arch");
    let stack = "auth [default=1] pam_facelogin.so\nauth required pam_unix.so\nauth required pam_permit.so\n";
    system.put("etc/pam.d/i3lock", stack);
    let ran = system.run(&["status"]);
    assert_eq!(
        (ran.code, ran.out.contains("ANYBODY GETS IN")),
        (1, true),
        "{ran:?}"
    );
    let ran = system.run(&["enable", "i3lock", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(system.run(&["disable", "--all"]).code, 0);
    assert!(!system.text("etc/pam.d/i3lock").contains("pam_facelogin"));
    assert_eq!(system.run(&["status"]).code, 0);
}

#[test]
fn half_a_change_is_told() {
    let system = System::of("arch");
    // Its copy cannot be put there.
    system.put("etc/facelogin/facelogin.toml.facelogin-backup/x", "");
    let ran = system.run(&["enable", "sudo", "--apply"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("ask for the face already"), "{ran:?}");
    assert_eq!(system.row("sudo"), works(true, false));
}
