//! `Authenticate`: the one method that lets somebody in.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use facelogin_engine::Encoding;
use facelogin_protocol::types::{AuthenticateIn, AuthenticateOut, Detail, Reason, Verdict};

use crate::audit::Entry;
use crate::decision::{Decision, Enrolled, Judged, Step};
use crate::lockout::{self, EntryClass, LockoutRules};
use crate::policy::{Asked, Policy, ScanRules, Standing, decide};
use crate::scan::Judge;
use crate::server::connection::{Answer, Next, Peer};
use crate::server::failure::Failure;
use crate::server::session::{Session, reason_of_end};
use crate::server::{Daemon, users};
use crate::store::{Attempt, StoreError, Template};
use crate::vision::wire::Observation;

/// The longest of the strings a caller sends along, in bytes (R14).
const MAX_TEXT: usize = 256;

/// The longest a caller may ask to wait.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// One attempt: what was asked, by whom, since when.
pub struct Attempted<'a> {
    /// `authenticate` or `test`.
    pub action: &'static str,
    /// The account's name.
    pub user: &'a str,
    /// What it resolved to here.
    pub uid: Option<u32>,
    /// `PAM_SERVICE`.
    pub service: &'a str,
    /// `PAM_TTY`.
    pub tty: &'a str,
    /// By which kind of door.
    pub class: EntryClass,
    /// Whether a mismatch counts: not when root tries out somebody's face.
    pub counts: bool,
    /// The moment of the request.
    pub since: Instant,
}

/// Answers, and closes the connection: a second reply could only be a lie.
pub fn answer(daemon: &Daemon, peer: &Peer, input: AuthenticateIn) -> Answer {
    let since = Instant::now();
    let texts = [
        Some(&input.user),
        Some(&input.service),
        input.tty.as_ref(),
        input.rhost.as_ref(),
        input.ruser.as_ref(),
    ];
    if texts.into_iter().flatten().any(|text| text.len() > MAX_TEXT) {
        return Err(Failure::Invalid(format!(
            "a name is longer than {MAX_TEXT} bytes"
        )));
    }
    if !peer.is_root() && peer.uid != input.uid {
        return Err(Failure::NotPermitted("only root may ask about somebody else"));
    }
    let attempted = Attempted {
        action: "authenticate",
        user: &input.user,
        uid: users::uid_of(&input.user),
        service: &input.service,
        tty: input.tty.as_deref().unwrap_or_default(),
        class: EntryClass::of(&input.service, peer.is_root()),
        counts: true,
        since,
    };
    let asked = Asked {
        peer_uid: peer.uid,
        claimed_uid: input.uid,
        resolved_uid: attempted.uid,
        service: &input.service,
        rhost: input.rhost.as_deref().unwrap_or_default(),
        timeout: Duration::from_millis(input.timeout_ms.into()).min(MAX_TIMEOUT),
    };
    let reply = |judged: &Judged| AuthenticateOut {
        request_id: input.request_id,
        uid: input.uid,
        verdict: judged.verdict,
        reason: judged.reason,
    };
    let policy = |standing: &Standing| decide(&daemon.config, &asked, standing);
    attempt(daemon, peer, &attempted, policy, |judged| {
        // A caller that has gone needs no answer; the attempt is recorded all the same.
        let _ = peer.reply_and_end(&reply(judged));
    });
    Ok(Next::Close)
}

/// Runs an attempt from policy to record; `answer` is called once, as soon as the verdict stands.
pub fn attempt(
    daemon: &Daemon,
    peer: &Peer,
    attempted: &Attempted<'_>,
    policy: impl FnOnce(&Standing) -> Policy,
    answer: impl FnOnce(&Judged),
) {
    let refused = |verdict, reason| unscanned(verdict, reason, attempted.since.elapsed());
    let unavailable = |reason| refused(Verdict::Unavailable, reason);
    let standing = match standing(daemon, peer, attempted) {
        Ok(standing) => standing,
        Err(error) => {
            daemon.audit.remark(&format!("the store: {error}"));
            let judged = unavailable(Reason::StoreUnavailable);
            return conclude(daemon, peer, attempted, &judged, false, answer);
        }
    };
    let rules = match policy(&standing) {
        Policy::Scan(rules) => rules,
        Policy::Refuse(verdict, reason) => {
            return conclude(daemon, peer, attempted, &refused(verdict, reason), false, answer);
        }
    };
    let mut session = match Session::begin(daemon, peer, rules.timeout) {
        Ok(session) => session,
        Err(Failure::Unavailable(reason, _)) => {
            return conclude(daemon, peer, attempted, &unavailable(reason), false, answer);
        }
        Err(_) => {
            return conclude(
                daemon,
                peer,
                attempted,
                &unavailable(Reason::VisionUnavailable),
                false,
                answer,
            );
        }
    };
    let templates = match enrolled(daemon, attempted, session.engine(), session.model()) {
        Ok(templates) if templates.is_empty() => {
            return conclude(
                daemon,
                peer,
                attempted,
                &unavailable(Reason::OtherEngine),
                false,
                answer,
            );
        }
        Ok(templates) => templates,
        Err(error) => {
            daemon.audit.remark(&format!("the store: {error}"));
            let judged = unavailable(Reason::StoreUnavailable);
            return conclude(daemon, peer, attempted, &judged, false, answer);
        }
    };
    let mut login = Login(Decision::new(rules, templates));
    let end = session.scan(peer, attempted.since, &mut login);
    daemon.scanned(peer.uid);
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
    let mismatch = login.0.mismatched();
    conclude(daemon, peer, attempted, &judged, mismatch, answer);
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

fn standing(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>) -> Result<Standing, StoreError> {
    let none = Standing {
        locked_seconds: 0,
        usable_templates: 0,
        templates: 0,
        too_often: false,
    };
    // The policy refuses before it looks any further.
    let Some(uid) = attempted.uid else { return Ok(none) };
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
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Standing {
        locked_seconds: locked_seconds(&store, attempted, uid)?,
        usable_templates: count(usable),
        templates: count(own.len()),
        too_often: daemon.too_often(peer.uid),
    })
}

