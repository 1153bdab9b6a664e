//! One world: its people, its stacks, its daemon.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use facelogin_protocol::SOCKET_PATH;

use super::log::Log;
use super::{Decided, accounts, namespace, needs, stacks};
use crate::system::scene::{Portrait, Scene};
use crate::system::{System, SystemOptions};

/// A service that may use the face, and its trigger.
pub type Service<'a> = (&'a str, &'a str);

/// A machine with facelogin installed, as the programs of this namespace see it.
pub struct World {
    /// The daemon, its camera and its store.
    pub system: System,
    log: Log,
    up: bool,
}

impl World {
    /// Makes a world in which the daemon runs, alice is enrolled and nobody is in view, and tries something in it;
    /// not, with the reason on standard error, where a world or one of these programs cannot be had.
    pub fn run(programs: &[&str], services: &[Service<'_>], try_it: impl FnOnce(&mut World) + Send) {
        if !needs::programs(programs) || !needs::programs(&["pam-auth-update", "setsid"]) {
            return;
        }
        // The namespace is the thread's: the next test on this one must not find itself in it.
        let done = thread::scope(|scope| {
            scope
                .spawn(|| {
                    if let Err(why) = namespace::enter() {
                        return needs::lacking(&why);
                    }
                    let Some(mut world) = Self::build(services) else {
                        return;
                    };
                    try_it(&mut world);
                })
                .join()
        });
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    }

    fn build(services: &[Service<'_>]) -> Option<Self> {
        let system = System::prepare(&SystemOptions::default())?;
        namespace::devices();
        let log = Log::start();
        namespace::copy(Path::new("/etc"));
        for folder in ["/run", "/home", "/var/log", "/var/lib/sudo"] {
            if Path::new(folder).is_dir() {
                namespace::empty(folder);
            }
        }
        accounts::write();
        stacks::install();
        // The socket is where the module looks for it.
        let run = system.socket().parent().unwrap().to_owned();
        namespace::make_folder(&run);
        let socket = Path::new(SOCKET_PATH);
        let folder = socket.parent().unwrap();
        namespace::make_folder(folder);
        namespace::bind(&run, folder);
        symlink(system.socket().file_name().unwrap(), socket).unwrap();

        let mut world = Self {
            system,
            log,
            up: true,
        };
        world.allow(services, "");
        world.enrol(&accounts::ENROLLED);
        Some(world)
    }

    /// Lets these services use the face, with further top-level lines of configuration, and restarts the daemon.
    pub fn allow(&mut self, services: &[Service<'_>], rules: &str) {
        let tables: String = services
            .iter()
            .map(|(name, trigger)| format!("[services.{name}]\nenabled = true\ntrigger = \"{trigger}\"\n"))
            .collect();
        let rules = match rules {
            "" => "timeout_ms = 4000\nno_face_timeout_ms = 700",
            rules => rules,
        };
        // No logind looks after a world.
        self.system.write_config(&format!(
            "presence = \"off\"\nlock_grace_seconds = 0\n{rules}\n[camera]\nallow_virtual = true\nreplay = {:?}\n[models]\nfolder = {:?}\n{tables}",
            self.system.replay(),
            self.system.models(),
        ));
        self.system.restart_daemon();
        self.up = true;
    }

    /// Ends the daemon.
    pub fn down(&mut self) {
        self.system.stop_daemon();
        self.up = false;
    }

    /// Enrols somebody with alice's face.
    pub fn enrol(&self, who: &accounts::Account) {
        self.system.enrol(who.name, &["obama.jpg", "obama2.jpg"]);
    }

    /// Puts the enrolled face in front of the camera.
    pub fn show_match(&self) {
        self.system.show(&Scene::of(Portrait::Obama));
    }

    /// Puts another face in front of it.
    pub fn show_stranger(&self) {
        self.system.show(&Scene::of(Portrait::Biden));
    }

    /// Puts nobody in front of it.
    pub fn show_nobody(&self) {
        self.system.show(&Scene::empty());
    }

    /// What the programs of this world have logged.
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// What the module has decided so far, oldest first.
    pub fn decided(&self) -> Vec<Decided> {
        self.log().iter().filter_map(|line| Decided::read(line)).collect()
    }

    /// Scans so far: attempts for which the camera was opened.
    pub fn scans(&self) -> usize {
        if self.up {
            self.system.recorded();
        }
        self.system
            .attempts()
            .iter()
            .filter(|attempt| attempt.frames > 0)
            .count()
    }

    /// Writes a file of this world.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(path, text).unwrap();
    }
}

impl Drop for World {
    /// What the programs logged belongs to a failure's report.
    #[allow(clippy::print_stdout)]
    fn drop(&mut self) {
        if thread::panicking() {
            println!("the programs logged:");
            for line in self.log() {
                println!("  {line}");
            }
        }
    }
}
