//! One fault at every system call in turn.

use std::io;

use super::tracer::{Fault, Traced, trace};
use crate::hostile::Case;

/// One run of a sweep.
#[derive(Debug)]
pub struct Run {
    /// Which system call, counted from the first.
    pub at: usize,
    /// How it ended.
    pub traced: Traced,
}

/// Far above what any call makes: a sweep that comes here goes round in circles.
const FAR: usize = 2000;

/// Has the fault meet the first system call, then the second, and so on, until a run ends before the fault met
/// anything. That run is handed over too, as the last.
pub fn sweep<'a>(
    program: &str,
    case: &Case,
    mut fault: impl FnMut() -> Fault<'a>,
    mut each: impl FnMut(Run),
) -> io::Result<()> {
    for at in 0..FAR {
        let traced = trace(program, case, at, fault())?;
        let last = traced.met.is_none();
        each(Run { at, traced });
        if last {
            return Ok(());
        }
    }
    Err(io::Error::other("the calls never end"))
}