fn locked_seconds(
    store: &crate::store::Store,
    attempted: &Attempted<'_>,
    uid: u32,
) -> Result<u64, StoreError> {
    if !attempted.counts {
        return Ok(0);
    }
    let Some(record) = store.load_lockout(uid, attempted.class)? else {
        return Ok(0);
    };
    // Without a clock nobody can say that the wait is over.
    Ok(lockout::boot_clock().map_or(u64::MAX, |now| lockout::remaining(&record, &now)))
}

/// The user's own templates that this engine can compare, each as one mean (R4: name and uid both match).
fn enrolled(
    daemon: &Daemon,
    attempted: &Attempted<'_>,
    engine: &str,
    model: &str,
) -> Result<Vec<Enrolled>, StoreError> {
    let Some(uid) = attempted.uid else {
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

/// Answers, then puts on record. A mismatch is on record before the answer: whoever kills the daemon in between
/// would otherwise have a try for free.
fn conclude(
    daemon: &Daemon,
    peer: &Peer,
    attempted: &Attempted<'_>,
    judged: &Judged,
    mismatch: bool,
    answer: impl FnOnce(&Judged),
) {
    let counted = match (attempted.counts, attempted.uid) {
        (true, Some(uid)) if mismatch => count_mismatch(daemon, attempted, uid),
        (true, Some(uid)) if judged.verdict == Verdict::Match => {
            daemon.store().save_lockout(uid, attempted.class, None)
        }
        _ => Ok(()),
    };
    match counted {
        Ok(()) => answer(judged),
        // An attempt that cannot be counted is no attempt at all.
        Err(error) => {
            daemon.audit.remark(&format!("the store: {error}"));
            let lost = Judged {
                verdict: Verdict::Unavailable,
                reason: Reason::StoreUnavailable,
                ..judged.clone()
            };
            answer(&lost);
            return record(daemon, peer, attempted, &lost);
        }
    }
    record(daemon, peer, attempted, judged);
}

fn count_mismatch(daemon: &Daemon, attempted: &Attempted<'_>, uid: u32) -> Result<(), StoreError> {
    let limits = &daemon.config.lockout;
    let rules = LockoutRules {
        failures: limits.failures,
        first_wait_secs: limits.first_wait_seconds,
        max_wait_secs: limits.max_wait_seconds,
    };
    let Ok(now) = lockout::boot_clock() else {
        daemon
            .audit
            .remark("the boot clock cannot be read; a mismatch could not be counted");
        return Ok(());
    };
    let mut store = daemon.store();
    let before = store.load_lockout(uid, attempted.class)?;
    let after = lockout::after_mismatch(before.as_ref(), &rules, &now);
    store.save_lockout(uid, attempted.class, Some(&after))
}

fn record(daemon: &Daemon, peer: &Peer, attempted: &Attempted<'_>, judged: &Judged) {
    daemon.audit.decision(&Entry {
        action: attempted.action,
        user: attempted.user,
        uid: attempted.uid,
        service: attempted.service,
        tty: attempted.tty,
        peer_uid: peer.uid,
        verdict: judged.verdict,
        reason: judged.reason,
        millis: judged.detail.total_ms,
    });
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() as i64);
    let attempt = Attempt {
        unix,
        user: attempted.user.into(),
        uid: attempted.uid,
        service: attempted.service.into(),
        tty: (!attempted.tty.is_empty()).then(|| attempted.tty.into()),
        class: attempted.class,
        peer_uid: peer.uid,
        verdict: judged.verdict.name().into(),
        reason: judged.reason.name().into(),
        millis: judged.detail.total_ms,
        best_distance: judged.detail.distance,
        frames: judged.detail.frames,
    };
    if let Err(error) = daemon.store().record_attempt(&attempt) {
        daemon
            .audit
            .remark(&format!("an attempt could not be put on record: {error}"));
    }
}
