//! From what was seen to the report: each protocol in each group.

use std::collections::HashMap;
use std::path::Path;

use facelogin_score::{Comparer, WINDOWS};

use super::dataset::Data;
use super::encode::Seen;
use super::encoder::{Head, Measure};
use super::error::EvaluateError;
use super::faces::{self, Shot};
use super::liveness;
use super::logins::{self, Logins};
use super::pairs::{self, Accuracy, Compared, Pair, Which};
use super::report::{self, Attacks, Group, Protocol, Report, Run, WorstPicture};
use super::singles::{self, Single, measure};
use super::stats::bootstrap::Bootstrap;
use super::stats::rates::Rates;

/// A pair as the places of its pictures.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    one: usize,
    other: usize,
    same: bool,
    fold: usize,
}

/// Finds the pictures of a list of pairs.
pub fn places(data: &Data, pairs: &[Pair], list: &Path) -> Result<Vec<Placed>, EvaluateError> {
    let mut known = HashMap::new();
    for (place, picture) in data.pictures.iter().enumerate() {
        let stem = picture.path.file_stem().unwrap_or_default().to_string_lossy();
        let name = data.people[picture.person].name.as_str();
        let number = stem
            .rsplit_once('_')
            .and_then(|(_, number)| number.parse::<u32>().ok());
        if let Some(number) = number.filter(|_| picture.attack.is_none()) {
            // More than one: none.
            known
                .entry((name, number))
                .and_modify(|one| *one = None)
                .or_insert(Some(place));
        }
    }
    let find = |which: &Which, line: usize| {
        let (path, number) = (list.into(), which.number);
        match known.get(&(which.name.as_str(), number)) {
            Some(Some(place)) => Ok(*place),
            Some(None) => Err(EvaluateError::SamePicture { path, line, number }),
            None => Err(EvaluateError::NoSuchPicture { path, line, number }),
        }
    };
    let placed = pairs.iter().map(|pair| {
        Ok(Placed {
            one: find(&pair.one, pair.line)?,
            other: find(&pair.other, pair.line)?,
            same: pair.same,
            fold: pair.fold,
        })
    });
    placed.collect()
}

/// What to measure, and how.
pub struct Measuring<'a> {
    /// Whose pictures.
    pub data: &'a Data,
    /// Whose encodings, and the levels.
    pub head: &'a Head,
    /// The daemon's.
    pub comparer: Comparer,
    /// What is compared by.
    pub by: Measure,
    /// Pictures that make a template.
    pub enrolled: usize,
    /// Pictures that make a probe.
    pub fused: usize,
    /// Whether single pictures count whatever their quality.
    pub any_face: bool,
    /// How many of the worst pairs to name.
    pub worst: usize,
    /// The intervals.
    pub bootstrap: Bootstrap,
}

