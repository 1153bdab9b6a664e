//! Attacks: how many pass for living faces, how many living faces do not, and how many attacks match the person they show.

use serde::Serialize;

use super::dataset::Data;
use super::faces::Shot;
use super::stats::bootstrap::Bootstrap;
use super::stats::rates::Estimate;

/// Where a threshold is not the daemon's own.
const SWEEP: [f32; 7] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// Presentations of one kind: the median over so many pictures in a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presented {
    /// How alive each looks, and whom it shows.
    pub scores: Vec<(f32, usize)>,
}

/// Attacks of one kind, or what living people look like.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Presentations {
    /// `live`, or the kind of attack.
    pub kind: String,
    /// People shown.
    pub people: usize,
    /// Presentations: the median of as many pictures in a row as a login fuses.
    pub presentations: usize,
    /// At each threshold, the share that is judged wrongly: attacks taken for living (APCER), living taken for attacks
    /// (BPCER).
    pub wrong: Vec<Wrong>,
    /// Presentations with a score in each twentieth of 0 to 1.
    pub bins: Vec<u32>,
    /// Of attacks, the share of logins that the levels would let in as the person shown, were liveness not asked.
    pub matched: Vec<Matched>,
}

/// The share judged wrongly at one threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wrong {
    /// Alive from here on.
    pub threshold: f32,
    /// Whether the daemon uses this one.
    pub daemons: bool,
    /// The share.
    pub rate: Estimate,
    /// How many.
    pub errors: usize,
}

/// Attacks that match.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matched {
    /// The level's name.
    pub level: String,
    /// The share of attacks that match.
    pub rate: Estimate,
    /// How many.
    pub matches: usize,
    /// Of how many.
    pub attacks: usize,
}

/// The presentations of a kind (`None`: living) in a group.
pub fn presented(data: &Data, shots: &[Shot], group: usize, kind: Option<usize>, fused: usize) -> Presented {
    let mine: Vec<&Shot> = shots
        .iter()
        .filter(|shot| {
            let picture = &data.pictures[shot.picture];
            picture.attack == kind && data.people[picture.person].group == group && shot.usable().is_some()
        })
        .collect();
    let of = |shot: &Shot| {
        let picture = &data.pictures[shot.picture];
        (picture.person, picture.session)
    };
    let mut scores = Vec::new();
    for run in mine.chunk_by(|a, b| of(a) == of(b)) {
        for window in run.chunks_exact(fused) {
            let live = window
                .iter()
                .filter_map(|shot| shot.usable().and_then(|good| good.live));
            if let Some(median) = median(live.collect()) {
                scores.push((median, of(run[0]).0));
            }
        }
    }
    Presented { scores }
}

/// The middle, the lower of two: a doubt is no proof of life.
fn median(mut scores: Vec<f32>) -> Option<f32> {
    scores.sort_unstable_by(f32::total_cmp);
    scores.get(scores.len().checked_sub(1)? / 2).copied()
}

impl Presented {
    /// The report of it. `living`: whether what looks alive is judged rightly.
    pub fn judged(
        &self,
        kind: &str,
        living: bool,
        threshold: Option<f32>,
        people: usize,
        bootstrap: Bootstrap,
    ) -> Presentations {
        let mut thresholds: Vec<f32> = SWEEP.into_iter().chain(threshold).collect();
        thresholds.sort_unstable_by(f32::total_cmp);
        thresholds.dedup();
        let scores = &self.scores;
        let mut all = vec![0; people];
        scores.iter().for_each(|(_, person)| all[*person] += 1);
        let wrong = thresholds.iter().map(|at| {
            let is_wrong = |score: f32| (score >= *at) != living;
            let (rate, errors) = share(scores, &all, is_wrong, bootstrap);
            Wrong {
                threshold: *at,
                daemons: Some(*at) == threshold,
                rate,
                errors,
            }
        });
        let mut bins = vec![0; 20];
        for (score, _) in scores {
            bins[((score * 20.0) as usize).min(19)] += 1;
        }
        Presentations {
            kind: kind.to_owned(),
            people: all.iter().filter(|count| **count > 0).count(),
            presentations: scores.len(),
            wrong: if scores.is_empty() {
                Vec::new()
            } else {
                wrong.collect()
            },
            bins,
            matched: Vec::new(),
        }
    }
}

/// Attacks that match the person they show, by the limit that lets each in.
pub fn matched(
    limits: &[(f32, u32)],
    levels: &[(String, f32)],
    people: usize,
    bootstrap: Bootstrap,
) -> Vec<Matched> {
    let scores: Vec<(f32, usize)> = limits
        .iter()
        .map(|(limit, person)| (*limit, *person as usize))
        .collect();
    let mut all = vec![0; people];
    scores.iter().for_each(|(_, person)| all[*person] += 1);
    let of = |(name, at): &(String, f32)| {
        let (rate, matches) = share(&scores, &all, |limit| limit <= *at, bootstrap);
        Matched {
            level: name.clone(),
            rate,
            matches,
            attacks: scores.len(),
        }
    };
    if scores.is_empty() {
        Vec::new()
    } else {
        levels.iter().map(of).collect()
    }
}

/// The share of the scores for which `counts`, and how many.
fn share(
    scores: &[(f32, usize)],
    all: &[u32],
    counts: impl Fn(f32) -> bool,
    bootstrap: Bootstrap,
) -> (Estimate, usize) {
    let mut part = vec![0; all.len()];
    for (_, person) in scores.iter().filter(|(score, _)| counts(*score)) {
        part[*person] += 1;
    }
    let errors = part.iter().map(|count| *count as usize).sum::<usize>();
    let people = all.iter().filter(|count| **count > 0).count() as u64;
    let draws = bootstrap.share(&part, all);
    let value = errors as f64 / scores.len() as f64;
    (Estimate::new(value, draws.into_iter(), people), errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_never_above_the_middle() {
        assert_eq!(median(vec![0.9, 0.1, 0.5]), Some(0.5));
        assert_eq!(median(vec![0.9, 0.1]), Some(0.1));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn attacks_err_by_looking_alive_and_people_by_not() {
        let presented = Presented {
            scores: vec![(0.1, 0), (0.95, 0), (0.65, 1), (0.2, 2)],
        };
        let bootstrap = Bootstrap { draws: 100, seed: 1 };
        let attacks = presented.judged("print", false, Some(0.62), 3, bootstrap);
        assert_eq!((attacks.people, attacks.presentations), (3, 4));
        let errors = |of: &Presentations| -> Vec<(f32, usize)> {
            of.wrong
                .iter()
                .map(|wrong| (wrong.threshold, wrong.errors))
                .collect()
        };
        assert_eq!(
            errors(&attacks),
            [
                (0.3, 2),
                (0.4, 2),
                (0.5, 2),
                (0.6, 2),
                (0.62, 2),
                (0.7, 1),
                (0.8, 1),
                (0.9, 1)
            ]
        );
        assert!(attacks.wrong[4].daemons && !attacks.wrong[3].daemons);
        assert_eq!(attacks.bins[19], 1);
        let living = presented.judged("live", true, None, 3, bootstrap);
        assert_eq!(errors(&living)[6], (0.9, 3));
        assert_eq!(living.wrong[0].rate.value, Some(0.5));

        let matched = matched(&[(0.3, 0), (0.5, 1)], &[("strict".into(), 0.3)], 2, bootstrap);
        assert_eq!((matched[0].matches, matched[0].attacks), (1, 2));
    }
}
