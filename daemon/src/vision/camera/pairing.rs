//! Which pictures of an infrared camera are lit by its flash and which are not. Pure: pictures in the order they came
//! in, and what to hand on out.
//!
//! An emitter that strobes lights every second picture. The camera says nowhere which, so it is told by the pictures: by
//! brightness that goes up and down by turns, from one picture to the very next. A light that is switched on goes up
//! once, a person who moves makes one place brighter and another darker, and neither is a strobe.

use std::time::Duration;

use crate::vision::camera::luma::Luma;

/// How many cells a picture has across and down.
const CELLS: usize = 8;

/// The flash shows in this part of the cells: a face that fills an eighth of the picture is enough.
const LIT_CELLS: usize = CELLS * CELLS / 8;

/// How much brighter they become at least, of full scale: ten of 255 grey levels, far beyond what noise leaves in the mean
/// of a cell (at 640 x 360, 225 samples of it), and less than what an emitter adds to a face at arm's length. Chosen on
/// made pictures; no camera was at hand.
const FLASH: f32 = 0.04;

/// The picture after the next is as bright as this one, but for this part of what changed in between.
const RETURNS: f32 = 0.35;

/// How often brightness turns before it is a strobe: dark, lit, dark, lit.
const TURNS: u32 = 2;

/// And where the emitter was told to strobe: dark, lit, dark.
const TURNS_WHEN_TOLD: u32 = 1;

/// After so many pictures of which none was handed on, one is, whatever it is.
const PATIENCE: u32 = 6;

/// So many pictures in a row that are as bright as the one before, and it strobes no more.
const STEADY: u32 = 3;

/// So many pictures are handed on of which none was seen to be as bright as the one before it, and then one is held back to
/// see. Whoever takes 50 ms to look at a picture gets every second one, by chance always a dark one.
const UNSURE: u32 = 3;

/// Pictures whose numbers follow each other belong together up to this: a camera slower than one a second is none to log
/// in with, and what lies further apart has a driver that stood still in between.
const FOLLOWS: Duration = Duration::from_secs(1);

/// Where the driver numbers none of them, only the time can tell: two picture times at 15 a second, the slowest rate that
/// strobing cameras are known to give.
const FOLLOWS_UNNUMBERED: Duration = Duration::from_millis(134);

/// A picture's brightness, coarsely.
#[derive(Clone, Debug)]
pub struct Grid([f32; CELLS * CELLS]);

impl Grid {
    /// Mean luma of each cell, 0 to 1, of every fourth pixel across and down.
    pub fn of(luma: &Luma<'_>) -> Self {
        let mut cells = [0.0; CELLS * CELLS];
        for (index, cell) in cells.iter_mut().enumerate() {
            let (left, right) = span(index % CELLS, luma.width);
            let (top, bottom) = span(index / CELLS, luma.height);
            let (mut sum, mut count) = (0_u32, 0_u32);
            for row in (top..bottom).step_by(4) {
                for column in (left..right).step_by(4) {
                    sum += u32::from(luma.at(column, row));
                    count += 1;
                }
            }
            if count > 0 {
                *cell = sum as f32 / (count * 255) as f32;
            }
        }
        Self(cells)
    }

    /// How much brighter `later` is where it became brightest, less how much darker where it became darkest: -1 to 1, and
    /// near 0 when something only moved.
    fn change(&self, later: &Self) -> f32 {
        let mut changes: Vec<f32> = self.0.iter().zip(later.0).map(|(was, is)| is - was).collect();
        changes.sort_by(f32::total_cmp);
        let mean = |cells: &[f32]| cells.iter().sum::<f32>() / LIT_CELLS as f32;
        let down = mean(&changes[..LIT_CELLS]).min(0.0);
        let up = mean(&changes[changes.len() - LIT_CELLS..]).max(0.0);
        up + down
    }
}

fn span(cell: usize, side: usize) -> (usize, usize) {
    (cell * side / CELLS, (cell + 1) * side / CELLS)
}

/// A picture as it came.
#[derive(Debug)]
pub struct Taken<P> {
    /// The driver's number for it.
    pub sequence: u32,
    /// When it was taken, on a clock that only goes forward.
    pub at: Duration,
    /// How bright it is.
    pub grid: Grid,
    /// The picture.
    pub picture: P,
}

