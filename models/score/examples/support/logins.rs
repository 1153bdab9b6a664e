//! Logins to measure: templates of people, and sequences of pictures of them and of others.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use facelogin_score::gates::{ENROLMENT, Focus, LOGIN, one_good_face};
use facelogin_score::{Comparer, Encoding, EngineId, WINDOWS};

use super::lines::{self, People, Picture, Result, of_the_cohort};

pub use super::ways::{Daemons, Kind, Usable, Way};

/// Pictures of a template.
const TEMPLATE: usize = 5;
/// Templates made of one occasion, each of other pictures as far as there are enough.
const DRAWS: usize = 6;
/// Logins of one occasion.
const LOGINS: usize = 20;
/// Pictures between the beginnings of strangers' logins, and of all of a webcam.
const STEP: usize = 3;
/// Single pictures of an occasion that are compared, as templates and as probes.
const ENROLLED_SINGLES: usize = 2;
const SINGLES: usize = 4;
/// Of one person, whose hundreds of pictures would outweigh all others.
const PICTURES: usize = 60;

/// People who are measured together.
pub struct Group {
    pub name: String,
    people: Vec<Person>,
}

/// One person's usable pictures.
struct Person {
    /// By occasion.
    occasions: Vec<Vec<Usable>>,
    /// Whether pictures tell the sitting they are of.
    sittings: bool,
}

/// One login.
#[derive(Clone, Copy)]
pub struct Try {
    /// Whose template, and who tried.
    pub people: (usize, usize),
    /// The limit at which it matches.
    pub reach: f32,
}

impl Try {
    /// Whoever of them is enrolled.
    pub fn pair(&self) -> (usize, usize) {
        (self.people.0.min(self.people.1), self.people.0.max(self.people.1))
    }
}

/// All logins of a group, each with all the pictures that it may take.
pub struct Tries {
    pub impostors: Vec<Try>,
    pub genuine: Vec<Try>,
}

impl Tries {
    /// Everybody who was enrolled or tried.
    pub fn people(&self) -> usize {
        let both = |one: &Try| [one.people.0, one.people.1];
        self.impostors.iter().flat_map(both).collect::<HashSet<_>>().len()
    }

    /// Pairs of people that share nobody, at most so many of those tried: one side must be enrolled and the other try.
    pub fn disjoint(&self) -> usize {
        let side = |of: fn(&Try) -> usize| self.impostors.iter().map(of).collect::<HashSet<_>>().len();
        side(|one| one.people.0)
            .min(side(|one| one.people.1))
            .min(self.people() / 2)
    }

    /// Pairs of different people, whoever of them is enrolled.
    pub fn pairs(&self) -> usize {
        self.impostors.iter().map(Try::pair).collect::<HashSet<_>>().len()
    }
}

impl Group {
    /// Of `GROUP=LINES.jsonl`, or of `GROUP=A+B`: the people of A and those of B whose faces are like theirs.
    pub fn read(group: &str, engine: &EngineId) -> Result<Self> {
        let (name, file) = lines::named(group)?;
        let of = |file: &str| Result::Ok(Self::of(name, lines::people(Path::new(file), engine)?));
        match file.split_once('+') {
            Some((file, others)) => Ok(of(file)?.and_like_them(of(others)?)),
            None => of(file),
        }
    }

    /// Everybody but those of the cohort.
    pub fn of(name: &str, people: People) -> Self {
        let others = people
            .into_iter()
            .filter(|(person, pictures)| !of_the_cohort(person, pictures.len()));
        let people = others.map(|(_, pictures)| Person::of(pictures));
        Self {
            name: name.into(),
            people: people.filter(|person| person.mean().is_some()).collect(),
        }
    }

    /// These people, and those of another group whose faces lie nearer to the middle of these than to the middle of their own group: what
    /// the encoder takes for people like these.
    pub fn and_like_them(mut self, others: Self) -> Self {
        let (Some(here), Some(there)) = (self.middle(), others.middle()) else {
            return self;
        };
        let like = |person: &Person| {
            person
                .mean()
                .is_some_and(|mean| mean.distance(&here) < mean.distance(&there))
        };
        self.people.extend(others.people.into_iter().filter(like));
        self
    }

    /// Everybody counts alike.
    fn middle(&self) -> Option<Encoding> {
        let means: Vec<Encoding> = self.people.iter().filter_map(Person::mean).collect();
        Encoding::mean(&means.iter().collect::<Vec<_>>())
    }

    /// [`Self::singles_by`] in the daemon's way.
    pub fn singles(&self, comparer: &Comparer, kind: Kind) -> (usize, Vec<f32>) {
        self.singles_by(&Daemons { comparer, kind })
    }

    /// How many people, and how near single pictures of strangers come to single pictures: some of each occasion. Of many more people
    /// than there are complete logins of.
    pub fn singles_by<W: Way>(&self, way: &W) -> (usize, Vec<f32>) {
        let (mut enrolled, mut tried) = (Vec::new(), Vec::new());
        for (who, person) in self.people.iter().enumerate() {
            for occasion in &person.occasions {
                let good = occasion.iter().filter(|one| one.good).take(ENROLLED_SINGLES);
                enrolled.extend(good.flat_map(|one| way.template(&[one])).map(|one| (who, one)));
                let probes = occasion.iter().take(SINGLES);
                tried.extend(probes.filter_map(|one| Some((who, way.probe(&[one])?))));
            }
        }
        let mut reaches = Vec::new();
        for (who, probe) in &tried {
            for (_, template) in enrolled.iter().filter(|(other, _)| other != who) {
                reaches.push(way.apart(template, probe));
            }
        }
        (self.people.len(), reaches)
    }

