//! How often somebody may ask, and how often they may have the camera (R22).
//!
//! Calls of root are never held up, nor are its scans, but for two kinds: a greeter or a lock screen that scans without
//! anybody having asked for it may do so for ever, in an empty room; and sudo, su and the like run as root for any user,
//! whose programs could keep the camera with them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lockout::EntryClass;

/// Calls that one uid may make at once, and how fast they come back: far more than a lock screen or a person needs,
/// far less than it takes to keep the store busy or to fill a log.
const BURST: f64 = 16.0;
const PER_SECOND: f64 = 4.0;

/// Between two scans that share a pause. It doubles while nobody is in view, so that a lock screen that asks for ever
/// does not keep the camera on all night.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// How long after its pause an idle entry is remembered.
const MEMORY: Duration = Duration::from_secs(60);

/// Whose scans share a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paced {
    /// All of one ordinary user: a lock screen that runs as them, or anything else that does.
    Peer(u32),
    /// Those that a greeter or a lock screen of root begins by itself for one user.
    Door(u32, EntryClass),
    /// Those by which one user asks for more rights.
    Asker(u32),
}

impl Paced {
    /// Who `peer` is paced with when it asks about the account `user`; `None`: with nobody, as often as it likes.
    ///
    /// A person who presses Enter at a greeter or a lock screen is in front of the camera: what these scan with consent is
    /// never held up. `asker` is who asks for more rights.
    pub fn of(
        peer: u32,
        user: Option<u32>,
        asker: Option<u32>,
        class: EntryClass,
        consent: bool,
    ) -> Option<Self> {
        match (peer, class) {
            (0, EntryClass::Elevation) => asker.filter(|uid| *uid != 0).map(Self::Asker),
            (0, EntryClass::Greeter | EntryClass::Locker) if !consent => {
                user.map(|user| Self::Door(user, class))
            }
            (0, _) => None,
            (peer, _) => Some(Self::Peer(peer)),
        }
    }
}

#[derive(Debug)]
struct Calls {
    left: f64,
    counted: Instant,
}

#[derive(Debug)]
struct Scans {
    pause: Duration,
    next: Instant,
    told: bool,
}

#[derive(Debug, Default)]
struct State {
    calls: HashMap<u32, Calls>,
    scans: HashMap<Paced, Scans>,
}

/// Everybody seen lately.
#[derive(Debug, Default)]
pub struct Pace(Mutex<State>);

impl Pace {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each entry is changed field by field, and every mixture is a sane entry.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call at `now`; false when it is one too many.
    pub fn may_call(&self, uid: u32, now: Instant) -> bool {
        if uid == 0 {
            return true;
        }
        let calls = &mut self.lock().calls;
        // By then it is full again, and need not be kept.
        calls.retain(|_, calls| now < calls.counted + MEMORY);
        let calls = calls.entry(uid).or_insert(Calls {
            left: BURST,
            counted: now,
        });
        let back = now.saturating_duration_since(calls.counted).as_secs_f64() * PER_SECOND;
        calls.left = (calls.left + back).min(BURST);
        calls.counted = now;
        let may = calls.left >= 1.0;
        if may {
            calls.left -= 1.0;
        }
        may
    }

    /// Whether the next scan must still wait.
    pub fn must_wait(&self, paced: Option<Paced>, now: Instant) -> bool {
        paced.is_some_and(|paced| {
            self.lock()
                .scans
                .get(&paced)
                .is_some_and(|scans| now < scans.next)
        })
    }

    /// Whether a refusal of [`Pace::must_wait`] is worth a line in the log: at root's doors, the first in a pause.
    /// Ordinary users are held to their calls already.
    pub fn is_news(&self, paced: Option<Paced>) -> bool {
        match paced {
            Some(door @ (Paced::Door(..) | Paced::Asker(_))) => match self.lock().scans.get_mut(&door) {
                Some(scans) => !std::mem::replace(&mut scans.told, true),
                None => true,
            },
            _ => true,
        }
    }

