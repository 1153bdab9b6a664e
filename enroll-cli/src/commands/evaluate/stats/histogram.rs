//! How often each score came up, in bins of one width.

/// The lowest edge: below any score (a distance less what is to be expected).
const START: f32 = -1.0;
/// The width of a bin.
pub const WIDTH: f32 = 0.005;
/// Up to a distance of 2, the diameter of the sphere that normalised encodings lie on.
const BINS: usize = 600;

/// Counts. What lies beyond an end is counted in the bin at that end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram(Vec<u64>);

impl Default for Histogram {
    fn default() -> Self {
        Self(vec![0; BINS])
    }
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, score: f32) {
        // `as` takes what is below to 0.
        let bin = ((score - START) / WIDTH) as usize;
        self.0[bin.min(BINS - 1)] += 1;
    }

    /// Counts all of another.
    pub fn merge(&mut self, other: &Self) {
        for (to, from) in self.0.iter_mut().zip(&other.0) {
            *to += from;
        }
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The bins' lower edges and counts.
    pub fn bins(&self) -> impl Iterator<Item = (f32, u64)> + '_ {
        self.0.iter().enumerate().map(|(bin, count)| (edge(bin), *count))
    }

    /// An upper edge with at least this share of all below it.
    pub fn edge_above(&self, share: f64) -> f32 {
        let wanted = share * self.total() as f64;
        let mut below = 0;
        for (bin, count) in self.0.iter().enumerate() {
            below += count;
            if below as f64 >= wanted {
                return if bin + 1 == BINS {
                    f32::INFINITY
                } else {
                    edge(bin + 1)
                };
            }
        }
        f32::INFINITY
    }

    /// Where this share of all lies below, to the middle of a bin; `None` of none.
    pub fn quantile(&self, share: f64) -> Option<f32> {
        let total = self.total();
        let mut below = 0;
        for (bin, count) in self.0.iter().enumerate() {
            below += count;
            if total > 0 && below as f64 >= share * total as f64 && below > 0 {
                return Some(edge(bin) + WIDTH / 2.0);
            }
        }
        None
    }
}

fn edge(bin: usize) -> f32 {
    START + bin as f32 * WIDTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_counted_where_they_lie_and_the_ends_hold_the_rest() {
        let mut histogram = Histogram::default();
        for score in [-9.0, 0.101, 0.102, 0.3, 9.0] {
            histogram.add(score);
        }
        assert_eq!(histogram.total(), 5);
        let filled: Vec<_> = histogram.bins().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled[0], (-1.0, 1));
        assert!((filled[1].0 - 0.1).abs() < 1e-4 && filled[1].1 == 2);
        assert_eq!(filled.last().unwrap().1, 1);
        let mut twice = histogram.clone();
        twice.merge(&histogram);
        assert_eq!(twice.total(), 10);
    }

    #[test]
    fn a_quantile_is_within_a_bin_and_an_edge_has_its_share_below() {
        let mut histogram = Histogram::default();
        for step in 0..1000 {
            histogram.add(step as f32 / 1000.0);
        }
        for share in [0.1_f64, 0.5, 0.9] {
            assert!((f64::from(histogram.quantile(share).unwrap()) - share).abs() < 0.006);
            let edge = histogram.edge_above(share);
            assert!(
                f64::from(edge) >= share - 1e-4 && f64::from(edge) < share + 0.011,
                "{edge}"
            );
        }
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(histogram.edge_above(2.0), f32::INFINITY);
    }
}
