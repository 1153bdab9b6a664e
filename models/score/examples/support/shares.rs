//! The share of comparisons that something is true of, and how sure it is.

use std::collections::HashMap;
use std::fmt;

use super::draws::{DRAWS, drawn, interval};
use super::intervals::unseen;

/// A comparison: whose template and whose picture, and what came of it.
pub type Compared = ((usize, usize), f32);

/// Of more pairs of people fewer draws do.
const MANY: usize = 10_000;
const FEWER_DRAWS: usize = 400;

/// A share of comparisons.
pub struct Share {
    pub share: f64,
    /// 95 % by drawing people anew. It ends no lower than 3 in as many people, or pairs of people, as were compared, and
    /// begins no higher than that below all.
    pub interval: (f64, f64),
}

impl Share {
    /// `None` of none.
    pub fn of(all: &[Compared], counts: impl Fn(f32) -> bool) -> Option<Self> {
        let mut tally: HashMap<(usize, usize), (u32, u32)> = HashMap::new();
        for (people, value) in all {
            let tally = tally.entry(*people).or_default();
            tally.0 += 1;
            tally.1 += u32::from(counts(*value));
        }
        let tally: Vec<((usize, usize), (u32, u32))> = tally.into_iter().collect();
        let share = |weight: &dyn Fn(usize, usize) -> f64| {
            let (mut all, mut counted) = (0.0, 0.0);
            for ((one, other), (comparisons, of_them)) in &tally {
                let weight = weight(*one, *other);
                all += weight * f64::from(*comparisons);
                counted += weight * f64::from(*of_them);
            }
            counted / all
        };
        let mut people: Vec<usize> = tally.iter().flat_map(|((a, b), _)| [*a, *b]).collect();
        people.sort_unstable();
        people.dedup();
        let draws = if tally.len() > MANY { FEWER_DRAWS } else { DRAWS };
        let drawn = drawn(people.iter().copied(), draws, |weight| {
            share(&|one, other| {
                // One's own picture is drawn with oneself.
                let stranger = if one == other { 1 } else { weight[other] };
                f64::from(weight[one] * stranger)
            })
        });
        let (low, high) = interval(drawn)?;
        let mut pairs: Vec<(usize, usize)> = tally.iter().map(|((a, b), _)| (*a.min(b), *a.max(b))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let unseen = unseen(pairs.len());
        Some(Self {
            share: share(&|_, _| 1.0),
            interval: (low.min(1.0 - unseen), high.max(unseen)),
        })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.share < 0.01 { 2 } else { 1 };
        let (low, high) = self.interval;
        write!(
            f,
            "{:.digits$} % ({:.digits$} to {:.digits$})",
            100.0 * self.share,
            100.0 * low,
            100.0 * high
        )
    }
}

/// How many comparisons something is true of, as text.
pub fn share(all: &[Compared], counts: impl Fn(f32) -> bool) -> String {
    Share::of(all, counts).map_or("-".into(), |share| share.to_string())
}

/// Prints where these lie: least, 1, 5, 50, 95, 99 % and most.
pub fn percentiles(what: &str, all: &[Compared]) {
    let mut sorted: Vec<f32> = all.iter().map(|(_, value)| *value).collect();
    sorted.sort_by(f32::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        println!("  {what}: none");
        return;
    };
    print!("  {what} ({}):", sorted.len());
    for percent in [0, 1, 5, 50, 95, 99, 100] {
        print!("  {percent} % {:.3}", sorted[last * percent / 100]);
    }
    println!();
}
