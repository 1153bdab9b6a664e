//! Makes a cohort: averages of groups of people, and what the distances to them tell about the nearest strangers.
//!
//! ```text
//! find DIR -name '*.jpg' | facelogind encode > LINES.jsonl
//! cargo run --release -p facelogin-score --example cohort -- ENGINE MODEL LINES.jsonl SOURCE OUT
//! ```
//!
//! ENGINE and MODEL are what `facelogin-enroll status --json` calls them, SOURCE is a few words on whose pictures they are. Writes
//! OUT.i8 and OUT.toml.
//!
//! One encoding of each person counts. They are parted into groups that lie together (k-means), and of each group only the average
//! is kept: nobody can be told from the others of a group. How far each person's nearest others lie is then explained by the
//! distances to these averages (ridge regression). It prints how well, how large the groups are and how near the averages come to people;
//! no names.
#![allow(clippy::print_stdout)]

// Each example has its own use for it.
#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;
#[path = "support/ridge.rs"]
mod ridge;

use std::fs;
use std::path::Path;

use facelogin_score::gates::{LOGIN, only_good_face};
use facelogin_score::{Cohort, CohortInfo, ENCODING_LEN, Encoding, EngineId, Made};
use lines::{Random, Result, of_the_cohort, people};
use sha2::{Digest, Sha256};

/// Groups to begin with. See docs/accuracy.md for what other numbers bring.
const GROUPS: usize = 30;
/// A group of fewer people is dissolved.
const LEAST: usize = 15;
/// A person's nearest others, whose mean distance is explained.
const NEIGHBOURS: usize = 5;
/// What large weights cost.
const RIDGE: f64 = 0.1;
/// The percentile of the people's crowds beyond which nobody gets more allowance.
const CEILING_PERCENT: usize = 99;
/// Times that averages and members are found anew.
const ROUNDS: usize = 50;

type Vector = [f64; ENCODING_LEN];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, model, file, source, out] = args.as_slice() else {
        return Err("usage: cohort ENGINE MODEL LINES.jsonl SOURCE OUT".into());
    };
    let id = EngineId {
        name: engine.clone(),
        model: model.clone(),
    };
    let mut all: Vec<Vector> = Vec::new();
    for (person, pictures) in people(Path::new(file), &id)? {
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
    if all.len() < GROUPS * LEAST {
        return Err(format!(
            "only {} people: too few for {GROUPS} groups of {LEAST}",
            all.len()
        )
        .into());
    }
    let centres = groups(&all);
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
    // As they will be read.
    let centres: Vec<Vector> = bytes
        .as_chunks::<ENCODING_LEN>()
        .0
        .iter()
        .map(|row| row.map(|byte| f64::from(byte.cast_signed()) * f64::from(scale)))
        .collect();
    let near: Vec<f64> = all.iter().map(|one| nearest_others(one, &all)).collect();
    let features: Vec<Vec<f64>> = all
        .iter()
        .map(|one| centres.iter().map(|centre| distance(one, centre)).collect())
        .collect();
    let (offset, weights) = ridge::fit(&features, &near, RIDGE)?;
    let mut info = CohortInfo {
        engine: engine.clone(),
        model: model.clone(),
        scale,
        offset: rounded(offset),
        weights: weights.into_iter().map(rounded).collect(),
        // Nothing is cut off until it is known.
        ceiling: 2.0,
        sha256: Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        made: Made {
            command: format!(
                "cargo run --release -p facelogin-score --example cohort -- {engine} {model} LINES.jsonl '{source}' OUT"
            ),
            source: format!("{source}: one encoding each of {} people", all.len()),
        },
    };
    let open = Cohort::read(&toml::to_string(&info)?, &bytes)?;
    let mut crowds = Vec::new();
    for one in &all {
        crowds.push(open.crowd(&Encoding::try_from_f64(one)?));
    }
    explains(&crowds, &near);
    crowds.sort_by(f32::total_cmp);
    let at = |percent: usize| crowds[(crowds.len() - 1) * percent / 100];
    info.ceiling = rounded(f64::from(at(CEILING_PERCENT)));
    println!(
        "crowd of the people: least {:.3}, median {:.3}, most {:.3}",
        at(0),
        at(50),
        at(100)
    );
    let text = toml::to_string(&info)?;
    Cohort::read(&text, &bytes)?;
    fs::write(format!("{out}.i8"), &bytes)?;
    fs::write(format!("{out}.toml"), &text)?;
    Ok(())
}

/// To what a person can read.
fn rounded(value: f64) -> f32 {
    ((value * 10_000.0).round() / 10_000.0) as f32
}

/// The averages of groups of at least [`LEAST`] people.
fn groups(all: &[Vector]) -> Vec<Vector> {
    let mut centres = spread(all);
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
        let size = |place: usize| members.iter().filter(|member| **member == place).count();
        let smallest = (0..centres.len()).min_by_key(|place| size(*place));
        if let Some(smallest) = smallest
            && size(smallest) < LEAST
        {
            centres.swap_remove(smallest);
            continue;
        }
        let mut sizes: Vec<usize> = (0..centres.len()).map(size).collect();
        sizes.sort_unstable();
        let distances = centres.iter().map(|centre| {
            all.iter()
                .map(|one| distance(one, centre))
                .fold(f64::MAX, f64::min)
        });
        println!(
            "{} people in {} groups of {sizes:?}; nearest person to an average: {:.3}",
            all.len(),
            centres.len(),
            distances.fold(f64::MAX, f64::min)
        );
        return centres;
    }
}

/// Beginnings that lie apart (k-means++).
fn spread(all: &[Vector]) -> Vec<Vector> {
    let mut random = Random(1);
    let mut centres = vec![all[random.below(all.len())]];
    while centres.len() < GROUPS {
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

/// The mean distance of a person to the nearest others.
fn nearest_others(one: &Vector, all: &[Vector]) -> f64 {
    let mut distances: Vec<f64> = all.iter().map(|other| distance(one, other)).collect();
    distances.sort_by(f64::total_cmp);
    // The first is the person.
    distances[1..=NEIGHBOURS].iter().sum::<f64>() / NEIGHBOURS as f64
}

fn distance(one: &Vector, other: &Vector) -> f64 {
    one.iter()
        .zip(other)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

/// Prints how much of the variance among people is explained.
fn explains(crowds: &[f32], near: &[f64]) {
    let mean = near.iter().sum::<f64>() / near.len() as f64;
    let variance: f64 = near.iter().map(|value| (value - mean).powi(2)).sum();
    let left: f64 = near
        .iter()
        .zip(crowds)
        .map(|(value, crowd)| (value - f64::from(*crowd)).powi(2))
        .sum();
    println!(
        "of how far the nearest {NEIGHBOURS} others lie (mean {mean:.3}) {:.0} % is explained",
        100.0 * (1.0 - left / variance)
    );
}
