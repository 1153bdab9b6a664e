//! Whole logins as in `logins.rs`, where templates and logins may be encoded in different ways.

use std::collections::{BTreeMap, BTreeSet};

use facelogin_score::gates::{ENROLMENT, Focus, LOGIN, one_good_face};
use facelogin_score::{Comparer, Encoding, Fused, Limit, Login, LoginRules, WINDOWS};

use super::lines::{People, Picture, Result, of_the_cohort};
use super::logins::{Tries, Try};

// As in `logins.rs`.
const TEMPLATE: usize = 5;
const DRAWS: usize = 6;
const LOGINS: usize = 20;
const STEP: usize = 3;
const PICTURES: usize = 60;
const ENROLLED_SINGLES: usize = 2;
const SINGLES: usize = 4;

/// Pictures fused into a probe: the default.
const FRAMES: usize = 3;

/// One picture that is of use for a login, an enrolment or both.
struct Shot {
    enrol: Option<Encoding>,
    login: Option<Encoding>,
    again: Option<Encoding>,
}

/// People who are measured together.
pub struct Group {
    /// Of each person the occasions.
    occasions: Vec<Vec<Vec<Shot>>>,
    sittings: bool,
    /// Of each person how many pictures a login would take, and how many there are.
    pub usable: Vec<(u32, u32)>,
}

/// One login, window by window.
pub struct Walk {
    /// Whose template, and who tried.
    people: (usize, usize),
    /// The limit at which each window matches.
    windows: Vec<f32>,
    /// The same where it is looked at again.
    again: Vec<f32>,
}

/// All logins.
pub struct Walks {
    pub strangers: Vec<Walk>,
    pub genuine: Vec<Walk>,
}

/// Five pictures of one occasion.
pub struct Template {
    who: usize,
    when: usize,
    pictures: Vec<usize>,
    fused: Fused,
}

impl Walk {
    /// The limit at which the login matches, if windows up to so far beyond it are looked at again.
    fn reach(&self, margin: Option<f32>) -> f32 {
        self.reaches(margin).fold(f32::MAX, f32::min)
    }

    /// The same of each window.
    fn reaches(&self, margin: Option<f32>) -> impl Iterator<Item = f32> {
        let both = self.windows.iter().zip(&self.again);
        both.map(move |(first, again)| match margin {
            Some(margin) => first.min(again.max(first - margin)),
            None => *first,
        })
    }

    /// How many of its pictures are encoded again until it matches or ends.
    pub fn encoded_again(&self, limit: f32, margin: f32) -> usize {
        let mut pictures = BTreeSet::new();
        for (window, (first, again)) in self.windows.iter().zip(&self.again).enumerate() {
            if *first <= limit {
                break;
            }
            if first - margin <= limit {
                pictures.extend(window..window + FRAMES);
                if *again <= limit {
                    break;
                }
            }
        }
        pictures.len()
    }
}

impl Walks {
    /// Whole logins.
    pub fn logins(&self, margin: Option<f32>) -> Tries {
        let one = |walk: &Walk| Try {
            people: walk.people,
            reach: walk.reach(margin),
        };
        Tries {
            impostors: self.strangers.iter().map(one).collect(),
            genuine: self.genuine.iter().map(one).collect(),
        }
    }

    /// Each window by itself.
    pub fn windows(&self, margin: Option<f32>) -> Tries {
        let each = |walks: &[Walk]| {
            let all = walks.iter().flat_map(|walk| {
                walk.reaches(margin).map(|reach| Try {
                    people: walk.people,
                    reach,
                })
            });
            all.collect()
        };
        Tries {
            impostors: each(&self.strangers),
            genuine: each(&self.genuine),
        }
    }
}

impl Group {
    /// The pictures of both, and of the third, must be the same.
    pub fn of(enrol: &People, login: &People, again: Option<&People>) -> Result<Self> {
        let mut group = Self {
            occasions: Vec::new(),
            sittings: false,
            usable: Vec::new(),
        };
        for (person, pictures) in login {
            if of_the_cohort(person, pictures.len()) {
                continue;
            }
            let same = |people: &'_ People| people.get(person).map(Vec::len) == Some(pictures.len());
            if !same(enrol) || !again.is_none_or(same) {
                return Err("the files are not of the same pictures".into());
            }
            let mut taken = (0, 0);
            let mut foci = [BTreeMap::new(), BTreeMap::new()];
            let mut own: Vec<(Option<String>, Vec<Shot>)> = Vec::new();
            for (place, picture) in pictures.iter().enumerate().take(PICTURES * 4) {
                group.sittings |= picture.session.is_some();
                let first = &enrol[person][place];
                let to_enrol = usable(first, &mut foci[0]);
                let shot = Shot {
                    enrol: to_enrol.filter(|_| one_good_face(&first.faces, &ENROLMENT).is_ok()),
                    login: usable(picture, &mut foci[1]),
                    // Whether it is of use was decided by the first look.
                    again: again.and_then(|again| {
                        let face = one_good_face(&again[person][place].faces, &LOGIN).ok()?;
                        Some(face.encoding.clone())
                    }),
                };
                taken.0 += u32::from(shot.login.is_some());
                taken.1 += 1;
                if shot.enrol.is_none() && shot.login.is_none() {
                    continue;
                }
                match own.iter_mut().find(|(session, _)| *session == picture.session) {
                    Some((_, all)) if all.len() < PICTURES => all.push(shot),
                    Some(_) => {}
                    None => own.push((picture.session.clone(), vec![shot])),
                }
            }
            let own = own.into_iter().map(|(_, all)| all);
            group.occasions.push(own.collect());
            group.usable.push(taken);
        }
        Ok(group)
    }

