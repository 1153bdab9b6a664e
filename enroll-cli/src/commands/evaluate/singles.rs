//! Every picture against every other: millions of comparisons, on all cores, by the daemon's own comparer.

use facelogin_score::{Comparer, Comparison, Fused};

use super::encoder::Measure;
use super::stats::histogram::{Histogram, WIDTH};
use super::stats::threads;
use super::stats::trials::{Parts, Trials, Tries};

/// A face and whose it is.
pub struct Single<'a> {
    /// Among all people.
    pub person: u32,
    /// The face.
    pub face: &'a Fused,
}

/// At least this share of the impostor tries, the nearest, is kept one by one: ten times the largest rate that is told.
const KEPT: f64 = 0.01;

/// What is compared by.
pub fn measure(by: Measure, comparison: Comparison) -> f32 {
    match by {
        Measure::Distance => comparison.distance,
        Measure::Score => comparison.score,
    }
}

/// All pairs of `singles`; `people` is the number of people there are in all, `beyond` a score up to which impostor
/// tries are wanted one by one in any case.
pub fn trials(
    singles: &[Single<'_>],
    people: usize,
    comparer: &Comparer,
    by: Measure,
    beyond: f32,
) -> Trials {
    let rows: Vec<usize> = (0..threads::cores()).collect();
    // Row i has as many pairs as there are faces after it: dealt out in turn, every core gets as much.
    let pairs = |first: usize, each: &mut dyn FnMut(f32, &Single<'_>, &Single<'_>)| {
        for (row, one) in singles.iter().enumerate().skip(first).step_by(rows.len()) {
            for other in &singles[row + 1..] {
                each(measure(by, comparer.compare(one.face, other.face)), one, other);
            }
        }
    };
    let counted = threads::map(&rows, |first| {
        let (mut impostors, mut genuine) = (Histogram::default(), Vec::new());
        pairs(*first, &mut |score, one, other| {
            if one.person == other.person {
                genuine.push((score, one.person, other.person));
            } else {
                impostors.add(score);
            }
        });
        (impostors, genuine)
    });
    let (mut impostor_histogram, mut genuine) = (Histogram::default(), Vec::new());
    for (histogram, tries) in counted {
        impostor_histogram.merge(&histogram);
        genuine.extend(tries);
    }
    let genuine = Tries::sorted(genuine);
    let crossing = crossing(&genuine, &impostor_histogram);
    let known_to = impostor_histogram
        .edge_above(KEPT)
        .max(crossing + 0.03)
        .max(beyond);
    let nearest = threads::map(&rows, |first| {
        let mut tries = Vec::new();
        pairs(*first, &mut |score, one, other| {
            if one.person != other.person && score <= known_to {
                tries.push((score, one.person, other.person));
            }
        });
        tries
    });
    let mut taken = vec![0; people];
    for single in singles {
        taken[single.person as usize] += 1;
    }
    Trials {
        genuine,
        impostors: Tries::sorted(nearest.into_iter().flatten().collect()),
        known_to,
        impostor_histogram,
        parts: Parts {
            templates: taken.clone(),
            probes: taken,
            symmetric: true,
        },
    }
}

/// Where false matches become as many as false non-matches, to a bin.
fn crossing(genuine: &Tries, impostors: &Histogram) -> f32 {
    let total = impostors.total() as f64;
    let mut matched = 0;
    for (edge, count) in impostors.bins() {
        matched += count;
        let limit = edge + WIDTH;
        let refused = genuine.scores().len() - genuine.scores().partition_point(|score| *score <= limit);
        if matched as f64 / total >= refused as f64 / genuine.len().max(1) as f64
            && refused < genuine.len().max(1)
        {
            return limit;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use facelogin_score::{ENCODING_LEN, Encoding, EngineId};

    use super::*;

    #[test]
    fn every_pair_is_tried_once_and_the_nearest_are_kept() {
        let comparer = Comparer::of(&EngineId {
            name: "none".into(),
            model: "none".into(),
        });
        // People on a line, a step of 0.1 each; two pictures of each, 0.01 apart.
        let faces: Vec<(u32, Fused)> = (0..40)
            .map(|n| {
                let mut values = [0.0; ENCODING_LEN];
                values[0] = (n / 2) as f32 * 0.1 + (n % 2) as f32 * 0.01;
                let encoding = Encoding::try_from_slice(&values).unwrap();
                (n / 2, comparer.fuse(&[&encoding]).unwrap())
            })
            .collect();
        let singles: Vec<_> = faces
            .iter()
            .map(|(person, face)| Single {
                person: *person,
                face,
            })
            .collect();
        let trials = trials(&singles, 20, &comparer, Measure::Distance, 0.3);
        assert_eq!(trials.genuine.len(), 20);
        assert_eq!(trials.impostor_histogram.total(), 40 * 39 / 2 - 20);
        assert_eq!(trials.impostor_total(|_| 1), (40.0 * 39.0 / 2.0) - 20.0);
        // Neighbours (at 0.09 to 0.11), next but one, and those at 0.29 and 0.3 of the next.
        let near = trials.impostors.scores();
        assert!(near.len() >= 19 * 4 + 18 * 4 && near.iter().all(|score| *score <= 0.301));
        assert_eq!(trials.known_to, 0.3);
        assert_eq!(trials.people_pairs(), 190);
    }
}
