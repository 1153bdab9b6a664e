//! One attempt from policy to record: what `Authenticate` and `Test` have in common.

use std::time::{Duration, Instant};

use facelogin_engine::Encoding;
use facelogin_protocol::types::{CameraKind, Detail, Reason, Verdict};

use crate::decision::{Decision, Enrolled, Judged, Step};
use crate::lockout::{self, ClockError, EntryClass};
use crate::policy::{Policy, SHORTEST_SCAN, ScanRules, Standing};
use crate::scan::{End, Judge};
use crate::server::Daemon;
use crate::server::circumstances::hindrance;
use crate::server::conclude::{Seen, conclude, count_mismatch};
use crate::server::connection::Peer;
use crate::server::failure::Failure;
use crate::server::pace::Paced;
use crate::server::session::{Session, reason_of_end};
use crate::store::{StoreError, Template};
use crate::vision::wire::{Observation, Wanted};

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
        Err((verdict, reason)) => {
            let judged = unscanned(verdict, reason, attempted.since.elapsed());
            return conclude(daemon, peer, attempted, &judged, Seen::Nothing, answer);
        }
    };
    // Named, so that it lives until the answer is out and the attempt is on record.
    let Begun {
        mut session,
        rules,
        templates,
    } = begun;
    let mut login = Login(Decision::new(rules, templates));
    let end = session.scan(peer, attempted.since, &mut login);
    // A face counts however the scan ended; an empty room only if it was looked at to the end.
    let somebody_seen = match login.0.somebody_seen() {
        true => Some(true),
        false => matches!(end, End::Judged).then_some(false),
    };
    let paced = attempted.paced(peer);
    daemon.pace.scanned(paced, Instant::now(), somebody_seen);
    let mut judged = login.0.finish(attempted.since.elapsed());
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
    let seen = if login.0.mismatched() {
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
    templates: Vec<Enrolled>,
}

type Refusal = (Verdict, Reason);

/// Asks the policy, waits for the camera, and asks again: while one attempt waited, another may have locked the face
/// out. Whoever has the camera is alone from here on.
fn begin<'a>(
    daemon: &'a Daemon,
    peer: &Peer,
    attempted: &Attempted<'_>,
    policy: &impl Fn(&Standing) -> Policy,
) -> Result<Begun<'a>, Refusal> {
    let unavailable = |reason| (Verdict::Unavailable, reason);
    let ask = |standing: &Standing| {
        let sound = match policy(standing) {
            // Only now: for whoever is refused anyway nobody else is asked.
            Policy::Scan(_) | Policy::Refuse(_, Reason::ConsentNeeded) => Standing {
                hindrance: hindrance(daemon, attempted),
                ..*standing
            },
            Policy::Refuse(verdict, reason) => return Err((verdict, reason)),
        };
        match policy(&sound) {
            Policy::Scan(rules) => Ok(rules),
            Policy::Refuse(verdict, reason) => Err((verdict, reason)),
        }
    };
    let standing_now = || {
        standing(daemon, peer, attempted).map_err(|error| {
            daemon
                .audit
                .remark(&format!("an attempt cannot be judged: {error}"));
            unavailable(Reason::StoreUnavailable)
        })
    };
    let rules = ask(&standing_now()?)?;
    let mut session = Session::begin(daemon, peer, rules.timeout).map_err(|failure| match failure {
        Failure::Unavailable(reason, _) => unavailable(reason),
        _ => unavailable(Reason::VisionUnavailable),
    })?;
    if attempted.since.elapsed() + SHORTEST_SCAN > rules.timeout {
        return Err(unavailable(Reason::Busy));
    }
    // While the camera opens, the templates are read and the policy is asked once more.
    session.open(Wanted::any(CameraKind::Colour));
    let templates = enrolled(daemon, attempted, session.engine(), session.model()).map_err(|error| {
        daemon
            .audit
            .remark(&format!("an attempt cannot be judged: {error}"));
        unavailable(Reason::StoreUnavailable)
    })?;
    let usable_templates = u32::try_from(templates.len()).unwrap_or(u32::MAX);
    let rules = ask(&Standing {
        usable_templates,
        ..standing_now()?
    })?;
    Ok(Begun {
        session,
        rules,
        templates,
    })
}

struct Login(Decision);

impl Judge for Login {
    fn observe(&mut self, elapsed: Duration, seen: &Observation) -> Step {
        self.0.observe(elapsed, &seen.faces)
    }
    fn on_time(&mut self, elapsed: Duration) -> Step {
        self.0.on_time(elapsed)
    }
}

/// Why an attempt cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum Doubt {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("the name service does not answer ({0})")]
    Names(nix::errno::Errno),
}

fn standing(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>) -> Result<Standing, Doubt> {
    let none = Standing {
        locked_seconds: 0,
        usable_templates: 0,
        templates: 0,
        too_often: false,
        hindrance: None,
    };
    // The policy refuses before it looks any further.
    let Some(uid) = attempted.uid.map_err(Doubt::Names)? else {
        return Ok(none);
    };
    // A mismatch that is not on record yet goes there first, or there is no further try.
    let owed = attempted.counts && daemon.uncounted().contains(&(uid, attempted.class));
    if owed {
        count_mismatch(daemon, attempted, uid)?;
    }
    let now = daemon.clock.now()?;
    let store = daemon.store();
    let own: Vec<_> = store
        .list(Some(attempted.user))?
        .into_iter()
        .filter(|info| info.uid == uid)
        .collect();
    let usable = match daemon.vision.known().engine {
        // Not known yet: whether they are usable is seen when the models are loaded.
        None => own.len(),
        Some((engine, model)) => own
            .iter()
            .filter(|info| info.engine == engine && info.model == model)
            .count(),
    };
    let record = if attempted.counts {
        store.load_lockout(uid, attempted.class)?
    } else {
        None
    };
    drop(store);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Standing {
        locked_seconds: record.map_or(0, |record| lockout::remaining(&record, &now)),
        usable_templates: count(usable),
        templates: count(own.len()),
        too_often: daemon.pace.must_wait(attempted.paced(peer), Instant::now()),
        hindrance: None,
    })
}

/// The user's own templates that this engine can compare, each as one mean (R4: name and uid both match).
fn enrolled(
    daemon: &Daemon,
    attempted: &Attempted<'_>,
    engine: &str,
    model: &str,
) -> Result<Vec<Enrolled>, StoreError> {
    let Ok(Some(uid)) = attempted.uid else {
        return Ok(Vec::new());
    };
    let templates = daemon.store().templates_of(attempted.user, uid)?;
    Ok(templates
        .iter()
        .filter(|template| template.info.engine == engine && template.info.model == model)
        .filter_map(mean_of)
        .collect())
}

/// A template as its one mean; `None` for one that is not of this engine's length.
pub fn mean_of(template: &Template) -> Option<Enrolled> {
    let encodings: Option<Vec<Encoding>> = template
        .encodings
        .iter()
        .map(|values| Encoding::try_from_slice(values).ok())
        .collect();
    let encodings = encodings?;
    let all: Vec<&Encoding> = encodings.iter().collect();
    Some(Enrolled {
        id: template.info.id,
        mean: Encoding::mean(&all)?,
    })
}

/// A verdict without a scan.
fn unscanned(verdict: Verdict, reason: Reason, elapsed: Duration) -> Judged {
    let nothing = ScanRules {
        threshold: 0.0,
        frames: 1,
        timeout: Duration::ZERO,
        no_face_timeout: Duration::ZERO,
    };
    let seen = Decision::new(nothing, Vec::new()).finish(elapsed);
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
