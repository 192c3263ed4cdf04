//! The files of a repository as renderers read them: through a trait, so that an editor's unsaved
//! texts and tests' trees are read as the disk is; each file once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;

/// What a path leads to, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is, links followed.
    pub kind: EntryKind,
}

/// A tree of files. Paths are relative to its root, with `/`, without `.` and `..`; the root
/// itself is the empty path. Nothing outside of the root can be read, through links neither.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// The bytes of a file; `None` when there is no such file, it can't be read or it is absurdly
    /// large.
    fn read(&self, path: &str) -> Option<Arc<[u8]>>;
    /// What the path leads to.
    fn kind(&self, path: &str) -> Option<EntryKind>;
    /// The entries of a folder in the order of their names; empty for anything else.
    fn entries(&self, path: &str) -> Vec<Entry>;
    /// The path with links resolved; `None` when it doesn't exist or leads out of the root.
    fn canonical(&self, path: &str) -> Option<String>;
}

/// Files larger than this are not read, in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// The tree below a folder of the disk.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The tree below `root`, which must exist.
    pub fn new(root: &Path) -> std::io::Result<Self> {
        Ok(Self {
            root: root.canonicalize()?,
        })
    }

    /// The folder, links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn resolve(&self, path: &str) -> Option<PathBuf> {
        let full = self.root.join(path).canonicalize().ok()?;
        full.starts_with(&self.root).then_some(full)
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        let full = self.resolve(path)?;
        let metadata = full.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return None;
        }
        std::fs::read(full).ok().map(Into::into)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let metadata = self.resolve(path)?.metadata().ok()?;
        if metadata.is_dir() {
            Some(EntryKind::Folder)
        } else if metadata.is_file() {
            Some(EntryKind::File)
        } else {
            None
        }
    }

    fn entries(&self, path: &str) -> Vec<Entry> {
        let Some(full) = self.resolve(path) else {
            return Vec::new();
        };
        let Ok(folder) = std::fs::read_dir(full) else {
            return Vec::new();
        };
        let mut entries: Vec<Entry> = folder
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok()?;
                let kind = entry.file_type().ok()?;
                let kind = if kind.is_dir() {
                    EntryKind::Folder
                } else if kind.is_file() {
                    EntryKind::File
                } else {
                    self.kind(&join(path, &name)?)?
                };
                Some(Entry { name, kind })
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn canonical(&self, path: &str) -> Option<String> {
        let full = self.resolve(path)?;
        let relative = full.strip_prefix(&self.root).ok()?;
        Some(relative.to_str()?.replace('\\', "/"))
    }
}

/// A tree in memory: paths and texts.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Arc<[u8]>>,
}

impl Memory {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Arc<[u8]>>) {
        self.files.insert(path.to_owned(), bytes.into());
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        self.files.get(path).cloned()
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.files.contains_key(path) {
            return Some(EntryKind::File);
        }
        (path.is_empty() || !self.entries(path).is_empty()).then_some(EntryKind::Folder)
    }

    fn entries(&self, path: &str) -> Vec<Entry> {
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let mut entries: Vec<Entry> = Vec::new();
        for name in self.files.range(prefix.clone()..).map(|(name, _)| name) {
            let Some(rest) = name.strip_prefix(&prefix) else {
                break;
            };
            let (name, kind) = match rest.split_once('/') {
                Some((folder, _)) => (folder, EntryKind::Folder),
                None => (rest, EntryKind::File),
            };
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(Entry {
                    name: name.to_owned(),
                    kind,
                });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|a, b| a.name == b.name);
        entries
    }

    fn canonical(&self, path: &str) -> Option<String> {
        self.kind(path).map(|_| path.to_owned())
    }
}

