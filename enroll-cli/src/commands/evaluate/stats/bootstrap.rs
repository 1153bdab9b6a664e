//! Intervals by resampling people, not pictures: what a person's face does to the rates it does in all of their pictures.

use super::random::Random;
use super::threads;
use super::trials::{Measured, Scratch, Trials};

/// The two ends of a 95 % interval.
pub const ENDS: (f64, f64) = (0.025, 0.975);

/// How intervals are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Bootstrap {
    /// Draws; 0 gives no intervals.
    pub draws: usize,
    /// The same seed gives the same intervals.
    pub seed: u64,
}

impl Bootstrap {
    /// The rates of every draw.
    pub fn measure(&self, trials: &Trials, targets: &[f64], limits: &[f32]) -> Vec<Measured> {
        let people = trials.people();
        let count = trials.parts.templates.len();
        self.each(|random, scratch| {
            let weights = draw(&people, count, random);
            trials.measure(&weights, targets, limits, scratch)
        })
    }

    /// Of each draw among `people`, the share that `part` of all makes up; NaN of none. Both are by person.
    pub fn share(&self, part: &[u32], all: &[u32]) -> Vec<f64> {
        let people: Vec<usize> = (0..all.len()).filter(|person| all[*person] > 0).collect();
        self.each(|random, _| {
            let weights = draw(&people, all.len(), random);
            let sum = |of: &[u32]| -> f64 {
                of.iter()
                    .zip(&weights)
                    .map(|(count, weight)| f64::from(*count) * f64::from(*weight))
                    .sum()
            };
            sum(part) / sum(all)
        })
    }

    /// Every draw has a stream of random numbers of its own, so that the number of threads changes nothing.
    fn each<T: Send>(&self, one: impl Fn(&mut Random, &mut Scratch) -> T + Sync) -> Vec<T> {
        let draws: Vec<usize> = (0..self.draws).collect();
        threads::chunks(&draws, |draws| {
            let mut scratch = Scratch::default();
            let draw = |draw: &usize| one(&mut Random::new(self.seed, *draw as u64), &mut scratch);
            draws.iter().map(draw).collect()
        })
    }
}

/// As many people as there are, drawn with replacement: how often each.
fn draw(people: &[usize], count: usize, random: &mut Random) -> Vec<u32> {
    let mut weights = vec![0; count];
    for _ in people {
        weights[people[random.below(people.len())]] += 1;
    }
    weights
}

/// The value below which this share of the values lies; NaNs are left out. `None` of none.
pub fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(values[(share * last as f64).round() as usize])
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::normal;
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_numbers_there_are() {
        assert_eq!(quantile([3.0, f64::NAN, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile([3.0, 1.0, 2.0], 1.0), Some(3.0));
        assert_eq!(quantile([f64::NAN], 0.5), None);
    }

    #[test]
    fn draws_do_not_depend_on_the_run() {
        let trials = normal(30, 0.3, 0.7, 0.1, 3);
        let bootstrap = Bootstrap { draws: 50, seed: 4 };
        let one = bootstrap.measure(&trials, &[0.01], &[0.5]);
        assert_eq!(one.len(), 50);
        assert_eq!(one, bootstrap.measure(&trials, &[0.01], &[0.5]));
        let other = Bootstrap { draws: 50, seed: 5 };
        assert_ne!(one, other.measure(&trials, &[0.01], &[0.5]));
    }

    #[test]
    fn about_95_of_100_intervals_hold_the_truth() {
        // At 0.5 a genuine try (mean 0.4, deviation 0.1) fails with probability 1 - Phi(1) = 15.87 %.
        let truth = 0.1587;
        let held = (0..200).filter(|seed| {
            let trials = normal(60, 0.4, 0.9, 0.1, 1000 + seed);
            let draws = Bootstrap {
                draws: 200,
                seed: *seed,
            }
            .measure(&trials, &[], &[0.5]);
            let fnmr = || draws.iter().map(|draw| draw.levels[0].1);
            quantile(fnmr(), ENDS.0).unwrap() <= truth && truth <= quantile(fnmr(), ENDS.1).unwrap()
        });
        let held = held.count();
        // The percentile interval of a small share is a little short.
        assert!((176..=198).contains(&held), "{held} of 200");
    }

    #[test]
    fn people_whose_tries_go_together_widen_the_interval() {
        // Ten people, all or nothing, against a thousand who fail one in ten times each.
        let few = Bootstrap { draws: 500, seed: 1 }.share(&[100, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[100; 10]);
        let part: Vec<u32> = (0..1000).map(|person| u32::from(person % 10 == 0)).collect();
        let many = Bootstrap { draws: 500, seed: 1 }.share(&part, &vec![1; 1000]);
        let width = |draws: &[f64]| {
            quantile(draws.iter().copied(), ENDS.1).unwrap()
                - quantile(draws.iter().copied(), ENDS.0).unwrap()
        };
        assert!(
            width(&few) > 5.0 * width(&many),
            "{} {}",
            width(&few),
            width(&many)
        );
    }
}
