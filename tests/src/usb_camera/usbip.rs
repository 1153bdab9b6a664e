//! USB/IP as it lies on the wire once a device is attached (Linux's `Documentation/usb/usbip_protocol.rst`).

use std::io::{self, Read};

/// A request of the kernel's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To the control endpoint.
    Control {
        /// What it is answered with.
        seqnum: u32,
        /// The setup packet.
        setup: Setup,
        /// What the host sends along.
        data: Vec<u8>,
    },
    /// To an endpoint that sends to the host.
    In {
        /// The endpoint, without its direction.
        endpoint: u8,
        /// The transfer.
        urb: Urb,
    },
    /// To an endpoint that the device does not have.
    Out {
        /// What it is answered with.
        seqnum: u32,
    },
    /// Forget a transfer.
    Unlink {
        /// What it is answered with.
        seqnum: u32,
        /// Which transfer.
        which: u32,
    },
}

/// A control transfer's first packet (USB 2.0, 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// bmRequestType.
    pub kind: u8,
    /// bRequest.
    pub request: u8,
    /// wValue.
    pub value: u16,
    /// wIndex.
    pub index: u16,
    /// wLength.
    pub length: u16,
}

/// A transfer to the host that waits for data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urb {
    /// What it is answered with.
    pub seqnum: u32,
    /// Its isochronous packets; none for the other kinds of transfer.
    pub packets: Vec<Packet>,
}

/// One microframe's part of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it lies in the host's buffer.
    pub offset: u32,
    /// How much fits into it.
    pub length: u32,
    /// How much is in it.
    pub actual: u32,
}

/// A request was not understood, as Linux's `EPIPE`: the endpoint stalls.
pub const STALLED: i32 = -32;

/// A transfer was forgotten, as Linux's `ECONNRESET`.
const UNLINKED: i32 = -104;

const SUBMIT: u32 = 1;
const UNLINK: u32 = 2;
const SUBMITTED: u32 = 3;
const FORGOTTEN: u32 = 4;

const HEADER: usize = 48;
const TO_HOST: u32 = 1;

/// More than uvcvideo ever asks for in one transfer: 32 packets of 3072 bytes.
const LARGEST: u32 = 1 << 20;

impl Setup {
    /// From its eight bytes.
    pub const fn new(bytes: [u8; 8]) -> Self {
        let [kind, request, v, w, i, j, l, m] = bytes;
        Self {
            kind,
            request,
            value: u16::from_le_bytes([v, w]),
            index: u16::from_le_bytes([i, j]),
            length: u16::from_le_bytes([l, m]),
        }
    }
}

/// Reads one request.
///
/// # Errors
/// The connection ended (`UnexpectedEof`), or what came is no USB/IP (`InvalidData`).
pub fn read(from: &mut impl Read) -> io::Result<Request> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header)?;
    let word = |at: usize| {
        let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        u32::from_be_bytes(bytes)
    };
    let (command, seqnum, direction, endpoint) = (word(0), word(4), word(12), word(16));
    match command {
        UNLINK => Ok(Request::Unlink {
            seqnum,
            which: word(20),
        }),
        SUBMIT => {
            let (length, packets) = (word(24), word(32));
            if length > LARGEST {
                return Err(invalid("a transfer of more than a megabyte"));
            }
            let mut data = Vec::new();
            if direction != TO_HOST {
                data.resize(length as usize, 0);
                from.read_exact(&mut data)?;
            }
            if endpoint == 0 {
                let mut setup = [0; 8];
                setup.copy_from_slice(&header[40..48]);
                let setup = Setup::new(setup);
                return Ok(Request::Control { seqnum, setup, data });
            }
            let packets = read_packets(from, packets)?;
            if direction != TO_HOST {
                return Ok(Request::Out { seqnum });
            }
            Ok(Request::In {
                endpoint: u8::try_from(endpoint).map_err(|_| invalid("an endpoint that cannot be"))?,
                urb: Urb { seqnum, packets },
            })
        }
        _ => Err(invalid("a command that is neither of the two")),
    }
}

/// `count`: all ones for a transfer that is not isochronous.
fn read_packets(from: &mut impl Read, count: u32) -> io::Result<Vec<Packet>> {
    if count == u32::MAX || count == 0 {
        return Ok(Vec::new());
    }
    if count > 1024 {
        return Err(invalid("a transfer of more than 1024 packets"));
    }
    let mut bytes = vec![0; count as usize * 16];
    from.read_exact(&mut bytes)?;
    let packet = |bytes: &[u8]| Packet {
        offset: u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        length: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        actual: 0,
    };
    Ok(bytes.chunks_exact(16).map(packet).collect())
}

