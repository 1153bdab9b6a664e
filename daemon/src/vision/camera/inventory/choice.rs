//! Which camera a scan uses: a pure function of the configuration, of what is wanted, and of what is there.

use std::fmt;
use std::path::Path;

use facelogin_config::{Camera as CameraConfig, Device};
use facelogin_protocol::types::CameraKind;

use super::Node;
use crate::vision::wire::Wanted;

/// Tells the number of the node that a link leads to.
pub type Follow<'a> = &'a dyn Fn(&Path) -> Option<u32>;

/// Why a preference brings no camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing that is there answers to it.
    #[error("{}", if *.auto { "no camera is built in" } else { "it is not there; is it unplugged, or switched off by a key?" })]
    Absent {
        /// The preference is `auto`.
        auto: bool,
    },
    /// What answers is made by software.
    #[error("it is made by software, and camera.allow_virtual is false")]
    Virtual,
    /// Several that can be plugged in, or several that are built in, answer to it, or it is a link that can be the name
    /// of a built-in one and of one that is plugged in: one of them may be a forgery.
    #[error(
        "it can mean more than one camera that is there: name one by its identity, with path= or, if it is built in, \
         with built-in, as `facelogin-enroll cameras` shows it"
    )]
    Ambiguous,
    /// What answers gives no picture that can be read.
    #[error("it gives no picture format that is known here")]
    NoFormat,
    /// What answers sees another kind of light.
    #[error(
        "it sees {}, and {} is wanted: to log in with it, enrol with it (`facelogin-enroll add --camera {}`)",
        .sees.name(), kinds(.wanted), .sees.name()
    )]
    OtherKind {
        /// What it sees.
        sees: CameraKind,
        /// What is wanted.
        wanted: Vec<CameraKind>,
    },
    /// It is behind the closed lid (R27).
    #[error("it is built in, and the lid is closed")]
    Lid,
}

/// No preference brings a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCamera {
    /// Each preference, and why not.
    pub tried: Vec<(Device, Unfit)>,
    /// How many cameras are there.
    pub there: usize,
}

impl std::error::Error for NoCamera {}

impl fmt::Display for NoCamera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.there == 0 {
            f.write_str("this machine has no camera")?;
        } else {
            f.write_str("no camera can be used")?;
        }
        for (device, unfit) in &self.tried {
            write!(f, "; {device}: {unfit}")?;
        }
        if self.there > 0 {
            f.write_str("; `facelogin-enroll cameras` lists what there is, and camera.device in the configuration names it")?;
        }
        Ok(())
    }
}

/// The camera of the first preference that brings one.
pub fn choose<'a>(
    config: &CameraConfig,
    wanted: &Wanted,
    nodes: &'a [Node],
    follow: Follow<'_>,
) -> Result<&'a Node, NoCamera> {
    let mut tried = Vec::new();
    for device in &config.devices {
        match by(device, config, wanted, nodes, follow) {
            Ok(node) => return Ok(node),
            Err(unfit) => tried.push((device.clone(), unfit)),
        }
    }
    Err(NoCamera {
        tried,
        there: nodes.len(),
    })
}

/// The camera that one preference brings.
pub fn by<'a>(
    device: &Device,
    config: &CameraConfig,
    wanted: &Wanted,
    nodes: &'a [Node],
    follow: Follow<'_>,
) -> Result<&'a Node, Unfit> {
    let mut answers = answers(device, config, nodes, follow)?;
    answers.retain(|node| matches!(node.kind, CameraKind::Colour | CameraKind::Infrared));
    let first = *answers.first().ok_or(Unfit::NoFormat)?;
    answers.retain(|node| wanted.kinds.iter().any(|kind| kind.compared_as() == node.kind));
    if answers.is_empty() {
        return Err(Unfit::OtherKind {
            sees: first.kind,
            wanted: wanted.kinds.clone(),
        });
    }
    answers.retain(|node| wanted.built_in || !node.fixed);
    answers.first().copied().ok_or(Unfit::Lid)
}

/// The nodes of the one camera that answers to a preference, or of all that answer to `auto`, best first: those that
/// see colour, those that are built in, and then in the order of the buses, the interfaces and the driver, which does
/// not change.
pub fn answers<'a>(
    device: &Device,
    config: &CameraConfig,
    nodes: &'a [Node],
    follow: Follow<'_>,
) -> Result<Vec<&'a Node>, Unfit> {
    let auto = *device == Device::Auto;
    let number = match device {
        Device::Link(link) => follow(link),
        _ => None,
    };
    let answers = |node: &&Node| match device {
        Device::Auto => node.fixed || node.made_by_software,
        Device::Named(wish) => wish.names(&node.identity),
        Device::Link(_) => Some(node.number) == number,
    };
    let mut found: Vec<&Node> = nodes.iter().filter(answers).collect();
    let software_only = !found.is_empty() && found.iter().all(|node| node.made_by_software);
    found.retain(|node| config.allow_virtual || !node.made_by_software);
    if found.is_empty() {
        return Err(match software_only && !auto {
            true => Unfit::Virtual,
            false => Unfit::Absent { auto },
        });
    }
    if !auto {
        // A clone that is plugged in beside the built-in camera is not what is meant (R24).
        if found.iter().any(|node| node.fixed) {
            found.retain(|node| node.fixed);
        }
        if found.iter().any(|node| !node.same_device(found[0])) {
            return Err(Unfit::Ambiguous);
        }
        // udev makes links of what devices say of themselves, and the last one that asks for a link has it.
        let may_be_claimed = |node: &&Node| nodes.iter().any(|other| could_take(node, other));
        if matches!(device, Device::Link(_)) && found.iter().any(may_be_claimed) {
            return Err(Unfit::Ambiguous);
        }
    }
    found.sort_by_key(|node| (node.kind != CameraKind::Colour, !node.fixed, node.order()));
    Ok(found)
}

/// Whether a node that is not part of the machine could have a link that was meant for one that is: udev makes them of
/// the vendor, the product and the serial number (`by-id`) or of the path (`by-path`).
fn could_take(node: &Node, built_in: &Node) -> bool {
    let (own, its) = (&node.identity, &built_in.identity);
    let same_model = own.usb.is_some() && own.usb == its.usb && node.kind == built_in.kind;
    let same_path = own.path.is_some() && own.path == its.path;
    !node.fixed && built_in.fixed && (same_model || same_path)
}

fn kinds(wanted: &[CameraKind]) -> String {
    let names: Vec<&str> = wanted.iter().map(|kind| kind.compared_as().name()).collect();
    names.join(" or ")
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
