//! Error rates of logins, and how sure they are.

use std::collections::{HashMap, HashSet};

use statrs::distribution::{Beta, ContinuousCDF, Normal};

use super::draws::DRAWS;
use super::logins::{Tries, Try};

/// Times that the people are drawn anew for what takes longer than the rest.
const FEWER_DRAWS: usize = 400;

/// False matches that a rate must rest on before it is taken for one; a smaller one is extrapolated.
const ENOUGH: usize = 20;

/// And pairs of people that these must be of: one pair's logins are all alike.
const ENOUGH_PAIRS: usize = 5;

/// Strangers' reaches, nearest first.
pub struct Rates {
    reaches: Vec<f32>,
    /// So many of them rest on enough.
    enough: usize,
}

impl Rates {
    pub fn of(tries: &Tries) -> Self {
        let mut nearest: Vec<&Try> = tries.impostors.iter().collect();
        nearest.sort_by(|a, b| a.reach.total_cmp(&b.reach));
        let mut pairs = HashSet::new();
        let enough = nearest.iter().position(|one| {
            pairs.insert(one.pair());
            pairs.len() == ENOUGH_PAIRS
        });
        let mut rates = Self::among(nearest.iter().map(|one| one.reach).collect());
        rates.enough = rates.enough.max(enough.map_or(usize::MAX, |last| last + 1));
        rates
    }

    /// Of tries whose people are not told.
    pub fn among(mut reaches: Vec<f32>) -> Self {
        reaches.sort_by(f32::total_cmp);
        Self {
            reaches,
            enough: ENOUGH,
        }
    }

    /// The limit within which that share of the strangers come; `None` when that is none of them.
    pub fn quantile(&self, rate: f64) -> Option<f32> {
        let within = (rate * self.reaches.len() as f64).round() as usize;
        within
            .checked_sub(1)
            .and_then(|place| self.reaches.get(place).copied())
    }

    /// The share of the strangers within a limit.
    pub fn share(&self, limit: f32) -> f64 {
        self.reaches.partition_point(|reach| *reach <= limit) as f64 / self.reaches.len().max(1) as f64
    }

    /// The smallest rate that rests on enough; above 1 where none does.
    pub fn known(&self) -> f64 {
        self.enough as f64 / self.reaches.len().max(1) as f64
    }

    /// How much of a score one standard deviation is in the tail, over the factor of ten above the smallest rate that rests on
    /// enough; infinite where too little is known.
    pub fn deviation(&self) -> f32 {
        let (wide, known) = ((10.0 * self.known()).min(0.5), self.known());
        match (self.quantile(wide), self.quantile(known)) {
            (Some(far), Some(near)) if wide > known => {
                (far - near) / (deviations(wide) - deviations(known)) as f32
            }
            _ => f32::INFINITY,
        }
    }

    /// [`Self::limit`] by these logins alone.
    pub fn own_limit(&self, rate: f64) -> f32 {
        self.limit(rate, self.deviation())
    }

    /// The limit for a rate. One that does not rest on enough is extrapolated, as the tail of a normal distribution with this
    /// deviation.
    pub fn limit(&self, rate: f64, deviation: f32) -> f32 {
        let from = rate.max(self.known());
        match self.quantile(from) {
            Some(limit) if rate < from => limit + deviation * (deviations(rate) - deviations(from)) as f32,
            Some(limit) => limit,
            None => f32::NEG_INFINITY,
        }
    }
}

/// The limits that come of it, ascending, if other people like these had been measured: people are drawn anew, with the smallest
/// rate that rests on enough, and the deviation, as they are.
pub fn limits_of_others(tries: &Tries, rate: f64, deviation: f32) -> Vec<f32> {
    let mut nearest: Vec<&Try> = tries.impostors.iter().collect();
    nearest.sort_by(|a, b| a.reach.total_cmp(&b.reach));
    let from = rate.max(Rates::of(tries).known());
    let mut limits = drawn(tries, FEWER_DRAWS, |weight| {
        let of = |one: &Try| f64::from(weight[one.people.0] * weight[one.people.1]);
        let all: f64 = nearest.iter().map(|one| of(one)).sum();
        let mut within = 0.0;
        let reached = nearest.iter().find(|one| {
            within += of(one);
            within >= from * all
        });
        reached.map_or(f32::NAN, |one| one.reach) + deviation * (deviations(rate) - deviations(from)) as f32
    });
    limits.retain(|limit| limit.is_finite());
    limits.sort_by(f32::total_cmp);
    limits
}

/// How often each of these people is in it, for each of so many draws.
fn drawn<T>(tries: &Tries, draws: usize, of: impl FnMut(&[u32]) -> T) -> Vec<T> {
    let both = |one: &Try| [one.people.0, one.people.1];
    let all = tries.impostors.iter().chain(&tries.genuine).flat_map(both);
    super::draws::drawn(all, draws, of)
}

/// How many standard deviations below the mean that share of a normal distribution lies, as a negative number.
fn deviations(rate: f64) -> f64 {
    Normal::standard().inverse_cdf(rate)
}

/// The 95 % upper bound of the share of strangers within a limit, with pairs of people taken as independent: the greater of a
/// bootstrap over people and, of pairs of people of whom one came within it, the exact (Clopper-Pearson) bound.
pub fn upper_bound(all: &Tries, limit: f32) -> f64 {
    let mut tries: HashMap<(usize, usize), (u32, u32)> = HashMap::new();
    for one in &all.impostors {
        let count = tries.entry(one.people).or_default();
        count.0 += 1;
        count.1 += u32::from(one.reach <= limit);
    }
    let pair = |(a, b): (usize, usize)| (a.min(b), a.max(b));
    let pairs: HashSet<_> = tries.keys().copied().map(pair).collect();
    let wrong: HashSet<_> = tries
        .iter()
        .filter(|(_, count)| count.1 > 0)
        .map(|(people, _)| pair(*people))
        .collect();
    let exact = clopper_pearson(wrong.len(), pairs.len());
    if wrong.is_empty() {
        return exact;
    }
    let mut rates = drawn(all, DRAWS, |weight| {
        let (mut all, mut errors) = (0u64, 0u64);
        for ((a, b), (tries, wrong)) in &tries {
            let weight = u64::from(weight[*a]) * u64::from(weight[*b]);
            all += weight * u64::from(*tries);
            errors += weight * u64::from(*wrong);
        }
        errors as f64 / all.max(1) as f64
    });
    rates.sort_by(f64::total_cmp);
    exact.max(rates[rates.len() * 95 / 100])
}

/// The same with only those pairs taken as independent that share nobody: each person once. Of the others it is taken that
/// they say nothing new.
pub fn upper_bound_of_people(tries: &Tries, limit: f32) -> f64 {
    let within = tries.impostors.iter().filter(|one| one.reach <= limit);
    let wrong = within.map(Try::pair).collect::<HashSet<_>>().len();
    let disjoint = tries.disjoint();
    // Rounded up: a single match counts as one of them.
    let share = (wrong * disjoint).div_ceil(tries.pairs().max(1));
    clopper_pearson(share, disjoint).max(upper_bound(tries, limit))
}

/// The rate at which so few errors, or fewer, come with a probability of 5 %. Without an error about 3 / tries.
fn clopper_pearson(errors: usize, tries: usize) -> f64 {
    let good = tries.saturating_sub(errors) as f64;
    Beta::new(errors as f64 + 1.0, good).map_or(1.0, |beta| beta.inverse_cdf(0.95))
}
