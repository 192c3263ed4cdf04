//! The texts of a workspace: open buffers over the disk. What a text holds is loaded once and kept
//! until the text changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustc_hash::{FxHashMap, FxHashSet};

use super::torn;
use crate::engine::repository::Texts;
use crate::input::{InputError, InputFile, Source};
use crate::load::{self, Loaded};
use crate::render::{Disk, Entry, EntryKind, Files};

/// A document that is open in the editor.
#[derive(Debug, Clone)]
pub(super) struct Buffer {
    /// The version that the editor gives it.
    pub(super) version: i32,
    /// The text.
    pub(super) text: Arc<str>,
}

/// The open documents by their paths. A clone is a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
    open: FxHashMap<PathBuf, Buffer>,
    kept: Arc<Mutex<Kept>>,
}

/// What was loaded.
#[derive(Debug, Default)]
struct Kept {
    files: FxHashMap<PathBuf, (Stamp, Arc<Loaded>)>,
    buffers: FxHashMap<PathBuf, Typed>,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    context: bool,
}

/// A buffer as it was last loaded.
#[derive(Debug, Clone)]
struct Typed {
    text: Arc<str>,
    loaded: Arc<Loaded>,
    /// The last state in which every document of the file could be read, or as many as ever.
    whole: Arc<Loaded>,
    /// What stands in for the documents that are torn.
    stand_in: Option<Arc<Loaded>>,
}

impl Buffers {
    /// The buffer of a path.
    pub(super) fn get(&self, path: &Path) -> Option<&Buffer> {
        self.open.get(path)
    }

    /// Opens a document or gives it another text.
    pub(super) fn put(&mut self, path: PathBuf, buffer: Buffer) {
        self.open.insert(path, buffer);
    }

    /// Closes a document: the disk counts again.
    pub(super) fn close(&mut self, path: &Path) {
        self.open.remove(path);
        let mut kept = self.kept();
        kept.buffers.remove(path);
        kept.files.remove(path);
    }

    /// Forgets what a file on the disk held.
    pub(super) fn forget(&self, path: &Path) {
        self.kept().files.remove(path);
    }

    /// Forgets everything that was loaded, as after a change of what loading depends on.
    pub(super) fn forget_all(&self) {
        *self.kept() = Kept::default();
    }

    /// The paths of the open documents.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.open.keys()
    }

    /// The current text of a file; `None` when it cannot be read.
    pub(super) fn text(&self, path: &Path) -> Option<Arc<str>> {
        match self.open.get(path) {
            Some(buffer) => Some(Arc::clone(&buffer.text)),
            None => std::fs::read_to_string(path).ok().map(Into::into),
        }
    }

    /// What stands in for the torn documents of a file.
    pub(super) fn stand_in(&self, path: &Path) -> Option<Arc<Loaded>> {
        self.open.get(path)?;
        self.kept().buffers.get(path)?.stand_in.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the text of a buffer.
    fn load_buffer(&self, file: &InputFile, buffer: &Buffer, how: &load::Options) -> Arc<Loaded> {
        let path = file.location.clone().unwrap_or_default();
        let before = self.kept().buffers.get(&path).cloned();
        if let Some(before) = &before
            && Arc::ptr_eq(&before.text, &buffer.text)
        {
            return Arc::clone(&before.loaded);
        }
        let whole = before.map(|before| before.whole).or_else(|| {
            let kept = self.kept();
            kept.files.get(&path).map(|(_, loaded)| Arc::clone(loaded))
        });
        let source = Source::from_bytes(file.clone(), buffer.text.as_bytes().to_vec());
        let text = Arc::new(load::HeldText(Arc::clone(&source.text)));
        let mut loaded = load::load_with(source, text, how);
        let stand_in = whole
            .as_deref()
            .and_then(|whole| torn::stand_in(whole, &loaded))
            .map(Arc::new);
        if stand_in.is_some() {
            torn::close_gaps(&mut loaded);
        }
        let loaded = Arc::new(loaded);
        let whole = match (&stand_in, whole) {
            (Some(_), Some(whole)) => whole,
            _ => Arc::clone(&loaded),
        };
        let typed = Typed {
            text: Arc::clone(&buffer.text),
            loaded: Arc::clone(&loaded),
            whole,
            stand_in,
        };
        self.kept().buffers.insert(path, typed);
        loaded
    }

    fn load_file(&self, file: &InputFile, how: &load::Options) -> Result<Arc<Loaded>, InputError> {
        let Some(path) = &file.location else {
            return load::read(file, how).map(Arc::new);
        };
        let metadata = std::fs::metadata(path).ok();
        let stamp = Stamp {
            modified: metadata.as_ref().and_then(|data| data.modified().ok()),
            length: metadata.map_or(0, |data| data.len()),
            context: file.context,
        };
        if let Some((known, loaded)) = self.kept().files.get(path)
            && *known == stamp
        {
            return Ok(Arc::clone(loaded));
        }
        let loaded = Arc::new(load::read(file, how)?);
        let mut kept = self.kept();
        kept.files
            .insert(path.clone(), (stamp, Arc::clone(&loaded)));
        Ok(loaded)
    }
}

