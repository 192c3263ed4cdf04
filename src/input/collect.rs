//! Which files a run reads.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::exclude::Exclude;
use super::{CONFIGURATION, InputError, InputFile, Inputs, Options, STDIN, SkipReason, Skipped};

/// Finds the files of a run. Folders are walked in the order of names and followed through
/// symbolic links; of the files below them those named `*.yaml`, `*.yml`, `*.json` or
/// `Kustomization` are taken, and a file that the user names is taken whatever its name. A file
/// met twice is taken once, and reported on if either place asks for it. The order is that of the
/// paths, so that the order of the arguments changes nothing.
///
/// Fails when a named path does not exist, or when a file or folder on the way cannot be read.
pub fn collect(options: &Options<'_>) -> Result<Inputs, InputError> {
    let mut collector = Collector {
        exclude: Exclude::new(options.exclude, options.ignored)?,
        seen: HashMap::new(),
        passed_over: HashSet::new(),
        inputs: Inputs::default(),
        context: false,
    };
    for path in options.paths {
        collector.root(path)?;
    }
    collector.context = true;
    for path in options.with {
        collector.root(path)?;
    }
    let mut inputs = collector.inputs;
    inputs
        .files
        .sort_by(|a, b| (a.location.is_none(), &a.path).cmp(&(b.location.is_none(), &b.path)));
    Ok(inputs)
}

struct Collector {
    exclude: Exclude,
    /// The index of each file by its location.
    seen: HashMap<Option<PathBuf>, usize>,
    passed_over: HashSet<Skipped>,
    inputs: Inputs,
    context: bool,
}

impl Collector {
    /// Takes what the user named.
    fn root(&mut self, root: &Path) -> Result<(), InputError> {
        if root == Path::new("-") {
            self.take(STDIN.into(), None, true);
            return Ok(());
        }
        let metadata = std::fs::metadata(root).map_err(|error| unreadable(root, &error))?;
        if metadata.is_dir() {
            self.folder(root)
        } else {
            if self.exclude.covers(root, root) {
                self.skip(root, SkipReason::Excluded);
            } else {
                // A pipe, as in `<(kubectl get ...)`, has no canonical path.
                let location = root.canonicalize().unwrap_or_else(|_| root.to_owned());
                self.take(shown(root).into(), Some(location), true);
            }
            Ok(())
        }
    }

    fn folder(&mut self, root: &Path) -> Result<(), InputError> {
        let base = root
            .canonicalize()
            .map_err(|error| unreadable(root, &error))?;
        // Below these the canonical path is not that of the root and the way from there.
        let mut linked: Vec<PathBuf> = Vec::new();
        let mut entries = WalkDir::new(root)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_error(root, error)?;
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            let reason = if entry.depth() == 0 {
                None
            } else {
                passed_over(&entry)
            };
            let reason = reason.or_else(|| {
                self.exclude
                    .covers(entry.path(), root)
                    .then_some(SkipReason::Excluded)
            });
            if is_folder {
                if let Some(reason) = reason {
                    self.skip(entry.path(), reason);
                    entries.skip_current_dir();
                } else if entry.depth() > 0 && entry.path_is_symlink() {
                    linked.push(entry.into_path());
                }
                continue;
            }
            if !entry.file_type().is_file() || !is_candidate(entry.path()) {
                continue;
            }
            if let Some(reason) = reason {
                self.skip(entry.path(), reason);
                continue;
            }
            let through_link =
                entry.path_is_symlink() || linked.iter().any(|l| entry.path().starts_with(l));
            let location = match entry.path().strip_prefix(root) {
                Ok(rest) if !through_link => base.join(rest),
                _ => entry
                    .path()
                    .canonicalize()
                    .map_err(|error| unreadable(entry.path(), &error))?,
            };
            self.take(shown(entry.path()).into(), Some(location), false);
        }
        Ok(())
    }

    /// Tells a harmless link from a path that cannot be read.
    fn walk_error(&mut self, root: &Path, error: walkdir::Error) -> Result<(), InputError> {
        let path = error.path().unwrap_or(root).to_owned();
        if error.loop_ancestor().is_some() {
            self.skip(&path, SkipReason::SymlinkLoop);
            return Ok(());
        }
        let is_link = std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
        let error = error
            .into_io_error()
            .unwrap_or_else(|| std::io::Error::other("unknown error"));
        if is_link && error.kind() != std::io::ErrorKind::PermissionDenied {
            self.skip(&path, SkipReason::DanglingLink);
            return Ok(());
        }
        Err(unreadable(&path, &error))
    }

    fn take(&mut self, path: Arc<str>, location: Option<PathBuf>, is_named: bool) {
        let next = self.inputs.files.len();
        let index = *self.seen.entry(location.clone()).or_insert(next);
        match self.inputs.files.get_mut(index) {
            None => self.inputs.files.push(InputFile {
                path,
                location,
                context: self.context,
                is_named,
            }),
            // Of several names for one file the first in order is shown.
            Some(file) if file.context == self.context => {
                if path < file.path {
                    file.path = path;
                }
                file.is_named |= is_named;
            }
            Some(_) => {}
        }
    }

    fn skip(&mut self, path: &Path, reason: SkipReason) {
        let skipped = Skipped {
            path: shown(path),
            reason,
        };
        // Roots may overlap.
        if self.passed_over.insert(skipped.clone()) {
            self.inputs.skipped.push(skipped);
        }
    }
}

