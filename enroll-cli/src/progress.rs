//! The live line on a terminal. Where there is none, nothing is drawn.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// An enrolment from the camera: good pictures got and wanted, with what to do now behind them.
pub struct Pictures(ProgressBar);

impl Pictures {
    /// Before the daemon said how many it wants.
    pub fn start() -> Self {
        let bar = line("{msg}");
        bar.set_message("Look at the camera");
        Self(bar)
    }

    /// The daemon's word. `hint` has been cleaned.
    pub fn show(&self, got: u32, wanted: u32, hint: String) {
        self.0.set_style(style("{bar:20} {pos}/{len} {msg}"));
        self.0.set_length(wanted.into());
        self.0.set_position(got.into());
        self.0.set_message(hint);
    }

    /// Takes the line away.
    pub fn end(self) {
        self.0.finish_and_clear();
    }
}

/// Bytes of one file.
pub fn download() -> ProgressBar {
    line("{bar:20} {bytes}/{total_bytes} {msg}")
}

/// Pictures that were looked at, with how long the rest will take.
pub fn pictures() -> ProgressBar {
    line("{bar:20} {pos}/{len} pictures, {eta} left")
}

fn line(template: &str) -> ProgressBar {
    let bar = ProgressBar::no_length().with_style(style(template));
    // Hides itself where the standard error stream is no terminal.
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar
}

fn style(template: &str) -> ProgressStyle {
    // The templates above are constants; the default style is as good for one that were wrong.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
