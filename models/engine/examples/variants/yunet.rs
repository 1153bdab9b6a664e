//! YuNet's faces in front of dlib's encoder.

use std::path::Path;

use facelogin_engine::{Engine, OnnxEngine};
use facelogin_models::{ModelDirs, ModelSet, Trust, verify_files};
use image_for_dlib::RgbImage;

use crate::faces::{Encoder, Marked, Picture, face, frame};
use crate::similarity::{Similarity, pairs};
use crate::warp::{recropped, square};
use crate::{Analysis, BBox, Effort, Face, Point, Result, contrast};

/// Where dlib's box lies on YuNet's: its middle's distance from YuNet's middle, right and down, and its side, all as shares of
/// the root of YuNet's area. Medians of `variants shape` over every fifteenth of LFW's pictures.
const BOX: (f64, f64, f64) = (0.019, 0.069, 0.963);

/// Where YuNet's points lie in the unit square of dlib's mean face. Means of `variants shape`, likewise.
const POINTS: [(f64, f64); 5] = [
    (0.2171, 0.2011),
    (0.7836, 0.2089),
    (0.4916, 0.5314),
    (0.2591, 0.7745),
    (0.7430, 0.7795),
];

/// The second engine, of which only the detector matters here.
pub struct Detector(OnnxEngine);

#[derive(Clone, Copy, PartialEq)]
pub enum How {
    /// dlib's landmarks in YuNet's box.
    Box,
    /// YuNet's own points.
    Points,
}

impl How {
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "box" => Ok(Self::Box),
            "points" => Ok(Self::Points),
            _ => Err("expected box or points".into()),
        }
    }
}

impl Detector {
    pub fn load(folder: &Path, encoder: &Path) -> Result<Self> {
        let yunet = &ModelSet::Onnx.files()[..1];
        let models = verify_files(yunet, &ModelDirs::only(folder), Trust::AnyOwner)?;
        Ok(Self(OnnxEngine::for_evaluation(&models, encoder)?))
    }

    fn find(&mut self, picture: &RgbImage) -> Result<Vec<Face>> {
        let (width, height) = picture.dimensions();
        let pixels = facelogin_engine::Pixels::Rgb(picture.as_raw());
        let frame = facelogin_engine::Frame::new(width, height, pixels)?;
        Ok(self.0.analyse(&frame, Effort::Still)?.faces)
    }

    pub fn analyse(&mut self, encoder: &Encoder, picture: &RgbImage, how: How) -> Result<Analysis> {
        let given = frame(picture)?;
        let rgb = match contrast::ranges(&given).first() {
            Some(Some(range)) => range.spread_all(picture.as_raw()),
            _ => picture.as_raw().clone(),
        };
        let seen = Picture::of(picture.dimensions(), rgb)?;
        let found = self.find(picture)?;
        let boxes: Vec<BBox> = found.iter().map(|face| dlibs(&face.bbox)).collect();
        if how == How::Box {
            return encoder.analysis(&given, &seen, &boxes);
        }
        let mut analysis = encoder.analysis(&given, &seen, &[])?;
        for (one, bbox) in found.iter().zip(&boxes) {
            let Some(marked) = encoder.mark(&seen, bbox)? else {
                continue;
            };
            let Some(own) = Similarity::fit(&POINTS, &pairs(&one.points)) else {
                continue;
            };
            let moved = recropped(&seen, &marked, |u, v| own.at(u, v))?;
            let encoding = encoder.encode(&moved.matrix, &marked.marks)?;
            // Quality is of dlib's crop in either case, so that the gates let in the same pictures.
            analysis.faces.push(face(&given, &seen, &marked, encoding)?);
        }
        Ok(analysis)
    }
}

/// The box that dlib's detector would have drawn, on which its landmarks were trained.
fn dlibs(yunet: &BBox) -> BBox {
    let (x, y, root) = middle(yunet);
    let (x, y, half) = (x + BOX.0 * root, y + BOX.1 * root, BOX.2 * root / 2.0);
    // `as` saturates.
    let side = |v: f64| v.round() as i32;
    BBox {
        left: side(x - half),
        top: side(y - half),
        right: side(x + half),
        bottom: side(y + half),
    }
}

/// The middle, and the root of the area.
fn middle(bbox: &BBox) -> (f64, f64, f64) {
    let mean = |a: i32, b: i32| f64::from(a + b) / 2.0;
    (
        mean(bbox.left, bbox.right),
        mean(bbox.top, bbox.bottom),
        (bbox.area() as f64).sqrt(),
    )
}

/// Where YuNet's boxes and points lie, in dlib's terms, of faces that both found.
pub fn shape(
    detector: &mut Detector,
    encoder: &mut Encoder,
    pictures: impl Iterator<Item = (String, Result<RgbImage>)>,
) -> Result<()> {
    let (mut boxes, mut points) = ([Vec::new(), Vec::new(), Vec::new()], Vec::new());
    for (_, picture) in pictures {
        let picture = picture?;
        let found = detector.find(&picture)?;
        let (own, seen) = encoder.find(&picture, Effort::Still)?;
        // One face by both: it is the same.
        let ([theirs], [ours]) = (found.as_slice(), own.as_slice()) else {
            continue;
        };
        let ((x, y, root), (x0, y0, side)) = (middle(&theirs.bbox), middle(ours));
        for (all, one) in boxes
            .iter_mut()
            .zip([(x0 - x) / root, (y0 - y) / root, side / root])
        {
            all.push(one);
        }
        if let Some(marked) = encoder.mark(&seen, ours)? {
            points.push(unit(&marked, &theirs.points)?);
        }
    }
    for (name, all) in ["right", "down", "side"].into_iter().zip(&mut boxes) {
        all.sort_by(f64::total_cmp);
        println!(
            "{name}: {:.3} of {}",
            all.get(all.len() / 2).unwrap_or(&f64::NAN),
            all.len()
        );
    }
    for place in 0..5 {
        let mean = |of: fn(&(f64, f64)) -> f64| {
            points.iter().map(|shape| of(&shape[place])).sum::<f64>() / points.len() as f64
        };
        println!("point {place}: ({:.4}, {:.4})", mean(|p| p.0), mean(|p| p.1));
    }
    Ok(())
}

/// Points in the unit square of dlib's mean face.
fn unit(marked: &Marked, points: &[Point; 5]) -> Result<[(f64, f64); 5]> {
    let to = square(marked)?.inverse().ok_or("no square")?;
    Ok(pairs(points).map(|(x, y)| to.at(x, y)))
}
