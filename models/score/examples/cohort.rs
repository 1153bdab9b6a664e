//! Makes a cohort: synthetic encodings that are nobody's, from the encodings of many people.
//!
//! ```text
//! find DIR -name '*.jpg' | facelogind encode > LINES.jsonl
//! cargo run --release -p facelogin-score --example cohort -- ENGINE MODEL LINES.jsonl SOURCE OUT
//! ```
//!
//! ENGINE and MODEL are what `facelogin-enroll status --json` calls them, SOURCE is a few words on whose pictures they are. Writes
//! OUT.i8 and OUT.toml.
//!
//! Each vector is a draw from the normal distribution that has the mean and the covariance of the people's encodings, one of each
//! person: nothing else of them goes in. The random numbers are the operating system's and are kept nowhere, so that each
//! run makes another cohort, as good. If a vector comes within APART of any encoding of any of the people nothing is written.
//! It prints how near the vectors are to the people, and how near people are to each other; no names.
#![allow(clippy::print_stdout)]

// Each example has its own use for it.
#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;

use std::fs;
use std::path::Path;

use facelogin_score::gates::{LOGIN, only_good_face};
use facelogin_score::{Cohort, CohortInfo, Comparer, ENCODING_LEN, Encoding, EngineId, Made};
use lines::{Result, of_the_cohort, people};
use sha2::{Digest, Sha256};

/// See docs/accuracy.md for what other numbers bring.
const VECTORS: usize = 2000;
const NEIGHBOURS: usize = 50;
/// The raw distance of the most lenient level before there was a cohort: within it two pictures could pass for one person.
const APART: f32 = 0.40;
/// The percentile of the people's crowds beyond which nobody gets more allowance.
const CEILING_PERCENT: usize = 99;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, model, file, source, out] = args.as_slice() else {
        return Err("usage: cohort ENGINE MODEL LINES.jsonl SOURCE OUT".into());
    };
    let id = EngineId {
        name: engine.clone(),
        model: model.clone(),
    };
    let mut all: Vec<Vec<Encoding>> = Vec::new();
    for (person, pictures) in people(Path::new(file), &id)? {
        if !of_the_cohort(&person, pictures.len()) {
            continue;
        }
        let good = |faces| {
            only_good_face(faces, &LOGIN)
                .ok()
                .map(|face| face.encoding.clone())
        };
        let encodings: Vec<Encoding> = pictures
            .iter()
            .filter_map(|picture| good(&picture.faces))
            .collect();
        if !encodings.is_empty() {
            all.push(encodings);
        }
    }
    if all.len() < 100 {
        return Err(format!("only {} people: too few to hide anybody among", all.len()).into());
    }
    let vectors = draw(&all)?;
    let largest = vectors
        .iter()
        .flat_map(|vector| vector.as_slice())
        .fold(0f32, |m, v| m.max(v.abs()));
    let scale = largest / 127.0;
    let bytes: Vec<u8> = vectors
        .iter()
        .flat_map(|vector| vector.as_slice())
        .map(|value| ((value / scale).round() as i8).cast_unsigned())
        .collect();
    let mut info = CohortInfo {
        engine: engine.clone(),
        model: model.clone(),
        vectors: vectors.len(),
        scale,
        neighbours: NEIGHBOURS,
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
            source: format!(
                "{source}: the mean and covariance of one encoding each of {} people",
                all.len()
            ),
        },
    };
    let open = Cohort::read(&toml::to_string(&info)?, &bytes)?;
    let mut crowds: Vec<f32> = all.iter().map(|encodings| open.crowd(&encodings[0])).collect();
    crowds.sort_by(f32::total_cmp);
    let at = |percent: usize| crowds[(crowds.len() - 1) * percent / 100];
    info.ceiling = (at(CEILING_PERCENT) * 1000.0).round() / 1000.0;
    println!(
        "crowd of the people: least {}, median {}, most {}",
        at(0),
        at(50),
        at(100)
    );
    let text = toml::to_string(&info)?;
    fs::write(format!("{out}.i8"), &bytes)?;
    fs::write(format!("{out}.toml"), &text)?;
    hides_everybody(Cohort::read(&text, &bytes)?, &vectors, &all)
}

