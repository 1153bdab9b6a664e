//! Everything that was measured, as one document. It counts people and names nobody.

use serde::Serialize;

use super::encoder::Measure;
use super::faces::Acquired;
use super::liveness::Presentations;
use super::pairs::Accuracy;
use super::stats::rates::Rates;

/// The answer of `evaluate`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name of the engine.
    pub engine: String,
    /// SHA-256 over its models.
    pub model: String,
    /// What was done.
    pub protocol: Protocol,
    /// What could be used, by group.
    pub acquired: Vec<Acquired>,
    /// Error rates, by group; with several groups the last is all of them together.
    pub groups: Vec<Group>,
    /// The highest of the groups' rates.
    pub worst: Vec<Worst>,
    /// Accuracy on the list of pairs.
    pub pairs: Option<Accuracy>,
    /// Attacks, by group.
    pub attacks: Vec<Attacks>,
    /// How it went.
    pub run: Run,
}

/// What was done.
#[derive(Debug, Serialize)]
pub struct Protocol {
    /// Pictures that make a template.
    pub enrolled: usize,
    /// Pictures that make a probe.
    pub fused: usize,
    /// Probes of one login at most, one picture apart, beyond the first whole one.
    pub windows: usize,
    /// What faces are compared by.
    pub compared_by: Measure,
    /// `still` or `video`.
    pub effort: String,
    /// Whether single pictures are compared whatever their quality.
    pub any_face: bool,
    /// Draws of people for the intervals.
    pub bootstrap: usize,
    /// Their seed.
    pub seed: u64,
}

/// A group's error rates. A protocol is absent where too few people have the pictures that it takes.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Its name.
    pub group: String,
    /// One picture against one picture.
    pub single: Option<Rates>,
    /// The mean of the enrolled against the mean of the fused.
    pub fused: Option<Rates>,
    /// Whole logins.
    pub login: Option<Rates>,
    /// The share of impostor logins with all the pictures that the daemon looks at; the others had fewer tries.
    pub full_logins: Option<f64>,
}

/// The highest rates of any group.
#[derive(Debug, Serialize)]
pub struct Worst {
    /// `single`, `fused` or `login`.
    pub protocol: &'static str,
    /// Equal error rate.
    pub eer: Option<f64>,
    /// False-non-match rate at each of the false-match rates, each group at its own limit; absent where a group has too few
    /// tries to tell.
    pub fnmr_at: Vec<Option<f64>>,
    /// False-match rate, the upper end of its interval, and false-non-match rate at the daemon's levels.
    pub levels: Vec<WorstLevel>,
}

/// The highest rates of any group at one level.
#[derive(Debug, Serialize)]
pub struct WorstLevel {
    /// Its name.
    pub name: String,
    /// False-match rate.
    pub fmr: Option<f64>,
    /// Upper end of its 95 % interval.
    pub fmr_high: Option<f64>,
    /// False-non-match rate.
    pub fnmr: Option<f64>,
}

/// A group's attacks.
#[derive(Debug, Serialize)]
pub struct Attacks {
    /// The group.
    pub group: String,
    /// What living people look like: BPCER.
    pub live: Presentations,
    /// Each kind: APCER.
    pub kinds: Vec<Presentations>,
}

/// How it went.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Pictures in all.
    pub pictures: usize,
    /// Of them from the cache.
    pub cached: usize,
    /// Files that could not be looked at; listed on request.
    pub unreadable: usize,
    /// Encoding, in seconds.
    pub encoding_s: f64,
    /// Statistics, in seconds.
    pub statistics_s: f64,
    /// Files that were asked for by `--worst`: the likeliest false matches and refusals of single pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub worst_pictures: Vec<WorstPicture>,
}

/// A pair of files that is judged most wrongly.
#[derive(Clone, Debug, Serialize)]
pub struct WorstPicture {
    /// `false match` or `false non-match`.
    pub error: &'static str,
    /// How near they are.
    pub score: f32,
    /// One file.
    pub one: String,
    /// The other.
    pub other: String,
}

impl Group {
    /// The protocols by name.
    pub fn protocols(&self) -> [(&'static str, Option<&Rates>); 3] {
        [
            ("single", self.single.as_ref()),
            ("fused", self.fused.as_ref()),
            ("login", self.login.as_ref()),
        ]
    }
}

/// The highest of each rate in any group.
pub fn worst(groups: &[Group]) -> Vec<Worst> {
    let highest = |values: &mut dyn Iterator<Item = Option<f64>>| values.flatten().reduce(f64::max);
    (0..3)
        .filter_map(|place| {
            let name = ["single", "fused", "login"][place];
            let rates: Vec<&Rates> = groups
                .iter()
                .filter_map(|group| group.protocols()[place].1)
                .collect();
            let first = rates.first()?;
            let fnmr_at = (0..first.at.len()).map(|at| {
                // Of a group with too few tries nothing is known, and so not which is the worst.
                let known = rates.iter().all(|rates| rates.told(at));
                highest(
                    &mut rates
                        .iter()
                        .map(|rates| rates.at[at].fnmr.value.filter(|_| known)),
                )
            });
            let levels = first.levels.iter().enumerate().map(|(level, named)| WorstLevel {
                name: named.name.clone(),
                fmr: highest(&mut rates.iter().map(|rates| rates.levels[level].fmr.value)),
                fmr_high: highest(&mut rates.iter().map(|rates| rates.levels[level].fmr.high)),
                fnmr: highest(&mut rates.iter().map(|rates| rates.levels[level].fnmr.value)),
            });
            Some(Worst {
                protocol: name,
                eer: highest(&mut rates.iter().map(|rates| rates.eer.value)),
                fnmr_at: fnmr_at.collect(),
                levels: levels.collect(),
            })
        })
        .collect()
}
