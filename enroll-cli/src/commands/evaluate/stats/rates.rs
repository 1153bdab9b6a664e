//! Error rates with what they stand on: the numbers of a report.

use serde::Serialize;

use super::bootstrap::{Bootstrap, ENDS, quantile};
use super::histogram::{Histogram, WIDTH};
use super::trials::{Scratch, Trials, Tries};

/// The false-match rates at which false non-matches are told.
pub const TARGETS: [f64; 4] = [1e-3, 1e-4, 1e-5, 1e-6];

/// A share that was seen, 0 to 1, and its 95 % interval. The ends are absent where nothing was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// What was seen; absent where nobody tried.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Estimate {
    /// Of a share and its draws among `units`: people, or pairs of people. The upper end is at least 3 / units, which is
    /// the rule of three's where no error was seen, and where some were it cannot be less.
    pub fn new(value: f64, draws: impl Iterator<Item = f64> + Clone, units: u64) -> Self {
        let low = quantile(draws.clone(), ENDS.0);
        let three = (3.0 / units as f64).min(1.0);
        let high = quantile(draws, ENDS.1).map(|high| high.max(three));
        Self {
            value: (!value.is_nan()).then_some(value),
            low,
            high,
        }
    }
}

/// False non-matches where false matches are held at a rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtFmr {
    /// The false-match rate.
    pub fmr: f64,
    /// The largest limit that keeps it on this data.
    pub limit: f32,
    /// False non-matches there.
    pub fnmr: Estimate,
    /// The limit that keeps it with 95 % confidence, and what is refused there; absent when the data does not support it.
    pub held: Option<Held>,
}

/// A limit whose upper bound keeps a rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Held {
    /// The limit.
    pub limit: f32,
    /// False non-matches there.
    pub fnmr: f64,
}

/// What a named strictness of the daemon does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtLevel {
    /// Its name in the configuration.
    pub name: String,
    /// Its limit.
    pub limit: f32,
    /// False-match rate.
    pub fmr: Estimate,
    /// Impostor tries that matched.
    pub false_matches: usize,
    /// False-non-match rate.
    pub fnmr: Estimate,
    /// Genuine tries that did not match.
    pub false_non_matches: usize,
}

/// Scores of one kind of tries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// Tries.
    pub tries: u64,
    /// Percentiles: 0.1, 1, 5, 25, 50, 75, 95, 99, 99.9; absent of no tries.
    pub percentiles: Option<[f32; 9]>,
    /// The lower edge of the first bin.
    pub from: f32,
    /// The width of a bin.
    pub width: f32,
    /// Tries in each bin.
    pub bins: Vec<u64>,
}

/// Both rates at one limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The limit.
    pub limit: f32,
    /// False-match rate.
    pub fmr: f64,
    /// False-non-match rate.
    pub fnmr: f64,
}

/// The error rates of one protocol in one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// People who took part.
    pub people: usize,
    /// People with genuine tries.
    pub genuine_people: u64,
    /// Pairs of people of whom one tried the other's template.
    pub people_pairs: u64,
    /// Genuine tries.
    pub genuine: Distribution,
    /// Impostor tries.
    pub impostor: Distribution,
    /// Equal error rate.
    pub eer: Estimate,
    /// At fixed false-match rates.
    pub at: Vec<AtFmr>,
    /// At the daemon's limits.
    pub levels: Vec<AtLevel>,
    /// Both rates over all limits.
    pub curve: Vec<Point>,
}

impl Rates {
    /// Whether there are tries enough to speak of the rate at a place in [`TARGETS`]: 3 / rate.
    pub fn told(&self, target: usize) -> bool {
        self.at
            .get(target)
            .is_some_and(|at| self.impostor.tries as f64 >= 3.0 / at.fmr)
    }
    /// Computes them. `levels` are names and limits; `None` where one side has nobody.
    pub fn of(trials: &Trials, levels: &[(String, f32)], bootstrap: Bootstrap) -> Option<Self> {
        let impostors = trials.impostor_total(|_| 1);
        if trials.genuine.len() == 0 || impostors < 1.0 {
            return None;
        }
        let limits: Vec<f32> = levels.iter().map(|(_, limit)| *limit).collect();
        let once = vec![1; trials.parts.templates.len()];
        let seen = trials.measure(&once, &TARGETS, &limits, &mut Scratch::default());
        let draws = bootstrap.measure(trials, &TARGETS, &limits);
        let (people, pairs) = (trials.genuine_people(), trials.people_pairs());
        let at = TARGETS.iter().enumerate().map(|(index, fmr)| {
            let (limit, fnmr) = seen.at[index];
            AtFmr {
                fmr: *fmr,
                limit,
                fnmr: Estimate::new(fnmr, draws.iter().map(|draw| draw.at[index].1), people),
                held: held(trials, *fmr, draws.iter().map(|draw| f64::from(draw.at[index].0))),
            }
        });
        let named = levels.iter().enumerate().map(|(index, (name, limit))| {
            let (fmr, fnmr) = seen.levels[index];
            let (accepted, refused) = trials.errors(*limit);
            AtLevel {
                name: name.clone(),
                limit: *limit,
                fmr: Estimate::new(fmr, draws.iter().map(|draw| draw.levels[index].0), pairs),
                false_matches: accepted,
                fnmr: Estimate::new(fnmr, draws.iter().map(|draw| draw.levels[index].1), people),
                false_non_matches: refused,
            }
        });
        let genuine = histogram(&trials.genuine);
        Some(Self {
            people: trials.people().len(),
            genuine_people: people,
            people_pairs: pairs,
            eer: Estimate::new(seen.eer, draws.iter().map(|draw| draw.eer), people),
            at: at.collect(),
            levels: named.collect(),
            curve: curve(&genuine, &trials.impostor_histogram),
            genuine: distribution(&genuine),
            impostor: distribution(&trials.impostor_histogram),
        })
    }
}

