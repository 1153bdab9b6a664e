//! Compares the engine on frames in a row with one that searches every frame for everything.
//!
//! ```text
//! cargo run --release -p facelogin-engine --example attention -- DIR...
//! ```
//!
//! Each DIR holds one scan's frames, JPEG, in the order of their names; its own name up to the first `-` is the person's.
//! Printed: in how many frames both see the same faces, how far apart the encodings of the nearest one are, error rates of
//! both ways at two thresholds, and times, taken in turns. A template is the mean of a person's first five frames, searched for
//! everything; every further frame is a probe. It prints no names and stores nothing.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use facelogin_engine::{Analysis, DlibEngine, Effort, Encoding, Engine, Frame, Pixels, StageTimes};
use facelogin_models::{ModelDirs, Trust, verify_all};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Pictures of a template.
const TEMPLATE: usize = 5;
/// Distances at which error rates are counted.
const THRESHOLDS: [f32; 2] = [0.40, 0.50];
/// The daemon's `DOMINANCE`.
const DOMINANCE: f32 = 1.5;

fn main() -> Result<()> {
    if std::env::var_os("OPENBLAS_NUM_THREADS").is_none() {
        // OpenBLAS reads it when it is loaded, so it must be there before this program starts.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env("OPENBLAS_NUM_THREADS", "1")
            .exec();
        return Err(again.into());
    }
    let models = verify_all(&models(), Trust::AnyOwner)?;
    let (mut attentive, mut thorough) = (DlibEngine::load(&models)?, DlibEngine::load(&models)?);
    let mut pairs: BTreeMap<String, Vec<Pair>> = BTreeMap::new();
    for folder in std::env::args_os().skip(1).map(PathBuf::from) {
        attentive.begin();
        let mut names: Vec<PathBuf> = fs::read_dir(&folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        names.sort();
        for (number, name) in names.iter().enumerate() {
            thorough.begin();
            let picture = image_for_dlib::open(name)?.to_rgb8();
            let frame = Frame::new(picture.width(), picture.height(), Pixels::Rgb(picture.as_raw()))?;
            let analyse = |engine: &mut DlibEngine| engine.analyse(&frame, Effort::Video);
            // In turns: who comes second finds the frame in the processor's cache.
            let (quick, full) = if number % 2 == 0 {
                let quick = analyse(&mut attentive)?;
                (quick, analyse(&mut thorough)?)
            } else {
                let full = analyse(&mut thorough)?;
                (analyse(&mut attentive)?, full)
            };
            pairs
                .entry(person(&folder))
                .or_default()
                .push(Pair { quick, full });
        }
    }
    let all: Vec<&Pair> = pairs.values().flatten().collect();
    print_faces(&all);
    print_rates(&pairs);
    print_times(&all);
    Ok(())
}

/// One frame, looked at in both ways.
struct Pair {
    quick: Analysis,
    full: Analysis,
}

fn models() -> ModelDirs {
    match std::env::var_os("FACELOGIN_TEST_MODELS") {
        Some(folder) => ModelDirs::only(PathBuf::from(folder)),
        None => ModelDirs::system(),
    }
}

fn person(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.split('-').next().unwrap_or_default().to_owned()
}

/// How many faces stand in the way of one another, as the daemon judges it.
fn near(analysis: &Analysis) -> usize {
    let size = |i: usize| analysis.faces[i].quality.eye_distance_px;
    let sizes: Vec<f32> = (0..analysis.faces.len()).map(size).collect();
    let nearest = sizes.iter().copied().fold(0.0, f32::max);
    sizes.iter().filter(|&&size| DOMINANCE * size > nearest).count()
}

fn print_faces(pairs: &[&Pair]) {
    let count = |what: &str, is: &dyn Fn(&Pair) -> bool| {
        println!("{what}: {}", pairs.iter().filter(|pair| is(pair)).count());
    };
    println!("frames: {}", pairs.len());
    count("a face in the full search", &|p| !p.full.faces.is_empty());
    count("a face in this one", &|p| !p.quick.faces.is_empty());
    count("several near in the full search", &|p| near(&p.full) > 1);
    count("several near in this one", &|p| near(&p.quick) > 1);
    count("the same of both", &|p| near(&p.quick) == near(&p.full));
    let nearest: Vec<_> = pairs
        .iter()
        .filter_map(|p| Some((p.quick.faces.first()?, p.full.faces.first()?)))
        .collect();
    let same = nearest
        .iter()
        .filter(|(a, b)| a.bbox == b.bbox && a.encoding == b.encoding);
    println!(
        "largest face the same to the last bit: {} of {}",
        same.count(),
        nearest.len()
    );
    let apart: Vec<f64> = nearest
        .iter()
        .map(|(a, b)| f64::from(a.encoding.distance(&b.encoding)))
        .collect();
    print_percentiles("distance of their encodings", "", apart);
}

fn print_rates(pairs: &BTreeMap<String, Vec<Pair>>) {
    type Way = fn(&Pair) -> &Analysis;
    let templates: Vec<(&String, Encoding)> = pairs
        .iter()
        .filter_map(|(name, pairs)| {
            let found = pairs.iter().filter_map(|pair| pair.full.faces.first());
            let five: Vec<&Encoding> = found.take(TEMPLATE).map(|face| &face.encoding).collect();
            Some((name, Encoding::mean(&five)?))
        })
        .collect();
    for (way, analysis) in [
        ("full search", (|pair| &pair.full) as Way),
        ("this one", |pair| &pair.quick),
    ] {
        for threshold in THRESHOLDS {
            let (mut genuine, mut missed, mut impostors, mut matched) = (0, 0, 0, 0);
            for (name, template) in &templates {
                for (other, pairs) in pairs {
                    let skipped = if other == *name { TEMPLATE } else { 0 };
                    for face in pairs
                        .iter()
                        .skip(skipped)
                        .filter_map(|pair| analysis(pair).faces.first())
                    {
                        let near = template.distance(&face.encoding) <= threshold;
                        if other == *name {
                            genuine += 1;
                            missed += u32::from(!near);
                        } else {
                            impostors += 1;
                            matched += u32::from(near);
                        }
                    }
                }
            }
            println!("{way} at {threshold:.2}: FNMR {missed} of {genuine}, FMR {matched} of {impostors}");
        }
    }
}

fn print_times(pairs: &[&Pair]) {
    type Micros = fn(&StageTimes) -> u64;
    let stages: [(&str, Micros); 5] = [
        ("detect", |t| t.detect_us),
        ("landmarks", |t| t.landmarks_us),
        ("encode", |t| t.encode_us),
        ("quality", |t| t.quality_us),
        ("all", |t| {
            t.detect_us + t.landmarks_us + t.encode_us + t.quality_us
        }),
    ];
    for (name, micros) in stages {
        let of = |times: &StageTimes| micros(times) as f64 / 1000.0;
        print_percentiles(
            name,
            "ms, full",
            pairs.iter().map(|p| of(&p.full.times)).collect(),
        );
        print_percentiles(
            name,
            "ms, this",
            pairs.iter().map(|p| of(&p.quick.times)).collect(),
        );
    }
}

fn print_percentiles(what: &str, unit: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |percent: usize| values.get((values.len() * percent / 100).min(values.len().saturating_sub(1)));
    if let (Some(least), Some(half), Some(most), Some(last)) = (at(0), at(50), at(95), values.last()) {
        println!("{what} {unit}: least {least:.2}, median {half:.2}, 95 % {most:.2}, most {last:.2}");
    }
}
