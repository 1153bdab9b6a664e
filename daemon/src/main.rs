//! `facelogind`, and with its subcommand the vision process.

use std::ffi::OsString;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use facelogin_config::{Config, load_system};
use facelogin_models::{ModelDirs, Trust};
use facelogind::audit::Audit;
use facelogind::encode::{self, Looking, Which};
use facelogind::lockout::BootClock;
use facelogind::logind::{Bus, SYSTEM_BUS};
use facelogind::server::{Daemon, Listener, Whereabouts, keep_descriptors, serve};
use facelogind::store::{KeySource, Store};
use facelogind::vision::keeper::{Origin, keep_at};
use facelogind::vision::loan::Desk;
use facelogind::vision::{process, sandbox};

type Failed = Box<dyn std::error::Error>;

/// Answers whether the person in front of the camera is the user they claim to be.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    supervisor: Supervisor,
}

#[derive(Subcommand)]
enum Role {
    /// The process with the camera and the models, started by facelogind or by its own unit. Its line to the
    /// supervisor is its standard input, or the socket that systemd hands over.
    Vision {
        /// The configuration file.
        #[arg(long, default_value = facelogin_config::DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Encode pictures for `facelogin-enroll evaluate`, as an ordinary user's process: paths on standard input, one in
    /// each line; a line of JSON each on standard output, after one that names the engine.
    #[command(hide = true)]
    Encode(EncodeArgs),
}

#[derive(Args)]
struct EncodeArgs {
    /// Which engine.
    #[arg(long, value_enum, default_value = "dlib")]
    engine: Which,
    /// With onnx: another encoder in place of its own, to be measured; no login uses it.
    #[arg(long, value_name = "FILE")]
    encoder: Option<PathBuf>,
    /// The folder of the models, in place of the usual ones.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// How hard faces are looked for.
    #[arg(long, value_enum, default_value = "still")]
    effort: Looking,
    /// Tell each picture's width, height and SHA-256, too.
    #[arg(long)]
    sizes: bool,
    /// A folder (or one picture) that may be read from, repeatable; by default any. Root must name them.
    #[arg(long, value_name = "DIR")]
    under: Vec<PathBuf>,
}

#[derive(Args)]
struct Supervisor {
    /// The configuration file.
    #[arg(long, default_value = facelogin_config::DEFAULT_PATH)]
    config: PathBuf,
    /// Where to listen; systemd's socket, when it hands one over, goes before.
    #[arg(long, default_value = facelogin_protocol::SOCKET_PATH)]
    socket: PathBuf,
    /// The folder of the store.
    #[arg(long, default_value = "/var/lib/facelogin")]
    state: PathBuf,
    /// Connect to the vision process that a unit starts at this socket, instead of starting one.
    #[arg(long)]
    vision_socket: Option<PathBuf>,
    /// The socket of the message bus that logind is on. Of the environment nothing is taken.
    #[arg(long, default_value = SYSTEM_BUS)]
    system_bus: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.role {
        None => supervise(&cli.supervisor),
        Some(Role::Vision { config }) => see(config),
        Some(Role::Encode(options)) => encode_pictures(options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let name = match cli.role {
                None => "facelogind",
                Some(Role::Vision { .. }) => "facelogind vision",
                Some(Role::Encode(_)) => "facelogind encode",
            };
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn supervise(options: &Supervisor) -> Result<(), Failed> {
    one_thread()?;
    let handed_over = Listener::handed_over()?;
    keep_descriptors();
    if !nix::unistd::geteuid().is_root() {
        return Err("it must be started by root: callers trust nobody else".into());
    }
    // Templates and keys pass through this memory.
    nix::sys::prctl::set_dumpable(false)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let config = load_system(&options.config)?;
    let key = KeySource::choose(
        &options.state,
        std::env::var_os("CREDENTIALS_DIRECTORY").as_deref(),
    );
    let mut store = Store::open(&options.state, key)?;
    let clock = BootClock::new()?;
    store.reanchor_lockouts(&clock.now()?)?;
    let listener = match handed_over {
        Some(listener) => listener,
        None => Listener::bind(&options.socket)?,
    };
    let origin = match &options.vision_socket {
        Some(path) => Origin::Connect(path.clone()),
        None => spawned(&options.config)?,
    };
    let vision = Arc::new(Desk::default());
    keep_at(vision.clone(), origin)?;
    let whereabouts = Whereabouts::on(Bus::at(&options.system_bus), &config)?;
    let audit = Audit::system();
    let daemon = Arc::new(Daemon::new(config, store, vision, audit, clock, whereabouts));
    // Without systemd there is nobody to notify.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    Err(serve(&daemon, &listener).into())
}

/// OpenBLAS, which the engine brings along, starts its threads before `main` unless its environment says otherwise;
/// the supervisor never computes anything with it, and of processes that encode there is one for each core.
fn one_thread() -> Result<(), Failed> {
    const VARIABLE: &str = "OPENBLAS_NUM_THREADS";
    if std::env::var_os(VARIABLE).is_some() {
        return Ok(());
    }
    let program = std::env::current_exe()?;
    Err(Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, "1")
        .exec()
        .into())
}

fn spawned(config: &Path) -> Result<Origin, Failed> {
    let config = std::path::absolute(config)?;
    let arguments = ["vision".into(), "--config".into(), config.into_os_string()];
    Ok(Origin::Spawn {
        program: std::env::current_exe()?,
        arguments: arguments.to_vec() as Vec<OsString>,
    })
}

fn see(config: &Path) -> Result<(), Failed> {
    let handed_over = Listener::handed_over()?;
    let config: Config = load_system(config)?;
    sandbox::drop_privileges()?;
    if !sandbox::confine(&process::folders(&config))? {
        // Best effort: the unit's own sandbox stands in front of this one.
        let _ = writeln!(
            std::io::stderr(),
            "facelogind vision: this kernel does not confine files (landlock)"
        );
    }
    let line = match handed_over {
        None => std::io::stdin().as_fd().try_clone_to_owned()?,
        Some(listener) => supervisor_at(&listener)?,
    };
    let beat_every = sd_notify::watchdog_enabled().map(|limit| limit / 3);
    let beat = || {
        if beat_every.is_some() {
            // A beat that cannot be sent is a beat that is missed.
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        }
    };
    let ready = || {
        // Without systemd there is nobody to notify.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    };
    Ok(process::serve(line, &config, beat_every, &ready, &beat)?)
}

fn encode_pictures(options: &EncodeArgs) -> Result<(), Failed> {
    sandbox::close_inherited()?;
    one_thread()?;
    let root = nix::unistd::geteuid().is_root();
    if root && options.under.is_empty() {
        // It keeps the right to read whatever it is told to.
        return Err(
            "started by root it needs --under DIR: the folders that it may read pictures from".into(),
        );
    }
    let models = match &options.models {
        Some(folder) => ModelDirs::only(std::path::absolute(folder)?),
        None if root => ModelDirs::system(),
        None => ModelDirs::for_user(),
    };
    let readable = match options.under.as_slice() {
        [] => vec![PathBuf::from("/")],
        folders => [folders, models.folders(), options.encoder.as_slice()].concat(),
    };
    sandbox::drop_privileges_but_reading()?;
    if !sandbox::confine_to_reading(&readable)? {
        let _ = writeln!(
            std::io::stderr(),
            "facelogind encode: this kernel does not confine files (landlock)"
        );
    }
    let task = encode::Task {
        engine: options.engine,
        encoder: options.encoder.clone(),
        models,
        trust: if root { Trust::RootOwned } else { Trust::AnyOwner },
        looking: options.effort,
        sizes: options.sizes,
    };
    Ok(encode::run(
        &task,
        std::io::stdin().lock(),
        std::io::stdout().lock(),
    )?)
}

/// The supervisor's connection. Nobody but root may see what the camera sees.
fn supervisor_at(listener: &Listener) -> Result<OwnedFd, Failed> {
    loop {
        if let Some((fd, 0)) = listener.accept()? {
            return Ok(fd);
        }
    }
}
