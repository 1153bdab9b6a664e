//! PAM's stacks: which logins ask for a face, and whether the password works behind it.

use facelogin_config::Config;

use super::report::Link;
use crate::commands::pam::status::{Row, rows};
use crate::pam::analyse::Password;
use crate::pam::root::Root;

const NAME: &str = "logins";

/// What lets a login use the face.
const ENABLE: &str = "sudo facelogin-enroll pam enable login";

/// A link for all that is well, and one for each login that is not.
pub fn links(root: &Root, config: Option<&Config>, as_root: bool) -> Vec<Link> {
    // Whether the module is there is a link of its own.
    judge(&rows(root, config, true), config.is_some(), as_root)
}

fn judge(rows: &[Row], configured: bool, as_root: bool) -> Vec<Link> {
    let mut links = Vec::new();
    for row in rows {
        let harm = row.password == Some(Password::Broken) || row.open;
        let wanted = row.enabled && row.file.is_some();
        let found = format!("{}: {}", row.service, row.why.what);
        let remedy = row.why.remedy.clone();
        links.extend(match row.password {
            _ if harm => Some(Link::failure(NAME, found, remedy.unwrap_or_default())),
            None if wanted && !as_root => Some(Link::for_root(NAME, &found)),
            _ if wanted && !(row.uses_face && row.why.what.is_empty()) => {
                let remedy = remedy.unwrap_or_else(|| "facelogin-enroll pam status tells more".into());
                Some(Link::warning(NAME, found, remedy))
            }
            _ => None,
        });
    }
    let using = |password| {
        let rows = rows
            .iter()
            .filter(|row| row.uses_face && row.password == Some(password));
        let names: Vec<&str> = rows.map(|row| row.service.as_str()).collect();
        names.join(", ")
    };
    let (behind, alone) = (using(Password::Works), using(Password::NotAsked));
    let mut said = Vec::new();
    if !behind.is_empty() {
        said.push(format!(
            "these use the face, and the password works behind it: {behind}"
        ));
    }
    if !alone.is_empty() {
        said.push(format!("these ask for the face alone: {alone}"));
    }
    let all = match (said.as_slice(), configured) {
        ([], true) => Link::failure(NAME, "no login uses the face", ENABLE),
        ([], false) => Link::hangs(
            NAME,
            "which may use the face is not known without the configuration",
        ),
        (said, _) => Link::ok(NAME, said.join("; ")),
    };
    links.insert(0, all);
    links
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::report::State;
    use super::*;

    const PASSWORD: &str = "auth required pam_unix.so\n";
    const FACE: &str = "auth sufficient pam_facelogin.so\nauth required pam_unix.so\n";

    fn of(config: Option<&str>, services: &[(&str, &str)]) -> Vec<Link> {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("etc/pam.d");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in services {
            fs::write(folder.join(name), text).unwrap();
        }
        let config = config.map(|text| facelogin_config::parse(text, Path::new("f.toml")).unwrap());
        links(&Root::at(dir.path()), config.as_ref(), true)
    }

    const TWO: &str =
        "[services.login]\nenabled = true\n[services.sudo]\nenabled = true\n[services.kde]\nenabled = true\n";

    #[test]
    fn logins_that_use_the_face_are_one_link_and_each_that_should_another() {
        let links = of(Some(TWO), &[("login", FACE), ("sudo", PASSWORD)]);
        assert_eq!(links.len(), 2, "{links:?}");
        assert_eq!(links[0].state, State::Ok);
        assert!(links[0].found.ends_with("behind it: login"), "{links:?}");
        assert_eq!(links[1].state, State::Warning);
        assert!(
            links[1].found.starts_with("sudo: its stack does not ask"),
            "{links:?}"
        );
        assert_eq!(
            links[1].remedy.as_deref(),
            Some("sudo facelogin-enroll pam enable sudo")
        );
    }

    #[test]
    fn a_password_that_does_not_work_is_a_failure_with_the_way_back() {
        let broken = "auth required pam_facelogin.so\nauth required pam_unix.so\n";
        for (config, service, text, words) in [
            (Some(TWO), "login", broken, "login: THE PASSWORD DOES NOT WORK"),
            (None, "login", broken, "login: THE PASSWORD DOES NOT WORK"),
            // Nobody let it use the face, and it is broken by it all the same.
            (Some(TWO), "sshd", broken, "sshd: THE PASSWORD DOES NOT WORK"),
        ] {
            let links = of(config, &[(service, text)]);
            assert_eq!(links[1].state, State::Failure, "{links:?}");
            assert!(links[1].found.starts_with(words), "{links:?}");
            assert_eq!(
                links[1].remedy.as_deref(),
                Some("sudo facelogin-enroll pam disable --all")
            );
        }
    }

    #[test]
    fn no_login_at_all_is_a_failure_and_unknown_without_a_configuration() {
        let links = of(Some(TWO), &[("sshd", PASSWORD)]);
        assert_eq!((links.len(), links[0].state), (1, State::Failure), "{links:?}");
        assert_eq!(links[0].remedy.as_deref(), Some(ENABLE));
        let links = of(None, &[("login", FACE)]);
        assert_eq!((links.len(), links[0].state), (1, State::Unknown), "{links:?}");
    }
}
