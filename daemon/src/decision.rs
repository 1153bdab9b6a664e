//! Whether the faces seen so far are the user's. Pure: rules, templates and observations in, a verdict out.

use std::collections::VecDeque;
use std::time::Duration;

use facelogin_engine::{Encoding, Face};
use facelogin_protocol::types::{CameraKind, Detail, Reason, Verdict};

use crate::policy::ScanRules;
use crate::quality::{Flaw, LOGIN, one_good_face};

/// After this many times the needed pictures without a match the scan ends: looking longer only gives a stranger more
/// tries.
pub const WINDOWS: usize = 4;

/// How much farther than the fused probe a single picture may be from the template. It keeps a face that is swapped
/// between pictures from hiding in the mean. Measured in `docs/accuracy.md`: webcam pictures of one person stay within it.
pub const SINGLE_SLACK: f32 = 0.12;

/// The fused encodings of one template.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The template's row.
    pub id: i64,
    /// What the camera saw that it was made with: colour or infrared.
    pub kind: CameraKind,
    /// The mean of its encodings.
    pub mean: Encoding,
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
    /// All of the user's.
    enrolled: Vec<Enrolled>,
    /// Those of the open camera's kind: none before it is open.
    templates: Vec<Enrolled>,
    window: VecDeque<Encoding>,
    frames: u32,
    usable: u32,
    compared: bool,
    matched: Option<i64>,
    best: Option<f32>,
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
    /// For the caller.
    pub reason: Reason,
    /// The template that matched.
    pub template: Option<i64>,
    /// For root.
    pub detail: Detail,
}

impl Decision {
    /// Begins. `enrolled` are the user's own templates (R4); those are compared that are of the kind of the camera that
    /// [`Self::opened`] tells of, and without any nothing ever matches.
    pub fn new(rules: ScanRules, enrolled: Vec<Enrolled>) -> Self {
        Self {
            rules,
            enrolled,
            templates: Vec::new(),
            window: VecDeque::new(),
            frames: 0,
            usable: 0,
            compared: false,
            matched: None,
            best: None,
            last_flaw: None,
            worst_view: None,
            first_frame: None,
            face_seen: false,
        }
    }

    /// A camera is open that sees this: a face in infrared is never compared with one in colour.
    pub fn opened(&mut self, kind: CameraKind) {
        let kind = kind.compared_as();
        self.templates = self
            .enrolled
            .iter()
            .filter(|template| template.kind == kind)
            .cloned()
            .collect();
        self.window.clear();
    }

    /// Takes in the faces of one picture, `elapsed` after the request.
    pub fn observe(&mut self, elapsed: Duration, faces: &[Face]) -> Step {
        self.frames += 1;
        self.first_frame.get_or_insert(elapsed);
        self.face_seen |= !faces.is_empty();
        if self.templates.is_empty() {
            // Nothing to look for.
            return Step::Done;
        }
        match one_good_face(faces, &LOGIN) {
            Ok(face) => self.compare(&face.encoding),
            Err(flaw) => {
                self.last_flaw = Some(flaw);
                if flaw != Flaw::NoFace {
                    self.worst_view = Some(flaw);
                }
                // A probe is fused from pictures that follow one another: whoever left the view starts anew.
                if matches!(flaw, Flaw::NoFace | Flaw::SeveralFaces) {
                    self.window.clear();
                }
            }
        }
        if self.matched.is_some() || self.usable as usize >= WINDOWS * self.rules.frames {
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

    /// Whether a full probe was compared and did not match: it counts against the user even if the scan is cancelled
    /// afterwards (R21).
    pub fn mismatched(&self) -> bool {
        self.compared && self.matched.is_none()
    }

    /// The verdict, `elapsed` after the request.
    pub fn finish(&self, elapsed: Duration) -> Judged {
        let (verdict, reason) = match self.matched {
            Some(_) => (Verdict::Match, Reason::Matched),
            None if self.compared => (Verdict::NoMatch, Reason::NotMatching),
            // The camera opened, or seemed to, and showed nothing in all that time.
            None if self.frames == 0 => (Verdict::Unavailable, Reason::CameraUnavailable),
            // With this kind of camera.
            None if self.templates.is_empty() => (Verdict::Unavailable, Reason::NotEnrolled),
            None => {
                let seen = self.worst_view.map_or(Reason::NobodySeen, Flaw::reason);
                let reason = if self.usable > 0 { Reason::PoorView } else { seen };
                (Verdict::Unavailable, reason)
            }
        };
        let hint = if self.matched.is_some() {
            None
        } else {
            self.worst_view.or(self.last_flaw).map(Flaw::hint)
        };
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let detail = Detail {
            frames: self.frames,
            usable_frames: self.usable,
            distance: self.best,
            threshold: Some(self.rules.threshold),
            first_frame_ms: self.first_frame.map(millis),
            total_ms: millis(elapsed),
            camera: None,
            strobe: None,
            hint: hint.map(Into::into),
        };
        Judged {
            verdict,
            reason,
            template: self.matched,
            detail,
        }
    }

    fn compare(&mut self, encoding: &Encoding) {
        self.usable += 1;
        self.window.push_back(encoding.clone());
        if self.window.len() > self.rules.frames {
            self.window.pop_front();
        }
        if self.window.len() < self.rules.frames {
            return;
        }
        let single: Vec<&Encoding> = self.window.iter().collect();
        let Some(probe) = Encoding::mean(&single) else {
            return;
        };
        self.compared = true;
        for template in &self.templates {
            let distance = template.mean.distance(&probe);
            if self.best.is_none_or(|best| distance < best) {
                self.best = Some(distance);
            }
            let each_near = single
                .iter()
                .all(|one| template.mean.distance(one) <= self.rules.threshold + SINGLE_SLACK);
            if distance <= self.rules.threshold && each_near {
                self.matched = Some(template.id);
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
