//! `ReportPassword`, and what the configuration wants of a password before the face is asked.

use std::time::Instant;

use facelogin_protocol::types::{Done, Reason, ReportPasswordIn};

use crate::audit::Entry;
use crate::password;
use crate::server::attempt::Attempted;
use crate::server::authenticate::MAX_TEXT;
use crate::server::connection::{Answer, Peer, done, root_only};
use crate::server::failure::Failure;
use crate::server::{Daemon, users};

/// Takes root's word that a user's password was typed and accepted: their mismatches are forgotten in every class
/// (R21), and the time is noted. Needs no camera; saying it twice is saying it once.
pub fn report(daemon: &Daemon, peer: &Peer, input: ReportPasswordIn) -> Answer {
    root_only(peer, "only root may report a password")?;
    let since = Instant::now();
    if input.user.len().max(input.service.len()) > MAX_TEXT {
        return Err(Failure::Invalid(format!(
            "a name is longer than {MAX_TEXT} bytes"
        )));
    }
    // R5: what the caller believes and what is so must agree.
    if users::require(&input.user)? != input.uid {
        return Err(Failure::UnknownUser(input.user));
    }
    let now = daemon
        .clock
        .now()
        .map_err(|error| Failure::Unavailable(Reason::StoreUnavailable, error.to_string()))?;
    daemon.store().password_typed(&input.user, input.uid, &now)?;
    if let Some(whereabouts) = &daemon.whereabouts {
        whereabouts.opened(input.uid, &input.service);
    }
    daemon.audit.decision(&Entry {
        action: "password",
        user: &input.user,
        uid: Some(input.uid),
        service: &input.service,
        tty: "",
        ruser: "",
        peer_uid: peer.uid,
        verdict: None,
        millis: u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX),
    });
    done(peer, &Done {})
}

/// Whether the attempt must wait for the password. What cannot be told counts as a password that was not typed.
pub fn hindrance(daemon: &Daemon, attempted: &Attempted<'_>) -> Option<Reason> {
    // Root's own try of somebody's face lets nobody in.
    if !attempted.counts {
        return None;
    }
    let uid = attempted.uid.ok().flatten()?;
    (due(daemon, attempted.user, uid)?).then_some(Reason::PasswordFirst)
}

/// Whether a user's face waits for the password; `None` where the configuration has it wait for none. Locks the store.
pub fn due(daemon: &Daemon, user: &str, uid: u32) -> Option<bool> {
    let rules = &daemon.config.password_first;
    if !rules.after_boot && rules.after_hours.is_none() {
        return None;
    }
    let typed = daemon.store().last_password(user, uid);
    Some(match (typed, daemon.clock.now()) {
        (Ok(typed), Ok(now)) => password::is_due(rules, typed.as_ref(), &now),
        (Err(error), _) => doubtful(daemon, &error),
        (_, Err(error)) => doubtful(daemon, &error),
    })
}

fn doubtful(daemon: &Daemon, error: &dyn std::error::Error) -> bool {
    daemon
        .audit
        .remark(&format!("when the password was last typed is not known: {error}"));
    true
}
