//! How much more often the enrolled are refused in one way of comparing than in another, and how sure that is.

use std::collections::HashSet;

use crate::logins::{Tries, Try};
use crate::rates::{Rates, deviations, drawn};

/// Times that the people are drawn anew.
const DRAWS: usize = 400;

/// The logins of the same people in one way of comparing.
pub struct Measured {
    rates: Rates,
    /// By which limits are extrapolated.
    deviation: f32,
    tries: Tries,
    /// For each draw of people the enrolled that are refused at each rate; `None`: of those drawn nobody was enrolled, or nobody tried.
    draws: Vec<Option<Vec<f64>>>,
}

/// A share, and between what it lies in 95 % of the draws.
#[derive(Clone, Copy)]
pub struct Sure {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Measured {
    /// `deviation` is held while people are drawn, as is the rate from which on a limit is extrapolated.
    pub fn of(tries: Tries, at: &[f64], deviation: f32) -> Self {
        let rates = Rates::of(&tries);
        let sorted = |ones: &[Try]| {
            let mut ones = ones.to_vec();
            ones.sort_by(|a, b| a.reach.total_cmp(&b.reach));
            ones
        };
        let (strangers, enrolled) = (sorted(&tries.impostors), sorted(&tries.genuine));
        let draws = drawn(&tries, DRAWS, |weight| {
            let of = |one: &Try| f64::from(weight[one.people.0] * weight[one.people.1]);
            let strangers: Vec<(f32, f64)> = strangers.iter().map(|one| (one.reach, of(one))).collect();
            let all: f64 = strangers.iter().map(|(_, weight)| weight).sum();
            let limit = |rate: f64| {
                let from = rate.max(rates.known());
                let mut within = 0.0;
                let reached = strangers.iter().find(|(_, weight)| {
                    within += weight;
                    within >= from * all
                });
                let farther = if rate < from {
                    deviation * (deviations(rate) - deviations(from)) as f32
                } else {
                    0.0
                };
                reached.map_or(f32::NAN, |(reach, _)| reach + farther)
            };
            let weighted = |one: &Try| f64::from(weight[one.people.0]);
            let everybody: f64 = enrolled.iter().map(weighted).sum();
            let shares = at.iter().map(|rate| {
                let limit = limit(*rate);
                let refused = enrolled.iter().filter(|one| one.reach > limit);
                refused.map(weighted).sum::<f64>() / everybody
            });
            (all > 0.0 && everybody > 0.0).then(|| shares.collect())
        });
        Self {
            rates,
            deviation,
            tries,
            draws,
        }
    }

    /// The limit for a rate.
    pub fn limit(&self, rate: f64) -> f32 {
        self.rates.limit(rate, self.deviation)
    }

    /// The smallest rate that is not extrapolated.
    pub fn known(&self) -> f64 {
        self.rates.known()
    }

    /// The share of the strangers within a limit.
    pub fn matched(&self, limit: f32) -> f64 {
        self.rates.share(limit)
    }

    /// How many were measured.
    pub fn tries(&self) -> &Tries {
        &self.tries
    }

    /// Of the enrolled so many are beyond a limit.
    pub fn beyond(&self, limit: f32) -> f64 {
        let beyond = self.tries.genuine.iter().filter(|one| one.reach > limit).count();
        beyond as f64 / self.tries.genuine.len().max(1) as f64
    }

    /// Of the enrolled so many are refused at the place's rate; of none refused no less than up to 3 in as many as there are
    /// people.
    pub fn refused(&self, place: usize, rate: f64) -> Sure {
        let value = self.beyond(self.limit(rate));
        let people: HashSet<_> = self.tries.genuine.iter().map(|one| one.people.0).collect();
        let least = if value == 0.0 {
            (3.0 / people.len().max(1) as f64).min(1.0)
        } else {
            0.0
        };
        let sure = sure(
            value,
            self.draws.iter().flatten().map(|draw| draw[place]).collect(),
        );
        Sure {
            high: sure.high.max(least),
            ..sure
        }
    }

    /// So many more than in the other way, the same people drawn for both.
    pub fn more_than(&self, other: &Self, place: usize, rate: f64) -> Sure {
        let value = self.beyond(self.limit(rate)) - other.beyond(other.limit(rate));
        let pairs = self.draws.iter().zip(&other.draws);
        let both = pairs.filter_map(|(own, other)| Some(own.as_ref()?[place] - other.as_ref()?[place]));
        sure(value, both.collect())
    }
}

fn sure(value: f64, mut drawn: Vec<f64>) -> Sure {
    drawn.sort_by(f64::total_cmp);
    let at = |permille: usize| {
        let place = drawn.len().saturating_sub(1) * permille / 1000;
        drawn.get(place).copied().unwrap_or(f64::NAN)
    };
    Sure {
        value,
        low: at(25),
        high: at(975),
    }
}
