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
//! Each vector is a random mixture of one encoding each of three people: with their mean m and weights w (from a flat
//! Dirichlet distribution, none above one half), m + sum w_i (x_i - m) / sqrt(sum w_i^2), which keeps the variance. One that
//! comes within APART of any encoding of any of the people is thrown away. It prints how near the vectors are to the
//! people, and how near people are to each other; no names.
#![allow(clippy::print_stdout)]

#[path = "support/lines.rs"]
mod lines;

use std::fs;
use std::path::Path;

use facelogin_score::gates::{LOGIN, only_good_face};
use facelogin_score::{Cohort, CohortInfo, Comparer, ENCODING_LEN, Encoding, Made};
use lines::{Random, Result, of_the_cohort, people};
use sha2::{Digest, Sha256};

/// See docs/accuracy.md for what other numbers bring.
const VECTORS: usize = 2000;
const NEIGHBOURS: usize = 50;
const SEED: u64 = 20_261_123;
/// The raw distance of the most lenient level before there was a cohort: within it two pictures could pass for one person.
const APART: f32 = 0.40;
/// The percentile of the people's crowds beyond which nobody gets more allowance.
const CEILING_PERCENT: usize = 99;
const LARGEST_WEIGHT: f64 = 0.5;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, model, file, source, out] = args.as_slice() else {
        return Err("usage: cohort ENGINE MODEL LINES.jsonl SOURCE OUT".into());
    };
    let mut all: Vec<Vec<Encoding>> = Vec::new();
    for (person, pictures) in people(Path::new(file))? {
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
    let vectors = mix(&all)?;
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
            source: format!("{source}: one encoding each of {} people", all.len()),
            seed: SEED,
            apart: APART,
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

fn mix(all: &[Vec<Encoding>]) -> Result<Vec<Encoding>> {
    let mut random = Random(SEED);
    let first: Vec<&Encoding> = all.iter().map(|encodings| &encodings[0]).collect();
    let mean = Encoding::mean(&first).ok_or("nobody")?;
    let (mut vectors, mut tried) = (Vec::new(), 0);
    while vectors.len() < VECTORS {
        tried += 1;
        if tried > 1000 * VECTORS {
            return Err("hardly any mixture is far enough from everybody".into());
        }
        let three = [0; 3].map(|_| random.below(all.len()));
        // Exponential numbers, each over their sum, are flatly Dirichlet.
        let parts = [0; 3].map(|_| -random.unit().ln());
        let sum: f64 = parts.iter().sum();
        let weights = parts.map(|part| part / sum);
        let alike = three[0] == three[1] || three[1] == three[2] || three[0] == three[2];
        if alike || weights.iter().any(|weight| *weight > LARGEST_WEIGHT) {
            continue;
        }
        let norm = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        let values: Vec<f64> = (0..ENCODING_LEN)
            .map(|i| {
                let m = f64::from(mean.as_slice()[i]);
                let of = |k: usize| weights[k] * (f64::from(first[three[k]].as_slice()[i]) - m);
                m + (of(0) + of(1) + of(2)) / norm
            })
            .collect();
        let vector = Encoding::try_from_f64(&values)?;
        if all.iter().flatten().all(|one| one.distance(&vector) >= APART) {
            vectors.push(vector);
        }
    }
    println!("{} people; {tried} mixtures for {VECTORS} vectors", all.len());
    Ok(vectors)
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
