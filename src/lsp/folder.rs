//! A workspace folder and its analysis, kept up to date in the background.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use serde_json::Value;

use super::analysis::Analysis;
use super::buffers::Buffers;
use super::{Event, STACK, config};

/// A workspace folder.
#[derive(Debug)]
pub(super) struct Folder {
    /// The path, links resolved.
    pub(super) root: PathBuf,
    /// The path as the client has it.
    pub(super) named: PathBuf,
    /// Keys of the configuration, as the client sends them.
    pub(super) settings: Value,
    pub(super) analysis: Option<Arc<Analysis>>,
    /// Why there is no analysis.
    pub(super) error: Option<String>,
    /// Files that were typed in since.
    edited: BTreeSet<PathBuf>,
    /// Whether more than texts may have changed since.
    is_outdated: bool,
    job: Option<Job>,
    next_job: u64,
}

/// How long typing must have paused before everything is judged again.
const PAUSE: Duration = Duration::from_millis(150);

/// Work in the background.
#[derive(Debug)]
struct Job {
    number: u64,
    cancelled: Arc<AtomicBool>,
    /// Wakes the work if it waits; gone with the job.
    _alarm: Sender<()>,
    /// Whether it makes an analysis from the ground up.
    is_whole: bool,
}

/// What came of work in the background.
#[derive(Debug)]
pub(super) struct Analysed {
    /// The folder.
    pub(super) root: PathBuf,
    job: u64,
    result: Result<Option<Analysis>, String>,
}

/// What an update of the analysis changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// Nothing.
    Nothing,
    /// The findings in these files.
    Files(Vec<PathBuf>),
    /// Findings anywhere.
    Everything,
}

impl Folder {
    pub(super) fn new(named: PathBuf, settings: Value) -> Self {
        Self {
            root: named.canonicalize().unwrap_or_else(|_| named.clone()),
            named,
            settings,
            analysis: None,
            error: None,
            edited: BTreeSet::new(),
            is_outdated: true,
            job: None,
            next_job: 0,
        }
    }

    /// Notes that a document was typed in.
    pub(super) fn edit(&mut self, path: &Path) {
        self.edited.insert(path.to_owned());
    }

    /// Notes that anything may have changed.
    pub(super) fn outdate(&mut self) {
        self.is_outdated = true;
    }

    /// Whether the analysis is of the texts as they are.
    pub(super) fn is_current(&self) -> bool {
        let is_whole = self.job.as_ref().is_some_and(|job| job.is_whole);
        self.edited.is_empty() && !self.is_outdated && !is_whole
    }

    /// Whether nothing is left to find out.
    pub(super) fn is_settled(&self) -> bool {
        self.is_current() && self.job.is_none()
    }

    /// Catches up with what was typed: at once where that is quick, else in the background.
    pub(super) fn update(&mut self, buffers: &Buffers, events: &Sender<Event>) -> Changed {
        if self.edited.is_empty() && !self.is_outdated {
            return Changed::Nothing;
        }
        let is_whole = self.job.as_ref().is_some_and(|job| job.is_whole);
        if is_whole && !self.is_outdated {
            // The edits are made to what comes of it: typing must not keep it from ever being done.
            return Changed::Nothing;
        }
        let edited: Vec<PathBuf> = std::mem::take(&mut self.edited).into_iter().collect();
        self.cancel();
        let known = self.analysis.clone().filter(|_| !self.is_outdated);
        let retyped = edited.iter().try_fold(known, |known, path| {
            let next = known?.retyped(path, buffers)?;
            Some(Some(Arc::new(next)))
        });
        let buffers = buffers.clone();
        if let Some(Some(analysis)) = retyped {
            if let Some(old) = self.analysis.replace(Arc::clone(&analysis)) {
                give_back(old);
            }
            self.start(events, false, move |cancelled| {
                Ok(analysis.settled(&buffers, cancelled))
            });
            return Changed::Files(edited);
        }
        self.is_outdated = false;
        let (root, settings) = (self.root.clone(), self.settings.clone());
        let before = self.analysis.as_ref().map(|known| Arc::clone(&known.how));
        self.start(events, true, move |cancelled| {
            let how = config::how(&root, &settings, before.as_deref());
            if before.is_some_and(|before| !before.loads_like(&how.0)) {
                buffers.forget_all();
            }
            Analysis::new(how, &buffers, cancelled).map_err(|error| error.to_string())
        });
        Changed::Nothing
    }

    /// Takes what came of work in the background, unless it has been overtaken.
    pub(super) fn take(&mut self, analysed: Analysed) -> Changed {
        if self.job.as_ref().map(|job| job.number) != Some(analysed.job) {
            return Changed::Nothing;
        }
        self.job = None;
        match analysed.result {
            Ok(Some(analysis)) => {
                self.error = None;
                if let Some(old) = self.analysis.replace(Arc::new(analysis)) {
                    give_back(old);
                }
                Changed::Everything
            }
            Ok(None) => Changed::Nothing,
            Err(error) => {
                self.analysis = None;
                self.error = Some(error);
                Changed::Everything
            }
        }
    }

    /// Stops the work in the background.
    pub(super) fn cancel(&mut self) {
        if let Some(job) = self.job.take() {
            job.cancelled.store(true, Ordering::Relaxed);
        }
    }

    fn start(
        &mut self,
        events: &Sender<Event>,
        is_whole: bool,
        work: impl FnOnce(&AtomicBool) -> Result<Option<Analysis>, String> + Send + 'static,
    ) {
        let cancelled = Arc::new(AtomicBool::new(false));
        let (alarm, pause) = bounded(0);
        let job = Job {
            _alarm: alarm,
            number: self.next_job,
            cancelled: Arc::clone(&cancelled),
            is_whole,
        };
        self.next_job += 1;
        let (number, root, events) = (job.number, self.root.clone(), events.clone());
        let thread = thread::Builder::new()
            .name("analysis".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                if !is_whole {
                    // A word, or the end of the job, ends the pause.
                    let _ = pause.recv_timeout(PAUSE);
                }
                let result = work(&cancelled);
                let analysed = Analysed {
                    root,
                    job: number,
                    result,
                };
                // The server may be gone.
                let _ = events.send(Event::Analysed(analysed));
            });
        match thread {
            Ok(_) => self.job = Some(job),
            Err(error) => self.error = Some(format!("cannot start a thread: {error}")),
        }
    }
}

/// Gives the memory of an analysis back, which takes a while that nobody need wait for.
fn give_back(analysis: Arc<Analysis>) {
    rayon::spawn(move || drop(analysis));
}
