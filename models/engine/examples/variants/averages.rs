//! The mirrored picture, and crops that are moved, turned and scaled by a little, averaged with the picture as it is.
//!
//! dlib's own way (`jitter_image`, `dlib/image_transforms/interpolation.h`, dlib 19.24) moves by up to 2 % of the crop, turns
//! by up to 3 degrees, enlarges by 1 to 4 % and mirrors half of the crops, all at random. It draws on one random generator
//! that all of dlib shares, so that no encoding could be had twice: here the same amounts come from the picture's path.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use facelogin_engine::Encoding;
use facelogin_score::gates::{ENROLMENT, LOGIN, one_good_face};
use image_for_dlib::RgbImage;

use crate::faces::{Encoder, Marked, Picture};
use crate::warp::{recropped, square};
use crate::{Analysis, BBox, Effort, EngineId, Result, head, line};

/// Which crops are averaged.
#[derive(Clone, Copy, PartialEq)]
pub enum Crops {
    /// None but the mirrored picture's.
    Mirror,
    /// dlib's: all a little closer than the picture's own.
    Dlibs,
    /// As much moved and turned, from 3 % closer to 3 % farther, and none mirrored.
    Centred,
}

/// The averages that are written, by their files' names.
fn names(crops: Crops) -> &'static [&'static str] {
    match crops {
        Crops::Mirror => &["mirror"],
        Crops::Dlibs => &[
            "mirror",
            "jitter-1",
            "jitter-5",
            "jitter-10",
            "self-jitter-5",
            "self-jitter-10",
            "mirror-jitter-10",
            "mirror-jitter-20",
        ],
        Crops::Centred => &[
            "mirror",
            "centred-1",
            "centred-5",
            "centred-10",
            "self-centred-5",
            "self-centred-10",
        ],
    }
}

/// Jittered crops of the picture, and as many of the mirrored one.
const CROPS: usize = 10;

/// A file of lines for each average.
pub struct Files {
    crops: Crops,
    files: Vec<BufWriter<File>>,
}

impl Files {
    pub fn create(folder: &Path, id: &EngineId, crops: Crops) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let open = |name: &str| -> Result<BufWriter<File>> {
            let mut file = BufWriter::new(File::create(folder.join(format!("{name}.jsonl")))?);
            writeln!(file, "{}", head(id))?;
            Ok(file)
        };
        Ok(Self {
            crops,
            files: names(crops)
                .iter()
                .map(|name| open(name))
                .collect::<Result<_>>()?,
        })
    }

    /// The same analysis with the encoding of the one good face averaged. Jitter is for enrolments: where the face is not
    /// good enough for one, those files have the encoding as it is.
    pub fn write(
        &mut self,
        encoder: &mut Encoder,
        path: &str,
        picture: &RgbImage,
        analysis: &Analysis,
    ) -> Result<()> {
        let place = one_good_face(&analysis.faces, &LOGIN)
            .ok()
            .and_then(|good| analysis.faces.iter().position(|face| std::ptr::eq(face, good)));
        let means = match place {
            Some(place) => averaged(encoder, path, picture, analysis, place, self.crops)?,
            None => Vec::new(),
        };
        for (number, file) in self.files.iter_mut().enumerate() {
            let mut changed = analysis.clone();
            if let (Some(place), Some(mean)) = (place, means.get(number)) {
                changed.faces[place].encoding = mean.clone();
            }
            writeln!(file, "{}", line(path, &changed))?;
        }
        Ok(())
    }
}

