//! One decision, as a line of text and as the fields of a journal entry.

use std::fmt::Write as _;

use facelogin_protocol::escape::for_log;
use facelogin_protocol::types::{Reason, Verdict};

/// The longest value in a line, in characters.
const MAX_IN_LINE: usize = 64;

/// The longest value of a field, in characters: nothing that a caller sends is longer.
const MAX_IN_FIELD: usize = 256;

/// What was asked, by whom, and what was decided. No distance: a log may be read by more people than root.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// `authenticate`, `test`, `enrol`, ...
    pub action: &'a str,
    /// About whom.
    pub user: &'a str,
    /// Their uid, when there is such a user.
    pub uid: Option<u32>,
    /// `PAM_SERVICE`.
    pub service: &'a str,
    /// `PAM_TTY`.
    pub tty: &'a str,
    /// `PAM_RUSER`: for su, who wants to become `user`.
    pub ruser: &'a str,
    /// Who asked.
    pub peer_uid: u32,
    /// What was decided, and why; `None` for what an administrator did, of which only what is done is logged.
    pub verdict: Option<(Verdict, Reason)>,
    /// How long it took.
    pub millis: u32,
}

/// The kinds of entries, which a journal tells apart by `MESSAGE_ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A face let somebody in.
    Granted,
    /// A face let nobody in.
    Refused,
    /// A face was tried out; nobody was let in, whatever the verdict.
    Tested,
    /// An administrator changed what is stored or counted, or a password was reported.
    Changed,
    /// Anything else that an administrator should know.
    Remark,
}

impl Event {
    /// The kind's `MESSAGE_ID`, drawn once at random as systemd.journal-fields(7) asks. Filters and catalogues rely on
    /// them: they never change.
    pub fn id(self) -> &'static str {
        match self {
            Self::Granted => "1b59f00a53854e8d943b376fb48fcb4b",
            Self::Refused => "113d2686789340abb3b794ba0de8062f",
            Self::Tested => "11d447e32d844ac4b6bea083353fe3c3",
            Self::Changed => "c04b4b73b84042e48bfc3788c597a8d1",
            Self::Remark => "e64f47c2eaa44ae99896105f3ce8d1aa",
        }
    }
}

impl Entry<'_> {
    /// Its kind.
    pub(super) fn event(&self) -> Event {
        match (self.action, self.verdict) {
            (_, None) => Event::Changed,
            ("authenticate", Some((Verdict::Match, _))) => Event::Granted,
            ("authenticate", Some(_)) => Event::Refused,
            (_, Some(_)) => Event::Tested,
        }
    }

    /// As one line.
    pub(super) fn line(&self) -> String {
        let mut line = format!("action={} user={}", self.action, quoted(self.user));
        if let Some(uid) = self.uid {
            // Writing to a String cannot fail.
            let _ = write!(line, " uid={uid}");
        }
        let texts = [
            ("service", self.service),
            ("tty", self.tty),
            ("ruser", self.ruser),
        ];
        for (key, value) in texts {
            if !value.is_empty() {
                let _ = write!(line, " {key}={}", quoted(value));
            }
        }
        let _ = write!(line, " peer_uid={}", self.peer_uid);
        let _ = match self.verdict {
            Some((verdict, reason)) => write!(line, " verdict={} reason={}", verdict.name(), reason.name()),
            None => write!(line, " done"),
        };
        let _ = write!(line, " ms={}", self.millis);
        line
    }

    /// As fields of a journal entry: what is not known is left out.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("FACELOGIN_ACTION", self.action.to_owned()),
            ("FACELOGIN_USER", for_log(self.user, MAX_IN_FIELD)),
        ];
        if let Some(uid) = self.uid {
            fields.push(("FACELOGIN_UID", uid.to_string()));
        }
        let texts = [
            ("FACELOGIN_SERVICE", self.service),
            ("FACELOGIN_TTY", self.tty),
            ("FACELOGIN_RUSER", self.ruser),
        ];
        for (key, value) in texts {
            if !value.is_empty() {
                fields.push((key, for_log(value, MAX_IN_FIELD)));
            }
        }
        fields.push(("FACELOGIN_PEER_UID", self.peer_uid.to_string()));
        if let Some((verdict, reason)) = self.verdict {
            fields.push(("FACELOGIN_VERDICT", verdict.name().into()));
            fields.push(("FACELOGIN_REASON", reason.name().into()));
        }
        fields.push(("FACELOGIN_MILLISECONDS", self.millis.to_string()));
        fields
    }
}

/// One value that cannot be taken for two: what is not a plain word stands in quotation marks.
fn quoted(value: &str) -> String {
    let escaped = for_log(value, MAX_IN_LINE);
    let plain = !escaped.is_empty()
        && escaped
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./@:+".contains(c));
    if plain {
        escaped
    } else {
        format!("\"{}\"", escaped.replace('"', "\\u{22}"))
    }
}
