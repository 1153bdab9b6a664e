//! One attempt from policy to record: what `Authenticate` and `Test` have in common.

use std::time::{Duration, Instant};

use facelogin_protocol::types::{CameraKind, Detail, Reason, Verdict};
use facelogin_score::{Comparer, Encoding};

use crate::decision::{Decision, Enrolled, Judged, Step};
use crate::levels::{Scale, Strictness};
use crate::liveness;
use crate::lockout::EntryClass;
use crate::policy::{Policy, SHORTEST_SCAN, ScanRules, Standing};
use crate::scan::{End, Judge};
use crate::server::Daemon;
use crate::server::circumstances::{Circumstances, circumstances};
use crate::server::conclude::{Seen, conclude};
use crate::server::connection::Peer;
use crate::server::failure::Failure;
use crate::server::manage::kind_of;
use crate::server::pace::Paced;
use crate::server::session::{Session, reason_of_end};
use crate::server::standing::{Refusal, cannot_judge, kinds, most_of_a_kind, standing};
use crate::server::witness::Witness;
use crate::store::{StoreError, Template};
use crate::vision::wire::{Light, Observation, Wanted};

/// One attempt: what was asked, by whom, since when.
pub struct Attempted<'a> {
    /// `authenticate` or `test`.
    pub action: &'static str,
    /// The account's name.
    pub user: &'a str,
    /// What it resolved to here.
    pub uid: Result<Option<u32>, nix::errno::Errno>,
    /// `PAM_SERVICE`.
    pub service: &'a str,
    /// `PAM_TTY`.
    pub tty: &'a str,
    /// `PAM_RUSER`: who asks, where that is somebody else.
    pub ruser: &'a str,
    /// Whose presence counts: who asks for more rights, else the user; `None` when nobody knows who.
    pub asker: Option<u32>,
    /// The user asked for the scan at a prompt.
    pub consent: bool,
    /// By which kind of door.
    pub class: EntryClass,
    /// Whether a mismatch counts: not when root tries out somebody's face.
    pub counts: bool,
    /// The moment of the request.
    pub since: Instant,
}

impl Attempted<'_> {
    /// With which other attempts its scans share a pause.
    pub fn paced(&self, peer: &Peer) -> Option<Paced> {
        let user = self.uid.ok().flatten();
        Paced::of(peer.uid, user, self.asker, self.class, self.consent)
    }
}

/// Runs an attempt from policy to record; `answer` is called once, as soon as the verdict stands.
pub fn attempt(
    daemon: &Daemon,
    peer: &Peer,
    attempted: &Attempted<'_>,
    policy: impl Fn(&Standing) -> Policy,
    answer: impl FnOnce(&Judged),
) {
    let begun = match begin(daemon, peer, attempted, &policy) {
        Ok(begun) => begun,
        Err(Refused {
            verdict,
            reason,
            session: closing,
        }) => {
            let judged = unscanned(verdict, reason, attempted.since.elapsed());
            let seen = match &closing {
                None => Seen::Nothing,
                // It had its light: that counts as a scan, and is on record as one.
                Some(_) => {
                    daemon.pace.scanned(attempted.paced(peer), Instant::now(), None);
                    Seen::Something
                }
            };
            return conclude(daemon, peer, attempted, &judged, seen, answer);
        }
    };
    // Named, so that it lives until the answer is out and the attempt is on record.
    let Begun {
        mut session,
        rules,
        scale,
        templates,
    } = begun;
    let mut login = Login {
        decision: Decision::new(rules, scale, templates),
        witness: Witness::default(),
    };
    let end = session.scan(peer, attempted.since, &mut login);
    let Login { decision, witness } = login;
    // A face counts however the scan ended; an empty room only if it was looked at to the end.
    let somebody_seen = match decision.somebody_seen() {
        true => Some(true),
        false => matches!(end, End::Judged).then_some(false),
    };
    let paced = attempted.paced(peer);
    daemon.pace.scanned(paced, Instant::now(), somebody_seen);
    let mut judged = decision.finish(attempted.since.elapsed());
    witness.tell(&mut judged.detail);
    if let Some(reason) = reason_of_end(&end) {
        // A match is a verdict only when the scan came to its end.
        judged = Judged {
            verdict: Verdict::Unavailable,
            reason,
            template: None,
            ..judged
        };
    }
    // What was seen counts even if the caller left before the verdict (R21).
    let seen = if decision.mismatched() {
        Seen::Mismatch
    } else {
        Seen::Something
    };
    conclude(daemon, peer, attempted, &judged, seen, answer);
}

