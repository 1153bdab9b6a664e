//! The grace after locking: for some seconds the face does not open by itself what was just locked, for whoever locked
//! it is still in front of the camera.
//!
//! Time is `CLOCK_BOOTTIME`: it runs during suspend, and nobody can set it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::presence::Session;

/// A lock screen that asks again within this is still the one that asked before. Lock screens that ask by themselves
/// do so every few seconds, or are held to the 30 s that an empty room costs.
const SAME_LOCKING: Duration = Duration::from_secs(300);

/// The time since the machine started.
pub fn now() -> Option<Duration> {
    clock_gettime(ClockId::CLOCK_BOOTTIME).ok().map(Duration::from)
}

/// When sessions became locked, by their object paths.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<String, Option<Duration>>>);

impl Locks {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Option<Duration>>> {
        // Each change is a single one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It became locked at `now`.
    pub fn locked(&self, session: &str, now: Duration) {
        self.lock().insert(session.into(), Some(now));
    }

    /// It is found locked: since `since`, if nothing else is known; `None`: since long ago.
    pub fn found(&self, session: &str, since: Option<Duration>) {
        self.lock().entry(session.into()).or_insert(since);
    }

    /// It is open, or gone.
    pub fn open(&self, session: &str) {
        self.lock().remove(session);
    }

    /// When it became locked, if that is known of it; `Some(None)`: long ago.
    pub fn since(&self, session: &str) -> Option<Option<Duration>> {
        self.lock().get(session).copied()
    }

    /// For how long it has been locked. One that nothing was heard of has just become so: logind tells it to those who
    /// ask a moment before it tells it to those who listen.
    fn age(&self, session: &str, now: Duration) -> Duration {
        let mut all = self.lock();
        let since = *all.entry(session.into()).or_insert(Some(now));
        since.map_or(Duration::MAX, |since| now.saturating_sub(since))
    }
}

/// The attempts of a lock screen that tells nobody when it locks.
#[derive(Clone, Copy, Debug)]
struct Asking {
    first: Duration,
    last: Duration,
}

/// The rule.
#[derive(Debug)]
pub struct Grace {
    length: Duration,
    locks: Arc<Locks>,
    asking: Mutex<HashMap<(u32, String), Asking>>,
}

impl Grace {
    /// A grace of `length`, none at zero; `locks` is kept up to date by whoever listens to logind.
    pub fn new(length: Duration, locks: Arc<Locks>) -> Self {
        Self {
            length,
            locks,
            asking: Mutex::default(),
        }
    }

    fn asking(&self) -> MutexGuard<'_, HashMap<(u32, String), Asking>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an attempt of `uid`'s by `service` at `now`, which nobody asked for at a prompt, comes too soon.
    /// `sessions` are those by which they are present.
    pub fn holds<'a>(
        &self,
        uid: u32,
        service: &str,
        sessions: impl Iterator<Item = &'a Session>,
        now: Duration,
    ) -> bool {
        if self.length.is_zero() {
            return false;
        }
        let ages = sessions
            .filter(|session| session.locked)
            .map(|session| self.locks.age(&session.path, now));
        match ages.min() {
            Some(age) => age < self.length,
            None => self.first_asked(uid, service, now) < self.length,
        }
    }

    /// How long ago this lock screen asked first. Its first attempt is the best sign there is of when it locked.
    fn first_asked(&self, uid: u32, service: &str, now: Duration) -> Duration {
        let over = |asking: &Asking| now.saturating_sub(asking.last) > SAME_LOCKING.max(self.length);
        let mut all = self.asking();
        all.retain(|_, asking| !over(asking));
        let fresh = Asking {
            first: now,
            last: now,
        };
        let asking = all.entry((uid, service.into())).or_insert(fresh);
        asking.last = now;
        now.saturating_sub(asking.first)
    }

