//! `pam_sm_authenticate` from end to end: arguments, caller, question, prompt, code, one line in the log.

use std::time::{Duration, Instant};

use facelogin_protocol::types::{AuthenticateOut, Reason, Verdict};
use pamsm::{LogLvl, Pam, PamError, PamFlags, PamLibExt};

use crate::args::{self, Settings};
use crate::ask::{AskError, ask};
use crate::caller::{Caller, shown};
use crate::code::Outcome;
use crate::conversation::{Choice, prompt, tell};
use crate::proof::{self, Proof};
use crate::words;

/// The body of the hook.
pub fn authenticate(pam: &Pam, flags: PamFlags, args: &[String]) -> PamError {
    let settings = match args::parse(args) {
        Ok(settings) if settings.note_password => {
            let noted = proof::note_password(pam);
            if settings.debug {
                log(pam, LogLvl::DEBUG, &format!("note_password: {noted:?}"));
            }
            return Outcome::PasswordTyped.code(false);
        }
        Ok(settings) => settings,
        Err(error) => {
            Proof::Nothing.note(pam);
            log(pam, LogLvl::ERR, &shown(&error.to_string()));
            return Outcome::Fault.code(false);
        }
    };
    // What an earlier call on this handle has seen says nothing about this one.
    Proof::Nothing.note(pam);
    let caller = match Caller::read(pam) {
        Ok(caller) => caller,
        Err(error) => return conclude(pam, &settings, "not asked", &Err(error.into())),
    };
    let scan = scan(pam, &caller, &settings);
    let who = format!(
        "user {}, tty {}, {} ms",
        shown(&caller.user),
        shown(caller.tty.as_deref().unwrap_or("-")),
        scan.took.as_millis()
    );
    let code = conclude(pam, &settings, &who, &scan.result);
    match words::after(&caller, &scan.result, scan.asked_for) {
        Some(line) if !flags.contains(PamFlags::SILENT) => tell(pam, &line),
        // sudo wants silence here, and none in `setcred`.
        Some(_) if matches!(&scan.result, Ok(answer) if Outcome::from(answer) == Outcome::Match) => {
            proof::note_about(pam, &caller.user, Proof::FaceUntold);
        }
        _ => {}
    }
    code
}

/// The body of `pam_sm_setcred`.
pub fn after(pam: &Pam, flags: PamFlags, args: &[String]) -> PamError {
    // `authenticate` has complained of arguments that are wrong, and noted nothing.
    if let Ok(settings) = args::parse(args) {
        proof::report(pam, flags, &settings);
        proof::tell_late(pam, flags);
    }
    PamError::SUCCESS
}

struct Scan {
    result: Result<AuthenticateOut, AskError>,
    /// The user chose the face at the prompt.
    asked_for: bool,
    /// How long the last question took.
    took: Duration,
}

/// The question; where the daemon wants consent, the prompt and the question again.
fn scan(pam: &Pam, caller: &Caller, settings: &Settings) -> Scan {
    let mut start = Instant::now();
    let mut asked_for = false;
    let mut result = ask(caller, settings, false);
    if matches!(&result, Ok(answer) if wants_consent(answer)) {
        let choice = prompt(pam);
        start = Instant::now();
        result = match choice {
            Ok(Choice::Face) => {
                asked_for = true;
                ask(caller, settings, true)
            }
            Ok(Choice::Password) => {
                proof::note_about(pam, &caller.user, Proof::Password);
                Err(AskError::PasswordTyped)
            }
            Ok(Choice::PasswordThere) => Err(AskError::PasswordThere),
            Err(error) => Err(error.into()),
        };
    }
    Scan {
        result,
        asked_for,
        took: start.elapsed(),
    }
}

fn wants_consent(answer: &AuthenticateOut) -> bool {
    (answer.verdict, answer.reason) == (Verdict::Unavailable, Reason::ConsentNeeded)
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
    if outcome == Outcome::Match {
        Proof::Face.note(pam);
    }
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
        Err(error @ (AskError::PasswordTyped | AskError::PasswordThere)) => format!("{error}; {who}"),
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
