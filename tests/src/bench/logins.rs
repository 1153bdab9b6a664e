//! Logins through libpam and the real module: from the call to its answer.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use facelogin_tests::bins;
use facelogin_tests::pam_host::{ConfDir, PamHost, code};

use super::Failed;
use super::report::{Report, ms};

/// Between two logins: the camera of the one is closed, and the one is on record, before the other comes.
pub const PAUSE: Duration = Duration::from_millis(250);

/// The service that may use the face.
pub const SERVICE: &str = "login";

/// Accounts that every Debian has and nobody logs in to.
pub const ENROLLED: &str = "games";
/// See [`ENROLLED`].
pub const NOT_ENROLLED: &str = "daemon";

/// One that may not.
pub const OTHER_SERVICE: &str = "facelogin-bench";

/// One kind of login.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// For the table.
    pub name: &'static str,
    /// Who logs in.
    pub user: &'static str,
    /// Through which stack.
    pub service: &'static str,
    /// The only code that makes the time worth telling.
    pub expected: i32,
    /// How often.
    pub runs: usize,
    /// Between two of them, and before the first.
    pub pause: Duration,
}

/// PAM stacks of the module alone.
pub struct Logins {
    stacks: ConfDir,
}

impl Logins {
    /// Stacks whose module asks at `socket`.
    pub fn at(socket: &Path) -> Result<Self, Failed> {
        let stacks = ConfDir::new()?;
        let stack = format!(
            "auth required {} socket={}",
            bins::module().display(),
            socket.display()
        );
        for service in [SERVICE, OTHER_SERVICE] {
            stacks.service(service, &stack)?;
        }
        Ok(Self { stacks })
    }

    /// Milliseconds of `pam_authenticate` in each run: see [`Self::spans`].
    pub fn time(
        &self,
        report: &mut Report,
        case: &Case,
        before: impl FnMut() -> Result<(), Failed>,
    ) -> Result<Vec<f64>, Failed> {
        let spans = self.spans(report, case, before)?;
        Ok(spans
            .into_iter()
            .map(|(begun, ended)| ms(ended - begun))
            .collect())
    }

    /// Beginning and end of `pam_authenticate` in each run, `before` each of which something may be set right. A run with
    /// another code than the expected one goes on record as wrong and ends the case.
    pub fn spans(
        &self,
        report: &mut Report,
        case: &Case,
        mut before: impl FnMut() -> Result<(), Failed>,
    ) -> Result<Vec<(Instant, Instant)>, Failed> {
        let mut spans = Vec::new();
        for _ in 0..case.runs {
            before()?;
            sleep(case.pause);
            let mut host = PamHost::mute(case.service, case.user, self.stacks.path())
                .map_err(|error| format!("pam_start: {}", code::name(error)))?;
            let begun = Instant::now();
            let got = host.authenticate(0);
            let span = (begun, Instant::now());
            if got != case.expected {
                let wrong = format!(
                    "{}: {}, expected {}",
                    case.name,
                    code::name(got),
                    code::name(case.expected)
                );
                report.wrong.push(wrong);
                break;
            }
            spans.push(span);
        }
        Ok(spans)
    }
}