    /// What this service locked is open: its next attempt is that of another locking.
    pub fn opened(&self, uid: u32, service: &str) {
        self.asking().remove(&(uid, service.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::desk;

    const ALICE: u32 = 1000;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(100_000 + seconds)
    }

    fn session(path: &str, locked: bool) -> Session {
        Session {
            path: path.into(),
            locked,
            ..desk(ALICE)
        }
    }

    fn grace(seconds: u64) -> Grace {
        Grace::new(Duration::from_secs(seconds), Arc::default())
    }

    #[test]
    fn a_session_that_was_just_locked_stays_so_for_the_grace_and_no_longer() {
        let grace = grace(10);
        let [one, open] = [session("/1", true), session("/2", false)];
        let holds = |time| grace.holds(ALICE, "gdm-password", [&one, &open].into_iter(), time);
        grace.locks.locked("/1", at(0));
        assert!(holds(at(0)) && holds(at(9)));
        assert!(!holds(at(10)) && !holds(at(1000)));
        // Locked anew, it counts anew.
        grace.locks.open("/1");
        grace.locks.locked("/1", at(1000));
        assert!(holds(at(1001)) && !holds(at(1010)));
        // A time before it was locked there is not; it is no way round either.
        assert!(holds(at(999)));
    }

    #[test]
    fn of_several_sessions_the_one_locked_last_counts() {
        let grace = grace(10);
        let both = [session("/1", true), session("/2", true)];
        grace.locks.locked("/1", at(0));
        grace.locks.locked("/2", at(20));
        assert!(grace.holds(ALICE, "gdm-password", both.iter(), at(21)));
        assert!(!grace.holds(ALICE, "gdm-password", both[..1].iter(), at(21)));
    }

    #[test]
    fn what_was_locked_before_the_watch_began_is_not_held() {
        let grace = grace(600);
        let one = session("/1", true);
        grace.locks.found("/1", None);
        assert!(!grace.holds(ALICE, "gdm-password", [&one].into_iter(), at(0)));
        // Found again after an interruption: what was known stays.
        grace.locks.found("/1", Some(at(5)));
        assert!(!grace.holds(ALICE, "gdm-password", [&one].into_iter(), at(6)));
    }

    #[test]
    fn a_lock_that_was_not_heard_of_yet_counts_from_the_first_attempt() {
        let grace = grace(10);
        let one = session("/1", true);
        let holds = |time| grace.holds(ALICE, "gdm-password", [&one].into_iter(), time);
        assert!(holds(at(0)) && holds(at(9)) && !holds(at(10)));
    }

    #[test]
    fn a_lock_screen_that_does_not_tell_is_held_from_its_first_attempt() {
        let grace = grace(10);
        let one = session("/1", false);
        let holds = |uid, service, time| grace.holds(uid, service, [&one].into_iter(), time);
        assert!(holds(ALICE, "hyprlock", at(0)));
        assert!(holds(ALICE, "hyprlock", at(9)));
        assert!(!holds(ALICE, "hyprlock", at(10)));
        // Others are not helped by it.
        assert!(holds(ALICE, "kde-face", at(10)) && holds(1001, "hyprlock", at(10)));
        // Every attempt keeps it the same locking, for as long as it goes on.
        for time in (10..2000).step_by(300) {
            assert!(!holds(ALICE, "hyprlock", at(time)), "{time}");
        }
        // A pause, or a match, ends it.
        assert!(holds(ALICE, "hyprlock", at(2500)));
        assert!(!holds(ALICE, "hyprlock", at(2510)));
        grace.opened(ALICE, "hyprlock");
        assert!(holds(ALICE, "hyprlock", at(2511)));
    }

    #[test]
    fn a_grace_of_zero_holds_nobody() {
        let grace = grace(0);
        for locked in [true, false] {
            assert!(!grace.holds(ALICE, "hyprlock", [&session("/1", locked)].into_iter(), at(0)));
        }
    }

    #[test]
    fn the_clock_runs() {
        let first = now().unwrap();
        assert!(now().unwrap() >= first && !first.is_zero());
    }
}
