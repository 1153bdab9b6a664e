//! The line to the kernel: its transfers in, their answers out, at the camera's pace.

use std::io::{self, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::camera::Camera;
use super::usbip;

/// Serves until the connection ends, from either side.
///
/// # Errors
/// The connection broke, or the kernel sent what is no USB/IP.
pub fn serve(camera: &Mutex<Camera>, socket: &UnixStream) -> io::Result<()> {
    let lock = || camera.lock().unwrap_or_else(PoisonError::into_inner);
    let mut requests = BufReader::with_capacity(1 << 14, socket);
    let mut out = Vec::new();
    loop {
        let due = lock().due();
        let asked = !requests.buffer().is_empty() || wait(socket, due)?;
        out.clear();
        if asked {
            let request = match usbip::read(&mut requests) {
                Ok(request) => request,
                Err(error) if ended(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            lock().take(request, &mut out);
        }
        lock().tick(Instant::now(), &mut out);
        let mut line = socket;
        match line.write_all(&out) {
            Ok(()) => {}
            Err(error) if ended(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
        if requests.buffer().is_empty() {
            lock().prepare();
        }
    }
}

/// Whether the kernel asked for something before a frame is due.
fn wait(socket: &UnixStream, due: Option<Instant>) -> io::Result<bool> {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    let left = due.map(|due| TimeSpec::from(due.saturating_duration_since(Instant::now())));
    match ppoll(&mut fds, left, None) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether somebody pulled the plug.
fn ended(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::usb_camera::Device;
    use crate::usb_camera::fault::Fault;
    use crate::usb_camera::scene::Scene;

    /// The kernel's side of the line.
    struct Host {
        line: UnixStream,
        seqnum: u32,
    }

    impl Host {
        fn send(&mut self, command: u32, words: [u32; 8], setup: [u8; 8], rest: &[u8]) -> u32 {
            self.seqnum += 1;
            let mut bytes: Vec<u8> = [command, self.seqnum]
                .into_iter()
                .chain(words)
                .flat_map(u32::to_be_bytes)
                .collect();
            bytes.extend(setup);
            bytes.extend(rest);
            self.line.write_all(&bytes).expect("the camera listens");
            self.seqnum
        }

        /// The answer's transfer, its status and its data.
        fn answer(&mut self, packets: usize) -> (u32, i32, Vec<u8>, Vec<u8>) {
            let mut header = [0; 48];
            self.line.read_exact(&mut header).expect("an answer");
            let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().expect("four bytes"));
            let length = if word(0) == 3 { word(24) as usize } else { 0 };
            let mut data = vec![0; length];
            self.line.read_exact(&mut data).expect("its data");
            let mut iso = vec![0; packets * 16];
            self.line.read_exact(&mut iso).expect("its packets");
            (word(4), word(20) as i32, data, iso)
        }

        fn get(&mut self, setup: [u8; 8]) -> Vec<u8> {
            let length = u32::from(setup[6]) | u32::from(setup[7]) << 8;
            let sent = self.send(1, [2, 1, 0, 0, length, 0, u32::MAX, 0], setup, &[]);
            let (seqnum, status, data, _) = self.answer(0);
            assert_eq!((seqnum, status), (sent, 0));
            data
        }

        fn set(&mut self, setup: [u8; 8], data: &[u8]) {
            let length = data.len() as u32;
            self.send(1, [2, 0, 0, 0, length, 0, u32::MAX, 0], setup, data);
            // Nothing comes with the answer but how much was taken.
            let mut header = [0; 48];
            self.line.read_exact(&mut header).expect("an answer");
            assert_eq!(header[20..24], [0; 4], "{setup:02x?}");
        }

        /// Asks for a frame's bytes in `count` packets.
        fn submit(&mut self, endpoint: u32, count: u32) -> u32 {
            let packets: Vec<u8> = (0..count)
                .flat_map(|at| [at * 3072, 3072, 0, 0])
                .flat_map(u32::to_be_bytes)
                .collect();
            let words = [2, 1, endpoint, 0, count * 3072, 0, count, 1];
            self.send(1, words, [0; 8], &packets)
        }
    }

    fn plugged(device: Device) -> (Host, Arc<Mutex<Camera>>, thread::JoinHandle<io::Result<()>>) {
        let camera = Arc::new(Mutex::new(Camera::new(device, Scene::default())));
        let (line, end) = UnixStream::pair().expect("a socket");
        line.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        let served = {
            let camera = Arc::clone(&camera);
            thread::spawn(move || serve(&camera, &end))
        };
        (Host { line, seqnum: 0 }, camera, served)
    }

    /// GREY at 30 frames a second, from the infrared function.
    fn start(host: &mut Host) {
        let wish = host.get([0xa1, 0x87, 0, 1, 3, 0, 34, 0]);
        for selector in [1, 2] {
            host.set([0x21, 1, 0, selector, 3, 0, 34, 0], &wish);
        }
        host.set([0x01, 11, 1, 0, 3, 0, 0, 0], &[]);
    }

    #[test]
    fn a_host_enumerates_agrees_and_gets_frames_at_the_cameras_pace() {
        let (mut host, camera, served) = plugged(Device::default());
        let device = host.get([0x80, 6, 0, 1, 0, 0, 18, 0]);
        assert_eq!(device[8..12], [0xf2, 0x04, 0xd9, 0xb6]);
        let head = host.get([0x80, 6, 0, 2, 0, 0, 9, 0]);
        assert_eq!(head.len(), 9, "no more than was asked for");
        host.set([0x00, 9, 1, 0, 0, 0, 0, 0], &[]);
        camera.lock().expect("alone").fail(Fault::White, None);
        let started = Instant::now();
        start(&mut host);
        let mut frames: Vec<(u8, Vec<u8>)> = Vec::new();
        let mut frame: Vec<u8> = Vec::new();
        while frames.len() < 3 {
            let sent = host.submit(4, 32);
            let (seqnum, status, data, packets) = host.answer(32);
            assert_eq!((seqnum, status), (sent, 0));
            let mut left = &data[..];
            for packet in packets.chunks_exact(16) {
                let actual = u32::from_be_bytes(packet[8..12].try_into().expect("four bytes"));
                let (payload, rest) = left.split_at(actual as usize);
                left = rest;
                let [6, flags, _, _, _, _, bytes @ ..] = payload else {
                    assert!(payload.is_empty());
                    continue;
                };
                frame.extend(bytes);
                if flags & 2 != 0 {
                    frames.push((flags & 1, std::mem::take(&mut frame)));
                }
            }
            assert!(left.is_empty());
        }
        // Three frames at 30 a second: the third is due after 100 ms, and never before.
        assert!(started.elapsed() >= Duration::from_millis(99));
        let toggles: Vec<_> = frames.iter().map(|(toggle, _)| *toggle).collect();
        assert_eq!(toggles, [0, 1, 0]);
        assert!(
            frames
                .iter()
                .all(|(_, bytes)| bytes.len() == 640 * 480 && bytes.iter().all(|&byte| byte == 255))
        );
        drop(host);
        served
            .join()
            .expect("no panic")
            .expect("a plug that is pulled is no error");
    }

    #[test]
    fn a_silent_camera_holds_transfers_until_they_are_forgotten() {
        let (mut host, camera, served) = plugged(Device::default());
        host.set([0x00, 9, 1, 0, 0, 0, 0, 0], &[]);
        camera.lock().expect("alone").fail(Fault::Silent, None);
        let status = host.send(1, [2, 1, 3, 0, 16, 0, u32::MAX, 8], [0; 8], &[]);
        start(&mut host);
        let frame = host.submit(4, 8);
        for which in [frame, status] {
            let sent = host.send(2, [2, 0, 0, which, 0, 0, 0, 0], [0; 8], &[]);
            assert_eq!(
                host.answer(0),
                (sent, -104, vec![], vec![]),
                "that one is not answered"
            );
        }
        let sent = host.send(2, [2, 0, 0, frame, 0, 0, 0, 0], [0; 8], &[]);
        assert_eq!(
            host.answer(0),
            (sent, 0, vec![], vec![]),
            "it is forgotten already"
        );
        drop(host);
        served
            .join()
            .expect("no panic")
            .expect("a plug that is pulled is no error");
    }

    #[test]
    fn what_is_no_usbip_ends_the_line() {
        let (mut host, _, served) = plugged(Device::default());
        host.send(9, [0; 8], [0; 8], &[]);
        let error = served.join().expect("no panic").expect_err("an error");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