/// What to do with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Paired<P> {
    /// Nothing: it is dark, or it is not yet known what it is.
    Wait,
    /// Hand it on: there is no strobe.
    Steady(P),
    /// Hand it on, with the one before it.
    Lit {
        /// With the flash.
        lit: P,
        /// Without it.
        dark: P,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Camera {
    Unknown,
    Steady,
    Strobing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Brighter than the one before.
    Up,
    /// Darker.
    Down,
    /// As bright.
    Level,
    /// The one before is not the one that was seen before.
    Gap,
}

/// The last picture; the picture itself until it is handed on.
#[derive(Debug)]
struct Last<P> {
    sequence: u32,
    at: Duration,
    grid: Grid,
    picture: Option<P>,
    step: Step,
}

/// Tells lit pictures from dark ones.
#[derive(Debug)]
pub struct Pairing<P> {
    needed: u32,
    camera: Camera,
    last: Option<Last<P>>,
    /// Brightness of the picture before the last, if the last followed it.
    before: Option<Grid>,
    turns: u32,
    level: u32,
    unsure: u32,
    waited: u32,
}

impl<P> Pairing<P> {
    /// `told`: the emitter was told to strobe, and says that it does.
    pub fn new(told: bool) -> Self {
        Self {
            needed: if told { TURNS_WHEN_TOLD } else { TURNS },
            camera: Camera::Unknown,
            last: None,
            before: None,
            turns: 0,
            level: 0,
            unsure: 0,
            waited: 0,
        }
    }

    /// Takes the next picture. Of any [`PATIENCE`] in a row at least one is handed on.
    pub fn push(&mut self, taken: Taken<P>) -> Paired<P> {
        let step = self.step(&taken);
        let turned = self.turned(step, &taken.grid);
        self.turns = if turned { self.turns + 1 } else { 0 };
        self.level = if step == Step::Level { self.level + 1 } else { 0 };
        self.camera = match self.camera {
            Camera::Unknown | Camera::Steady if self.turns >= self.needed => Camera::Strobing,
            // From one picture to the next a strobe always changes much, and then back again.
            Camera::Unknown if step == Step::Level || (self.went_up_or_down() && !turned) => Camera::Steady,
            Camera::Strobing if self.level >= STEADY => Camera::Steady,
            Camera::Steady if step == Step::Gap && (self.unsure >= UNSURE || self.jumped(&taken.grid)) => {
                Camera::Unknown
            }
            same => same,
        };
        self.unsure = match (self.camera, step) {
            (Camera::Steady, Step::Gap) => self.unsure + 1,
            _ => 0,
        };
        self.waited += 1;
        let (before, held) = match self.last.take() {
            Some(last) => (Some(last.grid), last.picture),
            None => (None, None),
        };
        let mut kept = None;
        let handed = match (self.camera, held) {
            (Camera::Steady, _) => Paired::Steady(taken.picture),
            (Camera::Strobing, Some(dark)) if step == Step::Up => {
                let lit = taken.picture;
                Paired::Lit { lit, dark }
            }
            (_, held) if self.waited >= PATIENCE => {
                // No two that belong together in all that time: the brighter of the last two, then, and all anew.
                self.camera = Camera::Unknown;
                self.turns = 0;
                let darker = before
                    .as_ref()
                    .is_some_and(|before| before.change(&taken.grid) <= -FLASH);
                match held {
                    Some(brighter) if darker => {
                        kept = Some(taken.picture);
                        Paired::Steady(brighter)
                    }
                    _ => Paired::Steady(taken.picture),
                }
            }
            _ => {
                kept = Some(taken.picture);
                Paired::Wait
            }
        };
        if !matches!(handed, Paired::Wait) {
            self.waited = 0;
        }
        self.before = before.filter(|_| step != Step::Gap);
        self.last = Some(Last {
            sequence: taken.sequence,
            at: taken.at,
            grid: taken.grid,
            picture: kept,
            step,
        });
        handed
    }

    /// From the last picture to this one.
    fn step(&self, taken: &Taken<P>) -> Step {
        let Some(last) = &self.last else { return Step::Gap };
        let later = taken.at.checked_sub(last.at);
        let follows = later.is_some_and(|later| match (last.sequence, taken.sequence) {
            (0, 0) => !later.is_zero() && later <= FOLLOWS_UNNUMBERED,
            (before, now) => now == before.wrapping_add(1) && later <= FOLLOWS,
        });
        if !follows {
            return Step::Gap;
        }
        match last.grid.change(&taken.grid) {
            change if change >= FLASH => Step::Up,
            change if change <= -FLASH => Step::Down,
            _ => Step::Level,
        }
    }

    /// Whether brightness went one way to the last picture, and comes back to where it was with this one.
    fn turned(&self, step: Step, grid: &Grid) -> bool {
        let (Some(last), Some(before)) = (&self.last, &self.before) else {
            return false;
        };
        let opposite = matches!((last.step, step), (Step::Up, Step::Down) | (Step::Down, Step::Up));
        opposite && before.change(grid).abs() <= RETURNS * last.grid.change(grid).abs()
    }

    /// Whether it is brighter or darker than the last one, whatever came in between.
    fn jumped(&self, grid: &Grid) -> bool {
        let last = self.last.as_ref();
        last.is_some_and(|last| last.grid.change(grid).abs() >= FLASH)
    }

    fn went_up_or_down(&self) -> bool {
        let step = self.last.as_ref().map(|last| last.step);
        matches!(step, Some(Step::Up | Step::Down))
    }
}

#[cfg(test)]
#[path = "pairing_tests.rs"]
mod tests;
