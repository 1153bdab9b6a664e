//! What the daemon might say, for tests.

use facelogin_protocol::types::{Camera, CameraKind, StatusOut};

/// Of a daemon that has all it needs, to somebody who is not root.
pub fn status() -> StatusOut {
    StatusOut {
        version: "0.1.0".into(),
        engine: Some("dlib-hog-resnet".into()),
        model: Some("0123456789abcdef".into()),
        vision: "ready".into(),
        camera: None,
        services: Vec::new(),
        security: "balanced: as measured".into(),
        presence: "seat".into(),
        liveness: "on; colour: by two networks".into(),
        liveness_networks: true,
        configuration: None,
        logind: Some("answers".into()),
        user: "alice".into(),
        templates: 1,
        usable_templates: 1,
        password_due: None,
        lockouts: Vec::new(),
    }
}

/// One that logins use.
pub fn camera(kind: CameraKind) -> Camera {
    Camera {
        id: "usb:04f2:b6d9 path=a built-in".into(),
        name: "Integrated Camera".into(),
        device: "/dev/video0".into(),
        kind,
        formats: vec!["MJPG".into()],
        emitter: false,
        fixed: true,
        r#virtual: false,
        chosen: true,
        note: "because".into(),
    }
}
