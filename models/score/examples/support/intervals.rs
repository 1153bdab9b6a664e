//! How many of the enrolled are refused at a false-match rate, and how sure that is.

use std::collections::HashSet;

use super::draws::{DRAWS, drawn, interval};
use super::logins::{Tries, Try};
use super::rates::Rates;

/// The share of the logins of the enrolled that is refused: false non-matches.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub share: f64,
    /// 95 %, by drawing the people anew. Drawing shows nothing of people unlike all of these: so it ends no lower than 3 in as
    /// many as were enrolled, and begins no higher than that below all.
    pub interval: (f64, f64),
}

/// That at the limit for a false-match rate.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Strangers accepted of all that try.
    pub rate: f64,
    /// Whether the limit was extrapolated.
    pub extrapolated: bool,
    pub limit: f32,
    pub share: f64,
    /// As [`Share::interval`], each time with the limit that those drawn lead to. From which rate on it is extrapolated and by
    /// what deviation is held.
    pub interval: (f64, f64),
}

/// How many more are refused in one way than in another, at the same rate.
#[derive(Clone, Copy, Debug)]
pub struct More {
    pub share: f64,
    /// 95 %, by drawing the same people for both; otherwise as [`Refused::interval`], of which nothing is added for people unlike
    /// these.
    pub interval: (f64, f64),
}

/// Those of these logins. `deviation` is that of the tail by which a limit is extrapolated.
pub fn refused(tries: &Tries, rates: &[f64], deviation: f32) -> Vec<Refused> {
    let held = Held::of(tries, deviation);
    let drawn = drawn(everybody(tries), DRAWS, |weight| held.shares(rates, weight));
    let one = |(place, rate): (usize, &f64)| {
        let limit = held.known.limit(*rate, deviation);
        let Share { share, interval } = of(tries, limit, drawn.iter().map(|shares| shares[place]));
        Refused {
            rate: *rate,
            extrapolated: *rate < held.known.known(),
            limit,
            share,
            interval,
        }
    };
    rates.iter().enumerate().map(one).collect()
}

/// Those beyond a limit that was set otherwise.
pub fn beyond(tries: &Tries, limit: f32) -> Share {
    let drawn = drawn(everybody(tries), DRAWS, |weight| {
        share(&tries.genuine, limit, weight)
    });
    of(tries, limit, drawn)
}

/// The share of strangers within a limit that was set otherwise, and 95 % of what it is by people drawn anew.
pub fn strangers_within(tries: &Tries, limit: f32) -> (f64, (f64, f64)) {
    let share = |weight: &dyn Fn(usize) -> u32| {
        let (mut all, mut near) = (0.0, 0.0);
        for one in &tries.impostors {
            let weight = f64::from(weight(one.people.0) * weight(one.people.1));
            all += weight;
            near += if one.reach <= limit { weight } else { 0.0 };
        }
        near / all
    };
    let drawn = drawn(everybody(tries), DRAWS, |weight| share(&|who| weight[who]));
    (share(&|_| 1), interval(drawn).unwrap_or((0.0, 1.0)))
}

/// How many more of the enrolled are refused than in another way, of which these are the logins of the same people.
pub fn more(tries: (&Tries, f32), than: (&Tries, f32), rates: &[f64]) -> Vec<More> {
    let [own, other] = [tries, than].map(|(tries, deviation)| Held::of(tries, deviation));
    let both = everybody(tries.0).chain(everybody(than.0));
    let drawn = drawn(both, DRAWS, |weight| {
        (own.shares(rates, weight), other.shares(rates, weight))
    });
    let one = |(place, rate): (usize, &f64)| {
        let [own, other] =
            [&own, &other].map(|held| refusals(held.tries, held.known.limit(*rate, held.deviation)));
        More {
            share: own - other,
            interval: interval(drawn.iter().map(|(own, other)| own[place] - other[place]))
                .unwrap_or((-1.0, 1.0)),
        }
    };
    rates.iter().enumerate().map(one).collect()
}

/// The share of people, at most, who are unlike all of so many: with 95 % confidence about 3 of as many (the rule of three).
pub fn unseen(people: usize) -> f64 {
    (3.0 / people.max(1) as f64).min(1.0)
}

fn everybody(tries: &Tries) -> impl Iterator<Item = usize> {
    let all = tries.impostors.iter().chain(&tries.genuine);
    all.flat_map(|one| [one.people.0, one.people.1])
}

fn refusals(tries: &Tries, limit: f32) -> f64 {
    let count = tries.genuine.iter().filter(|one| one.reach > limit).count();
    count as f64 / tries.genuine.len().max(1) as f64
}

fn of(tries: &Tries, limit: f32, drawn: impl IntoIterator<Item = f64>) -> Share {
    let people = tries.genuine.iter().map(|one| one.people.0);
    let unseen = unseen(people.collect::<HashSet<_>>().len());
    let (low, high) = interval(drawn).unwrap_or((0.0, 1.0));
    Share {
        share: refusals(tries, limit),
        interval: (low.min(1.0 - unseen), high.max(unseen)),
    }
}

/// The share of those drawn that a limit refuses; not a number where nobody drawn was enrolled.
fn share(genuine: &[Try], limit: f32, weight: &[u32]) -> f64 {
    let (mut all, mut refused) = (0.0, 0.0);
    for one in genuine {
        let weight = f64::from(weight[one.people.0]);
        all += weight;
        refused += if one.reach > limit { weight } else { 0.0 };
    }
    refused / all
}

/// Logins, and what is held while their people are drawn anew.
struct Held<'a> {
    tries: &'a Tries,
    nearest: Vec<&'a Try>,
    known: Rates,
    deviation: f32,
}

impl<'a> Held<'a> {
    fn of(tries: &'a Tries, deviation: f32) -> Self {
        let mut nearest: Vec<&Try> = tries.impostors.iter().collect();
        nearest.sort_by(|a, b| a.reach.total_cmp(&b.reach));
        Self {
            tries,
            nearest,
            known: Rates::of(tries),
            deviation,
        }
    }

    /// The shares of those drawn that are refused at the limits that those drawn lead to; not numbers where no stranger, or
    /// nobody who was enrolled, was drawn.
    fn shares(&self, rates: &[f64], weight: &[u32]) -> Vec<f64> {
        let of = |one: &Try| f64::from(weight[one.people.0] * weight[one.people.1]);
        let all: f64 = self.nearest.iter().map(|one| of(one)).sum();
        let shares = rates.iter().map(|rate| {
            let from = rate.max(self.known.known());
            let mut within = 0.0;
            let reached = self.nearest.iter().find(|one| {
                within += of(one);
                within > 0.0 && within >= from * all
            });
            // Of those drawn nobody may have tried.
            let Some(reached) = reached else {
                return f64::NAN;
            };
            // None where the rate is known.
            let farther = self.known.limit(*rate, self.deviation) - self.known.limit(from, self.deviation);
            share(&self.tries.genuine, reached.reach + farther, weight)
        });
        shares.collect()
    }
}
