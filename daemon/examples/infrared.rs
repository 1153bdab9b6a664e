//! Looks through the first infrared camera for some pictures and prints in which light each was taken, and what the flash
//! did to the middle of it. For trying out a camera, and what a quirk file says of it:
//!
//!     cargo run --release -p facelogind --example infrared -- [PICTURES [virtual]]
//!
//! `virtual`: one that is made by software will do.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use facelogin_config::Camera as CameraConfig;
use facelogin_engine::BBox;
use facelogin_protocol::types::CameraKind;
use facelogind::vision::camera;
use facelogind::vision::wire::Wanted;

/// It gives up after this time without a picture.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let pictures: u32 = arguments.next().map_or(Ok(20), |count| count.parse())?;
    let config = CameraConfig {
        allow_virtual: arguments.next().is_some_and(|word| word == "virtual"),
        ..CameraConfig::default()
    };
    for one in camera::list(&config) {
        println!("{} {} emitter={}: {}", one.device, one.id, one.emitter, one.note);
    }
    let begun = Instant::now();
    let mut camera = camera::open(&config, &Wanted::any(CameraKind::Infrared))?;
    println!("opened {} in {} ms", camera.id(), begun.elapsed().as_millis());
    let (mut seen, mut last) = (0, Instant::now());
    while seen < pictures {
        let Some(shot) = camera.next()? else {
            if last.elapsed() > PATIENCE {
                return Err("no picture came".into());
            }
            continue;
        };
        (seen, last) = (seen + 1, Instant::now());
        // The middle ninth, where a face would be.
        let (width, height) = (
            i32::try_from(shot.picture.width)?,
            i32::try_from(shot.picture.height)?,
        );
        let middle = BBox {
            left: width / 3,
            top: height / 3,
            right: width / 3 * 2 - 1,
            bottom: height / 3 * 2 - 1,
        };
        let strobe = shot
            .dark
            .as_ref()
            .and_then(|dark| camera::strobe(&shot.picture, dark, &middle));
        let told = strobe.map_or(String::new(), |strobe| {
            format!(" middle {:+.3} around {:+.3}", strobe.face, strobe.surround)
        });
        println!(
            "after {} ms: {} {:?}{told}",
            begun.elapsed().as_millis(),
            shot.sequence,
            shot.light
        );
    }
    Ok(())
}
