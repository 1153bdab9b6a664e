//! When somebody opens a camera's node and closes it, as the kernel tells.

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::Failed;

/// What happened to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// One more has it open.
    Opened,
    /// One has closed it.
    Closed,
}

/// Watches until it is dropped.
pub struct Watch {
    seen: Arc<Mutex<Vec<(Instant, What)>>>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// The node at `path`.
    pub fn on(path: &Path) -> Result<Self, Failed> {
        let kernel = Inotify::init(InitFlags::IN_CLOEXEC)?;
        kernel.add_watch(path, AddWatchFlags::IN_OPEN | AddWatchFlags::IN_CLOSE)?;
        let (seen, end) = (Arc::default(), Arc::default());
        let (of_thread, until) = (Arc::clone(&seen), Arc::clone(&end));
        let thread = spawn(move || follow(&kernel, &of_thread, &until));
        Ok(Self {
            seen,
            end,
            thread: Some(thread),
        })
    }

    /// All that was seen since the last time.
    pub fn seen(&self) -> Vec<(Instant, What)> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn follow(kernel: &Inotify, seen: &Mutex<Vec<(Instant, What)>>, end: &AtomicBool) {
    while !end.load(Ordering::Relaxed) {
        let mut fds = [PollFd::new(kernel.as_fd(), PollFlags::POLLIN)];
        if !poll(&mut fds, PollTimeout::from(50_u8)).is_ok_and(|ready| ready > 0) {
            continue;
        }
        let now = Instant::now();
        // A node that went away has no more to tell.
        let Ok(events) = kernel.read_events() else { return };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if event.mask.contains(AddWatchFlags::IN_OPEN) {
                seen.push((now, What::Opened));
            } else if event.mask.intersects(AddWatchFlags::IN_CLOSE) {
                seen.push((now, What::Closed));
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