/// The camera, and what to hold its pictures against.
struct Begun<'a> {
    session: Session<'a>,
    rules: ScanRules,
    scale: Scale,
    templates: Vec<Enrolled>,
}

/// No scan. A camera that was opened for it is told to close, which takes until after the answer.
struct Refused<'a> {
    verdict: Verdict,
    reason: Reason,
    session: Option<Box<Session<'a>>>,
}

/// Asks the policy, waits for the camera, and asks again: while one attempt waited, another may have locked the face
/// out. Whoever has the camera is alone from here on. What the policy refuses at first opens no camera.
fn begin<'a>(
    daemon: &'a Daemon,
    peer: &Peer,
    attempted: &Attempted<'_>,
    policy: &impl Fn(&Standing) -> Policy,
) -> Result<Begun<'a>, Refused<'a>> {
    let refused = |(verdict, reason)| Refused {
        verdict,
        reason,
        session: None,
    };
    let unavailable = |reason| refused((Verdict::Unavailable, reason));
    let before = standing(daemon, peer, attempted).map_err(refused)?;
    let (rules, then) = ask(daemon, attempted, policy, &before).map_err(refused)?;
    let mut session = Session::begin(daemon, peer, rules.timeout).map_err(|failure| match failure {
        Failure::Unavailable(reason, _) => unavailable(reason),
        _ => unavailable(Reason::VisionUnavailable),
    })?;
    if attempted.since.elapsed() + SHORTEST_SCAN > rules.timeout {
        return Err(unavailable(Reason::Busy));
    }
    // All that costs no time comes before the light: whoever waited in vain is refused in the dark.
    let scale = Scale::of(session.made_by());
    let templates =
        enrolled(daemon, attempted, &scale).map_err(|error| refused(cannot_judge(daemon, &error)))?;
    let now = standing(daemon, peer, attempted).map_err(refused)?;
    let now = Standing {
        usable_templates: most_of_a_kind(templates.iter().map(|template| template.kind)),
        ..now
    };
    if let Policy::Refuse(verdict, reason) = policy(&now) {
        return Err(refused((verdict, reason)));
    }
    let mut wanted = kinds(templates.iter().map(|template| template.kind));
    wanted.retain(|kind| liveness::will_do(rules.liveness, session.liveness(), *kind));
    if wanted.is_empty() && !templates.is_empty() {
        return Err(unavailable(Reason::LivenessUnavailable));
    }
    session.open(Wanted {
        kinds: wanted,
        built_in: !then.lid_closed,
        thorough: false,
    });
    // While the camera opens, logind and the account are asked once more.
    match once_more(daemon, attempted, policy, &now, then) {
        Ok(rules) => Ok(Begun {
            session,
            rules,
            scale,
            templates,
        }),
        Err((verdict, reason)) => {
            session.close();
            Err(Refused {
                verdict,
                reason,
                session: Some(Box::new(session)),
            })
        }
    }
}

fn once_more(
    daemon: &Daemon,
    attempted: &Attempted<'_>,
    policy: &impl Fn(&Standing) -> Policy,
    standing: &Standing,
    then: Circumstances,
) -> Result<ScanRules, Refusal> {
    let (rules, now) = ask(daemon, attempted, policy, standing)?;
    if now.lid_closed && !then.lid_closed {
        // It may be the camera behind it that was opened.
        return Err((Verdict::Unavailable, Reason::LidClosed));
    }
    Ok(rules)
}

