//! One monotonic deadline for a whole exchange. Per-read timeouts would let a dripping peer stretch it for ever.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A point on the monotonic clock that waits may not pass.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment `wait` from now; waits beyond a day are cut to a day.
    pub fn after(wait: Duration) -> Self {
        Self(Instant::now() + wait.min(Duration::from_secs(86_400)))
    }

    /// What is left; zero once it has passed.
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The earlier of two.
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// What is left as a poll timeout, rounded up so that a wait never ends early and spins.
    pub fn poll_timeout(&self) -> PollTimeout {
        let left = self.remaining();
        let millis = left.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32;
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::ZERO)
    }

    /// Waits until `fd` has one of `events` (or an error, or a hang-up). `Ok(None)`: the deadline passed first.
    pub fn wait(&self, fd: BorrowedFd<'_>, events: PollFlags) -> Result<Option<PollFlags>, Errno> {
        loop {
            let mut fds = [PollFd::new(fd, events)];
            match poll(&mut fds, self.poll_timeout()) {
                Ok(0) if self.passed() => return Ok(None),
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(Some(fds[0].revents().unwrap_or(PollFlags::POLLERR))),
                Err(errno) => return Err(errno),
            }
            if self.passed() {
                return Ok(None);
            }
        }
    }

    /// Sleeps for `pause`, but not beyond the deadline.
    pub fn pause(&self, pause: Duration) {
        std::thread::sleep(pause.min(self.remaining()));
    }
}
