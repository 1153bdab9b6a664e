//! Whether the faces seen so far are the user's. Pure: rules, templates and observations in, a verdict out.

use std::time::Duration;

use facelogin_protocol::types::{CameraKind, Detail, Reason, Verdict};
use facelogin_score::gates::{Flaw, Focus, LOGIN, one_good_face};
use facelogin_score::{Face, Fused, Limit, Login, LoginRules};

use crate::levels::Scale;
use crate::liveness::{Liveness, Ruling};
use crate::policy::ScanRules;
use crate::quality;

/// The fused encodings of one template.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The template's row.
    pub id: i64,
    /// What the camera saw that it was made with: colour or infrared.
    pub kind: CameraKind,
    /// Its encodings, made into one.
    pub fused: Fused,
}

/// What to do after a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Get another.
    KeepLooking,
    /// The scan is over.
    Done,
}

/// A verdict in the making.
#[derive(Debug)]
pub struct Decision {
    rules: ScanRules,
    scale: Scale,
    /// For as many templates as there are to compare with.
    limit: Limit,
    /// All of the user's.
    enrolled: Vec<Enrolled>,
    /// Those that the login compares with: of the open camera's kind, none before it is open.
    candidates: Vec<i64>,
    login: Login,
    liveness: Liveness,
    flash: Option<f32>,
    focus: Focus,
    frames: u32,
    last_flaw: Option<Flaw>,
    worst_view: Option<Flaw>,
    first_frame: Option<Duration>,
    face_seen: bool,
}

/// The end of a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// For the caller.
    pub verdict: Verdict,
    /// For root; [`Self::told`] is for the caller.
    pub reason: Reason,
    /// The template that matched.
    pub template: Option<i64>,
    /// For root.
    pub detail: Detail,
}

impl Judged {
    /// The reason as it is told to whoever may stand before the camera: whether what was refused had the user's face is
    /// what a forger must not learn (R22).
    pub fn told(&self) -> Reason {
        match self.verdict {
            Verdict::NoMatch => Reason::NotMatching,
            _ => self.reason,
        }
    }
}

impl Decision {
    /// Begins. `enrolled` are the user's own templates (R4); those are compared that are of the kind of the camera that
    /// [`Self::opened`] tells of, and without any nothing ever matches.
    pub fn new(rules: ScanRules, scale: Scale, enrolled: Vec<Enrolled>) -> Self {
        let limit = scale.limit(rules.strictness, 1);
        let login = LoginRules {
            limit,
            frames: rules.frames,
        };
        let login = Login::new(login, scale.comparer().clone(), Vec::new());
        Self {
            rules,
            enrolled,
            candidates: Vec::new(),
            login,
            liveness: Liveness::new(rules.liveness, rules.frames),
            flash: None,
            limit,
            scale,
            focus: Focus::default(),
            frames: 0,
            last_flaw: None,
            worst_view: None,
            first_frame: None,
            face_seen: false,
        }
    }

    /// A camera is open that sees this: a face in infrared is never compared with one in colour.
    pub fn opened(&mut self, kind: CameraKind) {
        self.liveness.opened(kind);
        let kind = kind.compared_as();
        let of_its_kind = || self.enrolled.iter().filter(|template| template.kind == kind);
        self.candidates = of_its_kind().map(|template| template.id).collect();
        let fused: Vec<Fused> = of_its_kind().map(|template| template.fused.clone()).collect();
        let templates = u32::try_from(fused.len()).unwrap_or(u32::MAX);
        self.limit = self.scale.limit(self.rules.strictness, templates);
        self.login.against(self.limit, fused);
        // Another camera is as sharp as it is.
        self.focus = Focus::default();
    }

    /// The next picture was lit by an infrared flash, which brightened the face by so much more than its surroundings;
    /// `None`: that cannot be told of it. Comes before [`Self::observe`], and is about that one picture.
    pub fn flashed(&mut self, flash: Option<f32>) {
        self.liveness.lit();
        self.flash = flash;
    }

