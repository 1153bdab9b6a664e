//! The engine that the configuration names, with its models.

use facelogin_config as config;
use facelogin_engine::{DlibEngine, Engine, EngineError, OnnxEngine};
use facelogin_models::{ModelDirs, ModelError, ModelSet, Trust, verify_files};

/// Why an engine is not there.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A model is missing or altered.
    #[error("engine = {:?}: {why}", set.name())]
    Models {
        /// Of which set.
        set: ModelSet,
        /// Which, and what to do.
        why: ModelError,
    },
    /// The models are there and verified, and still cannot be loaded.
    #[error("engine = {:?}: {why}", set.name())]
    Engine {
        /// Of which set.
        set: ModelSet,
        /// What was wrong.
        why: EngineError,
    },
}

/// The files an engine needs.
pub fn set_of(engine: config::Engine) -> ModelSet {
    match engine {
        config::Engine::Dlib => ModelSet::Dlib,
        config::Engine::Onnx => ModelSet::Onnx,
    }
}

/// Finds and verifies an engine's models and loads it.
pub fn load(engine: config::Engine, dirs: &ModelDirs, trust: Trust) -> Result<Box<dyn Engine>, LoadError> {
    let set = set_of(engine);
    let models = verify_files(set.files(), dirs, trust).map_err(|why| LoadError::Models { set, why })?;
    let loaded: Result<Box<dyn Engine>, EngineError> = match engine {
        config::Engine::Dlib => DlibEngine::load(&models).map(|engine| Box::new(engine) as _),
        config::Engine::Onnx => OnnxEngine::load(&models).map(|engine| Box::new(engine) as _),
    };
    loaded.map_err(|why| LoadError::Engine { set, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_models_are_named_with_the_engine_that_needs_them_and_the_remedy() {
        let empty = tempfile::tempdir().unwrap();
        for (engine, name, file) in [
            (
                config::Engine::Dlib,
                "dlib",
                "shape_predictor_5_face_landmarks.dat",
            ),
            (config::Engine::Onnx, "onnx", "face_detection_yunet_2023mar.onnx"),
        ] {
            let dirs = ModelDirs::only(empty.path());
            let error = load(engine, &dirs, Trust::AnyOwner).err().unwrap().to_string();
            assert!(
                error.starts_with(&format!("engine = \"{name}\": model {file} ")),
                "{error}"
            );
            assert!(error.contains("facelogin-enroll models fetch"), "{error}");
        }
    }
}
