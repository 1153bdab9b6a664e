//! The memory that a node's driver fills, by way of the crate `v4l`.
//!
//! `v4l::io::mmap::Stream::next` gives the buffer in hand back to the driver and takes the next one. After a wait that
//! ended in nothing it would give the same buffer back twice, which is an error; so it is called only when there is
//! something to take, and here is remembered whether there is a buffer in hand.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use nix::libc::POLLIN;
use v4l::Device;
use v4l::buffer::{Metadata, Type};
use v4l::device::Handle;
use v4l::io::mmap::Stream as Mapped;
use v4l::io::traits::{CaptureStream, Stream as _};

/// How many are asked for: one to read from, the others to be filled meanwhile.
const WANTED: u32 = 4;

/// More than any driver hands out.
pub const MAX: usize = 32;

/// The buffers of a running stream. Dropping them stops it.
pub struct Buffers {
    handle: Arc<Handle>,
    /// `None` only while it is dropped.
    mapped: Option<Mapped<'static>>,
    in_hand: bool,
}

impl Buffers {
    /// Starts the stream in the format that the device was put into.
    pub fn start(device: &Device) -> io::Result<Self> {
        let mut mapped = Mapped::with_buffers(device, Type::VideoCapture, WANTED)?;
        // It polls once more before it takes a buffer, and would do so without end if there is none after all.
        mapped.set_timeout(Duration::ZERO);
        let mut buffers = Self {
            handle: device.handle(),
            mapped: Some(mapped),
            in_hand: true,
        };
        let Some(mapped) = &mut buffers.mapped else {
            return Ok(buffers);
        };
        // Number 0 is the one in hand. v4l does not tell how many there are: up to the first that is refused.
        let given = (1..MAX)
            .take_while(|&index| CaptureStream::queue(mapped, index).is_ok())
            .count();
        if given == 0 {
            return Err(io::Error::other("its driver has no more than one buffer"));
        }
        mapped.start()?;
        Ok(buffers)
    }

    /// Whether there is a picture, or an error, to be fetched.
    pub fn ready(&self, within: Duration) -> io::Result<bool> {
        ready(&self.handle, within)
    }

    /// For [`ready`] while a picture is in hand.
    pub fn handle(&self) -> Arc<Handle> {
        self.handle.clone()
    }

    /// Gives the buffer in hand back and takes the next one, which must be [`ready`]. `None`: there was none after all,
    /// or none that can be read.
    pub fn fetch(&mut self) -> io::Result<Option<(&[u8], Metadata)>> {
        let Some(mapped) = &mut self.mapped else {
            return Ok(None);
        };
        if !self.in_hand {
            // The picture in it cannot be got at, but the buffer can be given back.
            match CaptureStream::dequeue(mapped) {
                Ok(_) => self.in_hand = true,
                Err(error) if !passes(&error) => return Err(error),
                Err(_) => {}
            }
            return Ok(None);
        }
        // Until the next one is taken.
        self.in_hand = false;
        match CaptureStream::next(mapped) {
            Ok((bytes, meta)) => {
                self.in_hand = true;
                let used = (meta.bytesused as usize).min(bytes.len());
                Ok(Some((&bytes[..used], *meta)))
            }
            Err(error) if passes(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether something can be fetched from a node, or it has an error to tell.
pub fn ready(handle: &Handle, within: Duration) -> io::Result<bool> {
    // Rounded up, for 0 is a glance; at most a picture's time, so that it fits.
    let millis = i32::try_from(within.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
    match handle.poll(POLLIN, millis) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

fn passes(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

impl Drop for Buffers {
    fn drop(&mut self) {
        let mapped = self.mapped.take();
        // v4l panics when the driver refuses to stop, unless it is because the camera was unplugged. That must not end
        // a process that can still tell what happened; and if the buffers cannot be freed either, it does end, which
        // is when the kernel closes the camera.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(mapped)));
    }
}
