//! What the camera sees, made from the portraits: pictures of 640 x 480, as a webcam's.

use std::sync::OnceLock;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use super::needs;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// A wall: what is behind everybody.
const WALL: Rgb<u8> = Rgb([150, 150, 145]);

/// Pictures in the order they are played.
#[derive(Clone, Debug)]
pub struct Scene(Vec<Vec<u8>>);

/// One of the portraits, with the square of its face: left edge, top edge and side, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portrait {
    /// The one who is enrolled, from the front.
    Obama,
    /// The same in another year.
    Obama2,
    /// The same in yet another light, looking down a little.
    Obama3,
    /// Somebody else.
    Biden,
}

impl Portrait {
    fn file(self) -> &'static str {
        match self {
            Self::Obama => "obama.jpg",
            Self::Obama2 => "obama2.jpg",
            Self::Obama3 => "obama3.jpg",
            Self::Biden => "biden.jpg",
        }
    }

    fn face(self) -> (u32, u32, u32) {
        match self {
            Self::Obama => (355, 138, 262),
            Self::Obama2 => (150, 295, 322),
            Self::Obama3 => (650, 305, 290),
            Self::Biden => (430, 205, 335),
        }
    }

    fn whole(self) -> &'static RgbImage {
        static LOADED: [OnceLock<RgbImage>; 4] = [const { OnceLock::new() }; 4];
        LOADED[self as usize].get_or_init(|| {
            let file = needs::pictures().join(self.file());
            image::open(&file).unwrap().to_rgb8()
        })
    }

    /// The head, in a square whose side is `side` pixels; the face takes about half of it. `zoom` 1.0 is that; more is
    /// nearer.
    fn head(self, side: u32, zoom: f32) -> RgbImage {
        let whole = self.whole();
        let (left, top, face) = self.face();
        let wanted = (1.9 * face as f32 / zoom) as u32;
        let crop = wanted.min(whole.width()).min(whole.height());
        let start = |edge: u32, end: u32| (edge + face / 2).saturating_sub(crop / 2).min(end - crop);
        let (x, y) = (start(left, whole.width()), start(top, whole.height()));
        let head = imageops::crop_imm(whole, x, y, crop, crop).to_image();
        imageops::resize(&head, side, side, FilterType::Triangle)
    }
}

impl Scene {
    /// Nobody.
    pub fn empty() -> Self {
        Self(vec![jpeg(&wall())])
    }

    /// These JPEG pictures.
    pub fn played(pictures: Vec<Vec<u8>>) -> Self {
        Self(pictures)
    }

    /// One person alone.
    pub fn of(portrait: Portrait) -> Self {
        Self(vec![jpeg(&with(&[(portrait, 440, 100, 20)]))])
    }

    /// The portrait as it was taken, all of it.
    pub fn photograph(portrait: Portrait) -> Self {
        Self(vec![jpeg(portrait.whole())])
    }

    /// Two people at the same distance.
    pub fn two_people(left: Portrait, right: Portrait) -> Self {
        Self(vec![jpeg(&with(&[(left, 310, 5, 80), (right, 310, 325, 80)]))])
    }

    /// One near the camera, somebody else behind.
    pub fn with_bystander(near: Portrait, far: Portrait) -> Self {
        Self(vec![jpeg(&with(&[(near, 430, 0, 40), (far, 190, 445, 20)]))])
    }

    /// One person who moves a little, nearer and farther.
    pub fn moving(portrait: Portrait) -> Self {
        let picture = |step: u32| {
            let mut canvas = wall();
            let head = portrait.head(420, 1.0 + 0.03 * step as f32);
            imageops::overlay(&mut canvas, &head, i64::from(80 + 10 * step), 30);
            jpeg(&canvas)
        };
        Self((0..6).map(picture).collect())
    }

    /// This, then `times` times the other.
    pub fn then(mut self, other: &Self, times: usize) -> Self {
        for _ in 0..times {
            self.0.extend_from_slice(&other.0);
        }
        self
    }

    /// The pictures, JPEG.
    pub fn pictures(&self) -> &[Vec<u8>] {
        &self.0
    }
}

/// A single picture of one head, `side` pixels wide, without a wall: for `add --image`.
pub fn head(portrait: Portrait, side: u32) -> Vec<u8> {
    jpeg(&portrait.head(side, 1.0))
}

/// The same out of focus.
pub fn blurred_head(portrait: Portrait, side: u32, sigma: f32) -> Vec<u8> {
    jpeg(&imageops::blur(&portrait.head(side, 1.0), sigma))
}

/// The whole portrait, its long side `side` pixels.
pub fn scaled(portrait: Portrait, side: u32) -> Vec<u8> {
    let whole = portrait.whole();
    let factor = side as f32 / whole.width().max(whole.height()) as f32;
    let to = |length: u32| (length as f32 * factor) as u32;
    jpeg(&imageops::resize(
        whole,
        to(whole.width()),
        to(whole.height()),
        FilterType::Triangle,
    ))
}

/// The whole portrait with its long side, in pixels, as PNG.
pub fn png(portrait: Portrait) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    portrait
        .head(500, 1.0)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn with(heads: &[(Portrait, u32, i64, i64)]) -> RgbImage {
    let mut canvas = wall();
    for (portrait, side, x, y) in heads {
        imageops::overlay(&mut canvas, &portrait.head(*side, 1.0), *x, *y);
    }
    canvas
}

/// A wall with some structure, so that nothing depends on a picture of one colour.
fn wall() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let shade = ((x / 80 + y / 60) % 3) as u8 * 6;
        Rgb(WALL.0.map(|value| value - shade))
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 92))
        .unwrap();
    bytes
}
