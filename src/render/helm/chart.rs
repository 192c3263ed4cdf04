//! Charts as they lie in folders and archives.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::archive;
use super::ast::Parsed;
use super::ignore::Rules;
use super::metadata::Metadata;
use super::parser::{self, ParseError};
use super::problem::{Problem, ProblemKind};
use crate::render::{EntryKind, Place, SourceId, Sources, join};
use crate::yaml::Span;

/// The largest file of a chart, in bytes.
pub(super) const LARGEST: usize = 5 * 1024 * 1024;
/// All files of a chart together, in bytes.
pub(super) const TOTAL: usize = 100 * 1024 * 1024;
/// Files of a chart.
pub(super) const FILES: usize = 20_000;
/// Charts within charts.
pub(in crate::render) const DEEPEST: usize = 16;
/// Charts that a chart and those beside it may be together.
const MOST_CHARTS: usize = 1_000;
/// Folders within folders.
const FOLDERS: usize = 64;

/// A chart: its files, its metadata and the charts in it. It can be rendered many times.
#[derive(Debug)]
pub struct Chart {
    pub(super) metadata: Metadata,
    pub(super) metadata_file: TextFile,
    pub(super) values: Option<TextFile>,
    pub(super) schema: Option<TextFile>,
    pub(super) templates: Vec<TemplateFile>,
    pub(super) files: Vec<DataFile>,
    pub(super) charts: Vec<Arc<Chart>>,
    /// How many charts it is, those in it and in those with it: each as often as it is used.
    count: usize,
}

/// A text of a chart.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
}

/// A template, parsed when it is first needed.
#[derive(Debug)]
pub(super) struct TemplateFile {
    /// From the chart's folder.
    pub(super) path: String,
    pub(super) file: TextFile,
    parsed: OnceLock<Result<Parsed, ParseError>>,
}

/// A file that templates may read.
#[derive(Debug)]
pub(super) struct DataFile {
    pub(super) path: String,
    pub(super) source: SourceId,
    pub(super) bytes: Arc<[u8]>,
}

/// A file before it is known what it is.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    /// From the chart's folder.
    pub(super) path: String,
    /// From the root of the sources, for messages.
    pub(super) shown: String,
    pub(super) bytes: Arc<[u8]>,
    /// Whether it can be opened by its path.
    pub(super) on_disk: bool,
}

impl TemplateFile {
    pub(super) fn parsed(&self) -> Result<&Parsed, &ParseError> {
        let parsed = self
            .parsed
            .get_or_init(|| parser::parse(self.file.text.as_bytes()));
        parsed.as_ref()
    }
}

impl Chart {
    /// Reads the chart in a folder or an archive of the sources.
    pub fn load(sources: &Sources, path: &str) -> Result<Arc<Self>, Problem> {
        let files = match sources.files().kind(path) {
            Some(EntryKind::Folder) => folder(sources, path)?,
            Some(EntryKind::File) => {
                let bytes = sources.files().read(path);
                let bytes = bytes.ok_or_else(|| missing(path))?;
                archive::unpack(path, &bytes).map_err(Problem::of_chart)?
            }
            None => return Err(missing(path)),
        };
        build(sources, files, path, 0)
    }

    /// The name of the chart.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The folders of dependencies that the chart does not hold and that `file://` finds beside it,
    /// from the chart's folder. `helm dependency build` brings them into `charts/`.
    pub fn local_dependencies(&self) -> impl Iterator<Item = &str> {
        let is_held = |name: &str| self.charts.iter().any(|chart| chart.name() == name);
        let dependencies = self.metadata.dependencies.iter();
        dependencies
            .filter(move |dependency| !is_held(&dependency.name))
            .filter_map(|dependency| dependency.repository.strip_prefix("file://"))
    }

