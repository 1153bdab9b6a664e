//! Enrolling, and what is enrolled.

use super::cameras::CameraKind;

message! {
    /// One template, without what is secret in it.
    Template {
        /// Its row, never used again.
        id: i64,
        /// The account's name when it was enrolled.
        user: String,
        /// The account's uid when it was enrolled.
        uid: u32,
        /// The user's name for it.
        label: String,
        /// The engine that made it.
        engine: String,
        /// SHA-256 over that engine's model files.
        model: String,
        /// The camera it was made with, or `pictures`.
        camera: String,
        /// What that camera sees: it is compared with cameras of this kind alone.
        kind: CameraKind,
        /// How many encodings it fuses.
        encodings: u32,
        /// Seconds since 1970.
        created: i64,
    }
}

message! {
    /// Asks to register from the camera.
    EnrollCameraIn {
        /// The account's name.
        user: String,
        /// A name for the template.
        #[serde(default)]
        label: Option<String>,
        /// With a camera of this kind: colour or infrared. By default the first of either in the configuration's order.
        #[serde(default)]
        kind: Option<CameraKind>,
    }
}

message! {
    /// Progress of an enrolment from the camera; `template` is set in the last one.
    EnrollCameraOut {
        /// Good pictures so far.
        got: u32,
        /// Good pictures needed.
        wanted: u32,
        /// What to do now, for a person.
        hint: Option<String>,
        /// What was stored.
        template: Option<Template>,
        /// What to know about it.
        warnings: Vec<String>,
    }
}

message! {
    /// One picture file.
    Picture {
        /// Its name, for errors.
        name: String,
        /// JPEG or PNG, base64 with padding.
        data: String,
    }
}

message! {
    /// Asks to register from pictures.
    EnrollPicturesIn {
        /// The account's name.
        user: String,
        /// A name for the template.
        #[serde(default)]
        label: Option<String>,
        /// One to sixteen.
        pictures: Vec<Picture>,
    }
}

message! {
    /// What was stored.
    EnrollPicturesOut {
        /// The new template.
        template: Template,
        /// What to know about it.
        warnings: Vec<String>,
    }
}

message! {
    /// The answer to `ListTemplates`.
    ListTemplatesOut {
        /// In the order of their ids.
        templates: Vec<Template>,
    }
}

message! {
    /// Names one template.
    TemplateIn {
        /// Its id.
        id: i64,
    }
}

message! {
    /// Names one template and its new label.
    RenameTemplateIn {
        /// Its id.
        id: i64,
        /// 1 to 64 characters.
        label: String,
    }
}

message! {
    /// The template that was removed or renamed.
    TemplateOut {
        /// As it was, or as it is now.
        template: Template,
    }
}

message! {
    /// The answer to `ClearTemplates`.
    ClearTemplatesOut {
        /// How many there were.
        removed: u32,
    }
}
