//! `pam_sm_authenticate` from end to end: arguments, caller, question, code, one line in the log.

use std::time::Instant;

use facelogin_protocol::types::AuthenticateOut;
use pamsm::{LogLvl, Pam, PamError, PamLibExt};

use crate::args::{self, Settings};
use crate::ask::{AskError, ask};
use crate::caller::{Caller, shown};
use crate::code::Outcome;

/// The body of the hook.
pub fn authenticate(pam: &Pam, args: &[String]) -> PamError {
    let settings = match args::parse(args) {
        Ok(settings) => settings,
        Err(error) => {
            log(pam, LogLvl::ERR, &shown(&error.to_string()));
            return Outcome::Fault.code(false);
        }
    };
    let caller = match Caller::read(pam) {
        Ok(caller) => caller,
        Err(error) => return conclude(pam, &settings, "not asked", &Err(error.into())),
    };
    let start = Instant::now();
    let result = ask(&caller, &settings);
    let who = format!(
        "user {}, tty {}, {} ms",
        shown(&caller.user),
        shown(caller.tty.as_deref().unwrap_or("-")),
        start.elapsed().as_millis()
    );
    conclude(pam, &settings, &who, &result)
}

fn conclude(
    pam: &Pam,
    settings: &Settings,
    who: &str,
    result: &Result<AuthenticateOut, AskError>,
) -> PamError {
    let outcome = match result {
        Ok(answer) => Outcome::from(answer),
        Err(error) => Outcome::from(error),
    };
    let level = match outcome {
        Outcome::Match => LogLvl::NOTICE,
        _ => LogLvl::INFO,
    };
    log(pam, level, &line(who, result));
    let code = outcome.code(settings.timeout_is_auth_err);
    if settings.debug {
        let socket = settings.socket.to_string_lossy();
        let more = format!(
            "{outcome:?}, {code}; {} of {:?}",
            shown(&socket),
            settings.timeout
        );
        log(pam, LogLvl::DEBUG, &more);
    }
    code
}

/// What happened, in one line; nothing in it is the daemon's or the caller's own text unescaped.
fn line(who: &str, result: &Result<AuthenticateOut, AskError>) -> String {
    match result {
        Ok(answer) => format!("{} ({}); {who}", answer.verdict.name(), answer.reason.name()),
        Err(error) => format!("no answer: {}; {who}", shown(&error.to_string())),
    }
}

fn log(pam: &Pam, level: LogLvl, line: &str) {
    // A log that cannot be written changes nothing about the login.
    let _ = pam.syslog(level, line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use facelogin_protocol::ClientError;

    #[test]
    fn r14_what_the_daemon_sends_cannot_start_a_line_of_its_own() {
        let json = serde_json::from_str::<AuthenticateOut>(r#"{"x\ny":1}"#).unwrap_err();
        let error = ClientError::Broken(facelogin_protocol::codec::CodecError::Json(json));
        let line = line("user alice", &Err(error.into()));
        assert!(line.contains("\\u{a}"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
}
