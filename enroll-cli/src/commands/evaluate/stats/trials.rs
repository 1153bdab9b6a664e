//! The tries of one protocol, and how often they go wrong: with every person counted once, or as often as a bootstrap
//! drew them.

use super::histogram::Histogram;

/// Tries with their scores, by score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tries {
    score: Vec<f32>,
    /// Whose template.
    one: Vec<u32>,
    /// Who tried.
    other: Vec<u32>,
}

impl Tries {
    /// Sorts them.
    pub fn sorted(mut tries: Vec<(f32, u32, u32)>) -> Self {
        tries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut sorted = Self::default();
        for (score, one, other) in tries {
            sorted.score.push(score);
            sorted.one.push(one);
            sorted.other.push(other);
        }
        sorted
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.score.len()
    }

    /// The scores, smallest first.
    pub fn scores(&self) -> &[f32] {
        &self.score
    }

    /// How many lie at or below a limit.
    fn within(&self, limit: f32) -> usize {
        self.score.partition_point(|score| *score <= limit)
    }
}

/// How many tries each person takes part in, which says how many there are in all when people are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Templates, by person.
    pub templates: Vec<u32>,
    /// Probes, by person.
    pub probes: Vec<u32>,
    /// Each picture is template and probe, and each pair of them is one try.
    pub symmetric: bool,
}

/// Everything that was tried under one protocol.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    /// People against their own templates: `one` and `other` are the same.
    pub genuine: Tries,
    /// People against others' templates: at least the nearest hundredth of them, and all that are nearer than its end.
    pub impostors: Tries,
    /// The score up to which `impostors` are all there.
    pub known_to: f32,
    /// Of all impostor tries.
    pub impostor_histogram: Histogram,
    /// Who took part.
    pub parts: Parts,
}

/// Error rates for one draw of people.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// For each target: the largest limit that keeps the false-match rate at or below it, and the false-non-match rate there.
    pub at: Vec<(f32, f64)>,
    /// Where both rates are equal.
    pub eer: f64,
    /// For each limit: false-match rate and false-non-match rate.
    pub levels: Vec<(f64, f64)>,
}

/// Memory of one draw, used again for the next.
#[derive(Default)]
pub struct Scratch {
    genuine: Vec<u64>,
    impostors: Vec<u64>,
}

impl Trials {
    /// All impostor tries, when each person is there `weight` times. A person is no impostor to a copy of themselves.
    pub fn impostor_total(&self, weight: impl Fn(usize) -> u64) -> f64 {
        let (mut templates, mut probes, mut own) = (0.0, 0.0, 0.0);
        for (person, (t, p)) in self.parts.templates.iter().zip(&self.parts.probes).enumerate() {
            let weight = weight(person) as f64;
            let (t, p) = (weight * f64::from(*t), weight * f64::from(*p));
            templates += t;
            probes += p;
            own += t * p;
        }
        let ordered = templates * probes - own;
        if self.parts.symmetric {
            ordered / 2.0
        } else {
            ordered
        }
    }

    /// Pairs of different people of whom one tried the other's template.
    pub fn people_pairs(&self) -> u64 {
        let (mut both, mut templates, mut probes) = (0_u64, 0_u64, 0_u64);
        for (t, p) in self.parts.templates.iter().zip(&self.parts.probes) {
            match (*t > 0, *p > 0) {
                (true, true) => both += 1,
                (true, false) => templates += 1,
                (false, true) => probes += 1,
                (false, false) => {}
            }
        }
        both * both.saturating_sub(1) / 2 + both * (templates + probes) + templates * probes
    }

    /// People with genuine tries.
    pub fn genuine_people(&self) -> u64 {
        let mut seen = vec![false; self.parts.templates.len()];
        for person in &self.genuine.one {
            seen[*person as usize] = true;
        }
        seen.iter().filter(|seen| **seen).count() as u64
    }

    /// Who took part in any way: those that a bootstrap draws from.
    pub fn people(&self) -> Vec<usize> {
        let parts = self.parts.templates.iter().zip(&self.parts.probes);
        parts
            .enumerate()
            .filter(|(_, (t, p))| **t > 0 || **p > 0)
            .map(|(person, _)| person)
            .collect()
    }

    /// False matches and false non-matches at a limit, each person counted once.
    pub fn errors(&self, limit: f32) -> (usize, usize) {
        (
            self.impostors.within(limit),
            self.genuine.len() - self.genuine.within(limit),
        )
    }

