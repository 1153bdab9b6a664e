//! What was found, link by link, and how it is told.

use serde::Serialize;

use crate::words::{clean, count};

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds.
    Ok,
    /// It holds, and there is something to know.
    Warning,
    /// It is broken.
    Failure,
    /// It cannot be told from here: only root sees it, only a scan shows it, or it hangs on a link that is broken.
    Unknown,
}

impl State {
    fn mark(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "FAILURE",
            Self::Unknown => "unknown",
        }
    }
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its name. Scripts rely on it.
    pub link: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to type, or which file to edit.
    pub remedy: Option<String>,
}

/// What it takes to see the rest.
const AS_ROOT: &str = "sudo facelogin-enroll doctor";

impl Link {
    fn of(link: &'static str, state: State, found: impl Into<String>, remedy: Option<String>) -> Self {
        Self {
            link,
            state,
            found: found.into(),
            remedy,
        }
    }

    /// It holds.
    pub fn ok(link: &'static str, found: impl Into<String>) -> Self {
        Self::of(link, State::Ok, found, None)
    }

    /// It holds, with something to know and to do about it.
    pub fn warning(link: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(link, State::Warning, found, Some(remedy.into()))
    }

    /// It is broken; what mends it.
    pub fn failure(link: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(link, State::Failure, found, Some(remedy.into()))
    }

    /// It cannot be told; what would tell it.
    pub fn unknown(link: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(link, State::Unknown, found, Some(remedy.into()))
    }

    /// It hangs on another link, which is broken and has its remedy.
    pub fn hangs(link: &'static str, found: impl Into<String>) -> Self {
        Self::of(link, State::Unknown, found, None)
    }

    /// Whoever asked was told that they ask too often: nothing is known by it.
    pub fn too_often(link: &'static str) -> Self {
        Self::unknown(
            link,
            "the daemon answers, and not this user for now: too many questions in a short time",
            "look again in a minute: facelogin-enroll doctor",
        )
    }

    /// Only root can tell.
    pub fn for_root(link: &'static str, what: &str) -> Self {
        Self::unknown(link, format!("{what}: only root can see that"), AS_ROOT)
    }
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whose face it is about; `null` when root named nobody.
    user: Option<String>,
    /// Whether it was root who looked.
    root: bool,
    links: Vec<Link>,
    ok: usize,
    warnings: usize,
    failures: usize,
    unknown: usize,
}

impl Report {
    /// Of all links.
    pub fn new(user: Option<String>, root: bool, links: Vec<Link>) -> Self {
        let are = |state| links.iter().filter(|link| link.state == state).count();
        Self {
            ok: are(State::Ok),
            warnings: are(State::Warning),
            failures: are(State::Failure),
            unknown: are(State::Unknown),
            user,
            root,
            links,
        }
    }

    /// Whether a link is broken.
    pub fn is_broken(&self) -> bool {
        self.failures > 0
    }

    /// For people: a line a link, its remedy below it, and the count.
    pub fn text(&self) -> String {
        let width = self.links.iter().map(|link| link.link.len()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for link in &self.links {
            let (mark, name) = (link.state.mark(), link.link);
            lines.push(clean(&format!("{mark:<7}  {name:<width$}  {}", link.found)));
            if let Some(remedy) = &link.remedy {
                lines.push(clean(&format!("{:7}  {:width$}  -> {remedy}", "", "")));
            }
        }
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        lines.push(String::new());
        lines.push(format!(
            "{}: {} ok, {}, {}, {} unknown.",
            count(number(self.links.len()), "link"),
            self.ok,
            count(number(self.warnings), "warning"),
            count(number(self.failures), "failure"),
            self.unknown
        ));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_is_a_line_with_its_remedy_below_and_the_count_comes_last() {
        let report = Report::new(
            Some("alice".into()),
            false,
            vec![
                Link::ok("a", "fine"),
                Link::failure("bcd", "gone\x1b[2J", "put it there"),
                Link::for_root("e", "whose it is"),
            ],
        );
        assert_eq!(
            report.text(),
            "ok       a    fine\n\
             FAILURE  bcd  gone\\u{1b}[2J\n              \
             -> put it there\n\
             unknown  e    whose it is: only root can see that\n              \
             -> sudo facelogin-enroll doctor\n\n\
             3 links: 1 ok, 0 warnings, 1 failure, 1 unknown."
        );
        assert!(report.is_broken());
        assert!(!Report::new(None, true, vec![Link::warning("a", "x", "y")]).is_broken());
    }
}
