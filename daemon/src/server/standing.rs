//! How a user stands: what the policy is told of the store, the lockout and the pace.

use std::time::Instant;

use facelogin_protocol::types::{CameraKind, Reason, Verdict};

use crate::lockout::{self, ClockError};
use crate::policy::Standing;
use crate::server::Daemon;
use crate::server::attempt::Attempted;
use crate::server::conclude::count_mismatch;
use crate::server::connection::Peer;
use crate::server::manage::kind_of;
use crate::store::StoreError;

/// Why there is no scan.
pub type Refusal = (Verdict, Reason);

/// Why an attempt cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum Doubt {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("the name service does not answer ({0})")]
    Names(nix::errno::Errno),
}

/// Says so in the log.
pub fn cannot_judge(daemon: &Daemon, error: &dyn std::error::Error) -> Refusal {
    daemon
        .audit
        .remark(&format!("an attempt cannot be judged: {error}"));
    (Verdict::Unavailable, Reason::StoreUnavailable)
}

/// How the user stands.
pub fn standing(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>) -> Result<Standing, Refusal> {
    look_up(daemon, peer, attempted).map_err(|error| cannot_judge(daemon, &error))
}

fn look_up(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>) -> Result<Standing, Doubt> {
    let none = Standing {
        locked_seconds: 0,
        usable_templates: 0,
        templates: 0,
        too_often: false,
        hindrance: None,
    };
    // The policy refuses before it looks any further.
    let Some(uid) = attempted.uid.map_err(Doubt::Names)? else {
        return Ok(none);
    };
    // A mismatch that is not on record yet goes there first, or there is no further try.
    let owed = attempted.counts && daemon.uncounted().contains(&(uid, attempted.class));
    if owed {
        count_mismatch(daemon, attempted, uid)?;
    }
    let now = daemon.clock.now()?;
    let store = daemon.store();
    let mut own = store.list(Some(attempted.user))?;
    own.retain(|info| info.uid == uid);
    let record = if attempted.counts {
        store.load_lockout(uid, attempted.class)?
    } else {
        None
    };
    drop(store);
    let engine = daemon.vision.known().engine;
    let usable = own.iter().filter(|info| match &engine {
        // Not known yet: whether they are usable is seen when the models are loaded.
        None => true,
        Some((engine, model)) => info.is_of(engine, model),
    });
    Ok(Standing {
        locked_seconds: record.map_or(0, |record| lockout::remaining(&record, &now)),
        usable_templates: most_of_a_kind(usable.map(|info| kind_of(&info.camera))),
        templates: count(own.len()),
        too_often: daemon.pace.must_wait(attempted.paced(peer), Instant::now()),
        hindrance: None,
    })
}

/// Each kind once.
pub fn kinds(all: impl Iterator<Item = CameraKind>) -> Vec<CameraKind> {
    let mut kinds = Vec::new();
    for kind in all {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// How many templates a face can be compared with at most: one camera sees one kind.
pub fn most_of_a_kind(all: impl Iterator<Item = CameraKind>) -> u32 {
    let all: Vec<CameraKind> = all.collect();
    let of = |kind: &CameraKind| all.iter().filter(|other| *other == kind).count();
    count(all.iter().map(of).max().unwrap_or(0))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CameraKind::{Colour, Infrared};

    #[test]
    fn templates_are_counted_by_the_kind_that_has_most() {
        for (all, most, each) in [
            (&[][..], 0, &[][..]),
            (&[Colour], 1, &[Colour]),
            (&[Colour, Infrared], 1, &[Colour, Infrared]),
            (&[Infrared, Colour, Infrared], 2, &[Infrared, Colour]),
        ] {
            assert_eq!(most_of_a_kind(all.iter().copied()), most);
            assert_eq!(kinds(all.iter().copied()), each);
        }
    }
}
