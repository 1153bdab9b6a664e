//! A cohort of averages: of groups of people only the averages are kept, and with what weights the distances to them tell how near a
//! person's nearest others lie.

use std::path::Path;

use facelogin_score::gates::{LOGIN, only_good_face};
use facelogin_score::{Cohort, CohortInfo, ENCODING_LEN, Encoding, EngineId, Made};
use sha2::{Digest, Sha256};

use super::groups::{Groups, Parting, Vector, distance};
use super::lines::{Result, of_the_cohort, people};
use super::ridge;

/// How the people are parted for the cohort that is built in. See docs/accuracy.md for what other numbers bring.
pub const PARTING: Parting = Parting {
    groups: 30,
    least: 15,
    start: 1,
};
/// A person's nearest others, whose mean distance is explained.
pub const NEIGHBOURS: usize = 5;
/// What large weights cost.
const RIDGE: f64 = 0.1;
/// The percentile of the people's crowds beyond which nobody gets more allowance.
pub const CEILING_PERCENT: usize = 99;

/// One encoding of each person whom a cohort may be made of.
pub fn people_of_the_cohort(file: &Path, engine: &EngineId) -> Result<Vec<Vector>> {
    let mut all = Vec::new();
    for (person, pictures) in people(file, engine)? {
        if !of_the_cohort(&person, pictures.len()) {
            continue;
        }
        let mut good = pictures
            .iter()
            .filter_map(|picture| only_good_face(&picture.faces, &LOGIN).ok());
        if let Some(face) = good.next() {
            all.push(std::array::from_fn(|i| f64::from(face.encoding.as_slice()[i])));
        }
    }
    Ok(all)
}

/// What became of these people.
pub struct Averaged {
    pub info: CohortInfo,
    /// The averages, as [`Cohort::read`] takes them.
    pub bytes: Vec<u8>,
    /// How many people each is of.
    pub sizes: Vec<usize>,
    /// How near the nearest person lies to an average.
    pub nearest: f64,
    /// How far a person's nearest others lie, in the mean of all.
    pub near: f64,
    /// How much of its variance is explained.
    pub explained: f64,
    /// What is expected of each person, ascending.
    pub crowds: Vec<f32>,
}

impl Averaged {
    pub fn of(all: &[Vector], parting: Parting, engine: &EngineId, made: Made) -> Result<Self> {
        if all.len() < parting.groups * parting.least {
            return Err(format!(
                "only {} people: too few for {} groups of {}",
                all.len(),
                parting.groups,
                parting.least
            )
            .into());
        }
        let groups = Groups::of(all, parting);
        let mut sizes = groups.sizes();
        sizes.sort_unstable();
        let apart = groups
            .centres
            .iter()
            .flat_map(|centre| all.iter().map(|one| distance(one, centre)));
        let nearest = apart.fold(f64::MAX, f64::min);
        let (scale, bytes, centres) = coarse(&groups.centres);
        let near: Vec<f64> = all.iter().map(|one| nearest_others(one, all)).collect();
        let features: Vec<Vec<f64>> = all
            .iter()
            .map(|one| centres.iter().map(|centre| distance(one, centre)).collect())
            .collect();
        let (offset, weights) = ridge::fit(&features, &near, RIDGE)?;
        let mut info = CohortInfo {
            engine: engine.name.clone(),
            model: engine.model.clone(),
            scale,
            offset: rounded(offset),
            weights: weights.into_iter().map(rounded).collect(),
            // Nothing is cut off until it is known.
            ceiling: 2.0,
            sha256: Sha256::digest(&bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            made,
        };
        let open = Cohort::read(&toml::to_string(&info)?, &bytes)?;
        let mut crowds = Vec::new();
        for one in all {
            crowds.push(open.crowd(&Encoding::try_from_f64(one)?));
        }
        let explained = explained(&crowds, &near);
        crowds.sort_by(f32::total_cmp);
        info.ceiling = rounded(f64::from(crowds[(crowds.len() - 1) * CEILING_PERCENT / 100]));
        Ok(Self {
            info,
            bytes,
            sizes,
            nearest,
            near: near.iter().sum::<f64>() / near.len() as f64,
            explained,
            crowds,
        })
    }

    /// As it is written to a file, which can be read.
    pub fn description(&self) -> Result<String> {
        let text = toml::to_string(&self.info)?;
        Cohort::read(&text, &self.bytes)?;
        Ok(text)
    }
}

/// What a byte is multiplied by, the averages as bytes, and as they will be read.
fn coarse(centres: &[Vector]) -> (f32, Vec<u8>, Vec<Vector>) {
    let largest = centres
        .iter()
        .flatten()
        .fold(0f64, |most, value| most.max(value.abs()));
    let scale = (largest / 127.0) as f32;
    let bytes: Vec<u8> = centres
        .iter()
        .flatten()
        .map(|value| ((value / f64::from(scale)).round() as i8).cast_unsigned())
        .collect();
    let centres = bytes
        .as_chunks::<ENCODING_LEN>()
        .0
        .iter()
        .map(|row| row.map(|byte| f64::from(byte.cast_signed()) * f64::from(scale)))
        .collect();
    (scale, bytes, centres)
}

/// To what a person can read.
fn rounded(value: f64) -> f32 {
    ((value * 10_000.0).round() / 10_000.0) as f32
}

/// The mean distance of a person to the nearest others.
fn nearest_others(one: &Vector, all: &[Vector]) -> f64 {
    let mut distances: Vec<f64> = all.iter().map(|other| distance(one, other)).collect();
    distances.sort_by(f64::total_cmp);
    // The first is the person.
    distances[1..=NEIGHBOURS].iter().sum::<f64>() / NEIGHBOURS as f64
}

/// How much of the variance among people is explained.
fn explained(crowds: &[f32], near: &[f64]) -> f64 {
    let mean = near.iter().sum::<f64>() / near.len() as f64;
    let variance: f64 = near.iter().map(|value| (value - mean).powi(2)).sum();
    let left: f64 = near
        .iter()
        .zip(crowds)
        .map(|(value, crowd)| (value - f64::from(*crowd)).powi(2))
        .sum();
    1.0 - left / variance
}
