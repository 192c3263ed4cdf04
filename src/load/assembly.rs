//! Puts what was read into one store, in the order of the files.
//!
//! Files come in batches, so that what a file was read into is gone before the next ones are
//! read: held all at once, the parts would double the memory of the run.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Chunk, Loaded};
use crate::diagnostics::{Code, Finding, ReportFile, Skipped, TextSpan, Unreadable};
use crate::input::{self, InputError, InputFile, SkipReason, Source, Surroundings};
use crate::mesh::Gap;
use crate::mesh::neighbours::{Folder, Folders};
use crate::model::{Objects, Str};

/// A file with what its chunks hold, or why it could not be read.
pub type Read = Result<(Source, Vec<(Chunk, Loaded)>), InputError>;

/// The objects of a run as they come in, and what became of the files.
#[derive(Debug, Default)]
pub struct Assembly {
    /// The objects.
    pub objects: Objects,
    /// The files. Those that can be read again hold no text yet, see [`Assembly::origins`].
    pub files: Vec<ReportFile>,
    /// Where each file comes from.
    pub origins: Vec<Option<Origin>>,
    /// The chunks that they were read in.
    pub chunks: Vec<Chunk>,
    /// Findings about what could not be read.
    pub findings: Vec<Finding>,
    /// Files that the system would not let us read.
    pub unreadable: Vec<Unreadable>,
    /// Files that hold objects, or were meant to.
    pub manifests: usize,
    /// What documents that cannot be read may hold.
    pub gaps: Vec<Gap>,
    /// The folder of each chunk.
    pub folders: Vec<Folder>,
    numbers: Folders,
    surroundings: Surroundings,
    passed: FxHashMap<SkipReason, Vec<String>>,
    unread: FxHashMap<(Str, Str), usize>,
}

/// A file whose text was dropped after loading: most files of a run have nothing to report, and
/// their text would be a quarter of its memory.
#[derive(Debug, Clone)]
pub struct Origin {
    file: InputFile,
    fingerprint: u64,
}

impl Origin {
    fn of(source: &Source) -> Option<Self> {
        let file = InputFile {
            path: source.path.clone(),
            location: Some(source.location.clone()?),
            context: source.context,
        };
        Some(Self {
            file,
            fingerprint: fingerprint(&source.text),
        })
    }

    /// The text, once more; `None` when the file is gone or has changed since.
    pub fn read(&self) -> Option<Arc<str>> {
        let source = input::read(&self.file).ok()?;
        (fingerprint(&source.text) == self.fingerprint).then_some(source.text)
    }
}

fn fingerprint(text: &str) -> u64 {
    use std::hash::BuildHasher as _;
    rustc_hash::FxBuildHasher.hash_one(text)
}

impl Assembly {
    /// An empty one. `skipped` was passed over already.
    pub fn new(surroundings: Surroundings, skipped: Vec<input::Skipped>) -> Self {
        let mut assembly = Self {
            surroundings,
            ..Self::default()
        };
        for skip in skipped {
            assembly.pass(skip.reason, skip.path);
        }
        assembly
    }

    /// Notes the patches that a kustomization names. Must come before the patches themselves.
    pub fn note_patches(&mut self, source: &Source, chunks: &[(Chunk, Loaded)]) {
        let patches = chunks.iter().flat_map(|(_, loaded)| &loaded.patches);
        self.surroundings
            .add_patches(source, patches.map(String::as_str));
    }

    /// Adds a file.
    pub fn add(&mut self, read: Read) {
        match read {
            Ok((source, chunks)) => self.add_source(source, chunks),
            Err(error) => self.unreadable.push(Unreadable {
                message: error.to_string(),
            }),
        }
    }

