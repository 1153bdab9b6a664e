//! PAM's stacks: which logins ask for a face, and whether the password works behind it.

use facelogin_config::Config;

use super::module::{Examined, Health, WITHOUT_SUDO};
use super::named::{Named, OTHER};
use super::report::Link;
use crate::commands::pam::status::{Row, rows};
use crate::pam::analyse::Password;
use crate::pam::root::Root;

const NAME: &str = "logins";

const NONE: &str = "no login uses the face";

/// What lets a login use the face.
const ENABLE: &str = "sudo facelogin-enroll pam enable login";

/// A link for all that is well, and one for each login that is not.
pub fn links(
    root: &Root,
    config: Option<&Config>,
    as_root: bool,
    named: &Named,
    module: &Examined,
) -> Vec<Link> {
    let ended = ended(named, module);
    if let Some((_, signal)) = ended.iter().find(|(service, _)| *service == OTHER) {
        return vec![Link::failure(
            NAME,
            format!(
                "NO PASSWORD WORKS: with every service libpam loads what `{OTHER}` names, and signal {signal} ends whoever loads \
                 the module"
            ),
            WITHOUT_SUDO,
        )];
    }
    // What is wrong with the module has a link of its own.
    let mut rows = rows(root, config, true);
    rows.retain(|row| !ended.iter().any(|(service, _)| *service == row.service));
    let mut links = judge(&rows, config.is_some(), as_root, &|service| {
        health(named, module, service)
    });
    if !ended.is_empty() {
        links.retain(|link| link.found != NONE);
    }
    links.extend(ended.into_iter().map(|(service, signal)| {
        Link::failure(
            NAME,
            format!("{service}: NO PASSWORD WORKS: its stack loads the module, and signal {signal} ends whoever does"),
            WITHOUT_SUDO,
        )
    }));
    links
}

/// The services that end before anybody can type a password, and by which signal.
fn ended<'n>(named: &'n Named, module: &Examined) -> Vec<(&'n str, i32)> {
    let mut ended: Vec<(&str, i32)> = Vec::new();
    for name in named.names() {
        if let Health::Kills(signal) = module.health(name) {
            ended.extend(named.services(name).map(|service| (service, signal)));
        }
    }
    ended.sort_unstable();
    ended.dedup_by_key(|(service, _)| *service);
    ended
}

/// The worst of the files that its stacks name.
fn health(named: &Named, module: &Examined, service: &str) -> Health {
    let names = named.names().into_iter();
    let loads = names.filter(|name| named.services(name).any(|one| one == service));
    loads
        .map(|name| module.health(name))
        .max()
        .unwrap_or(Health::Fails)
}

fn judge(rows: &[Row], configured: bool, as_root: bool, health: &dyn Fn(&str) -> Health) -> Vec<Link> {
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
    let using = |password, fit: &dyn Fn(Health) -> bool| {
        let rows = rows
            .iter()
            .filter(|row| row.uses_face && row.password == Some(password) && fit(health(&row.service)));
        let names: Vec<&str> = rows.map(|row| row.service.as_str()).collect();
        names.join(", ")
    };
    let loads = |health| health == Health::Loads;
    let (behind, alone) = (using(Password::Works, &loads), using(Password::NotAsked, &loads));
    let mut said = Vec::new();
    if !behind.is_empty() {
        said.push(format!(
            "these use the face, and the password works behind it: {behind}"
        ));
    }
    if !alone.is_empty() {
        said.push(format!("these ask for the face alone: {alone}"));
    }
    let fails = using(Password::Works, &|health| health == Health::Fails);
    let untried = using(Password::Works, &|health| health == Health::Untried);
    let mut hanging = Vec::new();
    if !fails.is_empty() {
        hanging.push(Link::hangs(
            NAME,
            format!("these would use the face if the module could be loaded; the password works without it: {fails}"),
        ));
    }
    if !untried.is_empty() {
        hanging.push(Link::hangs(
            NAME,
            format!("these load the module, and nobody tried whether that can be done: {untried}"),
        ));
    }
    let all = match (said.as_slice(), configured) {
        ([], true) if hanging.is_empty() => Some(Link::failure(NAME, NONE, ENABLE)),
        ([], true) => None,
        ([], false) => Some(Link::hangs(
            NAME,
            "which may use the face is not known without the configuration",
        )),
        (said, _) => Some(Link::ok(NAME, said.join("; "))),
    };
    all.into_iter().chain(hanging).chain(links).collect()
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
        with(config, services, Health::Loads)
    }

    fn with(config: Option<&str>, services: &[(&str, &str)], health: Health) -> Vec<Link> {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("etc/pam.d");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in services {
            fs::write(folder.join(name), text).unwrap();
        }
        let config = config.map(|text| facelogin_config::parse(text, Path::new("f.toml")).unwrap());
        let root = Root::at(dir.path());
        let named = Named::of(&root);
        let module = Examined::all(&named, health);
        links(&root, config.as_ref(), true, &named, &module)
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

    #[test]
    fn where_loading_the_module_ends_the_login_no_password_is_said_to_work() {
        let two = [
            ("login", FACE),
            ("sudo", FACE),
            ("sshd", PASSWORD),
            // Not asked for a face, and ended all the same.
            (
                "su",
                "auth required pam_unix.so\nsession optional pam_facelogin.so note_password\n",
            ),
        ];
        let links = with(Some(TWO), &two, Health::Kills(7));
        let starts: Vec<&str> = links
            .iter()
            .filter_map(|link| link.found.split(':').next())
            .collect();
        assert_eq!(starts, ["login", "su", "sudo"], "{links:?}");
        for link in &links {
            assert_eq!(link.state, State::Failure);
            assert!(link.found.contains("NO PASSWORD WORKS") && link.found.contains("signal 7"));
            assert_eq!(link.remedy.as_deref(), Some(WITHOUT_SUDO));
        }
        // What `other` names every service loads.
        let links = with(
            Some(TWO),
            &[("login", PASSWORD), ("other", FACE)],
            Health::Kills(7),
        );
        assert_eq!((links.len(), links[0].state), (1, State::Failure), "{links:?}");
        assert!(links[0].found.contains("every service"), "{links:?}");
    }

    #[test]
    fn where_the_module_cannot_be_loaded_no_login_is_said_to_use_the_face() {
        for (health, words) in [
            (Health::Fails, "the password works without it: login"),
            (Health::Untried, "nobody tried"),
        ] {
            let links = with(Some(TWO), &[("login", FACE), ("sudo", PASSWORD)], health);
            assert_eq!((links.len(), links[0].state), (2, State::Unknown), "{links:?}");
            assert!(links[0].found.contains(words), "{links:?}");
            assert!(
                !links.iter().any(|link| link.found.contains("these use the face")),
                "{links:?}"
            );
        }
        assert_eq!(of(None, &[("login", FACE)])[0].state, State::Unknown);
    }
}
