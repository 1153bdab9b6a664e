//! `Test` and `Identify`: looks through the camera that let nobody in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use facelogin_protocol::types::{
    CameraKind, Candidate, Detail, IdentifyOut, Reason, TestOut, UserIn, Verdict,
};
use facelogin_score::gates::{Flaw, LOGIN, one_good_face};
use facelogin_score::{Encoding, Limit};

use crate::decision::{Judged, Step};
use crate::levels::Scale;
use crate::lockout::EntryClass;
use crate::policy::{Policy, ScanRules, Standing, scan_rules};
use crate::quality;
use crate::scan::Judge;
use crate::server::attempt::{Attempted, attempt, fused, readable};
use crate::server::connection::{Answer, Next, Nothing, Peer, done, root_only};
use crate::server::failure::Failure;
use crate::server::manage::kind_of;
use crate::server::session::{Session, reason_of_end};
use crate::server::standing::{kinds, most_of_a_kind};
use crate::server::witness::Witness;
use crate::server::{Daemon, users};
use crate::vision::wire::{Observation, Wanted};

/// How many people `Identify` names at most.
const MAX_CANDIDATES: usize = 5;

/// The service that a test is recorded under: no PAM service has it.
const TEST_SERVICE: &str = "facelogin-enroll test";

/// A live attempt. An ordinary user's counts like any other of theirs: it would else be a way to try out faces.
pub fn test(daemon: &Daemon, peer: &Peer, input: UserIn) -> Answer {
    let since = Instant::now();
    // By name first: whether somebody else exists is not for everybody to know.
    if !peer.is_root() && users::name_of(peer.uid).as_ref() != Some(&input.user) {
        return Err(Failure::NotPermitted("only root may test somebody else's face"));
    }
    let uid = users::require(&input.user)?;
    if !peer.is_root() && peer.uid != uid {
        return Err(Failure::NotPermitted("only root may test somebody else's face"));
    }
    let attempted = Attempted {
        action: "test",
        user: &input.user,
        uid: Ok(Some(uid)),
        service: TEST_SERVICE,
        tty: "",
        ruser: "",
        asker: Some(uid),
        consent: true,
        class: EntryClass::Unprivileged,
        counts: !peer.is_root(),
        since,
    };
    let timeout = Duration::from_millis(daemon.config.rules.timeout_ms.into());
    let policy = |standing: &Standing| {
        let unavailable = |reason| Policy::Refuse(Verdict::Unavailable, reason);
        match standing {
            Standing {
                locked_seconds: 1.., ..
            } => Policy::Refuse(Verdict::LockedOut, Reason::LockedOut),
            Standing { templates: 0, .. } => unavailable(Reason::NotEnrolled),
            Standing {
                usable_templates: 0, ..
            } => unavailable(Reason::OtherEngine),
            Standing { too_often: true, .. } => unavailable(Reason::RateLimited),
            Standing {
                hindrance: Some(reason),
                ..
            } => unavailable(*reason),
            _ => Policy::Scan(scan_rules(&daemon.config.rules, timeout)),
        }
    };
    let mut next = Next::Close;
    attempt(daemon, peer, &attempted, policy, |judged| {
        let detail = for_peer(judged, peer);
        let out = TestOut {
            verdict: judged.verdict,
            reason: if peer.is_root() {
                judged.reason
            } else {
                judged.told()
            },
            detail,
        };
        next = peer.reply_now(&out).map_or(Next::Close, |()| Next::Call);
    });
    Ok(next)
}

/// Only root sees how near it was, and how alive it looked (R22): a number is what a forger climbs by.
fn for_peer(judged: &Judged, peer: &Peer) -> Detail {
    let mut detail = judged.detail.clone();
    if !peer.is_root() {
        detail.distance = None;
        detail.threshold = None;
        detail.strobe = None;
        detail.live = None;
    }
    detail
}

