//! The daemon's answers: that it gives any, of which version it is, with which configuration it runs, and whether the
//! process that sees is at work.

use std::path::Path;

use facelogin_config::Config;
use facelogin_protocol::types::StatusOut;

use super::report::Link;
use crate::daemon::{Daemon, QUICK};
use crate::error::CliError;

const DAEMON: &str = "daemon";
const IN_EFFECT: &str = "in effect";
const VISION: &str = "vision";

/// What starts it anew.
pub const RESTART: &str = "sudo systemctl restart facelogind";

/// This program's version; the daemon's comes with it.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// Whether it answers, and is of this version. `status` is what it said of itself and the user.
pub fn daemon(daemon: &Daemon, status: &Result<StatusOut, CliError>) -> Link {
    judge(daemon.socket(), daemon.version(QUICK), status)
}

fn judge(socket: &Path, version: Result<String, CliError>, status: &Result<StatusOut, CliError>) -> Link {
    let log = format!("{RESTART}; its log says more: journalctl --unit facelogind --lines 20");
    let refused = [version.as_ref().err(), status.as_ref().err()];
    if refused.into_iter().flatten().any(CliError::is_rate_limit) {
        return Link::too_often(DAEMON);
    }
    match (version, status) {
        (Err(CliError::Unreachable { why, .. }), _) => Link::failure(
            DAEMON,
            format!("nobody answers at {} ({why})", socket.display()),
            log,
        ),
        (Err(why), _) => Link::failure(DAEMON, why.to_string(), log),
        (Ok(version), status) if version != OWN => {
            let found = format!("facelogind {version} answers, and this is {OWN}");
            match status {
                Ok(_) => Link::warning(DAEMON, found, RESTART),
                Err(why) => Link::failure(DAEMON, format!("{found}: {why}"), RESTART),
            }
        }
        (Ok(version), Ok(_)) => Link::ok(DAEMON, format!("facelogind {version} answers, of this version")),
        (Ok(version), Err(why)) => {
            Link::failure(DAEMON, format!("facelogind {version} answers, but: {why}"), log)
        }
    }
}

/// Whether it runs with the configuration that is on disk.
pub fn in_effect(status: Option<&StatusOut>, config: Option<&Config>) -> Link {
    let (Some(status), Some(config)) = (status, config) else {
        return Link::hangs(
            IN_EFFECT,
            "whether the daemon runs with the configuration on disk cannot be compared",
        );
    };
    let on_disk = facelogin_models::sha256(config.to_toml().as_bytes());
    match &status.configuration {
        None => Link::for_root(
            IN_EFFECT,
            "whether the daemon runs with the configuration on disk",
        ),
        Some(its) if *its == on_disk => Link::ok(IN_EFFECT, "the daemon runs with the configuration on disk"),
        Some(_) => Link::failure(
            IN_EFFECT,
            "the daemon runs with another configuration than the one on disk: it reads it when it starts",
            RESTART,
        ),
    }
}

/// Whether the process with camera and models is at work.
pub fn vision(status: Option<&StatusOut>) -> Link {
    let Some(status) = status else {
        return Link::hangs(
            VISION,
            "whether the vision process is at work is not known without the daemon",
        );
    };
    match (status.vision.as_str(), &status.engine) {
        ("ready" | "busy", Some(engine)) => Link::ok(
            VISION,
            format!("the vision process is {}, with engine {engine}", status.vision),
        ),
        // The same words as the daemon's before its first process.
        ("it is starting", _) => Link::warning(
            VISION,
            "the vision process is starting",
            "look again in some seconds: facelogin-enroll doctor",
        ),
        (why, _) => Link::failure(
            VISION,
            format!("the vision process is not at work: {why}"),
            "if the models (below) are in order: journalctl --unit facelogin-vision --unit facelogind --lines 20",
        ),
    }
}

#[cfg(test)]
mod tests {
    use facelogin_protocol::types::Reason;

    use super::super::report::State;
    use super::super::testing::status;
    use super::*;

    #[test]
    fn the_configuration_in_effect_is_compared_by_what_it_says() {
        let config = Config::default();
        let mut status = status();
        assert_eq!(in_effect(Some(&status), Some(&config)).state, State::Unknown);
        status.configuration = Some(facelogin_models::sha256(config.to_toml().as_bytes()));
        assert_eq!(in_effect(Some(&status), Some(&config)).state, State::Ok);
        let mut other = config;
        other.rules.frames = 5;
        let link = in_effect(Some(&status), Some(&other));
        assert_eq!(
            (link.state, link.remedy.as_deref()),
            (State::Failure, Some(RESTART))
        );
        assert_eq!(in_effect(None, Some(&other)).state, State::Unknown);
    }

    #[test]
    fn a_daemon_that_is_asked_too_often_is_not_broken() {
        let often = || CliError::Unavailable {
            reason: Reason::RateLimited,
            why: "wait".into(),
        };
        let of = |version, status| judge(Path::new("/s"), version, &status).state;
        assert_eq!(of(Ok(OWN.into()), Ok(status())), State::Ok);
        assert_eq!(of(Ok(OWN.into()), Err(often())), State::Unknown);
        assert_eq!(of(Err(often()), Ok(status())), State::Unknown);
        assert_eq!(of(Err(often()), Err(often())), State::Unknown);
        let lost = CliError::Lost(facelogin_protocol::ClientError::NoAnswer);
        assert_eq!(of(Ok(OWN.into()), Err(lost)), State::Failure);
    }

    #[test]
    fn a_vision_process_is_at_work_starting_or_not() {
        let mut status = status();
        for (said, state) in [
            ("ready", State::Ok),
            ("busy", State::Ok),
            ("it is starting", State::Warning),
            ("unavailable", State::Failure),
            ("engine = \"dlib\": model x is missing", State::Failure),
        ] {
            status.vision = said.into();
            assert_eq!(vision(Some(&status)).state, state, "{said}");
        }
        assert_eq!(vision(None).state, State::Unknown);
    }
}
