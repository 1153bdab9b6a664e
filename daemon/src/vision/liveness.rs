//! The liveness networks in the vision process: loaded where the configuration wants them and their files are there, and
//! asked about the one face that a login would compare.

use std::time::Instant;

use facelogin_config::{Config, Engine};
use facelogin_engine::{Analysis, Boxes, EngineError, Face, Frame, LivenessNetwork};
use facelogin_models::{ModelDirs, ModelError, ModelSet, Trust, verify_files};
use facelogin_score::gates::{LOGIN, one_good_face};

use crate::liveness;

/// The networks, if there are any.
pub struct Networks(Option<LivenessNetwork>);

impl Networks {
    /// Loads them from `dirs`. Files that are absent are no error: the supervisor is told that nothing looks, and refuses
    /// where that will not do. Files that were altered are one, as the engine's are.
    ///
    /// # Errors
    /// What is wrong with a file and what to do about it.
    pub fn load(config: &Config, dirs: &ModelDirs, trust: Trust) -> Result<Self, String> {
        if !liveness::wanted(config) {
            return Ok(Self(None));
        }
        let models = match verify_files(ModelSet::Liveness.files(), dirs, trust) {
            Ok(models) => models,
            Err(ModelError::Missing { .. }) => return Ok(Self(None)),
            Err(error) => return Err(error.to_string()),
        };
        let boxes = match config.engine {
            Engine::Dlib => Boxes::Hog,
            Engine::Onnx => Boxes::YuNet,
        };
        match LivenessNetwork::load(&models, boxes) {
            Ok(network) => Ok(Self(Some(network))),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether faces in colour are looked at.
    pub fn loaded(&self) -> bool {
        self.0.is_some()
    }

    /// Notes of the face that a login would compare how likely it is alive, and what that took. Other faces, and grey
    /// pictures, are not looked at.
    ///
    /// # Errors
    /// A network fails: then the picture must not be used, for without an answer it might pass.
    pub fn look(&mut self, frame: &Frame<'_>, analysis: &mut Analysis) -> Result<(), EngineError> {
        let Some(network) = &mut self.0 else {
            return Ok(());
        };
        let begun = Instant::now();
        if let Some(face) = dominant(&mut analysis.faces) {
            face.live = network.look(frame, &face.bbox)?;
        }
        analysis.times.liveness_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(())
    }
}

/// The face that a login would compare.
pub fn dominant(faces: &mut [Face]) -> Option<&mut Face> {
    let chosen: *const Face = one_good_face(faces, &LOGIN).ok()?;
    faces.iter_mut().find(|face| std::ptr::eq(*face, chosen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{encoding, face, sized};

    #[test]
    fn the_face_that_a_login_compares_is_the_one_that_is_looked_at() {
        let (near, far) = (
            sized(face(encoding(0.0, 0)), 90.0),
            sized(face(encoding(0.0, 1)), 40.0),
        );
        let mut faces = vec![far.clone(), near.clone()];
        assert_eq!(dominant(&mut faces).unwrap().quality.eye_distance_px, 90.0);
        assert!(dominant(&mut [near.clone(), near]).is_none());
        let mut dark = far;
        dark.quality.brightness = 0.0;
        assert!(dominant(&mut [dark]).is_none());
        assert!(dominant(&mut []).is_none());
    }

    #[test]
    fn r23_networks_that_are_absent_are_known_to_be_and_altered_ones_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = ModelDirs::only(folder.path().to_owned());
        let load = |config: &Config| Networks::load(config, &dirs, Trust::AnyOwner).map(|n| n.loaded());
        assert_eq!(load(&Config::default()), Ok(false));
        for file in ModelSet::Liveness.files() {
            std::fs::write(folder.path().join(file.name), b"not it").unwrap();
        }
        assert!(load(&Config::default()).is_err());
        // Where nobody wants them nobody reads them.
        let mut off = Config::default();
        off.rules.liveness = facelogin_config::Liveness::Off;
        for service in off.services.values_mut() {
            service.rules.liveness = facelogin_config::Liveness::Off;
        }
        assert_eq!(load(&off), Ok(false));
    }
}
