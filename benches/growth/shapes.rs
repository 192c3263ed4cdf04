//! The table of shapes.

use std::path::Path;

use meshlint::diagnostics::Rule;

use super::{files, objects, pages, values};

/// An input that grows.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    /// By how much more than its size the input grows.
    pub(crate) more: f64,
    pub(crate) input: Input,
}

pub(crate) enum Input {
    /// One file.
    Text(fn(usize) -> String),
    /// A folder; gives the bytes.
    Folder(fn(&Path, usize) -> usize),
    /// Copies of the example of a rule.
    Page(&'static Rule),
}

impl Input {
    /// Writes the input of a size and gives its bytes.
    pub(crate) fn write(&self, folder: &Path, size: usize) -> usize {
        let text = match self {
            Self::Text(text) => text(size),
            Self::Page(rule) => pages::copies(rule, size),
            Self::Folder(write) => return write(folder, size),
        };
        std::fs::write(folder.join("input.yaml"), &text).unwrap();
        text.len()
    }
}

const fn text(name: &'static str, size: usize, text: fn(usize) -> String) -> Shape {
    Shape {
        name,
        size,
        more: 1.0,
        input: Input::Text(text),
    }
}

const fn folder(name: &'static str, size: usize, write: fn(&Path, usize) -> usize) -> Shape {
    Shape {
        name,
        size,
        more: 1.0,
        input: Input::Folder(write),
    }
}

pub(crate) const SHAPES: &[Shape] = &[
    text("equal hosts", 1000, values::equal_hosts),
    text("aliases of a host", 1000, values::aliased_hosts),
    text("aliases of a route", 5000, values::aliased_routes),
    text("unknown fields", 5000, values::unknown_fields),
    text(
        "unknown fields, one line",
        5000,
        values::unknown_fields_on_a_line,
    ),
    text("equal problems", 4000, values::equal_problems),
    text("unknown destinations", 8000, values::unknown_destinations),
    text("unknown subsets", 4000, values::unknown_subsets),
    text("servers", 4000, values::servers),
    text("labels", 20_000, values::labels),
    text("hosts and routes", 5000, values::hosts_and_routes),
    text("prefixes", 5000, values::prefixes),
    text("one prefix", 5000, values::one_prefix),
    text("two prefixes", 5000, values::two_prefixes),
    text("terms of CEL", 5000, values::cel_terms),
    text("parentheses of CEL", 25_000, values::cel_parentheses),
    text("negations of CEL", 25_000, values::cel_negations),
    text("sources of a grant", 5000, values::grant_sources),
    text("hosts of a Sidecar", 5000, values::sidecar_hosts),
    text("unknown keys", 100_000, values::unknown_keys),
    text("ports", 5000, values::ports),
    text("port settings", 5000, values::port_settings),
    text("equal subsets", 5000, values::equal_subsets),
    text("rules of a policy", 5000, values::policy_rules),
    text("endpoints", 5000, values::endpoints),
    text("backends", 5000, values::backends),
    text("listeners", 4000, values::listeners),
    text("listeners and routes", 2500, values::listeners_and_routes),
    text("grants and references", 1500, values::grants_and_references),
    text("targets of policies", 2500, values::targets_of_policies),
    text("patches of a filter", 5000, values::filter_patches),
    text("providers", 4000, values::providers),
    text("JWT rules", 5000, values::jwt_rules),
    text("suppressed codes", 3000, values::suppressed_codes),
    text("gateways of a route", 3000, values::gateways_of_a_route),
    text("escapes", 500_000, values::escapes),
    text("merges", 800, values::merges),
    text("equal objects", 5000, objects::equal_objects),
    text("one label", 1250, objects::one_label),
    text("objects on a line", 4000, objects::objects_on_a_line),
    text(
        "wide characters on a line",
        4000,
        objects::wide_characters_on_a_line,
    ),
    text("rules of one host", 1250, objects::rules_of_one_host),
    text(
        "Sidecars of equal pods",
        750,
        objects::sidecars_of_equal_pods,
    ),
    text(
        "policies of a namespace",
        1250,
        objects::policies_of_a_namespace,
    ),
    text(
        "policies of namespaces",
        1250,
        objects::policies_of_namespaces,
    ),
    text("a ring of delegates", 1250, objects::delegates),
    text("filters", 1250, objects::filters),
    text("near names", 2000, objects::near_names),
    text("long near names", 400, objects::long_near_names),
    text("wildcard hosts", 1250, objects::wildcard_hosts),
    text("broken documents", 10_000, objects::broken_documents),
    Shape {
        more: 4.0,
        ..text("exports to each", 300, objects::exports_to_each)
    },
    folder("files", 2000, files::files),
    folder("folders in folders", 200, files::deep_folders),
    folder("folders of one name", 1500, files::wide_folders),
    folder("overlays of one base", 400, files::overlays),
    folder("a chain of bases", 150, files::chain),
    folder("patches", 1000, files::patches),
];
