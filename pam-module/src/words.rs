//! The line that a user is shown after a scan, if any.

use facelogin_protocol::types::{AuthenticateOut, Reason, Verdict};

use crate::ask::AskError;
use crate::caller::{Caller, shown};
use crate::code::Outcome;

/// The line after `result`; `asked_for`: the user chose the face at the prompt, and is to know why the password is
/// asked for after all. Otherwise an empty scene says nothing: nobody may be there to read it.
pub fn after(caller: &Caller, result: &Result<AuthenticateOut, AskError>, asked_for: bool) -> Option<String> {
    let line = match (result, result.as_ref().map_or_else(Outcome::from, Outcome::from)) {
        (Ok(answer), Outcome::Match) if answer.elevation => {
            return Some(approved(&caller.user, &caller.service));
        }
        (_, Outcome::Match) => return None,
        (_, Outcome::Mismatch) => "Face not recognised.",
        _ if !asked_for => return None,
        (_, Outcome::LockedOut) => "The face is locked after too many mismatches.",
        (Ok(answer), _) if answer.verdict == Verdict::Unavailable => match answer.reason {
            Reason::NobodySeen => "Nobody in view.",
            Reason::PoorView => "The face could not be seen well enough.",
            Reason::SeveralFaces => "More than one person in view.",
            _ => "The face cannot be checked now.",
        },
        _ => "The face cannot be checked now.",
    };
    Some(line.to_owned())
}

/// What is said of more rights given to a face.
pub fn approved(user: &str, service: &str) -> String {
    format!(
        "facelogin: the face of {} approved {}.",
        shown(user),
        shown(service)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use facelogin_protocol::RequestId;

    fn line(verdict: Verdict, reason: Reason, elevation: bool, asked_for: bool) -> Option<String> {
        let caller = Caller {
            user: "al\u{202e}ice".into(),
            service: "sudo".into(),
            tty: None,
            ruser: None,
        };
        let answer = AuthenticateOut {
            request_id: RequestId::parse(&"0".repeat(32)).unwrap(),
            uid: 0,
            verdict,
            reason,
            elevation,
        };
        after(&caller, &Ok(answer), asked_for)
    }

    #[test]
    fn r26_an_elevation_is_shown_and_any_other_match_is_silent() {
        for asked_for in [false, true] {
            let shown = line(Verdict::Match, Reason::Matched, true, asked_for).unwrap();
            assert_eq!(shown, "facelogin: the face of al\\u{202e}ice approved sudo.");
            assert_eq!(line(Verdict::Match, Reason::Matched, false, asked_for), None);
            // Not a match, whatever it calls itself.
            let false_match = line(Verdict::Match, Reason::NobodySeen, true, asked_for);
            assert!(false_match.is_none_or(|line| !line.contains("approved")));
        }
    }

    #[test]
    fn why_the_password_is_asked_is_said_to_whoever_asked_for_the_face() {
        let unavailable = Verdict::Unavailable;
        for (verdict, reason, unasked, asked_for) in [
            (
                Verdict::NoMatch,
                Reason::NotMatching,
                true,
                "Face not recognised.",
            ),
            (unavailable, Reason::NobodySeen, false, "Nobody in view."),
            (
                Verdict::LockedOut,
                Reason::LockedOut,
                false,
                "The face is locked after too many mismatches.",
            ),
            (
                unavailable,
                Reason::Busy,
                false,
                "The face cannot be checked now.",
            ),
            (
                unavailable,
                Reason::ConsentNeeded,
                false,
                "The face cannot be checked now.",
            ),
        ] {
            assert_eq!(
                line(verdict, reason, true, true).as_deref(),
                Some(asked_for),
                "{reason:?}"
            );
            assert_eq!(
                line(verdict, reason, true, false).is_some(),
                unasked,
                "{reason:?}"
            );
        }
    }
}