/// In the order of [`names`].
fn averaged(
    encoder: &mut Encoder,
    path: &str,
    picture: &RgbImage,
    analysis: &Analysis,
    place: usize,
    kind: Crops,
) -> Result<Vec<Encoding>> {
    let (boxes, seen) = encoder.find(picture, Effort::Still)?;
    let own = &analysis.faces[place];
    let bbox = boxes
        .iter()
        .find(|bbox| **bbox == own.bbox)
        .ok_or("a face was lost")?;
    let marked = encoder.mark(&seen, bbox)?.ok_or("a face lost its square")?;
    let mirrored = mirrored(&seen)?;
    let there = reflected(bbox, seen.size.0);
    // Where the mirrored face has no landmarks there is nothing to average with.
    let Some(other) = encoder.mark(&mirrored, &there)? else {
        return Ok(vec![own.encoding.clone(); names(kind).len()]);
    };
    let reflection = encoder.encode(&mirrored.matrix, &other.marks)?;
    let mean = |all: &[&Encoding]| Encoding::mean(all).ok_or("an average of nothing");
    let both = mean(&[&own.encoding, &reflection])?;
    if one_good_face(&analysis.faces, &ENROLMENT).is_err() {
        let mut means = vec![own.encoding.clone(); names(kind).len()];
        means[0] = both;
        return Ok(means);
    }
    if kind == Crops::Mirror {
        return Ok(vec![both]);
    }
    let mut random = Random(fnv(path.as_bytes()));
    let mut crops = Vec::new();
    let sources = [(&seen, &marked), (&mirrored, &other)];
    for (picture, marked) in &sources[..if kind == Crops::Dlibs { 2 } else { 1 }] {
        let mut these = Vec::new();
        for _ in 0..CROPS {
            let jittered = Jitter::draw(&mut random, kind).of(picture, marked)?;
            these.push(encoder.encode(&jittered.matrix, &marked.marks)?);
        }
        crops.push(these);
    }
    let own = &own.encoding;
    let first = |count: usize| crops[0].iter().take(count).collect::<Vec<_>>();
    let with = |count: usize| std::iter::once(own).chain(first(count)).collect::<Vec<_>>();
    let mut means = vec![
        both,
        mean(&first(1))?,
        mean(&first(5))?,
        mean(&first(10))?,
        mean(&with(5))?,
        mean(&with(10))?,
    ];
    if kind == Crops::Dlibs {
        let halves: Vec<&Encoding> = crops.iter().flat_map(|crops| &crops[..5]).collect();
        means.push(mean(&halves)?);
        means.push(mean(&crops.iter().flatten().collect::<Vec<_>>())?);
    }
    Ok(means)
}

fn mirrored(seen: &Picture) -> Result<Picture> {
    let mut rgb = Vec::with_capacity(seen.rgb.len());
    for row in seen.rgb.chunks_exact(3 * seen.size.0 as usize) {
        rgb.extend(row.chunks_exact(3).rev().flatten());
    }
    Picture::of(seen.size, rgb)
}

fn reflected(bbox: &BBox, width: u32) -> BBox {
    let last = width as i32 - 1;
    BBox {
        left: last - bbox.right,
        right: last - bbox.left,
        ..*bbox
    }
}

/// How a crop differs from the one that the encoder takes, whose side is 1.5: a margin of a quarter around the unit square.
struct Jitter {
    radians: f64,
    factor: f64,
    shift: (f64, f64),
}

impl Jitter {
    fn draw(random: &mut Random, crops: Crops) -> Self {
        let (side, heights) = match crops {
            // dlib leaves out 3 of 150 pixels on each side first.
            Crops::Dlibs => (144.0 / 150.0, (0.97, 0.99999)),
            Crops::Mirror | Crops::Centred => (1.0, (0.97, 1.03)),
        };
        Self {
            radians: random.between(-3.0, 3.0).to_radians(),
            factor: side / random.between(heights.0, heights.1),
            shift: (
                1.5 * side * random.between(-0.02, 0.02),
                1.5 * side * random.between(-0.02, 0.02),
            ),
        }
    }

    /// A picture whose crop by the face's own landmarks is the jittered crop of this one.
    fn of(&self, picture: &Picture, marked: &Marked) -> Result<Picture> {
        let square = square(marked)?;
        let (sin, cos) = self.radians.sin_cos();
        recropped(picture, marked, |u, v| {
            let (u, v) = (u - 0.5, v - 0.5);
            let (u, v) = (cos * u - sin * v, sin * u + cos * v);
            square.at(
                0.5 + self.factor * u + self.shift.0,
                0.5 + self.factor * v + self.shift.1,
            )
        })
    }
}

/// FNV-1a, 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        low + (high - low) * ((z >> 11) as f64 / (1u64 << 53) as f64)
    }
}
