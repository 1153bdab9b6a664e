//! Pictures to encodings for whoever measures: paths in, a line of JSON each out. It serves nobody's login: it runs
//! as an ordinary user's process, has no camera, no store and no socket, and decodes and encodes with the very code
//! that the daemon uses.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use facelogin_config::{self as config, Config, Rules, Security};
use facelogin_engine::{Analysis, Effort, Engine, EngineError, EngineId, Frame, OnnxEngine};
use facelogin_models::{ModelDirs, ModelError, ModelSet, Trust, YUNET, verify_files};
use facelogin_score::Limit;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::levels::{Scale, Strictness};
use crate::liveness::NETWORK_LIMIT;
use crate::vision::decode;
use crate::vision::engines::{self, LoadError};
use crate::vision::liveness::Networks;
use crate::vision::wire::MAX_PICTURE;

/// Of the code that makes encodings out of pictures: decoding, finding faces, aligning, encoding, measuring quality and
/// liveness. **To be raised with every change by which the same picture and the same models give other numbers**:
/// whoever keeps encodings throws away those of another revision. The models have hashes of their own.
const REVISION: u32 = 3;

/// The longest path, in bytes: what Linux takes.
const LONGEST_PATH: u64 = 4096;

/// Which engine encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// dlib: HOG detector, five landmarks, ResNet encoder.
    Dlib,
    /// YuNet detector and SFace encoder.
    Onnx,
}

/// How hard faces are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Looking {
    /// As in a picture given to an enrolment.
    Still,
    /// As in a camera's frame.
    Video,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// The engine.
    pub engine: Which,
    /// Another encoder in SFace's place, to be measured: what it makes has an identity of its own, and no login uses it.
    pub encoder: Option<PathBuf>,
    /// Where its models are.
    pub models: ModelDirs,
    /// Who may own them.
    pub trust: Trust,
    /// See [`Looking`].
    pub looking: Looking,
    /// Whether the sizes and hashes of the pictures are told, too.
    pub sizes: bool,
}

/// Why nothing can be encoded. A picture that cannot is no such reason: it gets its own line.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The engine, or its models.
    #[error(transparent)]
    Engine(#[from] LoadError),
    /// The detector in front of another encoder.
    #[error(transparent)]
    Detector(#[from] ModelError),
    /// The other encoder.
    #[error(transparent)]
    Encoder(#[from] EngineError),
    /// It has one encoder.
    #[error("--encoder goes with --engine onnx alone: dlib's encoder cannot be replaced")]
    OtherEncoder,
    /// The liveness networks are there and cannot be used.
    #[error("liveness: {0}")]
    Liveness(String),
    /// A list that is no list of paths.
    #[error("line {line} of the list is longer than any path; give one path in each line")]
    LongLine {
        /// From 1.
        line: u64,
    },
    /// The list cannot be read, or the answers not be written.
    #[error("{what}: {why}")]
    Stream {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        why: io::Error,
    },
}

/// The first line of what is written: whose encodings these are, and what this daemon would let in by them.
#[derive(Serialize)]
struct Head<'a> {
    engine: &'a EngineId,
    revision: u32,
    /// A file with more bytes is no picture.
    largest_picture: usize,
    /// For a user with one template, from the laxest to the strictest; those that this engine has.
    levels: Vec<Level>,
    /// What a face must reach to count as alive; absent where no network looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_threshold: Option<f32>,
}

/// One named strictness.
#[derive(Serialize)]
struct Level {
    name: Security,
    /// What the limit is about: `distance` or `score`.
    measure: &'static str,
    limit: f32,
}

impl Level {
    fn of(security: Security, scale: &Scale) -> Option<Self> {
        let rules = Rules {
            security,
            ..Rules::default()
        };
        let limit = scale.limit(Strictness::from(&rules), 1);
        // A level that the engine does not have admits nothing.
        limit.value().is_finite().then(|| Self {
            name: security,
            measure: match limit {
                Limit::Distance(_) => "distance",
                Limit::Score(_) => "score",
            },
            limit: limit.value(),
        })
    }
}

/// A line for each path, in their order.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Analysis {
        path: &'a str,
        /// Of the picture, in pixels, turned the way its EXIF says.
        #[serde(skip_serializing_if = "Option::is_none")]
        width: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        height: Option<u32>,
        /// Of the file's bytes that were decoded, hexadecimal.
        #[serde(skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
        analysis: Analysis,
    },
    Error {
        path: &'a str,
        error: String,
    },
}

/// Encodes the pictures whose paths `list` has, one in each line, until it ends.
pub fn run(task: &Task, list: impl BufRead, out: impl Write) -> Result<(), EncodeError> {
    let mut engine = load(task)?;
    let mut networks = networks(task)?;
    encode_all(engine.as_mut(), &mut networks, task, list, out)
}

