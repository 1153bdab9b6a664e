//! Error rates of logins, and how sure they are.

use std::collections::{HashMap, HashSet};

use statrs::distribution::{Beta, ContinuousCDF, Normal};

use crate::lines::Random;
use crate::logins::{Tries, Try};

/// Times that the people are drawn anew.
const DRAWS: usize = 2000;

/// Strangers' reaches, nearest first.
pub struct Rates(Vec<f32>);

impl Rates {
    pub fn of(tries: &Tries) -> Self {
        Self::among(tries.impostors.iter().map(|one| one.reach).collect())
    }

    pub fn among(mut reaches: Vec<f32>) -> Self {
        reaches.sort_by(f32::total_cmp);
        Self(reaches)
    }

    /// The limit within which that share of the strangers come; `None` when that is none of them.
    pub fn quantile(&self, rate: f64) -> Option<f32> {
        let within = (rate * self.0.len() as f64) as usize;
        within.checked_sub(1).map(|place| self.0[place])
    }

    /// The share of the strangers within a limit.
    pub fn share(&self, limit: f32) -> f64 {
        self.0.partition_point(|reach| *reach <= limit) as f64 / self.0.len().max(1) as f64
    }

    /// Below this rate fewer than `enough` strangers come so near.
    pub fn sure(&self, enough: usize) -> f64 {
        (enough as f64 / self.0.len() as f64).min(0.05)
    }

    /// How much of a score one standard deviation is in the tail: over the factor of ten above the rate of `enough` strangers.
    pub fn deviation(&self, enough: usize) -> f32 {
        let sure = self.sure(enough);
        let wide = (10.0 * sure).min(0.5);
        match (self.quantile(wide), self.quantile(sure)) {
            (Some(far), Some(near)) => (far - near) / (deviations(wide) - deviations(sure)) as f32,
            _ => f32::INFINITY,
        }
    }

    /// [`Self::limit`] by these logins alone.
    pub fn own_limit(&self, rate: f64, enough: usize) -> f32 {
        self.limit(rate, enough, self.deviation(enough))
    }

    /// The limit for a rate. One that rests on fewer than `enough` strangers is extrapolated, as the tail of a normal distribution
    /// with this deviation.
    pub fn limit(&self, rate: f64, enough: usize, deviation: f32) -> f32 {
        let from = rate.max(self.sure(enough));
        let known = self.quantile(from).unwrap_or(f32::NEG_INFINITY);
        known + deviation * (deviations(rate) - deviations(from)) as f32
    }
}

/// How many standard deviations below the mean that share of a normal distribution lies, as a negative number.
fn deviations(rate: f64) -> f64 {
    Normal::standard().inverse_cdf(rate)
}

/// The 95 % upper bound of the share of strangers within a limit, with pairs of people taken as independent: the greater of a
/// bootstrap over people and, of pairs of people of whom one came within it, the exact (Clopper-Pearson) bound.
pub fn upper_bound(impostors: &[Try], limit: f32) -> f64 {
    let mut tries: HashMap<(usize, usize), (u32, u32)> = HashMap::new();
    for one in impostors {
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
    let everybody: Vec<usize> = tries
        .keys()
        .flat_map(|(a, b)| [*a, *b])
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let mut everybody = everybody;
    everybody.sort_unstable();
    let most = everybody.last().map_or(0, |last| last + 1);
    let mut random = Random(2);
    let mut rates: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let mut weight = vec![0u32; most];
            for _ in 0..everybody.len() {
                weight[everybody[random.below(everybody.len())]] += 1;
            }
            let (mut all, mut errors) = (0u64, 0u64);
            for ((a, b), (tries, wrong)) in &tries {
                let weight = u64::from(weight[*a]) * u64::from(weight[*b]);
                all += weight * u64::from(*tries);
                errors += weight * u64::from(*wrong);
            }
            errors as f64 / all.max(1) as f64
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    exact.max(rates[rates.len() * 95 / 100])
}

/// The same with only those pairs taken as independent that share nobody: each person once. Of the others it is taken that
/// they say nothing new.
pub fn upper_bound_of_people(tries: &Tries, limit: f32) -> f64 {
    let pair = |one: &Try| (one.people.0.min(one.people.1), one.people.0.max(one.people.1));
    let within = tries.impostors.iter().filter(|one| one.reach <= limit);
    let wrong = within.map(pair).collect::<HashSet<_>>().len();
    let disjoint = tries.disjoint();
    // Rounded up: a single match counts as one of them.
    let share = (wrong * disjoint).div_ceil(tries.pairs().max(1));
    clopper_pearson(share, disjoint).max(upper_bound(&tries.impostors, limit))
}

/// The rate at which so few errors, or fewer, come with a probability of 5 %. Without an error about 3 / tries.
fn clopper_pearson(errors: usize, tries: usize) -> f64 {
    let good = tries.saturating_sub(errors) as f64;
    Beta::new(errors as f64 + 1.0, good).map_or(1.0, |beta| beta.inverse_cdf(0.95))
}