    /// [`Self::tries_by`] in the daemon's way.
    pub fn tries(&self, comparer: &Comparer, kind: Kind, frames: usize) -> Tries {
        self.tries_by(&Daemons { comparer, kind }, frames)
    }

    /// Everybody's templates against everybody's logins.
    pub fn tries_by<W: Way>(&self, way: &W, frames: usize) -> Tries {
        let mut tries = Tries {
            impostors: Vec::new(),
            genuine: Vec::new(),
        };
        let enrolled = self.templates(way);
        let all: Vec<&[W::Point]> = enrolled
            .iter()
            .map(|template| template.points.as_slice())
            .collect();
        for (who, Person { occasions, sittings }) in self.people.iter().enumerate() {
            for (when, occasion) in occasions.iter().enumerate() {
                let pictures: Vec<&Usable> = occasion.iter().collect();
                let length = WINDOWS * frames;
                for start in (0..pictures.len()).step_by(STEP).take(LOGINS) {
                    // A shorter one has fewer chances to match than a login has.
                    let Some(login) = pictures.get(start..start + length) else {
                        break;
                    };
                    let reaches = way.reaches(frames, &all, login);
                    let strangers = enrolled
                        .iter()
                        .zip(&reaches)
                        .filter(|(template, _)| template.who != who);
                    tries.impostors.extend(strangers.filter_map(|(template, reach)| {
                        Some(Try {
                            people: (template.who, who),
                            reach: (*reach)?,
                        })
                    }));
                    // A person's own template of this sitting, or of these very pictures, says nothing of another day.
                    for (template, reach) in enrolled.iter().zip(&reaches) {
                        if template.who == who && *sittings && template.when != when {
                            tries.genuine.extend(reach.map(|reach| Try {
                                people: (who, who),
                                reach,
                            }));
                        }
                    }
                }
                if !sittings {
                    let own = enrolled.iter().filter(|template| template.who == who);
                    tries.genuine.extend(others(way, frames, occasion, own));
                }
            }
        }
        tries
    }

    fn templates<W: Way>(&self, way: &W) -> Vec<Template<W::Point>> {
        let mut templates = Vec::new();
        for (who, person) in self.people.iter().enumerate() {
            for (when, occasion) in person.occasions.iter().enumerate() {
                let good: Vec<usize> = (0..occasion.len())
                    .filter(|place| occasion[*place].good)
                    .collect();
                for pictures in spread(&good) {
                    let all: Vec<&Usable> = pictures.iter().map(|place| &occasion[*place]).collect();
                    let points = way.template(&all);
                    if !points.is_empty() {
                        templates.push(Template {
                            who,
                            when,
                            pictures,
                            points,
                        });
                    }
                }
            }
        }
        templates
    }
}

/// The places of each template's pictures, from those of an occasion's good ones: spread over it, as an enrolment's are over its time.
pub fn spread(good: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let step = good.len() / TEMPLATE;
    let draws = DRAWS.min(step);
    (0..draws).map(move |draw| {
        (0..TEMPLATE)
            .map(|k| good[k * step + draw * step / draws])
            .collect()
    })
}

/// A person's templates against their pictures that are not in it, each of an occasion of its own.
fn others<'a, W: Way + 'a>(
    way: &W,
    frames: usize,
    occasion: &[Usable],
    own: impl Iterator<Item = &'a Template<W::Point>>,
) -> Vec<Try> {
    let mut genuine = Vec::new();
    for template in own {
        let places = (0..occasion.len()).filter(|place| !template.pictures.contains(place));
        let pictures: Vec<&Usable> = places.map(|place| &occasion[place]).collect();
        for login in pictures.chunks_exact(WINDOWS * frames).take(LOGINS) {
            let reach = way.reaches(frames, &[&template.points], login);
            genuine.extend(reach.into_iter().flatten().map(|reach| Try {
                people: (template.who, template.who),
                reach,
            }));
        }
    }
    genuine
}

impl Person {
    fn of(pictures: Vec<Picture>) -> Self {
        let mut sittings = false;
        let mut focus: BTreeMap<String, Focus> = BTreeMap::new();
        let mut own: Vec<(Option<String>, Vec<Usable>)> = Vec::new();
        for Picture { session, faces } in pictures.into_iter().take(PICTURES * 4) {
            sittings |= session.is_some();
            let Ok(face) = one_good_face(&faces, &LOGIN) else {
                continue;
            };
            // Only a sitting has one camera.
            if let Some(session) = &session
                && focus.entry(session.clone()).or_default().judge(face).is_err()
            {
                continue;
            }
            let one = Usable {
                encoding: face.encoding.clone(),
                quality: face.quality,
                good: one_good_face(&faces, &ENROLMENT).is_ok(),
            };
            match own.iter_mut().find(|(other, _)| *other == session) {
                Some((_, all)) if all.len() < PICTURES => all.push(one),
                Some(_) => {}
                None => own.push((session, vec![one])),
            }
        }
        Self {
            occasions: own.into_iter().map(|(_, all)| all).collect(),
            sittings,
        }
    }

    fn mean(&self) -> Option<Encoding> {
        let all: Vec<&Encoding> = self.occasions.iter().flatten().map(|one| &one.encoding).collect();
        Encoding::mean(&all)
    }
}

struct Template<P> {
    who: usize,
    when: usize,
    pictures: Vec<usize>,
    points: Vec<P>,
}
