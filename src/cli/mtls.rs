//! `meshlint mtls`.

use std::io::{self, BufWriter, Write};

use clap::{ArgAction, ValueEnum};
use rustc_hash::FxHashSet;

use crate::answers::edges::{Edges, Filter, Outcome, Pattern};
use crate::diagnostics::{self, Code, FilePlaces, Severity};
use crate::engine;
use crate::engine::question::Asked;
use crate::mesh::places::{AutoMtls, ControlPlane};
use crate::mesh::security::wire::{Mode, Verdict};
use crate::mesh::{Mesh, MtlsStatus};
use crate::model::ObjectId;
use crate::model::mesh_config::TlsVersion;
use crate::report::edges as edges_report;
use crate::report::mtls::{self, Lock, Overview, Status};
use crate::rules;

use super::{CLEAN, FOUND, Failure, terminal};

/// What makes a PeerAuthentication invalid, and a namespace's status with it.
const VALIDATIONS: [&str; 3] = ["KIA0002", "KIA0501", "KIA0505"];

const EXAMPLES: &str = "\
Examples:
  meshlint mtls                            the mesh of the current folder
  meshlint mtls --broken --likely          calls that are meant and do not work
  meshlint mtls --to shop --require mtls   exit 1 if anybody reaches shop in plain text
  meshlint mtls mesh/ --format json        every edge, for scripts
  kubectl get all,istio-io -A -o yaml | meshlint mtls -

Exit status: 0 answered, 1 --require does not hold, 2 wrong usage, a name that
nothing has or an unreadable path, 3 nothing to look at.";

/// Show who talks to whom, encrypted or not
///
/// The status of the mesh and of each namespace, as the locks in Kiali show it, and the edges: what
/// each workload sends to each port of each Service, what the server accepts, and what comes of it.
/// P is a namespace, namespace/name or namespace/service:port; a star stands for any text.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    asked: super::asked::Asked,

    /// Only edges from these workloads
    #[arg(long, value_name = "P", value_parser = Pattern::parse, help_heading = "Edges")]
    from: Option<Pattern>,

    /// Only edges to these Services
    #[arg(long, value_name = "P", value_parser = Pattern::parse, help_heading = "Edges")]
    to: Option<Pattern>,

    /// Only edges that begin or end in a namespace
    #[arg(long, value_name = "NAMESPACE", help_heading = "Edges")]
    r#in: Option<String>,

    /// Only edges that do not work
    #[arg(long, help_heading = "Edges")]
    broken: bool,

    /// Only edges in plain text (with --broken: both)
    #[arg(long, help_heading = "Edges")]
    plaintext: bool,

    /// Only calls that the input shows: routes, environment, policies that name the caller
    #[arg(long, help_heading = "Edges")]
    likely: bool,

    /// Exit with status 1 unless all these edges are so
    #[arg(long, value_name = "WHAT", help_heading = "Edges")]
    require: Option<Require>,

    /// Count edges by pairs of namespaces
    #[arg(long, action = ArgAction::Count, help_heading = "Edges")]
    summary: u8,

    /// Show all edges, not only what is not mutual TLS
    #[arg(long, short, help_heading = "Edges")]
    verbose: bool,

    /// Show a namespace's status even if its PeerAuthentication has errors
    #[arg(long)]
    ignore_validations: bool,

    /// Format of the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
}

/// What all edges that are asked for must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Require {
    /// None is broken
    Working,
    /// All are mutual TLS
    Mtls,
    /// All are mutual TLS, and no server accepts anything else
    Strict,
}

impl Require {
    fn holds(self, outcome: &Outcome) -> bool {
        match self {
            Self::Working => outcome.verdict != Verdict::Broken,
            Self::Mtls => outcome.verdict == Verdict::Mtls,
            Self::Strict => {
                outcome.verdict == Verdict::Mtls && outcome.accepts.mode() == Some(Mode::Strict)
            }
        }
    }
}

/// Prints the status and the edges.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    engine::with_threads(0, || answer(args))?
}

