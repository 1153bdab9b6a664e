//! The default engine: dlib's HOG detector, five landmarks, and its ResNet encoder.
//!
//! What dlib does in C++ cannot be seen from here, so its inputs are kept within what it is known to bear: frames of
//! bounded size ([`Frame`]), models of known hash, faces whose landmarks define a square. Loading catches dlib's own
//! errors; any other C++ exception (out of memory, say) ends the process, which is why the engine lives in a process
//! of its own. dlib's copies of an encoding are freed without being overwritten.
//!
//! What dlib does most slowly besides looking for faces, its network, is run by this project where that is possible
//! ([`encoder`]). Else dlib multiplies matrices with OpenBLAS, which starts a thread per core unless `OPENBLAS_NUM_THREADS=1` is in the
//! environment **before the process starts**: its loader reads it. The vision process is started that way; for one
//! face the single thread is as fast, and steadier.

#[cfg(target_arch = "x86_64")]
mod crop;
mod encoder;
#[cfg(target_arch = "x86_64")]
mod network;
#[cfg(target_arch = "x86_64")]
mod own;
mod trial;
#[cfg(target_arch = "x86_64")]
mod weights;

use std::panic::resume_unwind;
use std::path::Path;
use std::time::Instant;

use dlib_face_recognition::{
    FaceEncoderNetwork, FaceLandmarks, LandmarkPredictor, LandmarkPredictorTrait, Rectangle,
};
use facelogin_models::{FACE_ENCODER, FIVE_POINTS, VerifiedModel, VerifiedModels};

use self::encoder::{Aligned, Encoder};
use self::trial::Trial;
use crate::chip::Chip;
use crate::detect::{Detector, Found};
use crate::{
    Analysis, BBox, Effort, Engine, EngineError, EngineId, Face, Frame, Pixels, Point, StageTimes, quality,
};

/// dlib's HOG detector, five-point predictor and ResNet encoder, resident.
pub struct DlibEngine {
    id: EngineId,
    detector: Detector,
    predictor: LandmarkPredictor,
    encoder: Encoder,
}

impl DlibEngine {
    /// Loads the two verified model files, which takes about 40 MB, and meanwhile, in a second thread, unpacks the detector
    /// that is part of dlib, which takes longer than both files.
    pub fn load(models: &VerifiedModels) -> Result<Self, EngineError> {
        Self::encoding_by(models, Encoder::of)
    }

    /// As [`load`](Self::load), with the network run by dlib whatever the processor: to compare with.
    pub fn load_plain(models: &VerifiedModels) -> Result<Self, EngineError> {
        Self::encoding_by(models, |_, dlib, _| Ok(Encoder::Dlib(dlib)))
    }

    fn encoding_by(
        models: &VerifiedModels,
        choose: impl FnOnce(&VerifiedModel, Box<FaceEncoderNetwork>, &Aligned<'_>) -> Result<Encoder, EngineError>,
    ) -> Result<Self, EngineError> {
        let find = |name| models.find(name).ok_or(EngineError::ModelMissing { name });
        let (points, network) = (find(FIVE_POINTS)?, find(FACE_ENCODER)?);
        let (detector, predictor, encoder) = std::thread::scope(|scope| {
            let detector = std::thread::Builder::new()
                .name("detector".to_owned())
                .spawn_scoped(scope, Detector::new);
            let predictor = open(points, |path| LandmarkPredictor::open(path))?;
            let dlib = Box::new(open(network, |path| FaceEncoderNetwork::open(path))?);
            let encoder = match Trial::of(&predictor)? {
                Some(trial) => choose(network, dlib, &trial.aligned())?,
                None => Encoder::Dlib(dlib),
            };
            let detector = match detector {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // No thread can be had: then one thing after the other.
                Err(_) => Detector::new(),
            };
            Ok::<_, EngineError>((detector, predictor, encoder))
        })?;
        Ok(Self {
            id: EngineId {
                name: "dlib-hog-resnet".to_owned(),
                model: models.fingerprint(),
            },
            detector,
            predictor,
            encoder,
        })
    }
}

impl Engine for DlibEngine {
    fn id(&self) -> &EngineId {
        &self.id
    }

    fn begin(&mut self) {
        self.detector.begin();
    }

    fn analyse(&mut self, frame: &Frame<'_>, effort: Effort) -> Result<Analysis, EngineError> {
        let mut clock = Clock(Instant::now());
        let mut times = StageTimes::default();
        let found = self.detector.find(frame, effort)?;
        times.detect_us = clock.lap();
        let Some(Found {
            faces,
            rgb,
            full,
            own,
        }) = found
        else {
            let brightness = frame.brightness();
            times.quality_us = clock.lap();
            return Ok(Analysis {
                faces: Vec::new(),
                times,
                brightness,
            });
        };
        let seen = Frame::new(frame.width(), frame.height(), Pixels::Rgb(&rgb))?;
        let spread = (!own).then_some(&seen);

        let mut found = Vec::with_capacity(faces.len());
        for bbox in faces.into_iter().map(|face| face.bbox) {
            let marks = self.predictor.face_landmarks(&full, &rectangle(&bbox));
            let points = five(&marks)?;
            // Without a square to align to, dlib's behaviour is undefined: not a face worth having.
            if let Some(chip) = Chip::of(&points) {
                found.push((bbox, points, marks, chip));
            }
        }
        times.landmarks_us = clock.lap();

        let mut encodings = Vec::with_capacity(found.len());
        for (_, _, marks, chip) in &found {
            encodings.push(self.encoder.encode(&Aligned {
                rgb: &rgb,
                size: (frame.width(), frame.height()),
                matrix: &full,
                marks,
                chip,
            })?);
        }
        times.encode_us = clock.lap();

        let faces = found
            .into_iter()
            .zip(encodings)
            .map(|((bbox, points, _, chip), encoding)| {
                let quality = quality::measure(frame, spread, &points, &chip);
                Face {
                    bbox,
                    points,
                    encoding,
                    quality,
                    live: None,
                }
            })
            .collect();
        let brightness = frame.brightness();
        times.quality_us = clock.lap();
        Ok(Analysis {
            faces,
            times,
            brightness,
        })
    }
}

/// dlib's wrapper panics on a path that is not UTF-8 or has a NUL in it, so that is asked first.
fn open<T>(model: &VerifiedModel, load: impl Fn(&Path) -> Result<T, String>) -> Result<T, EngineError> {
    let failed = |reason: String| EngineError::ModelLoad {
        path: model.path.clone(),
        reason,
    };
    match model.path.to_str() {
        Some(path) if !path.contains('\0') => load(&model.path).map_err(failed),
        _ => Err(failed("its path is not plain UTF-8".to_owned())),
    }
}

fn rectangle(bbox: &BBox) -> Rectangle {
    Rectangle {
        left: bbox.left.into(),
        top: bbox.top.into(),
        right: bbox.right.into(),
        bottom: bbox.bottom.into(),
    }
}

fn five(landmarks: &FaceLandmarks) -> Result<[Point; 5], EngineError> {
    let points: Vec<Point> = landmarks
        .iter()
        .map(|p| Point {
            x: p.x() as f32,
            y: p.y() as f32,
        })
        .collect();
    points
        .try_into()
        .map_err(|p: Vec<Point>| EngineError::Landmarks { found: p.len() })
}

/// Measures stages one after the other.
struct Clock(Instant);

impl Clock {
    /// Microseconds since the last call.
    fn lap(&mut self) -> u64 {
        let now = Instant::now();
        let lap = now.duration_since(self.0);
        self.0 = now;
        u64::try_from(lap.as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
