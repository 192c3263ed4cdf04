//! Helm charts: Go templates, Sprig's and Helm's functions, values, dependencies and schemas, as
//! Helm 3.22 has them, with the place that each part of the result comes from.
//!
//! Nothing is fetched or executed, and every chart ends: work, nesting and sizes are limited.
//! Values that differ from run to run have fixed stand-ins.

mod archive;
mod ast;
mod call;
mod capabilities;
mod chart;
mod coalesce;
mod context;
mod dates;
mod decode;
mod dependencies;
mod engine;
mod eval;
mod expressions;
mod fault;
mod floats;
mod format;
mod functions;
mod glob;
mod ignore;
mod json;
mod layers;
mod lexer;
mod marks;
mod metadata;
mod methods;
mod objects;
mod options;
mod output;
mod parser;
mod printf;
mod problem;
mod regexp;
mod release;
mod schema;
mod semver;
mod set;
mod strconv;
#[cfg(test)]
mod tests;
mod text;
mod toml;
mod track;
mod value;
mod yaml_out;
mod yaml_style;

use std::sync::Arc;

pub use capabilities::KINDS;
pub use chart::Chart;
pub(super) use chart::DEEPEST;
pub use options::{Layer, MissingDependency, Options, Output};
pub use problem::{Problem, ProblemKind};

use super::Sources;
use super::value::Node;

/// The stack of a rendering, in bytes: templates call each other up to a thousand levels deep.
const STACK: usize = 256 * 1024 * 1024;

/// Renders the chart in a folder or an archive of the sources.
pub fn render(sources: &Sources, path: &str, options: &Options) -> Output {
    match on_large_stack(|| Chart::load(sources, path)) {
        Some(Ok(chart)) => render_chart(sources, &chart, options),
        Some(Err(problem)) => failed(problem),
        None => no_thread(),
    }
}

/// Renders a chart that was loaded before.
pub fn render_chart(sources: &Sources, chart: &Arc<Chart>, options: &Options) -> Output {
    on_large_stack(|| release::render(sources, chart, options)).unwrap_or_else(no_thread)
}

/// Runs a template that belongs to no chart over parameters; `strict` refuses keys that are not
/// there. The error is what went wrong, in words.
pub fn execute(text: &str, parameters: &Node, strict: bool) -> Result<String, String> {
    on_large_stack(|| release::execute(text, parameters, strict))
        .unwrap_or_else(|| Err("there is no memory for a thread".to_owned()))
}

fn failed(problem: Problem) -> Output {
    Output {
        problems: vec![problem],
        ..Output::default()
    }
}

fn no_thread() -> Output {
    failed(Problem::new(
        ProblemKind::Limit,
        "there is no memory for a thread that renders the chart",
    ))
}

fn on_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let thread = builder.spawn_scoped(scope, run).ok()?;
        thread.join().ok()
    })
}