    /// The rates when each person is there `weights` times.
    pub fn measure(
        &self,
        weights: &[u32],
        targets: &[f64],
        limits: &[f32],
        scratch: &mut Scratch,
    ) -> Measured {
        let weight = |person: u32| u64::from(weights[person as usize]);
        running(
            &mut scratch.genuine,
            self.genuine.one.iter().map(|one| weight(*one)),
        );
        running(
            &mut scratch.impostors,
            self.impostors
                .one
                .iter()
                .zip(&self.impostors.other)
                .map(|(one, other)| weight(*one) * weight(*other)),
        );
        let rates = Drawn {
            trials: self,
            genuine: &scratch.genuine,
            impostors: &scratch.impostors,
            genuine_total: scratch.genuine.last().copied().unwrap_or(0) as f64,
            impostor_total: self.impostor_total(|person| u64::from(weights[person])),
        };
        Measured {
            at: targets
                .iter()
                .map(|target| {
                    let limit = rates.limit_at(*target);
                    (limit, rates.fnmr(limit))
                })
                .collect(),
            eer: rates.eer(),
            levels: limits
                .iter()
                .map(|limit| (rates.fmr(*limit), rates.fnmr(*limit)))
                .collect(),
        }
    }
}

/// Running sums.
fn running(sums: &mut Vec<u64>, values: impl Iterator<Item = u64>) {
    sums.clear();
    let mut sum = 0;
    sums.extend(values.map(|value| {
        sum += value;
        sum
    }));
}

/// One draw: how many tries there are up to each.
struct Drawn<'a> {
    trials: &'a Trials,
    genuine: &'a [u64],
    impostors: &'a [u64],
    genuine_total: f64,
    impostor_total: f64,
}

impl Drawn<'_> {
    /// NaN where nobody tried.
    fn fmr(&self, limit: f32) -> f64 {
        up_to(self.impostors, self.trials.impostors.within(limit)) / self.impostor_total
    }

    /// NaN where nobody tried.
    fn fnmr(&self, limit: f32) -> f64 {
        1.0 - up_to(self.genuine, self.trials.genuine.within(limit)) / self.genuine_total
    }

    fn limit_at(&self, target: f64) -> f32 {
        let allowed = target * self.impostor_total;
        let first_beyond = self.impostors.partition_point(|sum| *sum as f64 <= allowed);
        match self.trials.impostors.score.get(first_beyond) {
            // Below all of the same score.
            Some(score) => score.next_down(),
            None => self.trials.known_to,
        }
    }

    /// Both rates change in steps: the mean of the two where they cross.
    fn eer(&self) -> f64 {
        let scores = &self.trials.genuine.score;
        let crossed = scores.partition_point(|score| self.fmr(*score) < self.fnmr(*score));
        let at = |index: usize| {
            let limit = scores.get(index).copied();
            limit.map(|limit| (self.fmr(limit), self.fnmr(limit)))
        };
        let candidates = [crossed.checked_sub(1).and_then(at), at(crossed)];
        candidates
            .into_iter()
            .flatten()
            .min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()))
            .map_or(f64::NAN, |(fmr, fnmr)| (fmr + fnmr) / 2.0)
    }
}

