//! `test` and `identify`: a scan that grants nothing.

use facelogin_protocol::types::{Detail, IdentifyOut, Reason, TestOut, UserIn, Verdict};

use super::Context;
use crate::cli::UserArg;
use crate::daemon::{Nothing, SCAN};
use crate::error::CliError;
use crate::exit::Exit;
use crate::table::table;
use crate::words::{self, clean, count, sentences};

/// Whether the person in front of the camera is the user.
pub fn test(context: &mut Context<'_, '_>, args: UserArg) -> Result<Exit, CliError> {
    let user = context.user(args.user)?;
    let request = UserIn { user };
    let reply: TestOut = context.daemon.call("Test", &request, SCAN)?;
    context.out.answer(&reply, || tested(&request.user, &reply))?;
    Ok(match reply.verdict {
        Verdict::Match => Exit::Ok,
        verdict => exit_of(verdict, reply.reason),
    })
}

/// Who the person in front of the camera is.
pub fn identify(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    context.caller.needs_root()?;
    let reply: IdentifyOut = context.daemon.call("Identify", &Nothing {}, SCAN)?;
    context.out.answer(&reply, || identified(&reply))?;
    Ok(if reply.candidates.is_empty() {
        exit_of(Verdict::NoMatch, reply.reason)
    } else {
        Exit::Ok
    })
}

/// The exit code of a scan that did not end in a match.
fn exit_of(verdict: Verdict, reason: Reason) -> Exit {
    match reason {
        // There was a scan, and its answer is no. Without one there is no answer.
        Reason::LivenessUnavailable if verdict == Verdict::NoMatch => Exit::Negative,
        Reason::NotMatching
        | Reason::NobodySeen
        | Reason::PoorView
        | Reason::SeveralFaces
        | Reason::LivenessRefused
        | Reason::NotEnrolled
        | Reason::OtherEngine
        | Reason::LockedOut => Exit::Negative,
        Reason::ServiceNotAllowed
        | Reason::Remote
        | Reason::ConsentNeeded
        | Reason::NotPresent
        | Reason::LidClosed
        | Reason::JustLocked
        | Reason::PasswordFirst
        | Reason::AccountLocked
        | Reason::HomeLocked => Exit::NotPermitted,
        Reason::CameraUnavailable
        | Reason::LivenessUnavailable
        | Reason::VisionUnavailable
        | Reason::Busy
        | Reason::RateLimited
        | Reason::StoreUnavailable
        | Reason::Cancelled => Exit::Unavailable,
        Reason::UnknownUser => Exit::BadInput,
        // It says both yes and no.
        Reason::Matched => Exit::Internal,
    }
}

fn tested(user: &str, reply: &TestOut) -> String {
    let verdict = match reply.verdict {
        Verdict::Match => "Match",
        Verdict::NoMatch => "No match",
        Verdict::Unavailable => "No answer",
        Verdict::LockedOut => "Locked out",
        Verdict::UnknownUser => "Unknown user",
    };
    let why = match reply.reason {
        Reason::LivenessUnavailable => {
            let untold = words::liveness::untold(reply.verdict, &reply.detail);
            sentences(&[untold.reason, untold.remedy])
        }
        reason => sentences(&[words::reason(reason), words::remedy(reason)]),
    };
    format!("{verdict} for {}: {why}\n{}", clean(user), details(&reply.detail))
}

fn identified(reply: &IdentifyOut) -> String {
    let answer = if reply.candidates.is_empty() {
        let why = match reply.reason {
            Reason::NotMatching => "the face is nobody's who is enrolled.".into(),
            Reason::NotEnrolled => "no face is enrolled. Enrol with `sudo facelogin-enroll add`.".into(),
            other => sentences(&[words::reason(other), words::remedy(other)]),
        };
        format!("Nobody: {why}")
    } else {
        let rows = reply.candidates.iter().map(|candidate| {
            [
                candidate.user.clone(),
                candidate.uid.to_string(),
                candidate.label.clone(),
                format!("{:.3}", candidate.distance),
            ]
        });
        table(["USER", "UID", "LABEL", "SCORE"], rows)
    };
    format!("{answer}\n{}", details(&reply.detail))
}

