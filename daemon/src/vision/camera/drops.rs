//! Which of the pictures that a driver hands over are no pictures of now: pure.
//!
//! A picture that the driver cut short carries the rows of an earlier one, a flagged one is damaged in its middle, and
//! a camera that shows the same picture again and again proves no more by the third than by the first. None of them is
//! looked at; each is counted by its cause.

use std::fmt;
use std::time::Duration;

/// Why a picture was thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Fewer bytes than the format needs, or no JPEG that decodes to its end.
    Short,
    /// The driver says that it is damaged.
    Flagged,
    /// The one before it once more, by its number, its time or its bytes.
    Repeated,
    /// A newer one was there already, or it is older than a picture's interval.
    Stale,
}

/// How many were thrown away, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// See [`Cause::Short`].
    pub short: u32,
    /// See [`Cause::Flagged`].
    pub flagged: u32,
    /// See [`Cause::Repeated`].
    pub repeated: u32,
    /// See [`Cause::Stale`].
    pub stale: u32,
}

impl Drops {
    /// One more.
    pub fn count(&mut self, cause: Cause) {
        let number = match cause {
            Cause::Short => &mut self.short,
            Cause::Flagged => &mut self.flagged,
            Cause::Repeated => &mut self.repeated,
            Cause::Stale => &mut self.stale,
        };
        *number = number.saturating_add(1);
    }
}

impl fmt::Display for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            short,
            flagged,
            repeated,
            stale,
        } = self;
        write!(
            f,
            "{short} cut short, {flagged} flagged, {repeated} repeated, {stale} too old"
        )
    }
}

/// What a driver says of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Bytes of the buffer that are this picture's.
    pub used: usize,
    /// V4L2_BUF_FLAG_ERROR.
    pub flagged: bool,
    /// Its number.
    pub sequence: u32,
    /// When it was taken, on the monotonic clock; `None` if the driver uses another.
    pub taken: Option<Duration>,
}

/// When it was fetched.
#[derive(Clone, Copy, Debug)]
pub struct Fetched {
    /// Now, on the monotonic clock.
    pub now: Duration,
    /// It was waited for: nothing was there when the waiting began.
    pub awaited: bool,
    /// How long nobody had asked for a picture before.
    pub away: Duration,
}

/// Judges pictures by what is told of them.
#[derive(Debug)]
pub struct Sieve {
    /// Bytes that a picture has at least; 0 if that varies.
    needed: usize,
    /// When the stream was started.
    started: Duration,
    interval: Duration,
    /// From the moment a picture is taken to the moment it can be fetched, at best.
    transit: Option<Duration>,
    last: Option<(u32, Option<Duration>)>,
    /// Of the last two pictures that were used: an infrared camera's light and dark ones alternate.
    contents: [Option<u64>; 2],
}

/// Intervals outside of this are a driver's nonsense.
const INTERVALS: (Duration, Duration) = (Duration::from_millis(4), Duration::from_secs(1));

impl Sieve {
    /// For a stream of pictures of at least `needed` bytes every `interval`, started at `started` on the monotonic clock.
    pub fn new(needed: usize, interval: Duration, started: Duration) -> Self {
        Self {
            needed,
            started,
            interval: interval.clamp(INTERVALS.0, INTERVALS.1),
            transit: None,
            last: None,
            contents: [None; 2],
        }
    }

