//! Groups of people whose encodings lie together (k-means), and the averages of these groups.

use facelogin_score::ENCODING_LEN;

use super::lines::Random;

pub type Vector = [f64; ENCODING_LEN];

/// Times that averages and members are found anew.
const ROUNDS: usize = 50;

/// How people are parted.
#[derive(Clone, Copy)]
pub struct Parting {
    /// Groups to begin with.
    pub groups: usize,
    /// A group of fewer people is dissolved.
    pub least: usize,
    /// Where the random numbers begin, and so the averages.
    pub start: u64,
}

/// Groups of people.
pub struct Groups {
    pub centres: Vec<Vector>,
    /// Of each person the place of the nearest centre.
    pub members: Vec<usize>,
}

impl Groups {
    pub fn of(all: &[Vector], parting: Parting) -> Self {
        let mut centres = beginnings(all, parting);
        loop {
            let mut members = vec![0; all.len()];
            for _ in 0..ROUNDS {
                for (member, one) in members.iter_mut().zip(all) {
                    *member = nearest(one, &centres);
                }
                for (place, centre) in centres.iter_mut().enumerate() {
                    let group = all.iter().zip(&members).filter(|(_, member)| **member == place);
                    let (mut sum, mut count) = ([0f64; ENCODING_LEN], 0f64);
                    for (one, _) in group {
                        sum.iter_mut().zip(one).for_each(|(sum, value)| *sum += value);
                        count += 1.0;
                    }
                    if count > 0.0 {
                        *centre = sum.map(|value| value / count);
                    }
                }
            }
            // Counted with the members of which the averages are.
            let groups = Self { centres, members };
            let sizes = groups.sizes();
            let smallest = (0..sizes.len()).min_by_key(|place| sizes[*place]);
            match smallest {
                Some(smallest) if sizes[smallest] < parting.least => {
                    centres = groups.centres;
                    centres.swap_remove(smallest);
                }
                _ => return groups,
            }
        }
    }

    /// How many people each is of.
    pub fn sizes(&self) -> Vec<usize> {
        let size = |place: usize| self.members.iter().filter(|member| **member == place).count();
        (0..self.centres.len()).map(size).collect()
    }
}

/// Euclidean.
pub fn distance(one: &Vector, other: &Vector) -> f64 {
    one.iter()
        .zip(other)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

/// Beginnings that lie apart (k-means++).
fn beginnings(all: &[Vector], parting: Parting) -> Vec<Vector> {
    let mut random = Random(parting.start);
    let mut centres = vec![all[random.below(all.len())]];
    while centres.len() < parting.groups {
        let squares: Vec<f64> = all
            .iter()
            .map(|one| distance(one, &centres[nearest(one, &centres)]).powi(2))
            .collect();
        let mut left = random.unit() * squares.iter().sum::<f64>();
        let chosen = squares.iter().position(|square| {
            left -= square;
            left <= 0.0
        });
        centres.push(all[chosen.unwrap_or(all.len() - 1)]);
    }
    centres
}

fn nearest(one: &Vector, centres: &[Vector]) -> usize {
    (0..centres.len())
        .min_by(|a, b| distance(one, &centres[*a]).total_cmp(&distance(one, &centres[*b])))
        .unwrap_or(0)
}
