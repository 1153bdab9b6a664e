//! Loading the models, and each stage of a frame, in this process and one thread.

use std::path::Path;
use std::time::Instant;

use facelogin_engine::{DlibEngine, Effort, Engine, Frame};
use facelogin_models::{ModelDirs, Trust, VerifiedModels, verify_all};
use facelogind::vision::decode::{DecodeError, Picture, mjpeg, picture_file};

use super::Failed;
use super::report::{Report, ms};

/// Hashes and loads the models `runs` times, at least once; returns the last engine.
pub fn load(report: &mut Report, models: &Path, runs: usize) -> Result<DlibEngine, Failed> {
    const SECTION: &str = "Loading the models (file cache warm)";
    let dirs = ModelDirs::only(models);
    let (mut hashing, mut loading, mut both) = (Vec::new(), Vec::new(), Vec::new());
    let mut timed = || -> Result<DlibEngine, Failed> {
        let begun = Instant::now();
        let verified: VerifiedModels = verify_all(&dirs, Trust::RootOwned)?;
        let hashed = begun.elapsed();
        let engine = DlibEngine::load(&verified)?;
        hashing.push(ms(hashed));
        loading.push(ms(begun.elapsed() - hashed));
        both.push(ms(begun.elapsed()));
        Ok(engine)
    };
    let mut engine = timed()?;
    for _ in 1..runs {
        engine = timed()?;
    }
    report.add(SECTION, "SHA-256 of both files", "ms", &hashing);
    report.add(SECTION, "dlib reads them", "ms", &loading);
    report.add(SECTION, "both", "ms", &both);
    Ok(engine)
}

/// Runs `frames` (JPEG, of `size`) through the engine until there are `runs` samples.
pub fn stages(
    report: &mut Report,
    engine: &mut DlibEngine,
    size: (u32, u32),
    frames: &[Vec<u8>],
    runs: usize,
) -> Result<(), Failed> {
    let section = format!("One frame {}x{}, one thread, one face", size.0, size.1);
    let mut decoding = [Vec::new(), Vec::new()];
    let mut stages = [const { Vec::new() }; 4];
    let mut whole = Vec::new();
    for bytes in frames.iter().cycle().take(runs) {
        let begun = Instant::now();
        let picture = picture_file(bytes)?;
        decoding[0].push(ms(begun.elapsed()));
        let frame = Frame::new(picture.width, picture.height, picture.pixels())?;
        let analysis = engine.analyse(&frame, Effort::Video)?;
        whole.push(ms(begun.elapsed()));
        if analysis.faces.len() != 1 {
            let wrong = format!("{section}: {} faces found in it", analysis.faces.len());
            report.wrong.push(wrong);
            return Ok(());
        }
        let times = analysis.times;
        let micros = [
            times.detect_us,
            times.landmarks_us,
            times.encode_us,
            times.quality_us,
        ];
        for (samples, micros) in stages.iter_mut().zip(micros) {
            samples.push(micros as f64 / 1000.0);
        }
        decoding[1].push(timed(bytes, |bytes| mjpeg(bytes, size.0, size.1))?);
    }
    let [file, camera] = &decoding;
    let [detect, landmarks, encode, quality] = &stages;
    report.add(&section, "decode (as the replay does)", "ms", file);
    report.add(&section, "decode (as a camera's MJPG)", "ms", camera);
    report.add(&section, "detect", "ms", detect);
    report.add(&section, "landmarks", "ms", landmarks);
    report.add(&section, "encode", "ms", encode);
    report.add(&section, "quality", "ms", quality);
    // The target is for frames of 640x480.
    match size {
        (640, 480) => report.add_with_target(&section, "whole frame", "ms", &whole, "30 median"),
        _ => report.add(&section, "whole frame", "ms", &whole),
    }
    Ok(())
}

fn timed(bytes: &[u8], decode: impl Fn(&[u8]) -> Result<Picture, DecodeError>) -> Result<f64, DecodeError> {
    let begun = Instant::now();
    decode(bytes)?;
    Ok(ms(begun.elapsed()))
}
