//! YuNet: where the faces are, with five points each.
//!
//! The network gives, for every cell of three grids (8, 16 and 32 pixels wide), how likely a face has its middle there
//! and where its box and points are from there. What is done before and after follows OpenCV's `FaceDetectorYN`
//! (`modules/objdetect/src/face_detect.cpp`), by which the file is published.

use facelogin_models::VerifiedModel;

use crate::net::{Input, Net, Output};
use crate::{EngineError, Point};

/// The widths of the grids' cells, in pixels of the input.
const STRIDES: [usize; 3] = [8, 16, 32];

/// Sides of the input are multiples of this; what is added to the right and below is black.
const STEP: usize = 32;

/// From which score on something is a face. OpenCV's default is 0.9, by which 48 of 5,948 pictures of LFW had none; by this
/// one each has.
const SCORE: f32 = 0.8;

/// Of two boxes that share more of the area they cover than this, only the likelier is a face; OpenCV's default.
const OVERLAP: f32 = 0.3;

/// The most candidates looked at, the likeliest: a face has some ten. A crowd must not stall a login.
const CANDIDATES: usize = 1000;

/// One face, in pixels of the picture searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    /// How sure the network is, 0..=1.
    pub(crate) score: f32,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// In the order of [`Face::points`](crate::Face::points).
    pub(crate) points: [Point; 5],
}

impl Found {
    pub(crate) fn area(&self) -> f32 {
        self.width * self.height
    }

    /// In a picture `scale` times as large: pixels' centres are whole numbers in both.
    pub(crate) fn enlarged(&self, scale: f32) -> Self {
        let place = |at: f32| (at + 0.5) * scale - 0.5;
        Self {
            score: self.score,
            left: place(self.left),
            top: place(self.top),
            width: self.width * scale,
            height: self.height * scale,
            points: self.points.map(|point| Point {
                x: place(point.x),
                y: place(point.y),
            }),
        }
    }

    /// In a picture that begins so many pixels further left and up.
    pub(crate) fn moved(&self, (x, y): (u32, u32)) -> Self {
        let (x, y) = (x as f32, y as f32);
        Self {
            left: self.left + x,
            top: self.top + y,
            points: self.points.map(|point| Point {
                x: point.x + x,
                y: point.y + y,
            }),
            ..*self
        }
    }

    fn is_finite(&self) -> bool {
        let numbers = [self.score, self.left, self.top, self.width, self.height];
        let points = self.points.iter().flat_map(|p| [p.x, p.y]);
        numbers.into_iter().chain(points).all(f32::is_finite)
    }
}

/// The detector, resident.
pub(crate) struct Yunet(Net);

impl Yunet {
    pub(crate) fn open(model: &VerifiedModel) -> Result<Self, EngineError> {
        // Its file names one size; it takes every multiple of `STEP`.
        let input = Input {
            shape: [1, 3, 640, 640],
            tried: [1, 3, 4 * STEP, 5 * STEP],
            levels: 0.0..=255.0,
        };
        Ok(Self(Net::open(model, &input)?))
    }

    /// The faces in a picture of RGB bytes, likeliest first.
    pub(crate) fn search(&mut self, rgb: &[u8], size: (u32, u32)) -> Result<Vec<Found>, EngineError> {
        let padded = padded(size);
        let outputs = self
            .0
            .run_as([1, 3, padded.1, padded.0], &tensor(rgb, size, padded))?;
        let candidates = decode(&outputs, padded).ok_or(EngineError::Net {
            name: self.0.name(),
            reason: "its outputs are not YuNet's".to_owned(),
        })?;
        Ok(thinned(candidates))
    }
}

/// Width and height as the network takes them.
fn padded(size: (u32, u32)) -> (usize, usize) {
    let up = |side: u32| (side as usize).div_ceil(STEP) * STEP;
    (up(size.0), up(size.1))
}