/// Draws from the normal distribution with the mean and covariance of the first encodings.
fn draw(all: &[Vec<Encoding>]) -> Result<Vec<Encoding>> {
    let first: Vec<&Encoding> = all.iter().map(|encodings| &encodings[0]).collect();
    let count = first.len() as f64;
    let mean: Vec<f64> = (0..ENCODING_LEN)
        .map(|i| first.iter().map(|one| f64::from(one.as_slice()[i])).sum::<f64>() / count)
        .collect();
    let covariance = |i: usize, j: usize| {
        let of = |one: &Encoding, i: usize| f64::from(one.as_slice()[i]) - mean[i];
        first.iter().map(|one| of(one, i) * of(one, j)).sum::<f64>() / (count - 1.0)
    };
    // Cholesky: the lower triangle whose product with its transpose is the covariance.
    let mut root = vec![[0f64; ENCODING_LEN]; ENCODING_LEN];
    for i in 0..ENCODING_LEN {
        for j in 0..=i {
            let rest = covariance(i, j) - (0..j).map(|k| root[i][k] * root[j][k]).sum::<f64>();
            root[i][j] = match i == j {
                true if rest > 0.0 => rest.sqrt(),
                true => {
                    return Err("the people's encodings do not span all dimensions: take more people".into());
                }
                false => rest / root[j][j],
            };
        }
    }
    let mut vectors = Vec::new();
    for _ in 0..VECTORS {
        let mut normal = [0f64; ENCODING_LEN];
        for value in &mut normal {
            *value = normal_number()?;
        }
        let values: Vec<f64> = (0..ENCODING_LEN)
            .map(|i| mean[i] + root[i].iter().zip(&normal).map(|(a, z)| a * z).sum::<f64>())
            .collect();
        vectors.push(Encoding::try_from_f64(&values)?);
    }
    let nearest = all
        .iter()
        .flatten()
        .flat_map(|one| vectors.iter().map(move |vector| one.distance(vector)))
        .fold(f32::MAX, f32::min);
    println!(
        "{} people; nearest of any of their encodings: {nearest:.3}",
        all.len()
    );
    if nearest < APART {
        return Err(format!("a vector came within {APART} of somebody: run it again").into());
    }
    Ok(vectors)
}

/// A standard normal number (Box and Muller) from the operating system's random numbers.
fn normal_number() -> Result<f64> {
    // Above 0, up to 1.
    let unit = || -> Result<f64> {
        let random = getrandom::u64().map_err(|error| format!("no random numbers: {error}"))?;
        Ok(((random >> 11) + 1) as f64 / (1u64 << 53) as f64)
    };
    Ok((-2.0 * unit()?.ln()).sqrt() * (2.0 * std::f64::consts::PI * unit()?).cos())
}

/// Prints how near the vectors come to the people they were made of, and for comparison how near other people do.
fn hides_everybody(cohort: Cohort, vectors: &[Encoding], all: &[Vec<Encoding>]) -> Result<()> {
    let comparer = Comparer::with(cohort);
    let fuse = |one: &Encoding| comparer.fuse(&[one]).ok_or("no encoding");
    let made = vectors
        .iter()
        .map(fuse)
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let real = all
        .iter()
        .map(|all| fuse(&all[0]))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let mut nearest = Vec::new();
    for (what, ones) in [("synthetic vector", &made), ("person", &real)] {
        for (place, one) in ones.iter().enumerate() {
            let others = real
                .iter()
                .enumerate()
                .filter(|(other, _)| !(what == "person" && *other == place));
            let mut near = (f32::MAX, f32::MAX);
            for comparison in others.map(|(_, other)| comparer.compare(one, other)) {
                near = (near.0.min(comparison.distance), near.1.min(comparison.score));
            }
            nearest.push(near);
        }
        let percentiles = |mut values: Vec<f32>| {
            values.sort_by(f32::total_cmp);
            let at = |share: usize| values[(values.len() - 1) * share / 100];
            format!("least {:.3}, 1 % {:.3}, 50 % {:.3}", at(0), at(1), at(50))
        };
        println!(
            "nearest person to each {what}: distance {}; score {}",
            percentiles(nearest.iter().map(|near| near.0).collect()),
            percentiles(nearest.iter().map(|near| near.1).collect())
        );
        nearest.clear();
    }
    Ok(())
}
