//! From a picture and where its faces are to encodings, step by step as the default engine does it.

use dlib_face_recognition::{
    FaceDetector, FaceDetectorTrait, FaceEncoderNetwork, FaceEncoderTrait, FaceLandmarks, ImageMatrix,
    LandmarkPredictor, LandmarkPredictorTrait, Rectangle,
};
use facelogin_engine::{Encoding, StageTimes};
use facelogin_models::{FACE_ENCODER, FIVE_POINTS, VerifiedModels};
use image_for_dlib::{ImageBuffer, Rgb, RgbImage};

use crate::chip::Chip;
use crate::detect::{Detector, Found};
use crate::{Analysis, BBox, Effort, Face, Frame, MAX_FACES, Pixels, Point, Result, quality};

/// dlib's models.
pub struct Encoder {
    detector: Detector,
    alone: FaceDetector,
    predictor: LandmarkPredictor,
    network: FaceEncoderNetwork,
}

/// A picture as dlib takes it: RGB bytes and their matrix.
pub struct Picture {
    pub size: (u32, u32),
    pub rgb: Vec<u8>,
    pub matrix: ImageMatrix,
}

impl Picture {
    pub fn of(size: (u32, u32), rgb: Vec<u8>) -> Result<Self> {
        let buffer: ImageBuffer<Rgb<u8>, &[u8]> =
            ImageBuffer::from_raw(size.0, size.1, rgb.as_slice()).ok_or("too few bytes")?;
        let matrix = ImageMatrix::from_image(&buffer);
        Ok(Self { size, rgb, matrix })
    }
}

/// One face before it is encoded.
pub struct Marked {
    pub bbox: BBox,
    pub marks: FaceLandmarks,
    pub points: [Point; 5],
}

impl Encoder {
    pub fn load(models: &VerifiedModels) -> Result<Self> {
        let path = |name| {
            let model = models.find(name);
            model.map(|model| model.path.clone()).ok_or("a model is missing")
        };
        Ok(Self {
            detector: Detector::new(),
            alone: FaceDetector::new(),
            predictor: LandmarkPredictor::open(path(FIVE_POINTS)?)?,
            network: FaceEncoderNetwork::open(path(FACE_ENCODER)?)?,
        })
    }

    /// What the engine says of a still picture.
    pub fn as_engine(&mut self, picture: &RgbImage) -> Result<Analysis> {
        let frame = frame(picture)?;
        let (boxes, seen) = self.find(picture, Effort::Still)?;
        self.analysis(&frame, &seen, &boxes)
    }

    /// Faces, and the pixels in whose range of levels they were found.
    pub fn find(&mut self, picture: &RgbImage, effort: Effort) -> Result<(Vec<BBox>, Picture)> {
        let frame = frame(picture)?;
        self.detector.begin();
        Ok(match self.detector.find(&frame, effort)? {
            Some(Found { faces, rgb, full, .. }) => {
                let boxes = faces.iter().map(|face| face.bbox).collect();
                let seen = Picture {
                    size: picture.dimensions(),
                    rgb: rgb.into_owned(),
                    matrix: full,
                };
                (boxes, seen)
            }
            None => {
                let seen = Picture::of(picture.dimensions(), picture.as_raw().clone())?;
                (Vec::new(), seen)
            }
        })
    }

    /// The same by dlib's detector alone, which looks at the picture as it is and only once.
    pub fn find_alone(&self, picture: &Picture) -> Vec<BBox> {
        // A picture's sides fit.
        let side = |v: i64| v as i32;
        let faces = self.alone.face_locations(&picture.matrix);
        let of = |r: &Rectangle| BBox {
            left: side(r.left),
            top: side(r.top),
            right: side(r.right),
            bottom: side(r.bottom),
        };
        let mut boxes: Vec<BBox> = faces.iter().map(of).collect();
        boxes.sort_by_key(|bbox| std::cmp::Reverse(bbox.area()));
        boxes.truncate(MAX_FACES);
        boxes
    }

    /// The faces in these boxes: landmarks, encodings and quality.
    pub fn analysis(&self, frame: &Frame<'_>, seen: &Picture, boxes: &[BBox]) -> Result<Analysis> {
        let mut faces = Vec::new();
        for bbox in boxes {
            let Some(marked) = self.mark(seen, bbox)? else {
                continue;
            };
            let encoding = self.encode(&seen.matrix, &marked.marks)?;
            faces.push(face(frame, seen, &marked, encoding)?);
        }
        Ok(Analysis {
            faces,
            times: StageTimes::default(),
            brightness: frame.brightness(),
        })
    }

    /// dlib's landmarks; `None` where they define no square.
    pub fn mark(&self, seen: &Picture, bbox: &BBox) -> Result<Option<Marked>> {
        let place = Rectangle {
            left: bbox.left.into(),
            top: bbox.top.into(),
            right: bbox.right.into(),
            bottom: bbox.bottom.into(),
        };
        let marks = self.predictor.face_landmarks(&seen.matrix, &place);
        let point = |p: &dlib_face_recognition::Point| Point {
            x: p.x() as f32,
            y: p.y() as f32,
        };
        let points: Vec<Point> = marks.iter().map(point).collect();
        let points: [Point; 5] = points.try_into().map_err(|_| "not five points")?;
        Ok(Chip::of(&points).map(|_| Marked {
            bbox: *bbox,
            marks,
            points,
        }))
    }

    pub fn encode(&self, image: &ImageMatrix, marks: &FaceLandmarks) -> Result<Encoding> {
        let encodings = self
            .network
            .get_face_encodings(image, std::slice::from_ref(marks), 0);
        let first = encodings.first().ok_or("no encoding")?;
        Ok(Encoding::try_from_f64(first.as_ref())?)
    }
}

pub fn frame(picture: &RgbImage) -> Result<Frame<'_>> {
    Ok(Frame::new(
        picture.width(),
        picture.height(),
        Pixels::Rgb(picture.as_raw()),
    )?)
}

/// With the quality that the engine would measure.
pub fn face(frame: &Frame<'_>, seen: &Picture, marked: &Marked, encoding: Encoding) -> Result<Face> {
    let chip = Chip::of(&marked.points).ok_or("no square")?;
    let seen = Frame::new(seen.size.0, seen.size.1, Pixels::Rgb(&seen.rgb))?;
    Ok(Face {
        bbox: marked.bbox,
        points: marked.points,
        encoding,
        quality: quality::measure(frame, Some(&seen), &marked.points, &chip),
        live: None,
    })
}
