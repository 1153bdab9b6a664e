//! Scans that let nobody in.

use super::verdict::{Reason, Verdict};

message! {
    /// What happened in a scan.
    Detail {
        /// Pictures looked at.
        frames: u32,
        /// Of those, with one face that was good enough to compare.
        usable_frames: u32,
        /// Of the fused probe to the nearest template; for root only.
        distance: Option<f32>,
        /// What the distance was held against; for root only.
        threshold: Option<f32>,
        /// From the request to the first picture, in milliseconds.
        first_frame_ms: Option<u32>,
        /// From the request to the verdict, in milliseconds.
        total_ms: u32,
        /// The camera that was used.
        camera: Option<String>,
        /// What the infrared flash did to the face, less what it did around it: luma, -1 to 1, median of the pictures; for
        /// root only.
        strobe: Option<f32>,
        /// How likely, 0 to 1, the face was alive by what the network says, median of the pictures; for root only.
        live: Option<f32>,
        /// What would help, for a person.
        hint: Option<String>,
    }
}

message! {
    /// The answer to `Test`.
    TestOut {
        /// What a login would have been told.
        verdict: Verdict,
        /// Why.
        reason: Reason,
        /// How it went.
        detail: Detail,
    }
}

message! {
    /// One enrolled user who resembles the person in front of the camera.
    Candidate {
        /// The account's name.
        user: String,
        /// Its uid.
        uid: u32,
        /// The nearest template's label.
        label: String,
        /// Its distance.
        distance: f32,
    }
}

message! {
    /// The answer to `Identify`.
    IdentifyOut {
        /// `matched` when there is a candidate.
        reason: Reason,
        /// Nearest first.
        candidates: Vec<Candidate>,
        /// How it went.
        detail: Detail,
    }
}
