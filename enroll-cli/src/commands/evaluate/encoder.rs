//! Runs `facelogind encode`, one process for each core, as an ordinary user's processes. One that dies takes the picture
//! it looked at with it, and nothing else: it is replaced.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use facelogin_score::{Analysis, EngineId};
use serde::{Deserialize, Serialize};

use super::error::EvaluateError;

/// The longest line it may answer with: eight faces take some 20 kB.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// How it is started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The daemon's binary.
    pub path: PathBuf,
    /// `dlib` or `onnx`.
    pub engine: String,
    /// `still` or `video`.
    pub effort: String,
    /// Another encoder, to be measured.
    pub encoder: Option<PathBuf>,
    /// A folder of models, in place of the usual ones.
    pub models: Option<PathBuf>,
    /// What it may read.
    pub under: Vec<PathBuf>,
}

/// What it says first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Head {
    /// Whose encodings.
    pub engine: EngineId,
    /// Of the code that makes them: another one's are not comparable.
    pub revision: u32,
    /// Bytes of the largest file that it takes for a picture.
    pub largest_picture: u64,
    /// What the daemon would let in.
    pub levels: Vec<Level>,
    /// What a face must reach to count as alive; `None`: no network for it is loaded.
    #[serde(default)]
    pub live_threshold: Option<f32>,
}

/// A named strictness.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Level {
    /// As in the configuration.
    pub name: String,
    /// What the limit is about.
    pub measure: Measure,
    /// Still a match.
    pub limit: f32,
}

/// What faces are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Euclidean.
    Distance,
    /// Less what is to be expected of faces as common as these.
    Score,
}

/// What it sees in a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Looked {
    /// Of the picture, in pixels.
    pub width: u32,
    /// Of the picture, in pixels.
    pub height: u32,
    /// The faces.
    pub analysis: Analysis,
}

/// A line of its answers; what it is about is known.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Looked {
        width: u32,
        height: u32,
        sha256: String,
        analysis: Analysis,
    },
    Error {
        error: String,
    },
}

/// A running one.
pub struct Encoder {
    child: Child,
    paths: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What it said first.
    pub head: Head,
}

/// Where the daemon's binary may be, after the folder of this program.
const INSTALLED: [&str; 3] = [
    "/usr/local/libexec/facelogind",
    "/usr/libexec/facelogind",
    "/usr/lib/facelogin/facelogind",
];

/// The daemon's binary: as named, beside this program, or where it is installed.
pub fn find(named: Option<PathBuf>) -> Result<PathBuf, EvaluateError> {
    if let Some(named) = named {
        return Ok(named);
    }
    let beside = std::env::current_exe()
        .ok()
        .map(|path| path.with_file_name("facelogind"));
    let places = beside.into_iter().chain(INSTALLED.map(PathBuf::from));
    places
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| EvaluateError::NoDaemon(INSTALLED.join(", ")))
}

impl Encoder {
    /// Starts one, and waits until it has its models. The thread that starts it must outlive it: it ends with its thread.
    pub fn start(program: &Program) -> Result<Self, EvaluateError> {
        let failed = |why: String| EvaluateError::Encoder {
            program: program.path.clone(),
            why,
        };
        let mut command = Command::new(&program.path);
        command.args(["encode", "--sizes", "--engine", &program.engine]);
        command.args(["--effort", &program.effort]);
        if let Some(encoder) = &program.encoder {
            command.arg("--encoder").arg(encoder);
        }
        if let Some(models) = &program.models {
            command.arg("--models").arg(models);
        }
        for folder in &program.under {
            command.arg("--under").arg(folder);
        }
        let mut child = command
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| failed(why.to_string()))?;
        let (Some(paths), Some(out), Some(mut complaints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed("its streams are missing".into()));
        };
        let mut answers = BufReader::new(out);
        let Some(first) = line(&mut answers) else {
            // It has ended, or is ended.
            let _ = child.kill();
            let mut said = String::new();
            let _ = complaints.by_ref().take(4096).read_to_string(&mut said);
            let _ = child.wait();
            let said = said.trim().trim_start_matches("facelogind encode: ");
            return Err(failed(if said.is_empty() {
                "it ended without a word".into()
            } else {
                said.to_owned()
            }));
        };
        // What it complains of later is nobody's; a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut complaints, &mut std::io::sink()));
        let head = serde_json::from_slice(&first).map_err(|error| {
            failed(format!(
                "its first line is not what this version expects: {error}"
            ))
        });
        let head = head.inspect_err(|_| {
            let _ = child.kill();
            let _ = child.wait();
        })?;
        Ok(Self {
            child,
            paths,
            answers,
            head,
        })
    }

    /// What it sees in a picture and the SHA-256 of the picture's bytes, or what is wrong with it. `None`: it died.
    pub fn look_at(&mut self, path: &Path) -> Option<Result<(Looked, String), String>> {
        let bytes = path.as_os_str().as_bytes();
        if bytes.contains(&b'\n') {
            return Some(Err("its name has a line break in it; rename it".into()));
        }
        self.paths.write_all(&[bytes, b"\n"].concat()).ok()?;
        self.paths.flush().ok()?;
        let answer = line(&mut self.answers)?;
        Some(match serde_json::from_slice(&answer).ok()? {
            Line::Looked {
                width,
                height,
                sha256,
                analysis,
            } => {
                let looked = Looked {
                    width,
                    height,
                    analysis,
                };
                // It becomes a file's name.
                let hexadecimal = sha256.len() == 64 && sha256.bytes().all(|c| c.is_ascii_hexdigit());
                hexadecimal
                    .then_some((looked, sha256))
                    .ok_or_else(|| "the encoder told no hash of it".to_owned())
            }
            Line::Error { error } => Err(error),
        })
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A whole line; `None` when there is none any more, or none that ends.
fn line(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST_ANSWER).read_until(b'\n', &mut bytes).ok()?;
    (bytes.pop() == Some(b'\n')).then_some(bytes)
}
