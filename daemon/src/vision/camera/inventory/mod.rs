//! Which cameras there are, what they are, and which one a login uses.

mod choice;
mod describe;
mod held;
mod nodes;

use std::fs;
use std::path::Path;

use facelogin_config::Camera as CameraConfig;
use facelogin_protocol::types::{Camera, CameraKind};

use crate::vision::camera::CameraError;
use crate::vision::wire::Wanted;

pub use nodes::Node;

/// Every camera, with those marked that logins use.
pub fn list(config: &CameraConfig) -> Vec<Camera> {
    if let Some(folder) = &config.replay {
        return vec![Camera {
            id: "replay".into(),
            name: "pictures from a folder".into(),
            device: folder.display().to_string(),
            kind: CameraKind::Replay,
            formats: Vec::new(),
            emitter: false,
            fixed: false,
            r#virtual: true,
            chosen: true,
            note: "camera.replay is set".into(),
        }];
    }
    describe::describe(config, &nodes::nodes(), &node_number)
}

/// The first camera in the configuration's order that is there and that fits.
pub fn choose(config: &CameraConfig, wanted: &Wanted) -> Result<Node, CameraError> {
    let nodes = nodes::nodes();
    let chosen = choice::choose(config, wanted, &nodes, &node_number);
    chosen
        .cloned()
        .map_err(|error| CameraError::None(error.to_string()))
}

/// The number of the node that a link leads to.
fn node_number(link: &Path) -> Option<u32> {
    let node = fs::canonicalize(link).ok()?;
    nodes::number_in(node.strip_prefix("/dev").ok()?.to_str()?)
}
