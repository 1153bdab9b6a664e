//! Measures how well the liveness networks tell live faces from pictures of them.
//!
//! ```text
//! find DIR/live DIR/print -name '*.jpg' | sort | facelogind encode > FACES
//! cargo run --release -p facelogin-engine --example live -- hog|yunet MODELS FACES... [grey]
//! ```
//!
//! `FACES` are the JSON lines of `facelogind encode`, whose boxes are used; their first line names the engine that made them, which
//! must be the one of the given boxes. `MODELS` is the folder of the networks. A picture lies in `KIND/PERSON/`, and `live` is the kind that is no attack. Where a file name
//! ends in a number, what comes before it names a recording, and three pictures of one recording that follow each other
//! are a window. With `grey` the pictures are made grey first.
//!
//! Printed are APCER (attacks that pass) and BPCER (live faces that are refused) for limits from 0.2 to 0.9, with the 95 %
//! interval of a bootstrap over people, and the most people in ten that could be wrong if those measured stand for all. It
//! prints no names and stores nothing.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use facelogin_engine::{Analysis, Boxes, EngineId, Frame, LivenessNetwork, Pixels};
use facelogin_models::{ModelDirs, ModelSet, Trust, verify_files};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Scores of one person, recording by recording in the order of their numbers.
type Person = BTreeMap<String, BTreeMap<u64, f32>>;

/// By kind and person.
type Kinds = BTreeMap<String, BTreeMap<String, Person>>;

const RESAMPLES: usize = 2000;

/// The line that tells by what engine those after it are.
#[derive(serde::Deserialize)]
struct Head {
    engine: EngineId,
}

#[derive(serde::Deserialize)]
struct Line {
    path: PathBuf,
    analysis: Option<Analysis>,
}

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let grey = arguments.last().is_some_and(|last| last == "grey");
    if grey {
        arguments.pop();
    }
    let [boxes, models, faces @ ..] = arguments.as_slice() else {
        return Err("usage: live hog|yunet MODELS FACES... [grey]".into());
    };
    let boxes = match boxes.as_str() {
        "hog" => Boxes::Hog,
        "yunet" => Boxes::YuNet,
        _ => return Err("the boxes are hog's or yunet's".into()),
    };
    let dirs = ModelDirs::only(models);
    let models = verify_files(ModelSet::Liveness.files(), &dirs, Trust::AnyOwner)?;
    let begun = Instant::now();
    let mut network = LivenessNetwork::load(&models, boxes)?;
    println!("loaded in {} ms", begun.elapsed().as_millis());
    let (mut kinds, mut micros, mut faceless) = (Kinds::new(), Vec::new(), 0);
    for file in faces {
        for line in fs::read_to_string(file)?.lines() {
            if let Ok(head) = serde_json::from_str::<Head>(line) {
                of_the_engine(boxes, &head.engine.name).map_err(|error| format!("{file}: {error}"))?;
                continue;
            }
            let line: Line = serde_json::from_str(line)?;
            let Some(face) = line.analysis.as_ref().and_then(|a| a.faces.first()) else {
                faceless += 1;
                continue;
            };
            let mut rgb = image_for_dlib::open(&line.path)?.to_rgb8();
            if grey {
                for pixel in rgb.pixels_mut() {
                    let [r, g, b] = pixel.0.map(f32::from);
                    pixel.0 = [(0.299 * r + 0.587 * g + 0.114 * b).round() as u8; 3];
                }
            }
            let frame = Frame::new(rgb.width(), rgb.height(), Pixels::Rgb(rgb.as_raw()))?;
            let begun = Instant::now();
            let score = network.look(&frame, &face.bbox)?.ok_or("a box without area")?;
            micros.push(begun.elapsed().as_micros());
            let (kind, person, recording, number) = place(&line.path)?;
            let people = kinds.entry(kind).or_default();
            let recordings = people.entry(person).or_default();
            recordings.entry(recording).or_default().insert(number, score);
        }
    }
    micros.sort_unstable();
    let pictures = micros.len();
    let at = |share: usize| micros.get(pictures * share / 100).copied().unwrap_or(0) as f64 / 1000.0;
    println!(
        "{pictures} faces, {faceless} pictures without; both networks take {:.1} ms at best, {:.1} ms (median), {:.1} ms (95 %)",
        at(0),
        at(50),
        at(95)
    );
    for frames in [1, 3] {
        println!();
        report(&kinds, frames);
    }
    Ok(())
}

