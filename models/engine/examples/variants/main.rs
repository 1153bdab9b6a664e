//! Encodes pictures otherwise than the default engine does, to measure whether it would pay (`docs/accuracy.md`, "Tried").
//!
//! ```text
//! find DIR -name '*.jpg' | cargo run --release -p facelogin-engine --example variants -- DECODER HOW... > LINES.jsonl
//! ```
//!
//! The lines are as `facelogind encode` writes them; `--example tried` of `facelogin-score` reads them. DECODER reads the JPEG
//! files: `daemon`, the one that the daemon has, or `tests`, that of this crate's tests; what differs between the two is
//! how far a figure can be trusted. HOW is one of
//!
//! - `average FOLDER mirror|dlib|centred`: as the engine does it, and in `FOLDER` a file for each average with the mirrored picture or with
//!   jittered crops (see `averages.rs`);
//! - `detector DETECTORS ENCODER box|points`: faces found by YuNet (see `yunet.rs`); `DETECTORS` is the
//!   folder with YuNet's file, `ENCODER` any encoder that the second engine can run: it is loaded, and its encodings
//!   are not used;
//! - `shape DETECTORS ENCODER`: no lines, but where YuNet's box and points lie on what dlib sees of a face;
//! - `dark FACTOR none|spread|clahe|spread-clahe`: in that share of the light, with noise, and brightened in that way
//!   (see `dark.rs`).
//!
//! It prints no names but the paths that it is given.
#![allow(clippy::print_stdout, clippy::print_stderr)]
// The engine's own modules, of which each is used in part.
#![allow(dead_code)]

mod averages;
mod clahe;
mod dark;
mod decoder;
mod faces;
mod warp;
mod yunet;

// What the engine does between a frame and its encoding, file by file: there is no other way into its middle.
#[path = "../../src/attention.rs"]
mod attention;
#[path = "../../src/bilinear.rs"]
mod bilinear;
#[path = "../../src/chip.rs"]
mod chip;
#[path = "../../src/contrast.rs"]
mod contrast;
#[path = "../../src/detect.rs"]
mod detect;
#[path = "../../src/frame.rs"]
mod frame;
#[path = "../support/light.rs"]
mod light;
#[path = "../../src/pose.rs"]
mod pose;
#[path = "../../src/pyramid.rs"]
mod pyramid;
#[path = "../../src/quality.rs"]
mod quality;
#[path = "../../src/resample.rs"]
mod resample;
#[path = "../../src/similarity.rs"]
mod similarity;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use decoder::Decoder;
use facelogin_engine::{Analysis, BBox, Effort, EngineError, EngineId, Face, MAX_FACES, Point, Quality};
use facelogin_models::{ModelDirs, Trust, verify_all};
use facelogin_score::gates::{LOGIN, one_good_face};
use frame::{Frame, MIN_SIDE, Pixels};
use image_for_dlib::RgbImage;

const USAGE: &str = "usage: variants daemon|tests average|detector|shape|dark ..., see the top of its source";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    if std::env::var_os("OPENBLAS_NUM_THREADS").is_none() {
        // OpenBLAS reads it when it is loaded, so it must be there before this program starts.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env("OPENBLAS_NUM_THREADS", "1")
            .exec();
        return Err(again.into());
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let models = verify_all(&models(), Trust::AnyOwner)?;
    let id = EngineId {
        name: "dlib-hog-resnet".to_owned(),
        model: models.fingerprint(),
    };
    let mut encoder = faces::Encoder::load(&models)?;
    let (decoder, how) = args.split_first().ok_or(USAGE)?;
    let decoder = Decoder::named(decoder)?;
    match how {
        ["average", folder, crops @ ("mirror" | "dlib" | "centred")] => {
            let crops = match *crops {
                "mirror" => averages::Crops::Mirror,
                "dlib" => averages::Crops::Dlibs,
                _ => averages::Crops::Centred,
            };
            let mut files = averages::Files::create(Path::new(folder), &id, crops)?;
            each(decoder, &id, |path, picture| {
                let analysis = encoder.as_engine(picture)?;
                files.write(&mut encoder, path, picture, &analysis)?;
                Ok(analysis)
            })
        }
        ["detector", detectors, network, how] => {
            let mut yunet = yunet::Detector::load(Path::new(detectors), Path::new(network))?;
            let how = yunet::How::named(how)?;
            each(decoder, &id, |_, picture| yunet.analyse(&encoder, picture, how))
        }
        ["shape", detectors, network] => {
            let mut yunet = yunet::Detector::load(Path::new(detectors), Path::new(network))?;
            yunet::shape(&mut yunet, &mut encoder, decoder.pictures())
        }
        ["dark", factor, how] => {
            let factor: f32 = factor.parse()?;
            let how = dark::How::named(how)?;
            let mut seed = 0;
            each(decoder, &id, |_, picture| {
                seed += 1;
                dark::analyse(&mut encoder, &light::light(picture, factor, seed), how)
            })
        }
        _ => Err(USAGE.into()),
    }
}

/// A line for each picture of standard input, and at the end how many of them would do.
fn each(
    decoder: Decoder,
    id: &EngineId,
    mut analyse: impl FnMut(&str, &RgbImage) -> Result<Analysis>,
) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "{}", head(id))?;
    let (mut all, mut empty, mut usable) = (0, 0, 0);
    for (path, picture) in decoder.pictures() {
        let analysis = analyse(&path, &picture?)?;
        all += 1;
        empty += usize::from(analysis.faces.is_empty());
        usable += usize::from(one_good_face(&analysis.faces, &LOGIN).is_ok());
        writeln!(out, "{}", line(&path, &analysis))?;
    }
    eprintln!("{all} pictures: {empty} without a face, {usable} of use for a login");
    Ok(())
}

fn head(id: &EngineId) -> serde_json::Value {
    serde_json::json!({ "engine": id })
}

fn line(path: &str, analysis: &Analysis) -> serde_json::Value {
    serde_json::json!({ "path": path, "analysis": analysis })
}

fn models() -> ModelDirs {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = || var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache")));
    match var("FACELOGIN_TEST_MODELS").or_else(|| Some(cache()?.join("facelogin/models"))) {
        Some(folder) if folder.is_dir() => ModelDirs::only(folder),
        _ => ModelDirs::for_user(),
    }
}
