//! `values.schema.json`: checks the values of a chart and of the charts it uses.

use serde_json::Value as Json;

use super::dependencies::ChartNode;
use super::fault::{Fault, Res};
use super::problem::{Problem, ProblemKind};
use super::strconv::whole;
use super::track::{Source, Tracker};
use super::value::{DEEPEST, Data, Val};
use crate::render::Place;
use crate::yaml::Span;

/// Violations of one schema that are told.
const MOST: usize = 50;

/// Gives an empty schema for whatever is not in the file: nothing is fetched.
struct Nothing;

impl jsonschema::Retrieve for Nothing {
    fn retrieve(
        &self,
        _: &jsonschema::Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Json::Bool(true))
    }
}

/// Checks the values of a chart, and those of the charts it uses in them.
pub(super) fn check(
    tracker: &mut Tracker,
    node: &ChartNode,
    values: &Val,
    problems: &mut Vec<Problem>,
) -> Res<()> {
    if let Some(file) = &node.chart.schema {
        let place = Place {
            source: file.source,
            span: Span::default(),
        };
        match serde_json::from_str::<Json>(&file.text) {
            Ok(schema) => {
                let instance = to_json(values, 0)?;
                match compile(&schema) {
                    Ok(validator) => {
                        let found = violations(tracker, &validator, node, values, &instance, place);
                        problems.extend(found);
                    }
                    Err(message) => problems.push(
                        Problem::new(
                            ProblemKind::Note,
                            format!("the schema of {} is not checked: {message}", node.name),
                        )
                        .at(place),
                    ),
                }
            }
            Err(error) => {
                let message = format!("the schema of {} is no valid JSON: {error}", node.name);
                problems.push(Problem::new(ProblemKind::Schema, message).at(place));
            }
        }
    }
    for sub in &node.charts {
        let inner = values.get(&sub.name).unwrap_or_else(Val::nil);
        check(tracker, sub, &inner, problems)?;
    }
    Ok(())
}

fn compile(schema: &Json) -> Result<jsonschema::Validator, String> {
    let options = jsonschema::options().with_retriever(Nothing);
    options.build(schema).map_err(|error| error.to_string())
}

fn violations(
    tracker: &mut Tracker,
    validator: &jsonschema::Validator,
    node: &ChartNode,
    values: &Val,
    instance: &Json,
    schema: Place,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for error in validator.iter_errors(instance).take(MOST) {
        let pointer = error.instance_path.to_string();
        let shown = if pointer.is_empty() {
            "the values".to_owned()
        } else {
            pointer.clone()
        };
        let message = format!("values of the chart {}: at {shown}: {error}", node.name);
        let mut problem = Problem::new(ProblemKind::Schema, message);
        problem.place = origin(tracker, values, &pointer).or(Some(schema));
        problem.related.push((schema, "the schema"));
        problems.push(problem);
    }
    problems
}

/// Where the value at a pointer is written, or the nearest value around it.
fn origin(tracker: &mut Tracker, values: &Val, pointer: &str) -> Option<Place> {
    let mut at = values.clone();
    let mut best = None;
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let next = match &at.data {
            Data::Map(..) => at.get(&name)?,
            Data::List(list) => list.items.get(name.parse::<usize>().ok()?)?.clone(),
            _ => break,
        };
        let origin = match &next.data {
            Data::Str(text) => tracker.of_text(text),
            _ => next.origin,
        };
        if let Some(Source::Node { place, .. }) = tracker.origin(origin) {
            best = Some(*place);
        }
        at = next;
    }
    best
}

/// A value as JSON; numbers without a fraction as integers.
pub(super) fn to_json(val: &Val, depth: usize) -> Res<Json> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    Ok(match &val.data {
        Data::Nil | Data::Object(_) => Json::Null,
        Data::Bool(flag) => Json::Bool(*flag),
        Data::Int(int, _) => Json::from(*int),
        Data::Float(float) => match whole(*float) {
            Some(int) => Json::from(int),
            None => Json::from(*float),
        },
        Data::Str(text) | Data::Bytes(text) => Json::from(text.lossy().into_owned()),
        Data::List(list) => Json::Array(
            list.items
                .iter()
                .map(|item| to_json(item, depth + 1))
                .collect::<Res<_>>()?,
        ),
        Data::Map(map, _) => {
            let mut object = serde_json::Map::new();
            for (key, entry) in &*map.borrow() {
                let name = String::from_utf8_lossy(key).into_owned();
                object.insert(name, to_json(&entry.val, depth + 1)?);
            }
            Json::Object(object)
        }
    })
}
