//! One function's stream: the transfers that wait for frames, and when the next frame is due.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::modes::Mode;
use super::payload::Outgoing;
use super::usbip::{self, Urb};

/// A stream, running or not.
#[derive(Debug, Default)]
pub struct Stream {
    /// Those that wait for frames.
    transfers: VecDeque<Urb>,
    /// Those that wait for news of the controls; there is never any.
    waiting: Vec<u32>,
    running: Option<Running>,
    /// How often it was started.
    pub opened: u64,
    /// Frames that went out whole, over all starts.
    pub sent: u64,
    /// Frames that were due while the one before was still going out.
    pub skipped: u64,
}

/// What a running stream does.
#[derive(Debug)]
struct Running {
    mode: Mode,
    due: Instant,
    /// Frames since the start.
    taken: u64,
    outgoing: Option<Outgoing>,
    odd: bool,
}

impl Stream {
    /// Starts it in a mode: the first frame is due one interval later.
    pub fn start(&mut self, mode: Mode, now: Instant) {
        self.opened += 1;
        self.running = Some(Running {
            mode,
            due: now + duration(mode.interval),
            taken: 0,
            outgoing: None,
            odd: true,
        });
    }

    /// Stops it. Transfers stay until the host forgets them.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// The device lost its host, or was set anew.
    pub fn reset(&mut self) {
        self.stop();
        self.transfers.clear();
        self.waiting.clear();
    }

    /// The mode it runs in.
    pub fn mode(&self) -> Option<Mode> {
        self.running.as_ref().map(|running| running.mode)
    }

    /// When the next frame is due.
    pub fn due(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.due)
    }

    /// How many frames were due since it was started.
    pub fn taken(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.taken)
    }

    /// Whether somebody has the node open: the driver asks for news of the controls as long.
    pub fn is_open(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// A transfer that waits for a frame.
    pub fn submit(&mut self, urb: Urb) {
        self.transfers.push_back(urb);
    }

    /// A transfer that waits for news.
    pub fn wait(&mut self, seqnum: u32) {
        self.waiting.push(seqnum);
    }

    /// Forgets a transfer; whether it was there.
    pub fn forget(&mut self, seqnum: u32) -> bool {
        let before = self.transfers.len() + self.waiting.len();
        self.transfers.retain(|urb| urb.seqnum != seqnum);
        self.waiting.retain(|&waiting| waiting != seqnum);
        before != self.transfers.len() + self.waiting.len()
    }

    /// Whether a frame is due; if one is, the next one is due an interval later. The number counts from the start.
    pub fn take_due(&mut self, now: Instant, interval: u32) -> Option<u64> {
        let running = self.running.as_mut().filter(|running| running.due <= now)?;
        running.due += duration(interval);
        if running.due <= now {
            // Whoever was kept from the processor for so long does not catch up: a sensor would not have.
            running.due = now + duration(interval);
        }
        running.taken += 1;
        Some(running.taken - 1)
    }

    /// Whether a frame is going out. One that is due meanwhile is lost, as it is in a camera.
    pub fn is_sending(&self) -> bool {
        let outgoing = self
            .running
            .as_ref()
            .and_then(|running| running.outgoing.as_ref());
        outgoing.is_some_and(|frame| !frame.untouched() && !frame.is_done())
    }

    /// A frame, made by `make` from whether its number is odd. One that nobody asked for yet gives way.
    pub fn put(&mut self, make: impl FnOnce(bool) -> Outgoing) {
        let Some(running) = &mut self.running else { return };
        running.odd = match &running.outgoing {
            Some(frame) if frame.untouched() => frame.is_odd(),
            _ => !running.odd,
        };
        running.outgoing = Some(make(running.odd));
    }

    /// Answers transfers as far as there is something to answer them with.
    pub fn pump(&mut self, out: &mut Vec<u8>) {
        let Some(running) = &mut self.running else { return };
        let Some(frame) = running.outgoing.as_mut() else {
            return;
        };
        while !frame.is_done() {
            let Some(urb) = self.transfers.pop_front() else {
                return;
            };
            usbip::filled(out, &urb, |data| frame.fill(&urb, data));
            if frame.is_done() {
                self.sent += 1;
            }
        }
        running.outgoing = None;
    }
}