/// Joins a path of the tree with a relative one, resolving `.` and `..`; `None` when it leads out
/// of the root or is absolute.
pub fn join(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Files that one path with wildcards means at most, about.
const MOST_MATCHING: usize = 10_000;

/// The number of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

#[derive(Debug, Default)]
struct Read {
    sources: Vec<(Arc<str>, Arc<str>)>,
    by_path: FxHashMap<Arc<str>, Option<SourceId>>,
}

/// The texts that renderers have read, numbered; each file is read once. Numbers depend on the
/// order of reading and never decide anything: sort by path.
#[derive(Debug)]
pub struct Sources {
    files: Box<dyn Files>,
    read: RwLock<Read>,
}

impl Sources {
    /// The texts of a tree.
    pub fn new(files: Box<dyn Files>) -> Self {
        Self {
            files,
            read: RwLock::default(),
        }
    }

    /// The tree, for what is no text and for looking around.
    pub fn files(&self) -> &dyn Files {
        &*self.files
    }

    /// The YAML and JSON files that a path with wildcards means, in order; a path without is the file
    /// itself, if it is there.
    pub fn matching(&self, path: &str) -> Vec<String> {
        if self.files().kind(path) == Some(EntryKind::File) {
            return vec![path.to_owned()];
        }
        if !path.contains(['*', '?', '[']) {
            return Vec::new();
        }
        let Ok(glob) = globset::GlobBuilder::new(path)
            .literal_separator(true)
            .build()
        else {
            return Vec::new();
        };
        let matcher = glob.compile_matcher();
        let fixed: Vec<&str> = path
            .split('/')
            .take_while(|part| !part.contains(['*', '?', '[']))
            .collect();
        let is_read = |path: &str| {
            let name = path.strip_suffix(".gotmpl").unwrap_or(path);
            [".yaml", ".yml", ".json"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        let mut found = Vec::new();
        let mut folders = vec![fixed.join("/")];
        while let Some(folder) = folders.pop() {
            for entry in self.files().entries(&folder) {
                let Some(path) = join(&folder, &entry.name) else {
                    continue;
                };
                match entry.kind {
                    EntryKind::Folder => folders.push(path),
                    EntryKind::File if matcher.is_match(&path) && is_read(&path) => {
                        found.push(path);
                    }
                    EntryKind::File => {}
                }
            }
            if found.len() > MOST_MATCHING || folders.len() > MOST_MATCHING {
                break;
            }
        }
        found.sort();
        found
    }

    /// The text of a file, without a byte order mark; bytes that are no UTF-8 are replaced.
    /// `None` when it isn't there.
    pub fn open(&self, path: &str) -> Option<SourceId> {
        if let Ok(read) = self.read.read()
            && let Some(known) = read.by_path.get(path)
        {
            return *known;
        }
        let text = self.files.read(path).map(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            Arc::<str>::from(text.strip_prefix('\u{feff}').unwrap_or(&text))
        });
        let mut read = self.read.write().ok()?;
        if let Some(known) = read.by_path.get(path) {
            return *known;
        }
        let path: Arc<str> = path.into();
        let id = text.map(|text| read.push(Arc::clone(&path), text));
        read.by_path.insert(path, id);
        id
    }

    /// Adds a text that is no file of the tree, such as a value of the command line or a member of
    /// an archive. `name` is shown to people.
    pub fn add(&self, name: &str, text: &str) -> SourceId {
        match self.read.write() {
            Ok(mut read) => read.push(name.into(), text.into()),
            Err(_) => SourceId(u32::MAX),
        }
    }

    /// The path of a source.
    pub fn path(&self, id: SourceId) -> Arc<str> {
        self.get(id).map(|(path, _)| path).unwrap_or_default()
    }

    /// The text of a source.
    pub fn text(&self, id: SourceId) -> Arc<str> {
        self.get(id).map(|(_, text)| text).unwrap_or_default()
    }

    fn get(&self, id: SourceId) -> Option<(Arc<str>, Arc<str>)> {
        let read = self.read.read().ok()?;
        read.sources.get(id.0 as usize).cloned()
    }
}

impl Read {
    fn push(&mut self, path: Arc<str>, text: Arc<str>) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push((path, text));
        id
    }
}
