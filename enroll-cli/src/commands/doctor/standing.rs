//! How strict logins are, whether the user is locked out or must type the password first, and whether anybody tells where they are.

use facelogin_config::Config;
use facelogin_protocol::types::StatusOut;
use facelogin_score::{NOBODY, shortfalls};

use super::report::Link;
use crate::commands::config::levels;

const LEVEL: &str = "level";
const PASSWORD: &str = "password first";
const LOCKOUT: &str = "lockout";
const PRESENCE: &str = "presence";

/// What is known of the strictness in use; without the configuration in the daemon's words.
pub fn level(config: Option<&Config>, status: Option<&StatusOut>) -> Vec<Link> {
    match (status, config) {
        (Some(status), _) => status.security.lines().map(weighed).collect(),
        (None, Some(config)) => levels(config)
            .iter()
            .map(|said| {
                let link = weighed(said);
                Link::hangs(LEVEL, format!("once the daemon runs: {}", link.found))
            })
            .collect(),
        (None, None) => vec![Link::hangs(
            LEVEL,
            "how strict logins are is not known without the daemon and the configuration",
        )],
    }
}

/// What a level aims at, and in how far that is not what was measured; the figures are long, and `status` has them.
fn weighed(said: &str) -> Link {
    let short = shortfalls(said);
    let first = said.split("; ").next().unwrap_or_default();
    let mut brief = vec![first];
    brief.extend(short.iter().filter(|part| **part != first));
    let brief = brief.join("; ");
    if said.contains(NOBODY) {
        let remedy = format!(
            "set a threshold, or another engine, in {}",
            facelogin_config::DEFAULT_PATH
        );
        return Link::failure(LEVEL, brief, remedy);
    }
    match short.is_empty() {
        true => Link::ok(LEVEL, brief),
        false => Link::warning(
            LEVEL,
            brief,
            "facelogin-enroll status has the figures, docs/accuracy.md what they mean",
        ),
    }
}

/// Whether the face waits for the password.
pub fn password_first(status: Option<&StatusOut>, user: Option<&str>) -> Link {
    let (Some(status), Some(user)) = (status, user) else {
        return Link::hangs(PASSWORD, "whether the face waits for the password is not known");
    };
    match status.password_due {
        None => Link::ok(PASSWORD, "the face waits for no password (password_first is off)"),
        Some(false) => Link::ok(PASSWORD, format!("{user} typed it, and the face is asked")),
        Some(true) => Link::warning(
            PASSWORD,
            format!("the face of {user} is not asked until the password was typed (password_first)"),
            "log in with the password once; docs/accounts.md",
        ),
    }
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
    fn the_level_is_the_daemon_s_and_falls_short_where_its_data_does() {
        let of = |security: &str| {
            let mut status = status();
            status.security = security.into();
            level(Some(&Config::default()), Some(&status))
        };
        let links = of("balanced: as measured; at length");
        assert_eq!((links.len(), links[0].state), (1, State::Ok));
        assert_eq!(links[0].found, "balanced: as measured");
        let lines = "balanced: aims high; measured: 1 in 7 among some; the data does not support the aim for everyone\n\
                     login: threshold 0.3: no error rate is stated for it\n\
                     sudo: strict: not known for this engine, so no face matches; set a threshold, or another engine";
        let links = of(lines);
        let found: Vec<(State, &str)> = links
            .iter()
            .map(|link| (link.state, link.found.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    State::Warning,
                    "balanced: aims high; the data does not support the aim for everyone"
                ),
                (
                    State::Warning,
                    "login: threshold 0.3: no error rate is stated for it"
                ),
                (
                    State::Failure,
                    "sudo: strict: not known for this engine, so no face matches"
                ),
            ]
        );
        // Without a daemon nothing is in effect.
        let links = level(Some(&Config::default()), None);
        assert!(
            links[0].state == State::Unknown
                && links[0]
                    .found
                    .starts_with("once the daemon runs: balanced: aims at"),
            "{links:?}"
        );
        assert_eq!(level(None, None)[0].state, State::Unknown);
    }

    #[test]
    fn a_face_that_waits_for_the_password_is_said_to() {
        let mut status = status();
        let alice = Some("alice");
        for (due, state) in [
            (None, State::Ok),
            (Some(false), State::Ok),
            (Some(true), State::Warning),
        ] {
            status.password_due = due;
            assert_eq!(password_first(Some(&status), alice).state, state, "{due:?}");
        }
        assert_eq!(password_first(None, alice).state, State::Unknown);
        assert_eq!(password_first(Some(&status), None).state, State::Unknown);
    }
}
