//! `meshlint render` of a Helm chart.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueHint;

use crate::render::helm::{self, Layer, Options, Output, Problem};
use crate::render::{Disk, Place, Sources};
use crate::report::rendered::{self, Places};

use super::render::Format;
use super::{CLEAN, FOUND, Failure, terminal};

/// What a release of a chart is made with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Helm charts")]
pub(super) struct ReleaseArgs {
    /// Values over those of the chart; the last file wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    values: Vec<PathBuf>,

    /// Values over those of files, as `path=value`, several between commas
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,

    /// Namespace of the release
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,

    /// Name of the release
    #[arg(long, value_name = "NAME")]
    release_name: Option<String>,

    /// Kubernetes version that the chart is told
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,

    /// API version beside the built-in ones that the chart is told, as `group/version` or
    /// `group/version/Kind`
    #[arg(long, value_name = "VERSION")]
    api_versions: Vec<String>,
}

/// Whether a path leads to a chart: a folder with `Chart.yaml`, or an archive.
pub(super) fn is_chart(path: &Path) -> bool {
    path.join("Chart.yaml").is_file()
        || (path.is_file() && path.extension() == Some("tgz".as_ref()))
}

/// Prints the objects of a chart.
pub(super) fn run(args: &ReleaseArgs, path: &Path, format: Format) -> Result<u8, Failure> {
    let unreadable =
        |error: io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
    let full = path.canonicalize().map_err(unreadable)?;
    let folder = if full.is_dir() {
        full.as_path()
    } else {
        full.parent().unwrap_or(&full)
    };
    let root = folder
        .ancestors()
        .find(|parent| parent.join(".git").exists())
        .unwrap_or(folder);
    let disk = Disk::new(root).map_err(unreadable)?;
    let below = full.strip_prefix(disk.root()).unwrap_or(Path::new(""));
    let path = below.to_string_lossy().replace('\\', "/");
    let root = disk.root().to_owned();
    let sources = Sources::new(Box::new(disk));
    let defaults = Options::default();
    let mut values = Vec::new();
    for file in &args.values {
        values.push(values_file(file, &root, &sources)?);
    }
    values.extend(args.set.iter().map(|expression| Layer::Set {
        expression: expression.clone(),
        place: None,
        strings: false,
    }));
    let options = Options {
        release_name: args.release_name.clone().unwrap_or(defaults.release_name),
        namespace: args.namespace.clone().unwrap_or(defaults.namespace),
        kube_version: args.kube_version.clone(),
        api_versions: args.api_versions.clone(),
        values,
        ..Options::default()
    };
    let output = helm::render(&sources, &path, &options);
    report(&output, &sources);
    if output.problems.iter().any(Problem::is_error) {
        return Ok(FOUND);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Yaml => write_yaml(&output, &mut out),
        Format::Json => rendered::write_json(&output.objects, &sources, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(CLEAN)
}

/// A values file, which may lie outside of the root.
fn values_file(file: &Path, root: &Path, sources: &Sources) -> Result<Layer, Failure> {
    let unreadable =
        |error: io::Error| Failure::Usage(format!("cannot read {}: {error}", file.display()));
    let full = file.canonicalize().map_err(unreadable)?;
    if let Ok(below) = full.strip_prefix(root)
        && let Some(below) = below.to_str()
    {
        return Ok(Layer::File(below.replace('\\', "/")));
    }
    let bytes = std::fs::read(&full).map_err(unreadable)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let source = sources.add(&file.to_string_lossy(), text);
    Ok(Layer::Source(source))
}

fn write_yaml(output: &Output, out: &mut dyn Write) -> io::Result<()> {
    for (object, path) in output.objects.iter().zip(&output.paths) {
        writeln!(out, "---\n# Source: {path}")?;
        out.write_all(object.text.as_bytes())?;
        if !object.text.ends_with('\n') {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Says on standard error what is wrong.
fn report(output: &Output, sources: &Sources) {
    let mut places = Places::new(sources);
    let mut show = |place: Place| {
        let at = places.at(place);
        format!("{}:{}:{}", at.file, at.line, at.column)
    };
    for problem in &output.problems {
        let text = match problem.place {
            Some(place) => format!("{}: {}", show(place), problem.message),
            None => problem.message.clone(),
        };
        if problem.is_error() {
            terminal::error(&text);
        } else {
            terminal::note(&text);
        }
        for (place, note) in &problem.related {
            terminal::note(&format!("{}: {note}", show(*place)));
        }
    }
}
