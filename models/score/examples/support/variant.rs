//! Other ways to fuse pictures and to normalise distances than the daemon's.

use facelogin_score::{Comparer, ENCODING_LEN, Encoding, Quality};

use super::crowds::{Crowd, Crowds};
use super::logins::{Usable, Way};

/// How pictures are made one.
#[derive(Clone, Copy)]
pub enum Fusion {
    Mean,
    /// By what the pictures of it count.
    Weighted(fn(&Quality) -> f64),
    /// The mean, scaled back to this length.
    Long(f64),
    /// Not at all: the nearest counts. Of templates alone.
    Nearest,
}

/// How a distance becomes a score.
#[derive(Clone, Copy)]
pub enum Normalised {
    /// Less so many times what is expected.
    Mean(f32),
    /// In deviations of what is expected, and those taken for so much of a distance.
    Deviations(f32),
}

/// A way to compare.
pub struct Variant {
    pub crowds: Crowds,
    pub normalised: Normalised,
    pub template: Fusion,
    pub probe: Fusion,
    pub slack: f32,
}

/// Pictures made one.
pub struct Point {
    mean: Encoding,
    crowd: Crowd,
}

impl Variant {
    /// The daemon's way, but with these.
    pub fn with(crowds: Crowds, comparer: &Comparer) -> Self {
        Self {
            crowds,
            normalised: Normalised::Mean(1.0),
            template: Fusion::Mean,
            probe: Fusion::Mean,
            slack: comparer.single_slack(),
        }
    }

    /// In deviations, of which the middle one of these people's is taken for itself.
    pub fn in_deviations(mut self, people: &[Encoding]) -> Self {
        let mut deviations: Vec<f32> = people.iter().map(|one| (self.crowds)(one).deviation).collect();
        deviations.sort_by(f32::total_cmp);
        self.normalised = Normalised::Deviations(deviations[deviations.len() / 2]);
        self
    }

    fn point(&self, mean: Encoding) -> Point {
        let crowd = (self.crowds)(&mean);
        Point { mean, crowd }
    }

    fn fuse(&self, fusion: Fusion, pictures: &[&Usable]) -> Option<Point> {
        let all: Vec<&Encoding> = pictures.iter().map(|one| &one.encoding).collect();
        let mean = match fusion {
            Fusion::Mean | Fusion::Nearest => Encoding::mean(&all)?,
            Fusion::Long(length) => {
                let mean = Encoding::mean(&all)?;
                let values: Vec<f64> = mean.as_slice().iter().map(|value| f64::from(*value)).collect();
                let own = values.iter().map(|value| value * value).sum::<f64>().sqrt();
                let scaled: Vec<f64> = values.iter().map(|value| value / own * length).collect();
                Encoding::try_from_f64(&scaled).ok()?
            }
            Fusion::Weighted(weight) => {
                let weights: Vec<f64> = pictures.iter().map(|one| weight(&one.quality)).collect();
                let sum: f64 = weights.iter().sum();
                let value = |i: usize| {
                    let parts = all.iter().zip(&weights);
                    parts
                        .map(|(one, weight)| f64::from(one.as_slice()[i]) * weight)
                        .sum::<f64>()
                        / sum
                };
                Encoding::try_from_f64(&std::array::from_fn::<f64, ENCODING_LEN, _>(value)).ok()?
            }
        };
        Some(self.point(mean))
    }
}

impl Way for Variant {
    type Point = Point;

    fn template(&self, pictures: &[&Usable]) -> Vec<Point> {
        match self.template {
            Fusion::Nearest => pictures
                .iter()
                .map(|one| self.point(one.encoding.clone()))
                .collect(),
            fusion => self.fuse(fusion, pictures).into_iter().collect(),
        }
    }

    fn probe(&self, pictures: &[&Usable]) -> Option<Point> {
        self.fuse(self.probe, pictures)
    }

    fn apart(&self, template: &Point, probe: &Point) -> f32 {
        let distance = template.mean.distance(&probe.mean);
        match self.normalised {
            Normalised::Mean(times) => distance - times * (template.crowd.mean + probe.crowd.mean) / 2.0,
            Normalised::Deviations(usual) => {
                let of = |crowd: Crowd| (distance - crowd.mean) / crowd.deviation;
                usual * (of(template.crowd) + of(probe.crowd)) / 2.0
            }
        }
    }

    fn slack(&self) -> f32 {
        self.slack
    }
}