/// Whether something below a root is passed over for its name.
fn passed_over(entry: &walkdir::DirEntry) -> Option<SkipReason> {
    let name = entry.file_name().to_string_lossy();
    if name.starts_with('.') {
        return Some(SkipReason::Hidden);
    }
    if !entry.file_type().is_dir() {
        return None;
    }
    // What Cargo and others leave has a tag that says so.
    let is_dependency = matches!(&*name, "node_modules" | "vendor")
        || (name == "target" && entry.path().join("CACHEDIR.TAG").is_file());
    is_dependency.then_some(SkipReason::Dependencies)
}

/// Whether a file met in a folder may hold manifests or say which others do not. The configuration
/// is read as what it is.
fn is_candidate(path: &Path) -> bool {
    if path.file_name().is_some_and(|name| name == CONFIGURATION) {
        return false;
    }
    path.extension()
        .is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
        || path.file_name().is_some_and(|name| name == "Kustomization")
}

/// The path as the user sees it.
pub(super) fn shown(path: &Path) -> String {
    let path = match path.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest,
        _ => path,
    };
    if let Some(text) = path.to_str() {
        return if cfg!(windows) {
            text.replace('\\', "/")
        } else {
            text.to_owned()
        };
    }
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| stand_in(*byte)));
    }
    text
}

/// The first of the private characters that stand for bytes of paths that are no UTF-8: two names
/// must not become one.
const STAND_IN: u32 = 0xF700;

