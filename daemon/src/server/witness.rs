//! What a scan's detail says beside the judgement: which camera it was, what its flash did, and how alive the face looked.

use facelogin_protocol::types::Detail;

use crate::vision::wire::Observation;

/// Gathers it.
#[derive(Debug, Default)]
pub struct Witness {
    camera: Option<String>,
    strobes: Vec<f32>,
    lives: Vec<f32>,
}

impl Witness {
    /// A camera is open: its identity.
    pub fn opened(&mut self, camera: &str) {
        self.camera = Some(camera.into());
    }

    /// Takes in one picture.
    pub fn observe(&mut self, seen: &Observation) {
        self.strobes
            .extend(seen.strobe.map(|strobe| strobe.face - strobe.surround));
        // Of the one face that was looked at.
        self.lives.extend(seen.faces.iter().find_map(|face| face.live));
    }

    /// Puts it down.
    pub fn tell(&self, detail: &mut Detail) {
        detail.camera = self.camera.clone();
        detail.strobe = median(&self.strobes);
        detail.live = median(&self.lives);
    }
}

fn median(values: &[f32]) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use crate::vision::wire::Strobe;

    #[test]
    fn the_flash_is_told_by_the_picture_in_the_middle() {
        let median = |strobes: &[Option<(f32, f32)>]| {
            let mut witness = Witness::default();
            witness.opened("cam");
            for strobe in strobes {
                let mut seen = observation(1, 0);
                seen.strobe = strobe.map(|(face, surround)| Strobe { face, surround });
                witness.observe(&seen);
            }
            let mut detail = Detail {
                frames: 0,
                usable_frames: 0,
                distance: None,
                threshold: None,
                first_frame_ms: None,
                total_ms: 0,
                camera: None,
                strobe: None,
                live: None,
                hint: None,
            };
            witness.tell(&mut detail);
            assert_eq!(detail.camera.as_deref(), Some("cam"));
            detail.strobe
        };
        assert_eq!(median(&[None, None]), None);
        assert_eq!(median(&[None, Some((0.75, 0.25))]), Some(0.5));
        assert_eq!(
            median(&[Some((0.5, 0.25)), Some((0.5, 0.0)), Some((0.0, 0.25))]),
            Some(0.25)
        );
    }
}
