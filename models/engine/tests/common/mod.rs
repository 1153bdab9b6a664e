//! What the tests of the engine share: the models, the portraits, and scenes made of these.
#![allow(dead_code, clippy::print_stderr, clippy::unwrap_used)]

use std::path::PathBuf;

use facelogin_engine::{DlibEngine, Frame, Pixels};
use facelogin_models::{ModelDirs, ModelError, Trust, verify_all};

pub struct Rgb {
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

impl Rgb {
    pub fn frame(&self) -> Frame<'_> {
        Frame::new(self.width, self.height, Pixels::Rgb(&self.bytes)).unwrap()
    }
}

fn folder(variable: &str, name: &str) -> Option<PathBuf> {
    let from = |v: &str| std::env::var_os(v).filter(|v| !v.is_empty()).map(PathBuf::from);
    from(variable).or_else(|| {
        let cache = from("XDG_CACHE_HOME").or_else(|| Some(from("HOME")?.join(".cache")))?;
        Some(cache.join("facelogin").join(name))
    })
}

pub fn engine() -> Option<DlibEngine> {
    let dir = folder("FACELOGIN_TEST_MODELS", "models")?;
    match verify_all(&ModelDirs::only(dir), Trust::AnyOwner) {
        Ok(models) => Some(DlibEngine::load(&models).unwrap()),
        Err(why @ ModelError::Missing { .. }) => {
            eprintln!("skipped: {why} (FACELOGIN_TEST_MODELS names another folder)");
            None
        }
        // Models that are there but wrong are no reason to skip.
        Err(why) => panic!("{why}"),
    }
}

pub fn picture(name: &str) -> Option<Rgb> {
    let path = folder("FACELOGIN_TEST_PICTURES", "pictures")?.join(name);
    if !path.exists() {
        eprintln!(
            "skipped: {} is absent (FACELOGIN_TEST_PICTURES names another folder)",
            path.display()
        );
        return None;
    }
    let rgb = image_for_dlib::open(&path).unwrap().to_rgb8();
    Some(Rgb {
        width: rgb.width(),
        height: rgb.height(),
        bytes: rgb.into_raw(),
    })
}

/// What a camera makes of a scene with a tenth of the light: fewer levels, and as much noise as before.
pub fn in_the_dark(picture: &Rgb) -> Rgb {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as f32 / 64.0 - 2.0
    };
    Rgb {
        width: picture.width,
        height: picture.height,
        bytes: picture
            .bytes
            .iter()
            .map(|byte| (f32::from(*byte) / 10.0 + noise()).round() as u8)
            .collect(),
    }
}

/// A portrait, and where its face is.
pub struct Person {
    portrait: Rgb,
    /// The middle of the face.
    centre: (f64, f64),
    /// Between the centres of the eyes, in pixels.
    eyes: f64,
}

pub fn person(name: &str) -> Option<Person> {
    let (centre, eyes) = match name {
        "obama.jpg" => ((478.0, 272.0), 106.5),
        "biden.jpg" => ((602.0, 364.0), 119.6),
        _ => panic!("nobody has measured {name}"),
    };
    Some(Person {
        portrait: picture(name)?,
        centre,
        eyes,
    })
}

/// A camera's frame.
pub struct Scene(Rgb);

impl Scene {
    pub fn wall() -> Self {
        Self::wall_of(640, 480)
    }

    pub fn wall_of(width: u32, height: u32) -> Self {
        // A gentle slope of light.
        let level = |i: u32| (100 + 60 * (i % width) / width) as u8;
        Self(Rgb {
            width,
            height,
            bytes: (0..width * height).flat_map(|i| [level(i); 3]).collect(),
        })
    }

    /// With a person's face at this place, the eyes so many pixels apart; a square cut out of the portrait around it.
    pub fn with(mut self, person: &Person, at: (f64, f64), eyes: f64) -> Self {
        let scale = person.eyes / eyes;
        let portrait = &person.portrait;
        let sample = |x: f64, y: f64, channel: usize| {
            // Averages, so that nothing flickers where the portrait is finer than the frame.
            let steps = scale.ceil() as i32;
            let mut sum = 0.0;
            for i in 0..steps * steps {
                let part = |k: i32| (f64::from(k) + 0.5) / f64::from(steps) - 0.5;
                let (u, v) = (x + scale * part(i % steps), y + scale * part(i / steps));
                let (column, row) = (u.round() as usize, v.round() as usize);
                sum += f64::from(portrait.bytes[3 * (row * portrait.width as usize + column) + channel]);
            }
            (sum / f64::from(steps * steps)).round() as u8
        };
        let reach = 2.2 * eyes;
        for y in 0..self.0.height {
            for x in 0..self.0.width {
                let (dx, dy) = (f64::from(x) - at.0, f64::from(y) - at.1);
                let (u, v) = (person.centre.0 + scale * dx, person.centre.1 + scale * dy);
                let inside = |at: f64, side: u32| (2.0 * scale..f64::from(side) - 2.0 * scale).contains(&at);
                if dx.abs().max(dy.abs()) > reach || !inside(u, portrait.width) || !inside(v, portrait.height)
                {
                    continue;
                }
                for channel in 0..3 {
                    self.0.bytes[3 * (y * self.0.width + x) as usize + channel] = sample(u, v, channel);
                }
            }
        }
        self
    }

    pub fn in_the_dark(self) -> Self {
        Self(in_the_dark(&self.0))
    }

    pub fn frame(&self) -> Frame<'_> {
        self.0.frame()
    }
}