/// Who is in front of the camera.
pub fn identify(daemon: &Daemon, peer: &Peer, _: Nothing) -> Answer {
    root_only(peer, "only root may ask who is in front of the camera")?;
    let since = Instant::now();
    let timeout = Duration::from_millis(daemon.config.rules.timeout_ms.into());
    let mut session = Session::begin(daemon, peer, timeout)?;
    let scale = Scale::of(session.made_by());
    let (engine, comparer) = (scale.engine(), scale.comparer());
    let mut templates = readable(daemon)?;
    templates.retain(|template| template.info.is_of(&engine.name, &engine.model));
    let all = || templates.iter().map(|template| kind_of(&template.info.camera));
    let rules = scan_rules(&daemon.config.rules, timeout);
    let limit = scale.limit(rules.strictness, most_of_a_kind(all()));
    let mut collector = Collector::new(rules, limit);
    let mut wanted = kinds(all());
    if wanted.is_empty() {
        // Whoever is there is nobody's face.
        wanted = vec![CameraKind::Colour, CameraKind::Infrared];
    }
    session.open(Wanted {
        kinds: wanted,
        built_in: true,
        thorough: false,
    });
    let end = session.scan(peer, since, &mut collector);
    if let crate::scan::End::Failed(error) = end {
        return Err(error.into());
    }
    if let Some(reason) = reason_of_end(&end) {
        return Err(Failure::Unavailable(reason, "the scan was ended".into()));
    }
    // The next may have the camera before this peer has read its answer.
    drop(session);
    templates.retain(|template| collector.kind == Some(kind_of(&template.info.camera)));
    let mut candidates = Vec::new();
    if let Some(probe) = collector.probe().and_then(|all| comparer.fuse(&all)) {
        for template in &templates {
            let Some(enrolled) = fused(comparer, template) else {
                continue;
            };
            let info = &template.info;
            let comparison = comparer.compare(&enrolled.fused, &probe);
            let account = users::uid_of(&info.user) == Ok(Some(info.uid));
            if limit.admits(comparison) && account {
                candidates.push(Candidate {
                    user: info.user.clone(),
                    uid: info.uid,
                    label: info.label.clone(),
                    distance: limit.measure(comparison),
                });
            }
        }
    }
    candidates.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    // A person's nearest template stands for them.
    let mut seen = std::collections::HashSet::new();
    candidates.retain(|candidate| seen.insert(candidate.uid));
    candidates.truncate(MAX_CANDIDATES);
    let nearest = candidates.first().map(|candidate| candidate.distance);
    let out = IdentifyOut {
        reason: match nearest {
            Some(_) => Reason::Matched,
            None => collector.reason(),
        },
        detail: collector.detail(since.elapsed(), nearest),
        candidates,
    };
    done(peer, &out)
}

/// Gathers one probe.
struct Collector {
    rules: ScanRules,
    limit: Limit,
    /// Of the templates to compare it with; none before the camera is open.
    kind: Option<CameraKind>,
    witness: Witness,
    window: VecDeque<Encoding>,
    frames: u32,
    usable: u32,
    first_frame: Option<Duration>,
    flaw: Option<Flaw>,
}

impl Collector {
    fn new(rules: ScanRules, limit: Limit) -> Self {
        Self {
            rules,
            limit,
            kind: None,
            witness: Witness::default(),
            window: VecDeque::new(),
            frames: 0,
            usable: 0,
            first_frame: None,
            flaw: None,
        }
    }

    /// As many pictures as a probe takes, if there are.
    fn probe(&self) -> Option<Vec<&Encoding>> {
        (self.window.len() >= self.rules.frames).then(|| self.window.iter().collect())
    }

    fn reason(&self) -> Reason {
        match self.flaw {
            _ if self.probe().is_some() => Reason::NotMatching,
            _ if self.frames == 0 => Reason::CameraUnavailable,
            Some(flaw) => quality::reason(flaw),
            None => Reason::NobodySeen,
        }
    }

    fn detail(&self, elapsed: Duration, distance: Option<f32>) -> Detail {
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let mut detail = Detail {
            frames: self.frames,
            usable_frames: self.usable,
            distance,
            threshold: Some(self.limit.value()),
            first_frame_ms: self.first_frame.map(millis),
            total_ms: millis(elapsed),
            camera: None,
            strobe: None,
            live: None,
            hint: self.flaw.map(|flaw| flaw.hint().into()),
        };
        self.witness.tell(&mut detail);
        detail
    }
}

impl Judge for Collector {
    fn opened(&mut self, camera: &str, kind: CameraKind) {
        self.witness.opened(camera);
        self.kind = Some(kind.compared_as());
        self.window.clear();
    }

    fn observe(&mut self, elapsed: Duration, seen: &Observation) -> Step {
        self.witness.observe(seen);
        self.frames += 1;
        self.first_frame.get_or_insert(elapsed);
        match one_good_face(&seen.faces, &LOGIN) {
            Ok(face) => {
                self.usable += 1;
                self.window.push_back(face.encoding.clone());
                if self.window.len() >= self.rules.frames {
                    self.flaw = None;
                    return Step::Done;
                }
            }
            Err(flaw) => {
                self.flaw = Some(flaw);
                if matches!(flaw, Flaw::NoFace | Flaw::SeveralFaces) {
                    self.window.clear();
                }
            }
        }
        self.on_time(elapsed)
    }

    fn on_time(&mut self, elapsed: Duration) -> Step {
        if elapsed >= self.rules.timeout {
            Step::Done
        } else {
            Step::KeepLooking
        }
    }
}
