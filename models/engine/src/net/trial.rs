//! One input that looks like nothing, on which two ways of running a network are held against each other.

use std::ops::RangeInclusive;

use super::Output;

/// What a network is given.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// As its file says: pictures, channels, height, width.
    pub(crate) shape: [usize; 4],
    /// That of the trial; another where the network takes several and its file names one of the larger.
    pub(crate) tried: [usize; 4],
    /// The least and the largest number that comes in it.
    pub(crate) levels: RangeInclusive<f32>,
}

impl Input {
    /// Of this shape and no other.
    pub(crate) fn of(shape: [usize; 4], levels: RangeInclusive<f32>) -> Self {
        Self {
            shape,
            tried: shape,
            levels,
        }
    }

    /// As many numbers of those levels as the trial takes: noise, always the same.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(super) fn noise(&self) -> Vec<f32> {
        let (low, high) = (*self.levels.start(), *self.levels.end());
        noise(self.tried.iter().product(), 1)
            .iter()
            .map(|number| low + (high - low) * (number + 1.0) / 2.0)
            .collect()
    }
}

/// Numbers without a pattern, -1 to 1 (the linear congruential generator of Numerical Recipes, its upper 24 bits).
pub(super) fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// The largest difference between the numbers of two answers, as a share of the largest number in the second of the
/// output that it is in. `None`: the outputs are not called the same, or not of the same shapes, or not all finite.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) fn difference(ours: &[Output], theirs: &[Output]) -> Option<f32> {
    if ours.len() != theirs.len() {
        return None;
    }
    let mut worst = 0.0_f32;
    for (ours, theirs) in ours.iter().zip(theirs) {
        let alike =
            (&ours.name, &ours.shape, ours.data.len()) == (&theirs.name, &theirs.shape, theirs.data.len());
        let mut numbers = ours.data.iter().chain(&theirs.data);
        if !alike || !numbers.all(|number| number.is_finite()) {
            return None;
        }
        // All are finite, so `max` loses none.
        let largest = theirs.data.iter().map(|number| number.abs()).fold(0.0, f32::max);
        let pairs = ours.data.iter().zip(&theirs.data);
        let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        if apart > 0.0 {
            worst = worst.max(apart / largest);
        }
    }
    Some(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, data: &[f32]) -> Output {
        Output {
            name: name.to_owned(),
            shape: vec![1, data.len()],
            data: data.to_vec(),
        }
    }

    #[test]
    fn the_largest_difference_is_told_and_what_cannot_be_compared_is_not() {
        let all = [output("a", &[0.0, 0.0]), output("b", &[1.0, -10.0])];
        assert_eq!(difference(&all, &all), Some(0.0));
        let other = [all[0].clone(), output("b", &[1.5, -10.0])];
        assert_eq!(difference(&other, &all), Some(0.05));
        // Nothing is a share of nothing.
        let other = [output("a", &[0.0, 1e-30]), all[1].clone()];
        assert_eq!(difference(&other, &all), Some(f32::INFINITY));
        for unlike in [
            output("c", &[1.0, -10.0]),
            output("b", &[1.0, -10.0, 0.0]),
            output("b", &[1.0, f32::NAN]),
            output("b", &[f32::INFINITY, -10.0]),
            Output {
                shape: vec![2, 1],
                ..all[1].clone()
            },
            Output {
                data: vec![1.0],
                ..all[1].clone()
            },
        ] {
            let other = [all[0].clone(), unlike];
            assert_eq!(difference(&other, &all), None, "{other:?}");
            assert_eq!(difference(&all, &other), None, "{other:?}");
        }
        assert_eq!(difference(&all[..1], &all), None);
    }

    #[test]
    fn the_trial_is_of_the_levels_that_come() {
        let noise = Input::of([1, 3, 8, 8], 0.0..=255.0).noise();
        assert_eq!(noise.len(), 3 * 8 * 8);
        assert!(noise.iter().all(|level| (0.0..=255.0).contains(level)));
        assert!(noise.iter().any(|level| *level < 16.0) && noise.iter().any(|level| *level > 240.0));
    }
}
