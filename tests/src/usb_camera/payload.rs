//! A frame cut into the payloads of the video class (USB Video Class 1.1, 2.4.3.3).

use std::sync::Arc;

use super::usbip::{Packet, Urb};

/// Bytes of a payload's header: its length, its flags, when the frame was taken.
pub const HEADER: usize = 6;

/// A toggle: the same in all payloads of one frame.
const FRAME_ID: u8 = 1;
const END_OF_FRAME: u8 = 1 << 1;
const PRESENTATION_TIME: u8 = 1 << 2;
const ERROR: u8 = 1 << 6;
const END_OF_HEADER: u8 = 1 << 7;

/// A frame on its way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    bytes: Arc<Vec<u8>>,
    length: usize,
    sent: usize,
    odd: bool,
    flagged: bool,
    time: u32,
}

impl Outgoing {
    /// `length`: how much of the bytes goes out. `odd`: whether its number is, which is how the host tells two frames
    /// apart. `flagged`: whether the camera owns up to an error in it, from its middle on. `time`: the camera's clock.
    pub fn new(bytes: Arc<Vec<u8>>, length: usize, odd: bool, flagged: bool, time: u32) -> Self {
        Self {
            length: length.min(bytes.len()),
            bytes,
            sent: 0,
            odd,
            flagged,
            time,
        }
    }

    /// Whether its number is odd.
    pub fn is_odd(&self) -> bool {
        self.odd
    }

    /// Whether none of it has gone out.
    pub fn untouched(&self) -> bool {
        self.sent == 0
    }

    /// Whether all of it has gone out.
    pub fn is_done(&self) -> bool {
        self.sent >= self.length
    }

    /// Puts what fits into the transfer's packets: their data into `out`, one after the other, and how long each is.
    /// Packets after the frame's end stay empty.
    pub fn fill(&mut self, urb: &Urb, out: &mut Vec<u8>) -> Vec<Packet> {
        urb.packets
            .iter()
            .map(|packet| {
                let mut packet = *packet;
                let room = (packet.length as usize).saturating_sub(HEADER);
                packet.actual = 0;
                if self.is_done() || room == 0 {
                    return packet;
                }
                let part = room.min(self.length - self.sent);
                let end = self.sent + part;
                let mut flags = END_OF_HEADER | PRESENTATION_TIME;
                if self.odd {
                    flags |= FRAME_ID;
                }
                if self.flagged && end > self.length / 2 {
                    flags |= ERROR;
                }
                if end == self.length {
                    flags |= END_OF_FRAME;
                }
                out.extend([HEADER as u8, flags]);
                out.extend(self.time.to_le_bytes());
                out.extend(&self.bytes[self.sent..end]);
                self.sent = end;
                packet.actual = (HEADER + part) as u32;
                packet
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urb(packets: usize) -> Urb {
        let packets = (0..packets)
            .map(|at| Packet {
                offset: at as u32 * 16,
                length: 16,
                actual: 0,
            })
            .collect();
        Urb { seqnum: 1, packets }
    }

    #[test]
    fn a_frame_goes_out_in_payloads_with_its_end_marked() {
        let mut frame = Outgoing::new(Arc::new((0..30).collect()), 25, true, false, 0x0403_0201);
        let mut out = Vec::new();
        let first = frame.fill(&urb(2), &mut out);
        assert_eq!([first[0].actual, first[1].actual], [16, 16]);
        assert_eq!(out[..8], [6, 0x85, 1, 2, 3, 4, 0, 1]);
        assert!(!frame.is_done());
        out.clear();
        let second = frame.fill(&urb(2), &mut out);
        assert_eq!([second[0].actual, second[1].actual], [11, 0]);
        assert_eq!(out, [6, 0x87, 1, 2, 3, 4, 20, 21, 22, 23, 24]);
        assert!(frame.is_done());
    }

    #[test]
    fn an_error_is_owned_up_to_in_the_second_half() {
        let mut frame = Outgoing::new(Arc::new(vec![0; 40]), 40, false, true, 0);
        let mut out = Vec::new();
        let packets = frame.fill(&urb(4), &mut out);
        assert!(packets.iter().all(|packet| packet.actual == 16));
        let flags: Vec<_> = out.chunks(16).map(|payload| payload[1]).collect();
        assert_eq!(flags, [0x84, 0x84, 0xc4, 0xc6]);
    }
}
