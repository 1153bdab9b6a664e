//! Who has the line to the vision process: nobody, one session, or, while the process is replaced, none can.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use facelogin_protocol::Deadline;

use crate::vision::link::{Link, VisionError};

/// What is known of the process without asking it.
#[derive(Clone, Debug)]
pub struct Known {
    /// `ready`, `busy`, or what it is waiting for.
    pub state: String,
    /// The engine's name and model hash, once a process has told.
    pub engine: Option<(String, String)>,
    /// Whether that process looks for signs of life in colour.
    pub liveness: bool,
}

#[derive(Debug)]
enum State {
    Absent(String),
    Ready(Link),
    Lent,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Counts the processes. A session that outlives its process must not touch the next one's line.
    generation: u64,
    engine: Option<(String, String)>,
    liveness: bool,
    /// The present process has done a session's work.
    served: bool,
}

/// The one line, and the queue for it.
#[derive(Debug)]
pub struct Desk {
    inner: Mutex<Inner>,
    changed: Condvar,
    roots_waiting: AtomicUsize,
}

impl Default for Desk {
    fn default() -> Self {
        let state = State::Absent("it is starting".into());
        Self {
            inner: Mutex::new(Inner {
                state,
                generation: 0,
                engine: None,
                liveness: false,
                served: false,
            }),
            changed: Condvar::new(),
            roots_waiting: AtomicUsize::new(0),
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half-changed by a panic under this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process is at work.
    pub fn arrived(&self, link: Link) {
        let mut inner = self.lock();
        inner.engine = Some((link.engine().into(), link.model().into()));
        inner.liveness = link.liveness();
        inner.generation += 1;
        inner.served = false;
        inner.state = State::Ready(link);
        self.changed.notify_all();
    }

    /// There is no process; why. Returns whether the last one had been of use.
    pub fn gone(&self, why: String) -> bool {
        let mut inner = self.lock();
        // A session that still has the old line finds another generation when it brings it back.
        inner.generation += 1;
        inner.state = State::Absent(why);
        self.changed.notify_all();
        std::mem::take(&mut inner.served)
    }

    /// The line, for this caller alone: waits until `ready_by` for a process that is starting, and until `free_by` for
    /// another session to end. `None`: somebody else still had it then. While root waits, nobody else gets it (R22).
    pub fn borrow(
        &self,
        root: bool,
        ready_by: Deadline,
        free_by: Deadline,
    ) -> Result<Option<Borrowed<'_>>, VisionError> {
        let _waiting = root.then(|| Waiting::new(self));
        let mut inner = self.lock();
        loop {
            let my_turn = root || !self.root_waits();
            let by = match std::mem::replace(&mut inner.state, State::Lent) {
                State::Ready(link) if my_turn => {
                    return Ok(Some(Borrowed {
                        link: Some(link),
                        generation: inner.generation,
                        desk: self,
                    }));
                }
                State::Absent(why) if ready_by.passed() => {
                    inner.state = State::Absent(why.clone());
                    return Err(VisionError::NotReady(why));
                }
                state @ State::Absent(_) => {
                    inner.state = state;
                    ready_by
                }
                state if free_by.passed() => {
                    inner.state = state;
                    return Ok(None);
                }
                state => {
                    inner.state = state;
                    free_by
                }
            };
            let waited = self.changed.wait_timeout(inner, by.remaining());
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether a request of root's is waiting: what an unprivileged session gives way to.
    pub fn root_waits(&self) -> bool {
        self.roots_waiting.load(Ordering::SeqCst) > 0
    }

    /// What is known without asking.
    pub fn known(&self) -> Known {
        let inner = self.lock();
        let state = match &inner.state {
            State::Ready(_) => "ready".into(),
            State::Lent => "busy".into(),
            State::Absent(why) => why.clone(),
        };
        Known {
            state,
            engine: inner.engine.clone(),
            liveness: inner.liveness,
        }
    }
}

/// One of root's requests in the queue.
struct Waiting<'a>(&'a Desk);

impl<'a> Waiting<'a> {
    fn new(desk: &'a Desk) -> Self {
        desk.roots_waiting.fetch_add(1, Ordering::SeqCst);
        Self(desk)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Under the lock, so that nobody who stands back for it can be on the way to sleep and miss the call. A guard of
        // this thread's is gone by now: it is declared after this.
        let _inner = self.0.lock();
        self.0.roots_waiting.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_all();
    }
}

/// The line, until it is dropped.
#[derive(Debug)]
pub struct Borrowed<'a> {
    link: Option<Link>,
    generation: u64,
    desk: &'a Desk,
}

impl std::ops::Deref for Borrowed<'_> {
    type Target = Link;
    fn deref(&self) -> &Link {
        // Only `drop` takes it out.
        #[allow(clippy::unwrap_used)]
        self.link.as_ref().unwrap()
    }
}

