//! `UVCIOC_CTRL_QUERY`: one request to one control of an extension unit (linux/uvcvideo.h).
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::{Control, Request};

/// `struct uvc_xu_control_query`.
#[repr(C)]
struct Query {
    unit: u8,
    selector: u8,
    query: u8,
    size: u16,
    data: *mut u8,
}

// _IOWR('u', 0x21, struct uvc_xu_control_query): 0xc0107521 where a pointer has 8 bytes.
nix::ioctl_readwrite!(ctrl_query, b'u', 0x21, Query);

impl Control for File {
    fn ask(&self, unit: u8, selector: u8, request: Request, data: &mut [u8]) -> io::Result<()> {
        let size = u16::try_from(data.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut query = Query {
            unit,
            selector,
            query: request as u8,
            size,
            data: data.as_mut_ptr(),
        };
        // SAFETY: the descriptor is open for as long as `self` is borrowed. `query` is laid out as the kernel's struct
        // and lives through the call; the kernel reads or writes at most `size` bytes at `data`, which is exactly the
        // slice that is borrowed mutably for the call, and keeps neither pointer. Another driver than uvcvideo, or one
        // that does not know the request, answers ENOTTY.
        unsafe { ctrl_query(self.as_raw_fd(), &raw mut query) }?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn the_struct_is_laid_out_as_the_kernels() {
        assert_eq!(size_of::<Query>(), 16);
        assert_eq!(
            [
                std::mem::offset_of!(Query, query),
                std::mem::offset_of!(Query, size),
                std::mem::offset_of!(Query, data)
            ],
            [2, 4, 8]
        );
        assert_eq!(
            nix::request_code_readwrite!(b'u', 0x21, size_of::<Query>()),
            0xc010_7521
        );
    }

    #[test]
    fn what_is_no_camera_refuses() {
        let null = File::open("/dev/null").unwrap();
        let error = null.ask(1, 6, Request::Length, &mut [0; 2]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(nix::errno::Errno::ENOTTY as i32));
    }
}