/// The answer to a transfer that is not isochronous. `data`: what goes to the host.
/// `taken`: how much of the host's was taken.
pub fn submitted(out: &mut Vec<u8>, seqnum: u32, status: i32, data: &[u8], taken: usize) {
    header(out, SUBMITTED, seqnum, status);
    for word in [(data.len() + taken) as u32, 0, u32::MAX, 0, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend(data);
}

/// The answer to an isochronous transfer. `fill` puts the data of the packets into the answer, one after the other, and
/// says how long each is.
pub fn filled(out: &mut Vec<u8>, urb: &Urb, fill: impl FnOnce(&mut Vec<u8>) -> Vec<Packet>) {
    header(out, SUBMITTED, urb.seqnum, 0);
    let length_at = out.len();
    for word in [0, 0, urb.packets.len() as u32, 0, 0, 0] {
        out.extend(u32::to_be_bytes(word));
    }
    let data_at = out.len();
    let packets = fill(out);
    let length = (out.len() - data_at) as u32;
    out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    for packet in packets {
        for word in [packet.offset, packet.length, packet.actual, 0] {
            out.extend(word.to_be_bytes());
        }
    }
}

/// The answer to the wish to forget a transfer. `was_there`: whether it had not been answered yet.
pub fn unlinked(out: &mut Vec<u8>, seqnum: u32, was_there: bool) {
    header(out, FORGOTTEN, seqnum, if was_there { UNLINKED } else { 0 });
    out.extend([0; 24]);
}

fn header(out: &mut Vec<u8>, command: u32, seqnum: u32, status: i32) {
    for word in [command, seqnum, 0, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend(status.to_be_bytes());
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the kernel sent {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request: five words, the next five, the setup packet, what follows.
    fn request(first: [u32; 5], next: [u32; 5], setup: [u8; 8], rest: &[u8]) -> Vec<u8> {
        let words = first.into_iter().chain(next);
        let mut bytes: Vec<u8> = words.flat_map(u32::to_be_bytes).collect();
        bytes.extend(setup);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn requests_are_read() {
        let get = [0x80, 6, 0, 1, 0, 0, 64, 0];
        let set = [0x21, 1, 0, 1, 1, 0, 3, 0];
        let none = u32::MAX;
        let packets: Vec<u8> = [0_u32, 3072, 0, 0, 3072, 3072, 0, 0]
            .into_iter()
            .flat_map(u32::to_be_bytes)
            .collect();
        for (bytes, expected) in [
            (
                request([1, 7, 0x1_0002, 1, 0], [0x200, 64, 0, none, 0], get, &[]),
                Request::Control {
                    seqnum: 7,
                    setup: Setup {
                        kind: 0x80,
                        request: 6,
                        value: 0x100,
                        index: 0,
                        length: 64,
                    },
                    data: vec![],
                },
            ),
            (
                request([1, 8, 0x1_0002, 0, 0], [0, 3, 0, none, 0], set, &[9, 8, 7]),
                Request::Control {
                    seqnum: 8,
                    setup: Setup::new(set),
                    data: vec![9, 8, 7],
                },
            ),
            (
                request([1, 9, 0x1_0002, 1, 2], [2, 6144, 0, 2, 1], [0; 8], &packets),
                Request::In {
                    endpoint: 2,
                    urb: Urb {
                        seqnum: 9,
                        packets: vec![
                            Packet {
                                offset: 0,
                                length: 3072,
                                actual: 0,
                            },
                            Packet {
                                offset: 3072,
                                length: 3072,
                                actual: 0,
                            },
                        ],
                    },
                },
            ),
            (
                request([2, 10, 0x1_0002, 0, 0], [9, 0, 0, 0, 0], [0; 8], &[]),
                Request::Unlink { seqnum: 10, which: 9 },
            ),
        ] {
            let mut left = &bytes[..];
            assert_eq!(read(&mut left).expect("a request"), expected);
            assert!(left.is_empty(), "{expected:?}");
        }
    }

    #[test]
    fn what_is_no_usbip_is_an_error() {
        for bytes in [
            request([5, 1, 0, 0, 0], [0; 5], [0; 8], &[]),
            request([1, 1, 0, 1, 0], [0, u32::MAX, 0, u32::MAX, 0], [0; 8], &[]),
            request([1, 1, 0, 1, 2], [0, 64, 0, 100_000, 0], [0; 8], &[]),
            vec![0; 12],
        ] {
            assert!(read(&mut &bytes[..]).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn answers_have_the_length_of_what_they_carry() {
        let mut out = Vec::new();
        submitted(&mut out, 7, 0, &[1, 2, 3], 0);
        assert_eq!(out.len(), 48 + 3);
        assert_eq!(out[..8], [0, 0, 0, 3, 0, 0, 0, 7]);
        assert_eq!(out[24..28], [0, 0, 0, 3]);
        out.clear();
        submitted(&mut out, 7, STALLED, &[], 0);
        assert_eq!(out[20..24], [0xff, 0xff, 0xff, 0xe0]);
        out.clear();
        let urb = Urb {
            seqnum: 9,
            packets: vec![
                Packet {
                    offset: 0,
                    length: 16,
                    actual: 0,
                };
                2
            ],
        };
        filled(&mut out, &urb, |data| {
            data.extend([5; 4]);
            let mut packets = urb.packets.clone();
            packets[0].actual = 4;
            packets
        });
        assert_eq!(out.len(), 48 + 4 + 32);
        assert_eq!(out[24..28], [0, 0, 0, 4]);
        assert_eq!(out[32..36], [0, 0, 0, 2]);
        out.clear();
        unlinked(&mut out, 10, true);
        assert_eq!(out.len(), 48);
        assert_eq!(out[20..24], (-104_i32).to_be_bytes());
    }
}