    /// Why a picture is not to be looked at, if so.
    pub fn judge(&mut self, told: Told, fetched: Fetched) -> Option<Cause> {
        if told.flagged {
            return Some(Cause::Flagged);
        }
        if told.used == 0 || told.used < self.needed {
            return Some(Cause::Short);
        }
        // Later than now, or older than anything: a clock of its own.
        let age = told.taken.and_then(|taken| fetched.now.checked_sub(taken));
        let age = age.filter(|age| !fetched.awaited || *age <= 2 * INTERVALS.1);
        let taken = told.taken.filter(|_| age.is_some());
        if let Some((sequence, before)) = self.last {
            let later = match (before, taken) {
                (Some(before), Some(taken)) => taken > before,
                _ => true,
            };
            let ahead = told.sequence.wrapping_sub(sequence) as i32;
            // A driver that does not count has them all at 0; then the time must tell.
            let uncounted = ahead == 0 && told.sequence == 0 && before.is_some() && taken.is_some();
            // After a suspend a driver counts from the start again; what its clock calls later is no picture of before.
            let restarted = ahead < 0 && before.is_some() && taken.is_some();
            if !later || ahead < 0 && !restarted || ahead == 0 && !uncounted {
                return Some(Cause::Repeated);
            }
            if let (1, Some(before), Some(taken)) = (ahead, before, taken) {
                // In the dark a camera takes fewer pictures than it said.
                self.interval = (taken - before).clamp(INTERVALS.0, INTERVALS.1);
            }
        }
        self.last = Some((told.sequence, taken));
        if taken.is_some_and(|taken| taken < self.started) {
            return Some(Cause::Stale);
        }
        match age {
            Some(age) if fetched.awaited => {
                self.transit = Some(self.transit.map_or(age, |best| best.min(age)));
                None
            }
            // It has been waiting to be fetched for longer than until the next one.
            Some(age) if age > self.interval + self.transit.unwrap_or(self.interval) => Some(Cause::Stale),
            None if !fetched.awaited && fetched.away > self.interval => Some(Cause::Stale),
            _ => None,
        }
    }

    /// When the picture that was let through last was taken; `None` if the driver does not tell, or by a clock of its own.
    pub fn taken(&self) -> Option<Duration> {
        self.last.and_then(|(_, taken)| taken)
    }

    /// Whether these bytes, by their hash, are one of the last two pictures once more.
    pub fn seen(&mut self, content: u64) -> bool {
        let seen = self.contents.contains(&Some(content));
        if !seen {
            self.contents = [self.contents[1], Some(content)];
        }
        seen
    }
}

/// Whether a grey picture shows nothing at all: all but a thousandth of it lies within 2 levels of its mean. Such
/// pictures do repeat, of a closed lens or a sensor in the dark, and there is no face in them. In a few levels more the
/// engine finds one (docs/accuracy.md).
pub fn blank(luma: &[u8]) -> bool {
    let sum: u64 = luma.iter().map(|&level| u64::from(level)).sum();
    let mean = (sum / (luma.len() as u64).max(1)) as u8;
    let outside = luma.iter().filter(|level| level.abs_diff(mean) > 2).count();
    outside * 1000 <= luma.len()
}

/// How long a camera may go without a good picture. Only time that is spent waiting for it counts.
#[derive(Debug, Default)]
pub struct Patience {
    silent: Duration,
    damaged: Run,
    repeated: Run,
}

#[derive(Debug, Default)]
struct Run {
    pictures: u32,
    time: Duration,
}

/// Why a camera is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It gives nothing at all.
    Silent,
    /// It gives only damaged pictures.
    Damaged,
    /// It gives the same picture again and again.
    Frozen,
}

/// The longest silence: a camera needs up to two seconds for its first picture.
pub const SILENCE: Duration = Duration::from_secs(3);

/// A second's worth of damaged pictures; at least eight, for some cameras begin with one or two.
const DAMAGED: (u32, Duration) = (8, Duration::from_secs(1));

/// For so long a picture may repeat.
const FROZEN: Duration = Duration::from_secs(3);

impl Patience {
    /// So much time was spent waiting.
    pub fn waited(&mut self, time: Duration) {
        self.silent += time;
        for run in [&mut self.damaged, &mut self.repeated] {
            if run.pictures > 0 {
                run.time += time;
            }
        }
    }

    /// A picture came: thrown away for a cause, or good.
    pub fn picture(&mut self, thrown_away: Option<Cause>) {
        let run = match thrown_away {
            None => return *self = Self::default(),
            Some(Cause::Short | Cause::Flagged) => &mut self.damaged,
            Some(Cause::Repeated) => &mut self.repeated,
            // Of earlier: no sign that the camera gives anything now.
            Some(Cause::Stale) => return,
        };
        run.pictures += 1;
        self.silent = Duration::ZERO;
    }

    /// Whether to give up.
    pub fn end(&self) -> Option<GivenUp> {
        if self.silent >= SILENCE {
            Some(GivenUp::Silent)
        } else if self.damaged.pictures >= DAMAGED.0 && self.damaged.time >= DAMAGED.1 {
            Some(GivenUp::Damaged)
        } else if self.repeated.time >= FROZEN {
            Some(GivenUp::Frozen)
        } else {
            None
        }
    }
}

#[cfg(test)]
#[path = "drops_tests.rs"]
mod tests;
