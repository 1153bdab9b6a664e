//! How many of the enrolled are refused at a false-match rate, and how sure that is.

use std::collections::HashSet;

use crate::logins::{Tries, Try};
use crate::rates::{Rates, deviations, drawn};

/// Times that the people are drawn anew.
const DRAWS: usize = 400;

/// The enrolled that are refused at the limit for a false-match rate.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Strangers accepted of all that try.
    pub rate: f64,
    /// Whether the limit was extrapolated.
    pub extrapolated: bool,
    pub limit: f32,
    /// The share of the logins of the enrolled: false non-matches.
    pub share: f64,
    /// 95 %, by drawing the people anew, each time with the limit that they lead to; of none refused, no less than up to 3 in
    /// as many as there are people.
    pub interval: (f64, f64),
}

/// Those of these logins. `deviation` is that of the tail by which a limit is extrapolated, and is held.
pub fn refused(tries: &Tries, rates: &[f64], deviation: f32) -> Vec<Refused> {
    let known = Rates::of(tries);
    let mut nearest: Vec<&Try> = tries.impostors.iter().collect();
    nearest.sort_by(|a, b| a.reach.total_cmp(&b.reach));
    let mut genuine: Vec<&Try> = tries.genuine.iter().collect();
    genuine.sort_by(|a, b| a.reach.total_cmp(&b.reach));
    let beyond = |rate: f64| {
        let from = rate.max(known.known());
        (
            from,
            if rate < from {
                deviation * (deviations(rate) - deviations(from)) as f32
            } else {
                0.0
            },
        )
    };
    let drawn = drawn(tries, DRAWS, |weight| {
        let strangers: Vec<(f32, f64)> = nearest
            .iter()
            .map(|one| (one.reach, f64::from(weight[one.people.0] * weight[one.people.1])))
            .collect();
        let enrolled: Vec<(f32, f64)> = genuine
            .iter()
            .map(|one| (one.reach, f64::from(weight[one.people.0])))
            .collect();
        let all = |of: &[(f32, f64)]| of.iter().map(|(_, weight)| weight).sum::<f64>();
        let (strangers_all, enrolled_all) = (all(&strangers), all(&enrolled));
        let shares: Vec<f64> = rates
            .iter()
            .map(|rate| {
                let (from, farther) = beyond(*rate);
                let mut within = 0.0;
                let reached = strangers.iter().find(|(_, weight)| {
                    within += weight;
                    within >= from * strangers_all
                });
                let limit = reached.map_or(f32::NAN, |(reach, _)| reach + farther);
                let matched: f64 = enrolled
                    .iter()
                    .take_while(|(reach, _)| *reach <= limit)
                    .map(|(_, weight)| weight)
                    .sum();
                1.0 - matched / enrolled_all
            })
            .collect();
        // Of those drawn nobody may have been enrolled, or nobody tried.
        (strangers_all > 0.0 && enrolled_all > 0.0).then_some(shares)
    });
    let drawn: Vec<Vec<f64>> = drawn.into_iter().flatten().collect();
    let people = genuine.iter().map(|one| one.people).collect::<HashSet<_>>().len();
    rates
        .iter()
        .enumerate()
        .map(|(place, rate)| {
            let limit = known.limit(*rate, deviation);
            let count = genuine.iter().filter(|one| one.reach > limit).count();
            let mut shares: Vec<f64> = drawn.iter().map(|shares| shares[place]).collect();
            shares.sort_by(f64::total_cmp);
            let at = |permille: usize| shares.get(shares.len().saturating_sub(1) * permille / 1000);
            let (low, high) = (at(25).copied().unwrap_or(0.0), at(975).copied().unwrap_or(1.0));
            let none = if count == 0 {
                (3.0 / people.max(1) as f64).min(1.0)
            } else {
                0.0
            };
            Refused {
                rate: *rate,
                extrapolated: *rate < known.known(),
                limit,
                share: count as f64 / genuine.len().max(1) as f64,
                interval: (low, high.max(none)),
            }
        })
        .collect()
}