/// The policy's word, with the circumstances that it was given in.
fn ask(
    daemon: &Daemon,
    attempted: &Attempted<'_>,
    policy: &impl Fn(&Standing) -> Policy,
    standing: &Standing,
) -> Result<(ScanRules, Circumstances), Refusal> {
    let found = match policy(standing) {
        // Only now: for whoever is refused anyway nobody else is asked.
        Policy::Scan(_) | Policy::Refuse(_, Reason::ConsentNeeded) => circumstances(daemon, attempted),
        Policy::Refuse(verdict, reason) => return Err((verdict, reason)),
    };
    let sound = Standing {
        hindrance: found.err(),
        ..*standing
    };
    match policy(&sound) {
        Policy::Scan(rules) => Ok((rules, found.unwrap_or_default())),
        Policy::Refuse(verdict, reason) => Err((verdict, reason)),
    }
}

struct Login {
    decision: Decision,
    witness: Witness,
}

impl Judge for Login {
    fn opened(&mut self, camera: &str, kind: CameraKind) {
        self.witness.opened(camera);
        self.decision.opened(kind);
    }
    fn observe(&mut self, elapsed: Duration, seen: &Observation) -> Step {
        self.witness.observe(seen);
        if seen.light == Light::Lit {
            let flash = seen.strobe.map(|strobe| strobe.face - strobe.surround);
            self.decision.flashed(flash);
        }
        self.decision.observe(elapsed, &seen.faces)
    }
    fn on_time(&mut self, elapsed: Duration) -> Step {
        self.decision.on_time(elapsed)
    }
}

/// The user's own templates that this engine can compare, each as one mean (R4: name and uid both match).
fn enrolled(daemon: &Daemon, attempted: &Attempted<'_>, scale: &Scale) -> Result<Vec<Enrolled>, StoreError> {
    let Ok(Some(uid)) = attempted.uid else {
        return Ok(Vec::new());
    };
    let engine = scale.engine();
    let templates = daemon.store().templates_of(attempted.user, uid)?;
    Ok(templates
        .iter()
        .filter(|template| template.info.is_of(&engine.name, &engine.model))
        .filter_map(|template| fused(scale.comparer(), template))
        .collect())
}

/// A template's encodings made into one; `None` for one that is not of this engine's length.
pub fn fused(comparer: &Comparer, template: &Template) -> Option<Enrolled> {
    let encodings: Option<Vec<Encoding>> = template
        .encodings
        .iter()
        .map(|values| Encoding::try_from_slice(values).ok())
        .collect();
    let encodings = encodings?;
    let all: Vec<&Encoding> = encodings.iter().collect();
    Some(Enrolled {
        id: template.info.id,
        kind: kind_of(&template.info.camera),
        fused: comparer.fuse(&all)?,
    })
}

/// A verdict without a scan.
fn unscanned(verdict: Verdict, reason: Reason, elapsed: Duration) -> Judged {
    let nothing = ScanRules {
        strictness: Strictness::Distance(0.0),
        frames: 1,
        liveness: facelogin_config::Liveness::Off,
        timeout: Duration::ZERO,
        no_face_timeout: Duration::ZERO,
    };
    let seen = Decision::new(nothing, Scale::none(), Vec::new()).finish(elapsed);
    let detail = Detail {
        threshold: None,
        ..seen.detail
    };
    Judged {
        verdict,
        reason,
        template: None,
        detail,
    }
}

/// Everybody's templates, for comparing people with each other; unreadable ones are reported and left out.
pub fn readable(daemon: &Daemon) -> Result<Vec<Template>, StoreError> {
    let (templates, unreadable) = daemon.store().readable_templates()?;
    for id in unreadable {
        daemon.audit.remark(&format!(
            "template {id} cannot be read: it was altered; remove it and enrol again"
        ));
    }
    Ok(templates)
}

#[cfg(test)]
#[path = "attempt_tests.rs"]
mod tests;