impl Texts for Buffers {
    fn files(&self, root: &Path) -> std::io::Result<Box<dyn Files>> {
        let disk = Disk::new(root)?;
        let kept = self.kept();
        let texts = self.open.iter().filter_map(|(path, buffer)| {
            let below = path.strip_prefix(disk.root()).ok()?;
            let below = below.to_str()?.replace('\\', "/");
            // Renderers read the last state of a file that could be read.
            let typed = kept.buffers.get(path);
            let whole = typed
                .filter(|typed| typed.stand_in.is_some())
                .and_then(|typed| typed.whole.text.read());
            let text = whole.unwrap_or_else(|| Arc::clone(&buffer.text));
            Some((below, text))
        });
        let texts = texts.collect();
        drop(kept);
        Ok(Box::new(Overlaid { disk, texts }))
    }

    fn load(&self, file: &InputFile, how: &load::Options) -> Result<Arc<Loaded>, InputError> {
        let buffer = file.location.as_deref().and_then(|path| self.get(path));
        match buffer {
            Some(buffer) => Ok(self.load_buffer(file, buffer, how)),
            None => self.load_file(file, how),
        }
    }

    fn unsaved(&self, root: &Path) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self
            .paths()
            .filter(|path| path.starts_with(root) && is_manifest_name(path) && !path.exists())
            .cloned()
            .collect();
        paths.sort();
        paths
    }
}

/// Whether a file of this name may hold manifests.
pub(super) fn is_manifest_name(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
}

/// The disk with other texts in some places.
#[derive(Debug)]
struct Overlaid {
    disk: Disk,
    texts: FxHashMap<String, Arc<str>>,
}

impl Overlaid {
    fn text(&self, path: &str) -> Option<&Arc<str>> {
        if self.texts.is_empty() {
            return None;
        }
        let direct = self.texts.get(path);
        direct.or_else(|| self.texts.get(&self.disk.canonical(path)?))
    }
}

impl Files for Overlaid {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        match self.text(path) {
            Some(text) => Some(text.as_bytes().into()),
            None => self.disk.read(path),
        }
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.texts.contains_key(path) {
            return Some(EntryKind::File);
        }
        self.disk.kind(path)
    }

    fn entries(&self, path: &str) -> Vec<Entry> {
        let mut entries = self.disk.entries(path);
        let known: FxHashSet<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let before = entries.len();
        for text in self.texts.keys() {
            let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
            if folder == path && !known.contains(name) {
                entries.push(Entry {
                    name: name.to_owned(),
                    kind: EntryKind::File,
                });
            }
        }
        if entries.len() > before {
            entries.sort_by(|a, b| a.name.cmp(&b.name));
        }
        entries
    }

    fn canonical(&self, path: &str) -> Option<String> {
        let on_disk = self.disk.canonical(path);
        on_disk.or_else(|| self.texts.contains_key(path).then(|| path.to_owned()))
    }
}