/// Pictures, times, the camera, scores and the flash where the daemon gave them, and its hint.
fn details(detail: &Detail) -> String {
    let first = match detail.first_frame_ms {
        Some(ms) => format!("the first after {ms} ms, "),
        None => String::new(),
    };
    let mut text = format!(
        "{}, {} usable; {first}{} ms in all",
        count(detail.frames, "picture"),
        detail.usable_frames,
        detail.total_ms
    );
    if let Some(camera) = &detail.camera {
        text.push_str(&format!("\ncamera {}", clean(camera)));
    }
    if let Some(distance) = detail.distance {
        text.push_str(&format!("\nscore {distance:.3}"));
        if let Some(threshold) = detail.threshold {
            text.push_str(&format!(", limit {threshold:.3} (smaller is nearer)"));
        }
    }
    if let Some(strobe) = detail.strobe {
        text.push_str(&format!("\nflash {strobe:+.3}"));
    }
    if let Some(live) = detail.live {
        text.push_str(&format!("\nalive {live:.3}"));
    }
    if let Some(hint) = &detail.hint {
        text.push_str(&format!("\nHint: {}", clean(&sentences(&[hint]))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use facelogin_protocol::types::Candidate;

    fn detail(distance: Option<f32>) -> Detail {
        Detail {
            camera: None,
            strobe: None,
            live: None,
            frames: 5,
            usable_frames: 3,
            distance,
            threshold: distance.map(|_| 0.36),
            first_frame_ms: Some(210),
            total_ms: 640,
            hint: None,
        }
    }

    #[test]
    fn a_match_shows_times_and_for_root_scores() {
        let mut reply = TestOut {
            verdict: Verdict::Match,
            reason: Reason::Matched,
            detail: detail(Some(0.3125)),
        };
        assert_eq!(
            tested("alice", &reply),
            "Match for alice: the face is the user's.\n\
             5 pictures, 3 usable; the first after 210 ms, 640 ms in all\n\
             score 0.312, limit 0.360 (smaller is nearer)"
        );
        reply.detail = detail(None);
        assert!(!tested("alice", &reply).contains("score"));
        reply.detail.camera = Some("usb:04f2:b6d9 kind=infrared path=a".into());
        reply.detail.strobe = Some(0.25);
        reply.detail.live = Some(0.5);
        assert!(
            tested("alice", &reply)
                .ends_with("\ncamera usb:04f2:b6d9 kind=infrared path=a\nflash +0.250\nalive 0.500")
        );
    }

    #[test]
    fn a_scan_without_a_face_says_what_to_do() {
        let reply = TestOut {
            verdict: Verdict::Unavailable,
            reason: Reason::PoorView,
            detail: Detail {
                first_frame_ms: None,
                hint: Some("Turn on a light".into()),
                ..detail(None)
            },
        };
        assert_eq!(
            tested("alice", &reply),
            "No answer for alice: a face came into view, but never well enough to compare. Come closer, hold \
             still, and look straight at the camera with light on your face.\n\
             5 pictures, 3 usable; 640 ms in all\n\
             Hint: Turn on a light."
        );
    }

    #[test]
    fn candidates_are_a_table_and_none_is_said_in_words() {
        let mut reply = IdentifyOut {
            reason: Reason::Matched,
            candidates: vec![Candidate {
                user: "alice".into(),
                uid: 1000,
                label: "desk".into(),
                distance: 0.25,
            }],
            detail: detail(None),
        };
        assert!(
            identified(&reply)
                .starts_with("USER   UID   LABEL  SCORE\nalice  1000  desk   0.250\n5 pictures")
        );
        reply.candidates.clear();
        reply.reason = Reason::NotMatching;
        assert!(identified(&reply).starts_with("Nobody: the face is nobody's"));
    }

    #[test]
    fn a_scan_that_did_not_match_never_exits_with_success() {
        for reason in [
            Reason::Matched,
            Reason::NotMatching,
            Reason::Busy,
            Reason::Remote,
            Reason::UnknownUser,
        ] {
            assert_ne!(exit_of(Verdict::NoMatch, reason), Exit::Ok);
        }
        // No scan is no answer; a scan whose pictures did not tell is a refusal.
        let untold = |verdict| exit_of(verdict, Reason::LivenessUnavailable);
        assert_eq!(untold(Verdict::Unavailable), Exit::Unavailable);
        assert_eq!(untold(Verdict::NoMatch), Exit::Negative);
    }
}
