//! How many connections there may be, in all and per uid, with room kept for root (R15).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections in all. Each costs a thread.
pub const TOTAL: usize = 64;

/// Of those, kept for root: GDM, login and sudo must get through whatever users do.
pub const FOR_ROOT: usize = 16;

/// Connections of one user.
pub const PER_UID: usize = 8;

/// Counts the connections.
#[derive(Debug, Default)]
pub struct Quota {
    counts: Arc<Mutex<HashMap<u32, usize>>>,
}

/// A connection's place, given back when dropped.
#[derive(Debug)]
pub struct Place {
    uid: u32,
    counts: Arc<Mutex<HashMap<u32, usize>>>,
}

fn lock(counts: &Mutex<HashMap<u32, usize>>) -> MutexGuard<'_, HashMap<u32, usize>> {
    // A count is changed in one step: no panic leaves it half-changed.
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Quota {
    /// A place for one more connection of `uid`, if there is one.
    pub fn take(&self, uid: u32) -> Option<Place> {
        let mut counts = lock(&self.counts);
        let total: usize = counts.values().sum();
        let own = counts.get(&uid).copied().unwrap_or(0);
        let others_full = total - counts.get(&0).copied().unwrap_or(0) >= TOTAL - FOR_ROOT;
        if total >= TOTAL || (uid != 0 && (own >= PER_UID || others_full)) {
            return None;
        }
        *counts.entry(uid).or_default() += 1;
        Some(Place {
            uid,
            counts: self.counts.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(count) = counts.get_mut(&self.uid) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_no_user_nor_all_of_them_can_take_roots_places() {
        let quota = Quota::default();
        let mut held: Vec<Place> = (0..PER_UID).map(|_| quota.take(1000).unwrap()).collect();
        assert!(quota.take(1000).is_none());
        for uid in 1001.. {
            match quota.take(uid) {
                Some(place) => held.push(place),
                None => break,
            }
        }
        assert_eq!(held.len(), TOTAL - FOR_ROOT);
        let roots: Vec<Place> = std::iter::from_fn(|| quota.take(0)).collect();
        assert_eq!(roots.len(), FOR_ROOT);
        drop(held);
        assert!(quota.take(1000).is_some());
    }
}