fn load(task: &Task) -> Result<Box<dyn Engine>, EncodeError> {
    let Some(encoder) = &task.encoder else {
        return Ok(engines::load(named(task.engine), &task.models, task.trust)?);
    };
    if task.engine != Which::Onnx {
        return Err(EncodeError::OtherEncoder);
    }
    let files = ModelSet::Onnx.files().iter().filter(|file| file.name == YUNET);
    let files: Vec<_> = files.copied().collect();
    let detector = verify_files(&files, &task.models, task.trust)?;
    Ok(Box::new(OnnxEngine::for_evaluation(&detector, encoder)?))
}

/// The liveness networks, where their files are.
fn networks(task: &Task) -> Result<Networks, EncodeError> {
    let mut config = Config {
        engine: named(task.engine),
        ..Config::default()
    };
    config.rules.liveness = config::Liveness::On;
    Networks::load(&config, &task.models, task.trust).map_err(EncodeError::Liveness)
}

fn named(engine: Which) -> config::Engine {
    match engine {
        Which::Dlib => config::Engine::Dlib,
        Which::Onnx => config::Engine::Onnx,
    }
}

fn encode_all(
    engine: &mut dyn Engine,
    networks: &mut Networks,
    task: &Task,
    mut list: impl BufRead,
    mut out: impl Write,
) -> Result<(), EncodeError> {
    let scale = Scale::of(engine.id().clone());
    let levels = [Security::Convenient, Security::Balanced, Security::Strict];
    let head = Head {
        engine: engine.id(),
        revision: REVISION,
        largest_picture: MAX_PICTURE,
        levels: levels
            .into_iter()
            .filter_map(|security| Level::of(security, &scale))
            .collect(),
        live_threshold: networks.loaded().then_some(NETWORK_LIMIT),
    };
    write_line(&mut out, &head)?;
    let effort = match task.looking {
        Looking::Still => Effort::Still,
        Looking::Video => Effort::Video,
    };
    for line in 1.. {
        let Some(path) = next_path(&mut list, line)? else {
            break;
        };
        let name = path.to_string_lossy();
        let answer = match encode(engine, networks, effort, &path) {
            Ok(encoded) => Line::Analysis {
                path: &name,
                width: task.sizes.then_some(encoded.width),
                height: task.sizes.then_some(encoded.height),
                sha256: task.sizes.then_some(encoded.sha256),
                analysis: encoded.analysis,
            },
            Err(error) => Line::Error { path: &name, error },
        };
        write_line(&mut out, &answer)?;
    }
    Ok(())
}

fn next_path(list: &mut impl BufRead, line: u64) -> Result<Option<PathBuf>, EncodeError> {
    let mut bytes = Vec::new();
    list.take(LONGEST_PATH + 1)
        .read_until(b'\n', &mut bytes)
        .map_err(|why| EncodeError::Stream {
            what: "reading the list of pictures",
            why,
        })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if bytes.len() as u64 > LONGEST_PATH {
        return Err(EncodeError::LongLine { line });
    }
    Ok(Some(std::ffi::OsStr::from_bytes(&bytes).into()))
}

/// Each line leaves at once: whoever waits for it gives the next path for it.
fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<(), EncodeError> {
    let written = serde_json::to_vec(value)
        .map_err(io::Error::from)
        .and_then(|mut line| {
            line.push(b'\n');
            out.write_all(&line)?;
            out.flush()
        });
    written.map_err(|why| EncodeError::Stream {
        what: "writing an answer",
        why,
    })
}

struct Encoded {
    width: u32,
    height: u32,
    sha256: String,
    analysis: Analysis,
}

fn encode(
    engine: &mut dyn Engine,
    networks: &mut Networks,
    effort: Effort,
    path: &Path,
) -> Result<Encoded, String> {
    let bytes = read(path)?;
    let picture = decode::picture_file(&bytes).map_err(|error| error.to_string())?;
    let frame =
        Frame::new(picture.width, picture.height, picture.pixels()).map_err(|error| error.to_string())?;
    let mut analysis = engine
        .analyse(&frame, effort)
        .map_err(|error| error.to_string())?;
    networks
        .look(&frame, &mut analysis)
        .map_err(|error| error.to_string())?;
    Ok(Encoded {
        width: picture.width,
        height: picture.height,
        sha256: hash(&bytes),
        analysis,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let said = |error: io::Error| error.to_string();
    // Opening a pipe would otherwise wait for whoever writes to it.
    let file = File::options()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)
        .map_err(said)?;
    if !file.metadata().map_err(said)?.is_file() {
        return Err("it is not a file".into());
    }
    let mut bytes = Vec::new();
    let limit = MAX_PICTURE as u64;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() as u64 > limit {
        return Err(format!(
            "it has more than the {limit} bytes that a picture may have"
        ));
    }
    Ok(bytes)
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
