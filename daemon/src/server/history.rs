//! `ListAttempts`: what came of earlier attempts.

use facelogin_protocol::LARGE_REPLY;
use facelogin_protocol::types::{Attempt, ListAttemptsIn, ListAttemptsOut, Reason, Verdict};

use crate::server::connection::{Answer, Peer, done};
use crate::server::failure::Failure;
use crate::server::{Daemon, users};
use crate::store::AttemptRow;

/// The most attempts of one answer.
const MOST: u32 = 1000;

/// What one answer's attempts may weigh, so that it stays below what a client reads: half of that.
const MAX_BYTES: usize = LARGE_REPLY / 2;

/// The newest attempts: anybody's for root; of one's own account for others, without distances, and without why
/// what was seen did not match (R22).
pub fn attempts(daemon: &Daemon, peer: &Peer, input: ListAttemptsIn) -> Answer {
    if !(1..=MOST).contains(&input.limit) {
        return Err(Failure::Invalid(format!(
            "the limit must be from 1 to {MOST}, not {}",
            input.limit
        )));
    }
    let rows = if peer.is_root() {
        daemon
            .store()
            .recent_attempts(input.user.as_deref(), input.limit)?
    } else {
        let own =
            users::name_of(peer.uid).ok_or_else(|| Failure::UnknownUser(format!("uid {}", peer.uid)))?;
        if input.user.is_some_and(|wanted| wanted != own) {
            return Err(Failure::NotPermitted(
                "only root may see attempts on somebody else's account",
            ));
        }
        let mut rows = daemon.store().recent_attempts(Some(&own), input.limit)?;
        // Somebody else had that name before.
        rows.retain(|row| row.attempt.uid == Some(peer.uid));
        rows
    };
    let attempts = rows.into_iter().map(|row| attempt_out(row, peer.is_root()));
    let attempts = fitting(attempts, MAX_BYTES);
    done(peer, &ListAttemptsOut { attempts })
}

fn attempt_out(row: AttemptRow, for_root: bool) -> Attempt {
    let attempt = row.attempt;
    // As `Judged::told`.
    let no_match = attempt.verdict == Verdict::NoMatch.name();
    let reason = match no_match && !for_root {
        true => Reason::NotMatching.name().into(),
        false => attempt.reason,
    };
    Attempt {
        id: row.id,
        time: attempt.unix,
        user: attempt.user,
        uid: attempt.uid,
        service: attempt.service,
        tty: attempt.tty,
        class: attempt.class.as_str().into(),
        peer_uid: attempt.peer_uid,
        verdict: attempt.verdict,
        reason,
        millis: attempt.millis,
        distance: attempt.best_distance.filter(|_| for_root),
        frames: attempt.frames,
    }
}

/// The first of them that weigh `room` bytes together. Ordinary ones all fit; names of 256 strange characters, which
/// only root can put on record in numbers, may not.
fn fitting(attempts: impl Iterator<Item = Attempt>, mut room: usize) -> Vec<Attempt> {
    /// Keys, numbers and punctuation of one attempt in JSON, generously.
    const FRAME: usize = 400;
    let mut kept = Vec::new();
    for attempt in attempts {
        let texts = [&attempt.user, &attempt.service].map(String::len);
        let tty = attempt.tty.as_ref().map_or(0, String::len);
        // In JSON a character takes at most twice its bytes: the store keeps no control characters.
        let weight = FRAME + 2 * (texts[0] + texts[1] + tty);
        if weight > room {
            break;
        }
        room -= weight;
        kept.push(attempt);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(id: i64, text: &str) -> Attempt {
        Attempt {
            id,
            time: 1_700_000_000,
            user: text.into(),
            uid: Some(u32::MAX),
            service: text.into(),
            tty: Some(text.into()),
            class: "unprivileged".into(),
            peer_uid: u32::MAX,
            verdict: "unknown_user".into(),
            reason: "service_not_allowed".into(),
            millis: u32::MAX,
            distance: Some(0.123_456_79),
            frames: u32::MAX,
        }
    }

    #[test]
    fn r22_why_a_face_did_not_match_is_for_root_alone() {
        for (verdict, reason, others) in [
            ("no_match", "liveness_refused", "not_matching"),
            ("no_match", "liveness_unavailable", "not_matching"),
            ("no_match", "not_matching", "not_matching"),
            // Without a scan: that says nothing of a face.
            ("unavailable", "liveness_unavailable", "liveness_unavailable"),
            ("match", "matched", "matched"),
        ] {
            let row = || AttemptRow {
                id: 1,
                attempt: crate::store::Attempt {
                    unix: 0,
                    user: "alice".into(),
                    uid: Some(1000),
                    service: "login".into(),
                    tty: None,
                    class: crate::lockout::EntryClass::Unprivileged,
                    peer_uid: 1000,
                    verdict: verdict.into(),
                    reason: reason.into(),
                    millis: 1,
                    best_distance: Some(0.1),
                    frames: 3,
                },
            };
            assert_eq!(attempt_out(row(), true).reason, reason);
            let told = attempt_out(row(), false);
            assert_eq!((told.reason.as_str(), told.distance), (others, None));
        }
    }

    #[test]
    fn r20_an_answer_never_outgrows_what_a_client_reads_and_the_newest_stay() {
        for text in ["alice", &"\"".repeat(256), &"é".repeat(128)] {
            let attempts = (0..i64::from(MOST)).rev().map(|id| attempt(id, text));
            let attempts = fitting(attempts, MAX_BYTES);
            assert_eq!(attempts[0].id, i64::from(MOST) - 1);
            assert_eq!(attempts.len() == MOST as usize, text == "alice");
            let json = serde_json::to_vec(&ListAttemptsOut { attempts }).unwrap();
            assert!(json.len() < LARGE_REPLY);
        }
    }
}
