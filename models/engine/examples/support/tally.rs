//! What became of faces in another light, and how sure it is: people are drawn anew.

use std::collections::BTreeMap;

use facelogin_engine::Encoding;

use crate::draws::{DRAWS, drawn, interval};

/// How near strangers are counted.
const NEAR: f32 = 0.40;

/// A face in full light, and whose it is.
pub struct Original {
    pub person: usize,
    pub encoding: Encoding,
}

/// The same faces in one light.
#[derive(Default)]
pub struct Tally {
    /// Whose, and how far from itself where it was found.
    faces: Vec<(usize, Option<f32>)>,
    /// Of a face's person and another's: comparisons, and those near.
    strangers: BTreeMap<(usize, usize), (u32, u32)>,
}

impl Tally {
    pub fn take<'a>(
        &mut self,
        original: &Original,
        all: impl Iterator<Item = &'a Original>,
        encoding: Option<&Encoding>,
    ) {
        let own = encoding.map(|encoding| encoding.distance(&original.encoding));
        self.faces.push((original.person, own));
        let Some(encoding) = encoding else { return };
        for other in all.filter(|other| other.person != original.person) {
            let pair = (original.person, other.person);
            let (tries, near) = self.strangers.entry(pair).or_default();
            *tries += 1;
            *near += u32::from(encoding.distance(&other.encoding) <= NEAR);
        }
    }

    /// The share found; the distance from itself, median and 95th percentile; the share of other people near. Each with 95 % of what it
    /// is by people drawn anew.
    pub fn line(&self) -> String {
        let percent = |share: f64| 100.0 * share;
        format!(
            "found {}  itself {} 95th {}  others {}",
            self.figure(0, percent, |weight| self.found(weight)),
            self.figure(2, |far| far, |weight| self.far(weight, 0.5)),
            self.figure(2, |far| far, |weight| self.far(weight, 0.95)),
            self.figure(2, percent, |weight| self.near(weight)),
        )
    }

    /// A figure with so many decimals.
    fn figure(&self, decimals: usize, unit: fn(f64) -> f64, of: impl Fn(&[u32]) -> f64) -> String {
        let people = self.faces.iter().map(|(person, _)| *person);
        let everybody = vec![1; people.clone().max().map_or(0, |last| last + 1)];
        let (low, high) = interval(drawn(people, DRAWS, &of)).unwrap_or((f64::NAN, f64::NAN));
        let [figure, low, high] = [of(&everybody), low, high].map(unit);
        format!("{figure:.decimals$} ({low:.decimals$} to {high:.decimals$})")
    }

    fn found(&self, weight: &[u32]) -> f64 {
        let count = |faces: &mut dyn Iterator<Item = &(usize, Option<f32>)>| {
            faces.map(|(person, _)| weight[*person]).sum::<u32>()
        };
        let found = count(&mut self.faces.iter().filter(|(_, own)| own.is_some()));
        f64::from(found) / f64::from(count(&mut self.faces.iter()))
    }

    /// The distance that this share of those found lie within; not a number of none.
    fn far(&self, weight: &[u32], share: f64) -> f64 {
        let own = self
            .faces
            .iter()
            .filter_map(|(person, own)| Some((*person, (*own)?)));
        let mut own: Vec<(usize, f32)> = own.collect();
        own.sort_by(|a, b| a.1.total_cmp(&b.1));
        let all: u32 = own.iter().map(|(person, _)| weight[*person]).sum();
        let mut within = 0;
        let reached = own.iter().find(|(person, _)| {
            within += weight[*person];
            f64::from(within) > share * f64::from(all)
        });
        reached.map_or(f64::NAN, |(_, far)| f64::from(*far))
    }

    fn near(&self, weight: &[u32]) -> f64 {
        let (mut all, mut near) = (0.0, 0.0);
        for ((one, other), counts) in &self.strangers {
            let weight = f64::from(weight[*one] * weight[*other]);
            all += weight * f64::from(counts.0);
            near += weight * f64::from(counts.1);
        }
        near / all
    }
}
