//! Error rates of logins, and how sure they are.

use std::collections::{HashMap, HashSet};

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

    /// The limit for a rate, and what a factor of ten in the rate is worth. A rate that rests on fewer than `enough` false
    /// matches is extrapolated from the smallest that rests on so many, by the decade above it: the tail of such
    /// distributions falls off faster the farther out, so that this errs to the narrow side.
    pub fn limit(&self, rate: f64, enough: usize) -> (f32, f32) {
        let sure = enough as f64 / self.0.len() as f64;
        let at = |rate: f64| self.quantile(rate.min(0.5)).unwrap_or(f32::NEG_INFINITY);
        let from = rate.max(sure);
        let decade = at(from * 10.0) - at(from);
        (at(from) - decade * (from / rate).log10() as f32, decade)
    }
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
    if errors >= tries {
        return 1.0;
    }
    // The probability of at most `errors`, term by term; it falls with the rate.
    let at_most = |rate: f64| {
        let mut term = (1.0 - rate).ln() * tries as f64;
        let mut sum = term.exp();
        for k in 0..errors {
            term += ((tries - k) as f64 / (k + 1) as f64).ln() + (rate / (1.0 - rate)).ln();
            sum += term.exp();
        }
        sum
    };
    let (mut low, mut high) = (1e-12, 1.0 - 1e-12);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if at_most(middle) > 0.05 {
            low = middle
        } else {
            high = middle
        }
    }
    high
}
