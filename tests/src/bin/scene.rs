//! Makes what a webcam would deliver out of portraits: `scene PORTRAITS FOLDER [WIDTH]` puts a folder of JPEG
//! frames, 640x480 or as wide as said, for each scene into FOLDER. No two frames are alike: noise, and people who do not hold quite still.
#![allow(clippy::print_stderr)]

use std::env::args_os;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use image::imageops::{FilterType, fast_blur, overlay, resize};
use image::{Rgb, RgbImage};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Pixels of a frame.
const SIZE: (u32, u32) = (640, 480);

/// Frames a scene, played over and over.
const FRAMES: u32 = 12;

/// A portrait, and where the detector finds the face in it.
struct Portrait {
    file: &'static str,
    /// Centre of the face, in the portrait's pixels.
    centre: (f64, f64),
    /// Distance between the centres of the eyes, in the portrait's pixels.
    eyes: f64,
}

/// The person whom the demonstration enrols, in a portrait that is not enrolled.
const KNOWN: Portrait = Portrait {
    file: "obama3.jpg",
    centre: (791.0, 441.0),
    eyes: 122.8,
};

/// The same person, looking straight at the camera.
const FRONTAL: Portrait = Portrait {
    file: "obama.jpg",
    centre: (478.0, 272.0),
    eyes: 106.5,
};

/// Somebody else.
const STRANGER: Portrait = Portrait {
    file: "biden.jpg",
    centre: (602.0, 364.0),
    eyes: 119.6,
};

/// A portrait at a place of the frame.
struct Placed {
    portrait: &'static Portrait,
    /// Where the face's centre comes to lie, in the frame's pixels.
    at: (f64, f64),
    /// How far apart the eyes become, in the frame's pixels: about 75 with the face at arm's length of a laptop.
    eyes: f64,
    /// The columns of the frame that the portrait may cover.
    columns: (u32, u32),
}

const fn placed(portrait: &'static Portrait, at: (f64, f64), eyes: f64) -> Placed {
    Placed {
        portrait,
        at,
        eyes,
        columns: (0, SIZE.0),
    }
}

const fn within(columns: (u32, u32), of: Placed) -> Placed {
    Placed { columns, ..of }
}

/// Each scene's name and who is in it.
const SCENES: &[(&str, &[Placed])] = &[
    ("known", &[placed(&KNOWN, (320.0, 230.0), 80.0)]),
    // As somebody looks who enrols.
    ("frontal", &[placed(&FRONTAL, (320.0, 230.0), 75.0)]),
    ("stranger", &[placed(&STRANGER, (320.0, 230.0), 75.0)]),
    ("nobody", &[]),
    // As near to the camera as each other.
    (
        "two",
        &[
            within((0, 320), placed(&KNOWN, (160.0, 230.0), 60.0)),
            within((320, 640), placed(&STRANGER, (480.0, 230.0), 60.0)),
        ],
    ),
    // One far behind the other.
    (
        "behind",
        &[
            within((0, 420), placed(&KNOWN, (210.0, 240.0), 85.0)),
            within((420, 640), placed(&STRANGER, (530.0, 200.0), 34.0)),
        ],
    ),
    ("edge", &[placed(&KNOWN, (600.0, 230.0), 80.0)]),
    ("small", &[placed(&FRONTAL, (320.0, 230.0), 27.0)]),
    (BLURRED, &[placed(&FRONTAL, (320.0, 230.0), 75.0)]),
];

/// The scene whose camera is out of focus.
const BLURRED: &str = "blurred";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scene: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = args_os().skip(1);
    let (Some(portraits), Some(folder)) = (args.next(), args.next()) else {
        return Err("name the folder of the portraits and the one to fill".into());
    };
    let width = match args.next() {
        None => None,
        Some(text) => Some(text.to_string_lossy().parse()?),
    };
    for (name, people) in SCENES {
        let folder = Path::new(&folder).join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let focus = if *name == BLURRED { 6.0 } else { 0.0 };
        make(people, focus, width, portraits.as_ref(), &folder)
            .map_err(|error| format!("scene {name:?}: {error}"))?;
    }
    Ok(())
}

/// `focus`: how far light strays, in pixels. `width`: of the frames in the end, where it is not [`SIZE`]'s.
fn make(people: &[Placed], focus: f32, width: Option<u32>, portraits: &Path, folder: &Path) -> Result<()> {
    let pictures: Vec<(RgbImage, &Placed)> = people
        .iter()
        .map(|placed| Ok((scaled(placed, portraits)?, placed)))
        .collect::<Result<_>>()?;
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    for number in 0..FRAMES {
        let mut frame = RgbImage::from_fn(SIZE.0, SIZE.1, wall);
        for (picture, placed) in &pictures {
            put(&mut frame, picture, placed, sway(number));
        }
        if focus > 0.0 {
            frame = fast_blur(&frame, focus);
        }
        for value in frame.iter_mut() {
            *value = value.saturating_add_signed(noise.next());
        }
        if let Some(width) = width {
            frame = resize(&frame, width, width * SIZE.1 / SIZE.0, FilterType::Triangle);
        }
        frame.save(folder.join(format!("{number:02}.jpg")))?;
    }
    Ok(())
}

fn scaled(placed: &Placed, portraits: &Path) -> Result<RgbImage> {
    let path = portraits.join(placed.portrait.file);
    let picture = image::open(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .to_rgb8();
    let scale = placed.eyes / placed.portrait.eyes;
    let side = |pixels: u32| (f64::from(pixels) * scale).round() as u32;
    Ok(resize(
        &picture,
        side(picture.width()),
        side(picture.height()),
        FilterType::Triangle,
    ))
}

/// Puts a scaled portrait into its columns of the frame.
fn put(frame: &mut RgbImage, picture: &RgbImage, placed: &Placed, sway: (f64, f64)) {
    let (first, last) = placed.columns;
    let mut part = image::imageops::crop_imm(frame, first, 0, last - first, SIZE.1).to_image();
    let scale = placed.eyes / placed.portrait.eyes;
    let left = placed.at.0 + sway.0 - placed.portrait.centre.0 * scale - f64::from(first);
    let top = placed.at.1 + sway.1 - placed.portrait.centre.1 * scale;
    overlay(&mut part, picture, left.round() as i64, top.round() as i64);
    overlay(frame, &part, i64::from(first), 0);
}

/// How far somebody has moved in this frame, in pixels.
fn sway(number: u32) -> (f64, f64) {
    let angle = std::f64::consts::TAU * f64::from(number) / f64::from(FRAMES);
    (4.0 * angle.sin(), 2.0 * (2.0 * angle).cos())
}

/// A wall in the light of a lamp.
fn wall(x: u32, y: u32) -> Rgb<u8> {
    let light = 150 - (x / 10 + y / 8).min(110) as u8;
    Rgb([light, light, light.saturating_sub(12)])
}

/// The same noise in every run.
struct Noise(u64);

impl Noise {
    /// -3 to 3.
    fn next(&mut self) -> i8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % 7) as i8 - 3
    }
}