/// Blue, green, red, plane after plane, 0..=255.
fn tensor(rgb: &[u8], (width, height): (u32, u32), padded: (usize, usize)) -> Vec<f32> {
    let (width, height) = (width as usize, height as usize);
    let plane = padded.0 * padded.1;
    let mut all = vec![0.0; 3 * plane];
    for (c, plane) in all.chunks_exact_mut(plane).enumerate() {
        for (to, from) in plane
            .chunks_exact_mut(padded.0)
            .zip(rgb.chunks_exact(3 * width))
            .take(height)
        {
            for (to, pixel) in to.iter_mut().zip(from.chunks_exact(3)) {
                *to = f32::from(pixel[2 - c]);
            }
        }
    }
    all
}

/// Every cell that may be a face; `None` if the outputs are not as many and as long as they must be.
fn decode(outputs: &[Output], padded: (usize, usize)) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for stride in STRIDES {
        let (columns, rows) = (padded.0 / stride, padded.1 / stride);
        let of = |what: &str, each: usize| {
            let name = format!("{what}_{stride}");
            let output = outputs.iter().find(|output| output.name == name)?;
            (output.data.len() == columns * rows * each).then_some(output.data.as_slice())
        };
        let (class, object) = (of("cls", 1)?, of("obj", 1)?);
        let (boxes, points) = (of("bbox", 4)?, of("kps", 10)?);
        for (cell, (class, object)) in class.iter().zip(object).enumerate() {
            let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            if score < SCORE {
                continue;
            }
            let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
            let stride = stride as f32;
            let bbox = &boxes[4 * cell..][..4];
            let (width, height) = (bbox[2].exp() * stride, bbox[3].exp() * stride);
            let point = |i: usize| Point {
                x: (points[10 * cell + 2 * i] + column) * stride,
                y: (points[10 * cell + 2 * i + 1] + row) * stride,
            };
            let one = Found {
                score,
                left: (column + bbox[0]) * stride - width / 2.0,
                top: (row + bbox[1]) * stride - height / 2.0,
                width,
                height,
                points: std::array::from_fn(point),
            };
            if one.is_finite() {
                found.push(one);
            }
        }
    }
    Some(found)
}

/// The likeliest of those that lie on top of each other.
fn thinned(mut candidates: Vec<Found>) -> Vec<Found> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(CANDIDATES);
    let mut kept: Vec<Found> = Vec::new();
    for one in candidates {
        if kept.iter().all(|other| overlap(&one, other) <= OVERLAP) {
            kept.push(one);
        }
    }
    kept
}

