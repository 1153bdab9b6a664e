//! The default engine: dlib's HOG detector, five landmarks, and its ResNet encoder.
//!
//! What dlib does in C++ cannot be seen from here, so its inputs are kept within what it is known to bear: frames of
//! bounded size ([`Frame`]), models of known hash, faces whose landmarks define a square. Loading catches dlib's own
//! errors; any other C++ exception (out of memory, say) ends the process, which is why the engine lives in a process
//! of its own. dlib's copies of an encoding are freed without being overwritten.
//!
//! dlib multiplies matrices with OpenBLAS, which starts a thread per core unless `OPENBLAS_NUM_THREADS=1` is in the
//! environment **before the process starts**: its loader reads it. The vision process is started that way; for one
//! face the single thread is as fast, and steadier.

use std::borrow::Cow;
use std::path::Path;
use std::time::Instant;

use dlib_face_recognition::{
    FaceDetector, FaceDetectorTrait, FaceEncoderNetwork, FaceEncoderTrait, FaceLandmarks, ImageMatrix,
    LandmarkPredictor, LandmarkPredictorTrait, Rectangle,
};
use facelogin_models::{FACE_ENCODER, FIVE_POINTS, VerifiedModel, VerifiedModels};
use image_for_dlib::{ImageBuffer, Rgb};

use crate::chip::Chip;
use crate::contrast;
use crate::resample::{fit, shrink};
use crate::{
    Analysis, BBox, Effort, Encoding, Engine, EngineError, EngineId, Face, Frame, MAX_FACES, Pixels, Point,
    StageTimes, quality,
};

/// Longest side, in pixels, on which faces are searched for; see [`Effort`].
const VIDEO_SIDE: u32 = 640;
const STILL_SIDE: u32 = 2400;
/// Longest side of the enlarged copy in which a face is searched for that the picture itself did not show.
const ENLARGED_SIDE: u32 = 1600;

/// Where faces are, and what the landmarks, the encoder and the measures of quality get to see.
struct Found<'a> {
    /// In the coordinates of the frame, largest first; at least one.
    boxes: Vec<BBox>,
    /// The frame's size.
    rgb: Cow<'a, [u8]>,
    /// The same.
    full: ImageMatrix,
}

/// dlib's HOG detector, five-point predictor and ResNet encoder, resident.
pub struct DlibEngine {
    id: EngineId,
    detector: FaceDetector,
    predictor: LandmarkPredictor,
    encoder: FaceEncoderNetwork,
}

impl DlibEngine {
    /// Loads the two verified model files: about 60 MB and under a second.
    pub fn load(models: &VerifiedModels) -> Result<Self, EngineError> {
        let find = |name| models.find(name).ok_or(EngineError::ModelMissing { name });
        let (points, network) = (find(FIVE_POINTS)?, find(FACE_ENCODER)?);
        Ok(Self {
            id: EngineId {
                name: "dlib-hog-resnet".to_owned(),
                model: models.fingerprint(),
            },
            detector: FaceDetector::new(),
            predictor: open(points, |path| LandmarkPredictor::open(path))?,
            encoder: open(network, |path| FaceEncoderNetwork::open(path))?,
        })
    }

