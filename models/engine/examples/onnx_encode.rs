//! Encodes pictures with YuNet and an encoder given by its path, for measuring encoders that are not in the manifest.
//!
//! ```text
//! find DIR -name '*.jpg' | onnx_encode MODELS ENCODER.onnx [video] > encodings.jsonl
//! ```
//!
//! MODELS is a folder with YuNet's file. One line a picture, `{"path":…,"analysis":…}` or `{"path":…,"error":…}`; the
//! encodings are biometric data. On the side, what every stage took.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use facelogin_engine::{Analysis, Effort, Engine, Frame, OnnxEngine, Pixels, StageTimes};
use facelogin_models::{ModelDirs, ModelSet, Trust, VerifiedModels, verify_files};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (models, encoder, effort) = match arguments.as_slice() {
        [models, encoder] => (models, encoder, Effort::Still),
        [models, encoder, video] if video == "video" => (models, encoder, Effort::Video),
        _ => return Err("usage: onnx_encode MODELS ENCODER.onnx [video] < PATHS".into()),
    };
    let begun = Instant::now();
    let mut engine = OnnxEngine::for_evaluation(&detector(models)?, Path::new(encoder))?;
    eprintln!("loaded in {} ms", begun.elapsed().as_millis());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut times = Vec::new();
    for path in std::io::stdin().lock().lines() {
        let path = path?;
        let line = match analyse(&mut engine, &path, effort) {
            Ok(analysis) => {
                times.push(analysis.times);
                serde_json::json!({ "path": path, "analysis": analysis })
            }
            Err(error) => serde_json::json!({ "path": path, "error": error.to_string() }),
        };
        writeln!(out, "{line}")?;
    }
    let of = |of: fn(&StageTimes) -> u64| {
        let mut all: Vec<u64> = times.iter().map(of).collect();
        all.sort_unstable();
        let at = |place: usize| all.get(place).copied().unwrap_or(0);
        format!("{} ({})", at(0), at(all.len() / 2))
    };
    eprintln!(
        "{} pictures; in us the smallest (median): detect {}, encode {}, quality {}",
        times.len(),
        of(|t| t.detect_us),
        of(|t| t.encode_us),
        of(|t| t.quality_us)
    );
    Ok(())
}

fn detector(folder: &str) -> Result<VerifiedModels> {
    let yunet = &ModelSet::Onnx.files()[..1];
    Ok(verify_files(yunet, &ModelDirs::only(folder), Trust::AnyOwner)?)
}

fn analyse(engine: &mut OnnxEngine, path: &str, effort: Effort) -> Result<Analysis> {
    let picture = image_for_dlib::load_from_memory(&std::fs::read(path)?)?.to_rgb8();
    let frame = Frame::new(picture.width(), picture.height(), Pixels::Rgb(picture.as_raw()))?;
    Ok(engine.analyse(&frame, effort)?)
}
