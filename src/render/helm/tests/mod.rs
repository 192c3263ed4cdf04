//! Charts in memory, rendered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod archives;
mod functions;
mod language;
mod limits;
mod origins;
mod values;

use super::{Layer, Options, Output, render};
use crate::render::{Memory, Sources};

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.2.3\n";

/// Sources that hold a chart `shop` with the files named, and what else is named with a path that
/// starts with `/`.
fn sources(files: &[(&str, &str)]) -> Sources {
    let mut memory = Memory::default();
    memory.insert("shop/Chart.yaml", CHART.as_bytes());
    for (path, text) in files {
        let full = match path.strip_prefix('/') {
            Some(path) => path.to_owned(),
            None => format!("shop/{path}"),
        };
        memory.insert(&full, text.as_bytes());
    }
    Sources::new(Box::new(memory))
}

fn rendered(files: &[(&str, &str)], options: &Options) -> Output {
    render(&sources(files), "shop", options)
}

/// What a template prints, given the values of the chart.
fn printed(template: &str, values: &str) -> Result<String, String> {
    let text = format!("out: |-\n  start\n{{{{ print ({template}) | indent 2 }}}}\n");
    let files = [("templates/t.yaml", text.as_str()), ("values.yaml", values)];
    let output = rendered(&files, &Options::default());
    if let Some(problem) = output.problems.first() {
        return Err(problem.message.clone());
    }
    let text = &output.objects[0].text;
    let body = text.strip_prefix("out: |-\n  start\n").unwrap();
    let lines: Vec<&str> = body
        .trim_end_matches('\n')
        .split('\n')
        .map(|line| line.strip_prefix("  ").unwrap_or(line))
        .collect();
    Ok(lines.join("\n"))
}

fn set(expression: &str) -> Layer {
    Layer::Set {
        expression: expression.to_owned(),
        place: None,
        strings: false,
    }
}

/// The text of the first object, or the first problem.
fn first(output: &Output) -> String {
    match (output.problems.first(), output.objects.first()) {
        (Some(problem), _) => format!("problem: {}", problem.message),
        (None, Some(object)) => object.text.trim_end().to_owned(),
        (None, None) => String::new(),
    }
}