    /// The faces, and the picture in the range of levels in which they were found; `None`: there are none.
    fn find<'a>(&self, frame: &Frame<'a>, effort: Effort) -> Result<Option<Found<'a>>, EngineError> {
        let size = (frame.width(), frame.height());
        for range in contrast::ranges(frame) {
            let rgb = match range {
                None => frame.rgb(),
                Some(range) => range.for_detection(frame).into(),
            };
            let full = whole(frame, &rgb)?;
            let boxes = self.detect(size, &rgb, &full, effort);
            if boxes.is_empty() {
                continue;
            }
            let (rgb, full) = match range {
                None => (rgb, full),
                // Sharp.
                Some(range) => {
                    let rgb = range.spread_all(&frame.rgb());
                    let full = whole(frame, &rgb)?;
                    (rgb.into(), full)
                }
            };
            return Ok(Some(Found { boxes, rgb, full }));
        }
        Ok(None)
    }

    /// Boxes in the coordinates of the frame, largest first.
    fn detect(&self, size: (u32, u32), rgb: &[u8], full: &ImageMatrix, effort: Effort) -> Vec<BBox> {
        let limit = match effort {
            Effort::Video => VIDEO_SIDE,
            Effort::Still => STILL_SIDE,
        };
        let mut boxes = match fit(size.0, size.1, limit) {
            // dlib divides by sides; a strip thinner than the detector's window has no face in it anyway.
            Some(small) if small.0.min(small.1) < crate::MIN_SIDE => Vec::new(),
            Some(small) => match matrix(small, &shrink(rgb, size, small)) {
                Some(copy) => self.search(&copy, f64::from(size.0) / f64::from(small.0)),
                None => Vec::new(),
            },
            None => self.search(full, 1.0),
        };
        if boxes.is_empty() && effort == Effort::Still && 2 * size.0.max(size.1) <= ENLARGED_SIDE {
            let larger = full.resize(2 * size.0 as usize, 2 * size.1 as usize);
            boxes = self.search(&larger, 0.5);
        }
        boxes.sort_by_key(|b| std::cmp::Reverse(b.area()));
        boxes.truncate(MAX_FACES);
        boxes
    }

    /// Boxes found in `image`, each multiplied by `scale`.
    fn search(&self, image: &ImageMatrix, scale: f64) -> Vec<BBox> {
        // `as` saturates, and no side is anywhere near that.
        let side = |v: i64| (v as f64 * scale).round() as i32;
        self.detector
            .face_locations(image)
            .iter()
            .map(|r| BBox {
                left: side(r.left),
                top: side(r.top),
                right: side(r.right),
                bottom: side(r.bottom),
            })
            .collect()
    }
}

impl Engine for DlibEngine {
    fn id(&self) -> &EngineId {
        &self.id
    }

    fn analyse(&mut self, frame: &Frame<'_>, effort: Effort) -> Result<Analysis, EngineError> {
        let mut clock = Clock(Instant::now());
        let mut times = StageTimes::default();
        let found = self.find(frame, effort)?;
        times.detect_us = clock.lap();
        let Some(Found { boxes, rgb, full }) = found else {
            let brightness = frame.brightness();
            times.quality_us = clock.lap();
            return Ok(Analysis {
                faces: Vec::new(),
                times,
                brightness,
            });
        };
        let seen = Frame::new(frame.width(), frame.height(), Pixels::Rgb(&rgb))?;

        let mut found = Vec::with_capacity(boxes.len());
        let mut landmarks = Vec::with_capacity(boxes.len());
        for bbox in boxes {
            let marks = self.predictor.face_landmarks(&full, &rectangle(&bbox));
            let points = five(&marks)?;
            // Without a square to align to, dlib's behaviour is undefined: not a face worth having.
            if let Some(chip) = Chip::of(&points) {
                found.push((bbox, points, chip));
                landmarks.push(marks);
            }
        }
        times.landmarks_us = clock.lap();

        let encodings = self.encode(&full, &landmarks)?;
        times.encode_us = clock.lap();

        let faces = found
            .into_iter()
            .zip(encodings)
            .map(|((bbox, points, chip), encoding)| {
                let quality = quality::measure(frame, &seen, &points, &chip);
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

impl DlibEngine {
    fn encode(&self, image: &ImageMatrix, landmarks: &[FaceLandmarks]) -> Result<Vec<Encoding>, EngineError> {
        if landmarks.is_empty() {
            return Ok(Vec::new());
        }
        // No jitter: it would draw on a random number generator that all of dlib shares.
        let encodings = self.encoder.get_face_encodings(image, landmarks, 0);
        if encodings.len() != landmarks.len() {
            return Err(EngineError::EncodingCount {
                expected: landmarks.len(),
                found: encodings.len(),
            });
        }
        encodings
            .iter()
            .map(|e| Ok(Encoding::try_from_f64(e.as_ref())?))
            .collect()
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

/// The frame's pixels, or others in their place.
fn whole(frame: &Frame<'_>, rgb: &[u8]) -> Result<ImageMatrix, EngineError> {
    matrix((frame.width(), frame.height()), rgb).ok_or(EngineError::FrameSize {
        width: frame.width(),
        height: frame.height(),
    })
}

/// `None` if there are fewer bytes than the size needs.
fn matrix(size: (u32, u32), rgb: &[u8]) -> Option<ImageMatrix> {
    let buffer: ImageBuffer<Rgb<u8>, &[u8]> = ImageBuffer::from_raw(size.0, size.1, rgb)?;
    Some(ImageMatrix::from_image(&buffer))
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