    /// Notes that a scan ended at `now`: whether somebody was in view, `None` if it was not looked at to its end (the
    /// user typed the password, root needed the camera, the camera failed), which says nothing about the room.
    pub fn scanned(&self, paced: Option<Paced>, now: Instant, somebody_seen: Option<bool>) {
        let Some(paced) = paced else { return };
        let all = &mut self.lock().scans;
        all.retain(|_, scans| now < scans.next + MEMORY);
        let pause = all.get(&paced).map_or(SHORTEST, |scans| scans.pause);
        let (wait, pause) = match (paced, somebody_seen) {
            (_, Some(false)) => (pause, (pause * 2).min(LONGEST)),
            // Root's programs: who is seen and does not match is the lockout's business.
            (Paced::Door(..), Some(true)) => (Duration::ZERO, SHORTEST),
            (Paced::Door(..), None) => (Duration::ZERO, pause),
            (Paced::Peer(_), Some(true)) => (SHORTEST, SHORTEST),
            // Leaving midway costs no more than that, and no less.
            (Paced::Asker(_), Some(true)) => (Duration::ZERO, SHORTEST),
            (Paced::Peer(_) | Paced::Asker(_), None) => (SHORTEST, pause),
        };
        let next = now + wait;
        let told = false;
        all.insert(paced, Scans { pause, next, told });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntryClass::{Elevation, Greeter, Locker, Tty, Unprivileged};

    /// Whole seconds until the next scan.
    fn wait(pace: &Pace, paced: Paced, now: Instant) -> u64 {
        (0..)
            .find(|secs| !pace.must_wait(Some(paced), now + Duration::from_secs(*secs)))
            .unwrap()
    }

    /// The pauses of so many scans one right after the other.
    fn pauses(pace: &Pace, paced: Paced, now: &mut Instant, seen: &[Option<bool>]) -> Vec<u64> {
        seen.iter()
            .map(|seen| {
                assert!(!pace.must_wait(Some(paced), *now));
                pace.scanned(Some(paced), *now, *seen);
                let pause = wait(pace, paced, *now);
                *now += Duration::from_secs(pause);
                pause
            })
            .collect()
    }

    #[test]
    fn r22_a_peer_that_loops_runs_dry_and_recovers_and_root_never_does() {
        let pace = Pace::default();
        let start = Instant::now();
        let calls = (0..100).filter(|_| pace.may_call(1000, start)).count();
        assert_eq!(calls, BURST as usize);
        assert!(pace.may_call(1001, start));
        assert!((0..100).all(|_| pace.may_call(0, start)));
        let later = start + Duration::from_secs(1);
        assert_eq!(
            (0..100).filter(|_| pace.may_call(1000, later)).count(),
            PER_SECOND as usize
        );
    }

    #[test]
    fn r22_who_shares_a_pause() {
        for consent in [false, true] {
            for class in EntryClass::ALL {
                assert_eq!(
                    Paced::of(1000, Some(1000), Some(1000), class, consent),
                    Some(Paced::Peer(1000))
                );
            }
            for class in [Tty, Unprivileged] {
                assert_eq!(
                    Paced::of(0, Some(1000), Some(1000), class, consent),
                    None,
                    "{class:?}"
                );
            }
            // More rights: by who asks, whoever's they are; root needs none.
            let asked = |asker| Paced::of(0, Some(0), asker, Elevation, consent);
            assert_eq!(asked(Some(1000)), Some(Paced::Asker(1000)));
            assert_eq!((asked(Some(0)), asked(None)), (None, None));
        }
        for class in [Greeter, Locker] {
            assert_eq!(
                Paced::of(0, Some(1000), Some(1000), class, false),
                Some(Paced::Door(1000, class))
            );
            assert_eq!(
                Paced::of(0, Some(1000), Some(1000), class, true),
                None,
                "a person pressed Enter"
            );
            assert_eq!(Paced::of(0, None, None, class, false), None);
        }
    }

    #[test]
    fn r22_the_pause_grows_while_nobody_is_there_and_shrinks_when_somebody_is() {
        let empty = [Some(false); 7];
        for paced in [Paced::Peer(1000), Paced::Door(1000, Locker), Paced::Asker(1000)] {
            let (pace, mut now) = (Pace::default(), Instant::now());
            assert_eq!(
                pauses(&pace, paced, &mut now, &empty),
                [1, 2, 4, 8, 16, 30, 30],
                "{paced:?}"
            );
            // The same user elsewhere, and others, do not wait.
            for other in [
                Paced::Peer(1001),
                Paced::Door(1001, Locker),
                Paced::Door(1000, Greeter),
                Paced::Asker(1001),
            ] {
                pace.scanned(Some(paced), now, Some(false));
                assert!(!pace.must_wait(Some(other), now));
            }
            now += LONGEST;
            // Left midway: it says nothing about the room.
            let left = u64::from(!matches!(paced, Paced::Door(..)));
            let met = u64::from(matches!(paced, Paced::Peer(_)));
            let seen = [None, Some(false), Some(true), Some(false)];
            assert_eq!(
                pauses(&pace, paced, &mut now, &seen),
                [left, 30, met, 1],
                "{paced:?}"
            );
            // After a minute without a scan it starts afresh.
            pauses(&pace, paced, &mut now, &empty);
            now += MEMORY;
            assert_eq!(pauses(&pace, paced, &mut now, &[Some(false)]), [1], "{paced:?}");
        }
        let pace = Pace::default();
        pace.scanned(None, Instant::now(), Some(false));
        assert!(!pace.must_wait(None, Instant::now()));
    }

    #[test]
    fn a_door_that_loops_is_told_of_once_in_a_pause() {
        let (pace, now) = (Pace::default(), Instant::now());
        let door = Some(Paced::Door(1000, Greeter));
        for _ in 0..2 {
            pace.scanned(door, now, Some(false));
            assert!(pace.is_news(door));
            assert!((0..9).all(|_| !pace.is_news(door)));
        }
        let peer = Some(Paced::Peer(1000));
        pace.scanned(peer, now, Some(false));
        assert!(pace.is_news(peer) && pace.is_news(peer) && pace.is_news(None));
    }
}