/// Of an interval in units of 100 ns.
fn duration(interval: u32) -> Duration {
    Duration::from_nanos(u64::from(interval) * 100)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::usb_camera::format::Format;
    use crate::usb_camera::usbip::Packet;

    const MODE: Mode = Mode {
        format_index: 1,
        frame_index: 1,
        format: Format::Grey,
        size: (16, 16),
        interval: 333_333,
    };

    fn urb(seqnum: u32) -> Urb {
        let packet = Packet {
            offset: 0,
            length: 106,
            actual: 0,
        };
        Urb {
            seqnum,
            packets: vec![packet],
        }
    }

    fn frame(odd: bool) -> Outgoing {
        Outgoing::new(Arc::new(vec![9; 150]), 150, odd, false, 0)
    }

    #[test]
    fn frames_are_due_at_the_cameras_pace() {
        let start = Instant::now();
        let mut stream = Stream::default();
        stream.start(MODE, start);
        let at = |micros| start + Duration::from_micros(micros);
        assert_eq!(stream.take_due(at(33_000), 333_333), None);
        assert_eq!(stream.take_due(at(33_400), 333_333), Some(0));
        assert_eq!(stream.take_due(at(33_500), 333_333), None);
        assert_eq!(stream.due(), Some(start + Duration::from_nanos(66_666_600)));
        // Half a second late: one frame, and the next an interval from then.
        assert_eq!(stream.take_due(at(500_000), 333_333), Some(1));
        assert_eq!(stream.take_due(at(520_000), 333_333), None);
    }

    #[test]
    fn transfers_wait_for_a_frame_and_a_frame_for_transfers() {
        let mut stream = Stream::default();
        stream.start(MODE, Instant::now());
        stream.submit(urb(1));
        let mut out = Vec::new();
        stream.pump(&mut out);
        assert!(out.is_empty(), "there is no frame yet");
        stream.put(frame);
        stream.pump(&mut out);
        assert_eq!(out.len(), 48 + 106 + 16);
        assert!(stream.is_sending());
        assert_eq!(stream.sent, 0);
        stream.submit(urb(2));
        stream.pump(&mut out);
        assert_eq!((stream.sent, stream.is_sending()), (1, false));
        stream.submit(urb(3));
        let before = out.len();
        stream.pump(&mut out);
        assert_eq!(out.len(), before, "the frame is over");
    }

    #[test]
    fn two_frames_that_go_out_differ_in_their_toggle() {
        let mut stream = Stream::default();
        stream.start(MODE, Instant::now());
        let mut odd = Vec::new();
        for transfers in [1, 0, 0, 2, 2] {
            for seqnum in 0..transfers {
                stream.submit(urb(seqnum));
            }
            stream.put(|is_odd| {
                odd.push(is_odd);
                frame(is_odd)
            });
            stream.pump(&mut Vec::new());
        }
        // The second takes the place of the first, which is on its way; the third and fourth of one nobody asked for.
        assert_eq!(odd, [false, true, true, true, false]);
    }

    #[test]
    fn what_is_forgotten_is_not_answered() {
        let mut stream = Stream::default();
        stream.start(MODE, Instant::now());
        stream.submit(urb(1));
        stream.wait(2);
        assert!(stream.is_open());
        assert!(stream.forget(1) && stream.forget(2) && !stream.forget(3));
        assert!(!stream.is_open());
        stream.put(frame);
        let mut out = Vec::new();
        stream.pump(&mut out);
        assert!(out.is_empty());
    }
}
