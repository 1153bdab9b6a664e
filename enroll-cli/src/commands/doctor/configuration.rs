//! The configuration on disk, as the daemon would read it.

use std::io::ErrorKind;
use std::path::Path;

use facelogin_config::{Config, ConfigError};

use super::report::Link;
use crate::commands::config::{enabled, warnings};

const NAME: &str = "configuration";

/// Whether the daemon would take it.
pub fn link(path: &Path, read: &Result<Config, ConfigError>, root: bool) -> Link {
    let shown = path.display();
    match read {
        Ok(config) => {
            let services = match enabled(config).as_slice() {
                [] => {
                    return Link::failure(
                        NAME,
                        format!("{shown} is valid, and lets no service use the face"),
                        "sudo facelogin-enroll pam enable login",
                    );
                }
                some => some.join(", "),
            };
            let found = format!("{shown} is valid; these may use the face: {services}");
            match warnings(config).as_slice() {
                [] => Link::ok(NAME, found),
                dangers => Link::warning(
                    NAME,
                    format!("{found}. {}", dangers.join(" ")),
                    format!("unless that is meant, take it out of {shown}"),
                ),
            }
        }
        Err(ConfigError::Unreadable { why, .. }) if !root && why.kind() == ErrorKind::PermissionDenied => {
            Link::for_root(NAME, &format!("what {shown} says"))
        }
        Err(why @ (ConfigError::Missing { .. } | ConfigError::Untrusted { .. })) => {
            let system = Path::new(facelogin_config::DEFAULT_PATH);
            let remedy = match why {
                // Another's owner and mode may be meant.
                _ if path != system => {
                    format!(
                        "leave --config out, unless the daemon is started with it: the system's is {}",
                        system.display()
                    )
                }
                ConfigError::Missing { .. } => "sudo make install puts the default one there".to_owned(),
                _ => format!("sudo chown root:root {shown} && sudo chmod 644 {shown}"),
            };
            let why = match why {
                // In full it has a remedy of its own, for whatever file.
                ConfigError::Untrusted { why, .. } => format!("{shown}: {why}"),
                other => other.to_string(),
            };
            Link::failure(NAME, format!("the daemon does not run with it: {why}"), remedy)
        }
        Err(why) => Link::failure(
            NAME,
            format!("the daemon does not run with it: {why}"),
            format!(
                "edit {shown} until `facelogin-enroll config check` accepts it, then: sudo systemctl restart facelogind"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::State;
    use super::*;

    fn of(text: &str) -> Link {
        let path = Path::new("/etc/f.toml");
        link(path, &facelogin_config::parse(text, path), true)
    }

    #[test]
    fn a_configuration_is_ok_dangerous_or_broken() {
        let login = "[services.login]\nenabled = true\n";
        assert_eq!(of(login).state, State::Ok);
        let open = of(&format!("{login}[camera]\nallow_virtual = true\n"));
        assert_eq!(open.state, State::Warning);
        assert!(open.found.contains("camera.allow_virtual"), "{open:?}");
        let none = of("");
        assert_eq!(none.state, State::Failure);
        assert!(none.remedy.unwrap().contains("pam enable"));
        let wrong = of("frames = 0\n");
        assert_eq!(wrong.state, State::Failure);
        assert!(wrong.found.contains("/etc/f.toml:1: frames"), "{wrong:?}");
        assert!(wrong.remedy.unwrap().contains("config check"));
    }

    #[test]
    fn what_only_root_may_read_is_no_failure_to_others() {
        let denied = || {
            Err(ConfigError::Unreadable {
                path: "/x".into(),
                why: ErrorKind::PermissionDenied.into(),
            })
        };
        assert_eq!(link(Path::new("/x"), &denied(), false).state, State::Unknown);
        assert_eq!(link(Path::new("/x"), &denied(), true).state, State::Failure);
    }

    #[test]
    fn the_owner_of_a_file_that_is_not_the_system_s_is_left_alone() {
        let untrusted = |path: &str| {
            let why = Err(ConfigError::Untrusted {
                path: path.into(),
                why: "writable by others",
            });
            let link = link(Path::new(path), &why, true);
            assert!(
                link.found.ends_with(&format!("{path}: writable by others")),
                "{link:?}"
            );
            link.remedy.unwrap()
        };
        assert!(untrusted(facelogin_config::DEFAULT_PATH).contains("chmod 644"));
        let other = untrusted("/home/alice/f.toml");
        assert!(
            other.starts_with("leave --config out") && !other.contains("sudo"),
            "{other}"
        );
    }
}
