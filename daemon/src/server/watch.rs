//! `Watch`: telling people at once of more rights that a face granted in their name (R26).
//!
//! A watcher is a connection that stays. It gives back its place among those of logins, counts against a quota of its
//! own, and is told through a queue of its own: a login that announces something waits for nobody. A watcher whose
//! queue is full, or who does not read, is dropped.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use facelogin_protocol::types::{Elevation, Reason, Verdict, WatchOut};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::decision::Judged;
use crate::lockout::EntryClass;
use crate::server::attempt::Attempted;
use crate::server::connection::{Answer, Next, Peer};
use crate::server::failure::Failure;
use crate::server::{Daemon, users};

/// Watchers in all. Each costs a thread.
const TOTAL: usize = 16;

/// Watchers of one uid: a person may have several sessions.
const PER_UID: usize = 4;

/// Elevations that wait for one watcher.
const QUEUE: usize = 16;

/// Who is told.
#[derive(Debug, Default)]
pub struct Watchers {
    told: Mutex<Vec<Told>>,
    next_id: AtomicU64,
}

/// One watcher, as those who announce see it. Dropping it ends the watch.
#[derive(Debug)]
struct Told {
    id: u64,
    uid: u32,
    /// The account's name, for what is announced by name alone.
    name: Option<String>,
    queue: SyncSender<Elevation>,
    bell: UnixStream,
}

/// The watcher's own end.
#[derive(Debug)]
pub struct Watching {
    id: u64,
    queue: Receiver<Elevation>,
    bell: UnixStream,
}

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, Vec<Told>> {
        // A watcher is put in or taken out whole.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, if there is room.
    fn add(&self, uid: u32, name: Option<String>) -> std::io::Result<Option<Watching>> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        let (sender, receiver) = sync_channel(QUEUE);
        let mut told = self.lock();
        let own = told.iter().filter(|watcher| watcher.uid == uid).count();
        if told.len() >= TOTAL || own >= PER_UID {
            return Ok(None);
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        told.push(Told {
            id,
            uid,
            name,
            queue: sender,
            bell: near,
        });
        Ok(Some(Watching {
            id,
            queue: receiver,
            bell: far,
        }))
    }

    /// Tells whom it concerns: root, the account whose rights were granted by its face, and who asked for them.
    fn tell(&self, uid: Option<u32>, ruser: &str, elevation: &Elevation) {
        self.lock().retain_mut(|watcher| {
            let concerned = watcher.uid == 0
                || Some(watcher.uid) == uid
                || (!ruser.is_empty() && watcher.name.as_deref() == Some(ruser));
            if !concerned {
                return true;
            }
            let queued = watcher.queue.try_send(elevation.clone()).is_ok();
            // A bell that is full rings already.
            let _ = watcher.bell.write(&[1]);
            queued
        });
    }

    fn remove(&self, id: u64) {
        self.lock().retain(|watcher| watcher.id != id);
    }
}

/// Tells the watchers when a face has granted somebody more rights. By name for `PAM_RUSER`, which su sets to who wants
/// to become the user: the name service, which may be slow, is not asked here.
pub fn announce(daemon: &Daemon, attempted: &Attempted<'_>, judged: &Judged) {
    let granted = judged.verdict == Verdict::Match
        && attempted.action == "authenticate"
        && attempted.class == EntryClass::Elevation;
    if !granted {
        return;
    }
    let unix = SystemTime::now().duration_since(UNIX_EPOCH);
    let elevation = Elevation {
        time: unix.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX)),
        user: attempted.user.into(),
        service: attempted.service.into(),
        tty: (!attempted.tty.is_empty()).then(|| attempted.tty.into()),
    };
    let uid = attempted.uid.ok().flatten();
    daemon.watchers.tell(uid, attempted.ruser, &elevation);
}

/// Begins a watch: the first, empty reply says that from now on nothing is missed.
pub fn begin(daemon: &Daemon, peer: &Peer, more: bool) -> Answer {
    if !more {
        return Err(Failure::Invalid(
            "Watch answers again and again; call it with \"more\"".into(),
        ));
    }
    let watching = daemon.watchers.add(peer.uid, users::name_of(peer.uid));
    match watching {
        Ok(Some(watching)) => {
            let begun = WatchOut { elevation: None };
            if peer.progress(&begun).is_err() {
                daemon.watchers.remove(watching.id);
                return Ok(Next::Close);
            }
            Ok(Next::Watch(watching))
        }
        Ok(None) => Err(Failure::Unavailable(
            Reason::RateLimited,
            "too many programs watch already".into(),
        )),
        Err(error) => Err(Failure::Unavailable(Reason::Busy, error.to_string())),
    }
}

