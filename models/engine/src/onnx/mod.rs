//! The second engine: YuNet's detector and a 112x112 encoder, networks in ONNX form, run in Rust alone.

mod align;
mod encoder;
mod yunet;

use std::borrow::Cow;
use std::path::Path;

use facelogin_models::{SFACE, VerifiedModels, YUNET, fingerprint_of, sha256};

use self::align::Alignment;
use self::encoder::{CENTRED_LEVELS, Encoder};
use self::yunet::{Found, Yunet};
use crate::chip::Chip;
use crate::clock::Clock;
use crate::contrast;
use crate::pose::pose_of_centres;
use crate::resample::{fit, shrink};
use crate::{
    Analysis, BBox, Effort, Engine, EngineError, EngineId, Face, Frame, MAX_FACES, Pixels, Point, quality,
};

/// Longest sides, in pixels, of the copies in which faces are searched for, one after the other until there are some;
/// see [`Effort`]. In each, faces are found from about 16 pixels of width.
const VIDEO_SIDES: &[u32] = &[320];
const STILL_SIDES: &[u32] = &[320, 640, 1280];

/// YuNet and SFace, resident.
pub struct OnnxEngine {
    id: EngineId,
    detector: Yunet,
    encoder: Encoder,
}

impl OnnxEngine {
    /// Loads the two verified files of [`ModelSet::Onnx`](facelogin_models::ModelSet::Onnx).
    pub fn load(models: &VerifiedModels) -> Result<Self, EngineError> {
        let find = |name| models.find(name).ok_or(EngineError::ModelMissing { name });
        let (yunet, sface) = (find(YUNET)?, find(SFACE)?);
        Ok(Self {
            id: EngineId {
                name: "onnx-yunet-sface".to_owned(),
                model: fingerprint_of(&[&yunet.sha256, &sface.sha256]),
            },
            detector: Yunet::open(yunet)?,
            encoder: Encoder::open(sface)?,
        })
    }

    /// The same with another encoder of the same kind (112x112 RGB, levels from -1 to 1; 128 numbers), to measure with:
    /// for tools alone, since nobody vouches for the file. What it makes has an identity of its own, so no login ever
    /// compares it with anything.
    pub fn for_evaluation(models: &VerifiedModels, encoder: &Path) -> Result<Self, EngineError> {
        let yunet = models
            .find(YUNET)
            .ok_or(EngineError::ModelMissing { name: YUNET })?;
        let failed = |reason: String| EngineError::ModelLoad {
            path: encoder.to_owned(),
            reason,
        };
        let bytes = std::fs::read(encoder).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            id: EngineId {
                name: "onnx-yunet-evaluation".to_owned(),
                model: fingerprint_of(&[&yunet.sha256, &sha256(&bytes)]),
            },
            detector: Yunet::open(yunet)?,
            encoder: Encoder::from_bytes("(the encoder to evaluate)", bytes, CENTRED_LEVELS)
                .map_err(failed)?,
        })
    }

    /// The faces, and the picture's pixels in the range of levels in which they were found.
    fn find<'a>(
        &mut self,
        frame: &Frame<'a>,
        effort: Effort,
    ) -> Result<Option<(Vec<Found>, Cow<'a, [u8]>)>, EngineError> {
        let size = (frame.width(), frame.height());
        for range in contrast::ranges(frame) {
            let rgb = match range {
                None => frame.rgb(),
                Some(range) => range.for_detection(frame).into(),
            };
            let faces = self.detect(size, &rgb, effort)?;
            if faces.is_empty() {
                continue;
            }
            let rgb = match range {
                None => rgb,
                // Sharp.
                Some(range) => range.spread_all(&frame.rgb()).into(),
            };
            return Ok(Some((faces, rgb)));
        }
        Ok(None)
    }

    /// In the coordinates of the frame, largest first.
    fn detect(&mut self, size: (u32, u32), rgb: &[u8], effort: Effort) -> Result<Vec<Found>, EngineError> {
        let sides = match effort {
            Effort::Video => VIDEO_SIDES,
            Effort::Still => STILL_SIDES,
        };
        for side in sides {
            let small = fit(size.0, size.1, *side);
            let mut faces = match small {
                Some(small) => self.detector.search(&shrink(rgb, size, small), small)?,
                None => self.detector.search(rgb, size)?,
            };
            if let Some(small) = small {
                let scale = f64::from(size.0.max(size.1)) / f64::from(small.0.max(small.1));
                faces.iter_mut().for_each(|face| enlarge(face, scale as f32));
            }
            if !faces.is_empty() || small.is_none() {
                faces.sort_by(|a, b| b.area().total_cmp(&a.area()));
                faces.truncate(MAX_FACES);
                return Ok(faces);
            }
        }
        Ok(Vec::new())
    }
}

impl Engine for OnnxEngine {
    fn id(&self) -> &EngineId {
        &self.id
    }

    fn analyse(&mut self, frame: &Frame<'_>, effort: Effort) -> Result<Analysis, EngineError> {
        let mut clock = Clock::start();
        let mut analysis = Analysis {
            faces: Vec::new(),
            times: Default::default(),
            brightness: frame.brightness(),
        };
        analysis.times.quality_us = clock.lap();
        let found = self.find(frame, effort)?;
        analysis.times.detect_us = clock.lap();
        let Some((found, rgb)) = found else {
            return Ok(analysis);
        };
        let size = (frame.width(), frame.height());
        let seen = Frame::new(size.0, size.1, Pixels::Rgb(&rgb))?;
        for one in found {
            // Without an alignment there is nothing to encode: not a face worth having.
            let Some(alignment) = Alignment::of(&one.points) else {
                continue;
            };
            let Some(chip) = Chip::from_map(alignment.face()) else {
                continue;
            };
            let encoding = self.encoder.encode(&alignment.crop(&rgb, size))?;
            analysis.times.encode_us += clock.lap();
            let quality = quality::measure_posed(
                frame,
                &seen,
                pose_of_centres(&one.points),
                &chip,
                alignment.inside(size.0, size.1),
            );
            analysis.faces.push(Face {
                bbox: bbox(&one),
                points: one.points,
                encoding,
                quality,
                live: None,
            });
            analysis.times.quality_us += clock.lap();
        }
        Ok(analysis)
    }
}

/// From a smaller copy to the picture: pixels' centres are whole numbers in both.
fn enlarge(face: &mut Found, scale: f32) {
    let place = |at: f32| (at + 0.5) * scale - 0.5;
    face.left = place(face.left);
    face.top = place(face.top);
    face.width *= scale;
    face.height *= scale;
    face.points = face.points.map(|point| Point {
        x: place(point.x),
        y: place(point.y),
    });
}

fn bbox(face: &Found) -> BBox {
    // `as` saturates.
    let side = |v: f32| v.round() as i32;
    BBox {
        left: side(face.left),
        top: side(face.top),
        right: side(face.left + face.width - 1.0),
        bottom: side(face.top + face.height - 1.0),
    }
}
