//! What may be said of how near a face's nearest strangers lie, by a cohort of one kind or another.

use std::sync::Arc;

use facelogin_score::{Cohort, ENCODING_LEN, Encoding};

use super::averages::CEILING_PERCENT;
use super::groups::{Groups, Vector};
use super::lines::{Random, Result};

/// The distances at which an encoding's nearest strangers are expected.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub mean: f32,
    pub deviation: f32,
}

/// Says it of an encoding.
pub type Crowds = Box<dyn Fn(&Encoding) -> Crowd>;

/// The same of every face.
pub fn none() -> Crowds {
    Box::new(|_| Crowd {
        mean: 0.0,
        deviation: 1.0,
    })
}

/// As the daemon does.
pub fn averages(cohort: Arc<Cohort>) -> Crowds {
    Box::new(move |one| Crowd {
        mean: cohort.crowd(one),
        deviation: 1.0,
    })
}

/// By the distances to so many of these that are nearest; to at most what they are for all but one in a hundred of the `people` whom a
/// cohort may be of, as the daemon's are.
pub fn nearest(cohort: &[Vector], count: usize, people: &[Vector]) -> Result<Crowds> {
    let cohort: Vec<[f32; ENCODING_LEN]> = cohort.iter().map(|one| one.map(|value| value as f32)).collect();
    let open = move |one: &Encoding| {
        let squares = cohort.iter().map(|other| squared(other, one.as_slice()));
        // Nobody is a stranger to oneself.
        let mut squares: Vec<f32> = squares.filter(|square| *square > 1e-9).collect();
        let count = count.min(squares.len());
        if count < squares.len() {
            squares.select_nth_unstable_by(count, f32::total_cmp);
        }
        let near: Vec<f32> = squares[..count].iter().map(|square| square.sqrt()).collect();
        let mean = near.iter().sum::<f32>() / count as f32;
        let squares: f32 = near.iter().map(|one| (one - mean).powi(2)).sum();
        Crowd {
            mean,
            deviation: (squares / count as f32).sqrt(),
        }
    };
    let mut means = Vec::new();
    for one in people {
        means.push(open(&Encoding::try_from_f64(one)?).mean);
    }
    means.sort_by(f32::total_cmp);
    let ceiling = means[(means.len() - 1) * CEILING_PERCENT / 100];
    Ok(Box::new(move |one| {
        let crowd = open(one);
        Crowd {
            mean: crowd.mean.min(ceiling),
            ..crowd
        }
    }))
}

/// Each is of three people, in random shares, as far from the middle of all as people are.
pub fn mixtures(all: &[Vector], count: usize) -> Vec<Vector> {
    let mut random = Random(1);
    let middle = middle(all.iter());
    (0..count)
        .map(|_| {
            let three: [&Vector; 3] = std::array::from_fn(|_| &all[random.below(all.len())]);
            // Evenly among all shares that sum up to 1.
            let shares: [f64; 3] = std::array::from_fn(|_| -random.unit().ln());
            let sum: f64 = shares.iter().sum();
            let long = shares
                .iter()
                .map(|share| (share / sum).powi(2))
                .sum::<f64>()
                .sqrt();
            std::array::from_fn(|i| {
                let mixed = three.iter().zip(shares);
                let mixed = mixed.map(|(one, share)| share / sum * (one[i] - middle[i]));
                middle[i] + mixed.sum::<f64>() / long
            })
        })
        .collect()
}

/// Drawn from the normal distributions of groups of people, as many of each as there are people in it.
pub fn normal(all: &[Vector], groups: &Groups, count: usize) -> Vec<Vector> {
    let mut random = Random(1);
    let of = |place: usize| {
        let members = groups.members.iter().zip(all);
        let members: Vec<&Vector> = members
            .filter(|(member, _)| **member == place)
            .map(|(_, one)| one)
            .collect();
        (middle(members.iter().copied()), members)
    };
    let parts: Vec<(Vector, Vec<&Vector>)> = (0..groups.centres.len()).map(of).collect();
    (0..count)
        .map(|_| {
            let (middle, members) = &parts[groups.members[random.below(all.len())]];
            // What a sum of the members' deviations, each by a normal number of its own, has for its covariance is theirs.
            let mut drawn = [0f64; ENCODING_LEN];
            for member in members {
                let by = standard(&mut random) / (members.len() as f64).sqrt();
                for ((sum, value), middle) in drawn.iter_mut().zip(*member).zip(middle) {
                    *sum += by * (value - middle);
                }
            }
            std::array::from_fn(|i| middle[i] + drawn[i])
        })
        .collect()
}

/// From the standard normal distribution (Box and Muller).
fn standard(random: &mut Random) -> f64 {
    let far = (-2.0 * random.unit().ln()).sqrt();
    far * (std::f64::consts::TAU * random.unit()).cos()
}

fn middle<'a>(all: impl Iterator<Item = &'a Vector>) -> Vector {
    let (mut sum, mut count) = ([0f64; ENCODING_LEN], 0f64);
    for one in all {
        sum.iter_mut().zip(one).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    sum.map(|value| value / count)
}

/// In eight sums side by side: what the compiler makes vector instructions of.
fn squared(one: &[f32; ENCODING_LEN], other: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (a, b) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum()
}