/// Passes on what is announced until the peer closes, says anything, or does not read; then the place is free again.
pub fn pass_on(daemon: &Daemon, peer: &Peer, watching: Watching) {
    let id = watching.id;
    forward(peer, watching);
    daemon.watchers.remove(id);
}

fn forward(peer: &Peer, mut watching: Watching) {
    loop {
        let mut fds = [
            PollFd::new(peer.fd(), PollFlags::POLLIN),
            PollFd::new(watching.bell.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            Err(_) => return,
            Ok(_) => {}
        }
        let [peer_moved, rung] = fds.map(|fd| fd.any().unwrap_or(true));
        if rung {
            // What it says is that there is something, and one read may tell of several.
            let _ = watching.bell.read(&mut [0; 2 * QUEUE]);
            loop {
                match watching.queue.try_recv() {
                    Ok(elevation) => {
                        let told = WatchOut {
                            elevation: Some(elevation),
                        };
                        if peer.progress(&told).is_err() {
                            return;
                        }
                    }
                    Err(TryRecvError::Empty) => break,
                    // Dropped: the queue was full.
                    Err(TryRecvError::Disconnected) => return,
                }
            }
        }
        // After the call nothing is expected of a watcher but its end.
        if peer_moved {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elevation(time: i64) -> Elevation {
        Elevation {
            time,
            user: "alice".into(),
            service: "sudo".into(),
            tty: None,
        }
    }

    fn watcher(watchers: &Watchers, uid: u32, name: &str) -> Option<Watching> {
        watchers.add(uid, Some(name.into())).unwrap()
    }

    fn heard(watching: &Watching) -> Vec<i64> {
        watching
            .queue
            .try_iter()
            .map(|elevation| elevation.time)
            .collect()
    }

    #[test]
    fn r26_told_are_root_the_account_and_who_asked_and_nobody_else() {
        let watchers = Watchers::default();
        let [root, alice, bob] = [(0, "root"), (1000, "alice"), (1001, "bob")]
            .map(|(uid, name)| watcher(&watchers, uid, name).unwrap());
        let nameless = watchers.add(1002, None).unwrap().unwrap();
        watchers.tell(Some(1000), "alice", &elevation(1));
        watchers.tell(Some(0), "bob", &elevation(2));
        watchers.tell(Some(1001), "", &elevation(3));
        watchers.tell(None, "", &elevation(4));
        assert_eq!(heard(&root), [1, 2, 3, 4]);
        assert_eq!(heard(&alice), [1]);
        assert_eq!(heard(&bob), [2, 3]);
        assert!(heard(&nameless).is_empty());
    }

    #[test]
    fn r22_there_are_only_so_many_of_a_user_and_in_all_and_places_come_back() {
        let watchers = Watchers::default();
        let mut held: Vec<_> = (0..PER_UID)
            .map(|_| watcher(&watchers, 1000, "alice").unwrap())
            .collect();
        assert!(watcher(&watchers, 1000, "alice").is_none());
        for uid in 1001.. {
            match watcher(&watchers, uid, "x") {
                Some(watching) => held.push(watching),
                None => break,
            }
        }
        assert_eq!(held.len(), TOTAL);
        watchers.remove(held[0].id);
        assert!(watcher(&watchers, 1000, "alice").is_some());
    }

    #[test]
    fn r22_a_watcher_that_hears_nothing_is_dropped_and_holds_nobody_up() {
        let watchers = Watchers::default();
        let mut deaf = watcher(&watchers, 1000, "alice").unwrap();
        for time in 0..1000 {
            watchers.tell(Some(1000), "", &elevation(time));
        }
        assert!(watchers.lock().is_empty());
        assert_eq!(heard(&deaf).len(), QUEUE);
        assert_eq!(deaf.queue.try_recv(), Err(TryRecvError::Disconnected));
        // And it is woken to learn of it.
        let mut rung = Vec::new();
        deaf.bell.set_nonblocking(false).unwrap();
        assert!(deaf.bell.read_to_end(&mut rung).unwrap() > QUEUE);
    }
}
