//! All pictures to what the engine sees in them, on all cores, from the cache where it was seen before.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use indicatif::ProgressBar;

use super::cache::{self, Cache};
use super::encoder::{Encoder, Head, Looked, Program};
use super::error::EvaluateError;

/// What became of a picture: what is in it, or why it could not be looked at.
pub type Seen = Result<Looked, String>;

/// All of them, in the order of the paths.
pub struct Encoded {
    /// Whose encodings.
    pub head: Head,
    /// One for each path.
    pub seen: Vec<Seen>,
    /// How many came from the cache.
    pub cached: usize,
    /// Why encodings were not kept, when they were not.
    pub not_kept: Option<String>,
}

/// What a worker says.
enum Word {
    Seen { index: usize, seen: Seen, cached: bool },
    NotKept(String),
    Failed(EvaluateError),
}

/// What the workers share.
struct Job<'a> {
    program: &'a Program,
    head: &'a Head,
    cache: Option<&'a Cache>,
    paths: &'a [&'a Path],
    next: AtomicUsize,
    over: AtomicBool,
}

/// Encodes. `keep`: with the user's cache.
pub fn encode(
    program: &Program,
    paths: &[&Path],
    keep: bool,
    bar: &ProgressBar,
) -> Result<Encoded, EvaluateError> {
    // What engine and models there are, only an encoder can say. It ends here: an encoder belongs to its thread.
    let head = Encoder::start(program)?.head.clone();
    // With liveness there is more in them.
    let live = head.live_threshold.map_or("", |_| "-live");
    let kind = format!("r{}-{}{live}", head.revision, program.effort);
    let cache = keep.then(|| Cache::of_user(&head.engine, &kind)).flatten();
    let job = Job {
        program,
        head: &head,
        cache: cache.as_ref(),
        paths,
        next: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    };
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(paths.len());
    bar.set_length(paths.len() as u64);
    let mut found: HashMap<usize, Seen> = HashMap::new();
    let (mut cached, mut not_kept, mut failed) = (0, None, None);
    std::thread::scope(|scope| {
        let (say, words) = channel();
        for _ in 0..workers {
            let (say, job) = (say.clone(), &job);
            scope.spawn(move || job.work(&say));
        }
        drop(say);
        for word in words {
            match word {
                Word::Seen {
                    index,
                    seen,
                    cached: was,
                } => {
                    found.insert(index, seen);
                    cached += usize::from(was);
                    bar.inc(1);
                }
                Word::NotKept(why) => not_kept = Some(why),
                Word::Failed(why) => failed = Some(why),
            }
        }
    });
    if let Some(why) = failed {
        return Err(why);
    }
    let missing = || Err("it was not looked at".to_owned());
    Ok(Encoded {
        seen: (0..paths.len())
            .map(|index| found.remove(&index).unwrap_or_else(missing))
            .collect(),
        head,
        cached,
        not_kept,
    })
}

impl Job<'_> {
    fn work(&self, say: &Sender<Word>) {
        let mut encoder = None;
        while !self.over.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = self.paths.get(index) else { return };
            let word = match self.one(&mut encoder, path, say) {
                Ok((seen, cached)) => Word::Seen { index, seen, cached },
                Err(why) => {
                    self.over.store(true, Ordering::Relaxed);
                    Word::Failed(why)
                }
            };
            // Whoever listened is gone only when all is over.
            let _ = say.send(word);
        }
    }

    /// One picture, and whether it came from the cache.
    fn one(
        &self,
        encoder: &mut Option<Encoder>,
        path: &Path,
        say: &Sender<Word>,
    ) -> Result<(Seen, bool), EvaluateError> {
        if let Some(cache) = self.cache {
            match cache::hash(path, self.head.largest_picture) {
                Err(why) => return Ok((Err(why.to_string()), false)),
                Ok(hash) => {
                    if let Some(looked) = hash.and_then(|hash| cache.find(&hash)) {
                        return Ok((Ok(looked), true));
                    }
                }
            }
        }
        let running = match encoder {
            Some(running) => running,
            None => encoder.insert(self.start()?),
        };
        let Some(seen) = running.look_at(path) else {
            // The next picture gets another.
            *encoder = None;
            return Ok((Err("the encoder ended while it looked at it".into()), false));
        };
        // By the hash of what was decoded: the file may have changed since it was looked for.
        if let (Some(cache), Ok((looked, hash))) = (self.cache, &seen)
            && let Err(why) = cache.keep(hash, looked)
        {
            let _ = say.send(Word::NotKept(why.to_string()));
        }
        Ok((seen.map(|(looked, _)| looked), false))
    }

    fn start(&self) -> Result<Encoder, EvaluateError> {
        let encoder = Encoder::start(self.program)?;
        if encoder.head == *self.head {
            return Ok(encoder);
        }
        Err(EvaluateError::Encoder {
            program: self.program.path.clone(),
            why: "its models changed while it ran; start again".into(),
        })
    }
}
