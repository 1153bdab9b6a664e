//! From what the engine saw to the faces that count, by the daemon's own gates.

use std::collections::BTreeMap;

use facelogin_score::gates::{ENROLMENT, Flaw, Focus, LOGIN, one_good_face, only_good_face};
use facelogin_score::{Comparer, Encoding, Face, Fused, Quality};
use serde::Serialize;

use super::dataset::{Data, Picture};
use super::encode::Seen;
use super::encoder::Looked;
use super::stats::threads;

/// What a picture is good for.
#[derive(Debug)]
pub struct Shot {
    /// The place of its picture in [`Data::pictures`].
    pub picture: usize,
    /// The face in the middle, whatever its quality; `None`: no face.
    pub any: Option<Fused>,
    /// The face that a login would compare.
    pub good: Option<Good>,
    /// Why there is none.
    pub flaw: Option<Flaw>,
    /// Whether the picture could not be looked at.
    pub unreadable: bool,
}

/// A face that passes a login's gates.
#[derive(Debug)]
pub struct Good {
    /// As the engine gave it.
    pub encoding: Encoding,
    /// Ready for comparing.
    pub fused: Fused,
    /// Whether it passes an enrolment's gates, too.
    pub enrolable: bool,
    /// Whether it is as sharp as those before it in its session. Only a session has one camera; without any it is.
    pub in_focus: bool,
    /// How likely it is alive.
    pub live: Option<f32>,
    /// Its measures.
    pub quality: Quality,
}

/// Looks at all pictures.
pub fn look(data: &Data, seen: &[Seen], comparer: &Comparer) -> Vec<Shot> {
    let places: Vec<usize> = (0..seen.len()).collect();
    let mut shots = threads::map(&places, |place| shot(*place, &seen[*place], comparer));
    let mut sessions: BTreeMap<(usize, Option<usize>, u32), Focus> = BTreeMap::new();
    for (shot, seen) in shots.iter_mut().zip(seen) {
        let picture = &data.pictures[shot.picture];
        if let (Some(good), Ok(looked)) = (&mut shot.good, seen)
            && let Ok(face) = one_good_face(&looked.analysis.faces, &LOGIN)
            && picture.session > 0
        {
            let session = (picture.person, picture.attack, picture.session);
            good.in_focus = sessions.entry(session).or_default().judge(face).is_ok();
        }
    }
    shots
}

impl Shot {
    /// The face that the daemon would take into a probe or a template.
    pub fn usable(&self) -> Option<&Good> {
        self.good.as_ref().filter(|good| good.in_focus)
    }

    /// Whether a login that sees this begins its probe anew: nobody is in view, or it is not clear who is.
    pub fn interrupts(&self) -> bool {
        matches!(self.flaw, Some(Flaw::NoFace | Flaw::SeveralFaces))
    }
}

fn shot(picture: usize, seen: &Seen, comparer: &Comparer) -> Shot {
    let Ok(Looked {
        width,
        height,
        analysis,
    }) = seen
    else {
        return Shot {
            picture,
            any: None,
            good: None,
            flaw: None,
            unreadable: true,
        };
    };
    let faces = &analysis.faces;
    let any = central(faces, (*width, *height)).and_then(|face| comparer.fuse(&[&face.encoding]));
    let (good, flaw) = match one_good_face(faces, &LOGIN) {
        Ok(face) => {
            let fused = comparer.fuse(&[&face.encoding]);
            let good = fused.map(|fused| Good {
                encoding: face.encoding.clone(),
                fused,
                enrolable: only_good_face(faces, &ENROLMENT).is_ok(),
                in_focus: true,
                live: face.live,
                quality: face.quality,
            });
            (good, None)
        }
        Err(flaw) => (None, Some(flaw)),
    };
    Shot {
        picture,
        any,
        good,
        flaw,
        unreadable: false,
    }
}

/// The face that is nearest to the middle of the picture: whom the picture is named after, where several are in it.
fn central(faces: &[Face], size: (u32, u32)) -> Option<&Face> {
    // In half pixels: a side's first and last column sum to twice its middle.
    let off = |from: i32, to: i32, side: u32| (i64::from(from) + i64::from(to) - i64::from(side)).pow(2);
    faces.iter().min_by_key(|face| {
        let place = &face.bbox;
        off(place.left, place.right, size.0).saturating_add(off(place.top, place.bottom, size.1))
    })
}