    /// The chart with further charts in it, unless they would be too many together: charts that lie
    /// beside each other may use one another again and again.
    #[must_use]
    pub fn with_charts(mut self: Arc<Self>, charts: Vec<Arc<Self>>) -> Arc<Self> {
        let count = charts
            .iter()
            .fold(self.count, |sum, chart| sum.saturating_add(chart.count));
        if count <= MOST_CHARTS
            && let Some(own) = Arc::get_mut(&mut self)
        {
            own.charts.extend(charts);
            own.count = count;
        }
        self
    }

    /// Whether the chart only defines templates for others.
    pub fn is_library(&self) -> bool {
        self.metadata.kind == "library"
    }

    /// The paths of the files that the chart was read from, of charts in it too, in the order of
    /// their reading.
    pub fn sources(&self) -> Vec<SourceId> {
        let mut all = vec![self.metadata_file.source];
        all.extend(self.values.iter().map(|file| file.source));
        all.extend(self.schema.iter().map(|file| file.source));
        all.extend(self.templates.iter().map(|template| template.file.source));
        all.extend(self.files.iter().map(|file| file.source));
        for chart in &self.charts {
            all.extend(chart.sources());
        }
        all
    }
}

fn missing(path: &str) -> Problem {
    Problem::of_chart(format!("there is no chart at {path:?}"))
}

/// The files of a folder that its `.helmignore` leaves.
fn folder(sources: &Sources, root: &str) -> Result<Vec<Raw>, Problem> {
    let ignore = join(root, ".helmignore").and_then(|path| {
        let id = sources.open(&path)?;
        Some((id, sources.text(id)))
    });
    let rules = match &ignore {
        Some((id, text)) => Rules::parse(text).map_err(|(span, message)| {
            let place = Place { source: *id, span };
            Problem::new(ProblemKind::Chart, message).at(place)
        })?,
        None => Rules::default(),
    };
    let mut walk = Walk {
        sources,
        rules,
        files: Vec::new(),
        total: 0,
    };
    walk.folder(root, "", 0)?;
    Ok(walk.files)
}

struct Walk<'s> {
    sources: &'s Sources,
    rules: Rules,
    files: Vec<Raw>,
    total: usize,
}

impl Walk<'_> {
    fn folder(&mut self, root: &str, below: &str, depth: usize) -> Result<(), Problem> {
        if depth > FOLDERS {
            return Err(Problem::of_chart(format!(
                "the folders of {root} nest too deeply"
            )));
        }
        let here = join(root, below).unwrap_or_default();
        for entry in self.sources.files().entries(&here) {
            let path = if below.is_empty() {
                entry.name.clone()
            } else {
                format!("{below}/{}", entry.name)
            };
            let is_folder = entry.kind == EntryKind::Folder;
            if self.rules.ignore(&path, is_folder) {
                continue;
            }
            if is_folder {
                self.folder(root, &path, depth + 1)?;
                continue;
            }
            let shown = join(root, &path).unwrap_or_default();
            let Some(bytes) = self.sources.files().read(&shown) else {
                return Err(Problem::of_chart(format!("{shown} can't be read")));
            };
            self.total += bytes.len();
            if bytes.len() > LARGEST {
                return Err(Problem::of_chart(format!("{shown} is larger than 5 MiB")));
            }
            if self.total > TOTAL || self.files.len() >= FILES {
                return Err(Problem::of_chart(format!("the chart {root} is too large")));
            }
            self.files.push(Raw {
                path,
                shown,
                bytes,
                on_disk: true,
            });
        }
        Ok(())
    }
}

/// The text of a file as a source.
fn open(sources: &Sources, file: &Raw) -> TextFile {
    let opened = file.on_disk.then(|| sources.open(&file.shown)).flatten();
    let source = opened.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&file.bytes);
        sources.add(&file.shown, text.strip_prefix('\u{feff}').unwrap_or(&text))
    });
    TextFile {
        source,
        text: sources.text(source),
    }
}

