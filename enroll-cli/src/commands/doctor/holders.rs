//! Which programs have a camera open: told from /proc, without opening it.

use std::fs;
use std::path::Path;

/// The daemon's own process, which has it for a scan.
const OURS: &str = "facelogind";

/// `NAME (process PID)` for each process that has `device` open, as far as this user may see: root sees all.
pub fn holders(proc: &Path, device: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(proc) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // A process that has ended meanwhile, or is somebody else's, has nothing to show.
        let Ok(files) = fs::read_dir(entry.path().join("fd")) else {
            continue;
        };
        let has_it = |file: fs::DirEntry| fs::read_link(file.path()).is_ok_and(|to| to == Path::new(device));
        if files.flatten().any(has_it) {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            let name = name.trim_end();
            if name != OURS {
                found.push(format!("{name} (process {pid})"));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_the_device_open_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let device = dir.path().join("video0");
        fs::write(&device, "").unwrap();
        let device = device.to_str().unwrap();
        let proc = Path::new("/proc");
        assert_eq!(holders(proc, device), Vec::<String>::new());
        let open = fs::File::open(device).unwrap();
        let found = holders(proc, device);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].ends_with(&format!("(process {})", std::process::id())),
            "{found:?}"
        );
        drop(open);
    }
}
