//! `meshlint mtls`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Filter, Severity};
use crate::engine;
use crate::mesh::places::{AutoMtls, ControlPlane};
use crate::mesh::{Mesh, MtlsStatus};
use crate::model::ObjectId;
use crate::model::mesh_config::TlsVersion;
use crate::report::mtls::{self, Lock, Overview, Status};
use crate::rules;

use super::{CLEAN, Failure, NOTHING, UNUSABLE, terminal, values};

/// What makes a PeerAuthentication invalid, and a namespace's status with it.
const VALIDATIONS: [&str; 3] = ["KIA0002", "KIA0501", "KIA0505"];

const EXAMPLES: &str = "\
Examples:
  meshlint mtls                           the mesh of the current folder
  meshlint mtls mesh/ --format json       for scripts
  kubectl get ns,peerauthentications,destinationrules -A -o yaml | meshlint mtls -

Exit status: 0 whatever the answer, 2 wrong usage or an unreadable path,
3 nothing to look at.";

/// Show where mutual TLS is required
///
/// The status of the mesh and of each namespace, as the locks in Kiali show it: closed where
/// clients and servers agree on mutual TLS, hollow where plain text is accepted too.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to read, or - for standard input
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// More files and folders to read (may be repeated)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    with: Vec<PathBuf>,

    /// Leave out paths that match a glob (may be repeated)
    #[arg(long, value_name = "GLOB", value_parser = values::glob)]
    exclude: Vec<String>,

    /// Namespace of objects that name none [default: default]
    #[arg(long, short, value_name = "NAME", value_parser = values::namespace)]
    namespace: Option<String>,

    /// Read the mesh config from a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    mesh_config: Option<PathBuf>,

    /// Show exactly what Kiali shows
    #[arg(long)]
    upstream: bool,

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

/// Prints the status.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let options = engine::Options {
        paths: args.paths.clone(),
        with: args.with.clone(),
        exclude: args.exclude.clone(),
        namespace: args.namespace.clone(),
        mesh_config: args.mesh_config.clone(),
        closed_world: args.upstream,
        upstream: args.upstream,
        ..engine::Options::default()
    };
    let (input, mesh, invalid) = engine::with_threads(0, || {
        let input = engine::load(&options)?;
        let mesh = engine::mesh(&input, &options);
        let invalid = if args.ignore_validations {
            FxHashSet::default()
        } else {
            invalid_objects(&mesh)
        };
        Ok::<_, engine::Error>((input, mesh, invalid))
    })??;
    for file in &input.unreadable {
        terminal::error(&file.message);
    }
    if !input.unreadable.is_empty() {
        return Ok(UNUSABLE);
    }
    if mesh.objects.headers.is_empty() {
        terminal::error("nothing to look at: no Kubernetes object in the input");
        return Ok(NOTHING);
    }
    let overview = overview(&mesh, &invalid, args.upstream);
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => mtls::write_table(&overview, &mut out, terminal::stdout_style()),
        Format::Json => mtls::write_json(&overview, &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(Failure::output)?;
    Ok(CLEAN)
}

/// Objects with an error that makes them void, whether or not the error is suppressed.
fn invalid_objects(mesh: &Mesh) -> FxHashSet<ObjectId> {
    let select: Vec<_> = Code::all()
        .filter(|code| VALIDATIONS.contains(&code.as_str()))
        .collect();
    let filter = Filter {
        select: select.clone(),
        ..Filter::default()
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
