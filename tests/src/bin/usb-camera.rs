//! A made USB camera, plugged into the kernel's `vhci_hcd` and driven by its `uvcvideo`: `usb-camera run` is the
//! camera, `usb-camera tell` scripts it. Root's.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use facelogin_tests::usb_camera::Device;
use facelogin_tests::usb_camera::scene::Scene;
use facelogin_tests::usb_camera::server::{Server, tell};

/// A made USB camera.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Plugs the camera in, tells systemd, and takes commands until it is killed.
    Run {
        /// Where it takes commands.
        #[arg(long)]
        socket: PathBuf,
        /// What camera it is; a laptop's without.
        #[arg(long)]
        device: Option<PathBuf>,
        /// The folder of pictures in front of it; an empty room without.
        #[arg(long)]
        scene: Option<PathBuf>,
    },
    /// Tells it something and prints what it says: show FOLDER, fault NAME [COUNT], unplug, plug [PORT], state [NAME].
    Tell {
        /// Where it takes commands.
        socket: PathBuf,
        /// The command.
        #[arg(required = true, trailing_var_arg = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Options::parse().role {
        Role::Run {
            socket,
            device,
            scene,
        } => run(&socket, device.as_deref(), scene.as_deref()),
        Role::Tell { socket, command } => say(&socket, command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usb-camera: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(socket: &Path, device: Option<&Path>, scene: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let device = device.map_or_else(|| Ok(Device::default()), Device::read)?;
    let scene = scene.map_or_else(|| Ok(Scene::default()), Scene::read)?;
    let server = Server::start(device, scene, socket)?;
    sd_notify::notify(&[sd_notify::NotifyState::Ready])?;
    server.serve()?;
    Ok(())
}

fn say(socket: &Path, mut command: Vec<String>) -> Result<(), Box<dyn Error>> {
    // The camera's working folder is another one.
    if let [show, folder] = &mut command[..]
        && show == "show"
    {
        *folder = std::path::absolute(&*folder)?.to_string_lossy().into_owned();
    }
    let said = tell(socket, &command).map_err(|error| format!("{}: {error}", socket.display()))??;
    if !said.is_empty() {
        println!("{said}");
    }
    Ok(())
}
