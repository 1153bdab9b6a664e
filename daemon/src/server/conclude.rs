//! The end of an attempt: what counts, what is logged, what is kept, and in which order with the answer.

use std::time::{SystemTime, UNIX_EPOCH};

use facelogin_protocol::types::{Reason, Verdict};

use crate::audit::Entry;
use crate::decision::Judged;
use crate::lockout::{self, LockoutRules};
use crate::server::attempt::Attempted;
use crate::server::connection::Peer;
use crate::server::standing::Doubt;
use crate::server::{Daemon, watch};
use crate::store::Attempt;

/// How far an attempt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The camera stayed closed.
    Nothing,
    /// The camera was opened.
    Something,
    /// A whole probe was compared and did not match, or is not known to be alive.
    Mismatch,
}

/// Counts, logs, answers, puts on record. A mismatch is counted, and a match is logged, before the answer: whoever
/// ends the daemon in between would otherwise have a try for free, or be let in without a trace.
pub fn conclude(
    daemon: &Daemon,
    peer: &Peer,
    attempted: &Attempted<'_>,
    judged: &Judged,
    seen: Seen,
    answer: impl FnOnce(&Judged),
) {
    let counted = match attempted.uid {
        Ok(Some(uid)) if attempted.counts && seen == Seen::Mismatch => count_mismatch(daemon, attempted, uid),
        Ok(Some(uid)) if attempted.counts && judged.verdict == Verdict::Match => daemon
            .store()
            .save_lockout(uid, attempted.class, lockout::after_match().as_ref())
            .map_err(Doubt::Store),
        _ => Ok(()),
    };
    let judged = match counted {
        Ok(()) => judged.clone(),
        // An attempt that cannot be counted is no attempt at all.
        Err(error) => {
            daemon
                .audit
                .remark(&format!("an attempt cannot be counted: {error}"));
            let (verdict, reason) = (Verdict::Unavailable, Reason::StoreUnavailable);
            Judged {
                verdict,
                reason,
                template: None,
                ..judged.clone()
            }
        }
    };
    if let (Some(whereabouts), Ok(Some(uid)), Verdict::Match) =
        (&daemon.whereabouts, attempted.uid, judged.verdict)
    {
        whereabouts.opened(uid, attempted.service);
    }
    let too_often = judged.reason == Reason::RateLimited;
    // A program that loops is told of once in a pause: not at its pace, which is the processor's.
    if !too_often || daemon.pace.is_news(attempted.paced(peer)) {
        log(daemon, peer, attempted, &judged);
    }
    watch::announce(daemon, attempted, &judged);
    answer(&judged);
    // What an unprivileged peer is refused without a scan is logged at its pace, and not kept, and so is what comes too
    // often: it could push what matters out of the history.
    if (peer.is_root() && !too_often) || seen != Seen::Nothing {
        keep(daemon, peer, attempted, &judged);
    }
}

/// Counts one more mismatch; one that cannot be written stays owed.
pub fn count_mismatch(daemon: &Daemon, attempted: &Attempted<'_>, uid: u32) -> Result<(), Doubt> {
    let whose = (uid, attempted.class);
    daemon.uncounted().insert(whose);
    put_on_count(daemon, attempted, uid)?;
    daemon.uncounted().remove(&whose);
    Ok(())
}

fn put_on_count(daemon: &Daemon, attempted: &Attempted<'_>, uid: u32) -> Result<(), Doubt> {
    let limits = &daemon.config.lockout;
    let rules = LockoutRules {
        failures: limits.failures,
        first_wait_secs: limits.first_wait_seconds,
        max_wait_secs: limits.max_wait_seconds,
    };
    let now = daemon.clock.now()?;
    let mut store = daemon.store();
    let before = store.load_lockout(uid, attempted.class)?;
    let after = lockout::after_mismatch(before.as_ref(), &rules, &now);
    Ok(store.save_lockout(uid, attempted.class, Some(&after))?)
}

fn log(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>, judged: &Judged) {
    daemon.audit.decision(&Entry {
        action: attempted.action,
        user: attempted.user,
        uid: attempted.uid.ok().flatten(),
        service: attempted.service,
        tty: attempted.tty,
        ruser: attempted.ruser,
        peer_uid: peer.uid,
        verdict: Some((judged.verdict, judged.reason)),
        millis: judged.detail.total_ms,
    });
}

fn keep(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>, judged: &Judged) {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() as i64);
    let attempt = Attempt {
        unix,
        user: attempted.user.into(),
        uid: attempted.uid.ok().flatten(),
        service: attempted.service.into(),
        tty: (!attempted.tty.is_empty()).then(|| attempted.tty.into()),
        class: attempted.class,
        peer_uid: peer.uid,
        verdict: judged.verdict.name().into(),
        reason: judged.reason.name().into(),
        millis: judged.detail.total_ms,
        best_distance: judged.detail.distance,
        frames: judged.detail.frames,
    };
    // Bound first: in the condition of an `if` the store would stay locked while the log is written.
    let kept = daemon.store().record_attempt(&attempt);
    if let Err(error) = kept {
        daemon
            .audit
            .remark(&format!("an attempt could not be put on record: {error}"));
    }
}