    /// Takes in the faces of one picture, `elapsed` after the request.
    pub fn observe(&mut self, elapsed: Duration, faces: &[Face]) -> Step {
        let flash = self.flash.take();
        self.frames += 1;
        self.first_frame.get_or_insert(elapsed);
        self.face_seen |= !faces.is_empty();
        if self.login.nothing_to_find() {
            // Nothing to look for.
            return Step::Done;
        }
        let good = one_good_face(faces, &LOGIN).and_then(|face| self.focus.judge(face).map(|()| face));
        match good {
            Ok(face) => {
                self.liveness.observe(face.live, flash);
                self.login.push(&face.encoding);
            }
            Err(flaw) => {
                self.last_flaw = Some(flaw);
                if flaw != Flaw::NoFace {
                    self.worst_view = Some(flaw);
                }
                // A probe is fused from pictures that follow one another: whoever left the view starts anew.
                if matches!(flaw, Flaw::NoFace | Flaw::SeveralFaces) {
                    self.login.interrupted();
                    self.liveness.interrupted();
                }
            }
        }
        if self.login.matched().is_some() || self.login.exhausted() {
            return Step::Done;
        }
        self.on_time(elapsed)
    }

    /// Whether time is up, `elapsed` after the request; also asked when no picture came.
    pub fn on_time(&self, elapsed: Duration) -> Step {
        // Counted from the first picture: a webcam takes up to a second to open.
        let nobody = !self.face_seen
            && self
                .first_frame
                .is_some_and(|first| elapsed >= first + self.rules.no_face_timeout);
        if nobody || elapsed >= self.rules.timeout {
            Step::Done
        } else {
            Step::KeepLooking
        }
    }

    /// Whether any face was in view.
    pub fn somebody_seen(&self) -> bool {
        self.face_seen
    }

    /// Whether a full probe was compared and did not match, or matched and is not alive or might not be: it counts against
    /// the user even if the scan is cancelled afterwards (R21).
    pub fn mismatched(&self) -> bool {
        match self.login.matched() {
            None => self.login.compared(),
            Some(_) => self.liveness.rule() != Ruling::Stands,
        }
    }

    /// The verdict, `elapsed` after the request.
    pub fn finish(&self, elapsed: Duration) -> Judged {
        let matched = self.login.matched();
        let (verdict, reason) = match matched {
            // The scan ends with the first match, so this is about the very pictures that made it.
            Some(_) => match self.liveness.rule() {
                Ruling::Stands => (Verdict::Match, Reason::Matched),
                Ruling::Refused => (Verdict::NoMatch, Reason::LivenessRefused),
                // By its verdict, too, it is a face that does not match: whoever holds up a picture learns nothing.
                Ruling::Unknown => (Verdict::NoMatch, Reason::LivenessUnavailable),
            },
            None if self.login.compared() => (Verdict::NoMatch, Reason::NotMatching),
            // The camera opened, or seemed to, and showed nothing in all that time.
            None if self.frames == 0 => (Verdict::Unavailable, Reason::CameraUnavailable),
            // With this kind of camera.
            None if self.login.nothing_to_find() => (Verdict::Unavailable, Reason::NotEnrolled),
            None => {
                let seen = self.worst_view.map_or(Reason::NobodySeen, quality::reason);
                let reason = if self.login.usable() > 0 {
                    Reason::PoorView
                } else {
                    seen
                };
                (Verdict::Unavailable, reason)
            }
        };
        // A match that does not stand has the hint that none would have (R22).
        let hint = if verdict == Verdict::Match {
            None
        } else {
            self.worst_view.or(self.last_flaw).map(Flaw::hint)
        };
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let detail = Detail {
            frames: self.frames,
            usable_frames: u32::try_from(self.login.usable()).unwrap_or(u32::MAX),
            distance: self.login.best().map(|best| self.limit.measure(best)),
            threshold: Some(self.limit.value()),
            first_frame_ms: self.first_frame.map(millis),
            total_ms: millis(elapsed),
            camera: None,
            strobe: None,
            live: None,
            hint: hint.map(Into::into),
        };
        Judged {
            verdict,
            reason,
            template: matched
                .filter(|_| verdict == Verdict::Match)
                .and_then(|matched| self.candidates.get(matched.template).copied()),
            detail,
        }
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
