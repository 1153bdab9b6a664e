//! How strict logins are, whether the user is locked out, and whether anybody tells where they are.

use facelogin_config::Config;
use facelogin_protocol::types::StatusOut;

use super::report::Link;
use crate::commands::config::levels;

const LEVEL: &str = "level";
const LOCKOUT: &str = "lockout";
const PRESENCE: &str = "presence";

/// What is known of the strictness in use; without the configuration in the daemon's words.
pub fn level(config: Option<&Config>, status: Option<&StatusOut>) -> Vec<Link> {
    let said = match (config, status) {
        (Some(config), _) => levels(config),
        (None, Some(status)) => status.security.lines().map(str::to_owned).collect(),
        (None, None) => {
            return vec![Link::hangs(
                LEVEL,
                "how strict logins are is not known without the configuration",
            )];
        }
    };
    said.into_iter().map(|said| Link::ok(LEVEL, said)).collect()
}

/// Whether mismatches keep the face out.
pub fn lockout(status: Option<&StatusOut>, user: Option<&str>) -> Link {
    let (Some(status), Some(user)) = (status, user) else {
        return Link::hangs(LOCKOUT, "whether the face is locked out is not known");
    };
    let locked = status.lockouts.iter().filter(|one| one.remaining_seconds > 0);
    let locked: Vec<String> = locked
        .map(|one| format!("{} for {} s", one.class, one.remaining_seconds))
        .collect();
    if !locked.is_empty() {
        return Link::failure(
            LOCKOUT,
            format!(
                "after mismatches the face of {user} is not asked: {}",
                locked.join(", ")
            ),
            format!("log in with the password, or: sudo facelogin-enroll unlock --user {user}"),
        );
    }
    let counted: u32 = status.lockouts.iter().map(|one| one.failures).sum();
    Link::ok(
        LOCKOUT,
        match counted {
            0 => format!("no mismatch is counted against {user}"),
            1 => format!("1 mismatch is counted against {user}, who is not locked out"),
            more => format!("{more} mismatches are counted against {user}, who is not locked out"),
        },
    )
}

/// Whether logind tells where the user is.
pub fn presence(status: Option<&StatusOut>) -> Link {
    let Some(status) = status else {
        return Link::hangs(PRESENCE, "whether logind answers is not known without the daemon");
    };
    match (status.presence.as_str(), status.logind.as_deref()) {
        ("off", _) => Link::warning(
            PRESENCE,
            "off: nobody is asked whether the user is at this machine, nor whether the lid is closed",
            format!("presence = \"seat\" in {}", facelogin_config::DEFAULT_PATH),
        ),
        (rule, Some("answers")) => Link::ok(PRESENCE, format!("{rule}; logind answers")),
        (rule, why) => Link::failure(
            PRESENCE,
            format!(
                "{rule}, and logind does not tell where the user is, so that no face is asked: {}",
                why.unwrap_or("it is not asked")
            ),
            "systemctl status systemd-logind dbus",
        ),
    }
}

#[cfg(test)]
mod tests {
    use facelogin_protocol::types::Lockout;

    use super::super::report::State;
    use super::super::testing::status;
    use super::*;

    #[test]
    fn who_is_locked_out_is_told_how_to_end_it() {
        let mut status = status();
        let alice = Some("alice");
        assert_eq!(lockout(Some(&status), alice).state, State::Ok);
        status.lockouts = vec![Lockout {
            class: "tty".into(),
            failures: 5,
            remaining_seconds: 42,
        }];
        let link = lockout(Some(&status), alice);
        assert_eq!(link.state, State::Failure);
        assert!(link.found.contains("tty for 42 s"), "{link:?}");
        assert!(link.remedy.unwrap().contains("unlock --user alice"));
        status.lockouts[0].remaining_seconds = 0;
        let link = lockout(Some(&status), alice);
        assert!(
            link.state == State::Ok && link.found.starts_with("5 mismatches"),
            "{link:?}"
        );
        assert_eq!(lockout(None, alice).state, State::Unknown);
    }

    #[test]
    fn presence_needs_logind_unless_it_is_off() {
        let mut status = status();
        for (rule, logind, state) in [
            ("seat", Some("answers"), State::Ok),
            ("local", Some("does not answer"), State::Failure),
            ("seat", None, State::Failure),
            ("off", None, State::Warning),
        ] {
            status.presence = rule.into();
            status.logind = logind.map(Into::into);
            assert_eq!(presence(Some(&status)).state, state, "{rule} {logind:?}");
        }
    }

    #[test]
    fn the_level_says_what_was_measured_of_it() {
        let links = level(Some(&Config::default()), None);
        assert!(links[0].found.starts_with("balanced: aims at"), "{links:?}");
        assert_eq!(level(None, Some(&status()))[0].found, "balanced: as measured");
        assert_eq!(level(None, None)[0].state, State::Unknown);
    }
}
