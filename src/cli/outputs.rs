//! Where reports go: one to standard output or a file, others to files beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Failure, terminal};
use crate::diagnostics::Report;
use crate::input::reason;
use crate::nearest::nearest_word;
use crate::report::{Base, github};

/// Formats of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Excerpts of source with the place underlined
    Human,
    #[value(help = "One line each: file:line:column: severity[CODE] message")]
    Compact,
    /// One JSON document, version 1
    Json,
    /// SARIF 2.1.0 for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// JUnit XML: a suite for each file, a case for each finding
    Junit,
    /// A table for comments on pull and merge requests
    Markdown,
    /// Diagnostics of reviewdog
    Rdjson,
}

impl Format {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// The reports of a run.
#[derive(Debug)]
pub(super) struct Outputs {
    /// Each with its format.
    pub(super) list: Vec<(Format, Target)>,
}

impl Outputs {
    /// What `--format` and the values of `--output` ask for.
    pub(super) fn new(format: Option<Format>, values: &[PathBuf]) -> Result<Self, Failure> {
        let mut beside = Vec::new();
        let mut plain: Option<&PathBuf> = None;
        for value in values {
            match split(value)? {
                Some(output) => beside.push(output),
                None if plain.is_some() => {
                    return Err(Failure::Usage(
                        "two files for one report; name the formats: --output FORMAT=FILE"
                            .to_owned(),
                    ));
                }
                None => plain = Some(value),
            }
        }
        let to_stdout = beside
            .iter()
            .filter(|(_, target)| *target == Target::Stdout)
            .count();
        let main = match plain {
            Some(path) if path == Path::new("-") => Target::Stdout,
            Some(path) => Target::File(path.clone()),
            None => Target::Stdout,
        };
        let has_main = plain.is_some() || format.is_some() || to_stdout == 0;
        if to_stdout + usize::from(has_main && main == Target::Stdout) > 1 {
            return Err(Failure::Usage(
                "two reports cannot share standard output; give one of them a file".to_owned(),
            ));
        }
        let main = has_main.then_some((format.unwrap_or(Format::Human), main));
        Ok(Self {
            list: main.into_iter().chain(beside).collect(),
        })
    }

    /// The format on standard output, if any.
    pub(super) fn on_stdout(&self) -> Option<Format> {
        let mut list = self.list.iter();
        let found = list.find(|(_, target)| *target == Target::Stdout);
        found.map(|(format, _)| *format)
    }

    /// Writes every report, and says which could not be written. Whether all were.
    pub(super) fn write(
        &self,
        write: impl Fn(Format, &mut dyn Write, bool) -> io::Result<()>,
    ) -> bool {
        let mut all = true;
        for (format, target) in &self.list {
            let (to, written) = match target {
                Target::Stdout => {
                    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                    let written = write(*format, &mut out, true).and_then(|()| out.flush());
                    ("to standard output".to_owned(), written)
                }
                Target::File(path) => {
                    let written = replace(path, |out| write(*format, out, false));
                    (path.display().to_string(), written)
                }
            };
            match written {
                // A closed pipe is no error and hides none.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => {
                    all = false;
                    terminal::error(&Failure::Output { to, error }.to_string());
                }
                Ok(()) => {}
            }
        }
        all
    }

    /// Adds the findings to the job summary of GitHub Actions, where there is one.
    pub(super) fn write_step_summary(&self, report: &Report) {
        let is_wanted = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
            || self
                .list
                .iter()
                .any(|(format, _)| *format == Format::Github);
        let path = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        let Some(path) = path.filter(|_| is_wanted) else {
            return;
        };
        let written = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| {
                let mut text = Vec::new();
                github::write_step_summary(report, &mut text)?;
                file.write_all(&text)
            });
        if let Err(error) = written {
            let path = Path::new(&path).display();
            let reason = reason(&error);
            terminal::note(&format!("cannot write the job summary {path}: {reason}"));
        }
    }
}

/// A value of `--output`: `FORMAT=FILE`, or nothing for a plain file. What stands before the first
/// `=` is a format if it is a word.
fn split(value: &Path) -> Result<Option<(Format, Target)>, Failure> {
    let Some((word, file)) = value.to_str().and_then(|text| text.split_once('=')) else {
        return Ok(None);
    };
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Ok(None);
    }
    let formats = Format::value_variants();
    let Some(format) = formats.iter().find(|format| format.name() == word) else {
        let names: Vec<String> = formats.iter().map(|format| format.name()).collect();
        let advice = match nearest_word(word, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {}?", near.what),
            None => format!("there are {}", names.join(", ")),
        };
        return Err(Failure::Usage(format!(
            "no format is called {word:?}; {advice} A file of that name is written as \
             ./{word}={file}"
        )));
    };
    if file.is_empty() {
        return Err(Failure::Usage(format!(
            "--output {word}= names no file; write {word}=FILE, or {word}=- for standard output"
        )));
    }
    let target = match file {
        "-" => Target::Stdout,
        file => Target::File(file.into()),
    };
    Ok(Some((*format, target)))
}

/// Writes a file whole or not at all: under another name first. What is no plain file, such as a
/// pipe, is written as it is.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let existing = std::fs::metadata(path).ok();
    if existing.is_some_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(File::create(path)?);
        return write(&mut out).and_then(|()| out.flush());
    }
    // The file behind a link is replaced, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".meshlint-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Ok(metadata) = std::fs::metadata(&path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// Paths of reports count from the folder that the variable `root` names, else from the nearest
/// folder with `.git`, else from here.
pub(super) fn base(root: &str) -> Base {
    let current = std::env::current_dir().unwrap_or_default();
    let workspace = std::env::var_os(root).map(PathBuf::from);
    let root = workspace
        .filter(|root| current.starts_with(root))
        .or_else(|| {
            let repository = current.ancestors().find(|dir| dir.join(".git").exists());
            repository.map(Path::to_path_buf)
        })
        .unwrap_or_else(|| current.clone());
    Base { current, root }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn outputs(format: Option<Format>, values: &[&str]) -> Option<Vec<(Format, Target)>> {
        let values: Vec<PathBuf> = values.iter().map(PathBuf::from).collect();
        Some(Outputs::new(format, &values).ok()?.list)
    }

    #[test]
    fn formats_go_where_they_are_told() {
        let file = |name: &str| Target::File(name.into());
        assert_eq!(
            outputs(None, &[]),
            Some(vec![(Format::Human, Target::Stdout)])
        );
        assert_eq!(
            outputs(None, &["sarif=a=b", "./junit=x"]),
            Some(vec![
                (Format::Human, file("./junit=x")),
                (Format::Sarif, file("a=b"))
            ])
        );
        assert_eq!(
            outputs(None, &["json=-"]),
            Some(vec![(Format::Json, Target::Stdout)])
        );
        assert_eq!(
            outputs(Some(Format::Sarif), &["x", "json=-"]),
            Some(vec![
                (Format::Sarif, file("x")),
                (Format::Json, Target::Stdout)
            ])
        );
    }

    #[test]
    fn standard_output_takes_one_report() {
        assert_eq!(outputs(None, &["json=-", "sarif=-"]), None);
        assert_eq!(outputs(Some(Format::Human), &["sarif=-"]), None);
        assert_eq!(outputs(None, &["a", "b"]), None);
        assert_eq!(outputs(None, &["sarfi=x"]), None);
        assert_eq!(outputs(None, &["sarif="]), None);
    }

    #[test]
    fn a_file_is_replaced_whole_or_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        replace(&path, |out| out.write_all(b"one")).unwrap();
        let failed = replace(&path, |out| {
            out.write_all(b"tw")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