/// What was acquired of a group's living people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Acquired {
    /// The group.
    pub group: String,
    /// People with pictures.
    pub people: usize,
    /// Pictures of living people.
    pub pictures: usize,
    /// Not readable as pictures, or lost with an encoder.
    pub unreadable: usize,
    /// Pictures in which no face was found.
    pub no_face: usize,
    /// Pictures whose face a login would not compare, by the reason.
    pub flawed: BTreeMap<&'static str, usize>,
    /// Pictures whose face a login would compare.
    pub good: usize,
    /// Share of the readable pictures that a login cannot use.
    pub failure_to_acquire: Option<f64>,
    /// Measures of the good faces.
    pub quality: Vec<Measure>,
}

/// How one measure is distributed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// Which, with its unit.
    pub name: &'static str,
    /// Lower edge of the first bin.
    pub from: f32,
    /// Width of a bin.
    pub width: f32,
    /// Faces in each bin; the last holds all that lies beyond.
    pub bins: Vec<u32>,
}

/// What was acquired in one group.
pub fn acquired(data: &Data, shots: &[Shot], group: usize) -> Acquired {
    let mine = |shot: &&Shot| {
        let picture = &data.pictures[shot.picture];
        picture.attack.is_none() && data.people[picture.person].group == group
    };
    let shots: Vec<&Shot> = shots.iter().filter(mine).collect();
    let mut people: Vec<usize> = shots
        .iter()
        .map(|shot| data.pictures[shot.picture].person)
        .collect();
    people.sort_unstable();
    people.dedup();
    let mut flawed = BTreeMap::new();
    let mut no_face = 0;
    for flaw in shots.iter().filter_map(|shot| shot.flaw) {
        match flaw {
            Flaw::NoFace => no_face += 1,
            flaw => *flawed.entry(name(flaw)).or_insert(0) += 1,
        }
    }
    let unreadable = shots.iter().filter(|shot| shot.unreadable).count();
    let good: Vec<&Good> = shots.iter().filter_map(|shot| shot.good.as_ref()).collect();
    let readable = shots.len() - unreadable;
    Acquired {
        group: data.groups[group].clone(),
        people: people.len(),
        pictures: shots.len(),
        unreadable,
        no_face,
        flawed,
        good: good.len(),
        failure_to_acquire: (readable > 0).then(|| 1.0 - good.len() as f64 / readable as f64),
        quality: measures(&good),
    }
}

fn name(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::NoFace => "no face",
        Flaw::SeveralFaces => "several faces",
        Flaw::TooSmall => "too small",
        Flaw::CutOff => "cut off",
        Flaw::TooDark => "too dark",
        Flaw::TooBright => "too bright",
        Flaw::Blurred => "blurred",
        Flaw::TurnedAway => "turned away",
    }
}

fn measures(good: &[&Good]) -> Vec<Measure> {
    type Of = fn(&Quality) -> f32;
    let kinds: [(&'static str, f32, f32, usize, Of); 6] = [
        ("eye distance (pixels)", 0.0, 5.0, 40, |q| q.eye_distance_px),
        ("sharpness (variance of the Laplacian)", 0.0, 20.0, 40, |q| {
            q.sharpness
        }),
        ("brightness (0 to 1)", 0.0, 0.025, 40, |q| q.brightness),
        ("yaw (degrees)", -40.0, 2.0, 40, |q| q.yaw_deg),
        ("pitch (degrees)", -40.0, 2.0, 40, |q| q.pitch_deg),
        ("roll (degrees)", -40.0, 2.0, 40, |q| q.roll_deg),
    ];
    let measure = |(name, from, width, count, of): (&'static str, f32, f32, usize, Of)| {
        let mut bins = vec![0; count];
        for good in good {
            let bin = ((of(&good.quality) - from) / width) as usize;
            bins[bin.min(count - 1)] += 1;
        }
        Measure {
            name,
            from,
            width,
            bins,
        }
    };
    kinds.map(measure).into()
}

/// Faces of living people in some groups, with whose they are: the good ones, or the one in the middle of every picture.
pub fn living<'s>(
    data: &'s Data,
    shots: &'s [Shot],
    in_group: impl Fn(usize) -> bool + 's,
    any: bool,
) -> impl Iterator<Item = (&'s Picture, &'s Fused)> + 's {
    shots.iter().filter_map(move |shot| {
        let picture = &data.pictures[shot.picture];
        let face = if any {
            shot.any.as_ref()
        } else {
            shot.good.as_ref().map(|good| &good.fused)
        };
        let mine = picture.attack.is_none() && in_group(data.people[picture.person].group);
        face.filter(|_| mine).map(|face| (picture, face))
    })
}
