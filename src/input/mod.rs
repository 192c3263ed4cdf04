//! Files and their text: walking paths, standard input, reading, line index, and which files are
//! no manifests. Knows nothing of Kubernetes and nothing of YAML's grammar.
//!
//! [`collect`] says which files there are, [`read`] reads one of them (on any thread), and
//! [`classify`] decides after parsing whether its content is something to check.

mod classify;
mod collect;
mod exclude;
mod lines;
mod patterns;
mod read;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub use classify::{
    Content, Document, Marks, Surroundings, classify, is_kustomization, is_kustomization_name,
};
pub(crate) use collect::reason;
pub use collect::{collect, raw_byte};
pub use exclude::Exclude;
pub use lines::{LineColumn, LineIndex};
pub use patterns::Patterns;
pub use read::{Source, TextProblem, read};

/// The name under which standard input is shown.
pub const STDIN: &str = "<stdin>";

/// The name of the configuration, which is no manifest.
pub const CONFIGURATION: &str = "meshlint.yaml";

/// Which files to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Files and folders to report on; `-` is standard input.
    pub paths: &'a [PathBuf],
    /// Files and folders to read for context only.
    pub with: &'a [PathBuf],
    /// Globs of files and folders to leave out. One without a slash matches a name at any depth,
    /// one with a slash a path as shown, relative to its root, or relative to the working
    /// directory.
    pub exclude: &'a [String],
    /// Patterns of the configuration for the same; the last that speaks of a path counts.
    pub ignored: &'a [Patterns],
}

/// The files of a run, in the order of their paths whatever the order of the arguments, standard
/// input last, and what was passed over on the way.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files to read.
    pub files: Vec<InputFile>,
    /// What was not taken.
    pub skipped: Vec<Skipped>,
}

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// The path as shown to the user: as given, with `/` between its parts. Bytes that are no
    /// UTF-8 stand as characters of their own, see [`raw_byte`].
    pub path: Arc<str>,
    /// The path without links, `.` and `..`, by which a file is known to be the same as another;
    /// `None` for standard input.
    pub location: Option<PathBuf>,
    /// Whether the file is read for context only (`--with`).
    pub context: bool,
    /// Whether the user named the file itself, not a folder that it is in.
    pub is_named: bool,
}

impl InputFile {
    /// The name of the file without its folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Something that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Skipped {
    /// The path as shown to the user.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why something was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// A file or folder whose name begins with a dot.
    Hidden,
    /// A folder with code of others: `node_modules` or `vendor`.
    Dependencies,
    /// Left out on request.
    Excluded,
    /// A symbolic link to a folder that it is in.
    SymlinkLoop,
    /// A symbolic link to nothing.
    DanglingLink,
    /// Text that Helm, or a tool with the same braces, makes manifests from.
    HelmTemplate,
    /// `Chart.yaml` and the like.
    HelmChart,
    /// Values for a Helm chart.
    HelmValues,
    /// `kustomization.yaml`.
    Kustomization,
    /// A file that a kustomization names as a patch.
    KustomizePatch,
    /// YAML or JSON that holds no Kubernetes objects.
    NoObjects,
    /// YAML that cannot be parsed, and that nothing tells to be a manifest.
    Unparsed,
    /// Nothing but white space and comments.
    Empty,
}

impl SkipReason {
    /// What was passed over, in words that follow a number.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Hidden => "hidden files and folders",
            Self::Dependencies => "dependency folders",
            Self::Excluded => "excluded paths",
            Self::SymlinkLoop => "symbolic link loops",
            Self::DanglingLink => "dangling symbolic links",
            Self::HelmTemplate => "Helm templates",
            Self::HelmChart => "Helm chart files",
            Self::HelmValues => "Helm values files",
            Self::Kustomization => "kustomization files",
            Self::KustomizePatch => "kustomize patches",
            Self::NoObjects => "files without Kubernetes objects",
            Self::Unparsed => "YAML files that could not be parsed",
            Self::Empty => "empty files",
        }
    }
}

/// What stops a run: the user named something that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file or folder that cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path as shown to the user.
        path: String,
        /// Why, in the words of the system.
        reason: String,
    },
    /// A glob that is none.
    #[error("invalid glob {glob:?}: {reason}")]
    Glob {
        /// The glob as given.
        glob: String,
        /// Why.
        reason: String,
    },
}

/// A path without `.` and `..`, which are taken at their word: as far as the text alone tells.
pub(crate) fn lexical(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}