    fn add_source(&mut self, source: Source, chunks: Vec<(Chunk, Loaded)>) {
        let file = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        if let Some(problem) = source.problem {
            let span = TextSpan {
                file,
                start: 0,
                end: 0,
            };
            if !source.context {
                let message = format!("{} {problem}", source.path);
                self.findings
                    .push(Finding::in_file(Code::MESH0008, span, message));
            }
            self.origins.push(None);
            self.files.push(ReportFile {
                path: source.path.to_string(),
                text: Arc::default(),
                bom: source.bom,
            });
            return;
        }
        if let Some(reason) = skip_reason(&source, &chunks, &self.surroundings) {
            self.pass(reason, source.path.to_string());
            return;
        }
        self.manifests += 1;
        let folder = self.numbers.of(source.location.as_deref());
        for (chunk, loaded) in chunks {
            self.add_chunk(Chunk { file, ..chunk }, loaded, source.context);
            self.folders.push(folder);
        }
        let origin = Origin::of(&source);
        self.files.push(ReportFile {
            path: source.path.to_string(),
            text: if origin.is_some() {
                Arc::default()
            } else {
                source.text
            },
            bom: source.bom,
        });
        self.origins.push(origin);
    }

    fn add_chunk(&mut self, chunk: Chunk, mut loaded: Loaded, context: bool) {
        let index = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        let offset = u32::try_from(self.objects.headers.len()).unwrap_or(u32::MAX);
        for header in &mut loaded.objects.headers {
            header.place.chunk = index;
        }
        if !context {
            self.findings
                .extend(loaded.findings.into_iter().map(|mut finding| {
                    if let Some(id) = &mut finding.object {
                        id.0 = id.0.saturating_add(offset);
                    }
                    if let Some(span) = &mut finding.span {
                        span.file = chunk.file;
                    }
                    finding
                }));
        }
        for (kind, count) in loaded.unread {
            *self.unread.entry(kind).or_default() += count;
        }
        self.gaps.extend(loaded.gaps);
        self.chunks.push(chunk);
        self.objects.append(loaded.objects);
    }

    fn pass(&mut self, reason: SkipReason, path: String) {
        self.passed.entry(reason).or_default().push(path);
    }

    /// What was not checked, by reason.
    pub fn skipped(&mut self) -> Vec<Skipped> {
        skipped_by_reason(
            std::mem::take(&mut self.passed),
            std::mem::take(&mut self.unread),
        )
    }
}

/// Why a file is no manifest.
fn skip_reason(
    source: &Source,
    chunks: &[(Chunk, Loaded)],
    surroundings: &Surroundings,
) -> Option<SkipReason> {
    let documents: Vec<input::Document<'_>> = chunks
        .iter()
        .flat_map(|(_, loaded)| {
            let objects = loaded.objects.headers.iter().map(|header| input::Document {
                api_version: Some(&header.api_version),
                kind: Some(&header.kind),
                has_metadata: true,
                has_mapping_as_key: loaded.has_mapping_as_key,
            });
            objects.chain(loaded.others.iter().map(|other| input::Document {
                api_version: other.api_version.as_deref(),
                kind: other.kind.as_deref(),
                has_metadata: other.has_metadata,
                has_mapping_as_key: loaded.has_mapping_as_key,
            }))
        })
        .collect();
    let broken = chunks.iter().any(|(_, loaded)| loaded.broken > 0);
    input::classify(
        source,
        input::Content {
            documents: &documents,
            broken,
        },
        surroundings,
    )
}

fn skipped_by_reason(
    passed: FxHashMap<SkipReason, Vec<String>>,
    unread: FxHashMap<(Str, Str), usize>,
) -> Vec<Skipped> {
    let mut passed: Vec<_> = passed.into_iter().collect();
    passed.sort();
    let mut skipped: Vec<Skipped> = passed
        .into_iter()
        .map(|(reason, mut what)| {
            what.sort();
            Skipped {
                reason: reason.words().to_owned(),
                count: what.len(),
                what,
            }
        })
        .collect();
    if !unread.is_empty() {
        let count = unread.values().sum();
        let mut what: Vec<String> = unread
            .into_iter()
            .map(|((version, kind), n)| format!("{n} {kind} ({version})"))
            .collect();
        what.sort();
        skipped.push(Skipped {
            reason: "objects of kinds that no rule reads".to_owned(),
            count,
            what,
        });
    }
    skipped
}