    pub fn templates(&self, comparer: &Comparer) -> Vec<Template> {
        let mut templates = Vec::new();
        for (who, own) in self.occasions.iter().enumerate() {
            for (when, occasion) in own.iter().enumerate() {
                let good: Vec<(usize, &Encoding)> = occasion
                    .iter()
                    .enumerate()
                    .filter_map(|(place, shot)| Some((place, shot.enrol.as_ref()?)))
                    .collect();
                let step = good.len() / TEMPLATE;
                for draw in 0..DRAWS.min(step) {
                    let chosen = (0..TEMPLATE).map(|k| good[k * step + draw * step / DRAWS.min(step)]);
                    let (pictures, all): (Vec<usize>, Vec<&Encoding>) = chosen.unzip();
                    templates.extend(comparer.fuse(&all).map(|fused| Template {
                        who,
                        when,
                        pictures,
                        fused,
                    }));
                }
            }
        }
        templates
    }

    /// How near single pictures of strangers come to single pictures: some of each occasion.
    pub fn singles(&self, comparer: &Comparer) -> Vec<f32> {
        let (mut enrolled, mut tried) = (Vec::new(), Vec::new());
        for (who, own) in self.occasions.iter().enumerate() {
            for occasion in own {
                let fused = |encoding: &Encoding| Some((who, comparer.fuse(&[encoding])?));
                // Good enough for an enrolment, of those that a login would take.
                let good = occasion.iter().filter(|shot| shot.login.is_some());
                let good = good.filter_map(|shot| shot.enrol.as_ref());
                enrolled.extend(good.take(ENROLLED_SINGLES).filter_map(fused));
                let usable = occasion.iter().filter_map(|shot| shot.login.as_ref());
                tried.extend(usable.take(SINGLES).filter_map(fused));
            }
        }
        let mut reaches = Vec::new();
        for (who, probe) in &tried {
            let strangers = enrolled.iter().filter(|(other, _)| other != who);
            reaches.extend(strangers.map(|(_, template)| comparer.compare(template, probe).score));
        }
        reaches
    }

    /// Everybody's templates against everybody's logins.
    pub fn walks(&self, comparer: &Comparer) -> Walks {
        let mut walks = Walks {
            strangers: Vec::new(),
            genuine: Vec::new(),
        };
        let enrolled = self.templates(comparer);
        let all: Vec<(usize, Fused)> = enrolled
            .iter()
            .map(|template| (template.who, template.fused.clone()))
            .collect();
        for (who, own) in self.occasions.iter().enumerate() {
            for (when, occasion) in own.iter().enumerate() {
                let shots: Vec<&Shot> = occasion.iter().filter(|shot| shot.login.is_some()).collect();
                for start in (0..shots.len()).step_by(STEP).take(LOGINS) {
                    let Some(login) = shots.get(start..start + WINDOWS * FRAMES) else {
                        break;
                    };
                    for (template, walk) in enrolled.iter().zip(walked(comparer, who, &all, login)) {
                        if template.who != who {
                            walks.strangers.push(walk);
                        } else if self.sittings && template.when != when {
                            walks.genuine.push(walk);
                        }
                    }
                }
                if self.sittings {
                    continue;
                }
                // A person's templates against their pictures that are not in it, each of an occasion of its own.
                for template in enrolled.iter().filter(|template| template.who == who) {
                    let apart = |(place, shot): (usize, &'_ Shot)| {
                        shot.login.is_some() && !template.pictures.contains(&place)
                    };
                    let shots: Vec<&Shot> = occasion
                        .iter()
                        .enumerate()
                        .filter(|(place, shot)| apart((*place, shot)))
                        .map(|(_, shot)| shot)
                        .collect();
                    for login in shots.chunks_exact(WINDOWS * FRAMES).take(LOGINS) {
                        let own = [(who, template.fused.clone())];
                        walks.genuine.extend(walked(comparer, who, &own, login));
                    }
                }
            }
        }
        walks
    }
}

/// What a login would take of a picture.
fn usable(picture: &Picture, foci: &mut BTreeMap<String, Focus>) -> Option<Encoding> {
    let face = one_good_face(&picture.faces, &LOGIN).ok()?;
    // Only a sitting has one camera.
    if let Some(session) = &picture.session {
        foci.entry(session.clone()).or_default().judge(face).ok()?;
    }
    Some(face.encoding.clone())
}

/// One login of somebody against each template and whose it is.
fn walked(comparer: &Comparer, who: usize, templates: &[(usize, Fused)], login: &[&Shot]) -> Vec<Walk> {
    let mut walks: Vec<Walk> = templates
        .iter()
        .map(|(enrolled, _)| Walk {
            people: (*enrolled, who),
            windows: Vec::new(),
            again: Vec::new(),
        })
        .collect();
    // A limit that nothing is within, so that all tries are made.
    let rules = LoginRules {
        limit: Limit::Score(f32::NEG_INFINITY),
        frames: FRAMES,
    };
    let templates: Vec<Fused> = templates.iter().map(|(_, fused)| fused.clone()).collect();
    for window in login.windows(FRAMES) {
        let mut reaches = |of: fn(&Shot) -> Option<&Encoding>, to: fn(&mut Walk) -> &mut Vec<f32>| {
            let mut one = Login::new(rules, comparer.clone(), templates.clone());
            for shot in window {
                // Where a picture cannot be looked at again the window is only what it was.
                one.push(of(shot).or(shot.login.as_ref())?);
            }
            for (walk, reach) in walks.iter_mut().zip(one.reaches()) {
                to(walk).push((*reach)?);
            }
            Some(())
        };
        reaches(|shot| shot.login.as_ref(), |walk| &mut walk.windows);
        reaches(|shot| shot.again.as_ref(), |walk| &mut walk.again);
    }
    walks
}