/// The area that both cover over the area that either covers.
pub(crate) fn overlap(a: &Found, b: &Found) -> f32 {
    let shared =
        |a: f32, a_long: f32, b: f32, b_long: f32| ((a + a_long).min(b + b_long) - a.max(b)).max(0.0);
    let both = shared(a.left, a.width, b.left, b.width) * shared(a.top, a.height, b.top, b.height);
    let either = a.area() + b.area() - both;
    if either > 0.0 { both / either } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs for an input of 64 x 32 that see nothing anywhere.
    fn nothing() -> Vec<Output> {
        let mut all = Vec::new();
        for stride in STRIDES {
            let cells = 64 / stride * (32 / stride);
            for (what, each) in [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)] {
                all.push(Output {
                    name: format!("{what}_{stride}"),
                    shape: vec![1, cells, each],
                    data: vec![0.0; cells * each],
                });
            }
        }
        all
    }

    fn set(outputs: &mut [Output], name: &str, from: usize, values: &[f32]) {
        let output = outputs.iter_mut().find(|output| output.name == name).unwrap();
        output.data[from..from + values.len()].copy_from_slice(values);
    }

    #[test]
    fn a_cell_says_where_box_and_points_are_in_its_own_strides() {
        // (stride, cell, its column, its row) of 64 x 32.
        for (stride, cell, column, row) in [(8, 13, 5.0, 1.0), (16, 5, 1.0, 1.0), (32, 1, 1.0, 0.0)] {
            let mut outputs = nothing();
            set(&mut outputs, &format!("cls_{stride}"), cell, &[0.95]);
            // More than 1 counts as 1.
            set(&mut outputs, &format!("obj_{stride}"), cell, &[1.5]);
            set(
                &mut outputs,
                &format!("bbox_{stride}"),
                4 * cell,
                &[0.5, -0.25, 2_f32.ln(), 0.0],
            );
            let points: Vec<f32> = (0..10).map(|i| i as f32 / 10.0).collect();
            set(&mut outputs, &format!("kps_{stride}"), 10 * cell, &points);
            let found = decode(&outputs, (64, 32)).unwrap();
            let [face] = found.as_slice() else {
                panic!("{found:?}")
            };
            let unit = stride as f32;
            let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
            assert!(near(face.score, 0.95_f32.sqrt()), "{face:?}");
            assert!(near(face.width, 2.0 * unit) && near(face.height, unit));
            assert!(near(face.left, (column + 0.5) * unit - unit), "{face:?}");
            assert!(near(face.top, (row - 0.25) * unit - unit / 2.0), "{face:?}");
            assert!(near(face.points[0].x, column * unit) && near(face.points[0].y, (row + 0.1) * unit));
            assert!(
                near(face.points[4].x, (column + 0.8) * unit) && near(face.points[4].y, (row + 0.9) * unit)
            );
        }
    }

    #[test]
    fn what_is_unlikely_or_not_finite_is_no_face_and_other_outputs_are_refused() {
        for (class, object, width, expected) in [
            (1.0, 1.0, 0.0, 1),
            (0.8, 0.81, 0.0, 1),
            (0.8, 0.79, 0.0, 0),
            (1.0, 0.0, 0.0, 0),
            (-1.0, -1.0, 0.0, 0),
            (1.0, 1.0, 1000.0, 0),
        ] {
            let mut outputs = nothing();
            set(&mut outputs, "cls_16", 0, &[class]);
            set(&mut outputs, "obj_16", 0, &[object]);
            set(&mut outputs, "bbox_16", 2, &[width]);
            let found = decode(&outputs, (64, 32)).unwrap();
            assert_eq!(found.len(), expected, "{class} {object} {width}");
        }
        assert!(decode(&nothing(), (64, 64)).is_none());
        assert!(decode(&nothing()[1..], (64, 32)).is_none());
        assert!(decode(&[], (64, 32)).is_none());
    }

    fn face(score: f32, left: f32, top: f32, side: f32) -> Found {
        Found {
            score,
            left,
            top,
            width: side,
            height: side,
            points: [Point { x: left, y: top }; 5],
        }
    }

    #[test]
    fn of_boxes_on_top_of_each_other_the_likeliest_stays() {
        let kept = thinned(vec![
            face(0.91, 2.0, 0.0, 10.0),
            face(0.99, 0.0, 0.0, 10.0),
            face(0.95, 1.0, 1.0, 10.0),
            // Shares a quarter of itself with the first: 25 of 175.
            face(0.92, 5.0, 5.0, 10.0),
            face(0.93, 100.0, 0.0, 10.0),
        ]);
        let scores: Vec<f32> = kept.iter().map(|f| f.score).collect();
        assert_eq!(scores, [0.99, 0.93, 0.92]);
        assert!((overlap(&kept[0], &kept[2]) - 25.0 / 175.0).abs() < 1e-6);
        assert!(thinned(Vec::new()).is_empty());
        // Without an area, one is as good as the other.
        assert_eq!(
            thinned(vec![face(1.0, 3.0, 3.0, 0.0), face(0.9, 3.0, 3.0, 0.0)]).len(),
            1
        );
    }

    #[test]
    fn the_tensor_is_blue_green_red_planes_padded_with_black() {
        let rgb: Vec<u8> = (0..33 * 2)
            .flat_map(|i| [i as u8, 100, 200 + (i / 33) as u8])
            .collect();
        let size = padded((33, 2));
        assert_eq!(size, (64, 32));
        assert_eq!(padded((64, 32)), (64, 32));
        let tensor = tensor(&rgb, (33, 2), size);
        assert_eq!(tensor.len(), 3 * 64 * 32);
        let at = |c: usize, x: usize, y: usize| tensor[(c * 32 + y) * 64 + x];
        assert_eq!([at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)], [200.0, 100.0, 0.0]);
        assert_eq!([at(0, 32, 1), at(1, 32, 1), at(2, 32, 1)], [201.0, 100.0, 65.0]);
        for (x, y) in [(33, 0), (0, 2), (63, 31)] {
            assert_eq!([at(0, x, y), at(1, x, y), at(2, x, y)], [0.0; 3]);
        }
    }
}
