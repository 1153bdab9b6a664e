//! The whole table of PAM codes.

use super::*;
use facelogin_protocol::RequestId;
use facelogin_protocol::codec::{Reply, decode};
use facelogin_protocol::socket::SocketError;
use nix::errno::Errno;

use crate::caller::Flaw;
use crate::ffi::TalkError;

const VERDICTS: [Verdict; 5] = [
    Verdict::Match,
    Verdict::NoMatch,
    Verdict::Unavailable,
    Verdict::LockedOut,
    Verdict::UnknownUser,
];

const REASONS: [Reason; 24] = [
    Reason::Matched,
    Reason::NotMatching,
    Reason::NobodySeen,
    Reason::PoorView,
    Reason::SeveralFaces,
    Reason::LivenessRefused,
    Reason::LivenessUnavailable,
    Reason::NotEnrolled,
    Reason::OtherEngine,
    Reason::ServiceNotAllowed,
    Reason::Remote,
    Reason::CameraUnavailable,
    Reason::VisionUnavailable,
    Reason::Busy,
    Reason::LockedOut,
    Reason::RateLimited,
    Reason::UnknownUser,
    Reason::StoreUnavailable,
    Reason::ConsentNeeded,
    Reason::NotPresent,
    Reason::LidClosed,
    Reason::JustLocked,
    Reason::PasswordFirst,
    Reason::AccountLocked,
    Reason::HomeLocked,
    Reason::Cancelled,
];

const OUTCOMES: [Outcome; 9] = [
    Outcome::Match,
    Outcome::Mismatch,
    Outcome::NothingToCompare,
    Outcome::Unavailable,
    Outcome::PasswordTyped,
    Outcome::LockedOut,
    Outcome::UnknownUser,
    Outcome::ConversationBroke,
    Outcome::Fault,
];

fn code(verdict: Verdict, reason: Reason, timeout_is_auth_err: bool) -> PamError {
    let answer = AuthenticateOut {
        request_id: RequestId::parse(&"0".repeat(32)).unwrap(),
        uid: 0,
        verdict,
        reason,
        elevation: false,
    };
    Outcome::from(&answer).code(timeout_is_auth_err)
}

#[test]
fn r01_one_pair_of_verdict_and_reason_is_a_success() {
    for option in [false, true] {
        for verdict in VERDICTS {
            for reason in REASONS {
                let success = code(verdict, reason, option) == PamError::SUCCESS;
                let the_one = (verdict, reason) == (Verdict::Match, Reason::Matched);
                assert_eq!(success, the_one, "{verdict:?} {reason:?}");
            }
        }
    }
}