impl std::ops::DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut Link {
        // Only `drop` takes it out.
        #[allow(clippy::unwrap_used)]
        self.link.as_mut().unwrap()
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let Some(link) = self.link.take() else { return };
        let mut inner = self.desk.lock();
        // Otherwise the keeper has found the line dead meanwhile, and what stands there is not ours.
        if inner.generation == self.generation {
            inner.served |= link.healthy();
            inner.state = if link.healthy() {
                State::Ready(link)
            } else {
                State::Absent("it is being replaced".into())
            };
            self.desk.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{link, soon};
    use std::sync::Arc;
    use std::time::Duration;

    fn now() -> Deadline {
        Deadline::after(Duration::ZERO)
    }

    #[test]
    fn one_session_at_a_time_has_the_line() {
        let desk = Desk::default();
        assert!(matches!(
            desk.borrow(true, now(), soon()),
            Err(VisionError::NotReady(_))
        ));
        let (link, _far) = link();
        desk.arrived(link);
        let first = desk.borrow(false, now(), now()).unwrap().unwrap();
        assert!(desk.borrow(true, now(), now()).unwrap().is_none());
        assert_eq!(desk.known().state, "busy");
        drop(first);
        assert!(desk.borrow(true, now(), now()).unwrap().is_some());
        assert_eq!(desk.known().state, "ready");
    }

    #[test]
    fn r25_a_session_that_outlives_its_process_does_not_touch_the_next_ones_line() {
        for notices in [false, true] {
            let desk = Desk::default();
            let (old, _far) = link();
            desk.arrived(old);
            let mut lingering = desk.borrow(false, now(), now()).unwrap().unwrap();
            desk.gone("it died".into());
            let (new, _far) = link();
            desk.arrived(new);
            let current = desk.borrow(false, now(), now()).unwrap().unwrap();
            if notices {
                lingering.shut();
            }
            drop(lingering);
            assert_eq!(desk.known().state, "busy");
            drop(current);
            assert_eq!(desk.known().state, "ready");
            assert!(desk.borrow(false, now(), now()).unwrap().unwrap().healthy());
        }
    }

    #[test]
    fn a_shut_line_is_not_lent_again() {
        let desk = Desk::default();
        let (link, _far) = link();
        desk.arrived(link);
        desk.borrow(false, now(), now()).unwrap().unwrap().shut();
        assert!(matches!(
            desk.borrow(false, now(), now()),
            Err(VisionError::NotReady(_))
        ));
        assert!(!desk.gone("it was shut".into()));
    }

    #[test]
    fn r22_root_goes_before_everybody_who_waits() {
        let desk = Arc::new(Desk::default());
        let (link, _far) = link();
        desk.arrived(link);
        let held = desk.borrow(false, now(), now()).unwrap().unwrap();
        let ask = |root: bool| {
            let desk = desk.clone();
            std::thread::spawn(move || {
                let line = desk.borrow(root, now(), soon()).unwrap();
                std::thread::sleep(Duration::from_millis(20));
                drop(line.expect("free in time"));
                std::time::Instant::now()
            })
        };
        let users: Vec<_> = (0..4).map(|_| ask(false)).collect();
        let root = ask(true);
        while !desk.root_waits() {
            std::thread::yield_now();
        }
        drop(held);
        let root_done = root.join().unwrap();
        for user in users {
            assert!(user.join().unwrap() > root_done);
        }
    }
}