/// The limit that keeps `fmr` in all but a fortieth of the draws, if there are tries, and pairs of people, enough to say
/// so: 3 / fmr of each.
fn held(trials: &Trials, fmr: f64, limits: impl Iterator<Item = f64>) -> Option<Held> {
    let limit = quantile(limits, ENDS.0)? as f32;
    let (_, refused) = trials.errors(limit);
    let supported = trials.impostor_total(|_| 1) >= 3.0 / fmr && 3.0 / trials.people_pairs() as f64 <= fmr;
    supported.then(|| Held {
        limit,
        fnmr: refused as f64 / trials.genuine.len() as f64,
    })
}

fn histogram(tries: &Tries) -> Histogram {
    let mut histogram = Histogram::default();
    tries.scores().iter().for_each(|score| histogram.add(*score));
    histogram
}

fn distribution(histogram: &Histogram) -> Distribution {
    let shares = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999];
    let bins: Vec<(f32, u64)> = histogram.bins().collect();
    let filled = |bin: &(f32, u64)| bin.1 > 0;
    let first = bins.iter().position(filled).unwrap_or(0);
    let end = bins.iter().rposition(filled).map_or(0, |last| last + 1);
    let percentiles = shares.map(|share| histogram.quantile(share));
    Distribution {
        tries: histogram.total(),
        percentiles: percentiles
            .iter()
            .all(Option::is_some)
            .then(|| percentiles.map(Option::unwrap_or_default)),
        from: bins.get(first).map_or(0.0, |bin| bin.0),
        width: WIDTH,
        bins: bins
            .get(first..end)
            .unwrap_or(&[])
            .iter()
            .map(|bin| bin.1)
            .collect(),
    }
}

fn curve(genuine: &Histogram, impostor: &Histogram) -> Vec<Point> {
    let totals = (genuine.total() as f64, impostor.total() as f64);
    let (mut near, mut matched) = (0, 0);
    let mut points = Vec::new();
    for ((edge, own), (_, other)) in genuine.bins().zip(impostor.bins()) {
        near += own;
        matched += other;
        let point = Point {
            limit: edge + WIDTH,
            fmr: matched as f64 / totals.1,
            fnmr: 1.0 - near as f64 / totals.0,
        };
        if own + other > 0 {
            points.push(point);
        }
    }
    points
}

/// Mean and its standard error; `None` of none.
pub fn mean_and_error(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    (!values.is_empty()).then(|| (mean, (variance / count).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::normal;
    use super::*;

    const BOOTSTRAP: Bootstrap = Bootstrap { draws: 200, seed: 1 };

    #[test]
    fn a_mean_has_its_standard_error() {
        let (mean, error) = mean_and_error(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(mean, 2.0);
        assert!((error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(mean_and_error(&[]), None);
        assert_eq!(mean_and_error(&[5.0]), Some((5.0, 0.0)));
    }

    #[test]
    fn no_error_seen_is_no_proof_of_none_and_one_seen_is_not_better() {
        let high = |share: f64| Estimate::new(share, [share; 100].into_iter(), 60).high;
        assert_eq!(
            (high(0.0), high(0.01), high(0.1)),
            (Some(0.05), Some(0.05), Some(0.1))
        );
        let nothing = Estimate::new(f64::NAN, std::iter::empty(), 0);
        assert_eq!((nothing.value, nothing.high), (None, None));
    }

    #[test]
    fn a_rate_without_enough_tries_is_not_supported() {
        // 100 people in 4,950 pairs, 9,900 impostor tries: enough for 1e-3, not for 1e-4.
        let trials = normal(100, 0.2, 0.9, 0.1, 5);
        let rates = Rates::of(&trials, &[("balanced".into(), 0.5)], BOOTSTRAP).unwrap();
        assert_eq!(
            (rates.people, rates.people_pairs, rates.impostor.tries),
            (100, 4950, 9900)
        );
        let supported: Vec<bool> = rates.at.iter().map(|at| at.held.is_some()).collect();
        assert_eq!(supported, [true, false, false, false]);
        let first = &rates.at[0];
        assert!(first.held.as_ref().unwrap().limit <= first.limit);
        assert_eq!(rates.levels[0].false_matches, trials.errors(0.5).0);
        // Nobody to be mistaken for.
        let alone = normal(1, 0.2, 0.9, 0.1, 5);
        assert_eq!(Rates::of(&alone, &[], BOOTSTRAP), None);
    }

    #[test]
    fn a_curve_falls_and_rises_and_a_distribution_is_trimmed() {
        let trials = normal(50, 0.3, 0.7, 0.1, 5);
        let rates = Rates::of(&trials, &[], Bootstrap { draws: 0, seed: 0 }).unwrap();
        for pair in rates.curve.windows(2) {
            assert!(pair[0].fmr <= pair[1].fmr && pair[0].fnmr >= pair[1].fnmr);
        }
        assert_eq!(rates.genuine.bins.iter().sum::<u64>(), 50);
        assert!(rates.genuine.bins[0] > 0 && *rates.genuine.bins.last().unwrap() > 0);
        assert_eq!(rates.eer.low, None);
        let median = rates.genuine.percentiles.unwrap()[4];
        assert!((median - 0.3).abs() < 0.05, "{median}");
    }
}
