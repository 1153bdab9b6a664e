//! The second engine, as far as its networks are there, and what each choice of engine and liveness keeps in memory.

use std::path::PathBuf;
use std::time::Instant;

use facelogin_engine::{Boxes, DlibEngine, LivenessNetwork, OnnxEngine};
use facelogin_models::ModelSet;
use facelogin_protocol::types::CameraKind;
use facelogind::vision::wire::Wanted;

use super::Failed;
use super::machine;
use super::replayed::Amount;
use super::report::{Report, ms};
use super::room::Room;
use super::stages::{self, Engines, Film};
use super::vision::{NEEDED, Process};

/// Networks that `make models` does not fetch.
pub struct Networks {
    /// Where their files are, if not with the default engine's.
    pub models: Option<PathBuf>,
    /// An encoder to measure with in the place of the manifest's.
    pub encoder: Option<PathBuf>,
}

/// A replay at a webcam's pace.
const FPS: u32 = 30;

/// Loads it, with the liveness networks if they are there, and runs the films through it.
pub fn stages(
    report: &mut Report,
    room: &Room,
    networks: &Networks,
    whole: &mut DlibEngine,
    films: &[Film<'_>],
    amount: &Amount,
) -> Result<(), Failed> {
    let what = match networks.encoder {
        Some(_) => "onnx, the encoder given",
        None => "onnx",
    };
    let mut loading = Vec::new();
    let mut loaded = None;
    for _ in 0..amount.loads.max(1) {
        let begun = Instant::now();
        loaded = load(room, networks)?;
        loading.push(ms(begun.elapsed()));
    }
    let Some((mut engine, mut liveness)) = loaded else {
        report.notes.push(
            "The ONNX engine was not measured: its networks are not there (facelogin-enroll models fetch --set onnx; or \
             --models FOLDER, and --encoder FILE for another encoder)."
                .into(),
        );
        return Ok(());
    };
    let with = match liveness {
        Some(_) => "networks and liveness, hashed and loaded",
        None => "networks, hashed and loaded",
    };
    report.add_with_target(
        &format!("Loading the models of {what}"),
        with,
        "ms",
        &loading,
        "500",
    );
    for film in films {
        let scene = format!("{}, {what}", film.scene);
        let film = Film {
            scene: &scene,
            ..*film
        };
        let mut engines = Engines {
            own: &mut engine,
            liveness: liveness.as_mut(),
            whole,
            target: "25 median",
        };
        stages::stages(report, &mut engines, &film, amount.frames)?;
    }
    Ok(())
}

/// `None`: its networks are not there.
fn load(room: &Room, networks: &Networks) -> Result<Option<(OnnxEngine, Option<LivenessNetwork>)>, Failed> {
    let engine = match &networks.encoder {
        Some(encoder) => match room.verified(ModelSet::Onnx, 1) {
            Some(models) => OnnxEngine::for_evaluation(&models, encoder)?,
            None => return Ok(None),
        },
        None => match room.verified(ModelSet::Onnx, ModelSet::Onnx.files().len()) {
            Some(models) => OnnxEngine::load(&models)?,
            None => return Ok(None),
        },
    };
    let liveness = match room.verified(ModelSet::Liveness, ModelSet::Liveness.files().len()) {
        Some(models) => Some(LivenessNetwork::load(&models, Boxes::YuNet)?),
        None => None,
    };
    Ok(Some((engine, liveness)))
}

/// Of the real vision process, after a scan of what the camera shows, for each choice whose networks are there.
pub fn memory(report: &mut Report, room: &Room) -> Result<(), Failed> {
    const MEMORY: &str = "Memory of the vision process after a scan";
    let there = |set: ModelSet| room.verified(set, set.files().len()).is_some();
    for (engine, liveness, sets) in [
        ("dlib", "off", &[][..]),
        ("dlib", "on", &[ModelSet::Liveness]),
        ("onnx", "off", &[ModelSet::Onnx]),
        ("onnx", "on", &[ModelSet::Onnx, ModelSet::Liveness]),
    ] {
        if !sets.iter().all(|set| there(*set)) {
            continue;
        }
        let mut process = Process::start(&room.config_of(engine, liveness, FPS)?)?;
        process.scan(&Wanted::any(CameraKind::Colour), NEEDED)?;
        // It gives back what it can after its last word on the scan; a second question waits for that.
        process.cameras()?;
        let (rss, pss) = machine::memory(process.pid())?;
        report.add(
            MEMORY,
            format!("{engine}, liveness {liveness}: RSS"),
            "MB",
            &[rss],
        );
        report.add(
            MEMORY,
            format!("{engine}, liveness {liveness}: PSS"),
            "MB",
            &[pss],
        );
    }
    Ok(())
}