fn stand_in(byte: u8) -> char {
    char::from_u32(STAND_IN + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a character of a path stands for when the path is no UTF-8 there.
pub fn raw_byte(c: char) -> Option<u8> {
    let byte = u32::from(c).checked_sub(STAND_IN)?;
    u8::try_from(byte).ok().filter(|byte| *byte >= 0x80)
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> InputError {
    InputError::Unreadable {
        path: shown(path),
        reason: reason(error),
    }
}

/// Why a file cannot be read or written, without the numbers of the system.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => {
            let text = error.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            text.get(..end).unwrap_or_default().to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    /// A folder with these files, empty ones.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn run(paths: &[PathBuf], with: &[PathBuf], exclude: &[&str]) -> Inputs {
        let exclude: Vec<String> = exclude.iter().map(|&g| g.to_owned()).collect();
        collect(&Options {
            paths,
            with,
            exclude: &exclude,
            ignored: &[],
        })
        .unwrap()
    }

    /// Paths below `root`, with a `+` before context.
    fn names(inputs: &Inputs, root: &Path) -> Vec<String> {
        let prefix = format!("{}/", shown(root));
        inputs
            .files
            .iter()
            .map(|file| {
                let name = file
                    .path
                    .strip_prefix(prefix.as_str())
                    .unwrap_or(&file.path);
                format!("{}{name}", if file.context { "+" } else { "" })
            })
            .collect()
    }

    fn skipped(inputs: &Inputs, root: &Path) -> Vec<(String, SkipReason)> {
        let prefix = format!("{}/", shown(root));
        inputs
            .skipped
            .iter()
            .map(|s| {
                let name = s.path.strip_prefix(prefix.as_str()).unwrap_or(&s.path);
                (name.to_owned(), s.reason)
            })
            .collect()
    }

    #[test]
    fn takes_yaml_and_json_in_the_order_of_names() {
        let root = folder(&["b.yml", "a/z.yaml", "a/b/c.json", "README.md", "c.yaml.bak"]);
        let inputs = run(&[root.path().to_owned()], &[], &[]);
        assert_eq!(
            names(&inputs, root.path()),
            ["a/b/c.json", "a/z.yaml", "b.yml"]
        );
        assert!(inputs.skipped.is_empty());
    }

    #[test]
    fn the_order_of_the_roots_changes_nothing() {
        let root = folder(&["a/1.yaml", "b/2.yaml"]);
        let (a, b) = (root.path().join("a"), root.path().join("b"));
        let named = b.join("2.yaml");
        for roots in [[&a, &b, &named], [&named, &b, &a]] {
            let roots = roots.map(PathBuf::clone);
            let inputs = run(&roots, &[], &[]);
            assert_eq!(names(&inputs, root.path()), ["a/1.yaml", "b/2.yaml"]);
            let is_named: Vec<bool> = inputs.files.iter().map(|file| file.is_named).collect();
            assert_eq!(is_named, [false, true]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_utf8_stay_apart() {
        use std::os::unix::ffi::OsStrExt as _;
        let [a, b] =
            [b"\xE9", b"\xFF"].map(|name| shown(Path::new(std::ffi::OsStr::from_bytes(name))));
        assert_ne!(a, b);
        assert_eq!(a.chars().filter_map(raw_byte).collect::<Vec<u8>>(), [0xE9]);
        assert_eq!(raw_byte('a'), None);
    }

    #[test]
    fn passes_over_hidden_and_dependency_folders() {
        let root = folder(&[
            ".git/x.yaml",
            ".hidden.yaml",
            "web/node_modules/p/x.yaml",
            "vendor/x.yaml",
            "a.yaml",
            "vendor.yaml",
        ]);
        let inputs = run(&[root.path().to_owned()], &[], &[]);
        assert_eq!(names(&inputs, root.path()), ["a.yaml", "vendor.yaml"]);
        assert_eq!(
            skipped(&inputs, root.path()),
            [
                (".git".to_owned(), SkipReason::Hidden),
                (".hidden.yaml".to_owned(), SkipReason::Hidden),
                ("vendor".to_owned(), SkipReason::Dependencies),
                ("web/node_modules".to_owned(), SkipReason::Dependencies),
            ]
        );
    }

    #[test]
    fn a_hidden_or_oddly_named_root_is_taken_as_the_user_named_it() {
        let root = folder(&[".config/a.yaml", "manifest.txt"]);
        let inputs = run(
            &[
                root.path().join(".config"),
                root.path().join("manifest.txt"),
            ],
            &[],
            &[],
        );
        assert_eq!(
            names(&inputs, root.path()),
            [".config/a.yaml", "manifest.txt"]
        );
    }

    #[test]
    fn a_file_named_twice_is_taken_once_and_reported_on() {
        let root = folder(&["a/x.yaml", "a/y.yaml"]);
        let a = root.path().join("a");
        let x = a.join("../a/x.yaml");
        let inputs = run(
            &[x.clone(), a.join("x.yaml")],
            std::slice::from_ref(&a),
            &[],
        );
        assert_eq!(names(&inputs, root.path()), ["a/../a/x.yaml", "+a/y.yaml"]);
    }

    #[test]
    fn standard_input_is_taken_only_when_named() {
        let inputs = run(&["-".into(), "-".into()], &[], &[]);
        assert_eq!(names(&inputs, Path::new("x")), [STDIN]);
        assert!(run(&[], &[], &[]).files.is_empty());
    }

    #[test]
    fn excludes_by_name_by_path_and_by_folder() {
        for (glob, left) in [
            ("b.yaml", vec!["a/b/c.yaml", "x.yaml"]),
            ("a", vec!["b.yaml", "x.yaml"]),
            ("a/", vec!["b.yaml", "x.yaml"]),
            ("a/**", vec!["b.yaml", "x.yaml"]),
            ("a/*.yaml", vec!["a/b/c.yaml", "b.yaml", "x.yaml"]),
            ("**/c.yaml", vec!["a/b.yaml", "b.yaml", "x.yaml"]),
            ("./a/b", vec!["a/b.yaml", "b.yaml", "x.yaml"]),
            (
                "*.{yml,json}",
                vec!["a/b.yaml", "a/b/c.yaml", "b.yaml", "x.yaml"],
            ),
        ] {
            let root = folder(&["a/b/c.yaml", "a/b.yaml", "b.yaml", "x.yaml"]);
            let inputs = run(&[root.path().to_owned()], &[], &[glob]);
            assert_eq!(names(&inputs, root.path()), left, "{glob}");
            let skipped_any = inputs
                .skipped
                .iter()
                .any(|s| s.reason == SkipReason::Excluded);
            assert_eq!(skipped_any, left.len() < 4, "{glob}");
        }
    }

    #[test]
    fn a_glob_that_is_none_is_an_error() {
        let error = collect(&Options {
            exclude: &["a[".to_owned()],
            ..Options::default()
        })
        .unwrap_err();
        assert!(
            error.to_string().starts_with("invalid glob \"a[\""),
            "{error}"
        );
    }

    #[test]
    fn a_path_that_does_not_exist_is_an_error() {
        let root = folder(&[]);
        let path = root.path().join("gone.yaml");
        let error = collect(&Options {
            paths: std::slice::from_ref(&path),
            ..Options::default()
        })
        .unwrap_err();
        let expected = format!("cannot read {}: no such file or folder", shown(&path));
        assert_eq!(error.to_string(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_loops_are_harmless() {
        let root = folder(&["real/a.yaml", "elsewhere/b.yaml"]);
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(root.path().join(to), root.path().join(name)).unwrap();
        };
        link("real", "real/loop");
        link("elsewhere", "again");
        link("real/a.yaml", "same.yaml");
        link("nowhere", "dangling.yaml");
        link("selfish", "selfish");
        let inputs = run(&[root.path().to_owned()], &[], &[]);
        assert_eq!(names(&inputs, root.path()), ["again/b.yaml", "real/a.yaml"]);
        assert_eq!(
            skipped(&inputs, root.path()),
            [
                ("dangling.yaml".to_owned(), SkipReason::DanglingLink),
                ("real/loop".to_owned(), SkipReason::SymlinkLoop),
                ("selfish".to_owned(), SkipReason::DanglingLink),
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_read_is_an_error() {
        use std::os::unix::fs::PermissionsExt;
        let root = folder(&["closed/a.yaml"]);
        let closed = root.path().join("closed");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        // Root reads everything.
        if fs::read_dir(&closed).is_err() {
            let paths = [root.path().to_owned()];
            let result = collect(&Options {
                paths: &paths,
                ..Options::default()
            });
            assert!(
                result
                    .unwrap_err()
                    .to_string()
                    .ends_with("permission denied")
            );
        }
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_working_directory_is_not_part_of_a_shown_path() {
        for (path, expected) in [
            ("./a/b.yaml", "a/b.yaml"),
            (".", "."),
            ("a", "a"),
            ("/a", "/a"),
        ] {
            assert_eq!(shown(Path::new(path)), expected);
        }
    }
}
