//! How a login makes one of several pictures and compares it: as the daemon does, or otherwise.

use facelogin_score::{Comparer, Encoding, Fused, Limit, Login, LoginRules, Quality, WINDOWS};

/// A usable picture.
pub struct Usable {
    pub encoding: Encoding,
    pub quality: Quality,
    /// Whether an enrolment would take it.
    pub good: bool,
}

/// What is measured by.
#[derive(Clone, Copy)]
pub enum Kind {
    Distance,
    Score,
}

/// A way to compare. Of a login the rules are always the daemon's: a probe is made of each so many pictures that follow one
/// another, and each of them must by itself be near enough, too.
pub trait Way {
    /// A picture, or several made one.
    type Point;

    /// A template; of several points the nearest counts.
    fn template(&self, pictures: &[&Usable]) -> Vec<Self::Point>;

    fn probe(&self, pictures: &[&Usable]) -> Option<Self::Point>;

    /// The smaller, the likelier the same person.
    fn apart(&self, template: &Self::Point, probe: &Self::Point) -> f32;

    /// How much farther than the probe each of its pictures may be.
    fn slack(&self) -> f32;

    /// For each template the limit at which a login would match it, with all its tries.
    fn reaches(&self, frames: usize, templates: &[&[Self::Point]], login: &[&Usable]) -> Vec<Option<f32>> {
        let login = &login[..login.len().min(WINDOWS * frames)];
        let singles: Vec<_> = login.iter().map(|one| self.probe(&[one])).collect();
        let probes: Vec<_> = login.windows(frames).map(|window| self.probe(window)).collect();
        let reach = |point: &Self::Point| {
            let singles: Vec<f32> = singles
                .iter()
                .map(|single| Some(self.apart(point, single.as_ref()?) - self.slack()))
                .collect::<Option<_>>()?;
            let windows = singles.windows(frames).zip(&probes).map(|(singles, probe)| {
                let fused = self.apart(point, probe.as_ref()?);
                Some(singles.iter().copied().fold(fused, f32::max))
            });
            windows.flatten().reduce(f32::min)
        };
        let nearest = |points: &&[Self::Point]| points.iter().filter_map(reach).reduce(f32::min);
        templates.iter().map(nearest).collect()
    }
}

/// The daemon's.
pub struct Daemons<'a> {
    pub comparer: &'a Comparer,
    pub kind: Kind,
}

impl Way for Daemons<'_> {
    type Point = Fused;

    fn template(&self, pictures: &[&Usable]) -> Vec<Fused> {
        self.probe(pictures).into_iter().collect()
    }

    fn probe(&self, pictures: &[&Usable]) -> Option<Fused> {
        let encodings: Vec<&Encoding> = pictures.iter().map(|one| &one.encoding).collect();
        self.comparer.fuse(&encodings)
    }

    fn apart(&self, template: &Fused, probe: &Fused) -> f32 {
        let comparison = self.comparer.compare(template, probe);
        match self.kind {
            Kind::Distance => comparison.distance,
            Kind::Score => comparison.score,
        }
    }

    fn slack(&self) -> f32 {
        self.comparer.single_slack()
    }

    /// By the daemon's own code.
    fn reaches(&self, frames: usize, templates: &[&[Fused]], login: &[&Usable]) -> Vec<Option<f32>> {
        // A limit that nothing is within, so that all tries are made.
        let limit = match self.kind {
            Kind::Distance => Limit::Distance(f32::NEG_INFINITY),
            Kind::Score => Limit::Score(f32::NEG_INFINITY),
        };
        let templates = templates.iter().flat_map(|points| points.iter().cloned());
        let rules = LoginRules { limit, frames };
        let mut tried = Login::new(rules, self.comparer.clone(), templates.collect());
        for picture in login {
            tried.push(&picture.encoding);
        }
        tried.reaches().to_vec()
    }
}
