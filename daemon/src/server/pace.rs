//! How often an unprivileged peer may ask, and how often it may have the camera (R22). Root is never held up here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Calls that one uid may make at once, and how fast they come back: far more than a lock screen or a person needs,
/// far less than it takes to keep the store busy or to fill a log.
const BURST: f64 = 16.0;
const PER_SECOND: f64 = 4.0;

/// Between two scans of one uid. It doubles while nobody is in view, so that a lock screen that asks for ever does not
/// keep the camera on all night.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Account {
    calls: f64,
    counted: Instant,
    pause: Duration,
    next_scan: Instant,
}

/// The accounts of all uids seen lately.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<u32, Account>>);

impl Pace {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Account>> {
        // Each account is changed field by field, and every mixture is a sane account.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call at `now`; false when it is one too many.
    pub fn may_call(&self, uid: u32, now: Instant) -> bool {
        if uid == 0 {
            return true;
        }
        let mut accounts = self.lock();
        // An account that would be full again, with no pause to remember, need not be kept.
        accounts.retain(|_, account| now < account.next_scan.max(account.counted) + 2 * LONGEST);
        let account = accounts.entry(uid).or_insert(Account {
            calls: BURST,
            counted: now,
            pause: SHORTEST,
            next_scan: now,
        });
        let back = now.saturating_duration_since(account.counted).as_secs_f64() * PER_SECOND;
        account.calls = (account.calls + back).min(BURST);
        account.counted = now;
        let may = account.calls >= 1.0;
        if may {
            account.calls -= 1.0;
        }
        may
    }

    /// Whether `uid` must still wait for its next scan.
    pub fn must_wait(&self, uid: u32, now: Instant) -> bool {
        uid != 0
            && self
                .lock()
                .get(&uid)
                .is_some_and(|account| now < account.next_scan)
    }

    /// Notes that a scan for `uid` ended at `now`: whether somebody was in view, `None` if it was not looked at to its
    /// end (the user typed the password, root needed the camera, the camera failed), which says nothing about the room.
    pub fn scanned(&self, uid: u32, now: Instant, somebody_seen: Option<bool>) {
        if let Some(account) = self.lock().get_mut(&uid) {
            let pause = account.pause;
            (account.next_scan, account.pause) = match somebody_seen {
                Some(false) => (now + pause, (pause * 2).min(LONGEST)),
                Some(true) => (now + SHORTEST, SHORTEST),
                None => (now + SHORTEST, pause),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn r22_the_pause_grows_while_nobody_is_there_and_shrinks_when_somebody_is() {
        let pace = Pace::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..7 {
            assert!(pace.may_call(1000, now) && !pace.must_wait(1000, now));
            pace.scanned(1000, now, Some(false));
            let mut pause = 0;
            while pace.must_wait(1000, now + Duration::from_secs(pause)) {
                pause += 1;
            }
            pauses.push(pause);
            now += Duration::from_secs(pause);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        pace.scanned(1000, now, None);
        assert!(!pace.must_wait(1000, now + SHORTEST));
        pace.scanned(1000, now, Some(true));
        assert!(pace.must_wait(1000, now) && !pace.must_wait(1000, now + SHORTEST));
        pace.scanned(0, now, Some(false));
        assert!(!pace.must_wait(0, now));
    }
}