/// Whether an engine of this name finds faces in boxes of this kind.
fn of_the_engine(boxes: Boxes, name: &str) -> Result<()> {
    let found = match name.split('-').collect::<Vec<_>>().as_slice() {
        ["dlib", "hog", ..] => "hog",
        ["onnx", "yunet", ..] => "yunet",
        _ => "other",
    };
    let asked = match boxes {
        Boxes::Hog => "hog",
        Boxes::YuNet => "yunet",
    };
    if found == asked {
        return Ok(());
    }
    Err(format!("its boxes are {found}'s, those of {name}, and not {asked}'s").into())
}

/// Kind, person, recording and number of a picture.
fn place(path: &Path) -> Result<(String, String, String, u64)> {
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .map(|n| n.to_string_lossy().into_owned())
    };
    let person = path.parent();
    let kind = person.and_then(Path::parent);
    let (Some(kind), Some(person)) = (name(kind), name(person)) else {
        return Err("a picture lies in KIND/PERSON/".into());
    };
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let (recording, number) = match stem.rsplit_once('_') {
        Some((recording, number)) => (recording.to_owned(), number.parse().unwrap_or(0)),
        None => (stem, 0),
    };
    Ok((kind, person, recording, number))
}

/// One table: medians of so many pictures.
fn report(kinds: &Kinds, frames: usize) {
    for (kind, people) in kinds {
        let mut all: Vec<f32> = people
            .values()
            .flat_map(|person| medians(person, frames))
            .collect();
        all.sort_by(f32::total_cmp);
        if let [lowest, .., highest] = all.as_slice() {
            println!("median of {frames}, {kind}: {lowest:.3} to {highest:.3}");
        }
    }
    println!(
        "median of {frames}   passed or refused of all [95 % over people]   people with any, and at most so many (95 %)"
    );
    for tenths in 2..=9 {
        let limit = tenths as f32 / 10.0;
        for (kind, people) in kinds {
            let live = kind == "live";
            let errors: Vec<(usize, usize)> = people
                .values()
                .map(|recordings| {
                    let medians = medians(recordings, frames);
                    let wrong = medians.iter().filter(|m| (**m >= limit) != live).count();
                    (wrong, medians.len())
                })
                .collect();
            let (wrong, all) = total(errors.iter());
            let (low, high) = interval(&errors);
            let affected = errors.iter().filter(|(wrong, _)| *wrong > 0).count();
            println!(
                "{limit:.1}  {} {kind:6} {wrong:4} of {all:4} = {:5.2} % [{:5.2}, {:5.2}]   {affected} of {} people, at most {:.0} %",
                if live { "BPCER" } else { "APCER" },
                percent(wrong, all),
                low,
                high,
                errors.len(),
                100.0 * upper_bound(affected, errors.len()),
            );
        }
    }
}

fn medians(recordings: &Person, frames: usize) -> Vec<f32> {
    let of = |scores: &BTreeMap<u64, f32>| -> Vec<f32> {
        let scores: Vec<f32> = scores.values().copied().collect();
        scores
            .chunks_exact(frames)
            .map(|window| {
                let mut window = window.to_vec();
                window.sort_by(f32::total_cmp);
                window[(frames - 1) / 2]
            })
            .collect()
    };
    recordings.values().flat_map(of).collect()
}

fn total<'a>(errors: impl Iterator<Item = &'a (usize, usize)>) -> (usize, usize) {
    errors.fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1))
}

fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

/// 95 % in percent, people drawn with replacement. Without an error it says nothing: all draws are 0.
fn interval(errors: &[(usize, usize)]) -> (f64, f64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        &errors[(state >> 33) as usize % errors.len()]
    };
    let mut rates: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn: Vec<&(usize, usize)> = (0..errors.len()).map(|_| draw()).collect();
            let (wrong, all) = total(drawn.into_iter());
            percent(wrong, all)
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    (rates[RESAMPLES / 40], rates[RESAMPLES - 1 - RESAMPLES / 40])
}

/// Clopper and Pearson's one-sided 95 % bound for the share of people, of whom `some` of `all` were seen.
fn upper_bound(some: usize, all: usize) -> f64 {
    if some >= all {
        return 1.0;
    }
    // How likely so few are seen when the share is `p`: falls as `p` grows.
    let so_few = |p: f64| -> f64 {
        let mut term = (1.0 - p).powi(all as i32);
        let mut sum = term;
        for k in 0..some {
            term *= (all - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            sum += term;
        }
        sum
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if so_few(middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