fn answer(args: &Args) -> Result<u8, Failure> {
    let options = args.asked.options();
    let asked = match args.asked.mesh(&options)? {
        Ok(asked) => asked,
        Err(status) => return Ok(status),
    };
    let invalid = if args.ignore_validations {
        FxHashSet::default()
    } else {
        invalid_objects(&asked.mesh)
    };
    let overview = overview(&asked.mesh, &invalid, options.upstream);
    // What proxies do is the same in both modes: the mode is about the status.
    let asked = if options.upstream {
        engine::question::one_mesh(&engine::Options {
            upstream: false,
            no_render: true,
            ..options
        })?
    } else {
        asked
    };
    let filter = Filter {
        from: args.from.clone(),
        to: args.to.clone(),
        inside: args.r#in.clone(),
        broken: args.broken,
        plaintext: args.plaintext,
        likely: args.likely,
    };
    filter
        .check(&asked.mesh)
        .map_err(|unknown| Failure::Usage(unknown.to_string()))?;
    let edges = Edges::new(&asked.mesh, &filter);
    let holds = args
        .require
        .is_none_or(|require| all_hold(&edges, &filter, require));
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => human(args, &overview, &asked, &edges, &filter, &mut out),
        Format::Json => json(args, &overview, &asked, &edges, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(if holds { CLEAN } else { FOUND })
}

/// Whether all edges that the filter keeps are as they must be.
fn all_hold(edges: &Edges<'_>, filter: &Filter, require: Require) -> bool {
    if filter.likely {
        let rows = edges.rows(|row| {
            if require.holds(&row.outcome) {
                Ok(())
            } else {
                Err(())
            }
        });
        return rows.is_ok();
    }
    let mut holds = true;
    edges.blocks(|block, _| holds &= require.holds(&block.outcome));
    holds
}

fn human(
    args: &Args,
    overview: &Overview,
    asked: &Asked,
    edges: &Edges<'_>,
    filter: &Filter,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = terminal::stdout_style();
    if filter.is_open() {
        mtls::write_table(overview, out, style)?;
    }
    if args.summary > 0 {
        return edges_report::write_summary(|each| edges.summary(|row| each(row)), out, style);
    }
    let lines = edges.lines(args.verbose, !filter.is_open());
    let by = lines.lines.iter().flat_map(|line| &line.by);
    let places = FilePlaces::find(
        by.map(|(_, place)| place.clone()),
        &asked.mesh.objects,
        &asked.sources,
    );
    edges_report::write_lines(&lines, &places, args.verbose, out, style)?;
    if filter.is_open()
        && !args.verbose
        && let Some(line) = lines.lines.first()
    {
        let to = line.to.split(',').next().unwrap_or_default();
        writeln!(out, "more: meshlint mtls --to {to} --verbose")?;
    }
    Ok(())
}

fn json(
    args: &Args,
    overview: &Overview,
    asked: &Asked,
    edges: &Edges<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    mtls::write_json_head(overview, out)?;
    if args.summary > 0 {
        let mut list = edges_report::List::begin(out, "summary")?;
        edges.summary(|row| list.pair(row))?;
        return list.end();
    }
    let places = FilePlaces::find(edges.deciders(), &asked.mesh.objects, &asked.sources);
    let mut list = edges_report::List::begin(out, "edges")?;
    edges.rows(|row| list.edge(&row.told(&asked.mesh), &places))?;
    list.end()
}

/// Objects with an error that makes them void, whether or not the error is suppressed.
fn invalid_objects(mesh: &Mesh) -> FxHashSet<ObjectId> {
    let select: Vec<_> = Code::all()
        .filter(|code| VALIDATIONS.contains(&code.as_str()))
        .collect();
    let filter = diagnostics::Filter {
        select: select.clone(),
        ..diagnostics::Filter::default()
    };
    let (findings, _) = rules::run(mesh, &filter);
    findings
        .into_iter()
        .filter(|f| f.severity == Severity::Error && select.contains(&f.code))
        .filter_map(|f| f.object)
        .collect()
}

fn overview(mesh: &Mesh, invalid: &FxHashSet<ObjectId>, declared_only: bool) -> Overview {
    let planes = mesh.places.control_planes().iter();
    let mut namespaces: Vec<_> = mesh
        .places
        .known()
        .filter(|(_, namespace)| namespace.is_declared() || !declared_only)
        .map(|(id, namespace)| {
            let status = mesh
                .security
                .namespace_mtls_status(id, |object| invalid.contains(&object));
            (namespace.name.to_string(), shown(status))
        })
        .collect();
    namespaces.sort_by(|(a, _), (b, _)| a.cmp(b));
    Overview {
        control_planes: planes.map(|plane| control_plane(mesh, plane)).collect(),
        namespaces,
    }
}

fn control_plane(mesh: &Mesh, plane: &ControlPlane) -> mtls::ControlPlane {
    let least = plane.config.mesh_mtls.as_ref();
    let least = least.map_or(TlsVersion::default(), |tls| tls.min_protocol_version);
    mtls::ControlPlane {
        revision: plane.revision.to_string(),
        namespace: mesh.places.name(plane.namespace).to_string(),
        root_namespace: mesh.places.name(plane.root_namespace).to_string(),
        auto_mtls: match plane.auto_mtls {
            AutoMtls::On => Some(true),
            AutoMtls::Off => Some(false),
            AutoMtls::Unknown => None,
        },
        min_tls: match least {
            TlsVersion::V1_3 => "TLSV1_3",
            _ => "TLSV1_2",
        },
        status: shown(mesh.security.mesh_mtls_status(plane)),
    }
}

fn shown(status: MtlsStatus) -> Status {
    let (lock, meaning) = match status {
        MtlsStatus::Enabled => (Lock::Closed, "enabled"),
        MtlsStatus::PartiallyEnabled => (Lock::Hollow, "partially enabled"),
        MtlsStatus::NotEnabled => (Lock::None, "not enabled"),
        MtlsStatus::Disabled => (Lock::Open, "disabled"),
        MtlsStatus::Unset => (Lock::None, "unset"),
        MtlsStatus::UnsetInheritedStrict => (Lock::Closed, "unset, the mesh requires it"),
        MtlsStatus::UnsetInheritedDisabled => (Lock::Open, "unset, the mesh disables it"),
        MtlsStatus::ValidationError => (
            Lock::Broken,
            "a PeerAuthentication has errors: see meshlint check",
        ),
    };
    Status {
        word: status.as_str(),
        lock,
        meaning,
    }
}