fn up_to(sums: &[u64], count: usize) -> f64 {
    count.checked_sub(1).map_or(0.0, |last| sums[last] as f64)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::commands::evaluate::stats::random::Random;

    /// One template and one probe for each of two people, of scores as given.
    fn two(genuine: &[f32], impostor: &[f32]) -> Trials {
        let mut histogram = Histogram::default();
        impostor.iter().for_each(|score| histogram.add(*score));
        Trials {
            genuine: Tries::sorted(
                genuine
                    .iter()
                    .enumerate()
                    .map(|(n, s)| (*s, n as u32 % 2, n as u32 % 2))
                    .collect(),
            ),
            impostors: Tries::sorted(
                impostor
                    .iter()
                    .enumerate()
                    .map(|(n, s)| (*s, n as u32 % 2, (n as u32 + 1) % 2))
                    .collect(),
            ),
            known_to: f32::INFINITY,
            impostor_histogram: histogram,
            parts: Parts {
                templates: vec![1, 1],
                probes: vec![impostor.len() as u32 / 2; 2],
                symmetric: false,
            },
        }
    }

    /// Genuine and impostor scores of normal distributions, a person for each genuine try.
    pub fn normal(people: u32, genuine: f64, impostor: f64, deviation: f64, seed: u64) -> Trials {
        let mut random = Random::new(seed, 0);
        // Twelve uniform numbers, less six: a normal one for all that matters here.
        let mut draw = |mean: f64| {
            let sum: f64 = (0..12)
                .map(|_| random.below(1 << 30) as f64 / f64::from(1 << 30))
                .sum();
            (mean + deviation * (sum - 6.0)) as f32
        };
        let own = (0..people)
            .map(|person| (draw(genuine), person, person))
            .collect();
        let mut others = Vec::new();
        for one in 0..people {
            for other in 0..people {
                if one != other {
                    others.push((draw(impostor), one, other));
                }
            }
        }
        let mut impostor_histogram = Histogram::default();
        others
            .iter()
            .for_each(|(score, ..)| impostor_histogram.add(*score));
        Trials {
            genuine: Tries::sorted(own),
            impostors: Tries::sorted(others),
            known_to: f32::INFINITY,
            impostor_histogram,
            parts: Parts {
                templates: vec![1; people as usize],
                probes: vec![1; people as usize],
                symmetric: false,
            },
        }
    }

    #[test]
    fn rates_are_what_a_hand_counts() {
        // Ten impostor tries, four genuine ones.
        let trials = two(
            &[0.1, 0.2, 0.3, 0.6],
            &[0.35, 0.35, 0.5, 0.7, 0.7, 0.7, 0.8, 0.8, 0.9, 0.9],
        );
        let mut scratch = Scratch::default();
        let measured = trials.measure(
            &[1, 1],
            &[0.0, 0.1, 0.2, 0.3, 0.5],
            &[0.3, 0.5, 0.05],
            &mut scratch,
        );
        assert_eq!(trials.impostor_total(|_| 1), 10.0);
        // One false match in ten cannot be had: two tries share the smallest score.
        for (at, expected) in measured.at.iter().zip([0.35_f32, 0.35, 0.5, 0.7, 0.7]) {
            assert_eq!(at.0, expected.next_down(), "{measured:?}");
        }
        let fnmr: Vec<f64> = measured.at.iter().map(|at| at.1).collect();
        assert_eq!(fnmr, [0.25, 0.25, 0.25, 0.0, 0.0]);
        assert_eq!(measured.levels, [(0.0, 0.25), (0.3, 0.25), (0.0, 1.0)]);
        assert_eq!(trials.errors(0.5), (3, 1));
        assert_eq!((trials.people_pairs(), trials.genuine_people()), (1, 2));
        // The second person is not there, and the first has nobody to be taken for.
        let alone = trials.measure(&[2, 0], &[0.1], &[0.25], &mut scratch);
        assert!(alone.levels[0].0.is_nan());
        assert_eq!(alone.levels[0].1, 0.5);
    }

    #[test]
    fn people_who_are_there_twice_count_twice_and_not_against_themselves() {
        let mut trials = normal(3, 0.2, 0.7, 0.1, 1);
        assert_eq!(trials.impostor_total(|_| 1), 6.0);
        // 2 x 2 - 2 (own) between copies of two people: 2 * 1 * 2 ordered pairs of different people.
        assert_eq!(trials.impostor_total(|person| [2, 1, 0][person]), 4.0);
        trials.parts.symmetric = true;
        assert_eq!(trials.impostor_total(|person| [2, 1, 0][person]), 2.0);
        let parts = Parts {
            templates: vec![1, 1, 0, 0],
            probes: vec![1, 0, 1, 0],
            symmetric: false,
        };
        let some = Trials {
            parts,
            ..Trials::default()
        };
        // 0-1, 0-2, 1-2.
        assert_eq!((some.people_pairs(), some.people()), (3, vec![0, 1, 2]));
    }

    #[test]
    fn the_equal_error_rate_of_two_normals_is_the_known_one() {
        // Two deviations from the middle each: Phi(-2) = 2.275 %.
        let trials = normal(2000, 0.3, 0.7, 0.1, 7);
        let eer = trials
            .measure(&vec![1; 2000], &[], &[], &mut Scratch::default())
            .eer;
        assert!((eer - 0.02275).abs() < 0.006, "{eer}");
        // Apart: none. Alike: a half.
        let apart = normal(50, 0.1, 1.5, 0.05, 7);
        assert_eq!(
            apart.measure(&[1; 50], &[], &[], &mut Scratch::default()).eer,
            0.0
        );
        let alike = normal(400, 0.5, 0.5, 0.1, 7);
        let eer = alike.measure(&[1; 400], &[], &[], &mut Scratch::default()).eer;
        assert!((eer - 0.5).abs() < 0.05, "{eer}");
    }
}
