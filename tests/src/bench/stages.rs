//! Loading the models, and each stage of a frame, in this process and one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use facelogin_engine::{DlibEngine, Effort, Engine, Frame, LivenessNetwork};
use facelogin_models::{ModelDirs, Trust, VerifiedModels, verify_all};
use facelogind::vision::decode::{DecodeError, Picture, mjpeg, picture_file};
use nix::time::{ClockId, clock_gettime};

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
    report.add(
        SECTION,
        "reading them, and unpacking dlib's detector",
        "ms",
        &loading,
    );
    report.add(SECTION, "both", "ms", &both);
    Ok(engine)
}

/// dlib's alone, without measuring it.
pub fn plain(models: &Path) -> Result<DlibEngine, Failed> {
    let verified = verify_all(&ModelDirs::only(models), Trust::RootOwned)?;
    Ok(DlibEngine::load_plain(&verified)?)
}

/// The engine in use, and the straightforward way to compare it with.
pub struct Engines<'a> {
    /// As the vision process uses it: begun once a scan.
    pub own: &'a mut dyn Engine,
    /// What looks at the nearest face after it, and whose time is part of the frame's.
    pub liveness: Option<&'a mut LivenessNetwork>,
    /// dlib alone, its network too, with each frame as a scan of its own, so that the detector searches all of it for everything.
    pub whole: &'a mut DlibEngine,
    /// What a frame of 640x480 is to take.
    pub target: &'static str,
}

/// JPEG frames.
pub struct Film<'a> {
    /// What they show.
    pub scene: &'a str,
    /// Width and height of each.
    pub size: (u32, u32),
    /// Their bytes.
    pub frames: &'a [Vec<u8>],
}

/// What a frame took, in milliseconds.
#[derive(Default)]
struct Samples {
    /// Detection, landmarks, encoding, quality.
    stages: [Vec<f64>; 4],
    liveness: Vec<f64>,
    all: Vec<f64>,
    processor: Vec<f64>,
}

/// Runs a film's frames through both engines in turns until there are `runs` samples of each, so that what else the machine
/// does hits both alike.
pub fn stages(
    report: &mut Report,
    engines: &mut Engines<'_>,
    film: &Film<'_>,
    runs: usize,
) -> Result<(), Failed> {
    let Film { scene, size, frames } = *film;
    let section = format!("One frame {}x{}, one thread, {scene}", size.0, size.1);
    let mut decoding = [Vec::new(), Vec::new()];
    let (mut own, mut whole) = (Samples::default(), Samples::default());
    let mut total = Vec::new();
    engines.own.begin();
    for (number, bytes) in frames.iter().cycle().take(runs).enumerate() {
        let begun = Instant::now();
        let picture = picture_file(bytes)?;
        let decoded = ms(begun.elapsed());
        let frame = Frame::new(picture.width, picture.height, picture.pixels())?;
        engines.whole.begin();
        let mut first = number % 2 == 0;
        for _ in 0..2 {
            let faces = match first {
                true => own.take(engines.own, engines.liveness.as_deref_mut(), &frame)?,
                false => whole.take(engines.whole, None, &frame)?,
            };
            if faces != 1 {
                report.wrong.push(format!("{section}: {faces} faces found in it"));
                return Ok(());
            }
            first = !first;
        }
        decoding[0].push(decoded);
        total.push(decoded + own.all.last().copied().unwrap_or_default());
        decoding[1].push(timed(bytes, |bytes| mjpeg(bytes, size.0, size.1))?);
    }
    let [file, camera] = &decoding;
    report.add(&section, "decode (as the replay does)", "ms", file);
    report.add(&section, "decode (as a camera's MJPG)", "ms", camera);
    for (name, samples) in ["detect", "landmarks", "encode", "quality"]
        .iter()
        .zip(&own.stages)
    {
        // YuNet finds the points with the face.
        if samples.iter().any(|sample| *sample > 0.0) {
            report.add(&section, *name, "ms", samples);
        }
    }
    report.add(&section, "liveness", "ms", &own.liveness);
    // The target is for frames of 640x480.
    match size {
        (640, 480) => report.add_with_target(&section, "whole frame", "ms", &total, engines.target),
        _ => report.add(&section, "whole frame", "ms", &total),
    }
    report.add(&section, "  without the decoding", "ms", &own.all);
    report.add(&section, "  of it, processor time", "ms", &own.processor);

    // HOG, landmarks, ResNet; no measures of quality.
    let [detect, landmarks, encode, _] = &whole.stages;
    let straight: Vec<f64> = (0..detect.len())
        .map(|i| detect[i] + landmarks[i] + encode[i])
        .collect();
    for (name, samples) in [("detect", detect), ("landmarks", landmarks), ("encode", encode)] {
        report.add(&section, format!("straightforward: {name}"), "ms", samples);
    }
    report.add(&section, "straightforward: all three", "ms", &straight);
    let name = "  with the measures of quality, processor time";
    report.add(&section, name, "ms", &whole.processor);
    Ok(())
}

impl Samples {
    /// Returns how many faces the frame shows.
    fn take(
        &mut self,
        engine: &mut dyn Engine,
        liveness: Option<&mut LivenessNetwork>,
        frame: &Frame<'_>,
    ) -> Result<usize, Failed> {
        let (begun, worked) = (Instant::now(), processor_ms()?);
        let analysis = engine.analyse(frame, Effort::Video)?;
        if let (Some(liveness), Some(face)) = (liveness, analysis.faces.first()) {
            let looked = Instant::now();
            liveness.look(frame, &face.bbox)?;
            self.liveness.push(ms(looked.elapsed()));
        }
        self.processor.push(processor_ms()? - worked);
        self.all.push(ms(begun.elapsed()));
        let times = analysis.times;
        let micros = [
            times.detect_us,
            times.landmarks_us,
            times.encode_us,
            times.quality_us,
        ];
        for (samples, micros) in self.stages.iter_mut().zip(micros) {
            samples.push(micros as f64 / 1000.0);
        }
        Ok(analysis.faces.len())
    }
}

/// What this thread has had of the processor.
fn processor_ms() -> Result<f64, Failed> {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    Ok(ms(Duration::from(time)))
}

fn timed(bytes: &[u8], decode: impl Fn(&[u8]) -> Result<Picture, DecodeError>) -> Result<f64, DecodeError> {
    let begun = Instant::now();
    decode(bytes)?;
    Ok(ms(begun.elapsed()))
}