/// Puts a chart together from its files, and the charts in it from theirs.
fn build(
    sources: &Sources,
    files: Vec<Raw>,
    shown: &str,
    depth: usize,
) -> Result<Arc<Chart>, Problem> {
    if depth > DEEPEST {
        return Err(Problem::of_chart("charts nest too deeply"));
    }
    let Some(main) = files.iter().find(|file| file.path == "Chart.yaml") else {
        return Err(Problem::of_chart(format!("{shown}: Chart.yaml is missing")));
    };
    let metadata_file = open(sources, main);
    let mut metadata = Metadata::read(&metadata_file)?;
    let mut chart = Chart {
        metadata: Metadata::default(),
        metadata_file,
        values: None,
        schema: None,
        templates: Vec::new(),
        files: Vec::new(),
        charts: Vec::new(),
        count: 1,
    };
    let mut below: BTreeMap<String, Vec<Raw>> = BTreeMap::new();
    for file in files {
        match file.path.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" | "requirements.lock" => check_yaml(&open(sources, &file), &file.shown)?,
            "values.yaml" => chart.values = Some(open(sources, &file)),
            "values.schema.json" => chart.schema = Some(open(sources, &file)),
            "requirements.yaml" => {
                metadata.read_requirements(&open(sources, &file))?;
                if metadata.api_version == "v1" {
                    chart.files.push(data(sources, file));
                }
            }
            path if path.starts_with("templates/") => chart.templates.push(TemplateFile {
                path: file.path.clone(),
                file: open(sources, &file),
                parsed: OnceLock::new(),
            }),
            path => match path.strip_prefix("charts/") {
                Some(inner) if !path.ends_with(".prov") => {
                    let name = inner.split('/').next().unwrap_or(inner).to_owned();
                    let path = inner.to_owned();
                    below.entry(name).or_default().push(Raw { path, ..file });
                }
                _ => chart.files.push(data(sources, file)),
            },
        }
    }
    metadata.validate(&chart.metadata_file)?;
    for (name, files) in below {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let inner = |mut problem: Problem| {
            problem.message = format!(
                "the chart {name} in {} can't be read: {}",
                metadata.name, problem.message
            );
            problem
        };
        let is_archive = std::path::Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "tgz");
        if is_archive {
            for file in files.iter().filter(|file| file.path == name) {
                let unpacked = archive::unpack(&file.shown, &file.bytes)
                    .map_err(Problem::of_chart)
                    .map_err(inner)?;
                let sub = build(sources, unpacked, &file.shown, depth + 1).map_err(inner)?;
                chart.charts.push(sub);
            }
            continue;
        }
        let prefix = format!("{name}/");
        let files: Vec<Raw> = files
            .into_iter()
            .filter_map(|file| {
                let path = file.path.strip_prefix(&prefix)?.to_owned();
                Some(Raw { path, ..file })
            })
            .collect();
        if files.is_empty() {
            continue;
        }
        let place = format!("{shown}/charts/{name}");
        chart
            .charts
            .push(build(sources, files, &place, depth + 1).map_err(inner)?);
    }
    let counts = chart.charts.iter().map(|chart| chart.count);
    chart.count = counts.fold(1, usize::saturating_add);
    chart.metadata = metadata;
    Ok(Arc::new(chart))
}

fn data(sources: &Sources, file: Raw) -> DataFile {
    let source = open(sources, &file).source;
    let bytes = match file.bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.into(),
        None => Arc::clone(&file.bytes),
    };
    DataFile {
        path: file.path,
        source,
        bytes,
    }
}

/// Refuses a file that is no YAML.
fn check_yaml(file: &TextFile, shown: &str) -> Result<(), Problem> {
    let tree = crate::yaml::Tree::parse(&file.text);
    let error = tree
        .documents()
        .first()
        .and_then(|document| document.error.as_ref());
    match error {
        Some(error) => Err(bad_yaml(file, shown, error.span, &error.message)),
        None => Ok(()),
    }
}

/// What is wrong with a YAML file of a chart.
pub(super) fn bad_yaml(file: &TextFile, shown: &str, span: Span, message: &str) -> Problem {
    let place = Place {
        source: file.source,
        span,
    };
    let message = format!("{shown} is no valid YAML: {message}");
    Problem::new(ProblemKind::Chart, message).at(place)
}