impl Measuring<'_> {
    /// Everything. Times and what came from the cache are left to be filled in.
    pub fn report(&self, seen: &[Seen], pairs: Option<&[Placed]>, effort: &str) -> Report {
        let data = self.data;
        let shots = faces::look(data, seen, &self.comparer);
        let count = data.groups.len();
        let mut groups: Vec<Group> = (0..count)
            .map(|group| self.group(&shots, &data.groups[group], |of| of == group))
            .collect();
        let worst = report::worst(&groups);
        if count > 1 {
            groups.push(self.group(&shots, "all together", |_| true));
        }
        let attacked = (0..count).filter_map(|group| self.attacks(&shots, group));
        Report {
            engine: self.head.engine.name.clone(),
            model: self.head.engine.model.clone(),
            protocol: Protocol {
                enrolled: self.enrolled,
                fused: self.fused,
                windows: (WINDOWS - 1) * self.fused + 1,
                compared_by: self.by,
                effort: effort.to_owned(),
                any_face: self.any_face,
                bootstrap: self.bootstrap.draws,
                seed: self.bootstrap.seed,
            },
            acquired: (0..count)
                .map(|group| faces::acquired(data, &shots, group))
                .collect(),
            attacks: attacked.collect(),
            pairs: pairs.and_then(|pairs| self.accuracy(&shots, pairs)),
            worst,
            groups,
            run: Run {
                pictures: seen.len(),
                cached: 0,
                unreadable: seen.iter().filter(|seen| seen.is_err()).count(),
                encoding_s: 0.0,
                statistics_s: 0.0,
                worst_pictures: self.worst_pictures(&shots),
            },
        }
    }

    /// The daemon's limits, where they are about what is compared by.
    fn levels(&self) -> Vec<(String, f32)> {
        let levels = self.head.levels.iter().filter(|level| level.measure == self.by);
        levels.map(|level| (level.name.clone(), level.limit)).collect()
    }

    fn group(&self, shots: &[Shot], name: &str, in_group: impl Fn(usize) -> bool + Copy) -> Group {
        let levels = self.levels();
        let people = self.data.people.len();
        let faces = faces::living(self.data, shots, in_group, self.any_face);
        let singles: Vec<Single<'_>> = faces
            .map(|(picture, face)| Single {
                person: picture.person as u32,
                face,
            })
            .collect();
        let beyond = levels
            .iter()
            .map(|(_, limit)| *limit)
            .fold(f32::NEG_INFINITY, f32::max);
        let single = singles::trials(&singles, people, &self.comparer, self.by, beyond);
        let protocol = logins::Protocol {
            enrolled: self.enrolled,
            fused: self.fused,
            by: self.by,
        };
        let tried =
            Logins::prepare(self.data, shots, in_group, protocol, &self.comparer).tried(&self.comparer);
        let rates = |trials| Rates::of(trials, &levels, self.bootstrap);
        Group {
            group: name.to_owned(),
            single: rates(&single),
            fused: rates(&tried.fused),
            login: rates(&tried.login),
            full_logins: tried.full,
        }
    }

    fn attacks(&self, shots: &[Shot], group: usize) -> Option<Attacks> {
        let data = self.data;
        let people = data.people.len();
        let mut kinds: Vec<usize> = data
            .pictures
            .iter()
            .filter(|picture| data.people[picture.person].group == group)
            .filter_map(|picture| picture.attack)
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            return None;
        }
        let protocol = logins::Protocol {
            enrolled: self.enrolled,
            fused: self.fused,
            by: self.by,
        };
        let logins = Logins::prepare(data, shots, |of| of == group, protocol, &self.comparer);
        let judged = |kind: Option<usize>, name: &str| {
            let presented = liveness::presented(data, shots, group, kind, self.fused);
            presented.judged(
                name,
                kind.is_none(),
                self.head.live_threshold,
                people,
                self.bootstrap,
            )
        };
        Some(Attacks {
            group: data.groups[group].clone(),
            live: judged(None, "live"),
            kinds: kinds
                .iter()
                .map(|kind| {
                    let limits = logins.attacks(&self.comparer, *kind);
                    liveness::Presentations {
                        matched: liveness::matched(&limits, &self.levels(), people, self.bootstrap),
                        ..judged(Some(*kind), &data.attacks[*kind])
                    }
                })
                .collect(),
        })
    }

    fn accuracy(&self, shots: &[Shot], pairs: &[Placed]) -> Option<Accuracy> {
        let compared: Vec<Compared> = pairs
            .iter()
            .map(|pair| {
                let faces = shots[pair.one].any.as_ref().zip(shots[pair.other].any.as_ref());
                Compared {
                    score: faces.map(|(one, other)| measure(self.by, self.comparer.compare(one, other))),
                    same: pair.same,
                    fold: pair.fold,
                }
            })
            .collect();
        pairs::accuracy(&compared)
    }

    /// For whoever owns the data: the pairs of files that are judged most wrongly.
    fn worst_pictures(&self, shots: &[Shot]) -> Vec<WorstPicture> {
        if self.worst == 0 {
            return Vec::new();
        }
        let faces: Vec<_> = faces::living(self.data, shots, |_| true, self.any_face).collect();
        let (mut matches, mut refusals) = (Vec::new(), Vec::new());
        let keep = |found: &mut Vec<(f32, usize, usize)>, all: bool| {
            // Kept short as it grows.
            if all || found.len() > 100 * self.worst.max(100) {
                found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                found.truncate(self.worst);
            }
        };
        for (place, (picture, face)) in faces.iter().enumerate() {
            for (further, (other, another)) in faces.iter().enumerate().skip(place + 1) {
                let score = measure(self.by, self.comparer.compare(face, another));
                if picture.person == other.person {
                    refusals.push((-score, place, further));
                    keep(&mut refusals, false);
                } else {
                    matches.push((score, place, further));
                    keep(&mut matches, false);
                }
            }
        }
        keep(&mut refusals, true);
        keep(&mut matches, true);
        let name = |place: usize| faces[place].0.path.display().to_string();
        let told = |error, sign: f32| {
            move |(score, one, other): (f32, usize, usize)| WorstPicture {
                error,
                score: sign * score,
                one: name(one),
                other: name(other),
            }
        };
        let mut told_of: Vec<WorstPicture> = matches.into_iter().map(told("false match", 1.0)).collect();
        told_of.extend(refusals.into_iter().map(told("false non-match", -1.0)));
        told_of
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;

    #[test]
    fn a_picture_that_a_list_names_must_be_there_once() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "a/x/x_0001.jpg",
            "a/y/y_0001.jpg",
            "b/x/x_0001.jpg",
            "b/z/z_0001.jpg",
        ] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        let data = Data::read(&["a", "b"].map(|name| dir.path().join(name)), &BTreeMap::new()).unwrap();
        let find = |list: &str| {
            let file = dir.path().join("pairs");
            fs::write(&file, list).unwrap();
            places(&data, &pairs::read(&file).unwrap(), &file)
        };
        assert_eq!(find("y 1 z 1\n").unwrap().len(), 1);
        let twice = find("y 1 z 1\nx 1 y 1\n").unwrap_err();
        assert!(
            matches!(
                twice,
                EvaluateError::SamePicture {
                    line: 2,
                    number: 1,
                    ..
                }
            ),
            "{twice}"
        );
        let none = find("y 2 z 1\n").unwrap_err();
        assert!(
            matches!(none, EvaluateError::NoSuchPicture { number: 2, .. }),
            "{none}"
        );
    }
}
