//! What facelogin takes of a camera: `camera-look NODE COUNT [colour|infrared [FORMAT]]` prints for each picture its number, size, mean
//! brightness and the time since the one before, until there were COUNT, and last what was thrown away and why.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::env::args;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use facelogin_protocol::types::CameraKind;
use facelogind::vision::camera::{Still, Stream};

fn main() -> ExitCode {
    match look() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("camera-look: {error}");
            ExitCode::FAILURE
        }
    }
}

fn look() -> Result<(), Box<dyn Error>> {
    let usage = "usage: camera-look NODE COUNT [colour|infrared [FORMAT]], as in: camera-look /dev/video0 8 colour MJPG";
    let (node, count) = (args().nth(1).ok_or(usage)?, args().nth(2).ok_or(usage)?);
    let number: u32 = node.trim_start_matches("/dev/video").parse()?;
    let count: u32 = count.parse()?;
    let kind = match args().nth(3).as_deref() {
        None | Some("colour") => CameraKind::Colour,
        Some("infrared") => CameraKind::Infrared,
        Some(_) => return Err(usage.into()),
    };
    let only = match args().nth(4) {
        // Y16's code ends in a blank.
        Some(code) => Some(format!("{code:<4}").as_bytes().try_into().map_err(|_| usage)?),
        None => None,
    };
    let begun = Instant::now();
    let mut stream = Stream::open_number(number, &node, kind, only)?;
    println!(
        "{} opened after {} ms",
        stream.mode(),
        begun.elapsed().as_millis()
    );
    let mut last = begun;
    let mut seen = 0;
    let end = loop {
        if seen == count {
            break Ok(());
        }
        match stream.next() {
            Ok(None) => {}
            Ok(Some(still)) => {
                seen += 1;
                println!("{}, {} ms later", words(&still), last.elapsed().as_millis());
                last = Instant::now();
            }
            Err(error) => break Err(error),
        }
    };
    println!("good {seen}; thrown away: {}", stream.drops());
    let closing = Instant::now();
    drop(stream);
    println!("closed in {} ms", closing.elapsed().as_millis());
    Ok(end?)
}

fn words(still: &Still) -> String {
    let luma = still.picture.luma();
    let sum: u64 = luma.iter().map(|&level| u64::from(level)).sum();
    format!(
        "{} {}x{} number {} brightness {:.3}",
        String::from_utf8_lossy(&still.format).trim_end(),
        still.picture.width,
        still.picture.height,
        still.sequence,
        sum as f64 / (luma.len() as f64 * 255.0),
    )
}