#[test]
fn r01_one_outcome_is_a_success_and_none_is_ignored() {
    for option in [false, true] {
        for outcome in OUTCOMES {
            let code = outcome.code(option);
            assert_eq!(
                code == PamError::SUCCESS,
                outcome == Outcome::Match,
                "{outcome:?}"
            );
            assert!(
                !matches!(code, PamError::IGNORE | PamError::INCOMPLETE),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn answers_have_the_codes_of_the_table() {
    for (verdict, reason, expected) in [
        (Verdict::Match, Reason::Matched, PamError::SUCCESS),
        (Verdict::Match, Reason::NobodySeen, PamError::SERVICE_ERR),
        (Verdict::NoMatch, Reason::Matched, PamError::SERVICE_ERR),
        (Verdict::NoMatch, Reason::NotMatching, PamError::AUTH_ERR),
        (Verdict::NoMatch, Reason::LivenessRefused, PamError::AUTH_ERR),
        (Verdict::LockedOut, Reason::LockedOut, PamError::MAXTRIES),
        (Verdict::UnknownUser, Reason::UnknownUser, PamError::USER_UNKNOWN),
    ] {
        assert_eq!(code(verdict, reason, false), expected, "{verdict:?} {reason:?}");
    }
    for reason in REASONS {
        let expected = match reason {
            // A second demand for consent is no answer to a consent that was given.
            Reason::Matched | Reason::ConsentNeeded => PamError::SERVICE_ERR,
            _ => PamError::AUTHINFO_UNAVAIL,
        };
        assert_eq!(code(Verdict::Unavailable, reason, false), expected, "{reason:?}");
    }
}

#[test]
fn timeout_result_changes_what_passes_by_itself_and_nothing_else() {
    for verdict in VERDICTS {
        for reason in REASONS {
            let (without, with) = (code(verdict, reason, false), code(verdict, reason, true));
            let passes = verdict == Verdict::Unavailable
                && matches!(
                    reason,
                    Reason::NobodySeen
                        | Reason::PoorView
                        | Reason::SeveralFaces
                        | Reason::Busy
                        | Reason::RateLimited
                        | Reason::JustLocked
                        | Reason::LidClosed
                );
            if passes {
                assert_eq!((without, with), (PamError::AUTHINFO_UNAVAIL, PamError::AUTH_ERR));
            } else {
                assert_eq!(without, with, "{verdict:?} {reason:?}");
            }
        }
    }
}

fn refused(name: &str, parameters: &str) -> ClientError {
    let reply: Reply =
        decode(format!(r#"{{"error":"{name}","parameters":{parameters}}}"#).as_bytes()).unwrap();
    ClientError::Refused {
        name: name.to_owned(),
        reply: Box::new(reply),
    }
}

#[test]
fn a_missing_answer_has_the_code_of_the_table() {
    let json = || serde_json::from_str::<u8>("x").unwrap_err();
    let unavailable = r#"{"reason":"store_unavailable","why":"x"}"#;
    let table: Vec<(AskError, PamError)> = vec![
        (CallerError::Remote.into(), PamError::AUTHINFO_UNAVAIL),
        (
            CallerError::NoUser(PamError::INCOMPLETE).into(),
            PamError::CONV_ERR,
        ),
        (
            CallerError::UserName(Flaw::TooLong).into(),
            PamError::USER_UNKNOWN,
        ),
        (
            CallerError::Item {
                item: "PAM_TTY",
                flaw: Flaw::NotText,
            }
            .into(),
            PamError::AUTHINFO_UNAVAIL,
        ),
        (AskError::UnknownUser, PamError::USER_UNKNOWN),
        (PromptError::Talk(TalkError::None).into(), PamError::CONV_ERR),
        (
            PromptError::Talk(TalkError::NoResponse).into(),
            PamError::CONV_ERR,
        ),
        (PromptError::Authtok.into(), PamError::SERVICE_ERR),
        (AskError::PasswordTyped, PamError::AUTHINFO_UNAVAIL),
        (AskError::PasswordThere, PamError::AUTHINFO_UNAVAIL),
        (AskError::Lookup(Errno::EIO), PamError::AUTHINFO_UNAVAIL),
        (AskError::NoRandomness, PamError::AUTHINFO_UNAVAIL),
        (
            ClientError::Unreachable(SocketError::TimedOut).into(),
            PamError::AUTHINFO_UNAVAIL,
        ),
        (ClientError::NoAnswer.into(), PamError::AUTHINFO_UNAVAIL),
        (
            ClientError::Broken(CodecError::Truncated).into(),
            PamError::AUTHINFO_UNAVAIL,
        ),
        (
            ClientError::Broken(SocketError::TimedOut.into()).into(),
            PamError::AUTHINFO_UNAVAIL,
        ),
        (
            refused("org.facelogin.Login.Unavailable", unavailable).into(),
            PamError::AUTHINFO_UNAVAIL,
        ),
        (
            refused("org.facelogin.Login.Unavailable", "{}").into(),
            PamError::SERVICE_ERR,
        ),
        (
            refused("org.facelogin.Login.NotPermitted", r#"{"why":"x"}"#).into(),
            PamError::SERVICE_ERR,
        ),
        (
            refused("org.varlink.service.MethodNotFound", unavailable).into(),
            PamError::SERVICE_ERR,
        ),
        (
            ClientError::Broken(CodecError::TooLong(1)).into(),
            PamError::SERVICE_ERR,
        ),
        (
            ClientError::Broken(CodecError::Json(json())).into(),
            PamError::SERVICE_ERR,
        ),
        (ClientError::NotRoot(1000).into(), PamError::SERVICE_ERR),
        (ClientError::Violation("x").into(), PamError::SERVICE_ERR),
    ];
    for (error, expected) in &table {
        assert_eq!(Outcome::from(error).code(false), *expected, "{error:?}");
        assert_eq!(
            Outcome::from(error).code(true),
            *expected,
            "timeout_result is about what passes by itself: {error:?}"
        );
    }
}

#[test]
fn a_refusal_that_is_an_error_has_the_code_of_its_reason() {
    for (reason, without, with) in [
        ("rate_limited", PamError::AUTHINFO_UNAVAIL, PamError::AUTH_ERR),
        ("busy", PamError::AUTHINFO_UNAVAIL, PamError::AUTH_ERR),
        (
            "vision_unavailable",
            PamError::AUTHINFO_UNAVAIL,
            PamError::AUTHINFO_UNAVAIL,
        ),
        ("matched", PamError::SERVICE_ERR, PamError::SERVICE_ERR),
        ("consent_needed", PamError::SERVICE_ERR, PamError::SERVICE_ERR),
    ] {
        let parameters = format!(r#"{{"reason":"{reason}","why":"x"}}"#);
        let outcome = Outcome::from(&refused("org.facelogin.Login.Unavailable", &parameters));
        assert_eq!(
            (outcome.code(false), outcome.code(true)),
            (without, with),
            "{reason}"
        );
    }
}
