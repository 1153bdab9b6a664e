//! A made USB camera: it plays the device's side of USB/IP to the kernel's `vhci_hcd`, so that the kernel's own
//! `uvcvideo` drives it as it drives a laptop's. It shows the scene it is given, and fails in the ways it is told to.
//!
//! From the outside in: [`server`] takes commands, [`plug`] puts the device on a port, [`link`] answers the kernel's
//! transfers out of the [`Camera`], which knows its descriptors, its controls, its streams and its emitter.

pub mod camera;
pub mod command;
pub mod control;
pub mod convert;
pub mod descriptors;
pub mod device;
pub mod emitter;
pub mod fault;
pub mod format;
pub mod jpeg;
pub mod light;
pub mod link;
pub mod modes;
pub mod payload;
pub mod plug;
pub mod probe;
pub mod scene;
pub mod server;
pub mod state;
pub mod stream;
pub mod usbip;
pub mod vhci;

pub use camera::Camera;
pub use device::Device;
