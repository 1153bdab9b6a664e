//! People drawn anew: how sure a figure is that so few of them make.

use std::collections::BTreeSet;

use super::lines::Random;

/// Times that people are drawn anew.
pub const DRAWS: usize = 2000;

/// What `of` says of each of so many draws of as many people as these, with replacement: it is given how often each is in it, by
/// their numbers. The draws are the same whenever the people are.
pub fn drawn<T>(
    people: impl IntoIterator<Item = usize>,
    draws: usize,
    mut of: impl FnMut(&[u32]) -> T,
) -> Vec<T> {
    let people: Vec<usize> = people.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let numbers = people.last().map_or(0, |last| last + 1);
    let mut random = Random(2);
    (0..draws)
        .map(|_| {
            let mut weight = vec![0u32; numbers];
            for _ in &people {
                weight[people[random.below(people.len())]] += 1;
            }
            of(&weight)
        })
        .collect()
}

/// Where 95 % of these figures lie; what is not finite (nobody was drawn of whom there is a figure) is left out. `None`
/// of none.
pub fn interval(figures: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let mut figures: Vec<f64> = figures.into_iter().filter(|figure| figure.is_finite()).collect();
    figures.sort_by(f64::total_cmp);
    let last = figures.len().checked_sub(1)?;
    Some((figures[last * 25 / 1000], figures[last * 975 / 1000]))
}
