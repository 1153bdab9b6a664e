//! The daemon's coarse reasons in words for a person, each with what to do about it.

pub mod liveness;

use std::borrow::Cow;

use facelogin_protocol::escape::for_log;
use facelogin_protocol::types::Reason;

/// Longer than any sentence here; shorter than what would bury a terminal.
const MAX: usize = 2000;

/// Text from outside (the daemon, a file's name, the command line) made fit for a terminal.
pub fn clean(text: &str) -> String {
    for_log(text, MAX)
}

/// What happened.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Matched => "the face is the user's",
        Reason::NotMatching => "the face is not the user's",
        Reason::NobodySeen => "no face came into view",
        Reason::PoorView => "a face came into view, but never well enough to compare",
        Reason::SeveralFaces => "several people were in view",
        Reason::LivenessRefused => "the face is the user's, but does not look alive",
        Reason::LivenessUnavailable => "the face must look alive, and nothing told whether it does",
        Reason::NotEnrolled => "no face is enrolled for the user",
        Reason::OtherEngine => "the enrolled faces belong to another engine or other model files",
        Reason::ServiceNotAllowed => "the configuration does not let this service use the face",
        Reason::Remote => "the request comes from another machine",
        Reason::CameraUnavailable => "the camera is absent, busy or does not answer",
        Reason::VisionUnavailable => "the vision process is starting, was lost, or has no models",
        Reason::Busy => "another scan is running",
        Reason::LockedOut => "too many mismatches; the face is not asked for a while",
        Reason::RateLimited => "too many requests in a short time",
        Reason::UnknownUser => "there is no such user on this machine",
        Reason::StoreUnavailable => "the store of templates cannot be read",
        Reason::ConsentNeeded => "the scan waits for an empty answer at the prompt",
        Reason::NotPresent => {
            "the user is not in the active session of this machine's own screen, or also in a remote or locked one"
        }
        Reason::LidClosed => "the lid is closed, and camera.device names no other camera that is there",
        Reason::JustLocked => "the screen was locked a moment ago",
        Reason::PasswordFirst => "the password must be typed first: after a boot, or after some hours",
        Reason::AccountLocked => "the account's password is locked, or the account has expired",
        Reason::HomeLocked => "the home folder is encrypted, and only the password opens it",
        Reason::Cancelled => "the scan was cancelled",
    }
}

/// What to do about it; empty for a match.
pub fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::Matched => "",
        Reason::NotMatching => {
            "If it should be: look straight at the camera in even light, or enrol once more in this light with \
             `sudo facelogin-enroll add`"
        }
        Reason::NobodySeen => {
            "Look at the camera; `facelogin-enroll cameras` shows which one it is, its cover may be shut"
        }
        Reason::PoorView => {
            "Come closer, hold still, and look straight at the camera with light on your face"
        }
        Reason::SeveralFaces => "Only one person may be near the camera",
        Reason::LivenessRefused => {
            "Look at the camera from an arm's length with light on your face, and without a screen or a window right behind you"
        }
        Reason::LivenessUnavailable => "`facelogin-enroll doctor` says what is missing",
        Reason::NotEnrolled => "Enrol with `sudo facelogin-enroll add`",
        Reason::OtherEngine => "Enrol again with `sudo facelogin-enroll add`",
        Reason::ServiceNotAllowed => "`facelogin-enroll config check` lists the services that may",
        Reason::Remote => "Log in at the machine itself, or with the password",
        Reason::CameraUnavailable => {
            "`facelogin-enroll cameras` shows what there is, and why one is not used; close the program that uses it"
        }
        Reason::VisionUnavailable => {
            "Try again in some seconds; if it stays so, `facelogin-enroll models verify` tells whether the models \
             are in order"
        }
        Reason::Busy => "Try again when it has ended",
        Reason::LockedOut => {
            "`facelogin-enroll status` shows for how long; `sudo facelogin-enroll unlock` ends it"
        }
        Reason::RateLimited => "Wait a minute",
        Reason::UnknownUser => "Check the name",
        Reason::StoreUnavailable => "The daemon's log says why: journalctl -u facelogind",
        Reason::ConsentNeeded => "Answer the prompt with Enter",
        Reason::NotPresent => {
            "Log in at the machine itself; `loginctl list-sessions` shows who is where, and `presence` in the \
             configuration says what is asked for"
        }
        Reason::LidClosed => "Open the lid, or name another camera in `camera.device`",
        Reason::JustLocked => "Wait some seconds; `lock_grace_seconds` in the configuration says how many",
        Reason::PasswordFirst => {
            "Log in with the password once; `password_first` in the configuration says when"
        }
        Reason::AccountLocked => "`passwd --status` and `chage --list` tell more",
        Reason::HomeLocked => "Log in with the password; the face works again while the home folder is open",
        Reason::Cancelled => "Try again",
    }
}

/// Joins what are sentences or nearly so, each ended by one full stop; empty ones are left out.
pub fn sentences(parts: &[impl AsRef<str>]) -> String {
    let ended = parts.iter().filter_map(|part| {
        let part = part.as_ref().trim();
        let end = if part.ends_with(['.', '!', '?']) { "" } else { "." };
        (!part.is_empty()).then(|| format!("{part}{end}"))
    });
    ended.collect::<Vec<_>>().join(" ")
}

/// `FILE: problem. Advice. Nothing was stored.`
pub fn not_enrolled(picture: Option<&str>, problem: &str, advice: &str) -> String {
    let problem = match picture {
        Some(file) => Cow::Owned(format!("{file}: {problem}")),
        None => Cow::Borrowed(problem),
    };
    sentences(&[&problem, advice, "Nothing was stored"])
}

/// `1 picture`, `2 pictures`.
pub fn count(number: u32, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_in_one_full_stop_each() {
        assert_eq!(sentences(&["a", "B.", "", "Why?"]), "a. B. Why?");
    }

    #[test]
    fn only_a_match_needs_no_remedy() {
        assert!(remedy(Reason::Matched).is_empty());
        for other in [Reason::NotMatching, Reason::Busy, Reason::Cancelled] {
            assert!(!remedy(other).is_empty() && !reason(other).is_empty());
        }
    }

    #[test]
    fn r14_text_from_outside_moves_no_cursor() {
        assert_eq!(clean("\x1b[2Jx\ny"), "\\u{1b}[2Jx\\u{a}y");
    }
}
